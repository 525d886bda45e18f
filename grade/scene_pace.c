/*
 * scene_pace.c: how a submission behaves when nothing is to do, and how soon it reacts when pods come one by one.
 */
#include "compare/random.h"
#include "grade/scenes.h"

enum { ARRIVALS = 8, IDLE_MS = 5000, GAP_LEAST_MS = 150, GAP_MORE_MS = 350 };

/* the pods come at times that no interval of a poll agrees with */
static int trickle(struct stage *s, json_t *arrivals, char (*names)[64], struct error *err)
{
    for (size_t i = 0; i < ARRIVALS; i++) {
        json_t *arrival;
        int64_t sent_us = stage_now_us(s), answered_us;

        if (stage_make_pods(s, "tick", names + i, 1, NULL, err) < 0)
            return -1;
        answered_us = stage_now_us(s);
        arrival = json_pack("{s:s, s:I, s:I}", "name", names[i], "sent", (json_int_t)sent_us, "t", (json_int_t)answered_us);
        if (json_array_append_new(arrivals, arrival) < 0)
            return error_no_memory(err);
        if (stage_rest(s, GAP_LEAST_MS + (int64_t)stage_draw(s, GAP_MORE_MS), err) < 0)
            return -1;
    }
    return 0;
}

int scene_pace(struct stage *s, struct error *err)
{
    char nodes[3][64], probe[1][64], names[ARRIVALS][64];
    json_t *arrivals = json_array();
    int64_t from_us;

    if (stage_note(s, "arrivals", arrivals, err) < 0 || stage_make_nodes(s, nodes, 3, err) < 0 || stage_note_nodes(s, err) < 0 ||
        stage_make_pods(s, "probe", probe, 1, NULL, err) < 0 || stage_start(s, NULL, err) < 0 || stage_wait_bound(s, probe, 1, err) < 0 ||
        stage_settle(s, err) < 0)
        return -1;
    if (!*witness_pod(s->cluster->witness, s->cluster->namespace_, probe[0]).node)
        return 0;
    from_us = stage_now_us(s);
    if (stage_rest(s, IDLE_MS, err) < 0 ||
        stage_note(s, "idle", json_pack("{s:I, s:I}", "from", (json_int_t)from_us, "to", (json_int_t)stage_now_us(s)), err) < 0)
        return -1;
    if (trickle(s, arrivals, names, err) < 0 || stage_note(s, "trickled", json_integer((json_int_t)stage_now_us(s)), err) < 0)
        return -1;
    return stage_wait_bound(s, names, ARRIVALS, err);
}
