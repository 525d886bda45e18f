/*
 * backlog: how fast schedulers work off a backlog of pods, side by side on the same cluster, in turn, in alternating order. Everything is
 * timed by the observer of compare/, never by the scheduler's own word. See bench/README.md.
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

struct backlog {
    const struct bench_options *options;
    struct api_client *client;
    char namespace_[64];
    struct side_result results[ROUNDS_MAX][SIDE_MAX];
};

static double micros(int64_t us, double unit)
{
    return us < 0 ? NAN : (double)us / unit;
}

/* CPU of a pod in milliseconds; start-up: what was used before the first binding is left out */
static double cpu_per_pod(const struct side_result *r, bool without_startup)
{
    if (r->cpu_us < 0 || (without_startup && r->cpu_first_us < 0))
        return NAN;
    return (double)(r->cpu_us - (without_startup ? r->cpu_first_us : 0)) / 1e3 / (double)r->pods;
}

/* one side's turn: backlog, the same pause for all, measurement, clean-up */
static int take_turn(struct backlog *b, int round, size_t side, struct error *err)
{
    const struct bench_options *options = b->options;
    const struct side *contestant = &options->sides[side];
    struct side_result *result = &b->results[round][side];
    struct pods_plan plan = {b->namespace_,      NULL, contestant->scheduler_name, NULL, 0, (size_t)options->pods, NULL, 0, 32,
                             options->bench.stop};
    struct error ignored = ERROR_INIT;
    struct observer *observer;
    char prefix[64];
    int ret = -1;

    snprintf(prefix, sizeof prefix, "%s-%d-", contestant->name, round + 1);
    plan.prefix = prefix;
    observer = observer_open(options->bench.kubeconfig, b->namespace_, prefix, plan.count, err);
    if (!observer)
        return -1;
    if (objects_make_pods(b->client, &plan, err) == 0 && bench_settle(options, err) == 0) {
        if (observer_counts(observer).bound)
            error_set(err, ERROR_RUNTIME, "pods of %s were bound before it was started: another scheduler serves that name",
                      contestant->scheduler_name);
        else
            ret = side_measure(&options->bench, contestant, observer, plan.count, result, err);
    }
    observer_close(observer);
    /* also after a failure: without the cluster's controllers nobody empties a namespace */
    return objects_delete_pods(b->client, &plan, ret < 0 ? &ignored : err) < 0 ? -1 : ret;
}

static void print_result(int round, const struct side *side, const struct side_result *r)
{
    char text[6][32];

    printf("round %d  %-12s %6s binds/s, first after %s ms, last after %s s, CPU/pod %s ms (%s after the first), peak %s MB\n", round + 1,
           side->name, text_figure(side_rate(r), 0, text[0]), text_figure(micros(r->first_us, 1e3), 0, text[1]),
           text_figure(micros(r->all_us, 1e6), 2, text[2]), text_figure(cpu_per_pod(r, false), 3, text[3]),
           text_figure(cpu_per_pod(r, true), 3, text[4]), text_figure(micros(r->peak_bytes, 1e6), 1, text[5]));
    if (!r->valid)
        printf("         INVALID: %s\n", r->reason);
    fflush(stdout);
}

static int run_rounds(struct backlog *b, struct error *err)
{
    const struct bench_options *options = b->options;
    int round;
    size_t turn;

    for (round = 0; round < options->rounds; round++)
        for (turn = 0; turn < options->side_count; turn++) {
            size_t side = round % 2 ? options->side_count - 1 - turn : turn;

            if (take_turn(b, round, side, err) < 0)
                return -1;
            print_result(round, &options->sides[side], &b->results[round][side]);
        }
    return 0;
}

/* the median over the rounds of a figure of one side, or of its ratio to the first side's; NAN when a round lacks it */
static double median_of(const struct backlog *b, size_t side, double (*figure)(const struct side_result *), bool ratio)
{
    double values[ROUNDS_MAX];
    size_t count = 0;
    int round;

    for (round = 0; round < b->options->rounds; round++) {
        const struct side_result *r = &b->results[round][side], *reference = &b->results[round][0];

        if (!r->valid || (ratio && !reference->valid))
            continue;
        values[count] = ratio ? figure(r) / figure(reference) : figure(r);
        if (!isnan(values[count]))
            count++;
    }
    return statistics_median_ratio(values, count);
}

static double figure_cpu(const struct side_result *r)
{
    return cpu_per_pod(r, false);
}

static double figure_cpu_after(const struct side_result *r)
{
    return cpu_per_pod(r, true);
}

static double figure_peak(const struct side_result *r)
{
    return micros(r->peak_bytes, 1e6);
}

static double figure_all(const struct side_result *r)
{
    return micros(r->all_us, 1e6);
}

