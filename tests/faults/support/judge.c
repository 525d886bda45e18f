#include "tests/faults/support/judge.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/cluster/decode.h"
#include "tests/faults/support/rest.h"

/* ---- what may never happen ---- */

static json_t *get(struct run *run, const char *target)
{
    struct buffer answer;
    json_t *json;

    buffer_init(&answer, 1 << 24);
    if (request(run, "GET", NULL, &answer, NULL, "%s", target) != 200)
        fail("GET %s failed", target);
    json = json_loads(answer.data, 0, NULL);
    buffer_free(&answer);
    return json;
}

static struct known_pod *pod_by_uid(struct run *run, const char *uid)
{
    for (size_t i = 0; i < run->pod_count; i++)
        if (!strcmp(run->pods[i].uid, uid))
            return &run->pods[i];
    return NULL;
}

/* with one-per-node: another pod of ours that the server has on the node, terminating or not */
static void judge_alone(struct run *run, const struct known_pod *pod, const char *node)
{
    json_t *pods = get(run, "/api/v1/pods"), *item;
    size_t i;

    json_array_foreach(json_object_get(pods, "items"), i, item)
    {
        const json_t *metadata = json_object_get(item, "metadata"), *spec = json_object_get(item, "spec");
        const char *there = json_string_value(json_object_get(spec, "nodeName"));

        if (there && !strcmp(there, node) && !strcmp(json_string_value(json_object_get(spec, "schedulerName")), OURS) &&
            strcmp(json_string_value(json_object_get(metadata, "uid")), pod->uid) != 0)
            fail("%s was bound to %s, where %s is", pod->name, node, json_string_value(json_object_get(metadata, "name")));
    }
    json_decref(pods);
}

/* only a pod of ours, and only by its UID, with its own grace period; not by those that do not preempt */
static void judge_eviction(struct run *run, const char *target, const char *body, int status)
{
    json_t *options = json_loads(body, 0, NULL);
    const char *uid = json_string_value(json_object_get(json_object_get(options, "preconditions"), "uid"));
    struct known_pod *pod = uid ? pod_by_uid(run, uid) : NULL;
    bool reason = run->plans; /* a member of a gang goes with the others */

    if (!run->plans && !run->options.preemption)
        fail("DELETE %s: who does not preempt never sends that", target);
    if (!pod || !pod->ours)
        fail("evicted %s without the UID of a pod of ours: %s", target, body);
    if (json_object_get(options, "gracePeriodSeconds"))
        fail("evicted %s with a grace period that is not its own", pod->name);
    for (size_t i = 0; i < run->pod_count && !reason; i++)
        reason = run->pods[i].ours && run->pods[i].priority > pod->priority;
    if (!reason)
        fail("evicted %s of priority %d for nobody", pod->name, pod->priority);
    run->evictions += status == 200;
    say("evicted %s: %d", pod->name, status);
    json_decref(options);
}

static void judge_binding(struct run *run, const char *body, int status)
{
    json_t *binding = json_loads(body, 0, NULL);
    const char *uid = json_string_value(json_object_get(json_object_get(binding, "metadata"), "uid"));
    const char *node = json_string_value(json_object_get(json_object_get(binding, "target"), "name"));
    struct known_pod *pod = uid ? pod_by_uid(run, uid) : NULL;

    if (!pod)
        fail("a binding without a UID that was ever given out: %s", body);
    if (!pod->ours)
        fail("bound %s, which names another scheduler", pod->name);
    if (pod->gated)
        fail("tried to bind %s, which is gated", pod->name);
    if (status == 201) {
        if (pod->node[0])
            fail("%s was bound to %s and then to %s", pod->name, pod->node, node);
        snprintf(pod->node, sizeof pod->node, "%s", node);
        if (run->plans)
            judge_alone(run, pod, node);
        run->binds++;
        say("bound %s -> %s", pod->name, node);
    }
    json_decref(binding);
}

