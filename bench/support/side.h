/*
 * side.h: one side of a benchmark: any scheduler's command, measured over one set of pods that wait for it.
 */
#ifndef BENCH_SUPPORT_SIDE_H
#define BENCH_SUPPORT_SIDE_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "compare/contestant.h"
#include "compare/observer.h"

struct side {
    char name[32];           /* lower case letters, digits and dashes */
    const char *command;     /* with {kubeconfig} and {name} in it */
    char scheduler_name[48]; /* what {name} stands for: "bench-NAME" */
};

/* Reads "NAME=COMMAND", which must outlive the side. ERROR_USAGE when it is none. */
int side_parse(const char *text, struct side *side, struct error *err);

/* Where the measuring takes place. Strings are the caller's. */
struct bench {
    const char *kubeconfig;
    const char *output_dir;  /* where the sides' output goes: NAME.out and NAME.err */
    int64_t bind_timeout_ms; /* for all pods to be bound */
    int64_t idle_timeout_ms; /* for what a scheduler still does after its last bind */
    const volatile sig_atomic_t *stop;
};

/* Times in microseconds; -1: not measured. */
struct side_result {
    bool valid;
    char reason[256];
    size_t pods;
    int64_t first_us;     /* from the start of the process to the first binding visible */
    int64_t binding_us;   /* from the first binding visible to the last */
    int64_t all_us;       /* from the start of the process to the last */
    int64_t ready_us;     /* from the start of the process to /readyz saying 200, to 20 ms; only when the command takes a {port} */
    int64_t cpu_first_us; /* CPU used when the first binding was visible */
    int64_t cpu_us;       /* CPU used from start to end, events and shutdown included */
    int64_t peak_bytes;
};

/*
 * Starts the side, waits until `pods` pods are bound and its CPU is idle (or it has ended), stops it with TERM, and finishes the observer
 * (which the caller still closes). A side that fails or an observation that cannot be believed makes the result invalid, with the reason. Fails
 * only when nothing can be said at all: a command that cannot be started, an interrupt, the API server gone.
 */
int side_measure(const struct bench *bench, const struct side *side, struct observer *observer, size_t pods, struct side_result *result,
                 struct error *err);

/* Bindings per second between the first and the last of them; NAN below two pods. */
double side_rate(const struct side_result *result);

#endif
