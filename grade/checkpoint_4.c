/*
 * checkpoint_4.c: listening instead of asking.
 */
#include <stdlib.h>
#include <string.h>

#include "grade/judge.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define ARRIVALS_MAX 64
#define SECOND_US 1000000
#define SLOW_TIMES 5       /* so many times what this machine itself took to notice is allowed on top */
#define LISTS_WHILE_IDLE 1 /* a watch that ended just then may list anew */
#define AT_ONCE_US 20000   /* after an end: nobody waits so little on purpose, and a slow machine only makes it longer */
#define AT_ONCE_TIMES 4    /* a first attempt, or the second, may be made at once */
#define SOON_US 100000     /* below that nobody asks who was first */
#define LESS_TIMES 1.5
#define LAB_INTERVAL_US 2000000

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;

    return (a > b) - (a < b);
}

static int64_t median(int64_t *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return count ? values[count / 2] : 0;
}

struct reaction {
    size_t pods, bound;
    int64_t median_us; /* from the API server's word that the pod is there to the request to bind it */
    int64_t own_us;    /* the median until the grader itself saw the pod: how slow this machine is */
};

static struct reaction reaction_of(const json_t *piece)
{
    int64_t waits[ARRIVALS_MAX], own[ARRIVALS_MAX];
    struct reaction r = {0};
    const json_t *arrival;
    size_t i;

    json_array_foreach(setup_of(piece, "arrivals"), i, arrival)
    {
        int64_t t = number_at(arrival, "t"), wait, seen;
        const json_t *bind = bind_of(piece, text_at(arrival, "name"), 0),
                     *state = json_array_get(json_object_get(evidence_pod(piece, text_at(arrival, "name")), "history"), 0);

        r.pods++;
        if (!bind || r.bound == ARRIVALS_MAX)
            continue;
        wait = number_at(bind, "t") - t;
        seen = number_at(state, "t") - t;
        waits[r.bound] = wait > 0 ? wait : 0;
        own[r.bound++] = seen > 0 ? seen : 0;
    }
    r.median_us = median(waits, r.bound);
    r.own_us = median(own, r.bound);
    return r;
}

static void listens(const struct look *look, struct finding *f)
{
    const json_t *request;
    size_t i;

    finding_expected(f, "it opens a watch of pods (GET …/pods?watch=true)");
    finding_fail(f, "no watch of pods was opened");
    json_array_foreach(json_object_get(look->piece, "requests"), i, request)
    {
        if (!strcmp(text_at(request, "verb"), "watch") && !strcmp(text_at(request, "resource"), "pods") &&
            number_at(request, "code") == 200)
            finding_ok(f);
    }
}

static bool has_idled(const struct look *look, int64_t *from_us, int64_t *to_us, struct finding *f)
{
    const json_t *idle = setup_of(look->piece, "idle");

    *from_us = number_at(idle, "from");
    *to_us = number_at(idle, "to");
    if (*to_us > *from_us)
        return true;
    finding_fail(f, "it bound no pod, so it did not come to that");
    return false;
}

static void no_lists_while_idle(const struct look *look, struct finding *f)
{
    int64_t from_us, to_us;
    size_t pods, nodes;

    finding_expected(f, "no list of pods or nodes while nothing happens: a watch says when something does");
    if (too_many_requests(look->piece, f) || !has_idled(look, &from_us, &to_us, f))
        return;
    pods = count_requests(look->piece, "list", "pods", from_us, to_us);
    nodes = count_requests(look->piece, "list", "nodes", from_us, to_us);
    if (pods <= LISTS_WHILE_IDLE && nodes <= LISTS_WHILE_IDLE)
        finding_ok(f);
    else
        finding_fail(f, "%zu lists of pods and %zu of nodes in %.1f s with nothing to do", pods, nodes, (double)(to_us - from_us) / 1e6);
}