/* what is written about a pod before it is evicted; a gang that has begun to leave does so, whatever happens to the requests */
static void note_patch(struct run *run, const char *body)
{
    json_t *patch = json_loads(body, 0, NULL);
    const char *uid = json_string_value(json_object_get(json_object_get(patch, "metadata"), "uid"));
    struct known_pod *pod = uid && strstr(body, " its gang ") ? pod_by_uid(run, uid) : NULL;

    if (pod && !pod->doomed)
        say("the gang of %s leaves", pod->name);
    if (pod)
        pod->doomed = true;
    json_decref(patch);
}

void judge_request(void *ctx, const char *method, const char *target, const char *body, int status)
{
    struct run *run = ctx;
    const char *slash = strrchr(target, '/');

    if (!strcmp(method, "POST") && slash && !strcmp(slash, "/binding"))
        judge_binding(run, body, status);
    else if (!strcmp(method, "DELETE"))
        judge_eviction(run, target, body, status);
    else if (!strcmp(method, "PATCH"))
        note_patch(run, body);
    else if (!strcmp(method, "PUT"))
        fail("%s %s: schedulers never send that", method, target);
}

struct placed {
    struct placed_pod pods[MAX_PODS * 2];
    size_t count;
};

static void collect(void *ctx, struct cached_pod *cached)
{
    struct placed *placed = ctx;

    if (cached->node)
        placed->pods[placed->count++] = (struct placed_pod){cached->pod, cached->node->spec->name};
}

void judge_choice(struct scheduler *s, const struct pod *pod, const struct node *choice)
{
    struct run *run = now_running;
    struct placed placed = {.count = 0};
    const struct node_spec *best = NULL;
    size_t best_load = 0, best_avoided = 0, count;

    struct node *const *nodes = cache_nodes(s->cache, &count);

    run->choices++;
    if (pod->gated || pod->deleting || pod->node_name[0] || strcmp(pod->scheduler_name, OURS) != 0)
        fail("a choice for %s, which is not ours to place", pod->name);
    cache_each_pod(s->cache, collect, &placed);
    for (size_t i = 0; i < count; i++) {
        const struct node_spec *node = nodes[i]->spec;
        size_t load = oracle_load(node, placed.pods, placed.count);
        size_t avoided = oracle_avoided(pod, node);

        if (!oracle_feasible(pod, node, placed.pods, placed.count)) {
            if (choice && choice->spec == node)
                fail("%s was to go on %s, which fails its filters", pod->name, node->name);
            continue;
        }
        if (!best || avoided < best_avoided ||
            (avoided == best_avoided && (load < best_load || (load == best_load && strcmp(node->name, best->name) < 0)))) {
            best = node;
            best_load = load;
            best_avoided = avoided;
        }
    }
    if (run->plans || s->nominations)
        return; /* which of the feasible nodes, or whether any, is the plan's affair, and that of those who are nominated */
    if ((best == NULL) != (choice == NULL) || (best && strcmp(best->name, choice->spec->name) != 0))
        fail("%s: chose %s, least loaded is %s", pod->name, choice ? choice->spec->name : "none", best ? best->name : "none");
}

/* ---- the end ---- */

static void read_truth(struct run *run, struct truth *truth)
{
    json_t *pods = get(run, "/api/v1/pods"), *nodes = get(run, "/api/v1/nodes"), *item;
    struct error err = ERROR_INIT;
    size_t i;

    memset(truth, 0, sizeof *truth);
    json_array_foreach(json_object_get(nodes, "items"), i, item) truth->nodes[truth->node_count++] = node_decode(item, &err);
    json_array_foreach(json_object_get(pods, "items"), i, item)
    {
        struct pod *pod = pod_decode(item, OURS, &err);

        truth->pods[truth->pod_count++] = pod;
        if (pod->node_name[0])
            truth->placed[truth->placed_count++] = (struct placed_pod){pod, pod->node_name};
    }
    json_decref(pods);
    json_decref(nodes);
}

static void free_truth(struct truth *truth)
{
    for (size_t i = 0; i < truth->pod_count; i++)
        pod_free(truth->pods[i]);
    for (size_t i = 0; i < truth->node_count; i++)
        node_spec_free(truth->nodes[i]);
}

