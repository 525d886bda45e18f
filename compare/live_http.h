/*
 * live_http.h: many requests at once in one loop that never waits for one: libcurl's multi interface with a callback for each request. For the live
 * view alone; what measures one thing at a time uses api_client.h.
 */
#ifndef COMPARE_LIVE_HTTP_H
#define COMPARE_LIVE_HTTP_H

#include <curl/curl.h>

#include "common/buffer.h"
#include "compare/api_client.h"

#define LIVE_CALLS_MAX 128

struct live_http;

/* `client` is borrowed and must outlive it. NULL on ERROR_NO_MEMORY. Closing drops what is under way; no callback comes any more. */
struct live_http *live_http_open(struct api_client *client, struct error *err);
void live_http_close(struct live_http *http);

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
    bool (*on_data)(void *ctx, const char *data, size_t bytes, int64_t at_us);
    /* Called once, from live_http_turn(). May send the next request. */
    void (*on_done)(void *ctx, const struct live_answer *answer);
    void *ctx;
};

/* Sends it; all strings are copied. ERROR_RUNTIME when LIVE_CALLS_MAX are under way. */
int live_http_send(struct live_http *http, const struct live_call *call, struct error *err);
/* How many more may be sent now. */
size_t live_http_room(const struct live_http *http);

/* Does what can be done without waiting, callbacks included. */
int live_http_turn(struct live_http *http, struct error *err);
/* Waits until something can be done, one of the descriptors is ready, or timeout_ms passed. */
int live_http_wait(struct live_http *http, struct curl_waitfd *fds, unsigned count, int timeout_ms, struct error *err);

#endif
