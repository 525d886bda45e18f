/*
 * backlog: how fast schedulers work off a backlog of pods, side by side on the same cluster, in turn, in alternating order. Everything is
 * timed by the observer of compare/, never by the scheduler's own word. See bench/README.md.
 */
#include <math.h>
#include <stdio.h>

#include "bench/support/rounds.h"
#include "compare/table.h"

/* CPU of a pod in milliseconds; start-up: what was used before the first binding is left out */
static double cpu_per_pod(const struct side_result *r, bool without_startup)
{
    if (r->cpu_us < 0 || (without_startup && r->cpu_first_us < 0))
        return NAN;
    return (double)(r->cpu_us - (without_startup ? r->cpu_first_us : 0)) / 1e3 / (double)r->pods;
}

static void print_result(int round, const struct side *side, const struct side_result *r)
{
    char text[6][32];

    printf("round %d  %-12s %6s binds/s, first after %s ms, last after %s s, CPU/pod %s ms (%s after the first), peak %s MiB\n", round + 1,
           side->name, text_figure(side_rate(r), 0, text[0]), text_figure(rounds_time(r->first_us, 1e3), 0, text[1]),
           text_figure(rounds_time(r->all_us, 1e6), 2, text[2]), text_figure(cpu_per_pod(r, false), 3, text[3]),
           text_figure(cpu_per_pod(r, true), 3, text[4]), text_figure(rounds_peak_mib(r), 1, text[5]));
}

static double figure_cpu(const struct side_result *r)
{
    return cpu_per_pod(r, false);
}

static double figure_cpu_after(const struct side_result *r)
{
    return cpu_per_pod(r, true);
}

static double figure_all(const struct side_result *r)
{
    return rounds_time(r->all_us, 1e6);
}

static const struct rounds_column columns[] = {{"binds/s", side_rate, false, 0},        {"× first", side_rate, true, 2},
                                               {"s to the last", figure_all, false, 2}, {"CPU ms/pod", figure_cpu, false, 3},
                                               {"× first", figure_cpu, true, 2},        {"after start-up", figure_cpu_after, false, 3},
                                               {"× first", figure_cpu_after, true, 2},  {"peak MiB", rounds_peak_mib, false, 1}};

static int make_cluster(struct rounds *rounds, struct error *err)
{
    const struct bench_options *options = rounds->options;
    int room = (int)(options->pods * 2 / options->nodes + 10);

    printf("%ld nodes, backlog of %ld pods, %ld rounds, %.1f s to settle\n", options->nodes, options->pods, options->rounds,
           (double)options->settle_ms / 1e3);
    if (objects_make_namespace(rounds->client, "bench", rounds->namespace_, err) < 0)
        return -1;
    return objects_make_nodes(rounds->client, NODE_PREFIX, (size_t)options->nodes, room < 110 ? 110 : room, options->bench.stop, err);
}

static const char help[] =
    "usage: backlog --kubeconfig FILE --side NAME=COMMAND [--side …] [flags]\n"
    "Lets each side work off the same backlog in turn; prints each turn, then medians and ratios to the first side.\n"
    "  --kubeconfig FILE    cluster to measure on; best one without other nodes (required)\n"
    "  --side NAME=COMMAND  a scheduler; {kubeconfig} and {name} (its scheduler name) are replaced; up to 8\n"
    "  --nodes N            nodes to make (100)\n"
    "  --pods N             pods in the backlog (2000)\n"
    "  --rounds N           of two turns for each side, the second in the opposite order (3)\n"
    "  --settle-ms N        pause after the backlog is made (3000)\n"
    "  --timeout-ms N       for all pods to be bound (300000)\n"
    "  --idle-ms N          at most so long for what a side does after its last bind (60000)\n"
    "  --out DIR            where the sides' output goes (.)\n"
    "Exit: 0, 1 a turn was INVALID or something failed, 2 usage.";

int main(int argc, char **argv)
{
    static const struct rounds_program backlog = {.name = "backlog",
                                                  .help = help,
                                                  .inflight = 32,
                                                  .refuse_bound = true,
                                                  .make = make_cluster,
                                                  .print = print_result,
                                                  .columns = columns,
                                                  .column_count = sizeof columns / sizeof *columns};
    static struct bench_options options = {100, 2000, 3, 3000, {{{0}, NULL, {0}}}, 0, {NULL, ".", 300000, 60000, NULL}, false};

    return rounds_main(argc, argv, &backlog, &options);
}
