/*
 * startup: how long a scheduler takes, in a large cluster, from its start to the first binding, and how much memory the cluster costs it.
 * The cluster is made once: many nodes, many pods that are assigned already; then each side in turn finds one pending pod. See bench/README.md.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/support/options.h"
#include "compare/objects.h"
#include "compare/statistics.h"
#include "compare/table.h"

#define NODE_PREFIX "bench-node-"
#define ASSIGNED_PREFIX "assigned-"

struct startup {
    const struct bench_options *options;
    struct api_client *client;
    char namespace_[64];
    struct pods_plan assigned;
    struct side_result results[ROUNDS_MAX][SIDE_MAX];
};

static double micros(int64_t us, double unit)
{
    return us < 0 ? NAN : (double)us / unit;
}

static int take_turn(struct startup *s, int round, size_t side, struct error *err)
{
    const struct bench_options *options = s->options;
    const struct side *contestant = &options->sides[side];
    struct pods_plan plan = {s->namespace_, NULL, contestant->scheduler_name, NULL, 0, 1, NULL, 0, 1, options->bench.stop};
    struct error ignored = ERROR_INIT;
    struct observer *observer;
    char prefix[64];
    int ret = -1;

    snprintf(prefix, sizeof prefix, "%s-%d-", contestant->name, round + 1);
    plan.prefix = prefix;
    observer = observer_open(options->bench.kubeconfig, s->namespace_, prefix, 1, err);
    if (!observer)
        return -1;
    if (objects_make_pods(s->client, &plan, err) == 0 && bench_settle(options, err) == 0)
        ret = side_measure(&options->bench, contestant, observer, 1, &s->results[round][side], err);
    observer_close(observer);
    return objects_delete_pods(s->client, &plan, ret < 0 ? &ignored : err) < 0 ? -1 : ret;
}

static void print_result(int round, const struct side *side, const struct side_result *r)
{
    char text[4][32];

    printf("round %d  %-12s first binding after %s s, ready after %s s, CPU to the first binding %s s, peak %s MB\n", round + 1, side->name,
           text_figure(micros(r->first_us, 1e6), 2, text[0]), text_figure(micros(r->ready_us, 1e6), 2, text[1]),
           text_figure(micros(r->cpu_first_us, 1e6), 2, text[2]), text_figure(micros(r->peak_bytes, 1e6), 1, text[3]));
    if (!r->valid)
        printf("         INVALID: %s\n", r->reason);
    fflush(stdout);
}

static int run_rounds(struct startup *s, struct error *err)
{
    const struct bench_options *options = s->options;
    int round;
    size_t turn;

    for (round = 0; round < options->rounds; round++)
        for (turn = 0; turn < options->side_count; turn++) {
            size_t side = round % 2 ? options->side_count - 1 - turn : turn;

            if (take_turn(s, round, side, err) < 0)
                return -1;
            print_result(round, &options->sides[side], &s->results[round][side]);
        }
    return 0;
}

enum figure { FIGURE_FIRST, FIGURE_READY, FIGURE_CPU, FIGURE_PEAK };

static double figure_of(const struct side_result *r, enum figure figure)
{
    switch (figure) {
    case FIGURE_FIRST:
        return micros(r->first_us, 1e6);
    case FIGURE_READY:
        return micros(r->ready_us, 1e6);
    case FIGURE_CPU:
        return micros(r->cpu_first_us, 1e6);
    default:
        return micros(r->peak_bytes, 1e6);
    }
}

static double median_of(const struct startup *s, size_t side, enum figure figure)
{
    double values[ROUNDS_MAX];
    size_t count = 0;
    int round;

    for (round = 0; round < s->options->rounds; round++) {
        values[count] = figure_of(&s->results[round][side], figure);
        if (s->results[round][side].valid && !isnan(values[count]))
            count++;
    }
    return statistics_median_ratio(values, count);
}

static int print_medians(const struct startup *s, struct error *err)
{
    static const char *const head[] = {"", "first binding, s", "ready, s", "CPU s", "peak MB"};
    struct text_table table;
    size_t side, i;
    int ret = -1;

    text_table_init(&table, sizeof head / sizeof *head);
    if (text_table_row(&table, err) < 0)
        goto cleanup;
    for (i = 0; i < sizeof head / sizeof *head; i++)
        text_table_cell(&table, i, "%s", head[i]);
    for (side = 0; side < s->options->side_count; side++) {
        if (text_table_row(&table, err) < 0)
            goto cleanup;
        text_table_cell(&table, 0, "%s", s->options->sides[side].name);
        text_table_number(&table, 1, median_of(s, side, FIGURE_FIRST), 2);
        text_table_number(&table, 2, median_of(s, side, FIGURE_READY), 2);
        text_table_number(&table, 3, median_of(s, side, FIGURE_CPU), 2);
        text_table_number(&table, 4, median_of(s, side, FIGURE_PEAK), 1);
    }
    printf("\nmedians of %ld rounds\n", s->options->rounds);
    text_table_print(&table, stdout);
    ret = 0;
cleanup:
    text_table_free(&table);
    return ret;
}

static int any_invalid(const struct startup *s)
{
    size_t side;
    int round;

    for (round = 0; round < s->options->rounds; round++)
        for (side = 0; side < s->options->side_count; side++)
            if (!s->results[round][side].valid)
                return 1;
    return 0;
}

/* whatever happened before, the cluster is left as it was found */
static int clean_up(struct startup *s, struct error *err)
{
    struct error later = ERROR_INIT;
    int ret = 0;

    if (*s->namespace_) {
        ret = objects_delete_pods(s->client, &s->assigned, err);
        if (objects_delete_namespace(s->client, s->namespace_, ret < 0 ? &later : err) < 0)
            ret = -1;
    }
    if (objects_delete_nodes(s->client, NODE_PREFIX, (size_t)s->options->nodes, ret < 0 ? &later : err) < 0)
        ret = -1;
    return ret;
}

