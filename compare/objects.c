#include "compare/objects.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/limits.h"

#define ACCOUNT_TIMEOUT_US 10000000

static const char delete_now[] = "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"gracePeriodSeconds\":0}";

int objects_pod_json(struct buffer *body, const char *name, const char *scheduler_name, const char *node, struct error *err)
{
    if (buffer_printf(body, err,
                      "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s\"},\"spec\":{\"schedulerName\":", name) < 0 ||
        buffer_add_json_string(body, scheduler_name, err) < 0)
        return -1;
    if (node && buffer_printf(body, err, ",\"nodeName\":\"%s\"", node) < 0)
        return -1;
    return buffer_add_string(body,
                             ",\"terminationGracePeriodSeconds\":0,\"automountServiceAccountToken\":false,\"containers\":"
                             "[{\"name\":\"pause\",\"image\":\"registry.k8s.io/pause:3.10\"}]}}",
                             err);
}

/*
 * The service account admission refuses pods until a controller has made the namespace's account. A dry run asks just that question
 * and leaves nothing behind.
 */
static int wait_until_pods_are_admitted(struct api_client *client, const char *name, struct error *err)
{
    int64_t deadline = clock_system()->monotonic_us(clock_system()) + ACCOUNT_TIMEOUT_US;
    const struct timespec pause = {0, 50000000};
    struct buffer target, body, answer;
    int status = 0, ret = -1;

    buffer_init(&target, LIMIT_TARGET_BYTES);
    buffer_init(&body, LIMIT_REQUEST_BODY_BYTES);
    buffer_init(&answer, LIMIT_OBJECT_BYTES);
    if (buffer_printf(&target, err, "/api/v1/namespaces/%s/pods?dryRun=All", name) < 0 ||
        objects_pod_json(&body, "try", "nobody", NULL, err) < 0)
        goto cleanup;
    for (;;) {
        buffer_clear(&answer);
        if (api_client_call(client, "POST", target.data, body.data, 10000, &status, &answer, err) < 0)
            goto cleanup;
        if (status != 403 || !answer.bytes || !strstr(answer.data, "serviceaccount") ||
            clock_system()->monotonic_us(clock_system()) > deadline)
            break;
        nanosleep(&pause, NULL);
    }
    ret = status >= 200 && status <= 299 ? 0 : api_error(err, "POST", target.data, status, &answer);
cleanup:
    buffer_free(&target);
    buffer_free(&body);
    buffer_free(&answer);
    return ret;
}

int objects_make_namespace(struct api_client *client, const char *prefix, char *name, struct error *err)
{
    uint64_t mark = (uint64_t)clock_system()->wall_us(clock_system()) ^ ((uint64_t)getpid() << 32);
    char body[256];

    snprintf(name, 64, "%.40s-%08llx", prefix, (unsigned long long)((mark ^ (mark >> 32)) & 0xffffffffu));
    snprintf(body, sizeof body, "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"%s\"}}", name);
    if (api_client_need(client, "POST", "/api/v1/namespaces", body, NULL, err) < 0)
        return -1;
    return wait_until_pods_are_admitted(client, name, err);
}

int objects_delete_namespace(struct api_client *client, const char *name, struct error *err)
{
    char target[128];

    snprintf(target, sizeof target, "/api/v1/namespaces/%s", name);
    return api_client_need(client, "DELETE", target, NULL, NULL, err);
}

/* what a batch of pods is made from: its index counts through the plans, then through the pods */
struct making {
    struct pods_plan *const *plans;
    size_t plan_count;
    void (*on_turn)(void *ctx);
    void *ctx;
};

static int fill_pod(void *ctx, size_t number, struct buffer *target, struct buffer *body, struct error *err)
{
    const struct making *making = ctx;
    const struct pods_plan *plan = making->plans[number % making->plan_count];
    size_t index = number / making->plan_count;
    char name[128], node[128];

    snprintf(name, sizeof name, "%s%zu", plan->prefix, index);
    if (plan->node_prefix)
        snprintf(node, sizeof node, "%s%zu", plan->node_prefix, index % plan->nodes);
    if (buffer_printf(target, err, "/api/v1/namespaces/%s/pods", plan->namespace_) < 0)
        return -1;
    return objects_pod_json(body, name, plan->scheduler_name, plan->node_prefix ? node : NULL, err);
}

