/*
 * results_write.c: results.json and samples.csv. What was not measured is null there, or an empty cell.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "compare/results.h"

static const char *const phase_names[RESULTS_PHASES] = {"startup", "busy", "idle"};

/* a time or a count; null when it was not measured */
static json_t *number(int64_t value)
{
    return value == NOT_MEASURED || value == -1 ? json_null() : json_integer(value);
}

/* a time after the run's start may well be -1: only NOT_MEASURED is none */
static json_t *offset(int64_t us)
{
    return us == NOT_MEASURED ? json_null() : json_integer(us);
}

static json_t *text(const char *value)
{
    return value ? json_string(value) : json_null();
}

static json_t *options_json(const struct results_options *o)
{
    return json_pack("{s:o, s:o, s:I, s:f, s:f, s:I, s:o, s:f, s:b}", "workload", text(o->workload), "file", text(o->file), "pods",
                     (json_int_t)o->pods, "rate", o->rate, "interval_s", o->interval_s, "repeat", (json_int_t)o->repeat, "seed",
                     json_sprintf("%llu", (unsigned long long)o->seed), "idle_s", o->idle_s, "together", o->together);
}

static json_t *environment_json(const struct results_environment *e)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:I, s:b}", "version", text(e->version), "server", text(e->server), "server_version",
                     text(e->server_version), "machine", text(e->machine), "cpus", number(e->cpus), "nodes", number(e->nodes), "began_us",
                     (json_int_t)e->began_us, "kubelets", e->kubelets);
}

/* rows of verb and resource; those that are zero too, since they were measured */
static json_t *requests_json(const struct load *load)
{
    json_t *rows = json_array();
    int kind;

    for (kind = 0; rows && kind < LOAD_KINDS; kind++) {
        json_t *row = json_pack("{s:s, s:s, s:I}", "verb", load_kind_verb((enum load_kind)kind), "resource",
                                load_kind_resource((enum load_kind)kind), "count", (json_int_t)load->count[kind]);

        if (json_array_append_new(rows, row) < 0) {
            json_decref(rows);
            rows = NULL;
        }
    }
    return rows;
}

static json_t *span_json(const struct results_span *span)
{
    if (span->duration_us < 0)
        return json_null();
    return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o}", "duration_us", (json_int_t)span->duration_us, "server_requests",
                     span->server_measured ? requests_json(&span->server) : json_null(), "client_requests", number(span->client.requests),
                     "client_bytes_out", number(span->client.bytes_out), "client_bytes_in", number(span->client.bytes_in), "cpu_us",
                     number(span->cpu_us));
}

static json_t *phases_json(const struct results_run *run)
{
    json_t *phases = json_object();
    int i;

    for (i = 0; phases && i < RESULTS_PHASES; i++)
        if (json_object_set_new(phases, phase_names[i], span_json(&run->phase[i])) < 0) {
            json_decref(phases);
            phases = NULL;
        }
    return phases;
}

/* columns, not rows: a tenth of the size, and what a chart wants */
static json_t *pods_json(const struct results_run *run)
{
    json_t *arrival = json_array(), *accepted = json_array(), *seen = json_array(), *sent = json_array(), *bound = json_array(),
           *node = json_array();
    size_t i;
    int bad = 0;

    for (i = 0; i < run->pod_count && !bad; i++) {
        const struct results_pod *pod = &run->pods[i];

        bad = json_array_append_new(arrival, offset(pod->arrival_us)) | json_array_append_new(accepted, offset(pod->accepted_us)) |
              json_array_append_new(seen, offset(pod->seen_us)) | json_array_append_new(sent, offset(pod->bind_sent_us)) |
              json_array_append_new(bound, offset(pod->bound_us)) | json_array_append_new(node, text(pod->node));
    }
    if (bad) {
        json_decref(node);
        node = NULL; /* json_pack then gives the others back and fails */
    }
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "arrival_us", arrival, "accepted_us", accepted, "seen_us", seen, "bind_sent_us",
                     sent, "bound_us", bound, "node", node);
}

