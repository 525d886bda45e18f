/* real.c: requests to the API server, and kube-scheduler as a child. */
#include "tests/differential/support/real.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/limits.h"

#define PRIORITY_CLASSES "/apis/scheduling.k8s.io/v1/priorityclasses"
#define INFLIGHT 8
#define JUDGE_US 120000000
#define CLEAR_US 60000000

static int64_t now_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

/* between two looks at the server */
static void pause_briefly(void)
{
    nanosleep(&(struct timespec){0, 100000000}, NULL);
}

int real_get(const struct real *real, const char *target, struct buffer *answer, struct error *err)
{
    buffer_clear(answer);
    return api_client_need(real->client, "GET", target, NULL, answer, err);
}

/* ---- once ---- */

/* makes an object that may be there already */
static int make_once(const struct real *real, const char *target, const char *body, struct error *err)
{
    struct buffer answer;
    int status, ret;

    buffer_init(&answer, LIMIT_ERROR_BODY_BYTES);
    ret = api_client_call(real->client, "POST", target, body, 30000, &status, &answer, err);
    if (ret == 0 && status != 201 && status != 409)
        ret = api_error(err, "POST", target, status, &answer);
    buffer_free(&answer);
    return ret;
}

static int write_config(const struct real *real, const char *kubeconfig, int extender_port, struct error *err)
{
    FILE *file = fopen(real->config, "w");

    if (!file)
        return error_set(err, ERROR_RUNTIME, "%s: cannot be written", real->config);
    fprintf(file,
            "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n"
            "clientConnection: {kubeconfig: \"%s\", qps: 5000, burst: 5000}\nleaderElection: {leaderElect: false}\n"
            "percentageOfNodesToScore: 100\nprofiles: [{schedulerName: " SCHEDULER "}]\n",
            kubeconfig);
    if (extender_port)
        fprintf(file, "extenders: [{urlPrefix: \"http://127.0.0.1:%d\", filterVerb: filter, nodeCacheCapable: true, httpTimeout: 30s}]\n",
                extender_port);
    return fclose(file) == 0 ? 0 : error_set(err, ERROR_RUNTIME, "%s: cannot be written", real->config);
}

/* one that does not preempt, and those of the levels */
static int make_priorities(const struct real *real, struct error *err)
{
    char body[256];

    for (size_t i = 0; i < LEVELS; i++) {
        snprintf(body, sizeof body,
                 "{\"apiVersion\":\"scheduling.k8s.io/v1\",\"kind\":\"PriorityClass\",\"metadata\":{\"name\":\"" LEVEL
                 "%zu\"},\"value\":%d}",
                 i, levels[i]);
        if (make_once(real, PRIORITY_CLASSES, body, err) < 0)
            return -1;
    }
    return make_once(real, PRIORITY_CLASSES,
                     "{\"apiVersion\":\"scheduling.k8s.io/v1\",\"kind\":\"PriorityClass\",\"metadata\":{\"name\":\"" NEVER
                     "\"},\"value\":0,\"preemptionPolicy\":\"Never\"}",
                     err);
}

int real_prepare(const struct real *real, const char *kubeconfig, int extender_port, struct error *err)
{
    char body[256];

    for (size_t i = 0; i < sizeof namespaces / sizeof namespaces[0]; i++) {
        snprintf(body, sizeof body, "{\"apiVersion\":\"v1\",\"kind\":\"Namespace\",\"metadata\":{\"name\":\"%s\"}}", namespaces[i]);
        if (make_once(real, "/api/v1/namespaces", body, err) < 0)
            return -1;
    }
    if (make_priorities(real, err) < 0)
        return -1;
    return write_config(real, kubeconfig, extender_port, err);
}

/* ---- making a cluster ---- */

struct making {
    json_t *nodes;
    const struct made_pod **pods; /* those that this step is about */
    const char *suffix;           /* of a pod's own address: "/status", "" */
};

static int add_json(struct buffer *body, const json_t *json, struct error *err)
{
    char *text = json_dumps(json, JSON_COMPACT);
    int ret = text ? buffer_add_string(body, text, err) : error_no_memory(err);

    free(text);
    return ret;
}

