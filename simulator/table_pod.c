/*
 * table_pod.c: the row of a pod. Its status is no field but a judgement over phase, conditions and containers
 * (printPod in pkg/printers/internalversion/printers.go of Kubernetes 1.34).
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "simulator/table_cells.h"

struct pod_summary {
    const json_t *pod, *spec, *status;
    char reason[256];
    int64_t restarts, sidecar_restarts;
    const char *last_restart, *last_sidecar_restart; /* RFC 3339 in UTC compares as text; NULL: never */
    int ready, total;
};

static void set_reason(struct pod_summary *s, const char *prefix, const char *reason)
{
    snprintf(s->reason, sizeof s->reason, "%s%s", prefix, reason);
}

static bool is(const json_t *object, const char *key, const char *value)
{
    return strcmp(table_text(object, key), value) == 0;
}

static const json_t *condition_of(const struct pod_summary *s, const char *type)
{
    const json_t *condition;
    size_t i;

    json_array_foreach(json_object_get(s->status, "conditions"), i, condition)
    {
        if (is(condition, "type", type))
            return condition;
    }
    return NULL;
}

static bool condition_true(const struct pod_summary *s, const char *type)
{
    return is(condition_of(s, type), "status", "True");
}

static void later(const char **latest, const json_t *container)
{
    const char *finished =
        json_string_value(json_object_get(json_object_get(json_object_get(container, "lastState"), "terminated"), "finishedAt"));

    if (finished && (!*latest || strcmp(*latest, finished) < 0))
        *latest = finished;
}

/* an init container that goes on beside the others: restartPolicy Always */
static bool is_sidecar(const struct pod_summary *s, const char *name)
{
    const json_t *container;
    size_t i;

    json_array_foreach(json_object_get(s->spec, "initContainers"), i, container)
    {
        if (is(container, "name", name))
            return is(container, "restartPolicy", "Always");
    }
    return false;
}

static void terminated_reason(struct pod_summary *s, const char *prefix, const json_t *terminated)
{
    char code[48];
    int64_t signal = json_integer_value(json_object_get(terminated, "signal"));

    if (*table_text(terminated, "reason")) {
        set_reason(s, prefix, table_text(terminated, "reason"));
        return;
    }
    if (signal)
        snprintf(code, sizeof code, "Signal:%" PRId64, signal);
    else
        snprintf(code, sizeof code, "ExitCode:%" PRId64, (int64_t)json_integer_value(json_object_get(terminated, "exitCode")));
    set_reason(s, prefix, code);
}

/* one init container that is neither done nor a sidecar that runs: the pod waits for it */
static void init_reason(struct pod_summary *s, const json_t *state, size_t index)
{
    const json_t *terminated = json_object_get(state, "terminated"), *waiting = json_object_get(state, "waiting");
    const char *why = table_text(waiting, "reason");

    if (terminated)
        terminated_reason(s, "Init:", terminated);
    else if (*why && strcmp(why, "PodInitializing") != 0)
        set_reason(s, "Init:", why);
    else
        snprintf(s->reason, sizeof s->reason, "Init:%zu/%zu", index, json_array_size(json_object_get(s->spec, "initContainers")));
}

/* returns whether an init container still holds the pod back */
static bool look_at_init_containers(struct pod_summary *s)
{
    const json_t *container;
    size_t i;

    json_array_foreach(json_object_get(s->status, "initContainerStatuses"), i, container)
    {
        const json_t *state = json_object_get(container, "state"), *terminated = json_object_get(state, "terminated");
        int64_t restarts = json_integer_value(json_object_get(container, "restartCount"));
        bool sidecar = is_sidecar(s, table_text(container, "name"));

        s->restarts += restarts;
        later(&s->last_restart, container);
        if (sidecar) {
            s->sidecar_restarts += restarts;
            later(&s->last_sidecar_restart, container);
        }
        if (terminated && json_integer_value(json_object_get(terminated, "exitCode")) == 0)
            continue;
        if (sidecar && json_is_true(json_object_get(container, "started"))) {
            s->ready += json_is_true(json_object_get(container, "ready"));
            continue;
        }
        init_reason(s, state, i);
        return true;
    }
    return false;
}

