/* plan_pods.c: the news of pods, and how actions ended. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/policy/plan_internal.h"

#define POD_TEXT 64 /* bytes: namespace, name and uid of the usual pod */

int plan_pod_retry_at(struct plan *plan, struct plan_pod *pod, int64_t retry_us, struct error *err)
{
    return plan_timer_set(plan, &pod->retry_us, pod, 0, retry_us > plan->now_us ? retry_us : 0, err);
}

static bool is_live(enum plan_pod_state state)
{
    return state == PLAN_POD_BINDING || state == PLAN_POD_BOUND;
}

static int leave_node(struct plan *plan, struct plan_pod *pod, struct error *err)
{
    struct plan_node *node = pod->node;

    if (!node)
        return 0;
    if (pod->node_next)
        pod->node_next->node_link = pod->node_link;
    *pod->node_link = pod->node_next;
    pod->node = NULL;
    node->live -= is_live(pod->state);
    plan->news = true;
    if (plan_node_set_free(node, err) < 0 || plan_node_classify(plan, node, err) < 0)
        return -1;
    plan_node_release(plan, node);
    return 0;
}

static int join_node(struct plan_pod *pod, struct plan_node *node, struct error *err)
{
    pod->node = node;
    pod->node_next = node->pods;
    if (node->pods)
        node->pods->node_link = &pod->node_next;
    node->pods = pod;
    pod->node_link = &node->pods;
    node->live += is_live(pod->state);
    return plan_node_set_free(node, err);
}

int plan_pod_move(struct plan *plan, struct plan_pod *pod, struct plan_node *node, enum plan_pod_state state, struct error *err)
{
    if (pod->state != state && plan_pod_retry_at(plan, pod, 0, err) < 0) /* of the older state */
        return -1;
    if (pod->node == node && is_live(pod->state) == is_live(state)) {
        plan->news = plan->news || pod->state != state;
        pod->state = state;
        return 0;
    }
    /* its class may go, and a lane must not outlive that */
    if (pod->in)
        plan_unit_withdraw(plan, pod->in);
    if (pod->node != node && leave_node(plan, pod, err) < 0)
        return -1;
    if (node && pod->node == node)
        node->live += (size_t)is_live(state) - (size_t)is_live(pod->state);
    pod->state = state;
    plan->news = true;
    if (!node)
        return 0;
    if (pod->node != node && join_node(pod, node, err) < 0)
        return -1;
    return plan_node_classify(plan, node, err);
}

static struct plan_pod *pod_new(struct plan *plan, const struct pod *seen, struct error *err)
{
    size_t first = strlen(seen->namespace_) + 1, second = strlen(seen->name) + 1, third = strlen(seen->uid) + 1;
    struct plan_pod *pod = calloc(1, sizeof *pod + first + second + third); /* the strings follow the struct */
    char *text;

    if (!pod) {
        error_no_memory(err);
        return NULL;
    }
    text = (char *)(pod + 1);
    pod->entry.namespace_ = memcpy(text, seen->namespace_, first);
    pod->entry.name = memcpy(text + first, seen->name, second);
    pod->uid = memcpy(text + first + second, seen->uid, third);
    pod->unit.pod = pod;
    if (plan_table_add(&plan->pods, &pod->entry, err) < 0) {
        free(pod);
        return NULL;
    }
    plan->news = true;
    return pod;
}

static int drop(struct plan *plan, struct plan_pod *pod, struct error *err)
{
    int ret = plan_pod_retry_at(plan, pod, 0, err);

    if (pod->in)
        plan_unit_withdraw(plan, pod->in);
    if (plan_gang_leave(plan, pod, err) < 0 || leave_node(plan, pod, err) < 0)
        ret = -1;
    plan_shape_leave(plan, pod);
    plan_table_remove(&plan->pods, &pod->entry);
    free(pod);
    return ret < 0 ? -1 : plan_shapes_trim(plan, PLAN_IDLE_SHAPES, err);
}

