/*
 * scene_rules.c: observe, decide, act. Nodes of unlike load, pods of every kind, twice: once waiting when the submission starts, once coming while it runs, when the
 * load has changed in between.
 */
#include <string.h>

#include "common/error.h"
#include "grade/scenes.h"

enum { NODES_MAX = 5, NODES_LEAST = 4, BURST_MAX = 6, FOREIGN = 2, FINISHED = 7 };

struct rules {
    char nodes[NODES_MAX][64];
    size_t node_count;
    size_t level[NODES_MAX]; /* pods that run on each node: 0, 2, 3, 5, 6 in an order that is drawn */
    char first[BURST_MAX][64], second[BURST_MAX][64];
    size_t first_count, second_count;
};

/* The emptiest node has the most pods that have ended: whoever counts those goes elsewhere. */
static int furnish(struct stage *s, struct rules *r, struct error *err)
{
    static const size_t levels[NODES_MAX] = {0, 2, 3, 5, 6};
    const struct pod_plan ended = {.phase = "Succeeded"}, failed = {.phase = "Failed"};
    size_t i;

    r->node_count = NODES_LEAST + stage_draw(s, NODES_MAX - NODES_LEAST + 1);
    memcpy(r->level, levels, sizeof levels);
    stage_shuffle(s, r->level, r->node_count);
    if (stage_make_nodes(s, r->nodes, r->node_count, err) < 0)
        return -1;
    for (i = 0; i < r->node_count; i++) {
        if (stage_load_node(s, r->nodes[i], "load", r->level[i], NULL, err) < 0)
            return -1;
        if (!r->level[i] && (stage_load_node(s, r->nodes[i], "ended", FINISHED - 2, &ended, err) < 0 ||
                             stage_load_node(s, r->nodes[i], "failed", 2, &failed, err) < 0))
            return -1;
    }
    return 0;
}

/* pods that are none of the submission's business */
static int bring_others(struct stage *s, const char *kind, const char *gated_kind, struct error *err)
{
    struct pod_plan foreign = {.scheduler = "another-scheduler"}, gated = {.gated = true};
    char names[FOREIGN][64];

    return stage_make_pods(s, kind, names, FOREIGN, &foreign, err) < 0 || stage_make_pods(s, gated_kind, names, 1, &gated, err) < 0 ? -1
                                                                                                                                    : 0;
}

/* One on its way out. Only before the submission is there: a moment passes between the pod and its end, in which it may rightly be bound. */
static int bring_leaving(struct stage *s, struct error *err)
{
    struct pod_plan deleting = {.deleting = true};
    char names[1][64];

    return stage_make_pods(s, "leaving", names, 1, &deleting, err);
}

/* the fullest node is emptied, the emptiest filled */
static int turn_around(struct stage *s, struct rules *r, struct error *err)
{
    size_t i, k, full = 0, empty = 0;

    for (i = 0; i < r->node_count; i++) {
        full = r->level[i] > r->level[full] ? i : full;
        empty = r->level[i] < r->level[empty] ? i : empty;
    }
    for (i = s->cluster->pod_count; i-- > 0;) {
        const char *name = s->cluster->pods[i];
        struct witness_pod pod = witness_pod(s->cluster->witness, s->cluster->namespace_, name);

        for (k = 0; k < r->first_count && strcmp(r->first[k], name) != 0; k++)
            continue;
        if (k == r->first_count && pod.there && !strcmp(pod.node, r->nodes[full]) && cluster_delete_pod(s->cluster, name, err) < 0)
            return -1;
    }
    return stage_load_node(s, r->nodes[empty], "late", 6 + stage_draw(s, 3), NULL, err);
}

static json_t *batch_json(const struct stage *s, char (*names)[64], size_t count)
{
    json_t *pods = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(pods, json_string(names[i]));
    return json_pack("{s:I, s:o}", "t", (json_int_t)stage_now_us(s), "pods", pods);
}

/* Makes a burst, in a state that is known and stays as it is, and waits for it. */
static int burst(struct stage *s, const char *kind, char (*names)[64], size_t count, json_t *batches, struct error *err)
{
    json_t *batch;

    if (stage_make_pods(s, kind, names, count, NULL, err) < 0)
        return -1;
    batch = batch_json(s, names, count);
    if (json_array_append_new(batches, batch) < 0)
        return error_no_memory(err);
    return 0;
}

int scene_rules(struct stage *s, struct error *err)
{
    json_t *batches = json_array();
    struct rules r = {0};

    if (stage_note(s, "batches", batches, err) < 0 || furnish(s, &r, err) < 0)
        return -1;
    r.first_count = 4 + stage_draw(s, 2);
    r.second_count = 4 + stage_draw(s, 2);
    if (bring_others(s, "foreign", "gated", err) < 0 || bring_leaving(s, err) < 0 || cluster_wait_seen(s->cluster, err) < 0 ||
        stage_note_nodes(s, err) < 0 || burst(s, "first", r.first, r.first_count, batches, err) < 0 ||
        cluster_wait_seen(s->cluster, err) < 0)
        return -1;
    if (stage_start(s, NULL, err) < 0 || stage_wait_bound(s, r.first, r.first_count, err) < 0 || stage_settle(s, err) < 0)
        return -1;
    if (turn_around(s, &r, err) < 0 || stage_settle(s, err) < 0 || bring_others(s, "stranger", "barred", err) < 0 ||
        burst(s, "second", r.second, r.second_count, batches, err) < 0)
        return -1;
    if (stage_wait_bound(s, r.second, r.second_count, err) < 0 || stage_wait_said(s, r.second, r.second_count, err) < 0)
        return -1;
    return stage_settle(s, err);
}

static bool is_held(struct stage *s, void *ctx)
{
    (void)ctx;
    return proxy_look(s->proxy).held > 0;
}

static bool is_gone(struct stage *s, void *ctx)
{
    return !witness_pod(s->cluster->witness, s->cluster->namespace_, ctx).there;
}

/* A pod is deleted just when its bind is on its way. Then another comes, which shows whether the submission goes on. */
int scene_vanish(struct stage *s, struct error *err)
{
    char nodes[2][64], lost[1][64], next[1][64];

    if (stage_make_nodes(s, nodes, 2, err) < 0 || stage_note_nodes(s, err) < 0 || stage_make_pods(s, "lost", lost, 1, NULL, err) < 0)
        return -1;
    proxy_hold_bind(s->proxy, lost[0]);
    if (stage_note(s, "lost", json_string(lost[0]), err) < 0 || stage_start(s, NULL, err) < 0 ||
        stage_wait(s, is_held, NULL, s->patience_ms, NULL, err) < 0 || cluster_delete_pod(s->cluster, lost[0], err) < 0 ||
        stage_wait(s, is_gone, lost[0], s->patience_ms, NULL, err) < 0)
        return -1;
    proxy_release(s->proxy);
    if (stage_make_pods(s, "next", next, 1, NULL, err) < 0 || stage_note(s, "next", json_string(next[0]), err) < 0 ||
        stage_wait_bound(s, next, 1, err) < 0)
        return -1;
    return stage_wait_said(s, next, 1, err);
}
