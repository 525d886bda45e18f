/*
 * live_http.h: many requests at once for a loop that never waits for one. They are made in a thread of their own, which does nothing but read, and note
 * when: what the loop draws in the meantime makes no latency longer or shorter. Callbacks come in the loop, from live_http_turn().
 *
 * For the live view alone; what measures one thing at a time uses api_client.h.
 */
#ifndef COMPARE_LIVE_HTTP_H
#define COMPARE_LIVE_HTTP_H

#include <poll.h>

#include "common/buffer.h"
#include "compare/api_client.h"

#define LIVE_CALLS_MAX 128

struct live_http;

/*
 * `client` is borrowed, must outlive it, and is not to be used by anybody else meanwhile. NULL on failure. Closing drops what is under way; no callback comes
 * any more.
 */
struct live_http *live_http_open(struct api_client *client, struct error *err);
void live_http_close(struct live_http *http);

/* When something came, on the monotonic clock, and how long it may have waited to be read. */
struct live_time {
    int64_t at_us, delay_us;
};

struct live_answer {
    int status;       /* 0: no answer came, `why` says why not */
    const char *why;  /* of libcurl; "" when there is a status */
    const char *body; /* NUL-terminated, "" when empty; of a stream always "" */
    size_t bytes;
    int64_t at_us; /* when it was here, on the monotonic clock */
};

struct live_call {
    const char *method, *target; /* a target that does not begin with '/' is a URL of another server: no credentials go there */
    const char *body;            /* NULL: none */
    long timeout_ms;             /* 0: a stream, which may last for ever */
    /* Gets the body as it comes, and ends the request when it returns false; NULL: the body is kept for on_done. */
    bool (*on_data)(void *ctx, const char *data, size_t bytes, const struct live_time *time);
    /* Called once. May send the next request. */
    void (*on_done)(void *ctx, const struct live_answer *answer);
    void *ctx;
};

/* Sends it; all strings are copied. ERROR_RUNTIME when LIVE_CALLS_MAX are under way. */
int live_http_send(struct live_http *http, const struct live_call *call, struct error *err);
/* How many more may be sent now. */
size_t live_http_room(const struct live_http *http);

/* Calls back for all that has come. */
int live_http_turn(struct live_http *http, struct error *err);
/* Can be read when live_http_turn() has something to do. */
int live_http_fd(const struct live_http *http);

#endif
