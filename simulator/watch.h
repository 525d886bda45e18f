/*
 * watch.h: the streams. A watch holds references to the objects it has yet to send, so their text is shared by all watches.
 */
#ifndef SIMULATOR_WATCH_H
#define SIMULATOR_WATCH_H

#include "simulator/internal.h"

/* Answers a watch request: response->watch, or a Status. 0 or -1. */
int watch_start(struct call *call, struct error *err);
/* Hands a change to every watch whose selector it touches. A watch for which memory is lacking ends, as a slow one does on a real server. */
void watch_change(struct sim *sim, struct change *change);
/* Bookmarks and timeouts that are due. */
void watch_tick(struct sim *sim, int64_t now_us);
/* When watch_tick has something to do next; INT64_MAX: never. */
int64_t watch_next_us(const struct sim *sim);
/* Calls ready() of the watches that have something new. To be called when no other work on the store is under way. */
void watch_call_ready(struct sim *sim);
void watch_end_all(struct sim *sim);
/* For sim_free: the watches that are still open outlive the sim as ended ones. */
void watch_orphan_all(struct sim *sim);

#endif
