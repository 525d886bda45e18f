/*
 * scheduler_plan_look.c: a bind met a 409: the pod is not as the plan thought. It is read, and the plan told what was read. Only for watch: polling
 * lists everything in its next cycle.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cluster/decode.h"
#include "common/kube/json_parse.h"
#include "common/limits.h"
#include "common/scheduler_plan.h"

#define LOOK_TIMEOUT_MS 20000
/* after a read that says "still pending": so long until the next try */
#define LOOK_RETRY_US 1000000

struct look {
    struct planner *planner;
    struct look *next;
    struct kube_call *call;
    struct buffer body;
    char *namespace_, *name, *uid; /* in the same allocation */
};

static struct look *look_new(struct planner *planner, const char *namespace_, const char *name, const char *uid)
{
    size_t first = strlen(namespace_) + 1, second = strlen(name) + 1, third = strlen(uid) + 1;
    struct look *look = calloc(1, sizeof *look + first + second + third);
    char *text = (char *)(look + 1);

    if (!look)
        return NULL;
    look->planner = planner;
    look->namespace_ = memcpy(text, namespace_, first);
    look->name = memcpy(text + first, name, second);
    look->uid = memcpy(text + first + second, uid, third);
    buffer_init(&look->body, LIMIT_OBJECT_BYTES);
    return look;
}

static void look_free(struct look *look)
{
    struct look **at = &look->planner->looks;

    while (*at && *at != look)
        at = &(*at)->next;
    if (*at)
        *at = look->next;
    buffer_free(&look->body);
    free(look);
}

static int on_data(void *ctx, const char *data, size_t bytes)
{
    struct look *look = ctx;
    struct error err = ERROR_INIT;

    return buffer_add(&look->body, data, bytes, &err);
}

/* still pending, and free to be bound: nothing explains the refusal, so it is tried again later */
static int apply(struct planner *planner, const struct pod *pod, struct error *err)
{
    if (!pod->node_name[0] && !pod->deleting &&
        plan_bind_failed(planner->plan, pod->namespace_, pod->name, scheduler_now_us(planner->s) + LOOK_RETRY_US, err) < 0)
        return -1;
    return plan_pod_set(planner->plan, pod, err);
}

static int take_in(struct look *look, struct error *err)
{
    struct planner *planner = look->planner;
    json_t *json = kube_json_parse(look->body.data, look->body.bytes, err);
    struct pod *pod = json ? pod_decode(json, planner->s->options->scheduler_name, err) : NULL;
    int ret = -1;

    if (pod)
        ret = apply(planner, pod, err);
    json_decref(json);
    pod_free(pod);
    return ret;
}

static void on_done(void *ctx, const struct kube_answer *answer)
{
    struct look *look = ctx;
    struct planner *planner = look->planner;
    struct error err = ERROR_INIT;
    int ret = 0;

    if (!planner->made)
        goto cleanup;
    if (answer->class_ == KUBE_FORBIDDEN)
        scheduler_warn_forbidden(planner->s, "get", "pods", answer->message);
    if (answer->class_ == KUBE_NOT_FOUND)
        ret = plan_pod_gone(planner->plan, look->namespace_, look->name, look->uid, &err);
    else if (answer->class_ == KUBE_OK)
        ret = take_in(look, &err);
    else
        planner_rebuild_later(planner);
    if (ret < 0)
        planner_lost(planner, &err);
cleanup:
    look_free(look);
}

void planner_look(struct planner *planner, const char *namespace_, const char *name, const char *uid)
{
    struct kube_request request = {.method = "GET", .timeout_ms = LOOK_TIMEOUT_MS, .on_data = on_data, .on_done = on_done};
    struct error err = ERROR_INIT;
    struct look *look;
    char target[640];

    if (!planner->s->on_pod)
        return;
    for (look = planner->looks; look; look = look->next)
        if (!strcmp(look->uid, uid))
            return;
    look = look_new(planner, namespace_, name, uid);
    if (look) {
        snprintf(target, sizeof target, "/api/v1/namespaces/%s/pods/%s", namespace_, name);
        request.target = target;
        request.ctx = look;
        look->call = kube_start(planner->s->client, &request, &err);
    }
    if (!look || !look->call) {
        if (look)
            look_free(look);
        planner_rebuild_later(planner);
        return;
    }
    look->next = planner->looks;
    planner->looks = look;
}

void planner_cancel_looks(struct planner *planner)
{
    while (planner->looks) {
        kube_cancel(planner->s->client, planner->looks->call);
        look_free(planner->looks);
    }
}
