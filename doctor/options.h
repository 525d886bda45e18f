/* options.h: the command line of doctor. */
#ifndef DOCTOR_OPTIONS_H
#define DOCTOR_OPTIONS_H

#include <stdbool.h>
#include <stdio.h>

#include "common/error.h"

struct doctor_options {
    const char *kubeconfig, *context; /* NULL when not given */
    const char *scheduler_name;       /* my-scheduler */
    const char *image;                /* my-scheduler:dev */
    bool image_given;                 /* else the Deployments' images count, where there are any */
    const char *namespace_;           /* kube-system: where the Deployment is, or is to be */
    bool json, laptop_only;
    bool help, version; /* nothing else matters then */
};

/*
 * Reads argv with getopt_long. The strings point into argv. ERROR_USAGE with one line: the flag, what was expected, what it had; *options is
 * untouched then.
 */
int doctor_options_parse(int argc, char **argv, struct doctor_options *options, struct error *err);

/* The whole --help text. */
void doctor_options_print_help(FILE *out);

#endif
