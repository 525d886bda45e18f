/*
 * startup: how long a scheduler takes, in a large cluster, from its start to the first binding, and how much memory the cluster costs it.
 * The cluster is made once: many nodes, many pods that are assigned already; then each side in turn finds one pending pod. See bench/README.md.
 */
#include <stdio.h>

#include "bench/support/rounds.h"
#include "compare/table.h"

static double figure_first(const struct side_result *r)
{
    return rounds_time(r->first_us, 1e6);
}

static double figure_ready(const struct side_result *r)
{
    return rounds_time(r->ready_us, 1e6);
}

static double figure_cpu(const struct side_result *r)
{
    return rounds_time(r->cpu_first_us, 1e6);
}

static void print_result(int round, const struct side *side, const struct side_result *r)
{
    char text[4][32];

    printf("round %d  %-12s first binding after %s s, ready after %s s, CPU to the first binding %s s, peak %s MiB\n", round + 1,
           side->name, text_figure(figure_first(r), 2, text[0]), text_figure(figure_ready(r), 2, text[1]),
           text_figure(figure_cpu(r), 2, text[2]), text_figure(rounds_peak_mib(r), 1, text[3]));
}

static const struct rounds_column columns[] = {{"first binding, s", figure_first, false, 2},
                                               {"ready, s", figure_ready, false, 2},
                                               {"CPU s", figure_cpu, false, 2},
                                               {"peak MiB", rounds_peak_mib, false, 1}};

static struct pods_plan assigned_pods(const struct rounds *rounds)
{
    return (struct pods_plan){.namespace_ = rounds->namespace_,
                              .prefix = "assigned-",
                              .scheduler_name = "bench-nobody",
                              .node_prefix = NODE_PREFIX,
                              .nodes = (size_t)rounds->options->nodes,
                              .count = (size_t)rounds->options->pods,
                              .inflight = 32,
                              .stop = rounds->options->bench.stop};
}

static int make_cluster(struct rounds *rounds, struct error *err)
{
    const struct bench_options *options = rounds->options;
    struct pods_plan assigned = assigned_pods(rounds);
    int room = (int)(options->pods / options->nodes + 10);

    printf("making %ld nodes and %ld assigned pods\n", options->nodes, options->pods);
    fflush(stdout);
    if (objects_make_namespace(rounds->client, "bench", rounds->namespace_, err) < 0 ||
        objects_make_nodes(rounds->client, NODE_PREFIX, (size_t)options->nodes, room < 110 ? 110 : room, options->bench.stop, err) < 0)
        return -1;
    return objects_make_pods(rounds->client, &assigned, err);
}

static int delete_assigned(struct rounds *rounds, struct error *err)
{
    struct pods_plan assigned = assigned_pods(rounds);

    return objects_delete_pods(rounds->client, &assigned, err);
}

static const char help[] =
    "usage: startup --kubeconfig FILE --side NAME=COMMAND [--side …] [flags]\n"
    "Makes a large cluster once, then times each side in turn from its start to its first binding.\n"
    "  --kubeconfig FILE    cluster to measure on; best one without other nodes (required)\n"
    "  --side NAME=COMMAND  a scheduler; {kubeconfig} and {name} (its scheduler name) are replaced; with {port} in it,\n"
    "                       /readyz on that port of loopback is timed too; up to 8\n"
    "  --nodes N            nodes to make (5000)\n"
    "  --pods N             assigned pods to make (20000)\n"
    "  --rounds N           of two turns for each side, the second in the opposite order (3)\n"
    "  --settle-ms N        pause before each start (1000)\n"
    "  --timeout-ms N       for the first binding (300000)\n"
    "  --idle-ms N          at most so long for what a side does after it (60000)\n"
    "  --out DIR            where the sides' output goes (.)\n"
    "Exit: 0, 1 a turn was INVALID or something failed, 2 usage.";

int main(int argc, char **argv)
{
    static const struct rounds_program startup = {.name = "startup",
                                                  .help = help,
                                                  .pods = 1,
                                                  .inflight = 1,
                                                  .make = make_cluster,
                                                  .empty = delete_assigned,
                                                  .print = print_result,
                                                  .columns = columns,
                                                  .column_count = sizeof columns / sizeof *columns};
    static struct bench_options options = {5000, 20000, 3, 1000, {{{0}, NULL, {0}}}, 0, {NULL, ".", 300000, 60000, NULL}, false};

    return rounds_main(argc, argv, &startup, &options);
}