static int make_cluster(struct startup *s, struct error *err)
{
    const struct bench_options *options = s->options;
    int room = (int)(options->pods / options->nodes + 10);

    printf("making %ld nodes and %ld assigned pods\n", options->nodes, options->pods);
    fflush(stdout);
    if (objects_make_namespace(s->client, "bench", s->namespace_, err) < 0)
        return -1;
    s->assigned = (struct pods_plan){
        s->namespace_,      ASSIGNED_PREFIX, "bench-nobody", NODE_PREFIX, (size_t)options->nodes, (size_t)options->pods, NULL, 0, 32,
        options->bench.stop};
    if (objects_make_nodes(s->client, NODE_PREFIX, (size_t)options->nodes, room < 110 ? 110 : room, options->bench.stop, err) < 0)
        return -1;
    return objects_make_pods(s->client, &s->assigned, err);
}

static int run(const struct bench_options *options, struct error *err)
{
    struct startup *s = calloc(1, sizeof *s);
    struct error ignored = ERROR_INIT;
    int ret = -1;

    if (!s)
        return error_no_memory(err);
    s->options = options;
    s->client = api_client_open(options->bench.kubeconfig, "bench-startup/" LAB_VERSION, err);
    if (!s->client)
        goto cleanup;
    if (make_cluster(s, err) == 0 && run_rounds(s, err) == 0 && print_medians(s, err) == 0)
        ret = any_invalid(s);
    if (clean_up(s, ret < 0 ? &ignored : err) < 0)
        ret = -1;
cleanup:
    api_client_close(s->client);
    free(s);
    return ret;
}

static void print_help(void)
{
    puts("usage: startup --kubeconfig FILE --side NAME=COMMAND [--side …] [flags]\n"
         "Makes a large cluster once, then times each side in turn from its start to its first binding.\n"
         "  --kubeconfig FILE    cluster to measure on; best one without other nodes (required)\n"
         "  --side NAME=COMMAND  a scheduler; {kubeconfig} and {name} (its scheduler name) are replaced; with {port} in it,\n"
         "                       /readyz on that port of loopback is timed too; up to 8\n"
         "  --nodes N            nodes to make (5000)\n"
         "  --pods N             assigned pods to make (20000)\n"
         "  --rounds N           turns of each side, order alternating (3)\n"
         "  --settle-ms N        pause before each start (1000)\n"
         "  --timeout-ms N       for the first binding (300000)\n"
         "  --idle-ms N          at most so long for what a side does after it (60000)\n"
         "  --out DIR            where the sides' output goes (.)\n"
         "Exit: 0, 1 a turn was INVALID or something failed, 2 usage.");
}

int main(int argc, char **argv)
{
    static struct bench_options options = {5000, 20000, 3, 1000, {{{0}, NULL, {0}}}, 0, {NULL, ".", 300000, 60000, NULL}, false};
    struct error err = ERROR_INIT;
    int ret;

    options.bench.stop = bench_stop_flag();
    ret = bench_options_parse(argc, argv, &options, &err);
    if (options.help) {
        print_help();
        return 0;
    }
    if (ret == 0)
        ret = run(&options, &err);
    if (ret >= 0)
        return ret;
    if (*err.text)
        fprintf(stderr, "startup: %s\n", err.text);
    return error_exit_code(&err);
}