static int fill_node(void *ctx, size_t index, struct buffer *target, struct buffer *body, struct error *err)
{
    const struct making *making = ctx;

    return buffer_add_string(target, ALL_NODES, err) < 0 ? -1 : add_json(body, json_array_get(making->nodes, index), err);
}

static const char *of_metadata(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(json_object_get(object, "metadata"), key));
}

static int fill_pod(void *ctx, size_t index, struct buffer *target, struct buffer *body, struct error *err)
{
    const json_t *pod = ((const struct making *)ctx)->pods[index]->pod;

    if (buffer_printf(target, err, "/api/v1/namespaces/%s/pods", of_metadata(pod, "namespace")) < 0)
        return -1;
    return add_json(body, pod, err);
}

static int add_pod_target(const json_t *pod, const char *suffix, struct buffer *target, struct error *err)
{
    return buffer_printf(target, err, "/api/v1/namespaces/%s/pods/%s%s", of_metadata(pod, "namespace"), of_metadata(pod, "name"), suffix);
}

static int fill_status(void *ctx, size_t index, struct buffer *target, struct buffer *body, struct error *err)
{
    const struct made_pod *made = ((const struct making *)ctx)->pods[index];
    json_t *pod = json_copy(made->pod);
    int ret;

    json_object_set_new(pod, "status", made->status ? json_incref(made->status) : pack("{s:s}", "phase", made->phase));
    ret = add_pod_target(pod, "/status", target, err) < 0 ? -1 : add_json(body, pod, err);
    json_decref(pod);
    return ret;
}

static int fill_delete(void *ctx, size_t index, struct buffer *target, struct buffer *body, struct error *err)
{
    if (add_pod_target(((const struct making *)ctx)->pods[index]->pod, "", target, err) < 0)
        return -1;
    return buffer_add_string(body, "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\",\"gracePeriodSeconds\":300}", err);
}

static bool is_every(const struct made_pod *made)
{
    return made->pod != NULL;
}

static bool has_status(const struct made_pod *made)
{
    return made->phase || made->status;
}

static bool is_deleted(const struct made_pod *made)
{
    return made->deleted;
}

static int run_step(const struct real *real, const struct made_cluster *cluster, const char *method,
                    bool (*concerns)(const struct made_pod *),
                    int (*fill)(void *, size_t, struct buffer *, struct buffer *, struct error *), struct error *err)
{
    struct making making = {.pods = calloc(cluster->pod_count + 1, sizeof *making.pods)};
    struct api_batch batch = {.method = method, .inflight = INFLIGHT, .fill = fill, .ctx = &making};
    int ret;

    if (!making.pods)
        return error_no_memory(err);
    for (size_t i = 0; i < cluster->pod_count; i++)
        if (concerns(&cluster->pods[i]))
            making.pods[batch.count++] = &cluster->pods[i];
    ret = batch.count ? api_client_run(real->client, &batch, err) : 0;
    free(making.pods);
    return ret;
}

int real_make(const struct real *real, const struct made_cluster *cluster, struct error *err)
{
    struct making making = {.nodes = cluster->nodes};
    const struct api_batch nodes = {
        .method = "POST", .count = json_array_size(cluster->nodes), .inflight = INFLIGHT, .fill = fill_node, .ctx = &making};

    if (api_client_run(real->client, &nodes, err) < 0 || run_step(real, cluster, "POST", is_every, fill_pod, err) < 0)
        return -1;
    if (run_step(real, cluster, "PUT", has_status, fill_status, err) < 0)
        return -1;
    return run_step(real, cluster, "DELETE", is_deleted, fill_delete, err);
}

/* ---- kube-scheduler's word ---- */

const char *fit_error_of(const json_t *pod)
{
    json_t *condition;
    size_t i;

    json_array_foreach(json_object_get(json_object_get(pod, "status"), "conditions"), i, condition)
    {
        const char *type = json_string_value(json_object_get(condition, "type")),
                   *reason = json_string_value(json_object_get(condition, "reason"));

        if (type && reason && strcmp(type, "PodScheduled") == 0 && strcmp(reason, "Unschedulable") == 0)
            return json_string_value(json_object_get(condition, "message"));
    }
    return NULL;
}

