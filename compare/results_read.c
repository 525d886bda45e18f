/*
 * results_read.c: results.json back into results. A file is somebody else's: whatever is in it, a wrong type is a message that names the key.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "compare/results.h"

static int bad(struct error *err, const char *key, const char *expected)
{
    return error_set(err, ERROR_USAGE, "%s: expected %s", key, expected);
}

/* null, or nothing at all, gives `otherwise` */
static int read_integer(const json_t *object, const char *key, int64_t otherwise, int64_t *out, struct error *err)
{
    const json_t *value = json_object_get(object, key);

    if (value && !json_is_null(value) && !json_is_integer(value))
        return bad(err, key, "a whole number or null");
    *out = json_is_integer(value) ? json_integer_value(value) : otherwise;
    return 0;
}

static int read_real(const json_t *object, const char *key, double *out, struct error *err)
{
    const json_t *value = json_object_get(object, key);

    if (value && !json_is_null(value) && !json_is_number(value))
        return bad(err, key, "a number or null");
    *out = json_number_value(value);
    return 0;
}

static int read_text(const json_t *object, const char *key, char **out, struct error *err)
{
    const json_t *value = json_object_get(object, key);

    if (value && !json_is_null(value) && !json_is_string(value))
        return bad(err, key, "a text or null");
    return results_set_text(out, json_string_value(value), err);
}

static int read_options(const json_t *json, struct results_options *o, struct error *err)
{
    const char *seed = json_string_value(json_object_get(json, "seed"));
    int64_t pods;

    if (!json_is_object(json))
        return bad(err, "options", "an object");
    if (!seed)
        return bad(err, "seed", "a text");
    o->seed = strtoull(seed, NULL, 10);
    o->together = json_is_true(json_object_get(json, "together"));
    if (read_text(json, "workload", &o->workload, err) < 0 || read_text(json, "file", &o->file, err) < 0 ||
        read_integer(json, "pods", 0, &pods, err) < 0 || read_real(json, "rate", &o->rate, err) < 0 ||
        read_real(json, "interval_s", &o->interval_s, err) < 0 || read_integer(json, "repeat", 0, &o->repeat, err) < 0)
        return -1;
    o->pods = pods > 0 ? (size_t)pods : 0;
    return read_real(json, "idle_s", &o->idle_s, err);
}

static int read_environment(const json_t *json, struct results_environment *e, struct error *err)
{
    if (!json_is_object(json))
        return bad(err, "environment", "an object");
    e->kubelets = json_is_true(json_object_get(json, "kubelets"));
    return read_text(json, "version", &e->version, err) < 0 || read_text(json, "server", &e->server, err) < 0 ||
                   read_text(json, "server_version", &e->server_version, err) < 0 || read_text(json, "machine", &e->machine, err) < 0 ||
                   read_integer(json, "cpus", -1, &e->cpus, err) < 0 || read_integer(json, "nodes", -1, &e->nodes, err) < 0 ||
                   read_integer(json, "began_us", 0, &e->began_us, err) < 0
               ? -1
               : 0;
}

static int read_requests(const json_t *rows, struct results_span *span, struct error *err)
{
    const json_t *row;
    size_t i;
    int kind;

    if (!rows || json_is_null(rows))
        return 0;
    if (!json_is_array(rows))
        return bad(err, "server_requests", "an array or null");
    span->server_measured = true;
    json_array_foreach(rows, i, row)
    {
        const char *verb = json_string_value(json_object_get(row, "verb")), *resource = json_string_value(json_object_get(row, "resource"));

        if (!verb || !resource)
            return bad(err, "server_requests", "rows with verb, resource and count");
        for (kind = 0; kind < LOAD_KINDS; kind++)
            if (!strcmp(verb, load_kind_verb((enum load_kind)kind)) && !strcmp(resource, load_kind_resource((enum load_kind)kind)) &&
                read_integer(row, "count", 0, &span->server.count[kind], err) < 0)
                return -1;
    }
    return 0;
}

static int read_span(const json_t *json, struct results_span *span, struct error *err)
{
    if (!json || json_is_null(json))
        return 0;
    if (read_integer(json, "duration_us", -1, &span->duration_us, err) < 0 ||
        read_integer(json, "client_requests", -1, &span->client.requests, err) < 0 ||
        read_integer(json, "client_bytes_out", -1, &span->client.bytes_out, err) < 0 ||
        read_integer(json, "client_bytes_in", -1, &span->client.bytes_in, err) < 0 ||
        read_integer(json, "cpu_us", -1, &span->cpu_us, err) < 0)
        return -1;
    return read_requests(json_object_get(json, "server_requests"), span, err);
}

/* one column of the pods; each must be as long as the first */
static const json_t *column(const json_t *pods, const char *key, size_t count, struct error *err)
{
    const json_t *values = json_object_get(pods, key);

    if (json_is_array(values) && json_array_size(values) == count)
        return values;
    bad(err, key, "an array with an entry for each pod");
    return NULL;
}

static int read_times(const json_t *pods, const char *key, struct results_run *run, size_t offset, struct error *err)
{
    const json_t *values = column(pods, key, run->pod_count, err), *value;
    size_t i;

    if (!values)
        return -1;
    json_array_foreach(values, i, value)
    {
        int64_t *slot = (int64_t *)(void *)((char *)&run->pods[i] + offset);

        if (!json_is_integer(value) && !json_is_null(value))
            return bad(err, key, "whole numbers or null");
        *slot = json_is_integer(value) ? json_integer_value(value) : NOT_MEASURED;
    }
    return 0;
}