static int64_t pod_due_us(void *ctx, size_t number)
{
    const struct making *making = ctx;
    const struct pods_plan *plan = making->plans[0];

    return plan->start_us + plan->at_us[number / making->plan_count];
}

static void on_pod_made(void *ctx, size_t number)
{
    const struct making *making = ctx;
    struct pods_plan *plan = making->plans[number % making->plan_count];

    if (plan->answered_us)
        plan->answered_us[number / making->plan_count] = clock_system()->monotonic_us(clock_system());
}

static void on_making_turn(void *ctx)
{
    const struct making *making = ctx;

    if (making->on_turn)
        making->on_turn(making->ctx);
}

int objects_make_pods_of(struct api_client *client, struct pods_plan *const *plans, size_t plan_count, void (*on_turn)(void *ctx),
                         void *ctx, struct error *err)
{
    struct making making = {plans, plan_count, on_turn, ctx};
    struct api_batch batch = {.method = "POST",
                              .count = plans[0]->count * plan_count,
                              .inflight = plans[0]->inflight,
                              .fill = fill_pod,
                              .due_us = plans[0]->at_us ? pod_due_us : NULL,
                              .ctx = &making,
                              .stop = plans[0]->stop,
                              .on_answer = on_pod_made,
                              .on_turn = on_making_turn};

    return api_client_run(client, &batch, err);
}

int objects_make_pods(struct api_client *client, const struct pods_plan *plan, struct error *err)
{
    struct pods_plan copy = *plan, *plans[] = {&copy};

    return objects_make_pods_of(client, plans, 1, NULL, NULL, err);
}

static int fill_pod_deletion(void *ctx, size_t index, struct buffer *target, struct buffer *body, struct error *err)
{
    const struct pods_plan *plan = ctx;

    if (buffer_printf(target, err, "/api/v1/namespaces/%s/pods/%s%zu", plan->namespace_, plan->prefix, index) < 0)
        return -1;
    return buffer_add_string(body, delete_now, err);
}

int objects_delete_pods(struct api_client *client, const struct pods_plan *plan, struct error *err)
{
    struct api_batch batch = {.method = "DELETE",
                              .count = plan->count,
                              .inflight = 32,
                              .fill = fill_pod_deletion,
                              .accept_status = 404,
                              .ctx = (void *)(uintptr_t)plan};

    return api_client_run(client, &batch, err);
}

struct nodes_plan {
    const char *prefix;
    int pods;
};

static int fill_node(void *ctx, size_t index, struct buffer *target, struct buffer *body, struct error *err)
{
    const struct nodes_plan *plan = ctx;

    if (buffer_add_string(target, "/api/v1/nodes", err) < 0)
        return -1;
    return buffer_printf(
        body, err,
        "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"%s%zu\",\"labels\":{\"kubernetes.io/hostname\":\"%s%zu\","
        "\"kubernetes.io/os\":\"linux\"}},\"status\":{\"capacity\":{\"cpu\":\"4\",\"memory\":\"16Gi\",\"pods\":\"%d\"},"
        "\"allocatable\":{\"cpu\":\"4\",\"memory\":\"16Gi\",\"pods\":\"%d\"},\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\","
        "\"reason\":\"KubeletReady\"}]}}",
        plan->prefix, index, plan->prefix, index, plan->pods, plan->pods);
}

int objects_make_nodes(struct api_client *client, const char *prefix, size_t count, int pods, const volatile sig_atomic_t *stop,
                       struct error *err)
{
    struct nodes_plan plan = {prefix, pods};
    struct api_batch batch = {.method = "POST", .count = count, .inflight = 32, .fill = fill_node, .ctx = &plan, .stop = stop};

    return api_client_run(client, &batch, err);
}

static int fill_node_deletion(void *ctx, size_t index, struct buffer *target, struct buffer *body, struct error *err)
{
    const struct nodes_plan *plan = ctx;

    if (buffer_printf(target, err, "/api/v1/nodes/%s%zu", plan->prefix, index) < 0)
        return -1;
    return buffer_add_string(body, delete_now, err);
}

int objects_delete_nodes(struct api_client *client, const char *prefix, size_t count, struct error *err)
{
    struct nodes_plan plan = {prefix, 0};
    struct api_batch batch = {
        .method = "DELETE", .count = count, .inflight = 32, .fill = fill_node_deletion, .accept_status = 404, .ctx = &plan};

    return api_client_run(client, &batch, err);
}
