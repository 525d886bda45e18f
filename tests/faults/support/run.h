/*
 * run.h: one run of chaos, which the files around it share: workload.h does things to the cluster, schedulers.h has those that live in it,
 * judge.h says what may never happen and what must be true at the end.
 */
#ifndef TESTS_FAULTS_RUN_H
#define TESTS_FAULTS_RUN_H

#include <setjmp.h>

#include "common/scheduler_internal.h"
#include "tests/faults/support/world.h"

#define OURS "my-scheduler"
#define MAX_PODS 400
#define MAX_NODES 12
#define CHAOS_US 20000000 /* how long the workload goes on */

enum cast { CAST_POLLING, CAST_WATCH, CAST_WATCH_TWICE, CAST_BOTH, CAST_COUNT };

struct known_pod {
    char name[32], uid[64], node[64];
    bool ours, gated, alive;
    bool doomed; /* the scheduler that works now has said that its gang leaves */
    int priority;
};

struct run {
    struct world world;
    uint64_t seed;
    enum cast cast;
    bool plans; /* --policy one-per-node, by one scheduler alone: two would each have a plan of their own */
    struct options options;
    struct known_pod pods[MAX_PODS];
    size_t pod_count;
    int64_t next_us;
    int actions, bursts;
    bool over; /* no more faults and actions */
    bool restart_polling, restarting, done;
    int64_t next_look_us;
    int64_t stood_at_us; /* since when the time stands still, and for how many steps */
    unsigned long stood;
    unsigned long binds, choices, evictions;
};

extern const char *const cast_names[CAST_COUNT];
/* what runs now, for those that get no context */
extern struct run *now_running;
/* where fail() goes */
extern jmp_buf failed;
extern int verbose;

/* Says what is wrong, and how to see it again, and ends the run. */
void fail(const char *format, ...);
/* One line of what happens, with -v. */
void say(const char *format, ...);

/* A request of the test itself. Returns the status; the body is in *answer. */
int request(struct run *run, const char *method, const char *type, struct buffer *answer, const char *body, const char *target, ...);

#endif
