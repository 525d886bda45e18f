/*
 * backlog: how fast schedulers work off a backlog of pods, side by side on the same cluster, in turn, in alternating order. Everything is
 * timed by the observer of compare/, never by the scheduler's own word. See bench/README.md.
 */
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/support/side.h"
#include "compare/objects.h"
#include "compare/statistics.h"
#include "compare/table.h"

#define ROUNDS_MAX 50
#define NODE_PREFIX "bench-node-"

struct options {
    long nodes, pods, rounds, settle_ms;
    struct side sides[SIDE_MAX];
    size_t side_count;
    struct bench bench;
};

struct backlog {
    const struct options *options;
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

static int settle(const struct options *options, struct error *err)
{
    struct timespec wait = {options->settle_ms / 1000, options->settle_ms % 1000 * 1000000};

    while (nanosleep(&wait, &wait) < 0 && !*options->bench.stop)
        ;
    return *options->bench.stop ? error_set(err, ERROR_RUNTIME, "interrupted") : 0;
}

/* one side's turn: backlog, the same pause for all, measurement, clean-up */
static int take_turn(struct backlog *b, int round, size_t side, struct error *err)
{
    const struct options *options = b->options;
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
    if (objects_make_pods(b->client, &plan, err) == 0 && settle(options, err) == 0) {
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
    printf("round %d  %-12s %7.0f binds/s  first after %6.0f ms  all after %6.2f s  CPU/pod %.3f ms (%.3f after the first)  peak %.1f MB\n",
           round + 1, side->name, side_rate(r), micros(r->first_us, 1e3), micros(r->all_us, 1e6), cpu_per_pod(r, false),
           cpu_per_pod(r, true), micros(r->peak_bytes, 1e6));
    if (!r->valid)
        printf("         INVALID: %s\n", r->reason);
    fflush(stdout);
}

static int run_rounds(struct backlog *b, struct error *err)
{
    const struct options *options = b->options;
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
    struct table table;
    size_t side, i;

    table_init(&table, sizeof head / sizeof *head);
    if (table_row(&table, err) < 0)
        return -1;
    for (i = 0; i < sizeof head / sizeof *head; i++)
        table_cell(&table, i, "%s", head[i]);
    for (side = 0; side < b->options->side_count; side++) {
        if (table_row(&table, err) < 0) {
            table_free(&table);
            return -1;
        }
        table_cell(&table, 0, "%s", b->options->sides[side].name);
        table_number(&table, 1, median_of(b, side, side_rate, false), 0);
        table_number(&table, 2, median_of(b, side, side_rate, true), 2);
        table_number(&table, 3, median_of(b, side, figure_all, false), 2);
        table_number(&table, 4, median_of(b, side, figure_cpu, false), 3);
        table_number(&table, 5, median_of(b, side, figure_cpu, true), 2);
        table_number(&table, 6, median_of(b, side, figure_cpu_after, false), 3);
        table_number(&table, 7, median_of(b, side, figure_cpu_after, true), 2);
        table_number(&table, 8, median_of(b, side, figure_peak, false), 1);
    }
    printf("\nmedians of %ld rounds; ratios are taken within a round, then their median (%s is 1)\n", b->options->rounds,
           b->options->sides[0].name);
    table_print(&table, stdout);
    table_free(&table);
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

static int run(const struct options *options, struct error *err)
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

enum flag { FLAG_KUBECONFIG = 1, FLAG_SIDE, FLAG_NODES, FLAG_PODS, FLAG_ROUNDS, FLAG_SETTLE, FLAG_TIMEOUT, FLAG_IDLE, FLAG_OUT, FLAG_HELP };

static int set_flag(struct options *options, int flag, const char *value, struct error *err)
{
    long number;

    switch (flag) {
    case FLAG_KUBECONFIG:
        options->bench.kubeconfig = value;
        return 0;
    case FLAG_OUT:
        options->bench.output_dir = value;
        return 0;
    case FLAG_SIDE:
        if (options->side_count == SIDE_MAX)
            return error_set(err, ERROR_USAGE, "--side: at most %d", SIDE_MAX);
        return side_parse(value, &options->sides[options->side_count++], err);
    case FLAG_NODES:
        return bench_number("--nodes", value, 1, 20000, &options->nodes, err);
    case FLAG_PODS:
        return bench_number("--pods", value, 2, 200000, &options->pods, err);
    case FLAG_ROUNDS:
        return bench_number("--rounds", value, 1, ROUNDS_MAX, &options->rounds, err);
    case FLAG_SETTLE:
        return bench_number("--settle-ms", value, 0, 600000, &options->settle_ms, err);
    case FLAG_TIMEOUT:
        if (bench_number("--timeout-ms", value, 1, 86400000, &number, err) < 0)
            return -1;
        options->bench.bind_timeout_ms = number;
        return 0;
    case FLAG_IDLE:
        if (bench_number("--idle-ms", value, 1, 86400000, &number, err) < 0)
            return -1;
        options->bench.idle_timeout_ms = number;
        return 0;
    default:
        err->kind = ERROR_USAGE; /* getopt has said what is wrong */
        return -1;
    }
}

static int parse(int argc, char **argv, struct options *options, bool *help, struct error *err)
{
    static const struct option known[] = {{"kubeconfig", required_argument, NULL, FLAG_KUBECONFIG},
                                          {"side", required_argument, NULL, FLAG_SIDE},
                                          {"nodes", required_argument, NULL, FLAG_NODES},
                                          {"pods", required_argument, NULL, FLAG_PODS},
                                          {"rounds", required_argument, NULL, FLAG_ROUNDS},
                                          {"settle-ms", required_argument, NULL, FLAG_SETTLE},
                                          {"timeout-ms", required_argument, NULL, FLAG_TIMEOUT},
                                          {"idle-ms", required_argument, NULL, FLAG_IDLE},
                                          {"out", required_argument, NULL, FLAG_OUT},
                                          {"help", no_argument, NULL, FLAG_HELP},
                                          {NULL, 0, NULL, 0}};
    int flag;

    while ((flag = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (flag == FLAG_HELP) {
            *help = true;
            return 0;
        }
        if (set_flag(options, flag, optarg, err) < 0)
            return -1;
    }
    if (optind != argc)
        return error_set(err, ERROR_USAGE, "'%s' is no flag", argv[optind]);
    if (!options->bench.kubeconfig || !options->side_count)
        return error_set(err, ERROR_USAGE, "--kubeconfig and at least one --side are needed (see --help)");
    return 0;
}

int main(int argc, char **argv)
{
    static struct options options = {100, 2000, 3, 3000, {{{0}, NULL, {0}}}, 0, {NULL, ".", 300000, 60000, NULL}};
    struct error err = ERROR_INIT;
    bool help = false;
    int ret;

    options.bench.stop = bench_stop_flag();
    ret = parse(argc, argv, &options, &help, &err);
    if (help) {
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
