/*
 * turn.h: the part of one scheduler in a run. Private to contest.c and turn*.c.
 */
#ifndef COMPARE_TURN_H
#define COMPARE_TURN_H

#include "compare/contest.h"
#include "compare/contestant.h"
#include "compare/objects.h"
#include "compare/observer.h"

/* one look at everything that is counted */
struct reading {
    bool load_ok;
    struct load server, own;
    struct client_metrics client;
    int64_t cpu_us, at_us;
};

enum { BEFORE_START, WHEN_READY, WHEN_DONE, AFTER_IDLE, READINGS };

struct turn {
    const struct arena *arena;
    const struct entrant *entrant;
    size_t run; /* its index in the contestant's runs */
    int64_t order;
    bool alone; /* else the server's counters are nobody's in particular */
    bool out;   /* it failed, and takes no more part */
    const char *doing;
    struct contestant scheduler;
    struct observer *probe_observer, *observer;
    struct pods_plan probe, pods;
    char probe_prefix[80], prefix[80], scheduler_name[64], trace[4096];
    int port;
    int64_t ready_us;
    struct reading readings[READINGS];
    int readings_taken;
};

/* the run that the turn fills; contestants' runs move when one is added, so it is looked up */
struct results_run *turn_run(const struct turn *turn);

/* Zeroes the turn, adds a run to its contestant, names everything and starts to watch. To be closed also after a failure. */
int turn_open(struct turn *turn, const struct arena *arena, const struct entrant *entrant, int64_t order, bool alone, struct error *err);
/* Starts the scheduler and waits until it has bound the probe pod and is idle. It is out when it does not come to that. */
int turn_start(struct turn *turn, struct error *err);
/* Takes the next reading. A server that hides its /metrics is no failure. */
int turn_read(struct turn *turn, struct error *err);
/* Stops the scheduler and fills the run with what was found, verdict included. */
int turn_finish(struct turn *turn, struct error *err);
/* Stops whatever still runs, and deletes its pods. */
int turn_close(struct turn *turn, struct error *err);

/* Fills the run's pods and its observer from what was observed (turn_samples.c); NOT for a turn whose observer was not opened. */
int turn_take_samples(struct turn *turn, struct error *err);

/* microseconds of the monotonic clock */
int64_t turn_now_us(void);

#endif
