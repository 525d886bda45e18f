#include "common/kube/classify.h"

#include <string.h>

enum kube_class kube_classify(int status, bool complete, bool unsent, const char *reason, bool too_large_rv)
{
    if (too_large_rv || status == 410 || !strcmp(reason, "Expired") || !strcmp(reason, "Gone"))
        return KUBE_EXPIRED;
    /* 4xx and 5xx say that nothing was done, or that a retry is safe, even when their body was cut */
    if (status == 408 || status == 429 || status >= 500)
        return KUBE_TRANSIENT;
    if (status >= 300)
        return status == 401   ? KUBE_UNAUTHORIZED
               : status == 403 ? KUBE_FORBIDDEN
               : status == 404 ? KUBE_NOT_FOUND
               : status == 409 ? KUBE_CONFLICT
                               : KUBE_REJECTED;
    if (!complete)
        return unsent ? KUBE_TRANSIENT : KUBE_UNKNOWN;
    return status >= 200 ? KUBE_OK : KUBE_REJECTED;
}

int64_t kube_retry_after_ms(int64_t seconds)
{
    if (seconds <= 0)
        return -1;
    return seconds < KUBE_RETRY_AFTER_MAX_MS / 1000 ? seconds * 1000 : KUBE_RETRY_AFTER_MAX_MS;
}

const char *kube_class_name(enum kube_class class_)
{
    static const char *const names[] = {"ok",      "transient",    "unknown",   "conflict", "not found",
                                        "expired", "unauthorized", "forbidden", "rejected"};

    return names[class_];
}
