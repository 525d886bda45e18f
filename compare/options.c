#include "compare/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The defaults end in under 50 s: about 10 s of arrivals and 6 s of idling for each, which is three polling cycles. */
#define DEFAULT_PODS 30
#define DEFAULT_RATE 3.0
#define DEFAULT_INTERVAL_S 2.0
#define DEFAULT_SEED 1

enum flag {
    FLAG_KUBECONFIG = 1,
    FLAG_WORKLOAD,
    FLAG_PODS,
    FLAG_RATE,
    FLAG_INTERVAL,
    FLAG_SEED,
    FLAG_REPEAT,
    FLAG_POLLING,
    FLAG_WATCH,
    FLAG_HELP,
    FLAG_VERSION
};

void compare_options_print_help(void)
{
    puts("usage: compare [flags]\n"
         "Runs the same arrivals of pods through both schedulers, in turn, and shows latency and API load side by side.\n"
         "Latency is from the API server accepting a pod to its binding being visible, as an independent observer's watch sees both.\n"
         "\n"
         "  --kubeconfig FILE  measure on this cluster, in a namespace of its own (default: a simulator of its own)\n"
         "  --workload W       burst: all at once; steady: evenly; trickle: at random times from the seed (trickle)\n"
         "  --pods N           pods for each scheduler and round, 1 to 10000 (30)\n"
         "  --rate R           pods per second, 0.01 to 10000; not for burst (3)\n"
         "  --interval S       seconds between two polls, 0.01 to 3600 (2.0)\n"
         "  --seed N           of the trickle (1)\n"
         "  --repeat N         rounds, the order alternates, 1 to 100 (1)\n"
         "  --polling COMMAND  another polling scheduler, a path or a command\n"
         "  --watch COMMAND    another watch scheduler\n"
         "  --version, --help\n"
         "\n"
         "In a COMMAND {kubeconfig} {name} {interval} {port} are replaced. One without any of these gets our own flags:\n"
         "--kubeconfig {kubeconfig} --scheduler-name {name} --metrics-port {port}, and for polling --interval {interval}.\n"
         "A figure that could not be measured is shown as a dash. A run that cannot be believed is INVALID, with the reason.\n"
         "Exit: 0 all runs valid, 1 a run INVALID or a failure, 2 usage.");
}

static int read_number(const char *flag, const char *text, double min, double max, bool whole, double *value, struct error *err)
{
    char *end;
    double read = strtod(text, &end);

    if (!*text || *end || !(read >= min && read <= max) || (whole && read != (double)(long long)read))
        return error_set(err, ERROR_USAGE, "%s: '%s' is no %snumber from %g to %g", flag, text, whole ? "whole " : "", min, max);
    *value = read;
    return 0;
}

static int read_seed(const char *text, uint64_t *seed, struct error *err)
{
    char *end;

    errno = 0;
    *seed = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno)
        return error_set(err, ERROR_USAGE, "--seed: '%s' is no whole number from 0 to 18446744073709551615", text);
    return 0;
}

static int read_workload(const char *text, struct workload *workload, struct error *err)
{
    int kind = workload_by_name(text);

    if (kind < 0)
        return error_set(err, ERROR_USAGE, "--workload: '%s' is none of burst, steady, trickle", text);
    workload->kind = (enum workload_kind)kind;
    return 0;
}

static int read_command(const char *flag, const char *text, const char **command, struct error *err)
{
    if (!text[strspn(text, " \t")])
        return error_set(err, ERROR_USAGE, "%s: the command is empty", flag);
    *command = text;
    return 0;
}

static int set_flag(struct compare_options *o, int flag, const char *value, struct error *err)
{
    double number = 0;
    int ret;

    switch (flag) {
    case FLAG_KUBECONFIG:
        return read_command("--kubeconfig", value, &o->kubeconfig, err);
    case FLAG_WORKLOAD:
        return read_workload(value, &o->workload, err);
    case FLAG_PODS:
        ret = read_number("--pods", value, 1, 10000, true, &number, err);
        o->workload.pods = (size_t)number;
        return ret;
    case FLAG_RATE:
        return read_number("--rate", value, 0.01, 10000, false, &o->workload.rate, err);
    case FLAG_INTERVAL:
        return read_number("--interval", value, 0.01, 3600, false, &o->interval_s, err);
    case FLAG_SEED:
        return read_seed(value, &o->workload.seed, err);
    case FLAG_REPEAT:
        ret = read_number("--repeat", value, 1, 100, true, &number, err);
        o->repeat = (long)number;
        return ret;
    case FLAG_POLLING:
        return read_command("--polling", value, &o->polling, err);
    case FLAG_WATCH:
        return read_command("--watch", value, &o->watch, err);
    case FLAG_HELP:
        o->help = true;
        return 0;
    default:
        o->version = true;
        return 0;
    }
}

int compare_options_parse(int argc, char **argv, struct compare_options *o, struct error *err)
{
    static const struct option known[] = {{"kubeconfig", required_argument, NULL, FLAG_KUBECONFIG},
                                          {"workload", required_argument, NULL, FLAG_WORKLOAD},
                                          {"pods", required_argument, NULL, FLAG_PODS},
                                          {"rate", required_argument, NULL, FLAG_RATE},
                                          {"interval", required_argument, NULL, FLAG_INTERVAL},
                                          {"seed", required_argument, NULL, FLAG_SEED},
                                          {"repeat", required_argument, NULL, FLAG_REPEAT},
                                          {"polling", required_argument, NULL, FLAG_POLLING},
                                          {"watch", required_argument, NULL, FLAG_WATCH},
                                          {"help", no_argument, NULL, FLAG_HELP},
                                          {"version", no_argument, NULL, FLAG_VERSION},
                                          {NULL, 0, NULL, 0}};
    int flag;

    *o = (struct compare_options){
        NULL, {WORKLOAD_TRICKLE, DEFAULT_PODS, DEFAULT_RATE, DEFAULT_SEED}, DEFAULT_INTERVAL_S, 1, NULL, NULL, false, false};
    opterr = 0;
    optind = 1;
    while ((flag = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        if (flag == ':')
            return error_set(err, ERROR_USAGE, "%s: a value is missing (see --help)", argv[optind - 1]);
        if (flag == '?')
            return error_set(err, ERROR_USAGE, "'%s' is no flag of compare (see --help)", argv[optind - 1]);
        if (set_flag(o, flag, optarg, err) < 0)
            return -1;
    }
    if (optind < argc && !o->help && !o->version)
        return error_set(err, ERROR_USAGE, "'%s' is no flag of compare (see --help)", argv[optind]);
    return 0;
}
