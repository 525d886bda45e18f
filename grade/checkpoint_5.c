/*
 * checkpoint_5.c: the policy extensions, each by placement.
 */
#include <string.h>

#include "grade/judge.h"
#include "grade/placement.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define WAITS_MAX 8
#define HAMMER_US 50000 /* what comes sooner after a failure is no backoff */
#define GROWTH 1.2      /* the longest wait against the first: doubling with jitter of a half is 1.33 and more */

static const json_t *node_named(const json_t *piece, const char *name)
{
    const json_t *node;
    size_t i;

    json_array_foreach(setup_of(piece, "nodes"), i, node)
    {
        if (!strcmp(text_at(node, "name"), name))
            return node;
    }
    return NULL;
}

/* All of the pods have a node; else the finding says which one has not. */
static bool all_placed(const json_t *piece, const char *key, struct finding *f)
{
    const json_t *name, *names = setup_of(piece, key);
    size_t i;

    json_array_foreach(names, i, name)
    {
        if (!*final_node(piece, word(name))) {
            finding_fail(f, "%s was not bound", word(name));
            return false;
        }
    }
    if (!i)
        finding_fail(f, "it did not come to that");
    return i > 0;
}

static void by_label(const struct look *look, struct finding *f)
{
    const json_t *name;
    size_t i;

    finding_expected(f, "with --require-node-label env=prod every pod goes to a node with that label");
    if (!all_placed(look->piece, "pods", f))
        return;
    json_array_foreach(setup_of(look->piece, "pods"), i, name)
    {
        const char *node = final_node(look->piece, word(name)),
                   *env = text_at(json_object_get(node_named(look->piece, node), "labels"), "env");

        if (!strcmp(env, "prod"))
            continue;
        finding_fail(f, "%s is on %s, %s%s", word(name), node, *env ? "which has env=" : "which has no label env", env);
        return;
    }
    finding_ok(f);
}

/* NoSchedule and NoExecute forbid; PreferNoSchedule does not */
static const json_t *forbidding_taint(const json_t *node)
{
    const json_t *taint;
    size_t i;

    json_array_foreach(json_object_get(node, "taints"), i, taint)
    {
        if (strcmp(text_at(taint, "effect"), "PreferNoSchedule") != 0)
            return taint;
    }
    return NULL;
}

static void by_taints(const struct look *look, struct finding *f)
{
    const json_t *name;
    size_t i;

    finding_expected(f, "a pod without tolerations goes to no node with a taint NoSchedule or NoExecute, however empty that is");
    if (!all_placed(look->piece, "pods", f))
        return;
    json_array_foreach(setup_of(look->piece, "pods"), i, name)
    {
        const char *node = final_node(look->piece, word(name));
        const json_t *taint = forbidding_taint(node_named(look->piece, node));

        if (!taint)
            continue;
        finding_fail(f, "%s is on %s, which has the taint %s=%s:%s", word(name), node, text_at(taint, "key"), text_at(taint, "value"),
                     text_at(taint, "effect"));
        return;
    }
    finding_ok(f);
}

static size_t load_of(const json_t *piece, const char *node, int64_t t_us)
{
    const json_t *pod;
    size_t i, count = 0;

    json_array_foreach(json_object_get(piece, "pods"), i, pod)
    {
        count += !strcmp(text_at(state_at(pod, t_us), "node"), node);
    }
    return count;
}

/* a pod without a toleration is there too: then it was no toleration that opened the node */
static bool is_open_to_all(const struct look *look, const char *tainted, struct finding *f)
{
    const json_t *name;
    size_t i;

    json_array_foreach(setup_of(look->piece, "pods"), i, name)
    {
        if (strcmp(final_node(look->piece, word(name)), tainted) != 0)
            continue;
        finding_fail(f, "%s, which tolerates nothing, is on %s as well", word(name), tainted);
        return true;
    }
    return false;
}

