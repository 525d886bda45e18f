/*
 * proxy_internal.h: private to proxy*.c. Everything here is touched with the lock held; the thread lets go of it only while it waits.
 */
#ifndef GRADE_PROXY_INTERNAL_H
#define GRADE_PROXY_INTERNAL_H

#include <curl/curl.h>
#include <microhttpd.h>
#include <pthread.h>

#include "common/buffer.h"
#include "compare/api_client.h"
#include "grade/proxy.h"
#include "grade/record.h"

#define PROXY_TOKEN_BYTES 33
#define PROXY_FAILS_MAX 16
#define PROXY_UNSENT_MAX ((size_t)1 << 20) /* more than that of an answer is not read ahead of the submission */

enum exchange_state {
    EXCHANGE_NEW,      /* headers are here */
    EXCHANGE_BODY,     /* the body comes */
    EXCHANGE_HELD,     /* waits for proxy_release() or proxy_forget_before() */
    EXCHANGE_ASKED,    /* sent on, no answer yet */
    EXCHANGE_ANSWERED, /* status and headers are here; the body comes as it does */
    EXCHANGE_QUEUED    /* libmicrohttpd sends it */
};

/* one request, from its first byte to the last of its answer */
struct exchange {
    struct proxy *proxy;
    struct exchange *next, *previous; /* of all */
    struct MHD_Connection *connection;
    char *target;
    const char *method;
    struct buffer body;
    bool too_large;
    enum exchange_state state;
    bool suspended;
    bool dead; /* its client has gone, or its scene has ended */

    struct route route;
    unsigned scene; /* the scene it belongs to */
    size_t record;  /* its index there; SIZE_MAX: not kept */
    int64_t asked_us;
    char node[256]; /* of a bind: where to; "" when the body does not say */
    bool by_patch;  /* a bind that was no Binding */

    CURL *easy; /* upstream; NULL: none */
    struct curl_slist *headers;
    struct buffer url, sent; /* `sent`: the body upstream */
    struct buffer out;       /* of the answer, not handed over yet from `handed` on */
    size_t handed;
    bool paused; /* curl, for `out` is full */
    bool ended;  /* nothing more will come */
    bool torn;   /* it ended before its end */
    int status;
    char content_type[128], retry_after[16];
};

struct proxy_fail {
    char pod[256];
    int times, status, retry_after_s;
};

/* What the caller wants done in the thread: libcurl and libmicrohttpd are its alone. */
enum {
    ORDER_RELEASE = 1, /* held binds go on */
    ORDER_END_WATCHES = 2,
    ORDER_LET_WATCHES_GO = 4, /* held watches go on */
    ORDER_DROP_ALL = 8
};

struct proxy {
    pthread_mutex_t lock;
    pthread_cond_t obeyed;
    unsigned orders;
    pthread_t thread;
    bool thread_runs, stop, failed;
    struct api_client *client;
    struct MHD_Daemon *daemon;
    CURLM *multi;
    int port, epoll_fd; /* epoll_fd -1: none */
    bool resumed;       /* a connection was, since MHD last ran */
    int64_t look_for_dead_us, slow_us;
    struct exchange *first;

    char token[PROXY_TOKEN_BYTES], namespace_[256];
    int64_t zero_us;
    unsigned scene;
    struct records records;
    size_t binds, held;

    struct proxy_fail fails[PROXY_FAILS_MAX];
    size_t fail_count;
    char hold_pod[256];
    bool hold_watches;
    bool shut_watches;
    uint64_t floor;
    bool floor_http;
};

/* microseconds since the scene began */
int64_t proxy_now_us(const struct proxy *proxy);

/* Has the thread carry out orders, and waits until it has. */
void proxy_order(struct proxy *proxy, unsigned orders);

/* proxy_exchange.c: libmicrohttpd's callbacks */
void *proxy_exchange_begin(void *proxy, const char *uri, struct MHD_Connection *connection);
enum MHD_Result proxy_exchange_continue(void *proxy, struct MHD_Connection *connection, const char *url, const char *method,
                                        const char *version, const char *upload, size_t *upload_bytes, void **exchange);
void proxy_exchange_end(void *proxy, struct MHD_Connection *connection, void **exchange, enum MHD_RequestTerminationCode code);

/* Lets a suspended exchange go on: to answer, to send what came, or to end. */
void proxy_exchange_resume(struct exchange *x);
/* Sends on what was held. */
void proxy_exchange_go_on(struct exchange *x);
/* Ends an answer that is on its way cleanly, after what has come of it so far. */
void proxy_exchange_finish(struct exchange *x);
/* Tears it off. */
void proxy_exchange_drop(struct exchange *x);
/* Ends exchanges whose client has gone. */
void proxy_exchange_drop_dead(struct proxy *proxy);

/* An answer of our own. `code` and reason as Kubernetes has them. */
void proxy_answer_status(struct exchange *x, int code, const char *reason, const char *message);
/* Notes what was played, for the record. */
void proxy_note_fault(struct exchange *x, const char *fault);

/* proxy_upstream.c: sends the request on. When that fails, the exchange has an answer of 502. */
void proxy_upstream_start(struct exchange *x, const char *method, const char *target, const char *body, size_t bytes);
void proxy_upstream_stop(struct exchange *x);
/* Takes what curl has finished. */
void proxy_upstream_collect(struct proxy *proxy);
/* Reads on, when it was paused and there is room again. */
void proxy_upstream_unpause(struct exchange *x);

/* proxy_faults.c */
void proxy_apply_orders(struct proxy *proxy);
/* Answers instead of the server, or holds it; false: nothing is to be played. */
bool proxy_fault_play(struct exchange *x);
/* Reads where a request to bind wants its pod; fills node, by_patch and, from an old-style Binding, the pod's name. Is it one? */
bool proxy_read_bind(struct exchange *x);

#endif
