/*
 * live_http_internal.h: requests and the thread that makes them, from the inside. Private to live_http.c and live_http_thread.c.
 */
#ifndef COMPARE_LIVE_HTTP_INTERNAL_H
#define COMPARE_LIVE_HTTP_INTERNAL_H

#include <pthread.h>

#include "compare/live_http.h"

enum owner { NOBODY, LOOP, THREAD }; /* who may touch a slot's handle */

struct slot {
    struct live_http *http;
    CURL *easy;
    enum owner owner;
    bool cancel; /* the loop wants no more of it; with the lock */
    char problem[CURL_ERROR_SIZE];
    struct buffer answer; /* the thread's, until it is done */
    char *body;
    bool (*on_data)(void *ctx, const char *data, size_t bytes, const struct live_time *time);
    void (*on_done)(void *ctx, const struct live_answer *answer);
    void *ctx;
};

/* from the thread to the loop: bytes of a stream, or the end of a request */
struct news {
    struct news *next;
    struct slot *slot;
    struct live_time time;
    bool done;
    CURLcode code;
    size_t bytes;
    char data[];
};

struct live_http {
    struct api_client *client;
    CURLM *multi;
    pthread_t thread;
    bool thread_runs;
    int wake[2];          /* has a byte while there are news */
    int64_t caught_up_us; /* the thread's: all that had come before was read */
    size_t busy;          /* the loop's */
    struct slot slots[LIVE_CALLS_MAX];
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t taken;
    struct news *first, **last;
    size_t news_bytes;
    struct slot *starting[LIVE_CALLS_MAX];
    size_t starting_count;
    bool stop, no_memory, failed;
};

/* The body of a request as libcurl brings it; ctx: its slot. */
size_t live_http_on_body(char *data, size_t size, size_t count, void *ctx);
/* Whether the loop wants no more of it; ctx: its slot. */
int live_http_on_progress(void *ctx, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up_now);
/* The thread; ctx: the live_http. */
void *live_http_work(void *ctx);

#endif
