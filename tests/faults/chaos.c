/*
 * chaos.c: both schedulers against the simulator's store on virtual time, by seed: pods and nodes come, change and go, the server fails in every
 * way it can, schedulers are killed and started again. After every step nothing may be wrong; at the end every pod that fits must be bound.
 * usage: chaos [--seeds N] [--seed S] [-v]
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/faults/support/judge.h"
#include "tests/faults/support/mains.h"
#include "tests/faults/support/schedulers.h"
#include "tests/faults/support/workload.h"

static void start_world(struct run *run)
{
    struct world *world = &run->world;

    world_init(world, run->seed);
    world->next_us = workload_next_us;
    world->act = workload_act;
    world->on_request = judge_request;
    world->ctx = run;
    workload_start(run);
    schedulers_choose(run);
}

static bool run_seed(uint64_t seed)
{
    struct run *run = calloc(1, sizeof *run);
    volatile bool ok = false;

    run->seed = seed;
    now_running = run;
    if (setjmp(failed))
        return false; /* what it held is left to the end of the process: the world is in mid-step */
    start_world(run);
    schedulers_work(run);
    /* longer than any backoff of a watch: then everything has come to rest */
    world_run(&run->world, run->world.now_us + 100000000, NULL);
    judge_end(run);
    schedulers_close(run);
    if (verbose)
        printf("seed %" PRIu64 " (%s%s): %lu steps, %zu pods, %lu choices, %lu binds, %lu evictions, settled at %.1f s\n", seed,
               cast_names[run->cast], run->plans ? ", one-per-node" : "", run->world.steps, run->pod_count, run->choices, run->binds,
               run->evictions, (double)run->world.now_us / 1e6);
    ok = true;
    world_free(&run->world);
    free(run);
    return ok;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"seeds", required_argument, NULL, 'n'}, {"seed", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
    unsigned long seeds = 2000, passed = 0, broken = 0;
    uint64_t first = 1;
    int c;

    while ((c = getopt_long(argc, argv, "v", options, NULL)) != -1) {
        if (c == 'n')
            seeds = strtoul(optarg, NULL, 10);
        else if (c == 's')
            first = strtoull(optarg, NULL, 10), seeds = 1;
        else if (c == 'v')
            verbose++;
        else
            return 2;
    }
    chaos_on_choice = judge_choice;
    for (uint64_t seed = first; seed < first + seeds; seed++)
        run_seed(seed) ? passed++ : broken++;
    printf("%lu passed, %lu failed\n", passed, broken);
    return broken != 0;
}
