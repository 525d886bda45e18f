/*
 * transport.h: the second seam. How requests reach an API server: through libcurl (curl_transport.h), or straight into the
 * simulator's store in the same process (tests). Everything is asynchronous and on one thread: start() only queues; all
 * callbacks are made from inside wait().
 */
#ifndef COMMON_KUBE_TRANSPORT_H
#define COMMON_KUBE_TRANSPORT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct transport_call; /* one request under way, owned by the transport */

struct transport_result {
    int status;             /* the HTTP status; 0 when no status line came */
    bool complete;          /* the whole answer arrived. False: `problem` says why, and the body may be cut */
    bool aborted;           /* complete is false because on_data said stop */
    bool unsent;            /* complete is false and nothing of the request can have reached the server */
    int64_t retry_after_ms; /* Retry-After, or -1 */
    uint64_t bytes_in;      /* body bytes received (after TLS) */
    uint64_t bytes_out;     /* body bytes sent */
    const char *problem;    /* one line when not complete, else NULL; valid during the callback */
    const char *date;       /* the answer's Date header as it came, or NULL; valid during the callback */
};

struct transport_request {
    const char *method;       /* "GET", "POST", "PATCH", "PUT", "DELETE"; a static string */
    const char *target;       /* path and query, already escaped, e.g. "/api/v1/nodes?limit=500"; copied */
    const char *content_type; /* of the body; a static string; NULL without a body */
    const char *body;         /* borrowed until on_done or cancel; NULL for none */
    size_t body_bytes;
    int64_t timeout_ms;      /* for the whole answer; 0: none */
    int64_t idle_timeout_ms; /* fails when no byte came for so long; 0: none. For watches and long lists */
    /* Body bytes as they come, with the status they belong to. Returns 0 to go on, -1 to stop: then on_done follows with `aborted`. */
    int (*on_data)(void *ctx, int status, const char *data, size_t bytes);
    /* Exactly once at the end, unless cancelled. The call is gone afterwards. May start new calls and cancel others. */
    void (*on_done)(void *ctx, const struct transport_result *result);
    void *ctx;
};

/* Something else that waits on file descriptors in the same loop: signals, the metrics server. */
struct transport_source {
    void *ctx;
    /* Fills at most `max` entries of fds, may lower *timeout_ms. Returns how many it filled. */
    int (*prepare)(void *ctx, struct pollfd *fds, int max, int64_t *timeout_ms);
    /* The same entries after poll(2). */
    void (*dispatch)(void *ctx, const struct pollfd *fds, int count);
};

struct transport {
    void *impl;
    /* Queues a request. NULL on failure (memory, too long a target): no callback will come. */
    struct transport_call *(*start)(struct transport *transport, const struct transport_request *request, struct error *err);
    /* Ends a call without on_done. The call is gone. Allowed inside any callback, the call's own on_data excepted. */
    void (*cancel)(struct transport *transport, struct transport_call *call);
    /* Waits until something happened or timeout_ms passed (0: only what is ready now; -1: no limit) and makes the callbacks. -1 only when the loop itself is broken. */
    int (*wait)(struct transport *transport, int64_t timeout_ms, struct error *err);
    /* The bearer token for requests started from now on; NULL: none. Copied. */
    int (*set_token)(struct transport *transport, const char *token, struct error *err);
    /*
     * The client certificate and its key (PEM, both not NULL) for connections made from now on; copied. Requests under way keep theirs. NULL: a
     * transport without TLS. ERROR_RUNTIME when they are no PEM: the old ones stay.
     */
    int (*set_client_certificate)(struct transport *transport, const char *cert_pem, const char *key_pem, struct error *err);
    /* Adds a source, copied. At most 4. A transport without file descriptors ignores it. */
    int (*add_source)(struct transport *transport, const struct transport_source *source, struct error *err);
    /* Cancels what is under way and frees everything, the struct itself included. */
    void (*close)(struct transport *transport);
};

#endif
