/*
 * results.h: everything that a comparison has found, as plain data: what results.json holds, and what tables, charts and the sentence are
 * made from. Nothing here is computed twice: a figure that follows from others (a median, requests per pod) is in results_summary.h.
 *
 * A run is one turn of one scheduler over one set of arrivals. Runs that cannot be believed are kept, with the reason, and count in no figure.
 * Times are in microseconds. What was not measured is NOT_MEASURED (a time), -1 (a count) or false (a flag): never zero.
 */
#ifndef COMPARE_RESULTS_H
#define COMPARE_RESULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "compare/client_metrics.h"
#include "compare/load.h"

#define RESULTS_SCHEMA 1 /* of results.json; goes up when a reader of the old one would misread */
#define RESULTS_CONTESTANTS_MAX 8
#define RESULTS_SWEEP_MAX 16
#define RESULTS_NAME_BYTES 32
#define RESULTS_REASON_BYTES 320
#define NOT_MEASURED INT64_MIN

/* How the comparison was asked for. */
struct results_options {
    char *workload;    /* "burst", "steady", "trickle", "file" */
    char *file;        /* the recorded arrivals; NULL: none */
    size_t pods;       /* for each contestant and run */
    double rate;       /* pods per second; 0: of no meaning */
    double interval_s; /* of the polling contestants */
    int64_t repeat;    /* runs of each contestant */
    uint64_t seed;
    double idle_s; /* each run is watched idle for at least so long */
    bool together; /* all contestants at once: then requests on the server are nobody's in particular */
};

/* Where it took place. Strings are owned; NULL: not known. */
struct results_environment {
    char *version;        /* of compare */
    char *server;         /* "simulator", or the URL */
    char *server_version; /* as /version says: "v1.34.4" */
    char *machine;        /* "Linux 6.1.0 x86_64" */
    int64_t cpus;         /* -1: not known */
    int64_t nodes;        /* in the cluster when it began; -1: not known */
    int64_t began_us;     /* since 1970 */
    bool kubelets;        /* real ones live there: the API server's counts are not of the schedulers alone, and are not shown */
};

/* One pod of one run; times after the run's start, which is when the first pod was due. Ascending where measured, but for what watches differ. */
struct results_pod {
    int64_t arrival_us;   /* when it was to be made: the same for every contestant */
    int64_t accepted_us;  /* the API server's answer to its creation was here, or its ADDED, whichever came first */
    int64_t seen_us;      /* the scheduler had it in its hands (its own word, --trace-file) */
    int64_t bind_sent_us; /* the scheduler sent the binding (its own word) */
    int64_t bound_us;     /* spec.nodeName was seen set by the observer */
    char *node;           /* owned; NULL: unbound */
};

enum results_phase {
    RESULTS_STARTUP, /* from the start of the process until its first pod was bound and it had nothing to do */
    RESULTS_BUSY,    /* the arrivals, until the last pod was bound and events were written */
    RESULTS_IDLE,    /* nothing to do */
    RESULTS_PHASES
};

struct results_span {
    int64_t duration_us;          /* -1: the run did not get there, and nothing else here was measured */
    bool server_measured;         /* whether `server` means anything */
    struct load server;           /* requests by verb and resource, as the API server counts, less the tools' own */
    struct client_metrics client; /* requests and bytes, as the scheduler counts */
    int64_t cpu_us;               /* of the process; -1 */
};

/* How well the observer kept up: the most by which a time of its can be wrong. */
struct results_observer {
    int64_t worst_delay_us; /* an event may have waited so long before it was timed; -1 */
    int64_t late_pods;      /* pods whose latency could be wrong by more than a tenth and more than 10 ms; -1 */
    int64_t clock_step_us;  /* the wall clock moved so much against the monotonic one; 0: not at all */
};

struct results_run {
    int64_t number;   /* from 1; runs of one number had the same arrivals */
    int64_t order;    /* from 1: which turn of the whole comparison this was */
    int64_t attempts; /* this is the first, second or third: those before were thrown away, since the observer fell behind */
    bool valid;
    char reason[RESULTS_REASON_BYTES]; /* why it is INVALID; empty when valid */
    int64_t ready_us;                  /* from the start of the process to its first pod bound; -1 */
    struct results_span phase[RESULTS_PHASES];
    int64_t peak_bytes; /* most memory resident; -1 */
    struct results_observer observer;
    size_t pod_count;
    struct results_pod *pods; /* owned, in order of arrival */
};

struct results_contestant {
    char name[RESULTS_NAME_BYTES];
    char *command;     /* owned, with its placeholders */
    double interval_s; /* it polls so often; 0: it does not, or nobody knows */
    size_t run_count;
    struct results_run *runs; /* owned, in order of their number */
};

struct results {
    struct results_options options;
    struct results_environment environment;
    size_t contestant_count;
    struct results_contestant contestants[RESULTS_CONTESTANTS_MAX];
    size_t sweep_count;                                 /* 0: no sweep */
    struct results_contestant sweep[RESULTS_SWEEP_MAX]; /* polling at each interval, shortest first */
    char *sentence;                                     /* what it showed; owned; NULL until it is over */
};

/* Whether the API server counted the requests of one scheduler at a time, and nobody else's; else each scheduler's own count is all there is. */
bool results_server_counts(const struct results *results);

/* All zero but for counts that are not known yet. Free with results_free(), which takes NULL too. */
struct results *results_new(struct error *err);
void results_free(struct results *results);

/* Adds a contestant, or a point of the sweep. `command` is copied. Owned by results. ERROR_RUNTIME when there are too many. */
struct results_contestant *results_add_contestant(struct results *results, const char *name, const char *command, double interval_s,
                                                  struct error *err);
struct results_contestant *results_add_sweep_point(struct results *results, const char *name, const char *command, double interval_s,
                                                   struct error *err);

/* Adds a run of `pods` pods in which nothing was measured yet, valid so far. Pointers to earlier runs of the contestant are void. */
struct results_run *results_add_run(struct results_contestant *contestant, size_t pods, struct error *err);

/* Takes the last run of the contestant off again. */
void results_drop_run(struct results_contestant *contestant);

/* Makes the run INVALID; the first reason stays, since those after it are often its consequences. */
void results_invalidate(struct results_run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Replaces an owned string by a copy; NULL stays NULL. */
int results_set_text(char **slot, const char *text, struct error *err);

/* Whether every run of every contestant and sweep point is valid. */
bool results_valid(const struct results *results);

/* Writes results.json (compare/README.md says what is in it). */
int results_write_json(const struct results *results, const char *path, struct error *err);
/* Reads one back. ERROR_USAGE, naming the file and the key, when it is none, or of a newer schema. Keys it does not know are passed over. */
struct results *results_read_json(const char *path, struct error *err);

/* Writes samples.csv: a line for each pod of each run, with a heading; milliseconds after the run's start, empty where not measured. */
int results_write_csv(const struct results *results, const char *path, struct error *err);

#endif
