#include "compare/comparison.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/limits.h"
#include "compare/contestant.h"
#include "compare/objects.h"
#include "compare/results_summary.h"
#include "compare/verdict.h"

#define NODE_PREFIX "compare-node-"
#define ATTEMPTS 3
#define NODE_PODS 110 /* as a kubelet's default */

static void __attribute__((format(printf, 2, 3))) say(const struct comparison *c, const char *format, ...)
{
    char line[200];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    c->progress(c->ctx, line);
}

/* one word, and so no more than a path */
static bool is_path_alone(const char *command)
{
    struct error ignored = ERROR_INIT;
    char **words = command_split(command, NULL, &ignored);
    bool alone = words && words[0] && !words[1];

    command_free(words);
    return alone && !strchr(command, '{');
}

/* the command with placeholders; malloc'd. A path alone gets our own flags */
static char *make_command(const struct compare_entry *entry, const char *beside, struct error *err)
{
    struct buffer command;
    int ret;

    buffer_init(&command, LIMIT_CONFIG_FILE_BYTES);
    ret = entry->command ? buffer_add_string(&command, entry->command, err) : buffer_printf(&command, err, "'%s/%s'", beside, entry->name);
    if (ret == 0 && is_path_alone(command.data))
        ret =
            buffer_printf(&command, err, " --kubeconfig {kubeconfig} --scheduler-name {name} --metrics-port {port} --trace-file {trace}%s",
                          entry->polls ? " --interval {interval}" : "");
    if (ret < 0) {
        buffer_free(&command);
        return NULL;
    }
    return buffer_steal(&command);
}

static int add_entry(struct results *results, const struct comparison *c, const struct compare_entry *entry, double interval_s, bool swept,
                     struct error *err)
{
    char *command = make_command(entry, c->beside, err);
    struct results_contestant *added = NULL;

    if (command)
        added = swept ? results_add_sweep_point(results, entry->name, command, interval_s, err)
                      : results_add_contestant(results, entry->name, command, interval_s, err);
    free(command);
    return added ? 0 : -1;
}

/* the first that polls, else our own */
static struct compare_entry swept_entry(const struct compare_options *o)
{
    struct compare_entry own = {"polling", NULL, true};
    size_t i;

    for (i = 0; i < o->entry_count; i++)
        if (o->entries[i].polls)
            return o->entries[i];
    return own;
}

int comparison_add_contestants(const struct comparison *c, struct results *results, struct error *err)
{
    const struct compare_options *o = c->options;
    struct compare_entry swept = swept_entry(o);
    size_t i;

    for (i = 0; i < o->entry_count; i++)
        if (add_entry(results, c, &o->entries[i], o->entries[i].polls ? o->interval_s : 0, false, err) < 0)
            return -1;
    for (i = 0; i < o->sweep_count; i++)
        if (add_entry(results, c, &swept, o->sweep_s[i], true, err) < 0)
            return -1;
    return 0;
}

static int note_options(struct results *results, const struct compare_options *o, struct error *err)
{
    struct results_options *noted = &results->options;
    bool rated = o->workload.kind == WORKLOAD_STEADY || o->workload.kind == WORKLOAD_TRICKLE;

    noted->pods = o->workload.pods;
    noted->rate = rated ? o->workload.rate : 0;
    noted->interval_s = o->interval_s;
    noted->repeat = o->repeat;
    noted->seed = o->workload.seed;
    noted->idle_s = o->idle_s;
    noted->together = o->together;
    return results_set_text(&noted->workload, workload_name(o->workload.kind), err) < 0 ||
                   results_set_text(&noted->file, o->workload.file, err) < 0
               ? -1
               : 0;
}

/* what the API server answers; a new reference, NULL when it is no JSON or no answer */
static json_t *ask(struct api_client *client, const char *target)
{
    struct error ignored = ERROR_INIT;
    struct buffer answer;
    json_t *json = NULL;

    buffer_init(&answer, LIMIT_OBJECT_BYTES);
    if (api_client_need(client, "GET", target, NULL, &answer, &ignored) == 0 && answer.bytes)
        json = json_loadb(answer.data, answer.bytes, 0, NULL);
    buffer_free(&answer);
    return json;
}

/* a member of an object; "" when there is none */
static void ask_text(struct api_client *client, const char *target, const char *member, char *out, size_t size)
{
    json_t *json = ask(client, target);
    const char *text = json_string_value(json_object_get(json, member));

    snprintf(out, size, "%s", text ? text : "");
    json_decref(json);
}

/* A kubelet renews a Lease of its node's name here every 10 s; nodes that nobody runs have none. */
static bool has_kubelets(struct api_client *client)
{
    json_t *leases = ask(client, "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases?limit=1");
    bool found = json_array_size(json_object_get(leases, "items")) > 0;

    json_decref(leases);
    return found;
}

static int count_nodes(void *ctx, const char *target, json_t *page, struct error *err)
{
    int64_t *count = ctx;

    (void)target;
    (void)err;
    *count += (int64_t)json_array_size(json_object_get(page, "items"));
    return 0;
}