/* all digits, a sign before them; no spaces, no fraction */
static bool whole_number(const char *text, int64_t *value)
{
    const char *digit = text + (*text == '-' || *text == '+');
    uint64_t sum = 0, most = (uint64_t)INT64_MAX + (*text == '-');

    if (!*digit)
        return false;
    for (; *digit; digit++) {
        if (*digit < '0' || *digit > '9' || sum > (most - (uint64_t)(*digit - '0')) / 10)
            return false;
        sum = sum * 10 + (uint64_t)(*digit - '0');
    }
    *value = *text == '-' ? (int64_t)(0 - sum) : (int64_t)sum;
    return true;
}

static uint64_t mix(uint64_t hash, const char *text)
{
    do
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    while (*text++);
    return hash;
}

static void complain(const struct plan *plan, const struct pod *seen, const char *key, const char *value, const char *expected)
{
    char text[512];

    snprintf(text, sizeof text, "pod %.64s/%.256s: annotation %s is \"%.64s\", expected %s: ignored", seen->namespace_, seen->name, key,
             value, expected);
    if (plan->config.report)
        plan->config.report(plan->config.report_ctx, text);
}

/* what stands in the annotations; complains once of the same values */
static void read_annotations(const struct plan *plan, struct plan_pod *pod, const struct pod *seen)
{
    const char *priority = label_get(seen->annotations, seen->annotation_count, "priority");
    const char *size = label_get(seen->annotations, seen->annotation_count, "pod-group-size");
    bool bad_priority, bad_size;
    uint64_t hash = 0;

    pod->priority = seen->priority;
    pod->group_size = 0;
    bad_priority = priority && !whole_number(priority, &pod->priority);
    bad_size = size && (!whole_number(size, &pod->group_size) || pod->group_size < 1);
    if (bad_size)
        pod->group_size = 0;
    if (bad_priority)
        hash = mix(hash + 1, priority);
    if (bad_size)
        hash = mix(hash + 2, size);
    if (hash != pod->reported && bad_priority)
        complain(plan, seen, "priority", priority, "a whole number");
    if (hash != pod->reported && bad_size)
        complain(plan, seen, "pod-group-size", size, "a whole number from 1");
    pod->reported = hash;
}

/* where the API server's news put the pod; an action of ours under way is not undone by older news */
static int follow(struct plan *plan, struct plan_pod *pod, const struct pod *seen, struct error *err)
{
    enum plan_pod_state state = pod->state;
    struct plan_node *node = pod->node;

    if (*seen->node_name) {
        node = plan_node_named(plan, seen->node_name, err);
        if (!node)
            return -1;
        if (state != PLAN_POD_LEAVING)
            state = PLAN_POD_BOUND;
    }
    if (seen->deleting) {
        state = PLAN_POD_LEAVING;
        if (pod->state == PLAN_POD_LEAVING && plan_pod_retry_at(plan, pod, 0, err) < 0) /* the deletion came through after all */
            return -1;
    }
    pod->deleting = seen->deleting;
    return plan_pod_move(plan, pod, node, state, err);
}

static int set_gang(struct plan *plan, struct plan_pod *pod, const char *group, struct error *err)
{
    if (!group || !*group)
        return plan_gang_leave(plan, pod, err);
    if (pod->gang && strcmp(pod->gang->entry.name, group) == 0)
        return 0;
    if (plan_gang_leave(plan, pod, err) < 0)
        return -1;
    return plan_gang_join(plan, pod, group, err);
}

