/*
 * options.h: the command line of bin/grade.
 */
#ifndef GRADE_OPTIONS_H
#define GRADE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "grade/format.h"

struct grade_options {
    unsigned checkpoints;        /* bit c set for each that is asked for */
    bool all;                    /* "all", or no checkpoint was named */
    const char *polling, *watch; /* paths or commands; NULL: not given */
    const char *kubeconfig;      /* NULL: simulators */
    uint64_t seed;
    bool seed_given; /* else it is from the clock */
    format_write format;
    const char *bundle, *regrade, *out, *path; /* files; NULL: not given */
    const char *submission;                    /* a folder instead of --polling and --watch; NULL: not given */
    const char *folder;                        /* not a flag: where the files of both programs are; NULL: as their commands say */
    const char *build, *python, *summary;      /* NULL: not given; python is "python3" then */
    int jobs;                                  /* 0: no class, but one submission */
    char *const *folders;                      /* of --jobs, in argv */
    int folder_count;
    const char *csv;
    int time_limit_s; /* of one submission of a class */
    bool trust;
    bool help, version; /* nothing else matters then */
};

/* Reads argv; strings point into it. A seed that is not given comes from the clock. ERROR_USAGE with one line: the flag, what it had, what was expected. */
int grade_options_parse(int argc, char **argv, struct grade_options *options, struct error *err);

/* The whole --help text, to stdout. */
void grade_options_print_help(void);

#endif
