/*
 * live_deeds.h: what the keys do to the cluster: cut the server off for a while (our own simulator only), cordon a node and take that back.
 */
#ifndef COMPARE_LIVE_DEEDS_H
#define COMPARE_LIVE_DEEDS_H

#include "compare/live_http.h"
#include "compare/live_model.h"

#define LIVE_CUT_MS 5000

struct live_deeds {
    struct live_http *http;
    struct live_model *m;
    bool can_cut;
    int64_t cut_until_us;
    char cordoned[254]; /* empty: none */
    bool busy;          /* a cordon is under way */
    bool want;          /* what spec.unschedulable is to be */
    int tries;
};

/* Cuts the server off, if it is our own and not cut already. */
int live_deeds_cut(struct live_deeds *d, int64_t now_us, struct error *err);

/* Cordons the fullest node that takes pods, or uncordons the one that it has cordoned. */
int live_deeds_cordon(struct live_deeds *d, int64_t now_us, struct error *err);

/* Uncordons what is cordoned still, and waits for it: for the end, on a cluster that lives on. */
void live_deeds_undo(struct live_deeds *d, struct api_client *client);

#endif
