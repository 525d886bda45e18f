/*
 * contest.h: one scheduler's turn: start-up, the arrivals, an idle phase, the end; and the sum of its turns.
 *
 * A turn counts start-up, busy and idle apart. The scheduler is ready when it has bound a probe pod, which is no sample: that holds for
 * any scheduler, whatever it prints. The arrivals then begin at a random point of the polling interval (from the seed), since a burst
 * that always came just after a poll would measure the phase and not the scheduler.
 */
#ifndef COMPARE_CONTEST_H
#define COMPARE_CONTEST_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "compare/api_client.h"
#include "compare/client_metrics.h"
#include "compare/load.h"
#include "compare/options.h"

/* Where turns take place. Strings are the caller's. */
struct arena {
    const struct compare_options *options;
    const char *kubeconfig;
    const char *namespace_;
    const char *output_dir; /* of the schedulers' stdout and stderr */
    struct api_client *client;
    const volatile sig_atomic_t *stop;
    void (*progress)(const char *line); /* one line, no newline */
};

/* All turns of one scheduler. Sums over the turns unless said otherwise. A flag of false: not measured, so its figures mean nothing. */
struct contest {
    const char *label;     /* "polling", "watch" */
    const char *command;   /* with placeholders */
    int64_t *latencies_us; /* owned; one for each pod */
    size_t latency_count;
    size_t pods;
    size_t turns;     /* that came to their end */
    int64_t ready_us; /* of the last turn: start of the process to the probe bound */
    bool load_measured;
    struct load startup, busy, idle; /* requests on the server */
    int64_t watches;                 /* begun, of pods and nodes */
    int64_t idle_us;
    bool client_measured;
    struct client_metrics client_busy, client_idle;
    bool cpu_measured;
    int64_t cpu_busy_us, cpu_idle_us;
    int64_t peak_bytes; /* of the largest turn; -1: not measured */
    bool invalid;
    char reason[320]; /* of the first invalid turn */
};

void contest_init(struct contest *contest, const char *label, const char *command);
void contest_free(struct contest *contest);

/*
 * Runs turn number `round` (from 0; it goes into the seed). A scheduler that fails, or an observation that cannot be believed, makes the contest
 * invalid, with the reason. Fails only when the API server or memory is gone, the command cannot be started, or somebody wants to stop.
 */
int contest_turn(const struct arena *arena, struct contest *contest, int round, struct error *err);

#endif