static int note_environment(struct results *results, const struct comparison *c, struct api_client *client, struct error *err)
{
    struct results_environment *e = &results->environment;
    struct api_list nodes = {.target = "/api/v1/nodes", .page_items = 500, .on_page = count_nodes, .ctx = &e->nodes};
    struct utsname machine;
    char text[256], version[64];

    e->nodes = 0;
    e->kubelets = has_kubelets(client);
    e->cpus = sysconf(_SC_NPROCESSORS_ONLN);
    e->began_us = clock_system()->wall_us(clock_system());
    if (uname(&machine) < 0)
        memset(&machine, 0, sizeof machine);
    snprintf(text, sizeof text, "%.60s %.90s %.60s", machine.sysname, machine.release, machine.machine);
    ask_text(client, "/version", "gitVersion", version, sizeof version);
    return results_set_text(&e->machine, text, err) < 0 || results_set_text(&e->version, LAB_VERSION, err) < 0 ||
                   results_set_text(&e->server, c->options->kubeconfig ? api_client_url(client) : "simulator", err) < 0 ||
                   results_set_text(&e->server_version, *version ? version : NULL, err) < 0 || api_client_list(client, &nodes, err) < 0
               ? -1
               : 0;
}

/* A machine that did not let the observer run has measured nothing: once more, and who knows. */
static int run_attempts(struct arena *arena, const struct comparison *c, const struct entrant *entrants, size_t count, long round,
                        struct error *err)
{
    int attempt;
    size_t i;

    for (attempt = 1;; attempt++) {
        bool late = false;

        if (contest_run(arena, entrants, count, round, err) < 0)
            return -1;
        for (i = 0; i < count; i++) {
            struct results_run *run = &entrants[i].contestant->runs[entrants[i].contestant->run_count - 1];

            run->attempts = attempt;
            late = late || verdict_fell_behind(run);
        }
        if (!late || attempt == ATTEMPTS)
            return 0;
        say(c, "the observer was not let run for a while: once more");
        for (i = 0; i < count; i++)
            results_drop_run(entrants[i].contestant);
    }
}

static int run_alone(struct arena *arena, const struct comparison *c, struct results_contestant *contestant, long round, struct error *err)
{
    double interval_s = contestant->interval_s > 0 ? contestant->interval_s : c->options->interval_s;
    struct entrant entrant = {contestant, interval_s};
    const struct results_run *run;

    if (run_attempts(arena, c, &entrant, 1, round, err) < 0)
        return -1;
    run = &contestant->runs[contestant->run_count - 1];
    if (contestant->interval_s > 0)
        say(c, "%s every %g s, run %ld: %.140s", contestant->name, contestant->interval_s, round + 1, run->valid ? "done" : run->reason);
    else
        say(c, "%s, run %ld: %.160s", contestant->name, round + 1, run->valid ? "done" : run->reason);
    return 0;
}

static int run_round(struct arena *arena, const struct comparison *c, struct results *results, long round, struct error *err)
{
    struct entrant all[RESULTS_CONTESTANTS_MAX];
    size_t i, count = results->contestant_count;

    for (i = 0; i < count; i++)
        all[i] = (struct entrant){&results->contestants[i], c->options->interval_s};
    if (c->options->together)
        return run_attempts(arena, c, all, count, round, err);
    for (i = 0; i < count; i++) {
        size_t turn = round % 2 ? count - 1 - i : i;

        if (run_alone(arena, c, &results->contestants[turn], round, err) < 0)
            return -1;
    }
    return 0;
}

static int run_all(struct arena *arena, const struct comparison *c, struct results *results, struct error *err)
{
    long round;
    size_t i;

    for (round = 0; round < c->options->repeat; round++)
        if (run_round(arena, c, results, round, err) < 0)
            return -1;
    for (round = 0; round < c->options->repeat; round++)
        for (i = 0; i < results->sweep_count; i++)
            if (run_alone(arena, c, &results->sweep[round % 2 ? results->sweep_count - 1 - i : i], round, err) < 0)
                return -1;
    return 0;
}

/* makes what the runs need, runs them, and takes it away again */
static int run_in_namespace(struct arena *arena, const struct comparison *c, struct results *results, struct error *err)
{
    size_t nodes = c->options->kubeconfig && c->options->nodes > 0 ? (size_t)c->options->nodes : 0;
    struct error ignored = ERROR_INIT;
    char namespace_[64] = "";
    int ret = -1;

    arena->namespace_ = namespace_;
    if (nodes && objects_make_nodes(arena->client, NODE_PREFIX, nodes, NODE_PODS, c->stop, err) < 0)
        goto cleanup;
    if (note_environment(results, c, arena->client, err) < 0)
        goto cleanup;
    arena->kubelets = results->environment.kubelets;
    if (objects_make_namespace(arena->client, "compare", namespace_, err) == 0)
        ret = run_all(arena, c, results, err);
cleanup:
    if (*namespace_ && objects_delete_namespace(arena->client, namespace_, ret < 0 ? &ignored : err) < 0)
        ret = -1;
    if (nodes && objects_delete_nodes(arena->client, NODE_PREFIX, nodes, ret < 0 ? &ignored : err) < 0)
        ret = -1;
    return ret;
}

int comparison_run(const struct comparison *c, struct results **results, struct error *err)
{
    struct arena arena = {.options = c->options,
                          .kubeconfig = c->kubeconfig,
                          .output_dir = c->options->out,
                          .stop = c->stop,
                          .on_stage = c->on_stage,
                          .ctx = c->ctx};
    int ret = -1;

    *results = results_new(err);
    if (!*results || note_options(*results, c->options, err) < 0 || comparison_add_contestants(c, *results, err) < 0)
        return -1;
    arena.client = api_client_open(c->kubeconfig, "compare/" LAB_VERSION, err);
    if (!arena.client)
        return -1;
    ret = run_in_namespace(&arena, c, *results, err);
    api_client_close(arena.client);
    if (ret < 0)
        return -1;
    (*results)->sentence = results_sentence(*results, err);
    return (*results)->sentence ? 0 : -1;
}
