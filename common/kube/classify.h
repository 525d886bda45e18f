/*
 * classify.h: the one place that says what an API failure means. Sources: apimachinery's pkg/api/errors, client-go's
 * rest/with_retry.go and tools/cache/reflector.go.
 */
#ifndef COMMON_KUBE_CLASSIFY_H
#define COMMON_KUBE_CLASSIFY_H

#include <stdbool.h>
#include <stdint.h>

enum kube_class {
    KUBE_OK,           /* 2xx and the whole answer */
    KUBE_TRANSIENT,    /* may work in a moment: 408, 429, 5xx, no connection */
    KUBE_UNKNOWN,      /* the answer was lost after the request went out: it may have been carried out */
    KUBE_CONFLICT,     /* 409: somebody else was first, or a precondition failed */
    KUBE_NOT_FOUND,    /* 404 */
    KUBE_EXPIRED,      /* 410, or a resourceVersion the server does not have: list again */
    KUBE_UNAUTHORIZED, /* 401 */
    KUBE_FORBIDDEN,    /* 403 */
    KUBE_REJECTED      /* any other 4xx, a redirect, an answer that is no Kubernetes: trying again will not help */
};

/*
 * `status`: HTTP status (or the code inside an ERROR frame), 0 when none came. `complete`: the whole answer arrived. `unsent`: nothing
 * reached the server. `reason`: the Status reason, or "", not NULL. `too_large_rv`: the Status has the cause ResourceVersionTooLarge.
 */
enum kube_class kube_classify(int status, bool complete, bool unsent, const char *reason, bool too_large_rv);

/* nobody is kept waiting longer by a server's word: after so long kube-scheduler too looks at a pod again */
#define KUBE_RETRY_AFTER_MAX_MS 300000

/* What a server asks for in seconds as milliseconds, at most KUBE_RETRY_AFTER_MAX_MS; -1 (it asked for nothing) for 0 and below. */
int64_t kube_retry_after_ms(int64_t seconds);

/* "transient", "conflict", …: for logs. Static. */
const char *kube_class_name(enum kube_class class_);

#endif
