#include "bench/support/rounds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/limits.h"
#include "compare/process.h"
#include "compare/statistics.h"
#include "compare/table.h"

double rounds_time(int64_t us, double unit)
{
    return us < 0 ? NAN : (double)us / unit;
}

double rounds_peak_mib(const struct side_result *result)
{
    return bytes_in_mib(result->peak_bytes);
}

/*
 * A kube-apiserver collects garbage when its heap has doubled: in a turn once or not at all, and that alone moves the rate by a third. So it is
 * made to collect before each turn. A server that does not do this when asked (it is no kube-apiserver, or has profiling off) is taken as it is.
 */
static void collect_garbage(const struct rounds *rounds)
{
    struct error ignored = ERROR_INIT;
    struct buffer profile;
    int status;

    buffer_init(&profile, LIMIT_OBJECT_BYTES);
    (void)api_client_call(rounds->client, "GET", "/debug/pprof/heap?gc=1", NULL, 60000, &status, &profile, &ignored);
    buffer_free(&profile);
}

/* one side's turn: pods, the same pause for all, measurement, clean-up */
static int take_turn(struct rounds *rounds, int round, int turn, size_t side, struct error *err)
{
    const struct rounds_program *program = rounds->program;
    const struct bench_options *options = rounds->options;
    const struct side *contestant = &options->sides[side];
    struct pods_plan plan = {.namespace_ = rounds->namespace_,
                             .scheduler_name = contestant->scheduler_name,
                             .count = program->pods ? program->pods : (size_t)options->pods,
                             .inflight = program->inflight,
                             .stop = options->bench.stop};
    struct error ignored = ERROR_INIT;
    struct observer *observer;
    char prefix[64];
    int ret = -1;

    snprintf(prefix, sizeof prefix, "%s-%d-", contestant->name, round * ROUND_TURNS + turn + 1);
    plan.prefix = prefix;
    observer = observer_open(options->bench.kubeconfig, rounds->namespace_, prefix, plan.count, err);
    if (!observer)
        return -1;
    if (objects_make_pods(rounds->client, &plan, err) < 0)
        goto cleanup;
    collect_garbage(rounds);
    if (bench_settle(options, err) == 0) {
        if (program->refuse_bound && observer_counts(observer).bound)
            error_set(err, ERROR_RUNTIME, "pods of %s were bound before it was started: another scheduler serves that name",
                      contestant->scheduler_name);
        else
            ret = side_measure(&options->bench, contestant, observer, plan.count, &rounds->results[round][turn][side], err);
    }
cleanup:
    observer_close(observer);
    /* also after a failure: without the cluster's controllers nobody empties a namespace */
    return objects_delete_pods(rounds->client, &plan, ret < 0 ? &ignored : err) < 0 ? -1 : ret;
}

static int run_round(struct rounds *rounds, int round, struct error *err)
{
    const struct bench_options *options = rounds->options;
    int turn;
    size_t i;

    for (turn = 0; turn < ROUND_TURNS; turn++)
        for (i = 0; i < options->side_count; i++) {
            size_t side = turn % 2 ? options->side_count - 1 - i : i;
            const struct side_result *result = &rounds->results[round][turn][side];

            if (take_turn(rounds, round, turn, side, err) < 0)
                return -1;
            rounds->program->print(round, &options->sides[side], result);
            if (!result->valid)
                printf("         INVALID: %s\n", result->reason);
            fflush(stdout);
        }
    return 0;
}

static int run_rounds(struct rounds *rounds, struct error *err)
{
    int round;

    for (round = 0; round < rounds->options->rounds; round++)
        if (run_round(rounds, round, err) < 0)
            return -1;
    return 0;
}

static int any_invalid(const struct rounds *rounds)
{
    size_t side;
    int round, turn;

    for (round = 0; round < rounds->options->rounds; round++)
        for (turn = 0; turn < ROUND_TURNS; turn++)
            for (side = 0; side < rounds->options->side_count; side++)
                if (!rounds->results[round][turn][side].valid)
                    return 1;
    return 0;
}

