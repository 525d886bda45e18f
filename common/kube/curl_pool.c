/* curl_pool.c: calls with their easy handles, used again and again. */
#include <stdlib.h>

#include "common/kube/curl_parts.h"

#define POOL_MAX 128 /* calls kept for reuse: more than are ever in flight */
#define BODY_KEPT_BYTES (16u << 10)

static void free_call(struct transport_call *call)
{
    if (call->easy)
        curl_easy_cleanup(call->easy);
    free(call->body);
    free(call);
}

void curl_pool_give(struct curl_pool *pool, struct curl_setup *setup, struct transport_call *call)
{
    curl_setup_release(setup, call);
    if (pool->count == POOL_MAX) {
        free_call(call);
        return;
    }
    if (call->body_capacity > BODY_KEPT_BYTES) {
        free(call->body);
        call->body = NULL;
        call->body_capacity = 0;
    }
    call->next = pool->first;
    pool->first = call;
    pool->count++;
}

struct transport_call *curl_pool_take(struct curl_pool *pool, struct curl_setup *setup, curl_write_callback on_header,
                                      curl_write_callback on_write, struct error *err)
{
    struct transport_call *call;

    while ((call = pool->first)) {
        pool->first = call->next;
        pool->count--;
        if (call->identity == setup->identity)
            return call;
        free_call(call); /* it would show the old client certificate */
    }
    call = calloc(1, sizeof *call);
    if (!call) {
        error_no_memory(err);
        return NULL;
    }
    if (curl_call_new(setup, call, on_header, on_write, err) < 0) {
        free_call(call);
        return NULL;
    }
    return call;
}

void curl_pool_free(struct curl_pool *pool)
{
    while (pool->first) {
        struct transport_call *call = pool->first;

        pool->first = call->next;
        free_call(call);
    }
}
