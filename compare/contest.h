/*
 * contest.h: one run: start-up, the arrivals, an idle phase, the end; of one scheduler alone, or of several at once.
 *
 * A run counts start-up, busy and idle apart. A scheduler is ready when it has bound a probe pod, which is no sample: that holds for
 * any scheduler, whatever it prints.
 */
#ifndef COMPARE_CONTEST_H
#define COMPARE_CONTEST_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "compare/api_client.h"
#include "compare/options.h"
#include "compare/results.h"

/* What there is to show of a scheduler while it works. */
struct stage {
    const char *name, *doing; /* "watch", "idle for 6 s" */
    size_t pods, added, bound;
};

/* Where runs take place. Strings are the caller's. */
struct arena {
    const struct compare_options *options;
    const char *kubeconfig;
    const char *namespace_;
    const char *output_dir; /* of the schedulers' stdout, stderr and trace: NAME-ORDER.out, .err, .trace */
    struct api_client *client;
    bool kubelets; /* others ask the API server too: its counts are not of the schedulers alone */
    const volatile sig_atomic_t *stop;
    void (*on_stage)(void *ctx, const struct stage *stages, size_t count); /* several times a second; NULL: nobody watches */
    void *ctx;
    int64_t turns; /* so far; contest_run() counts them */
};

struct entrant {
    struct results_contestant *contestant; /* gets one run more */
    double interval_s;                     /* what {interval} stands for, and how long to wait for a poller */
};

/*
 * Runs these schedulers over the arrivals of round `round` (from 0; it goes into the seed), at once when there are several. A scheduler that fails, or
 * an observation that cannot be believed, makes its run INVALID, with the reason. Fails only when the API server or memory is gone, a command cannot
 * be started, or somebody wants to stop.
 */
int contest_run(struct arena *arena, const struct entrant *entrants, size_t count, long round, struct error *err);

#endif
