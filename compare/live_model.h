/*
 * live_model.h: what the live view knows: each scheduler's pods, the nodes, latencies, requests, the last events. Pure: it is fed with what was
 * observed and when, and asks for nothing itself. live_frame.c and live_json.c show it, live_results.c sums it up.
 *
 * Times are the monotonic clock's, in microseconds. A latency is from the API server accepting a pod to its binding being visible, and there is one only
 * where both were seen as they happened: what came to light by a list after a cut is counted, not timed.
 */
#ifndef COMPARE_LIVE_MODEL_H
#define COMPARE_LIVE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "compare/observation.h"
#include "compare/results.h"
#include "compare/statistics.h"

#define LIVE_SIDES_MAX 4
#define LIVE_PODS_MAX 100000 /* of one scheduler, in all */
#define LIVE_NODES_MAX 5000
#define LIVE_WINDOW 200 /* median and p95 are of so many latencies, the last ones */
#define LIVE_COUNTS_MAX 8
#define LIVE_RATE_LOOKS 64 /* counts kept to tell the requests of the last minute */
#define LIVE_LOG_LINES 64
#define LIVE_LINE_BYTES 120
#define LIVE_LISTED (-1)

struct live_pod {
    int64_t accepted_us, bound_us; /* NOT_SEEN: not yet, or not as it happened */
    int64_t gone_us;               /* NOT_SEEN: it is there */
    int32_t node;                  /* index of a node, -1: none */
    int64_t delay_us;              /* the most by which a time of it can be wrong */
    bool known;                    /* accepted, whether or not it was seen when */
    bool listed;                   /* of the list that is being read */
};

struct live_sample {
    int64_t at_us, latency_us; /* at_us: when it was bound */
};

/* Requests of one kind, so far. */
struct live_count {
    char name[16];
    int64_t count;
};

enum live_state { LIVE_STARTING, LIVE_RUNNING, LIVE_ENDED };

struct live_side {
    char name[RESULTS_NAME_BYTES];
    double interval_s; /* it polls so often; 0: it does not */
    enum live_state state;
    char end[32];                  /* how it ended: "exit code 1" */
    size_t waiting, bound, placed; /* pods that wait now, that were ever bound, that are on a node now */
    size_t untimed;                /* bound, but nobody saw when */
    struct live_pod *pods;
    size_t pod_count, pod_capacity;
    struct live_sample samples[LIVE_WINDOW]; /* sample n is in samples[n % LIVE_WINDOW] */
    size_t sample_count;
    struct live_count counts[LIVE_COUNTS_MAX];
    size_t count_count; /* 0: nobody has counted yet */
    int64_t requests;   /* their sum */
    struct {
        int64_t at_us, requests;
    } looks[LIVE_RATE_LOOKS]; /* look n is in looks[n % LIVE_RATE_LOOKS] */
    size_t look_count;
    bool recovers;                      /* the server is back, and it has not bound since */
    char invalid[RESULTS_REASON_BYTES]; /* the first thing that went wrong with it; empty */
};

struct live_node {
    char name[254];
    bool ready, cordoned, tainted, gone, listed;
    size_t pods[LIVE_SIDES_MAX];
};

struct live_line {
    int64_t at_us;
    char text[LIVE_LINE_BYTES];
};

/* Fields are for reading; live_model.c and live_nodes.c alone write them. */
struct live_model {
    int64_t began_us;
    size_t side_count;
    struct live_side sides[LIVE_SIDES_MAX];
    size_t node_count;       /* gone ones included */
    struct live_node *nodes; /* an index stays the node's */
    int32_t *node_order;     /* indices of those that are there, worker9 before worker10 */
    size_t node_there;
    int32_t *node_slots;                  /* of the hash table: index + 1 */
    struct live_line log[LIVE_LOG_LINES]; /* line n is in log[n % LIVE_LOG_LINES] */
    size_t log_count;
    bool paused, connected, away;       /* away: it was connected, and is not */
    int64_t back_us;                    /* when the server was back after the last cut; NOT_SEEN */
    char invalid[RESULTS_REASON_BYTES]; /* why no figure of the whole is a measurement; empty */
};

/* Begins with nothing. ERROR_NO_MEMORY. End with live_model_free(). */
int live_model_init(struct live_model *m, int64_t now_us, struct error *err);
void live_model_free(struct live_model *m);

/* Adds a scheduler and returns its index, or -1 when there are LIVE_SIDES_MAX. */
int live_model_add_side(struct live_model *m, const char *name, double interval_s);

/* The API server has answered that it made pod `number` of a side. */
int live_model_pod_accepted(struct live_model *m, size_t side, size_t number, int64_t at_us, struct error *err);
/*
 * The pod was seen, on `node` (NULL or "": unbound), by a watch, whose event may have waited delay_us to be read; or by a list (LIVE_LISTED), which says nothing
 * of when.
 */
int live_model_pod_seen(struct live_model *m, size_t side, size_t number, const char *node, int64_t at_us, int64_t delay_us,
                        struct error *err);
void live_model_pod_gone(struct live_model *m, size_t side, size_t number, int64_t at_us);

/* A node was seen; the first time it is added. A node beyond LIVE_NODES_MAX is passed over. */
void live_model_node_seen(struct live_model *m, const char *name, bool ready, bool cordoned, bool tainted);
void live_model_node_gone(struct live_model *m, const char *name);
/* Its index, or -1. */
int live_model_find_node(const struct live_model *m, const char *name);
/* How many bytes all names of nodes begin with, up to and with a dash: "sched-lab-". */
size_t live_model_node_prefix(const struct live_model *m);

/* A list begins, of pods or of nodes; when it has ended, what it did not show is gone. */
void live_model_list_begins(struct live_model *m, bool nodes);
void live_model_list_ends(struct live_model *m, bool nodes, int64_t at_us);

/* The watch of pods ended (says so, once); it goes on. */
void live_model_disconnected(struct live_model *m, const char *why, int64_t at_us);
void live_model_connected(struct live_model *m, int64_t at_us);

void live_model_started(struct live_model *m, size_t side, int64_t at_us);
void live_model_ended(struct live_model *m, size_t side, const char *how, int64_t at_us);

/* All requests of a side so far, by kind; the kinds may change from call to call. */
void live_model_requests(struct live_model *m, size_t side, const struct live_count *counts, size_t count, int64_t at_us);

/* The view itself was stopped (SIGTSTP): what was on its way then is not timed. */
void live_model_stopped(struct live_model *m, int64_t for_us, int64_t at_us);

void live_model_pause(struct live_model *m, bool paused, int64_t at_us);

/* Adds a line to the log; what is too long is cut. */
void live_model_say(struct live_model *m, int64_t at_us, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Nothing of this session is a measurement any more; the first reason stays. */
void live_model_invalidate(struct live_model *m, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Requests of that kind so far; NAN when nobody counted it. */
double live_model_count(const struct live_side *side, const char *name);
/* Of the last LIVE_WINDOW latencies, in microseconds; count 0: none. */
struct statistics live_model_latency(const struct live_side *side);
/* The last latency in microseconds, NOT_SEEN: none. */
int64_t live_model_last_latency(const struct live_side *side);
/* Requests a minute over the last minute, or over what there is of it once that is 5 s; -1: not known. */
double live_model_per_minute(const struct live_side *side);

#endif
