/*
 * checkpoint_2.c: observe, decide, act.
 */
#include <string.h>

#include "grade/judge.h"
#include "grade/placement.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define LAB_INTERVAL_US 2000000 /* how often the lab's scheduler polls */
#define BUSY_TIMES 3
#define KINDS_MAX 64
#define LOOK_BACK 2000 /* binds before one, among which the same pod is looked for */

static const char *const all_scenes[] = {"rules", "vanish", "pace"};

static const json_t *batch(const struct look *look, size_t i)
{
    return json_array_get(setup_of(look->piece, "batches"), i);
}

static size_t placed(const json_t *piece, const json_t *names)
{
    const json_t *name;
    size_t i, count = 0;

    json_array_foreach(names, i, name) count += *final_node(piece, word(name)) != '\0';
    return count;
}

static void every_pod(const struct look *look, struct finding *f)
{
    const json_t *burst, *name;
    size_t i, k, missing = 0, all = 0;

    finding_expected(f, "every pod with schedulerName %s gets a node", scheduler_of(look->piece));
    json_array_foreach(setup_of(look->piece, "batches"), i, burst)
    {
        json_array_foreach(json_object_get(burst, "pods"), k, name)
        {
            all++;
            if (*final_node(look->piece, word(name)))
                continue;
            if (!missing++)
                finding_fail(f, "without a node:");
            finding_more(f, " %s", word(name));
        }
    }
    if (all && !missing && i == 2)
        finding_ok(f);
    else
        finding_more(f, "%s%zu of %zu pods stay pending", missing ? "; " : "", missing, all);
}

/* calls `broken` on each request of all scenes until it says that one breaks the rule */
static void no_request(const struct look *look, struct finding *f,
                       bool (*broken)(const json_t *piece, const json_t *request, struct finding *f))
{
    const json_t *request;
    size_t i, k, times = 0;

    if (!has_worked(look, f))
        return;
    for (i = 0; i < LENGTH(all_scenes); i++) {
        const json_t *piece = judge_piece(look->pieces, all_scenes[i], look->program);

        json_array_foreach(json_object_get(piece, "requests"), k, request)
        {
            struct finding other = *f;

            if (broken(piece, request, times ? &other : f))
                times++;
        }
    }
    if (!times)
        finding_ok(f);
    else if (times > 1)
        finding_more(f, ", and %zu more times", times - 1);
}

static bool is_foreign_bind(const json_t *piece, const json_t *request, struct finding *f)
{
    const char *name = text_at(request, "name");
    const json_t *pod = is_here(piece, request) ? evidence_pod(piece, name) : NULL;

    if (!is_bind(request) || is_own(piece, pod))
        return false;
    if (pod)
        finding_fail(f, "it asked to bind %s, a pod of scheduler %s", name, text_at(pod, "scheduler"));
    else
        finding_fail(f, "it asked to bind %s/%s, a pod that is none of this grading", text_at(request, "namespace"), name);
    return true;
}

static void own_pods(const struct look *look, struct finding *f)
{
    finding_expected(f, "it binds pods with its own schedulerName only");
    no_request(look, f, is_foreign_bind);
}

/* Both ways to count are fine here; that pods which ended are none is a test of its own. */
static void least_loaded(const struct look *look, struct finding *f)
{
    bool all_ways[2] = {true, true};
    const json_t *burst;
    size_t i;

    finding_expected(f, "each pod goes to a node with the fewest pods, those of other schedulers and its own binds included");
    json_array_foreach(setup_of(look->piece, "batches"), i, burst)
    {
        struct placement p = {.t_us = number_at(burst, "t"), .pods = json_object_get(burst, "pods")};

        if (!placed(look->piece, p.pods)) {
            finding_fail(f, "none of the %zu pods of the %s burst got a node", json_array_size(p.pods), i ? "second" : "first");
            return;
        }
        p.ended_too = true;
        all_ways[1] = all_ways[1] && placement_is_least(look->piece, &p, f);
        p.ended_too = false;
        all_ways[0] = all_ways[0] && placement_is_least(look->piece, &p, f);
    }
    if (i == 2 && (all_ways[0] || all_ways[1]) && f->verdict != GRADE_SKIPPED)
        finding_ok(f);
}