/* the mean of a figure over the turns that a side had in a round; NAN unless it is known of each */
static double mean_of(const struct rounds *rounds, int round, size_t side, const struct rounds_column *column)
{
    double sum = 0;
    int turn;

    for (turn = 0; turn < ROUND_TURNS; turn++) {
        const struct side_result *result = &rounds->results[round][turn][side];

        if (!result->valid)
            return NAN;
        sum += column->figure(result);
    }
    return sum / ROUND_TURNS;
}

/* the median over the rounds of a figure of one side, or of its ratio to the first side's; a round that lacks it does not count */
static double median_of(const struct rounds *rounds, size_t side, const struct rounds_column *column)
{
    double values[ROUNDS_MAX];
    size_t count = 0;
    int round;

    for (round = 0; round < rounds->options->rounds; round++) {
        double value = mean_of(rounds, round, side, column);

        if (column->ratio)
            value /= mean_of(rounds, round, 0, column);
        if (!isnan(value))
            values[count++] = value;
    }
    return statistics_median_ratio(values, count);
}

static int print_medians(const struct rounds *rounds, struct error *err)
{
    const struct rounds_program *program = rounds->program;
    struct text_table table;
    bool ratios = false;
    size_t side, i;
    int ret = -1;

    text_table_init(&table, program->column_count + 1);
    if (text_table_row(&table, err) < 0)
        goto cleanup;
    for (i = 0; i < program->column_count; i++) {
        text_table_cell(&table, i + 1, "%s", program->columns[i].head);
        ratios |= program->columns[i].ratio;
    }
    for (side = 0; side < rounds->options->side_count; side++) {
        if (text_table_row(&table, err) < 0)
            goto cleanup;
        text_table_cell(&table, 0, "%s", rounds->options->sides[side].name);
        for (i = 0; i < program->column_count; i++)
            text_table_number(&table, i + 1, median_of(rounds, side, &program->columns[i]), program->columns[i].decimals);
    }
    printf("\nmedians of %ld rounds, each the mean of %d turns", rounds->options->rounds, ROUND_TURNS);
    if (ratios)
        printf("; ratios are taken within a round, then their median (%s is 1)", rounds->options->sides[0].name);
    printf("\n");
    text_table_print(&table, stdout);
    ret = 0;
cleanup:
    text_table_free(&table);
    return ret;
}

/* whatever happened before, the cluster is left as it was found */
static int clean_up(struct rounds *rounds, struct error *err)
{
    struct error later = ERROR_INIT;
    int ret = 0;

    if (*rounds->namespace_) {
        ret = rounds->program->empty ? rounds->program->empty(rounds, err) : 0;
        if (objects_delete_namespace(rounds->client, rounds->namespace_, ret < 0 ? &later : err) < 0)
            ret = -1;
    }
    if (objects_delete_nodes(rounds->client, NODE_PREFIX, (size_t)rounds->options->nodes, ret < 0 ? &later : err) < 0)
        ret = -1;
    return ret;
}

static int run(const struct rounds_program *program, const struct bench_options *options, struct error *err)
{
    struct rounds *rounds = calloc(1, sizeof *rounds);
    struct error ignored = ERROR_INIT;
    char user_agent[64];
    int ret = -1;

    if (!rounds)
        return error_no_memory(err);
    rounds->program = program;
    rounds->options = options;
    snprintf(user_agent, sizeof user_agent, "bench-%s/" LAB_VERSION, program->name);
    rounds->client = api_client_open(options->bench.kubeconfig, user_agent, err);
    if (!rounds->client)
        goto cleanup;
    if (program->make(rounds, err) == 0 && run_rounds(rounds, err) == 0 && print_medians(rounds, err) == 0)
        ret = any_invalid(rounds);
    if (clean_up(rounds, ret < 0 ? &ignored : err) < 0)
        ret = -1;
cleanup:
    api_client_close(rounds->client);
    free(rounds);
    return ret;
}

int rounds_main(int argc, char **argv, const struct rounds_program *program, struct bench_options *options)
{
    struct error err = ERROR_INIT;
    int ret;

    options->bench.stop = bench_stop_flag();
    ret = bench_options_parse(argc, argv, options, &err);
    if (options->help) {
        puts(program->help);
        return 0;
    }
    if (ret == 0)
        ret = run(program, options, &err);
    if (ret >= 0)
        return ret;
    if (*err.text)
        fprintf(stderr, "%s: %s\n", program->name, err.text);
    return error_exit_code(&err);
}
