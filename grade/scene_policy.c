/*
 * scene_policy.c: the policy extensions. In each the node that the policy forbids, or does not want, is the emptiest one.
 */
#include <string.h>

#include "grade/scenes.h"

enum { FAILURES = 3 };

static int note_pods(struct stage *s, const char *key, char (*names)[64], size_t count, struct error *err)
{
    json_t *pods = json_array();

    for (size_t i = 0; i < count; i++)
        json_array_append_new(pods, json_string(names[i]));
    return stage_note(s, key, pods, err);
}

static int make_node(struct stage *s, const char *kind, char name[64], size_t load, json_t *labels, json_t *taints, struct error *err)
{
    stage_name(s, kind, name);
    if (cluster_make_node(s->cluster, name, 60 + (int)stage_draw(s, 51), labels, taints, err) < 0)
        return -1;
    return stage_load_node(s, name, "load", load, NULL, err);
}

int scene_label(struct stage *s, struct error *err)
{
    static const char *const flags[] = {"--require-node-label", "env=prod", NULL};
    static const char *const envs[] = {"prod", "prod", "dev", NULL};
    size_t order[4] = {0, 1, 2, 3}, i;
    char node[64], pods[5][64];
    size_t count = 3 + stage_draw(s, 3);

    stage_shuffle(s, order, 4);
    for (i = 0; i < 4; i++) {
        const char *env = envs[order[i]];

        if (make_node(s, "node", node, env && !strcmp(env, "prod") ? 3 + stage_draw(s, 2) : 0, env ? json_pack("{s:s}", "env", env) : NULL,
                      NULL, err) < 0)
            return -1;
    }
    if (stage_note_nodes(s, err) < 0 || stage_make_pods(s, "web", pods, count, NULL, err) < 0 ||
        note_pods(s, "pods", pods, count, err) < 0 || cluster_wait_seen(s->cluster, err) < 0 || stage_start(s, flags, err) < 0)
        return -1;
    return stage_wait_bound(s, pods, count, err);
}

static json_t *taint(const char *key, const char *value, const char *effect)
{
    return json_pack("[{s:s, s:s, s:s}]", "key", key, "value", value, "effect", effect);
}

static json_t *toleration(const char *key, const char *value, const char *effect)
{
    return json_pack("[{s:s, s:s, s:s, s:s}]", "key", key, "operator", "Equal", "value", value, "effect", effect);
}

struct taint_nodes {
    char key[64], plain[64], blue[64], red[64], draining[64], cordoned[64];
};

/* One node is open to all, and the fullest. Of those with a taint the one that somebody tolerates is not the emptiest. */
static int make_taint_nodes(struct stage *s, struct taint_nodes *n, struct error *err)
{
    size_t order[5] = {0, 1, 2, 3, 4};

    stage_name(s, "team", n->key);
    stage_shuffle(s, order, 5);
    for (size_t i = 0; i < 5; i++)
        if ((order[i] == 0 && make_node(s, "node", n->plain, 6, NULL, NULL, err) < 0) ||
            (order[i] == 1 && make_node(s, "node", n->blue, 2, NULL, taint(n->key, "blue", "NoSchedule"), err) < 0) ||
            (order[i] == 2 && make_node(s, "node", n->red, 0, NULL, taint(n->key, "red", "NoSchedule"), err) < 0) ||
            (order[i] == 3 && make_node(s, "node", n->draining, 0, NULL, taint("grade.lab/draining", "yes", "NoExecute"), err) < 0) ||
            (order[i] == 4 && make_node(s, "node", n->cordoned, 0, NULL, NULL, err) < 0))
            return -1;
    return cluster_cordon_node(s->cluster, n->cordoned, err);
}

