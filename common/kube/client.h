/*
 * client.h: requests to an API server over a transport: adds the credential (and reloads it once after a 401), counts every request under
 * client-go's metric names, and turns every outcome into one answer with one class.
 */
#ifndef COMMON_KUBE_CLIENT_H
#define COMMON_KUBE_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/kube/classify.h"
#include "common/kube/kubeconfig.h"
#include "common/kube/timer.h"
#include "common/kube/transport.h"
#include "common/service/metrics.h"

struct kube_client;

/* Everything is borrowed and must outlive the client. */
struct kube_client_options {
    struct transport *transport;
    const struct clock *clock;
    struct kube_timers *timers;
    struct kube_credentials *credentials; /* NULL: no token */
    struct metrics *metrics;              /* NULL: nothing is counted */
    uint64_t seed;                        /* of the jitter */
    /* One line for a person: a credential that cannot be reloaded, a watch that failed. May be NULL. */
    void (*warn)(void *ctx, const char *text);
    void *warn_ctx;
};

/* NULL on ERROR_NO_MEMORY. End with kube_client_free(), after every call is done or cancelled. */
struct kube_client *kube_client_new(const struct kube_client_options *options, struct error *err);
void kube_client_free(struct kube_client *client);

/* What the client was given; borrowed. */
const struct clock *kube_client_clock(const struct kube_client *client);
struct kube_timers *kube_client_timers(const struct kube_client *client);
/* A number from the client's own generator, uniform in 0..UINT32_MAX: jitter that a seed repeats. */
uint32_t kube_client_random(struct kube_client *client);
/* `base_us` stretched by a factor uniform in 1.0 to 1.5, so that clients do not come back all at once. */
int64_t kube_client_jitter(struct kube_client *client, int64_t base_us);
/* One line to options.warn; cut at 767 bytes. */
void kube_client_warn(struct kube_client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));

struct kube_call;

struct kube_answer {
    enum kube_class class_;
    int status; /* HTTP status, 0 when none came */
    int64_t
        retry_after_ms;  /* what the server asked for (Retry-After, or details.retryAfterSeconds), at most KUBE_RETRY_AFTER_MAX_MS; or -1 */
    const char *reason;  /* metav1.Status reason, or "" */
    const char *message; /* one line for a person: the Status' message, the first words of another body, or the transport's problem */
    bool unsent;         /* nothing of the request reached the server */
    bool aborted;        /* on_data said stop */
    const char *date;    /* the server's clock as it stood in the answer's Date header, or NULL */
};

struct kube_request {
    const char *method, *target, *content_type; /* as in transport.h */
    const char *body;                           /* borrowed until on_done or kube_cancel(); may be sent a second time, after a 401 */
    size_t body_bytes;
    int64_t timeout_ms, idle_timeout_ms; /* as in transport.h */
    bool is_stream;                      /* a watch: counted when its answer begins, without a duration */
    /* Body bytes of a 2xx answer; NULL: they are dropped. 0 to go on, -1 to stop: on_done follows with `aborted`. Must not cancel its own call. */
    int (*on_data)(void *ctx, const char *data, size_t bytes);
    /* Exactly once unless cancelled; the call is gone. `answer` and its strings are valid during it. May start calls and cancel others. */
    void (*on_done)(void *ctx, const struct kube_answer *answer);
    void *ctx;
};

/*
 * Starts a request; `request` and its target are copied. NULL on failure (ERROR_NO_MEMORY, too long a target), then no callback comes. A credential
 * that cannot be had is a warning, and the server's 401 the answer.
 */
struct kube_call *kube_start(struct kube_client *client, const struct kube_request *request, struct error *err);
/* Ends a call without on_done; it is gone. */
void kube_cancel(struct kube_client *client, struct kube_call *call);

#endif
