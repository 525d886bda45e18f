/*
 * live_requests.h: who has asked the API server how often, once a second. Our own simulator is asked: its log says whose each request was, by the token. Elsewhere
 * the server counts for all together, so each scheduler's own /metrics is read.
 */
#ifndef COMPARE_LIVE_REQUESTS_H
#define COMPARE_LIVE_REQUESTS_H

#include "compare/live_http.h"
#include "compare/live_model.h"

struct live_requests {
    struct live_http *http;
    struct live_model *m;
    const int *ports; /* of each side's /metrics; NULL: the simulator is asked */
    struct live_count counts[LIVE_SIDES_MAX][LIVE_COUNTS_MAX];
    unsigned long long seen;    /* lines of the simulator's log */
    bool asked[LIVE_SIDES_MAX]; /* an answer is on its way; of the simulator the first */
    struct live_requests_side {
        struct live_requests *requests;
        size_t side;
    } sides[LIVE_SIDES_MAX];
    int64_t next_us;
};

/* Users of the simulator are called as the model's sides. All pointers are borrowed. */
void live_requests_init(struct live_requests *r, struct live_http *http, struct live_model *m, const int *ports);

/* Asks when it is time. */
int live_requests_turn(struct live_requests *r, int64_t now_us, struct error *err);

/* Takes lines of the simulator's log. */
void live_requests_take_log(struct live_requests *r, const char *lines, int64_t at_us);
/* Takes a scheduler's /metrics page. */
void live_requests_take_page(struct live_requests *r, size_t side, const char *page, int64_t at_us);

#endif
