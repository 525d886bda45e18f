/*
 * options.h: the command line of bin/compare.
 */
#ifndef COMPARE_OPTIONS_H
#define COMPARE_OPTIONS_H

#include <stdbool.h>

#include "common/error.h"
#include "compare/workload.h"

struct compare_options {
    const char *kubeconfig; /* NULL: a simulator of its own */
    struct workload workload;
    double interval_s; /* of polling */
    long repeat;
    const char *polling, *watch; /* commands; NULL: the programs beside bin/compare */
    bool help, version;          /* nothing else matters then */
};

/* Reads argv; strings point into it. ERROR_USAGE with one line: the flag, what it had, what was expected. */
int compare_options_parse(int argc, char **argv, struct compare_options *options, struct error *err);

void compare_options_print_help(void);

#endif
