#include "tests/faults/support/schedulers.h"

#include <string.h>

#include "tests/faults/support/judge.h"
#include "tests/faults/support/mains.h"

/* unschedulable pods are looked at again after five minutes at the latest */
#define SETTLE_US 700000000

void schedulers_choose(struct run *run)
{
    struct world *world = &run->world;

    run->cast = (enum cast)(run->seed % CAST_COUNT);
    run->plans = world_chance(world, 30);
    if (run->plans)
        run->cast = (enum cast)(run->seed % CAST_WATCH_TWICE);
    run->options.scheduler_name = OURS;
    run->options.interval_ms = 200 + world_random(world, 2000);
    run->options.policy.policy = policy_by_name(run->plans ? "one-per-node" : "least-loaded");
    filter_config_init(&run->options.policy.filters);
    run->options.policy.filters.enabled[FILTER_ONE_PER_NODE] = run->plans;
    run->options.preemption = !run->plans && world_chance(world, 30);
    run->options.policy.preempts = run->options.preemption ? OURS : NULL;
    run->options.gang_settle_us = 1000 * (int64_t)world_random(world, 2000);
    run->options.reinit_delay_us = 1000 * (int64_t)world_random(world, 10000);
    run->options.reinit_cooldown_us = 1000 * (int64_t)world_random(world, 30000);
    run->options.simulate_bind_errors = world_chance(world, 10) ? (int)world_random(world, 3) : 0;
    run->options.max_bind_attempts = 1 + (int)world_random(world, 4);
    run->options.bind_backoff_ms = 50 + world_random(world, 500);
    run->options.max_inflight = 1 + (int)world_random(world, 8);
}

static const char *program_of(const struct run *run, int i)
{
    return run->cast == CAST_POLLING || (run->cast == CAST_BOTH && i == 0) ? "polling" : "watch";
}

/* polling drives itself, and the world with it; this ends its loop, as SIGTERM would */
static bool polling_should_stop(void)
{
    struct run *run = now_running;

    if (run->restart_polling)
        return true;
    if (!run->over || run->world.now_us < run->next_look_us)
        return run->done;
    run->next_look_us = run->world.now_us + 1000000;
    return run->done = judge_settled(run) || run->world.now_us > SETTLE_US;
}

static struct scheduler *open_scheduler(struct run *run, int i)
{
    struct client *client = &run->world.clients[i];
    bool polling = !strcmp(program_of(run, i), "polling");
    struct scheduler_seams seams = {
        &client->transport, &run->world.clock, NULL, "simulator", polling ? polling_should_stop : NULL, "chaos"};
    struct log log = {.prefix = program_of(run, i), .verbose = 0, .clock = &run->world.clock, .quiet = !verbose};
    struct error err = ERROR_INIT;
    struct scheduler *s;

    run->options.seed = run->seed * 2 + (uint64_t)i;
    s = scheduler_open(program_of(run, i), &run->options, &seams, &log, &err);
    if (!s)
        fail("scheduler_open: %s", err.text);
    return s;
}

static void start_watch(struct run *run, int i)
{
    struct scheduler *s = open_scheduler(run, i);

    watch_pods(s, chaos_on_pod);
    run->world.clients[i].scheduler = s;
}

static void stop_watch(struct run *run, int i, bool kill)
{
    struct client *client = &run->world.clients[i];
    struct scheduler *s = client->scheduler;

    client->scheduler = NULL;
    if (kill)
        world_kill(client);
    scheduler_close(s);
    world_revive(client);
}

/* a new one knows nothing of the gangs that the last one was about to evict */
static void forget_doomed(struct run *run)
{
    for (size_t i = 0; i < run->pod_count; i++)
        run->pods[i].doomed = false;
}

void schedulers_restart_one(struct run *run)
{
    int i = (int)world_random(&run->world, WORLD_SCHEDULERS);
    bool kill = world_chance(&run->world, 50);

    if (run->restarting)
        return; /* one is just ending, and time goes on meanwhile */
    if (run->world.clients[i].scheduler && !run->world.clients[i].in_turn) {
        run->restarting = true;
        say("restart watch %d%s", i, kill ? " by kill" : "");
        stop_watch(run, i, kill);
        forget_doomed(run);
        start_watch(run, i);
        run->restarting = false;
    } else if (i == 0) {
        run->restart_polling = true;
    }
}

/* watch alone: the world is driven from here */
static void drive(struct run *run)
{
    struct world *world = &run->world;

    world_run(world, CHAOS_US + 1000000, NULL);
    while (!judge_settled(run) && world->now_us < SETTLE_US)
        world_run(world, world->now_us + 1000000, NULL);
}

static void poll_until_settled(struct run *run)
{
    do {
        struct scheduler *s;

        run->restart_polling = false;
        s = open_scheduler(run, 0);
        chaos_poll_for_pods(s);
        scheduler_close(s);
        if (!run->done)
            forget_doomed(run);
        world_revive(&run->world.clients[0]);
    } while (!run->done);
}

void schedulers_work(struct run *run)
{
    if (run->cast == CAST_WATCH || run->cast == CAST_WATCH_TWICE || run->cast == CAST_BOTH)
        start_watch(run, run->cast == CAST_BOTH ? 1 : 0);
    if (run->cast == CAST_WATCH_TWICE)
        start_watch(run, 1);
    if (run->cast == CAST_POLLING || run->cast == CAST_BOTH)
        poll_until_settled(run);
    else
        drive(run);
}

void schedulers_close(struct run *run)
{
    for (int i = 0; i < WORLD_SCHEDULERS; i++)
        if (run->world.clients[i].scheduler)
            stop_watch(run, i, false);
}
