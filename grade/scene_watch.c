/*
 * scene_watch.c: what happens to every watch sooner or later: it ends, or the API server has forgotten where it was.
 */
#include "grade/scenes.h"

static bool watches(struct stage *s, void *ctx)
{
    (void)ctx;
    return proxy_look(s->proxy).pod_watches > 0;
}

/* The submission has bound a pod, and has a watch open: noted, for one that has none does not survive but was never hurt. */
static int warm_up(struct stage *s, struct error *err)
{
    char nodes[2][64], probe[1][64];

    if (stage_make_nodes(s, nodes, 2, err) < 0 || stage_note_nodes(s, err) < 0 || stage_make_pods(s, "probe", probe, 1, NULL, err) < 0 ||
        stage_start(s, NULL, err) < 0 || stage_wait_bound(s, probe, 1, err) < 0 || stage_wait(s, watches, NULL, 3000, NULL, err) < 0 ||
        stage_settle(s, err) < 0)
        return -1;
    return stage_note(s, "watches", json_integer((json_int_t)proxy_look(s->proxy).pod_watches), err) < 0 ||
                   stage_note(s, "probe", json_string(probe[0]), err) < 0
               ? -1
               : 0;
}

/* one pod that came in between, and one that comes when all is well again */
static int wait_for_both(struct stage *s, char (*between)[64], struct error *err)
{
    char after[1][64];

    if (stage_note(s, "between", json_string(between[0]), err) < 0 || stage_wait_bound(s, between, 1, err) < 0 ||
        stage_make_pods(s, "after", after, 1, NULL, err) < 0 || stage_note(s, "after", json_string(after[0]), err) < 0)
        return -1;
    return stage_wait_bound(s, after, 1, err);
}

int scene_closed(struct stage *s, struct error *err)
{
    char between[1][64];

    if (warm_up(s, err) < 0)
        return -1;
    if (stage_note(s, "closed", json_integer((json_int_t)stage_now_us(s)), err) < 0)
        return -1;
    proxy_close_watches(s->proxy);
    return stage_make_pods(s, "between", between, 1, NULL, err) < 0 ? -1 : wait_for_both(s, between, err);
}

/* The pod comes when no watch is open, so its resourceVersion is above all that the submission has seen. */
static int forget(struct stage *s, bool http, struct error *err)
{
    struct pod_plan plan = {0};
    char between[1][64];
    uint64_t version = 0;

    if (warm_up(s, err) < 0)
        return -1;
    proxy_hold_watches(s->proxy);
    stage_name(s, "between", 0, between[0]);
    plan.name = between[0];
    plan.scheduler = s->scheduler;
    if (cluster_make_pod(s->cluster, &plan, &version, err) < 0)
        return -1;
    if (!version)
        return error_set(err, ERROR_RUNTIME, "this API server's resourceVersions are no numbers");
    if (stage_note(s, "closed", json_integer((json_int_t)stage_now_us(s)), err) < 0)
        return -1;
    proxy_forget_before(s->proxy, version, http);
    return wait_for_both(s, between, err);
}

int scene_gone_frame(struct stage *s, struct error *err)
{
    return forget(s, false, err);
}

int scene_gone_http(struct stage *s, struct error *err)
{
    return forget(s, true, err);
}
