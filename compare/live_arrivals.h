/*
 * live_arrivals.h: the pods of a live view: made when they are due, the same for every scheduler, made again when the server was away; and, of a workload
 * without an end, deleted a while after they were bound, so that the nodes do not fill up for ever.
 */
#ifndef COMPARE_LIVE_ARRIVALS_H
#define COMPARE_LIVE_ARRIVALS_H

#include "compare/live_http.h"
#include "compare/live_model.h"
#include "compare/workload.h"

#define LIVE_POD_LIFE_US 30000000

struct live_arrivals;

struct live_arrivals_options {
    struct live_http *http;
    struct live_model *m;
    const char *namespace_;
    char (*schedulers)[64];   /* the schedulerName of each side */
    struct workload workload; /* with `endless`, again and again; its seed then goes up each time */
    bool endless;
};

/* Everything in the options is borrowed. NULL on ERROR_NO_MEMORY. Close it after live_http_close(). */
struct live_arrivals *live_arrivals_open(const struct live_arrivals_options *options, struct error *err);
void live_arrivals_close(struct live_arrivals *arrivals);

/* Sends what is due, counted from the first call; *due_us becomes when there is more to do, if that is earlier. */
int live_arrivals_turn(struct live_arrivals *arrivals, int64_t now_us, int64_t *due_us, struct error *err);

/* So many more for each scheduler, now. */
void live_arrivals_burst(struct live_arrivals *arrivals, size_t pods);
/* While paused nothing arrives but bursts; afterwards the arrivals go on where they were. */
void live_arrivals_pause(struct live_arrivals *arrivals, bool paused, int64_t now_us);

/* How many of the workload have not arrived yet; SIZE_MAX when it has no end. */
size_t live_arrivals_left(const struct live_arrivals *arrivals);

#endif