static void ended_pods(const struct look *look, struct finding *f)
{
    const json_t *first = batch(look, 0);
    struct placement p = {.t_us = number_at(first, "t"), .pods = json_object_get(first, "pods")};

    finding_expected(f, "a node whose pods have Succeeded or Failed counts as empty: nothing runs there any more");
    if (!placed(look->piece, p.pods))
        finding_fail(f, "no pod of the first burst got a node");
    else if (placement_is_least(look->piece, &p, f))
        finding_ok(f);
}

static bool is_other_write(const json_t *piece, const json_t *request, struct finding *f)
{
    (void)piece;
    if (!is_write_of_pod(request))
        return false;
    finding_fail(f, "a %s of pods/%s%s%s", text_at(request, "verb"), text_at(request, "name"), *text_at(request, "node") ? " to node " : "",
                 text_at(request, "node"));
    return true;
}

static void by_binding(const struct look *look, struct finding *f)
{
    finding_expected(f, "POST …/pods/NAME/binding for each pod, and no patch or update of the pod");
    no_request(look, f, is_other_write);
}

/* was the same pod bound before, or is that still under way? */
static bool is_second_bind(const json_t *piece, const json_t *request, struct finding *f)
{
    const char *name = text_at(request, "name");
    int64_t t = number_at(request, "t");
    const json_t *other;
    size_t i, looks = 0;

    if (!is_bind(request) || !is_here(piece, request))
        return false;
    json_array_foreach(json_object_get(piece, "requests"), i, other)
    {
        if (other == request || (is_bind(other) && ++looks > LOOK_BACK))
            break;
        if (!is_bind(other) || !is_here(piece, other) || strcmp(text_at(other, "name"), name) != 0)
            continue;
        if (answered_us(other) > t && number_at(other, "took") >= 0) {
            finding_fail(f, "two binds of %s at the same time", name);
            return true;
        }
        if (was_carried_out(other)) {
            finding_fail(f, "%s was bound, and %.1f s later it asked to bind it again (answer %lld)", name,
                         (double)(t - number_at(other, "t")) / 1e6, (long long)number_at(request, "code"));
            return true;
        }
    }
    return false;
}

static void no_pod_twice(const struct look *look, struct finding *f)
{
    finding_expected(f, "one bind for each pod, and another only when that one failed");
    no_request(look, f, is_second_bind);
}

/* gated now, or on its way out before the submission even started */
static bool is_bind_of_unready(const json_t *piece, const json_t *request, struct finding *f)
{
    int64_t started = number_at(json_object_get(piece, "process"), "started");
    const json_t *pod = evidence_pod(piece, text_at(request, "name")), *now = state_at(pod, number_at(request, "t")),
                 *then = state_at(pod, started);

    if (!is_bind(request) || !is_own(piece, pod))
        return false;
    if (json_is_true(json_object_get(now, "gated")))
        finding_fail(f, "it asked to bind %s, which has a scheduling gate (answer %lld)", text_at(request, "name"),
                     (long long)number_at(request, "code"));
    else if (json_is_true(json_object_get(then, "deleting")))
        finding_fail(f, "it asked to bind %s, which is being deleted (answer %lld)", text_at(request, "name"),
                     (long long)number_at(request, "code"));
    else
        return false;
    return true;
}

static void unready_pods(const struct look *look, struct finding *f)
{
    finding_expected(f, "pods with spec.schedulingGates, and pods with a deletionTimestamp, are left alone");
    no_request(look, f, is_bind_of_unready);
}

static bool is_forbidden(const json_t *piece, const json_t *request, struct finding *f)
{
    (void)piece;
    if (number_at(request, "code") != 403 || is_write_of_pod(request) || is_bind(request))
        return false;
    finding_fail(f, "%s %s%s%s %s", text_at(request, "verb"), text_at(request, "resource"), *text_at(request, "subresource") ? "/" : "",
                 text_at(request, "subresource"), text_at(request, "name"));
    return true;
}

