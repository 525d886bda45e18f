/*
 * proxy_faults.c: what goes wrong on purpose, and what a request to bind says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "grade/proxy_internal.h"

static void copy_name(char *out, size_t size, const json_t *text)
{
    const char *value = json_string_value(text);

    snprintf(out, size, "%s", value ? value : "");
}

/* [{"op":"add","path":"/spec/nodeName","value":"n1"}] */
static const json_t *json_patch_node(const json_t *operations)
{
    const json_t *operation;
    size_t i;

    json_array_foreach(operations, i, operation)
    {
        const char *path = json_string_value(json_object_get(operation, "path"));

        if (path && !strcmp(path, "/spec/nodeName"))
            return json_object_get(operation, "value");
        if (path && !strcmp(path, "/spec"))
            return json_object_get(json_object_get(operation, "value"), "nodeName");
    }
    return NULL;
}

static bool writes_pod(const struct route *route)
{
    return !*route->group && !strcmp(route->resource, "pods") && !*route->subresource && *route->name &&
           (!strcmp(route->verb, "patch") || !strcmp(route->verb, "update"));
}

bool proxy_read_bind(struct exchange *x)
{
    bool patch = writes_pod(&x->route), bind = route_binds(&x->route);
    json_t *body = patch || bind ? json_loadb(x->body.data ? x->body.data : "", x->body.bytes, 0, NULL) : NULL;

    if (bind) {
        copy_name(x->node, sizeof x->node, json_object_get(json_object_get(body, "target"), "name"));
        if (!*x->route.name)
            copy_name(x->route.name, sizeof x->route.name, json_object_get(json_object_get(body, "metadata"), "name"));
    } else if (patch) {
        copy_name(x->node, sizeof x->node,
                  json_is_array(body) ? json_patch_node(body) : json_object_get(json_object_get(body, "spec"), "nodeName"));
        x->by_patch = *x->node != '\0';
    }
    json_decref(body);
    return bind || x->by_patch;
}

static bool fail_bind(struct exchange *x)
{
    struct proxy *proxy = x->proxy;
    size_t i;

    for (i = 0; i < proxy->fail_count; i++) {
        struct proxy_fail *fail = &proxy->fails[i];

        if (fail->times <= 0 || strcmp(fail->pod, x->route.name) != 0)
            continue;
        fail->times--;
        if (fail->retry_after_s)
            snprintf(x->retry_after, sizeof x->retry_after, "%d", fail->retry_after_s);
        proxy_answer_status(x, fail->status, fail->status == 429 ? "TooManyRequests" : "InternalError",
                            fail->status == 429 ? "Too many requests, please try again later." : "Simulated internal error");
        proxy_note_fault(x, "bind-fails");
        return true;
    }
    return false;
}

static void hold(struct exchange *x, const char *fault)
{
    x->state = EXCHANGE_HELD;
    proxy_note_fault(x, fault);
}

static const char gone_message[] = "too old resource version: %s (%llu)";

static void answer_gone_frame(struct exchange *x, const char *message)
{
    struct error err = ERROR_INIT;

    x->status = 200;
    snprintf(x->content_type, sizeof x->content_type, "application/json");
    if (buffer_printf(&x->out, &err,
                      "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
                      "\"message\":\"%s\",\"reason\":\"Expired\",\"code\":410}}\n",
                      message) < 0)
        x->torn = true;
    x->ended = true;
    x->state = EXCHANGE_ANSWERED;
}

static bool refuse_old_watch(struct exchange *x)
{
    struct proxy *proxy = x->proxy;
    const char *text = x->route.resource_version;
    char *end, message[192];
    unsigned long long version = strtoull(text, &end, 10);

    if (!x->route.watch || x->route.initial_events || !proxy->floor || *end || !version || version >= proxy->floor)
        return false;
    snprintf(message, sizeof message, gone_message, text, (unsigned long long)proxy->floor);
    if (proxy->floor_http)
        proxy_answer_status(x, 410, "Expired", message);
    else
        answer_gone_frame(x, message);
    proxy_note_fault(x, proxy->floor_http ? "gone-http" : "gone-frame");
    return true;
}

static void answer_nothing(struct exchange *x)
{
    x->status = 200;
    snprintf(x->content_type, sizeof x->content_type, "application/json");
    x->ended = true;
    x->state = EXCHANGE_ANSWERED;
    proxy_note_fault(x, "shut");
}

