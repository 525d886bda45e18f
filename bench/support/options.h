/*
 * options.h: the command line that the benchmarks share.
 */
#ifndef BENCH_SUPPORT_OPTIONS_H
#define BENCH_SUPPORT_OPTIONS_H

#include "bench/support/side.h"

#define SIDE_MAX 8
#define ROUNDS_MAX 50

struct bench_options {
    long nodes, pods, rounds, settle_ms;
    struct side sides[SIDE_MAX];
    size_t side_count;
    struct bench bench;
    bool help; /* nothing else matters then */
};

/*
 * Reads argv over the defaults that *options holds; strings point into argv. ERROR_USAGE with one line, which is empty when getopt has said
 * what is wrong.
 */
int bench_options_parse(int argc, char **argv, struct bench_options *options, struct error *err);

/* Pauses for settle_ms. Fails with "interrupted" when the stop flag is set meanwhile. */
int bench_settle(const struct bench_options *options, struct error *err);

/* Installs handlers of SIGINT and SIGTERM that set the flag, which is returned: the tools then clean up and leave. */
const volatile sig_atomic_t *bench_stop_flag(void);

/* Reads a whole number from min to max. ERROR_USAGE names the flag. */
int bench_number(const char *flag, const char *text, long min, long max, long *value, struct error *err);

#endif
