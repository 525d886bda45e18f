#include "compare/contest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "compare/turn.h"

#define LOOK_MS 50
#define SETTLE_MS 3000

/* all turns of a run, side by side */
struct contest {
    struct arena *arena;
    struct turn turns[RESULTS_CONTESTANTS_MAX];
    size_t count;
    double interval_s; /* the longest of them */
    int64_t *arrivals;
    int64_t looked_us;
};

static size_t still_in(const struct contest *c)
{
    size_t i, in = 0;

    for (i = 0; i < c->count; i++)
        in += !c->turns[i].out;
    return in;
}

/* shows where they are, and takes a look at their memory */
static void look(void *ctx)
{
    struct contest *c = ctx;
    struct stage stages[RESULTS_CONTESTANTS_MAX];
    int64_t now_us = turn_now_us();
    size_t i;

    /* while a burst is sent it is called with every answer */
    if (now_us - c->looked_us < LOOK_MS * 1000)
        return;
    c->looked_us = now_us;
    for (i = 0; i < c->count; i++) {
        struct turn *turn = &c->turns[i];
        struct observer_counts counts = observer_counts(turn->observer);

        if (!turn->out)
            contestant_running(&turn->scheduler);
        stages[i] =
            (struct stage){turn->entrant->contestant->name, turn->out ? "out" : turn->doing, turn->pods.count, counts.added, counts.bound};
    }
    if (c->arena->on_stage)
        c->arena->on_stage(c->arena->ctx, stages, c->count);
}

static void set_doing(struct contest *c, const char *doing)
{
    size_t i;

    for (i = 0; i < c->count; i++)
        c->turns[i].doing = doing;
}

static int open_all(struct contest *c, const struct entrant *entrants, struct error *err)
{
    size_t i;

    for (i = 0; i < c->count; i++)
        if (turn_open(&c->turns[i], c->arena, &entrants[i], ++c->arena->turns, c->count == 1, err) < 0)
            return -1;
    for (i = 0; i < c->count; i++)
        if (turn_start(&c->turns[i], err) < 0)
            return -1;
    return 0;
}

static int make_arrivals(struct contest *c, long round, struct error *err)
{
    const struct compare_options *options = c->arena->options;
    struct workload workload = options->workload;
    size_t i;

    c->arrivals = calloc(workload.pods, sizeof *c->arrivals);
    if (!c->arrivals)
        return error_no_memory(err);
    workload.seed += (uint64_t)round;
    workload.stratum_s = c->interval_s;
    workload_arrivals(&workload, c->arrivals);
    for (i = 0; i < c->count; i++) {
        c->turns[i].pods.at_us = c->arrivals;
        c->turns[i].pods.start_us =
            turn_now_us() + (int64_t)(workload_phase(options->workload.seed, round, options->repeat) * c->interval_s * 1e6);
    }
    /* the phases of the others would be off by microseconds: they start together */
    for (i = 1; i < c->count; i++)
        c->turns[i].pods.start_us = c->turns[0].pods.start_us;
    return 0;
}

static int send_arrivals(struct contest *c, struct error *err)
{
    struct pods_plan *plans[RESULTS_CONTESTANTS_MAX];
    size_t i, count = 0;

    for (i = 0; i < c->count; i++)
        if (!c->turns[i].out)
            plans[count++] = &c->turns[i].pods;
    set_doing(c, "pods arrive");
    return count ? objects_make_pods_of(c->arena->client, plans, count, look, c, err) : 0;
}

/* whether nothing more will come of this turn; counts what is bound */
static bool is_over(struct turn *turn, size_t *bound)
{
    struct observer_counts counts = observer_counts(turn->observer);

    *bound += counts.bound;
    return turn->out || counts.bound == turn->pods.count || counts.invalid || !contestant_running(&turn->scheduler);
}

/* waits until each has bound all its pods, or will not. -1: somebody wants to stop */
static int wait_bound(struct contest *c, struct error *err)
{
    int64_t stall_us = (int64_t)((3 * c->interval_s + c->arena->options->patience_s) * 1e6), moved_us = turn_now_us();
    size_t before = 0;

    set_doing(c, "binding the rest");
    for (;;) {
        size_t i, bound = 0, over = 0;
        struct turn *waits = NULL;

        for (i = 0; i < c->count; i++)
            if (is_over(&c->turns[i], &bound))
                over++;
            else
                waits = &c->turns[i];
        if (bound > before)
            moved_us = turn_now_us();
        before = bound;
        if (over == c->count || turn_now_us() - moved_us > stall_us)
            return 0;
        if (*c->arena->stop)
            return error_set(err, ERROR_RUNTIME, "interrupted");
        look(c);
        observer_wait(waits->observer, OBSERVER_BOUND, waits->pods.count, LOOK_MS);
    }
}

static int read_each(struct contest *c, struct error *err)
{
    size_t i;

    for (i = 0; i < c->count; i++)
        if (!c->turns[i].out && turn_read(&c->turns[i], err) < 0)
            return -1;
    return 0;
}

static int idle(struct contest *c, struct error *err)
{
    double idle_s = ceil(c->arena->options->idle_s / c->interval_s) * c->interval_s;
    int64_t until_us = turn_now_us() + (int64_t)(idle_s * 1e6);
    size_t i;

    if (!(idle_s > 0))
        return 0;
    set_doing(c, "idle");
    for (;;) {
        int64_t left_us = until_us - turn_now_us(), slice_us = left_us < LOOK_MS * 1000 ? left_us : LOOK_MS * 1000;
        struct timespec slice = {0, (long)slice_us * 1000};

        if (*c->arena->stop)
            return error_set(err, ERROR_RUNTIME, "interrupted");
        if (left_us <= 0)
            return read_each(c, err);
        nanosleep(&slice, NULL);
        look(c);
        for (i = 0; i < c->count && (c->turns[i].out || !c->turns[i].scheduler.pid); i++)
            ;
        if (i == c->count)
            return 0;
    }
}

static int run(struct contest *c, const struct entrant *entrants, long round, struct error *err)
{
    size_t i;

    if (open_all(c, entrants, err) < 0 || make_arrivals(c, round, err) < 0)
        return -1;
    if (still_in(c)) {
        if (send_arrivals(c, err) < 0 || wait_bound(c, err) < 0)
            return -1;
        set_doing(c, "writing events");
        for (i = 0; i < c->count; i++)
            if (!c->turns[i].out)
                contestant_wait_idle(&c->turns[i].scheduler, SETTLE_MS, c->arena->stop);
        if (read_each(c, err) < 0 || idle(c, err) < 0)
            return -1;
    }
    for (i = 0; i < c->count; i++)
        if (turn_finish(&c->turns[i], err) < 0)
            return -1;
    return 0;
}

int contest_run(struct arena *arena, const struct entrant *entrants, size_t count, long round, struct error *err)
{
    struct contest *c = calloc(1, sizeof *c);
    struct error ignored = ERROR_INIT;
    size_t i;
    int ret;

    if (!c)
        return error_no_memory(err);
    c->arena = arena;
    c->count = count;
    for (i = 0; i < count; i++)
        if (entrants[i].interval_s > c->interval_s)
            c->interval_s = entrants[i].interval_s;
    ret = run(c, entrants, round, err);
    for (i = 0; i < count; i++)
        if (c->turns[i].arena && turn_close(&c->turns[i], ret < 0 ? &ignored : err) < 0)
            ret = -1;
    free(c->arrivals);
    free(c);
    return ret;
}