static void no_lists_per_pod(const struct look *look, struct finding *f)
{
    int64_t from_us = number_at(setup_of(look->piece, "idle"), "to"), to_us = number_at(json_object_get(look->piece, "setup"), "trickled");
    size_t arrivals = json_array_size(setup_of(look->piece, "arrivals")), lists;

    finding_expected(f, "what the watches told is kept: no list of pods or nodes for each pod that comes");
    if (!to_us || !arrivals || !reaction_of(look->piece).bound) {
        finding_fail(f, "it bound none of the pods that came");
        return;
    }
    lists = count_requests(look->piece, "list", "pods", from_us, INT64_MAX);
    lists += count_requests(look->piece, "list", "nodes", from_us, INT64_MAX);
    if (lists <= arrivals / 2)
        finding_ok(f);
    else
        finding_fail(f, "%zu lists for %zu pods", lists, arrivals);
}

static void within_a_second(const struct look *look, struct finding *f)
{
    struct reaction r = reaction_of(look->piece);
    int64_t allowed = SECOND_US + SLOW_TIMES * r.own_us;

    finding_expected(f, "half of the pods that come one by one are asked to be bound within %.2f s", (double)allowed / 1e6);
    if (!r.pods)
        finding_fail(f, "it bound no pod, so it did not come to that");
    else if (2 * r.bound < r.pods)
        finding_fail(f, "%zu of %zu pods were asked to be bound at all", r.bound, r.pods);
    else if (r.median_us <= allowed)
        finding_ok(f);
    else
        finding_fail(f, "a median of %.2f s", (double)r.median_us / 1e6);
}

/* a pod that came while the watch was away, and one afterwards */
static void goes_on(const struct look *look, const char *after_what, struct finding *f)
{
    const json_t *setup = json_object_get(look->piece, "setup");
    const char *between = text_at(setup, "between"), *after = text_at(setup, "after");

    finding_expected(f, "after %s it finds out what it missed, and listens again", after_what);
    if (!*between || !*final_node(look->piece, text_at(setup, "probe")))
        finding_fail(f, "it did not bind a pod before that");
    else if (!number_at(setup, "watches"))
        finding_fail(f, "it had no watch of pods open");
    else if (!*final_node(look->piece, between))
        finding_fail(f, "%s, a pod that came meanwhile, was not bound in %.1f s", between,
                     (double)(number_at(look->piece, "lasted") - number_at(setup, "closed")) / 1e6);
    else if (!*final_node(look->piece, after))
        finding_fail(f, "the pod that came meanwhile was bound, the next one, %s, was not", after);
    else
        finding_ok(f);
}

static void survives_close(const struct look *look, struct finding *f)
{
    goes_on(look, "its watches were closed", f);
}

/* How often a watch of pods was opened as soon as the one before had ended. */
static size_t watches_at_once(const json_t *piece, int64_t from_us, int64_t to_us)
{
    const json_t *request, *before = NULL;
    size_t i, count = 0;

    json_array_foreach(json_object_get(piece, "requests"), i, request)
    {
        int64_t t = number_at(request, "t");

        if (t < from_us || t >= to_us || strcmp(text_at(request, "verb"), "watch") != 0 ||
            strcmp(text_at(request, "resource"), "pods") != 0)
            continue;
        count += before && t >= answered_us(before) && t - answered_us(before) < AT_ONCE_US;
        before = request;
    }
    return count;
}

static void waits_before_watching(const struct look *look, struct finding *f)
{
    const json_t *setup = json_object_get(look->piece, "setup");
    int64_t from_us = number_at(setup, "closed"), to_us = number_at(setup, "opened");
    size_t watches;

    finding_expected(f, "where each watch ends as soon as it is open, it waits before it opens the next one");
    if (!*final_node(look->piece, text_at(setup, "probe")) || !number_at(setup, "watches") || to_us <= from_us) {
        finding_fail(f, "it bound no pod, or had no watch of pods open, so it did not come to that");
        return;
    }
    watches = watches_at_once(look->piece, from_us, to_us);
    if (watches <= AT_ONCE_TIMES)
        finding_ok(f);
    else
        finding_fail(f, "in %.1f s it opened %zu watches of pods less than %d ms after the one before", (double)(to_us - from_us) / 1e6,
                     watches, AT_ONCE_US / 1000);
}

static void survives_gone_frame(const struct look *look, struct finding *f)
{
    goes_on(look, "an ERROR frame with 410 Expired (it has to list anew)", f);
}

static void survives_gone_http(const struct look *look, struct finding *f)
{
    goes_on(look, "a watch answered by 410 (it has to list anew)", f);
}

