#include "compare/subcommand.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "compare/diff.h"
#include "compare/report_html.h"

#define PATH_BYTES 4096

enum flag { FLAG_OUT = 1, FLAG_FORMAT, FLAG_FORCE, FLAG_HELP };

/* what the flags and files of a subcommand were */
struct given {
    const char *files[2], *out, *format;
    bool force, help;
};

struct subcommand {
    const char *name, *usage;
    int files;
    const struct option *flags;
    int (*run)(const struct given *given, struct error *err);
};

/* report.html beside the results, unless said otherwise */
static int report_path(const struct given *given, char *path, struct error *err)
{
    const char *slash = strrchr(given->files[0], '/');
    int folder = slash ? (int)(slash - given->files[0]) + 1 : 0, bytes;

    if (given->out)
        bytes = snprintf(path, PATH_BYTES, "%s", given->out);
    else
        bytes = snprintf(path, PATH_BYTES, "%.*sreport.html", folder, given->files[0]);
    return bytes < PATH_BYTES ? 0 : error_set(err, ERROR_USAGE, "%s: the path is too long", given->files[0]);
}

static int run_report(const struct given *given, struct error *err)
{
    char path[PATH_BYTES];
    struct results *results;
    int ret = -1;

    if (report_path(given, path, err) < 0)
        return -1;
    results = results_read_json(given->files[0], err);
    if (results && report_html_write(results, path, err) == 0) {
        printf("report: %s\n", path);
        ret = 0;
    }
    results_free(results);
    return ret;
}

static int run_diff(const struct given *given, struct error *err)
{
    struct results *a = NULL, *b = NULL;
    bool json = given->format && !strcmp(given->format, "json");
    int ret = -1;

    if (given->format && !json && strcmp(given->format, "text"))
        return error_set(err, ERROR_USAGE, "--format: '%s' is none of text, json", given->format);
    a = results_read_json(given->files[0], err);
    b = a ? results_read_json(given->files[1], err) : NULL;
    if (b)
        ret = diff_print(&(struct diff_input){given->files, {a, b}, json, given->force}, stdout, err);
    results_free(a);
    results_free(b);
    return ret;
}

static const struct option report_flags[] = {
    {"out", required_argument, NULL, FLAG_OUT}, {"help", no_argument, NULL, FLAG_HELP}, {NULL, 0, NULL, 0}};
static const struct option diff_flags[] = {{"format", required_argument, NULL, FLAG_FORMAT},
                                           {"force", no_argument, NULL, FLAG_FORCE},
                                           {"help", no_argument, NULL, FLAG_HELP},
                                           {NULL, 0, NULL, 0}};

static const struct subcommand subcommands[] = {
    {"report",
     "usage: compare report RESULTS.json [--out FILE]\n"
     "Makes report.html from the results of a comparison again, beside them or as FILE.",
     1, report_flags, run_report},
    {"diff",
     "usage: compare diff A.json B.json [--format text|json] [--force]\n"
     "Two comparisons side by side: each figure of both, the change from A to B, and whether it is outside of the spread between runs, "
     "which takes\n"
     "three runs of each (--repeat 3). What the two were asked for differently is named; where that makes the figures mean different "
     "things\n"
     "(another workload, another rate) nothing is compared without --force.\n"
     "Exit: 0 compared, whatever came out; 1 failed; 2 usage, a file that is no results.json, or nothing to compare.",
     2, diff_flags, run_diff},
};

static int set_flag(struct given *given, int flag, const char *value)
{
    switch (flag) {
    case FLAG_OUT:
        given->out = value;
        return 0;
    case FLAG_FORMAT:
        given->format = value;
        return 0;
    case FLAG_FORCE:
        given->force = true;
        return 0;
    default:
        given->help = true;
        return 0;
    }
}

/* argv[0] is the name of the subcommand */
static int parse(const struct subcommand *subcommand, int argc, char **argv, struct given *given, struct error *err)
{
    int flag, i;

    opterr = 0;
    optind = 1;
    while ((flag = getopt_long(argc, argv, ":", subcommand->flags, NULL)) != -1) {
        if (flag == ':')
            return error_set(err, ERROR_USAGE, "%s: a value is missing (see compare %s --help)", argv[optind - 1], subcommand->name);
        if (flag == '?')
            return error_set(err, ERROR_USAGE, "'%s' is no flag of compare %s (see --help)", argv[optind - 1], subcommand->name);
        set_flag(given, flag, optarg);
    }
    if (given->help)
        return 0;
    if (argc - optind != subcommand->files)
        return error_set(err, ERROR_USAGE, "compare %s: %d files given, expected %d (see --help)", subcommand->name, argc - optind,
                         subcommand->files);
    for (i = 0; i < subcommand->files; i++)
        given->files[i] = argv[optind + i];
    return 0;
}

bool subcommand_run(int argc, char **argv, int *code, struct error *err)
{
    const struct subcommand *end = subcommands + sizeof subcommands / sizeof *subcommands, *subcommand = subcommands;
    struct given given = {0};
    int ret;

    while (subcommand < end && (argc < 2 || strcmp(argv[1], subcommand->name)))
        subcommand++;
    if (subcommand == end)
        return false;
    ret = parse(subcommand, argc - 1, argv + 1, &given, err);
    if (ret == 0 && given.help)
        puts(subcommand->usage);
    else if (ret == 0)
        ret = subcommand->run(&given, err);
    *code = ret < 0 ? error_exit_code(err) : 0;
    return true;
}
