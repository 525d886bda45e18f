#include "compare/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/flag_value.h"

/* The defaults end in under 50 s: about 10 s of arrivals and 6 s of idling for each, which is three polling cycles. */
#define DEFAULT_PODS 30
#define DEFAULT_RATE 3.0
#define DEFAULT_INTERVAL_S 2.0
#define DEFAULT_PATIENCE_S 15.0
#define DEFAULT_IDLE_S 6.0
#define DEFAULT_SEED 1

enum flag {
    FLAG_KUBECONFIG = 1,
    FLAG_NODES,
    FLAG_WORKLOAD,
    FLAG_PODS,
    FLAG_RATE,
    FLAG_INTERVAL,
    FLAG_SWEEP,
    FLAG_SEED,
    FLAG_REPEAT,
    FLAG_IDLE,
    FLAG_PATIENCE,
    FLAG_TOGETHER,
    FLAG_LIVE,
    FLAG_WEB,
    FLAG_POLLING,
    FLAG_WATCH,
    FLAG_CONTESTANT,
    FLAG_OUT,
    FLAG_HELP,
    FLAG_VERSION
};

/* what was given so far, which decides the defaults in the end */
struct given {
    const char *polling, *watch, *recorded_file;
    bool pods, contestants;
};

void compare_options_print_help(void)
{
    puts(
        "usage: compare [flags]\n"
        "       compare diff A.json B.json     two comparisons side by side (compare diff --help)\n"
        "       compare report RESULTS.json    report.html again from its results (compare report --help)\n"
        "Runs the same arrivals of pods through several schedulers and shows latency and API load side by side.\n"
        "Latency is from the API server accepting a pod to its binding being visible, as an independent observer's watch sees both.\n"
        "\n"
        "  --kubeconfig FILE  measure on this cluster, in a namespace of its own (default: a simulator of its own)\n"
        "  --nodes N          make N nodes for the time of the comparison, 1 to 5000 (simulator: as many as the pods need; cluster: none)\n"
        "  --workload W       burst: all at once; steady: evenly; trickle: at random times from the seed;\n"
        "                     file=PATH: recorded, an offset in seconds a line (trickle)\n"
        "  --pods N           pods for each scheduler and run, 1 to 10000 (30; of a file all)\n"
        "  --rate R           pods per second, 0.01 to 10000; not for burst and file (3)\n"
        "  --interval S       seconds between two polls, 0.01 to 3600 (2.0)\n"
        "  --sweep S,S,...    polling at each of these intervals too, beside theory and the others\n"
        "  --repeat N         runs of each, the order alternates, 1 to 100 (1)\n"
        "  --idle S           seconds to watch each when nothing is to do, at least; 0 to 3600, in whole intervals (6)\n"
        "  --patience S       seconds without a binding until a scheduler is given up, 0.1 to 3600 (15)\n"
        "  --seed N           of the trickle (1)\n"
        "  --together         all at once, not in turn: then the server's counters and the CPU are shared\n"
        "  --live             all at once, shown while they work; without --pods a trickle has no end; b x c p q: keys\n"
        "  --web PORT         with --live: as a page on 127.0.0.1 too (0: any free port)\n"
        "  --polling COMMAND  another polling scheduler, a path or a command\n"
        "  --watch COMMAND    another watch scheduler\n"
        "  --contestant NAME=COMMAND\n"
        "                     one more scheduler, repeatable; our own two then take part only if --polling or --watch says so\n"
        "  --out DIR          where report.html, results.json, samples.csv and what the schedulers print go (compare-out)\n"
        "  --version, --help\n"
        "\n"
        "In a COMMAND {kubeconfig} {name} {interval} {port} {trace} are replaced; {name} is compare-NAME. A path alone gets our own "
        "flags:\n"
        "--kubeconfig {kubeconfig} --scheduler-name {name} --metrics-port {port} --trace-file {trace}, and for polling --interval "
        "{interval}.\n"
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

static int read_long(const char *flag, const char *text, long min, long max, long *value, struct error *err)
{
    double read;

    if (read_number(flag, text, (double)min, (double)max, true, &read, err) < 0)
        return -1;
    *value = (long)read;
    return 0;
}

static int read_workload(const char *text, struct compare_options *o, struct given *given, struct error *err)
{
    int kind = workload_by_name(text);

    if (!strncmp(text, "file=", 5) && text[5]) {
        o->workload.kind = WORKLOAD_FILE;
        given->recorded_file = text + 5;
        return 0;
    }
    if (kind < 0)
        return error_set(err, ERROR_USAGE, "--workload: '%s' is none of burst, steady, trickle, file=PATH", text);
    o->workload.kind = (enum workload_kind)kind;
    given->recorded_file = NULL;
    return 0;
}

static int compare_seconds(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static int read_sweep(const char *text, struct compare_options *o, struct error *err)
{
    const char *at = text;
    char part[32];

    for (o->sweep_count = 0; *at; o->sweep_count++) {
        size_t length = strcspn(at, ",");

        if (o->sweep_count == RESULTS_SWEEP_MAX)
            return error_set(err, ERROR_USAGE, "--sweep: '%s' has more than %d intervals", text, RESULTS_SWEEP_MAX);
        snprintf(part, sizeof part, "%.*s", (int)(length < sizeof part ? length : sizeof part - 1), at);
        if (read_number("--sweep", part, 0.01, 3600, false, &o->sweep_s[o->sweep_count], err) < 0)
            return -1;
        at += length;
        if (*at && !*++at)
            return error_set(err, ERROR_USAGE, "--sweep: '%s' ends with a comma", text);
    }
    if (!o->sweep_count)
        return error_set(err, ERROR_USAGE, "--sweep: it is empty");
    qsort(o->sweep_s, o->sweep_count, sizeof *o->sweep_s, compare_seconds);
    for (size_t i = 1; i < o->sweep_count; i++)
        if (!(o->sweep_s[i] > o->sweep_s[i - 1]))
            return error_set(err, ERROR_USAGE, "--sweep: '%s' has %g twice", text, o->sweep_s[i]);
    return 0;
}

/* a name goes into names of pods and of schedulers */
static int add_entry(struct compare_options *o, const char *flag, const char *name, size_t length, const char *command, bool polls,
                     struct error *err)
{
    struct compare_entry *entry = &o->entries[o->entry_count];
    size_t i;

    if (o->entry_count == RESULTS_CONTESTANTS_MAX)
        return error_set(err, ERROR_USAGE, "%s: more than %d schedulers", flag, RESULTS_CONTESTANTS_MAX);
    if (!length || length >= sizeof entry->name || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") < length || *name == '-' ||
        name[length - 1] == '-')
        return error_set(err, ERROR_USAGE, "%s: '%.*s' is no name of 1 to %zu small letters, digits and inner dashes", flag, (int)length,
                         name, sizeof entry->name - 1);
    snprintf(entry->name, sizeof entry->name, "%.*s", (int)length, name);
    for (i = 0; i < o->entry_count; i++)
        if (!strcmp(o->entries[i].name, entry->name))
            return error_set(err, ERROR_USAGE, "%s: there are two schedulers called '%s'", flag, entry->name);
    entry->command = command;
    entry->polls = polls;
    o->entry_count++;
    return 0;
}

static int read_contestant(const char *text, struct compare_options *o, struct error *err)
{
    const char *equals = strchr(text, '='), *command = NULL;

    if (!equals)
        return error_set(err, ERROR_USAGE, "--contestant: '%s' is no NAME=COMMAND", text);
    if (flag_text("--contestant", equals + 1, &command, err) < 0)
        return -1;
    return add_entry(o, "--contestant", text, (size_t)(equals - text), command, strstr(command, "{interval}") != NULL, err);
}

static int set_flag(struct compare_options *o, struct given *given, int flag, const char *value, struct error *err)
{
    long number = 0;

    switch (flag) {
    case FLAG_KUBECONFIG:
        return flag_text("--kubeconfig", value, &o->kubeconfig, err);
    case FLAG_NODES:
        return read_long("--nodes", value, 1, 5000, &o->nodes, err);
    case FLAG_WORKLOAD:
        return read_workload(value, o, given, err);
    case FLAG_PODS:
        given->pods = true;
        if (read_long("--pods", value, 1, WORKLOAD_PODS_MAX, &number, err) < 0)
            return -1;
        o->workload.pods = (size_t)number;
        return 0;
    case FLAG_RATE:
        return read_number("--rate", value, 0.01, 10000, false, &o->workload.rate, err);
    case FLAG_INTERVAL:
        return read_number("--interval", value, 0.01, 3600, false, &o->interval_s, err);
    case FLAG_SWEEP:
        return read_sweep(value, o, err);
    case FLAG_SEED:
        return flag_seed(value, UINT64_MAX, &o->workload.seed, err);
    case FLAG_REPEAT:
        return read_long("--repeat", value, 1, 100, &o->repeat, err);
    case FLAG_IDLE:
        return read_number("--idle", value, 0, 3600, false, &o->idle_s, err);
    case FLAG_PATIENCE:
        return read_number("--patience", value, 0.1, 3600, false, &o->patience_s, err);
    case FLAG_POLLING:
        return flag_text("--polling", value, &given->polling, err);
    case FLAG_WATCH:
        return flag_text("--watch", value, &given->watch, err);
    case FLAG_CONTESTANT:
        given->contestants = true;
        return read_contestant(value, o, err);
    case FLAG_OUT:
        return flag_text("--out", value, &o->out, err);
    case FLAG_TOGETHER:
        o->together = true;
        return 0;
    case FLAG_LIVE:
        o->live = true;
        return 0;
    case FLAG_WEB:
        return read_long("--web", value, 0, 65535, &o->web, err);
    case FLAG_HELP:
        o->help = true;
        return 0;
    default:
        o->version = true;
        return 0;
    }
}

/* the schedulers of the lab come first, whatever the order of the flags */
static int add_own(struct compare_options *o, const struct given *given, struct error *err)
{
    struct compare_entry others[RESULTS_CONTESTANTS_MAX];
    size_t i, count = o->entry_count;

    memcpy(others, o->entries, sizeof others);
    o->entry_count = 0;
    if ((given->polling || !given->contestants) && add_entry(o, "--polling", "polling", 7, given->polling, true, err) < 0)
        return -1;
    if ((given->watch || !given->contestants) && add_entry(o, "--watch", "watch", 5, given->watch, false, err) < 0)
        return -1;
    for (i = 0; i < count; i++)
        if (add_entry(o, "--contestant", others[i].name, strlen(others[i].name), others[i].command, others[i].polls, err) < 0)
            return -1;
    return 0;
}

static int read_recorded(struct compare_options *o, const struct given *given, struct error *err)
{
    size_t count = 0;

    if (o->workload.kind != WORKLOAD_FILE)
        return 0;
    if (workload_read(given->recorded_file, &o->recorded, &count, err) < 0)
        return error_prefix(err, "--workload");
    if (given->pods && o->workload.pods > count)
        return error_set(err, ERROR_USAGE, "--pods: %zu, but %s has %zu arrivals", o->workload.pods, given->recorded_file, count);
    if (!given->pods)
        o->workload.pods = count;
    o->workload.file = given->recorded_file;
    o->workload.recorded = o->recorded;
    return 0;
}

static int parse(int argc, char **argv, struct compare_options *o, struct error *err)
{
    static const struct option known[] = {{"kubeconfig", required_argument, NULL, FLAG_KUBECONFIG},
                                          {"nodes", required_argument, NULL, FLAG_NODES},
                                          {"workload", required_argument, NULL, FLAG_WORKLOAD},
                                          {"pods", required_argument, NULL, FLAG_PODS},
                                          {"rate", required_argument, NULL, FLAG_RATE},
                                          {"interval", required_argument, NULL, FLAG_INTERVAL},
                                          {"sweep", required_argument, NULL, FLAG_SWEEP},
                                          {"seed", required_argument, NULL, FLAG_SEED},
                                          {"repeat", required_argument, NULL, FLAG_REPEAT},
                                          {"idle", required_argument, NULL, FLAG_IDLE},
                                          {"patience", required_argument, NULL, FLAG_PATIENCE},
                                          {"together", no_argument, NULL, FLAG_TOGETHER},
                                          {"live", no_argument, NULL, FLAG_LIVE},
                                          {"web", required_argument, NULL, FLAG_WEB},
                                          {"polling", required_argument, NULL, FLAG_POLLING},
                                          {"watch", required_argument, NULL, FLAG_WATCH},
                                          {"contestant", required_argument, NULL, FLAG_CONTESTANT},
                                          {"out", required_argument, NULL, FLAG_OUT},
                                          {"help", no_argument, NULL, FLAG_HELP},
                                          {"version", no_argument, NULL, FLAG_VERSION},
                                          {NULL, 0, NULL, 0}};
    struct given given = {0};
    int flag;

    opterr = 0;
    optind = 1;
    while ((flag = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        if (flag == ':')
            return error_set(err, ERROR_USAGE, "%s: a value is missing (see --help)", argv[optind - 1]);
        if (flag == '?')
            return error_set(err, ERROR_USAGE, "'%s' is no flag of compare (see --help)", argv[optind - 1]);
        if (set_flag(o, &given, flag, optarg, err) < 0)
            return -1;
    }
    if (o->help || o->version)
        return 0;
    if (optind < argc)
        return error_set(err, ERROR_USAGE, "'%s' is no flag of compare (see --help)", argv[optind]);
    if (o->live && o->sweep_count)
        return error_set(err, ERROR_USAGE, "--sweep: it does not go with --live");
    if (o->web >= 0 && !o->live)
        return error_set(err, ERROR_USAGE, "--web: it goes with --live");
    o->pods_given = given.pods;
    return add_own(o, &given, err) < 0 ? -1 : read_recorded(o, &given, err);
}

int compare_options_parse(int argc, char **argv, struct compare_options *options, struct error *err)
{
    struct compare_options parsed = {
        .workload = {.kind = WORKLOAD_TRICKLE, .pods = DEFAULT_PODS, .rate = DEFAULT_RATE, .seed = DEFAULT_SEED},
        .interval_s = DEFAULT_INTERVAL_S,
        .repeat = 1,
        .web = -1,
        .idle_s = DEFAULT_IDLE_S,
        .patience_s = DEFAULT_PATIENCE_S,
        .out = "compare-out"};

    if (parse(argc, argv, &parsed, err) < 0) {
        compare_options_free(&parsed);
        return -1;
    }
    *options = parsed;
    return 0;
}

void compare_options_free(struct compare_options *options)
{
    free(options->recorded);
    options->recorded = NULL;
}
