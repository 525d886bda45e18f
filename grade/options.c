#include "grade/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "compare/flag_value.h"

enum { ALL_CHECKPOINTS = 0x3e, TIME_LIMIT_S = 300 };

enum {
    FLAG_POLLING = 256,
    FLAG_WATCH,
    FLAG_KUBECONFIG,
    FLAG_SEED,
    FLAG_FORMAT,
    FLAG_BUNDLE,
    FLAG_REGRADE,
    FLAG_OUT,
    FLAG_PATH,
    FLAG_JOBS,
    FLAG_CSV,
    FLAG_SUBMISSION,
    FLAG_BUILD,
    FLAG_PYTHON,
    FLAG_TIME_LIMIT,
    FLAG_TRUST,
    FLAG_SUMMARY,
    FLAG_HELP,
    FLAG_VERSION
};

void grade_options_print_help(void)
{
    puts("usage: grade [1|2|3|4|5|all]... --polling COMMAND --watch COMMAND [options]\n"
         "       grade [1|2|3|4|5|all]... --submission DIR [options]\n"
         "       grade [1|2|3|4|5|all]... --jobs N DIR... [options]\n"
         "Judges schedulers by what reached the API server: any program, in any language, that takes --scheduler-name and --kubeconfig.\n"
         "\n"
         "  1                  the path of a pod under the default scheduler\n"
         "  2                  observe, decide, act: own pods, least-loaded node, a Binding for each, no pod twice\n"
         "  3                  the line \"Bound NAMESPACE/POD -> NODE\" and what happened agree\n"
         "  4                  watch: no list polling, reacts within a second, survives a closed watch and 410\n"
         "  5                  policies: label filter, taints, backoff, spread\n"
         "  all                the default; takes both --polling and --watch\n"
         "\n"
         "  --polling COMMAND  the polling scheduler: a path, or a command in quotes (\"python3 scheduler.py\")\n"
         "  --watch COMMAND    the watch scheduler\n"
         "  --path FILE        the path of a pod in a student's own words, for checkpoint 1\n"
         "  --kubeconfig FILE  play on that cluster, with nodes and a namespace that go away again; without it on simulators\n"
         "  --seed N           names, counts and nodes are drawn from it; the same seed draws the same (from the clock)\n"
         "  --format NAME      of the result: text, tap, junit, gradescope or github (text)\n"
         "  --out FILE         where the result goes (stdout)\n"
         "  --bundle FILE      also write all that was seen, to judge it again\n"
         "  --regrade FILE     judge such a file; nothing is run\n"
         "  --version, --help\n"
         "\n"
         "  --submission DIR   a folder instead of two commands: polling, bin/polling, polling-scheduler, or polling.py, "
         "polling-scheduler.py,\n"
         "                     polling/scheduler.py, scheduler.py; watch likewise; else its Makefile is run. --path names a file in it\n"
         "  --jobs N DIR...    each folder in DIR is such a submission, N at a time; a table at the end\n"
         "  --out DIR          with --jobs: report, evidence and log of each (NAME.txt, NAME.bundle.json, NAME.log)\n"
         "  --csv FILE         with --jobs: the table\n"
         "  --build COMMAND    builds each, in the sandbox and without network (make, where there is a Makefile and a program is missing)\n"
         "  --python PATH      runs its scripts (python3); of a virtual environment: VENV/bin/python\n"
         "  --time-limit S     with --jobs: for each of them (300)\n"
         "  --trust            grade other people's programs also where the system offers no sandbox that keeps them apart\n"
         "\n"
         "The program gets --scheduler-name NAME --kubeconfig FILE, for checkpoint 5 also --require-node-label env=prod, or --policy "
         "spread.\n"
         "Exit: 0 full marks, 1 less or a failure, 2 usage.");
}

static int read_count(const char *flag, const char *text, int most, int *value, struct error *err)
{
    char *end;
    long number = strtol(text, &end, 10);

    if (*text < '0' || *text > '9' || *end || number < 1 || number > most)
        return error_set(err, ERROR_USAGE, "%s: '%s' is no whole number from 1 to %d", flag, text, most);
    *value = (int)number;
    return 0;
}

static int set_flag(struct grade_options *o, int flag, const char *value, struct error *err)
{
    switch (flag) {
    case FLAG_POLLING:
        return flag_text("--polling", value, &o->polling, err);
    case FLAG_WATCH:
        return flag_text("--watch", value, &o->watch, err);
    case FLAG_KUBECONFIG:
        return flag_text("--kubeconfig", value, &o->kubeconfig, err);
    case FLAG_SEED:
        o->seed_given = true;
        return flag_seed(value, INT64_MAX, &o->seed, err);
    case FLAG_FORMAT:
        o->format = format_by_name(value);
        return o->format ? 0 : error_set(err, ERROR_USAGE, "--format: '%s' is none of %s", value, format_names());
    case FLAG_BUNDLE:
        return flag_text("--bundle", value, &o->bundle, err);
    case FLAG_REGRADE:
        return flag_text("--regrade", value, &o->regrade, err);
    case FLAG_OUT:
        return flag_text("--out", value, &o->out, err);
    case FLAG_PATH:
        return flag_text("--path", value, &o->path, err);
    case FLAG_JOBS:
        return read_count("--jobs", value, 256, &o->jobs, err);
    case FLAG_CSV:
        return flag_text("--csv", value, &o->csv, err);
    case FLAG_SUBMISSION:
        return flag_text("--submission", value, &o->submission, err);
    case FLAG_BUILD:
        return flag_text("--build", value, &o->build, err);
    case FLAG_PYTHON:
        return flag_text("--python", value, &o->python, err);
    case FLAG_TIME_LIMIT:
        return read_count("--time-limit", value, 86400, &o->time_limit_s, err);
    case FLAG_SUMMARY:
        return flag_text("--summary", value, &o->summary, err);
    case FLAG_TRUST:
        o->trust = true;
        return 0;
    case FLAG_HELP:
        o->help = true;
        return 0;
    default:
        o->version = true;
        return 0;
    }
}