/* What a polling scheduler does: the one that was handed in, or, where there is none or it is broken or busy, theory: a poll every 2 s. */
struct measure {
    double median_us, per_minute;
    const char *whose;
};

static double per_minute(const json_t *piece)
{
    const json_t *idle = setup_of(piece, "idle");
    int64_t from_us = number_at(idle, "from"), to_us = number_at(idle, "to");

    return to_us > from_us ? (double)count_requests(piece, NULL, NULL, from_us, to_us) * 60e6 / (double)(to_us - from_us) : 0;
}

static struct measure measure_of(const struct look *look)
{
    const json_t *piece = judge_piece(look->pieces, "pace", "polling");
    struct reaction r = reaction_of(piece);
    struct measure measure = {(double)r.median_us, per_minute(piece), "the polling scheduler"};

    if (2 * r.bound >= r.pods && r.bound && measure.per_minute > 0 && r.median_us >= SOON_US)
        return measure;
    return (struct measure){LAB_INTERVAL_US / 2.0, 60e6 / LAB_INTERVAL_US, "a poll every 2 s"};
}

static void quicker(const struct look *look, struct finding *f)
{
    struct measure polling = measure_of(look);
    struct reaction ours = reaction_of(look->piece);

    finding_expected(f, "a pod is asked to be bound sooner than by polling (%s: a median of %.3f s)", polling.whose,
                     polling.median_us / 1e6);
    if (!ours.bound)
        finding_fail(f, "it bound none of the pods that came");
    else if ((double)ours.median_us <= polling.median_us || ours.median_us <= SOON_US + SLOW_TIMES * ours.own_us)
        finding_ok(f);
    else
        finding_fail(f, "a median of %.3f s", (double)ours.median_us / 1e6);
}

/* a watch that ended just then: at most one list of each, and the watches again */
static bool is_renewal(const json_t *piece, int64_t from_us, int64_t to_us)
{
    return count_requests(piece, "list", "pods", from_us, to_us) <= LISTS_WHILE_IDLE &&
           count_requests(piece, "list", "nodes", from_us, to_us) <= LISTS_WHILE_IDLE &&
           count_requests(piece, NULL, NULL, from_us, to_us) <= 4;
}

/* One that polls as often may by chance have asked once less. */
static void cheaper(const struct look *look, struct finding *f)
{
    struct measure polling = measure_of(look);
    int64_t from_us, to_us;
    double ours = per_minute(look->piece);

    finding_expected(f, "it asks less than polling while nothing happens (%s: %.0f requests a minute)", polling.whose, polling.per_minute);
    if (too_many_requests(look->piece, f) || !has_idled(look, &from_us, &to_us, f))
        return;
    if (is_renewal(look->piece, from_us, to_us) || ours * LESS_TIMES < polling.per_minute)
        finding_ok(f);
    else
        finding_fail(f, "%.0f requests a minute", ours);
}

static const struct rule rules[] = {
    {"opens a watch of pods", 1, JUDGE_WATCH, {"pace"}, listens},
    {"lists nothing while nothing happens", 2, JUDGE_WATCH, {"pace"}, no_lists_while_idle},
    {"lists nothing for each pod", 1, JUDGE_WATCH, {"pace"}, no_lists_per_pod},
    {"reacts within a second", 2, JUDGE_WATCH, {"pace"}, within_a_second},
    {"survives a closed watch", 2, JUDGE_WATCH, {"watch-closed"}, survives_close},
    {"waits when watches end at once", 1, JUDGE_WATCH, {"watch-closed"}, waits_before_watching},
    {"survives 410 in a frame", 2, JUDGE_WATCH, {"watch-gone-frame"}, survives_gone_frame},
    {"survives 410 as a status", 1, JUDGE_WATCH, {"watch-gone-http"}, survives_gone_http},
    {"is quicker than polling", 1, JUDGE_WATCH, {"pace"}, quicker},
    {"asks less than polling while idle", 1, JUDGE_WATCH, {"pace"}, cheaper},
};

int judge_checkpoint_4(const struct judging *judging, struct error *err)
{
    return judge_rules(judging, 4, rules, LENGTH(rules), err);
}
