#include "bench/support/options.h"

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static volatile sig_atomic_t stop_requested;

static void on_signal(int number)
{
    (void)number;
    stop_requested = 1;
}

const volatile sig_atomic_t *bench_stop_flag(void)
{
    struct sigaction action = {0};

    action.sa_handler = on_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    return &stop_requested;
}

int bench_number(const char *flag, const char *text, long min, long max, long *value, struct error *err)
{
    char *end;
    long read = strtol(text, &end, 10);

    if (!*text || *end || read < min || read > max)
        return error_set(err, ERROR_USAGE, "%s: '%s' is no whole number from %ld to %ld", flag, text, min, max);
    *value = read;
    return 0;
}

enum flag { FLAG_KUBECONFIG = 1, FLAG_SIDE, FLAG_NODES, FLAG_PODS, FLAG_ROUNDS, FLAG_SETTLE, FLAG_TIMEOUT, FLAG_IDLE, FLAG_OUT, FLAG_HELP };

static int add_side(struct bench_options *options, const char *text, struct error *err)
{
    struct side *side = &options->sides[options->side_count];
    size_t i;

    if (options->side_count == SIDE_MAX)
        return error_set(err, ERROR_USAGE, "--side: at most %d", SIDE_MAX);
    if (side_parse(text, side, err) < 0)
        return -1;
    for (i = 0; i < options->side_count; i++)
        if (!strcmp(options->sides[i].name, side->name))
            return error_set(err, ERROR_USAGE, "--side: '%s' is named twice", side->name);
    options->side_count++;
    return 0;
}

static int set_flag(struct bench_options *options, int flag, const char *value, struct error *err)
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
        return add_side(options, value, err);
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

int bench_options_parse(int argc, char **argv, struct bench_options *options, struct error *err)
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
            options->help = true;
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

int bench_settle(const struct bench_options *options, struct error *err)
{
    struct timespec wait = {options->settle_ms / 1000, options->settle_ms % 1000 * 1000000};

    while (nanosleep(&wait, &wait) < 0 && !*options->bench.stop)
        ;
    return *options->bench.stop ? error_set(err, ERROR_RUNTIME, "interrupted") : 0;
}