static int read_checkpoints(int count, char **words, struct grade_options *o, struct error *err)
{
    for (int i = 0; i < count; i++) {
        const char *word = words[i];

        if (!strcmp(word, "all"))
            o->checkpoints = ALL_CHECKPOINTS;
        else if (*word >= '1' && *word <= '0' + CHECKPOINTS && !word[1])
            o->checkpoints |= 1u << (*word - '0');
        else if (o->jobs) {
            o->folders = words + i;
            o->folder_count = count - i;
            break;
        } else
            return error_set(err, ERROR_USAGE, "'%s' is no checkpoint: 1 to %d or all (see --help)", word, CHECKPOINTS);
    }
    o->all = !o->checkpoints || o->checkpoints == ALL_CHECKPOINTS;
    if (o->all)
        o->checkpoints = ALL_CHECKPOINTS;
    return 0;
}

/* a whole folder, or a folder of folders: what cannot go with it */
static int check_folders(const struct grade_options *o, struct error *err)
{
    const char *flag = o->jobs ? "--jobs" : "--submission";

    if (o->polling || o->watch || o->regrade || (o->jobs && (o->submission || o->bundle || o->summary)))
        return error_set(err, ERROR_USAGE, "%s: it looks for the programs, and goes without --polling, --watch, --regrade%s", flag,
                         o->jobs ? ", --submission and --bundle (--out DIR keeps them all)" : "");
    if (o->jobs && !o->folder_count)
        return error_set(err, ERROR_USAGE, "--jobs: the folder with a folder for each submission is missing");
    if (o->jobs > 1 && o->kubeconfig)
        return error_set(err, ERROR_USAGE, "--jobs: on one cluster they would meet; with --kubeconfig it takes --jobs 1");
    return 0;
}

/* a test that is not judged for want of a program costs nothing, so that must not be a way to full marks */
static int check(const struct grade_options *o, struct error *err)
{
    if (o->jobs || o->submission)
        return check_folders(o, err);
    if (o->csv || o->build || o->python || o->trust || o->time_limit_s)
        return error_set(err, ERROR_USAGE, "--csv, --build, --python, --trust, --time-limit: they go with --jobs or --submission");
    if (o->regrade)
        return o->polling || o->watch || o->bundle
                   ? error_set(err, ERROR_USAGE, "--regrade: nothing is run, so it goes without --polling, --watch and --bundle")
                   : 0;
    if (o->all && (!o->polling || !o->watch))
        return error_set(err, ERROR_USAGE, "--%s: it is missing; without it, name the checkpoints (see --help)",
                         o->polling ? "watch" : "polling");
    if ((o->checkpoints & 1u << 4) && !o->watch)
        return error_set(err, ERROR_USAGE, "--watch: checkpoint 4 is about it, and it is missing");
    if ((o->checkpoints & ~2u) && !o->polling && !o->watch)
        return error_set(err, ERROR_USAGE, "--polling, --watch: at least one of them (see --help)");
    return 0;
}

int grade_options_parse(int argc, char **argv, struct grade_options *options, struct error *err)
{
    static const struct option known[] = {{"polling", required_argument, NULL, FLAG_POLLING},
                                          {"watch", required_argument, NULL, FLAG_WATCH},
                                          {"kubeconfig", required_argument, NULL, FLAG_KUBECONFIG},
                                          {"seed", required_argument, NULL, FLAG_SEED},
                                          {"format", required_argument, NULL, FLAG_FORMAT},
                                          {"bundle", required_argument, NULL, FLAG_BUNDLE},
                                          {"regrade", required_argument, NULL, FLAG_REGRADE},
                                          {"out", required_argument, NULL, FLAG_OUT},
                                          {"path", required_argument, NULL, FLAG_PATH},
                                          {"jobs", required_argument, NULL, FLAG_JOBS},
                                          {"csv", required_argument, NULL, FLAG_CSV},
                                          {"submission", required_argument, NULL, FLAG_SUBMISSION},
                                          {"build", required_argument, NULL, FLAG_BUILD},
                                          {"python", required_argument, NULL, FLAG_PYTHON},
                                          {"time-limit", required_argument, NULL, FLAG_TIME_LIMIT},
                                          {"trust", no_argument, NULL, FLAG_TRUST},
                                          {"summary", required_argument, NULL, FLAG_SUMMARY},
                                          {"help", no_argument, NULL, FLAG_HELP},
                                          {"version", no_argument, NULL, FLAG_VERSION},
                                          {NULL, 0, NULL, 0}};
    struct grade_options parsed = {.format = format_text, .seed = (uint64_t)clock_system()->wall_us(clock_system()) / 1000 % 1000000};
    int flag;

    opterr = 0;
    optind = 1;
    while ((flag = getopt_long(argc, argv, ":", known, NULL)) != -1) {
        if (flag == ':')
            return error_set(err, ERROR_USAGE, "%s: a value is missing (see --help)", argv[optind - 1]);
        if (flag == '?')
            return error_set(err, ERROR_USAGE, "'%s' is no flag of grade (see --help)", argv[optind - 1]);
        if (set_flag(&parsed, flag, optarg, err) < 0)
            return -1;
    }
    if (!parsed.help && !parsed.version && (read_checkpoints(argc - optind, argv + optind, &parsed, err) < 0 || check(&parsed, err) < 0))
        return -1;
    if (!parsed.time_limit_s)
        parsed.time_limit_s = TIME_LIMIT_S;
    *options = parsed;
    return 0;
}
