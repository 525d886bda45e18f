/*
 * options.h: the command line that both schedulers share, and explain with them.
 */
#ifndef COMMON_SERVICE_OPTIONS_H
#define COMMON_SERVICE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/policy/policy.h"

enum log_format { LOG_TEXT, LOG_JSON };

struct options {
    const char *scheduler_name;       /* my-scheduler */
    const char *kubeconfig, *context; /* NULL when not given */
    const char *namespace_;           /* NULL: all */
    int64_t interval_ms;              /* 2000; 10 ms to 1 day */
    struct scheduling_policy policy;
    struct required_label *required_labels; /* owned; policy.filters points at it */
    bool preemption;                        /* not with a policy that plans: that preempts anyway */
    int64_t gang_settle_us;                 /* 1 s; 0 to 1 h */
    int64_t reinit_delay_us;                /* 10 s; 0 to 1 h */
    int64_t reinit_cooldown_us;             /* 30 s; 0 to 1 day */
    int simulate_bind_errors;               /* 0 */
    int max_bind_attempts;                  /* 3; 1 to 100 */
    int64_t bind_backoff_ms;                /* 500; 1 ms to 1 h */
    int max_inflight;                       /* 32; 1 to 1000 */
    bool print_pods, once, dry_run, leader_elect;
    const char *lease_namespace; /* kube-system */
    const char *lease_name;      /* NULL: the scheduler's, in lower case */
    int metrics_port;            /* 0: off */
    const char *trace_file;      /* NULL: no trace */
    const char *metrics_address; /* 127.0.0.1; in a container 0.0.0.0 */
    uint64_t seed;               /* for random policies and jitter; 0: from the clock */
    enum log_format log_format;  /* --format of explain */
    int verbose;                 /* -v, repeatable */
    bool help, version;          /* nothing else matters then */
    /* explain; the arrays are owned, the texts are argv's */
    const char **state_files; /* "-": stdin */
    size_t state_file_count;  /* 0: the cluster itself */
    const char **pods;        /* NAMESPACE/POD */
    size_t pod_count;         /* 0: all that are pending */
};

/*
 * Reads argv with getopt_long; long names may be shortened while they stay unique, the last of several values counts. `program` is
 * "polling", "watch" or "explain": polling alone has --interval; explain has what makes a decision, files, and pods between and behind its flags. The strings point into argv. Fills *options; end it with options_free().
 * ERROR_USAGE with one line: the flag, what was expected, what it had ("--interval: expected seconds between 0.01 and 86400, got 'abc'
 * (see --help)"), for unknown and ambiguous flags, values out of range, an unknown policy or filter with the list of known ones, words
 * left over. The program's name is for whoever prints the line. *options is untouched then. ERROR_NO_MEMORY likewise.
 * With --help or --version nothing behind them is looked at.
 */
int options_parse(const char *program, int argc, char **argv, struct options *options, struct error *err);
/* Frees what options_parse() allocated and zeroes the struct. */
void options_free(struct options *options);

/* The whole --help text, and one line for --version, to stdout. */
void options_print_help(const char *program);
void options_print_version(const char *program);

#endif