/* The tainted node that the pod tolerates is empty: another one will do only if it is as empty (on a cluster). */
static void by_tolerations(const struct look *look, struct finding *f)
{
    const json_t *piece = look->piece, *setup = json_object_get(piece, "setup"), *taint;
    const char *tainted = text_at(setup, "tainted"), *pod = word(json_array_get(json_object_get(setup, "tolerant"), 0)), *node;
    int64_t started = number_at(json_object_get(piece, "process"), "started");

    finding_expected(f, "a pod that tolerates the taint of %s goes there, where no other node of the grading is open to it", tainted);
    if (!all_placed(piece, "tolerant", f))
        return;
    if (is_open_to_all(look, tainted, f))
        return;
    node = final_node(piece, pod);
    taint = forbidding_taint(node_named(piece, node));
    if (!strcmp(node, tainted))
        finding_ok(f);
    else if (taint)
        finding_fail(f, "%s is on %s, whose taint %s:%s it does not tolerate", pod, node, text_at(taint, "key"), text_at(taint, "effect"));
    else if (load_of(piece, node, started) <= load_of(piece, tainted, started))
        finding_ok(f);
    else
        finding_fail(f, "%s is on %s, which had %zu pods when %s had %zu", pod, node, load_of(piece, node, started), tainted,
                     load_of(piece, tainted, started));
}

static void tries_again(const struct look *look, struct finding *f)
{
    finding_expected(f, "a bind that failed with 500 or 429 is tried again until it succeeds (%lld failures each)",
                     (long long)number_at(json_object_get(look->piece, "setup"), "failures"));
    if (all_placed(look->piece, "pods", f))
        finding_ok(f);
}

/* The waits between attempts at one pod, from each answer to the next request. */
static size_t waits_of(const json_t *piece, const char *pod, int64_t *waits, size_t max)
{
    const json_t *request, *before = NULL;
    size_t i, count = 0;

    json_array_foreach(json_object_get(piece, "requests"), i, request)
    {
        if (!is_bind(request) || strcmp(text_at(request, "name"), pod) != 0)
            continue;
        if (before && answered_us(before) != INT64_MAX && count < max) {
            int64_t wait = number_at(request, "t") - answered_us(before);

            waits[count++] = wait > 0 ? wait : 0;
        }
        before = request;
    }
    return count;
}

/* A machine that is slow makes a wait longer, never shorter: of several pods the shortest n-th wait tells what was meant. */
static void waits_longer(const struct look *look, struct finding *f)
{
    int64_t shortest[WAITS_MAX], longest = 0;
    const json_t *name;
    size_t i, k, count = 0;

    finding_expected(f, "after a failure it waits, and longer each time (exponential backoff)");
    if (!all_placed(look->piece, "pods", f))
        return;
    json_array_foreach(setup_of(look->piece, "pods"), i, name)
    {
        int64_t waits[WAITS_MAX];
        size_t n = waits_of(look->piece, word(name), waits, WAITS_MAX);

        for (k = 0; k < n; k++) {
            shortest[k] = k >= count || waits[k] < shortest[k] ? waits[k] : shortest[k];
            count = k >= count ? k + 1 : count;
        }
    }
    for (k = 1; k < count; k++)
        longest = shortest[k] > longest ? shortest[k] : longest;
    if (count < 2)
        finding_fail(f, "no pod was tried three times");
    else if (shortest[0] < HAMMER_US)
        finding_fail(f, "it tried again after %.0f ms", (double)shortest[0] / 1e3);
    else if ((double)longest < GROWTH * (double)shortest[0])
        finding_fail(f, "the longest wait was %.2f times the first, which was %.2f s", (double)longest / (double)shortest[0],
                     (double)shortest[0] / 1e6);
    else
        finding_ok(f);
}

static void by_spread(const struct look *look, struct finding *f)
{
    const json_t *setup = json_object_get(look->piece, "setup");
    struct placement p = {.app = text_at(setup, "app"),
                          .t_us = number_at(json_object_get(look->piece, "process"), "started"),
                          .pods = json_object_get(setup, "pods")};

    finding_expected(f, "with --policy spread each pod goes to a node with the fewest pods of the same app");
    if (all_placed(look->piece, "pods", f) && placement_is_least(look->piece, &p, f))
        finding_ok(f);
}

#define BOTH (JUDGE_POLLING | JUDGE_WATCH)

static const struct rule rules[] = {
    {"label: pods go to env=prod nodes", 3, BOTH, {"label"}, by_label},
    {"taints: pods go to no tainted node", 2, BOTH, {"taints"}, by_taints},
    {"taints: a toleration opens the node", 1, BOTH, {"taints"}, by_tolerations},
    {"backoff: tries again after 500 and 429", 2, BOTH, {"backoff"}, tries_again},
    {"backoff: waits longer each time", 1, BOTH, {"backoff"}, waits_longer},
    {"spread: pods of an app are spread", 3, BOTH, {"spread"}, by_spread},
};

int judge_checkpoint_5(const struct judging *judging, struct error *err)
{
    return judge_rules(judging, 5, rules, LENGTH(rules), err);
}