static int read_pods(const json_t *pods, struct results_run *run, struct error *err)
{
    const json_t *nodes, *node;
    size_t i;

    if (read_times(pods, "arrival_us", run, offsetof(struct results_pod, arrival_us), err) < 0 ||
        read_times(pods, "accepted_us", run, offsetof(struct results_pod, accepted_us), err) < 0 ||
        read_times(pods, "seen_us", run, offsetof(struct results_pod, seen_us), err) < 0 ||
        read_times(pods, "bind_sent_us", run, offsetof(struct results_pod, bind_sent_us), err) < 0 ||
        read_times(pods, "bound_us", run, offsetof(struct results_pod, bound_us), err) < 0)
        return -1;
    nodes = column(pods, "node", run->pod_count, err);
    if (!nodes)
        return -1;
    json_array_foreach(nodes, i, node)
    {
        if (!json_is_string(node) && !json_is_null(node))
            return bad(err, "node", "texts or null");
        if (results_set_text(&run->pods[i].node, json_string_value(node), err) < 0)
            return -1;
    }
    return 0;
}

static int read_observer(const json_t *json, struct results_observer *observer, struct error *err)
{
    return read_integer(json, "worst_delay_us", -1, &observer->worst_delay_us, err) < 0 ||
                   read_integer(json, "late_pods", -1, &observer->late_pods, err) < 0 ||
                   read_integer(json, "clock_step_us", 0, &observer->clock_step_us, err) < 0
               ? -1
               : 0;
}

static int read_run(const json_t *json, struct results_contestant *contestant, struct error *err)
{
    const json_t *pods = json_object_get(json, "pods"), *arrivals = json_object_get(pods, "arrival_us"),
                 *phases = json_object_get(json, "phases");
    const char *verdict = json_string_value(json_object_get(json, "verdict")), *reason = json_string_value(json_object_get(json, "reason"));
    struct results_run *run;

    if (!json_is_array(arrivals))
        return bad(err, "pods", "an object of arrays");
    if (!verdict || (strcmp(verdict, "VALID") && strcmp(verdict, "INVALID")))
        return bad(err, "verdict", "VALID or INVALID");
    run = results_add_run(contestant, json_array_size(arrivals), err);
    if (!run)
        return -1;
    if (strcmp(verdict, "VALID"))
        results_invalidate(run, "%s", reason ? reason : "");
    if (read_integer(json, "number", run->number, &run->number, err) < 0 || read_integer(json, "order", 0, &run->order, err) < 0 ||
        read_integer(json, "attempts", 1, &run->attempts, err) < 0 || read_integer(json, "ready_us", -1, &run->ready_us, err) < 0 ||
        read_integer(json, "peak_bytes", -1, &run->peak_bytes, err) < 0 ||
        read_observer(json_object_get(json, "observer"), &run->observer, err) < 0 ||
        read_span(json_object_get(phases, "startup"), &run->phase[RESULTS_STARTUP], err) < 0 ||
        read_span(json_object_get(phases, "busy"), &run->phase[RESULTS_BUSY], err) < 0 ||
        read_span(json_object_get(phases, "idle"), &run->phase[RESULTS_IDLE], err) < 0)
        return -1;
    return read_pods(pods, run, err);
}

typedef struct results_contestant *(*add_function)(struct results *, const char *, const char *, double, struct error *);

static int read_contestants(const json_t *list, const char *key, struct results *results, add_function add, struct error *err)
{
    const json_t *item, *runs, *run;
    size_t i, j;

    if (!json_is_array(list))
        return bad(err, key, "an array");
    json_array_foreach(list, i, item)
    {
        const char *name = json_string_value(json_object_get(item, "name")), *command = json_string_value(json_object_get(item, "command"));
        struct results_contestant *contestant;
        double interval_s;

        runs = json_object_get(item, "runs");
        if (!name || !command || !json_is_array(runs))
            return bad(err, key, "objects with name, command and runs");
        if (read_real(item, "interval_s", &interval_s, err) < 0 || !(contestant = add(results, name, command, interval_s, err)))
            return -1;
        json_array_foreach(runs, j, run)
        {
            if (read_run(run, contestant, err) < 0)
                return error_prefix(err, "%s '%s', run %zu", key, name, j + 1);
        }
    }
    return 0;
}

static int read_all(const json_t *json, struct results *results, struct error *err)
{
    int64_t schema;

    if (!json_is_object(json) || read_integer(json, "schema", -1, &schema, err) < 0 || schema < 1)
        return bad(err, "schema", "a whole number from 1: is this a results.json of compare?");
    if (schema > RESULTS_SCHEMA)
        return error_set(err, ERROR_USAGE, "schema %lld is newer than this program, which knows %d", (long long)schema, RESULTS_SCHEMA);
    return read_text(json, "sentence", &results->sentence, err) < 0 ||
                   read_options(json_object_get(json, "options"), &results->options, err) < 0 ||
                   read_environment(json_object_get(json, "environment"), &results->environment, err) < 0 ||
                   read_contestants(json_object_get(json, "contestants"), "contestants", results, results_add_contestant, err) < 0 ||
                   read_contestants(json_object_get(json, "sweep"), "sweep", results, results_add_sweep_point, err) < 0
               ? -1
               : 0;
}

struct results *results_read_json(const char *path, struct error *err)
{
    struct results *results = results_new(err);
    json_error_t problem;
    json_t *json;

    if (!results)
        return NULL;
    json = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
    if (!json && problem.line < 1)
        error_set(err, ERROR_USAGE, "%s: cannot be read: %s", path, strerror(errno));
    else if (!json)
        error_set(err, ERROR_USAGE, "%s: line %d: %s", path, problem.line, problem.text);
    if (!json || read_all(json, results, err) < 0) {
        if (json && err->kind == ERROR_USAGE)
            error_prefix(err, "%s", path);
        results_free(results);
        results = NULL;
    }
    json_decref(json);
    return results;
}
