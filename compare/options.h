/*
 * options.h: the command line of bin/compare.
 */
#ifndef COMPARE_OPTIONS_H
#define COMPARE_OPTIONS_H

#include <stdbool.h>

#include "common/error.h"
#include "compare/results.h"
#include "compare/workload.h"

struct compare_entry {
    char name[RESULTS_NAME_BYTES];
    const char *command; /* as given; NULL: our own program of that name */
    bool polls;          /* it gets --interval */
};

struct compare_options {
    const char *kubeconfig; /* NULL: a simulator of its own */
    long nodes;             /* to be made; 0: as many as the pods need on a simulator, none on a cluster */
    struct workload workload;
    double interval_s;                 /* of polling */
    double sweep_s[RESULTS_SWEEP_MAX]; /* shortest first */
    size_t sweep_count;
    long repeat;
    double idle_s;
    double patience_s; /* so long without a binding, and a scheduler is given up; polling's intervals come on top */
    bool together;
    bool live, pods_given;
    long web;        /* port of the live view's page, 0: any; -1: none */
    const char *out; /* folder */
    struct compare_entry entries[RESULTS_CONTESTANTS_MAX];
    size_t entry_count;
    int64_t *recorded;  /* owned: the arrivals of --workload file= */
    bool help, version; /* nothing else matters then */
};

/*
 * Reads argv; strings point into it. A recorded file is read too. ERROR_USAGE with one line: the flag, what it had, what was expected. End
 * with compare_options_free().
 */
int compare_options_parse(int argc, char **argv, struct compare_options *options, struct error *err);
void compare_options_free(struct compare_options *options);

void compare_options_print_help(void);

#endif
