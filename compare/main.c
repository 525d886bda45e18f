/*
 * compare: which scheduler is more responsive, and which costs the API server less? Runs them over the same arrivals, and says what was measured.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compare/comparison.h"
#include "compare/home.h"
#include "compare/live.h"
#include "compare/progress.h"
#include "compare/report.h"
#include "compare/report_html.h"
#include "compare/stop.h"
#include "compare/subcommand.h"

#define SIMULATED_NODES 4
#define NODES_MOST 5000
#define PODS_PER_NODE 90 /* of a simulated node, which has room for 110 and its system pods */

/* as many as the pods need, the first being tainted */
static int simulated_nodes(const struct compare_options *o)
{
    size_t sides = o->together || o->live ? o->entry_count : 1, pods = o->live ? live_pods(o) : o->workload.pods;
    size_t needed = pods * sides / PODS_PER_NODE + 2, least = o->live ? LIVE_NODES : SIMULATED_NODES;

    if (o->nodes)
        return (int)o->nodes;
    return (int)(needed < least ? least : needed > NODES_MOST ? NODES_MOST : needed);
}

static void print_heading(const struct results *results)
{
    const struct results_options *o = &results->options;
    const struct results_environment *e = &results->environment;

    printf("%s of %zu pods", o->workload, o->pods);
    if (o->rate > 0)
        printf(" at %g a second", o->rate);
    printf(", %lld run%s%s, seed %llu; polling every %g s; on %s with %lld nodes\n\n", (long long)o->repeat, o->repeat == 1 ? "" : "s",
           o->together ? " all at once" : "", (unsigned long long)o->seed, o->interval_s, e->server, (long long)e->nodes);
}

/* the files and the table */
static int show(const struct results *results, const char *out, struct error *err)
{
    char path[4096];

    snprintf(path, sizeof path, "%s/results.json", out);
    if (results_write_json(results, path, err) < 0)
        return -1;
    snprintf(path, sizeof path, "%s/samples.csv", out);
    if (results_write_csv(results, path, err) < 0)
        return -1;
    snprintf(path, sizeof path, "%s/report.html", out);
    if (report_html_write(results, path, err) < 0)
        return -1;
    print_heading(results);
    if (report_print(results, stdout, err) < 0)
        return -1;
    printf("\nreport: %s (results.json and samples.csv beside it)\n", path);
    return 0;
}

static int make_folder(const char *path, struct error *err)
{
    struct stat there;

    if (mkdir(path, 0777) == 0 || (errno == EEXIST && stat(path, &there) == 0 && S_ISDIR(there.st_mode)))
        return 0;
    return error_set(err, ERROR_USAGE, "--out: %s: %s", path, strerror(errno));
}

/* 0: all valid, 1: not, -1: failed */
static int run(const struct compare_options *options, const char *argv0, struct error *err)
{
    struct comparison comparison = {.options = options,
                                    .kubeconfig = options->kubeconfig,
                                    .stop = &stop_requested,
                                    .progress = progress_line,
                                    .on_stage = progress_stages};
    struct results *results = NULL;
    struct home home;
    int ret = -1;

    if (make_folder(options->out, err) < 0 || home_open(&home, "compare", argv0, err) < 0)
        return -1;
    comparison.beside = home.beside;
    if (!options->kubeconfig) {
        progress_line(NULL, "starting a simulator");
        if (options->live) {
            snprintf(home.token_file, sizeof home.token_file, "%s/tokens", home.folder);
            if (live_users_write(home.token_file, options, err) < 0)
                goto cleanup;
        }
        if (home_start_simulator(&home, simulated_nodes(options), &stop_requested, err) < 0)
            goto cleanup;
        comparison.kubeconfig = home.kubeconfig;
    }
    if (options->live)
        ret = live_run(&comparison, &home, err);
    else if (comparison_run(&comparison, &results, err) == 0 && show(results, options->out, err) == 0)
        ret = !results_valid(results);
cleanup:
    results_free(results);
    home_close(&home, false);
    return ret;
}

int main(int argc, char **argv)
{
    struct compare_options options = {0};
    struct error err = ERROR_INIT;
    int ret;

    if (subcommand_run(argc, argv, &ret, &err)) {
        if (ret)
            fprintf(stderr, "compare: %s\n", err.text);
        return ret;
    }
    ret = compare_options_parse(argc, argv, &options, &err);
    if (ret == 0 && options.help) {
        compare_options_print_help();
        return 0;
    }
    if (ret == 0 && options.version) {
        puts("compare " LAB_VERSION);
        return 0;
    }
    stop_install();
    if (ret == 0)
        ret = run(&options, argv[0], &err);
    compare_options_free(&options);
    if (ret >= 0)
        return ret;
    fprintf(stderr, "compare: %s\n", err.text);
    return error_exit_code(&err);
}
