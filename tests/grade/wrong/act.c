#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/grade/wrong/wrong.h"

int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static json_t *binding(const json_t *pod, const char *node)
{
    return json_pack("{s:s, s:s, s:{s:s, s:s, s:s}, s:{s:s, s:s, s:s}}", "apiVersion", "v1", "kind", "Binding", "metadata", "name",
                     text_at(pod, "metadata", "name", NULL), "namespace", text_at(pod, "metadata", "namespace", NULL), "uid",
                     text_at(pod, "metadata", "uid", NULL), "target", "apiVersion", "v1", "kind", "Node", "name", node);
}

static long post_binding(struct scheduler *s, const json_t *pod, const char *node)
{
    const char *namespace_ = text_at(pod, "metadata", "namespace", NULL), *name = text_at(pod, "metadata", "name", NULL);
    char path[1024];
    long status;

    snprintf(path, sizeof path, "/api/v1/namespaces/%s/pods/%s", namespace_, name);
    if (defect == PATCHES || defect == PATCHES_FIRST) {
        status = api_call(&s->api, "PATCH", path, json_pack("{s:{s:s}}", "spec", "nodeName", node), NULL);
        if (defect == PATCHES || status < 400 || status == 429 || status >= 500)
            return status;
    }
    snprintf(path, sizeof path, "/api/v1/namespaces/%s/pods/%s/%s", namespace_, name, defect == WRONG_SUBRESOURCE ? "bind" : "binding");
    status = api_call(&s->api, "POST", path, binding(pod, node), NULL);
    if (defect == DOUBLE_BIND && status == 201)
        api_call(&s->api, "POST", path, binding(pod, node), NULL);
    return status;
}

static void say_bound(const struct scheduler *s, const char *key, const char *node)
{
    const char *other;
    json_t *each;

    if (defect == SILENT)
        return;
    if (defect == PRINTS_WRONG_NODE) {
        json_object_foreach(s->nodes, other, each) node = other;
    }
    printf("[%s] Bound %s -> %s\n", s->prefix, key, node);
}

/* Another attempt after 0.5 s, 1 s, 2 s, at most 5 s. */
static void try_later(struct scheduler *s, const char *key, long status)
{
    int64_t attempts = json_integer_value(json_array_get(json_object_get(s->waiting, key), 0)), pause = 500;

    if (defect == DIES_ON_ERROR && (status == 429 || status >= 500))
        exit(1);
    for (int64_t i = 0; i < attempts && pause < 5000; i++)
        pause *= 2;
    if (pause > 5000)
        pause = 5000;
    if (defect == HAMMERS)
        pause = 0;
    if (defect == GIVES_UP)
        pause = 3600 * 1000;
    json_object_set_new(s->waiting, key, json_pack("[I, I]", attempts + 1, now_ms() + pause));
}

static void bind_pod(struct scheduler *s, const char *key, json_t *pod, const char *node)
{
    long status;

    if (defect == PRINTS_EARLY)
        say_bound(s, key, node);
    do {
        status = post_binding(s, pod, node);
    } while (defect == HAMMERS && (status == 429 || status >= 500));
    if (defect == PRINTS_ONLY || (defect != PRINTS_EARLY && (status == 200 || status == 201)))
        say_bound(s, key, node);
    if (status != 200 && status != 201) {
        try_later(s, key, status);
        return;
    }
    json_object_del(s->waiting, key);
    json_object_set_new(json_object_get(pod, "spec"), "nodeName", json_string(node));
}

void bind_pending(struct scheduler *s)
{
    const char *key, *node;
    int64_t due;
    json_t *pod;

    if (defect == CYCLE_COUNTS) {
        json_decref(s->first_counts);
        s->first_counts = NULL;
    }
    json_object_foreach(s->pods, key, pod)
    {
        due = json_integer_value(json_array_get(json_object_get(s->waiting, key), 1));
        if (!pod_is_ours(s, pod) || due > now_ms())
            continue;
        node = choose_node(s, pod);
        if (node)
            bind_pod(s, key, pod, node);
    }
}

int64_t next_retry_ms(const struct scheduler *s)
{
    int64_t next = -1, now = now_ms(), due;
    const char *key;
    json_t *each;

    json_object_foreach(s->waiting, key, each)
    {
        due = json_integer_value(json_array_get(each, 1)) - now;
        if (due > 0 && (next < 0 || due < next) && json_object_get(s->pods, key))
            next = due;
    }
    return next;
}