static void look_at_containers(struct pod_summary *s)
{
    const json_t *statuses = json_object_get(s->status, "containerStatuses");
    bool running = false;

    s->restarts = s->sidecar_restarts;
    s->last_restart = s->last_sidecar_restart;
    for (size_t i = json_array_size(statuses); i-- > 0;) {
        const json_t *container = json_array_get(statuses, i), *state = json_object_get(container, "state");
        const json_t *waiting = json_object_get(state, "waiting"), *terminated = json_object_get(state, "terminated");

        s->restarts += json_integer_value(json_object_get(container, "restartCount"));
        later(&s->last_restart, container);
        if (*table_text(waiting, "reason")) {
            set_reason(s, "", table_text(waiting, "reason"));
        } else if (terminated) {
            terminated_reason(s, "", terminated);
        } else if (json_is_true(json_object_get(container, "ready")) && json_object_get(state, "running")) {
            running = true;
            s->ready++;
        }
    }
    if (running && strcmp(s->reason, "Completed") == 0)
        set_reason(s, "", condition_true(s, "Ready") ? "Running" : "NotReady");
}

static void judge(struct pod_summary *s)
{
    const json_t *container, *deleted = json_object_get(json_object_get(s->pod, "metadata"), "deletionTimestamp");
    const char *why = table_text(s->status, "reason"), *phase = table_text(s->status, "phase");
    size_t i;

    s->total = (int)json_array_size(json_object_get(s->spec, "containers"));
    json_array_foreach(json_object_get(s->spec, "initContainers"), i, container)
    {
        s->total += is(container, "restartPolicy", "Always");
    }
    set_reason(s, "", *why ? why : phase);
    if (is(condition_of(s, "PodScheduled"), "reason", "SchedulingGated"))
        set_reason(s, "", "SchedulingGated");
    if (!look_at_init_containers(s) || condition_true(s, "Initialized"))
        look_at_containers(s);
    if (json_is_string(deleted) && strcmp(why, "NodeLost") == 0)
        set_reason(s, "", "Unknown");
    else if (json_is_string(deleted) && strcmp(phase, "Succeeded") != 0 && strcmp(phase, "Failed") != 0)
        set_reason(s, "", "Terminating");
}

static void cell_restarts(struct table_row *row, const struct pod_summary *s)
{
    char text[64], age[24];

    snprintf(text, sizeof text, "%" PRId64, s->restarts);
    if (s->restarts && s->last_restart) {
        table_age(row->now_wall_us, s->last_restart, age);
        snprintf(text, sizeof text, "%" PRId64 " (%s ago)", s->restarts, age);
    }
    table_cell(row, text);
}

static void cell_or_none(struct table_row *row, const char *text)
{
    table_cell(row, *text ? text : "<none>");
}

static void cell_gates(struct table_row *row, const struct pod_summary *s)
{
    const json_t *gates = json_object_get(s->spec, "readinessGates"), *gate;
    size_t i, passed = 0;
    char text[48];

    json_array_foreach(gates, i, gate)
    {
        passed += condition_true(s, table_text(gate, "conditionType"));
    }
    snprintf(text, sizeof text, "%zu/%zu", passed, json_array_size(gates));
    table_cell(row, json_array_size(gates) ? text : "<none>");
}

void table_pod_cells(struct table_row *row, const json_t *pod)
{
    struct pod_summary s = {.pod = pod, .spec = json_object_get(pod, "spec"), .status = json_object_get(pod, "status")};
    const json_t *metadata = json_object_get(pod, "metadata");
    char ready[32];

    judge(&s);
    snprintf(ready, sizeof ready, "%d/%d", s.ready, s.total);
    table_cell(row, table_text(metadata, "name"));
    table_cell(row, ready);
    table_cell(row, s.reason);
    cell_restarts(row, &s);
    table_cell_age(row, json_string_value(json_object_get(metadata, "creationTimestamp")));
    cell_or_none(row, table_text(json_array_get(json_object_get(s.status, "podIPs"), 0), "ip"));
    cell_or_none(row, table_text(s.spec, "nodeName"));
    cell_or_none(row, table_text(s.status, "nominatedNodeName"));
    cell_gates(row, &s);
}