static json_t *run_json(const struct results_run *run)
{
    json_t *observer = json_pack("{s:o, s:o, s:I}", "worst_delay_us", number(run->observer.worst_delay_us), "late_pods",
                                 number(run->observer.late_pods), "clock_step_us", (json_int_t)run->observer.clock_step_us);

    return json_pack("{s:I, s:I, s:I, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "number", (json_int_t)run->number, "order",
                     (json_int_t)run->order, "attempts", (json_int_t)run->attempts, "verdict", run->valid ? "VALID" : "INVALID", "reason",
                     run->valid ? json_null() : json_string(run->reason), "ready_us", number(run->ready_us), "peak_bytes",
                     number(run->peak_bytes), "observer", observer, "phases", phases_json(run), "pods", pods_json(run));
}

static json_t *contestants_json(const struct results_contestant *contestants, size_t count)
{
    json_t *list = json_array();
    size_t i, run;

    for (i = 0; i < count; i++) {
        const struct results_contestant *c = &contestants[i];
        json_t *runs = json_array(), *item;

        for (run = 0; run < c->run_count; run++)
            if (json_array_append_new(runs, run_json(&c->runs[run])) < 0) {
                json_decref(runs);
                runs = NULL;
                break;
            }
        item = json_pack("{s:s, s:s, s:o, s:o}", "name", c->name, "command", c->command, "interval_s",
                         c->interval_s > 0 ? json_real(c->interval_s) : json_null(), "runs", runs);
        if (json_array_append_new(list, item) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

int results_write_json(const struct results *r, const char *path, struct error *err)
{
    json_t *json = json_pack("{s:i, s:s, s:o, s:o, s:o, s:o, s:o}", "schema", RESULTS_SCHEMA, "verdict",
                             results_valid(r) ? "VALID" : "INVALID", "sentence", text(r->sentence), "options", options_json(&r->options),
                             "environment", environment_json(&r->environment), "contestants",
                             contestants_json(r->contestants, r->contestant_count), "sweep", contestants_json(r->sweep, r->sweep_count));
    int ret;

    if (!json)
        return error_set(err, ERROR_RUNTIME, "%s: the results cannot be made JSON (out of memory, or text that is no UTF-8)", path);
    ret = json_dump_file(json, path, JSON_COMPACT);
    if (ret < 0)
        error_set(err, ERROR_RUNTIME, "%s: %s", path, strerror(errno));
    json_decref(json);
    return ret < 0 ? -1 : 0;
}

static void write_ms(FILE *out, int64_t us)
{
    fputc(',', out);
    if (us != NOT_MEASURED)
        fprintf(out, "%.3f", (double)us / 1e3);
}

/* a name of a contestant or a node has neither comma nor quote: DNS labels */
static void write_pod(FILE *out, const struct results_contestant *c, const struct results_run *run, const char *kind, size_t number)
{
    const struct results_pod *pod = &run->pods[number];
    bool whole = pod->accepted_us != NOT_MEASURED && pod->bound_us != NOT_MEASURED;

    fprintf(out, "%s,%s,%g,%lld,%s,%zu", kind, c->name, c->interval_s, (long long)run->number, run->valid ? "VALID" : "INVALID", number);
    write_ms(out, pod->arrival_us);
    write_ms(out, pod->accepted_us);
    write_ms(out, pod->seen_us);
    write_ms(out, pod->bind_sent_us);
    write_ms(out, pod->bound_us);
    write_ms(out, whole ? pod->bound_us - pod->accepted_us : NOT_MEASURED);
    fprintf(out, ",%s\n", pod->node ? pod->node : "");
}

static void write_pods(FILE *out, const struct results_contestant *contestants, size_t count, const char *kind)
{
    size_t i, run, pod;

    for (i = 0; i < count; i++)
        for (run = 0; run < contestants[i].run_count; run++)
            for (pod = 0; pod < contestants[i].runs[run].pod_count; pod++)
                write_pod(out, &contestants[i], &contestants[i].runs[run], kind, pod);
}

int results_write_csv(const struct results *r, const char *path, struct error *err)
{
    FILE *out = fopen(path, "w");
    bool bad;

    if (!out)
        return error_set(err, ERROR_RUNTIME, "%s: %s", path, strerror(errno));
    fputs("part,contestant,interval_s,run,verdict,pod,arrival_ms,accepted_ms,seen_ms,bind_sent_ms,bound_ms,latency_ms,node\n", out);
    write_pods(out, r->contestants, r->contestant_count, "compare");
    write_pods(out, r->sweep, r->sweep_count, "sweep");
    bad = ferror(out) != 0;
    return fclose(out) || bad ? error_set(err, ERROR_RUNTIME, "%s: %s", path, strerror(errno)) : 0;
}
