#include "compare/results.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool results_server_counts(const struct results *results)
{
    return !(results->options.together && results->contestant_count > 1) && !results->environment.kubelets;
}

struct results *results_new(struct error *err)
{
    struct results *results = calloc(1, sizeof *results);

    if (!results) {
        error_no_memory(err);
        return NULL;
    }
    results->environment.cpus = results->environment.nodes = -1;
    return results;
}

static void free_run(struct results_run *run)
{
    size_t i;

    for (i = 0; i < run->pod_count; i++)
        free(run->pods[i].node);
    free(run->pods);
}

static void free_contestants(struct results_contestant *contestants, size_t count)
{
    size_t i, run;

    for (i = 0; i < count; i++) {
        for (run = 0; run < contestants[i].run_count; run++)
            free_run(&contestants[i].runs[run]);
        free(contestants[i].runs);
        free(contestants[i].command);
    }
}

void results_free(struct results *results)
{
    if (!results)
        return;
    free_contestants(results->contestants, results->contestant_count);
    free_contestants(results->sweep, results->sweep_count);
    free(results->options.workload);
    free(results->options.file);
    free(results->environment.version);
    free(results->environment.server);
    free(results->environment.server_version);
    free(results->environment.machine);
    free(results->sentence);
    free(results);
}

static struct results_contestant *add(struct results_contestant *list, size_t *count, size_t max, const char *name, const char *command,
                                      double interval_s, struct error *err)
{
    struct results_contestant *added = &list[*count];

    if (*count == max) {
        error_set(err, ERROR_RUNTIME, "%s: more than %zu contestants", name, max);
        return NULL;
    }
    memset(added, 0, sizeof *added);
    snprintf(added->name, sizeof added->name, "%s", name);
    added->interval_s = interval_s;
    added->command = strdup(command);
    if (!added->command) {
        error_no_memory(err);
        return NULL;
    }
    ++*count;
    return added;
}

struct results_contestant *results_add_contestant(struct results *results, const char *name, const char *command, double interval_s,
                                                  struct error *err)
{
    return add(results->contestants, &results->contestant_count, RESULTS_CONTESTANTS_MAX, name, command, interval_s, err);
}

struct results_contestant *results_add_sweep_point(struct results *results, const char *name, const char *command, double interval_s,
                                                   struct error *err)
{
    return add(results->sweep, &results->sweep_count, RESULTS_SWEEP_MAX, name, command, interval_s, err);
}

static void nothing_measured(struct results_run *run)
{
    size_t i;

    run->ready_us = run->peak_bytes = -1;
    run->observer.worst_delay_us = run->observer.late_pods = -1;
    for (i = 0; i < RESULTS_PHASES; i++) {
        run->phase[i].duration_us = run->phase[i].cpu_us = -1;
        run->phase[i].client = (struct client_metrics){-1, -1, -1};
    }
    for (i = 0; i < run->pod_count; i++) {
        struct results_pod *pod = &run->pods[i];

        pod->arrival_us = pod->accepted_us = pod->seen_us = pod->bind_sent_us = pod->bound_us = NOT_MEASURED;
    }
}

struct results_run *results_add_run(struct results_contestant *contestant, size_t pods, struct error *err)
{
    struct results_pod *fresh = calloc(pods ? pods : 1, sizeof *fresh);
    struct results_run *longer, *run;

    longer = fresh ? realloc(contestant->runs, (contestant->run_count + 1) * sizeof *longer) : NULL;
    if (!longer) {
        free(fresh);
        error_no_memory(err);
        return NULL;
    }
    contestant->runs = longer;
    run = &longer[contestant->run_count++];
    memset(run, 0, sizeof *run);
    run->number = (int64_t)contestant->run_count;
    run->attempts = 1;
    run->valid = true;
    run->pod_count = pods;
    run->pods = fresh;
    nothing_measured(run);
    return run;
}

void results_drop_run(struct results_contestant *contestant)
{
    free_run(&contestant->runs[--contestant->run_count]);
}

void results_invalidate(struct results_run *run, const char *format, ...)
{
    va_list args;

    if (!run->valid)
        return;
    run->valid = false;
    va_start(args, format);
    vsnprintf(run->reason, sizeof run->reason, format, args);
    va_end(args);
}

int results_set_text(char **slot, const char *text, struct error *err)
{
    char *copy = text ? strdup(text) : NULL;

    if (text && !copy)
        return error_no_memory(err);
    free(*slot);
    *slot = copy;
    return 0;
}

static bool all_valid(const struct results_contestant *contestants, size_t count)
{
    size_t i, run;

    for (i = 0; i < count; i++)
        for (run = 0; run < contestants[i].run_count; run++)
            if (!contestants[i].runs[run].valid)
                return false;
    return true;
}

bool results_valid(const struct results *results)
{
    return all_valid(results->contestants, results->contestant_count) && all_valid(results->sweep, results->sweep_count);
}
