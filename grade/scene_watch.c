/*
 * scene_watch.c: what happens to every watch sooner or later: it ends, or the API server has forgotten where it was.
 */
#include "grade/scenes.h"

static bool watches(struct stage *s, void *ctx)
{
    (void)ctx;
    return proxy_look(s->proxy).pod_watches > 0;
}

/* The submission has bound a pod, and has a watch open: noted, for one that has none does not survive but was never hurt. One that binds nothing is not warm. */
static int warm_up(struct stage *s, bool *warm, struct error *err)
{
    char nodes[2][64], probe[1][64];

    *warm = false;

    if (stage_make_nodes(s, nodes, 2, err) < 0 || stage_note_nodes(s, err) < 0 || stage_make_pods(s, "probe", probe, 1, NULL, err) < 0 ||
        stage_start(s, NULL, err) < 0 || stage_wait_bound(s, probe, 1, err) < 0 || stage_note(s, "probe", json_string(probe[0]), err) < 0)
        return -1;
    *warm = *witness_pod(s->cluster->witness, s->cluster->namespace_, probe[0]).node != '\0';
    if (!*warm)
        return 0;
    if (stage_wait(s, watches, NULL, 3000, NULL, err) < 0 || stage_settle(s, err) < 0)
        return -1;
    return stage_note(s, "watches", json_integer((json_int_t)proxy_look(s->proxy).pod_watches), err);
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

/* For a while every watch ends as soon as it is open: whoever opens the next one at once does nothing else. */
int scene_closed(struct stage *s, struct error *err)
{
    enum { SHUT_MS = 1500 };
    char between[1][64];
    bool warm;

    if (warm_up(s, &warm, err) < 0)
        return -1;
    if (!warm)
        return 0;
    if (stage_note(s, "closed", json_integer((json_int_t)stage_now_us(s)), err) < 0)
        return -1;
    proxy_shut_watches(s->proxy, true);
    if (stage_make_pods(s, "between", between, 1, NULL, err) < 0 || stage_rest(s, SHUT_MS, err) < 0)
        return -1;
    proxy_shut_watches(s->proxy, false);
    if (stage_note(s, "opened", json_integer((json_int_t)stage_now_us(s)), err) < 0)
        return -1;
    return wait_for_both(s, between, err);
}

/* The pod comes when no watch is open, so its resourceVersion is above all that the submission has seen. */
static int forget(struct stage *s, bool http, struct error *err)
{
    struct pod_plan plan = {0};
    char between[1][64];
    uint64_t version = 0;
    bool warm;

    if (warm_up(s, &warm, err) < 0)
        return -1;
    if (!warm)
        return 0;
    proxy_hold_watches(s->proxy);
    stage_name(s, "between", between[0]);
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