static int print_medians(const struct backlog *b, struct error *err)
{
    static const char *const head[] = {"",        "binds/s",        "× first", "s to the last", "CPU ms/pod",
                                       "× first", "after start-up", "× first", "peak MB"};
    struct text_table table;
    size_t side, i;

    text_table_init(&table, sizeof head / sizeof *head);
    if (text_table_row(&table, err) < 0)
        return -1;
    for (i = 0; i < sizeof head / sizeof *head; i++)
        text_table_cell(&table, i, "%s", head[i]);
    for (side = 0; side < b->options->side_count; side++) {
        if (text_table_row(&table, err) < 0) {
            text_table_free(&table);
            return -1;
        }
        text_table_cell(&table, 0, "%s", b->options->sides[side].name);
        text_table_number(&table, 1, median_of(b, side, side_rate, false), 0);
        text_table_number(&table, 2, median_of(b, side, side_rate, true), 2);
        text_table_number(&table, 3, median_of(b, side, figure_all, false), 2);
        text_table_number(&table, 4, median_of(b, side, figure_cpu, false), 3);
        text_table_number(&table, 5, median_of(b, side, figure_cpu, true), 2);
        text_table_number(&table, 6, median_of(b, side, figure_cpu_after, false), 3);
        text_table_number(&table, 7, median_of(b, side, figure_cpu_after, true), 2);
        text_table_number(&table, 8, median_of(b, side, figure_peak, false), 1);
    }
    printf("\nmedians of %ld rounds; ratios are taken within a round, then their median (%s is 1)\n", b->options->rounds,
           b->options->sides[0].name);
    text_table_print(&table, stdout);
    text_table_free(&table);
    return 0;
}

static int any_invalid(const struct backlog *b)
{
    size_t side;
    int round;

    for (round = 0; round < b->options->rounds; round++)
        for (side = 0; side < b->options->side_count; side++)
            if (!b->results[round][side].valid)
                return 1;
    return 0;
}

/* whatever happened before, the cluster is left as it was found */
static int clean_up(struct backlog *b, struct error *err)
{
    struct error second = ERROR_INIT;
    int ret = 0;

    if (*b->namespace_)
        ret = objects_delete_namespace(b->client, b->namespace_, err);
    if (objects_delete_nodes(b->client, NODE_PREFIX, (size_t)b->options->nodes, ret < 0 ? &second : err) < 0)
        ret = -1;
    return ret;
}

static int run(const struct bench_options *options, struct error *err)
{
    struct backlog *b = calloc(1, sizeof *b);
    struct error ignored = ERROR_INIT;
    int room = (int)(options->pods * 2 / options->nodes + 10), ret = -1;

    if (!b)
        return error_no_memory(err);
    b->options = options;
    b->client = api_client_open(options->bench.kubeconfig, "bench-backlog/" LAB_VERSION, err);
    if (!b->client)
        goto cleanup;
    printf("%ld nodes, backlog of %ld pods, %ld rounds, %.1f s to settle\n", options->nodes, options->pods, options->rounds,
           (double)options->settle_ms / 1e3);
    if (objects_make_namespace(b->client, "bench", b->namespace_, err) == 0 &&
        objects_make_nodes(b->client, NODE_PREFIX, (size_t)options->nodes, room < 110 ? 110 : room, options->bench.stop, err) == 0 &&
        run_rounds(b, err) == 0 && print_medians(b, err) == 0)
        ret = any_invalid(b);
    if (clean_up(b, ret < 0 ? &ignored : err) < 0)
        ret = -1;
cleanup:
    api_client_close(b->client);
    free(b);
    return ret;
}

static void print_help(void)
{
    puts("usage: backlog --kubeconfig FILE --side NAME=COMMAND [--side …] [flags]\n"
         "Lets each side work off the same backlog in turn; prints each turn, then medians and ratios to the first side.\n"
         "  --kubeconfig FILE    cluster to measure on; best one without other nodes (required)\n"
         "  --side NAME=COMMAND  a scheduler; {kubeconfig} and {name} (its scheduler name) are replaced; up to 8\n"
         "  --nodes N            nodes to make (100)\n"
         "  --pods N             pods in the backlog (2000)\n"
         "  --rounds N           turns of each side, order alternating (3)\n"
         "  --settle-ms N        pause after the backlog is made (3000)\n"
         "  --timeout-ms N       for all pods to be bound (300000)\n"
         "  --idle-ms N          at most so long for what a side does after its last bind (60000)\n"
         "  --out DIR            where the sides' output goes (.)\n"
         "Exit: 0, 1 a turn was INVALID or something failed, 2 usage.");
}

int main(int argc, char **argv)
{
    static struct bench_options options = {100, 2000, 3, 3000, {{{0}, NULL, {0}}}, 0, {NULL, ".", 300000, 60000, NULL}, false};
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
        fprintf(stderr, "backlog: %s\n", err.text);
    return error_exit_code(&err);
}
