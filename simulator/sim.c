/* sim.c: the life of a simulated cluster: birth, time, faults, counting. Requests are api.c's. */
#include "simulator/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/birth.h"
#include "simulator/controllers.h"
#include "simulator/default_scheduler.h"
#include "simulator/garbage.h"
#include "simulator/internal.h"
#include "simulator/kubelet.h"
#include "simulator/rbac.h"
#include "simulator/token_request.h"
#include "simulator/watch.h"

#define DEFAULT_HISTORY 100000
#define DEFAULT_BOOKMARK_MS 60000

/* splitmix64: any seed is a good one */
uint64_t sim_random(struct sim *sim)
{
    uint64_t z = sim->random += 0x9e3779b97f4a7c15ull;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

void sim_uuid(struct sim *sim, char out[37])
{
    uint64_t a = sim_random(sim), b = sim_random(sim);

    snprintf(out, 37, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
             (unsigned)(b >> 48 & 0x3fff) | 0x8000, (unsigned long long)(b & 0xffffffffffffull));
}

int64_t sim_now_us(const struct sim *sim)
{
    return sim->options.clock->monotonic_us(sim->options.clock);
}

int64_t sim_wall_us(const struct sim *sim)
{
    return sim->options.clock->wall_us(sim->options.clock);
}

void sim_now_text(const struct sim *sim, char out[32])
{
    clock_format_rfc3339(sim_wall_us(sim), 0, out);
}

static int set_options(struct sim *sim, const struct sim_options *options, struct error *err)
{
    sim->options = *options;
    sim->options.cluster_name = strdup(options->cluster_name ? options->cluster_name : "sched-lab");
    if (!sim->options.cluster_name)
        return error_no_memory(err);
    if (!sim->options.history)
        sim->options.history = DEFAULT_HISTORY;
    if (sim->options.bookmark_ms <= 0)
        sim->options.bookmark_ms = DEFAULT_BOOKMARK_MS;
    sim->random = options->seed;
    sim->default_scheduler.due_us = INT64_MAX;
    return 0;
}

struct sim *sim_new(const struct sim_options *options, struct error *err)
{
    struct sim *sim = calloc(1, sizeof *sim);

    if (!sim) {
        error_no_memory(err);
        return NULL;
    }
    if (store_init(&sim->store, options->history ? options->history : DEFAULT_HISTORY, err) < 0) {
        free(sim);
        return NULL;
    }
    sim->counters = counters_new(err);
    if (!sim->counters || set_options(sim, options, err) < 0 || birth(sim, err) < 0) {
        sim_free(sim);
        return NULL;
    }
    sim->store.on_change = sim_on_change; /* what is born needs no kubelet to start it */
    sim->store.on_change_ctx = sim;
    return sim;
}

void sim_free(struct sim *sim)
{
    if (!sim)
        return;
    watch_orphan_all(sim);
    store_free(&sim->store);
    timer_free_all(sim);
    default_scheduler_free(sim);
    controllers_free(sim);
    garbage_free(sim);
    rbac_free(sim);
    token_request_free(sim);
    faults_free(sim->faults);
    counters_free(sim->counters);
    free((char *)sim->options.cluster_name);
    free(sim);
}

void sim_on_change(void *ctx, struct change *change)
{
    struct sim *sim = ctx;

    watch_change(sim, change);
    kubelet_change(sim, change);
    default_scheduler_change(sim, change);
    controllers_change(sim, change);
    garbage_change(sim, change);
    rbac_change(sim, change);
}

int sim_tick(struct sim *sim, struct error *err)
{
    int64_t now_us = sim_now_us(sim);
    int ret = kubelet_tick(sim, now_us, err);

    if (ret == 0)
        ret = controllers_tick(sim, now_us, err);
    if (ret == 0)
        ret = garbage_tick(sim, now_us, err);
    if (ret == 0)
        ret = default_scheduler_tick(sim, now_us, err);
    watch_tick(sim, now_us);
    watch_call_ready(sim);
    return ret;
}

int64_t sim_next_tick_us(const struct sim *sim)
{
    int64_t next = watch_next_us(sim);

    if (sim->timer_count && sim->timers[0].due_us < next)
        next = sim->timers[0].due_us;
    if (controllers_next_us(sim) < next)
        next = controllers_next_us(sim);
    if (garbage_next_us(sim) < next)
        next = garbage_next_us(sim);
    return sim->default_scheduler.due_us < next ? sim->default_scheduler.due_us : next;
}

int sim_set_faults(struct sim *sim, const char *plan, struct error *err)
{
    struct faults *faults = NULL;

    if (plan && faults_parse(plan, &faults, err) < 0)
        return -1;
    faults_free(sim->faults);
    sim->faults = faults;
    return 0;
}

int sim_metrics(const struct sim *sim, struct buffer *out, struct error *err)
{
    return counters_render(sim->counters, out, err);
}

void sim_compact(struct sim *sim)
{
    store_compact(&sim->store);
}

void sim_close_watches(struct sim *sim)
{
    watch_end_all(sim);
    watch_call_ready(sim);
}

void sim_response_free(struct sim_response *response)
{
    buffer_free(&response->body);
}