static void own_business(const struct look *look, struct finding *f)
{
    finding_expected(f,
                     "only what a scheduler needs: reads of nodes and pods, bindings, events, pods/status (anything else is answered 403)");
    no_request(look, f, is_forbidden);
}

static bool is_same_kind(const json_t *a, const json_t *b)
{
    return !strcmp(text_at(a, "verb"), text_at(b, "verb")) && !strcmp(text_at(a, "resource"), text_at(b, "resource"));
}

/* how many requests of the most frequent kind; there are not more kinds than that for a scheduler to ask */
static size_t busiest(const json_t *piece, int64_t from_us, int64_t to_us, const json_t **kind)
{
    const json_t *request, *kinds[KINDS_MAX];
    size_t i, k, count = 0, times[KINDS_MAX] = {0}, most = 0;

    json_array_foreach(json_object_get(piece, "requests"), i, request)
    {
        if (number_at(request, "t") < from_us || number_at(request, "t") >= to_us)
            continue;
        for (k = 0; k < count && !is_same_kind(kinds[k], request); k++)
            continue;
        if (k == KINDS_MAX)
            continue;
        if (k == count)
            kinds[count++] = request;
        times[k]++;
    }
    *kind = NULL;
    for (k = 0; k < count; k++)
        if (times[k] > most) {
            most = times[k];
            *kind = kinds[k];
        }
    return most;
}

static void not_busy(const struct look *look, struct finding *f)
{
    const json_t *idle = setup_of(look->piece, "idle"), *kind;
    int64_t from_us = number_at(idle, "from"), to_us = number_at(idle, "to");
    double polls = (double)(to_us - from_us) / LAB_INTERVAL_US;
    size_t most;

    finding_expected(f, "with nothing to do for %.1f s at most %.0f requests of a kind (%.1f are a poll every 2 s)",
                     (double)(to_us - from_us) / 1e6, BUSY_TIMES * polls + 1, polls);
    if (too_many_requests(look->piece, f) || !has_worked(look, f))
        return;
    if (to_us <= from_us) {
        finding_fail(f, "it did not come to that");
        return;
    }
    most = busiest(look->piece, from_us, to_us, &kind);
    if ((double)most <= BUSY_TIMES * polls + 1)
        finding_ok(f);
    else
        finding_fail(f, "%zu times %s %s", most, text_at(kind, "verb"), text_at(kind, "resource"));
}

static void goes_on(const struct look *look, struct finding *f)
{
    const char *next = word(setup_of(look->piece, "next")), *lost = word(setup_of(look->piece, "lost"));

    finding_expected(f, "a pod that is deleted while it is being bound (404) keeps nobody else from being bound");
    if (!bind_of(look->piece, lost, 0))
        finding_fail(f, "it did not try to bind the pod that was to go");
    else if (!*final_node(look->piece, next))
        finding_fail(f, "the pod that came next, %s, was not bound", next);
    else
        finding_ok(f);
}

#define BOTH (JUDGE_POLLING | JUDGE_WATCH)
#define ALL                                                                                                                                \
    {                                                                                                                                      \
        "rules", "vanish", "pace"                                                                                                          \
    }

static const struct rule rules[] = {
    {"binds every pod that waits for it", 2, BOTH, {"rules"}, every_pod},
    {"binds only its own pods", 2, BOTH, ALL, own_pods},
    {"each pod goes to a least-loaded node", 3, BOTH, {"rules"}, least_loaded},
    {"pods that have ended do not count", 1, BOTH, {"rules"}, ended_pods},
    {"binds by a Binding, not by a patch", 2, BOTH, ALL, by_binding},
    {"binds no pod twice", 2, BOTH, ALL, no_pod_twice},
    {"leaves gated and deleted pods alone", 1, BOTH, ALL, unready_pods},
    {"goes on when a pod vanishes", 1, BOTH, {"vanish"}, goes_on},
    {"asks for nothing that is none of its business", 1, BOTH, ALL, own_business},
    {"is not busy when there is nothing to do", 2, BOTH, {"pace"}, not_busy},
};

int judge_checkpoint_2(const struct judging *judging, struct error *err)
{
    return judge_rules(judging, 2, rules, LENGTH(rules), err);
}