struct judging {
    size_t pending, judged;
};

static bool all_judged(void *ctx, const json_t *pods)
{
    struct judging *judging = ctx;
    json_t *pod;
    size_t i;

    judging->judged = 0;
    json_array_foreach(pods, i, pod)
    {
        judging->judged += fit_error_of(pod) != NULL;
    }
    return judging->judged >= judging->pending;
}

static pid_t start(const struct real *real)
{
    pid_t pid = fork();
    int log, null;

    if (pid != 0)
        return pid;
    log = open(real->log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    null = open("/dev/null", O_RDONLY);
    if (log < 0 || null < 0 || dup2(null, 0) < 0 || dup2(log, 1) < 0 || dup2(log, 2) < 0)
        _exit(126);
    execl(real->program, real->program, "--config", real->config, "--secure-port", "0", "-v", real->detail ? real->detail : "0",
          (char *)NULL);
    _exit(127);
}

/* looks once */
static int look(const struct real *real, bool (*done)(void *ctx, const json_t *pods), void *ctx, bool *is_done, struct error *err)
{
    struct buffer list;
    json_t *json;
    int ret;

    buffer_init(&list, LIMIT_LIST_BYTES);
    ret = real_get(real, ALL_PODS, &list, err);
    json = ret == 0 && list.data ? json_loadb(list.data, list.bytes, 0, NULL) : NULL;
    *is_done = json && done(ctx, json_object_get(json, "items"));
    json_decref(json);
    buffer_free(&list);
    return ret;
}

int real_run(const struct real *real, bool (*done)(void *ctx, const json_t *pods), void *ctx, struct error *err)
{
    const int64_t deadline = now_us() + JUDGE_US;
    pid_t pid = start(real);
    bool ended = false, is_done = false;
    int ret = 0;

    if (pid < 0)
        return error_set(err, ERROR_RUNTIME, "%s cannot be started", real->program);
    while (ret == 0 && !is_done) {
        pause_briefly();
        ended = waitpid(pid, NULL, WNOHANG) == pid;
        if (ended)
            ret = error_set(err, ERROR_RUNTIME, "kube-scheduler has ended, see %s", real->log);
        else if (now_us() > deadline)
            ret = error_set(err, ERROR_RUNTIME, "kube-scheduler is not done, see %s", real->log);
        else
            ret = look(real, done, ctx, &is_done, err);
    }
    if (!ended) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    return ret;
}

int real_judge(const struct real *real, size_t pending, struct error *err)
{
    struct judging judging = {pending, 0};

    if (real_run(real, all_judged, &judging, err) == 0)
        return 0;
    return error_prefix(err, "%zu of %zu pods judged", judging.judged, pending);
}

/* ---- the end ---- */

static int count_items(const struct real *real, const char *target, size_t *count, struct error *err)
{
    struct buffer list;
    json_t *json;
    int ret;

    buffer_init(&list, LIMIT_LIST_BYTES);
    ret = real_get(real, target, &list, err);
    json = ret == 0 && list.data ? json_loadb(list.data, list.bytes, 0, NULL) : NULL;
    *count = json_array_size(json_object_get(json, "items"));
    json_decref(json);
    buffer_free(&list);
    return ret;
}

int real_clear(const struct real *real, struct error *err)
{
    static const char now[] = "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\",\"gracePeriodSeconds\":0}";
    const int64_t deadline = now_us() + CLEAR_US;
    char target[64];
    size_t left = 1;

    for (size_t i = 0; i < sizeof namespaces / sizeof namespaces[0]; i++) {
        snprintf(target, sizeof target, "/api/v1/namespaces/%s/pods", namespaces[i]);
        if (api_client_need(real->client, "DELETE", target, now, NULL, err) < 0)
            return -1;
    }
    if (api_client_need(real->client, "DELETE", ALL_NODES, NULL, NULL, err) < 0)
        return -1;
    for (;;) {
        if (count_items(real, ALL_PODS, &left, err) < 0)
            return -1;
        if (left == 0)
            return 0;
        if (now_us() > deadline)
            return error_set(err, ERROR_RUNTIME, "%zu pods do not go away", left);
        pause_briefly();
    }
}