/* all that the planner reads of a pod; never 0, which was said of none */
static uint64_t news_of(const struct pod *seen, uint64_t fingerprint)
{
    uint64_t hash = mix(mix(mix(fingerprint, seen->namespace_), seen->name), seen->uid);

    hash = (hash ^ (uint64_t)seen->created_us) * 1099511628211u;
    hash = (hash ^ (uint64_t)(int64_t)seen->priority) * 1099511628211u;
    hash = (hash ^ (uint64_t)(seen->gated * 4 + seen->deleting * 2 + (seen->peers != NULL))) * 1099511628211u;
    hash = (mix(hash, seen->node_name) ^ (uint64_t)seen->phase) * 1099511628211u;
    for (size_t i = 0; i < seen->annotation_count; i++)
        hash = mix(mix(hash, seen->annotations[i].key), seen->annotations[i].value);
    return hash ? hash : 1;
}

/* in a large plan an event costs what it waits for: what it will read is fetched as soon as it is known */
static void fetch(const struct plan *plan, const struct pod *seen, uint64_t hash, uint64_t fingerprint)
{
    const char *text = label_get(seen->annotations, seen->annotation_count, "priority");
    const struct plan_shape *shape = plan_shape_known(plan, fingerprint);
    int64_t priority = seen->priority;

    plan_table_fetch_entry(&plan->pods, hash, sizeof(struct plan_pod) + POD_TEXT);
    if (!shape || *seen->node_name || label_get(seen->annotations, seen->annotation_count, "pod-group"))
        return;
    if (text)
        whole_number(text, &priority);
    plan_lane_fetch(plan, shape->kind, priority, seen->created_us);
}

static int pod_set(struct plan *plan, const struct pod *seen, struct error *err)
{
    uint64_t hash = plan_table_hash(seen->namespace_, seen->name), fingerprint, news;
    bool over = !pod_counts(seen);
    struct plan_pod *pod;

    plan_table_fetch(&plan->pods, hash);
    fingerprint = plan_shape_fingerprint(seen);
    news = news_of(seen, fingerprint);
    if (plan_table_said(&plan->pods, hash, news))
        return 0;
    fetch(plan, seen, hash, fingerprint);
    pod = plan_table_find_hash(&plan->pods, hash, seen->namespace_, seen->name);
    if (pod && (over || strcmp(pod->uid, seen->uid) != 0)) {
        if (drop(plan, pod, err) < 0)
            return -1;
        pod = NULL;
    }
    if (over || (!pod && !(pod = pod_new(plan, seen, err))))
        return over ? 0 : -1;
    plan_table_say(&plan->pods, &pod->entry, news);
    read_annotations(plan, pod, seen);
    pod->gated = seen->gated;
    pod->apart = seen->peers != NULL;
    pod->created_us = seen->created_us;
    if (plan_shape_join(plan, pod, seen, fingerprint, err) < 0)
        return -1;
    if (set_gang(plan, pod, label_get(seen->annotations, seen->annotation_count, "pod-group"), err) < 0)
        return -1;
    if (follow(plan, pod, seen, err) < 0 || plan_pod_refresh(plan, pod, err) < 0)
        return -1;
    return plan_shapes_trim(plan, PLAN_IDLE_SHAPES, err);
}

int plan_pod_set(struct plan *plan, const struct pod *pod, struct error *err)
{
    if (plan->broken || pod_set(plan, pod, err) < 0 || plan_kinds_settle(plan, err) < 0)
        return plan_break(plan, err);
    return 0;
}

int plan_pod_gone(struct plan *plan, const char *namespace_, const char *name, const char *uid, struct error *err)
{
    uint64_t hash = plan_table_hash(namespace_, name);
    struct plan_pod *pod;

    if (plan->broken)
        return plan_break(plan, err);
    plan_table_fetch_entry(&plan->pods, hash, sizeof *pod + POD_TEXT);
    pod = plan_table_find_hash(&plan->pods, hash, namespace_, name);
    if (!pod || (uid && strcmp(uid, pod->uid) != 0))
        return 0;
    return drop(plan, pod, err) < 0 || plan_kinds_settle(plan, err) < 0 ? plan_break(plan, err) : 0;
}
