/*
 * live_feed.h: what the live view sees of the cluster: a list and a watch of the pods of its namespace, and of the nodes. When the API server goes away it
 * comes back with a list, and what that list shows is counted but not timed.
 */
#ifndef COMPARE_LIVE_FEED_H
#define COMPARE_LIVE_FEED_H

#include "compare/live_http.h"
#include "compare/live_model.h"

struct live_feed;

/* Pods are called NAME-NUMBER after the model's sides. All three are borrowed. NULL on ERROR_NO_MEMORY. Close it after live_http_close(). */
struct live_feed *live_feed_open(struct live_http *http, struct live_model *m, const char *namespace_, struct error *err);
void live_feed_close(struct live_feed *feed);

/* Starts what is due; fails for want of memory only. */
int live_feed_turn(struct live_feed *feed, int64_t now_us, struct error *err);

/* Whether both lists were read, and both watches were accepted as far as anybody knows. */
bool live_feed_ready(const struct live_feed *feed);

/* Takes a line of a watch (pods, else nodes). For tests; what is no event ends nothing and is passed over. */
int live_feed_take(struct live_feed *feed, bool nodes, const char *line, size_t bytes, const struct live_time *time, struct error *err);

#endif