bool proxy_fault_play(struct exchange *x)
{
    struct proxy *proxy = x->proxy;

    if (x->route.watch && proxy->shut_watches) {
        answer_nothing(x);
        return true;
    }

    if (x->route.watch && proxy->hold_watches) {
        hold(x, "held");
        return true;
    }
    if (refuse_old_watch(x))
        return true;
    if (!route_binds(&x->route) && !x->by_patch)
        return false;
    if (*proxy->hold_pod && !strcmp(proxy->hold_pod, x->route.name)) {
        proxy->held++;
        hold(x, "held");
        return true;
    }
    return fail_bind(x);
}

void proxy_fail_binds(struct proxy *proxy, const char *pod, int times, int status, int retry_after_s)
{
    pthread_mutex_lock(&proxy->lock);
    if (proxy->fail_count < PROXY_FAILS_MAX) {
        struct proxy_fail *fail = &proxy->fails[proxy->fail_count++];

        *fail = (struct proxy_fail){.times = times, .status = status, .retry_after_s = retry_after_s};
        snprintf(fail->pod, sizeof fail->pod, "%s", pod);
    }
    pthread_mutex_unlock(&proxy->lock);
}

void proxy_hold_bind(struct proxy *proxy, const char *pod)
{
    pthread_mutex_lock(&proxy->lock);
    snprintf(proxy->hold_pod, sizeof proxy->hold_pod, "%s", pod);
    pthread_mutex_unlock(&proxy->lock);
}

/* what waited goes on, watches or binds */
static void let_go(struct proxy *proxy, bool watches)
{
    struct exchange *x, *next;

    for (x = proxy->first; x; x = next) {
        next = x->next;
        if (x->state == EXCHANGE_HELD && x->route.watch == watches)
            proxy_exchange_go_on(x);
    }
}

static void end_watches(struct proxy *proxy)
{
    struct exchange *x, *next;

    for (x = proxy->first; x; x = next) {
        next = x->next;
        if (x->route.watch && (x->state == EXCHANGE_ASKED || x->state == EXCHANGE_ANSWERED || x->state == EXCHANGE_QUEUED))
            proxy_exchange_finish(x);
    }
}

void proxy_apply_orders(struct proxy *proxy)
{
    unsigned orders = proxy->orders;
    struct exchange *x, *next;

    proxy->orders = 0;
    if (orders & ORDER_RELEASE)
        let_go(proxy, false);
    if (orders & ORDER_END_WATCHES)
        end_watches(proxy);
    if (orders & ORDER_LET_WATCHES_GO)
        let_go(proxy, true);
    for (x = proxy->first; x && (orders & ORDER_DROP_ALL); x = next) {
        next = x->next;
        proxy_exchange_drop(x);
    }
}

void proxy_release(struct proxy *proxy)
{
    pthread_mutex_lock(&proxy->lock);
    *proxy->hold_pod = '\0';
    proxy->held = 0;
    proxy_order(proxy, ORDER_RELEASE);
    pthread_mutex_unlock(&proxy->lock);
}

void proxy_close_watches(struct proxy *proxy)
{
    pthread_mutex_lock(&proxy->lock);
    proxy_order(proxy, ORDER_END_WATCHES);
    pthread_mutex_unlock(&proxy->lock);
}

void proxy_shut_watches(struct proxy *proxy, bool shut)
{
    pthread_mutex_lock(&proxy->lock);
    proxy->shut_watches = shut;
    if (shut)
        proxy_order(proxy, ORDER_END_WATCHES);
    pthread_mutex_unlock(&proxy->lock);
}

void proxy_hold_watches(struct proxy *proxy)
{
    pthread_mutex_lock(&proxy->lock);
    proxy->hold_watches = true;
    proxy_order(proxy, ORDER_END_WATCHES);
    pthread_mutex_unlock(&proxy->lock);
}

void proxy_forget_before(struct proxy *proxy, uint64_t floor, bool http)
{
    pthread_mutex_lock(&proxy->lock);
    proxy->hold_watches = false;
    proxy->floor = floor;
    proxy->floor_http = http;
    proxy_order(proxy, ORDER_LET_WATCHES_GO);
    pthread_mutex_unlock(&proxy->lock);
}