/* the first pod that waits although it would fit; NULL when there is none */
static const struct pod *waiting_in_vain(const struct truth *truth)
{
    for (size_t i = 0; i < truth->pod_count; i++) {
        const struct pod *pod = truth->pods[i];

        if (pod->node_name[0] || pod->gated || pod->deleting || strcmp(pod->scheduler_name, OURS) != 0)
            continue;
        for (size_t n = 0; n < truth->node_count; n++)
            if (oracle_feasible(pod, truth->nodes[n], truth->placed, truth->placed_count))
                return pod;
    }
    return NULL;
}

/* a pod on a node whose gang was to leave; NULL when there is none */
static const struct pod *left_of_a_gang(const struct run *run, const struct truth *truth)
{
    for (size_t i = 0; i < truth->pod_count; i++)
        for (size_t k = 0; k < run->pod_count; k++)
            if (run->pods[k].doomed && !strcmp(run->pods[k].uid, truth->pods[i]->uid) && truth->pods[i]->node_name[0] &&
                !truth->pods[i]->deleting)
                return truth->pods[i];
    return NULL;
}

/* what is still to be done, in words; NULL: nothing */
static const char *unfinished(const struct run *run, const struct truth *truth)
{
    static char words[160];
    const struct pod *pod = run->plans ? NULL : waiting_in_vain(truth), *stays;
    const char *first = run->plans ? rest_of_plan(run, truth) : "";

    words[0] = '\0';
    if (*first)
        snprintf(words, sizeof words, "the plan is not carried out: %s", first);
    else if ((stays = left_of_a_gang(run, truth)))
        snprintf(words, sizeof words, "%s/%s stays, although its gang was to leave", stays->namespace_, stays->name);
    else if (pod)
        snprintf(words, sizeof words, "%s/%s still waits, although it fits", pod->namespace_, pod->name);
    else if (run->options.preemption && (pod = waits_without_preempting(run, truth)))
        snprintf(words, sizeof words, "%s/%s still waits, although it could preempt", pod->namespace_, pod->name);
    return *words ? words : NULL;
}

/* a pod that terminates will leave room for another */
static bool somebody_leaves(const struct truth *truth)
{
    for (size_t i = 0; i < truth->pod_count; i++)
        if (truth->pods[i]->deleting)
            return true;
    return false;
}

bool judge_settled(struct run *run)
{
    struct truth truth;
    bool done;

    read_truth(run, &truth);
    done = !unfinished(run, &truth) && !somebody_leaves(&truth);
    free_truth(&truth);
    return done;
}

/* at rest the cache of a watch holds what the server holds, pod by pod */
static void compare_cache(const struct truth *truth, struct scheduler *s)
{
    struct placed placed = {.count = 0};

    cache_each_pod(s->cache, collect, &placed);
    for (size_t i = 0; i < placed.count; i++) {
        bool there = false;

        for (size_t k = 0; k < truth->placed_count; k++)
            there |= !strcmp(truth->placed[k].pod->uid, placed.pods[i].pod->uid) && !strcmp(truth->placed[k].node, placed.pods[i].node);
        if (!there)
            fail("the cache counts %s on %s, and the server does not", placed.pods[i].pod->name, placed.pods[i].node);
    }
    for (size_t k = 0; k < truth->placed_count; k++) {
        const struct pod *pod = truth->placed[k].pod;
        struct cached_pod *cached = cache_pod(s->cache, pod->namespace_, pod->name);

        if (pod_counts(pod) && (!cached || strcmp(cached->pod->uid, pod->uid) != 0 || strcmp(cached->pod->node_name, pod->node_name) != 0))
            fail("the server has %s on %s, and the cache does not", pod->name, pod->node_name);
    }
}

void judge_end(struct run *run)
{
    struct truth truth;
    const char *left;

    read_truth(run, &truth);
    for (int i = 0; i < WORLD_SCHEDULERS; i++)
        if (run->world.clients[i].scheduler)
            compare_cache(&truth, run->world.clients[i].scheduler);
    left = unfinished(run, &truth);
    if (left)
        fail("%s", left);
    free_truth(&truth);
}