/* The pod that tolerates a taint comes when no other node is open to it, so that it is not the score that decides. */
int scene_taints(struct stage *s, struct error *err)
{
    struct pod_plan tolerant = {0};
    struct taint_nodes n;
    char pods[3][64], friends[1][64];
    int ret = -1;

    if (make_taint_nodes(s, &n, err) < 0)
        return -1;
    tolerant.tolerations = toleration(n.key, "blue", "NoSchedule");
    if (stage_note_nodes(s, err) == 0 && stage_make_pods(s, "plain", pods, 3, NULL, err) == 0 && note_pods(s, "pods", pods, 3, err) == 0 &&
        stage_note(s, "tainted", json_string(n.blue), err) == 0 && cluster_wait_seen(s->cluster, err) == 0 &&
        stage_start(s, NULL, err) == 0 && stage_wait_bound(s, pods, 3, err) == 0 && cluster_cordon_node(s->cluster, n.plain, err) == 0 &&
        stage_settle(s, err) == 0 && stage_make_pods(s, "friend", friends, 1, &tolerant, err) == 0 &&
        note_pods(s, "tolerant", friends, 1, err) == 0)
        ret = stage_wait_bound(s, friends, 1, err);
    json_decref(tolerant.tolerations);
    return ret;
}

/* A pod whose binds fail with 500, and one with 429. */
static int make_failing(struct stage *s, char (*pods)[64], struct error *err)
{
    static const int status[] = {500, 429};
    struct pod_plan plan = {.scheduler = s->scheduler};

    for (size_t i = 0; i < 2; i++) {
        proxy_fail_binds(s->proxy, pods[i], FAILURES, status[i], 0);
        plan.name = pods[i];
        if (cluster_make_pod(s->cluster, &plan, NULL, err) < 0)
            return -1;
    }
    return stage_wait_bound(s, pods, 2, err);
}

/*
 * Real failures, as an API server in trouble has them: the proxy answers so, and nothing is carried out. A moment in which this machine is slow makes
 * the same wait longer for both pods, so another two come afterwards.
 */
int scene_backoff(struct stage *s, struct error *err)
{
    char nodes[2][64], pods[4][64], probe[1][64];

    if (stage_make_nodes(s, nodes, 2, err) < 0 || stage_note_nodes(s, err) < 0 || stage_make_pods(s, "probe", probe, 1, NULL, err) < 0 ||
        stage_start(s, NULL, err) < 0 || stage_wait_bound(s, probe, 1, err) < 0)
        return -1;
    for (size_t i = 0; i < 4; i++)
        stage_name(s, "tried", pods[i]);
    if (note_pods(s, "pods", pods, 4, err) < 0 || stage_note(s, "failures", json_integer(FAILURES), err) < 0)
        return -1;
    return make_failing(s, pods, err) < 0 || make_failing(s, pods + 2, err) < 0 ? -1 : 0;
}

/* Pods of one app are spread unlike pods in all, and unlike pods of any app: whoever counts those goes elsewhere. */
int scene_spread(struct stage *s, struct error *err)
{
    static const char *const flags[] = {"--policy", "spread", NULL};
    enum { NODES = 3 };
    static const size_t same[NODES] = {0, 1, 3}, others[NODES] = {6, 1, 0};
    const struct pod_plan like = {.app = "web"}, other = {.app = "db"};
    struct pod_plan running = {.app = "web"};
    size_t order[NODES] = {0, 1, 2}, i, count = 3 + stage_draw(s, 2);
    char nodes[NODES][64], pods[4][64];

    running.scheduler = s->scheduler;
    stage_shuffle(s, order, NODES);
    if (stage_make_nodes(s, nodes, NODES, err) < 0)
        return -1;
    for (i = 0; i < NODES; i++)
        if (stage_load_node(s, nodes[i], "web", same[order[i]], &running, err) < 0 ||
            stage_load_node(s, nodes[i], "load", others[order[i]], &other, err) < 0)
            return -1;
    if (cluster_wait_seen(s->cluster, err) < 0 || stage_note_nodes(s, err) < 0 ||
        stage_make_pods(s, "spread", pods, count, &like, err) < 0 || note_pods(s, "pods", pods, count, err) < 0 ||
        stage_note(s, "app", json_string("web"), err) < 0 || cluster_wait_seen(s->cluster, err) < 0 || stage_start(s, flags, err) < 0)
        return -1;
    return stage_wait_bound(s, pods, count, err);
}
