/*
 * checkpoint_1.c: the path of a pod: created, given a node by the default scheduler, started by the kubelet. And what happens to one that nobody serves: nothing.
 */
#include <ctype.h>
#include <string.h>

#include "grade/judge.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* times of the three steps; -1: not seen */
struct path {
    int64_t created, bound, running;
    const char *node;
};

static struct path path_of(const json_t *piece, const char *name)
{
    struct path path = {-1, -1, -1, ""};
    const json_t *state;
    size_t i;

    json_array_foreach(json_object_get(evidence_pod(piece, name), "history"), i, state)
    {
        int64_t t = number_at(state, "t");

        if (path.created < 0 && !*text_at(state, "node"))
            path.created = t;
        if (path.bound < 0 && *text_at(state, "node")) {
            path.bound = t;
            path.node = text_at(state, "node");
        }
        if (path.running < 0 && !strcmp(text_at(state, "phase"), "Running"))
            path.running = t;
    }
    return path;
}

static struct path served(const struct look *look)
{
    return path_of(look->piece, text_at(json_object_get(look->piece, "setup"), "served"));
}

/* kubectl describe's "Scheduled  default-scheduler  Successfully assigned …" */
static const char *who_bound(const json_t *piece)
{
    const json_t *event;
    size_t i;

    json_array_foreach(setup_of(piece, "events"), i, event)
    {
        if (!strcmp(text_at(event, "reason"), "Scheduled"))
            return text_at(event, "component");
    }
    return "";
}

static void assigned(const struct look *look, struct finding *f)
{
    struct path path = served(look);
    const char *who = who_bound(look->piece);

    finding_expected(f, "a pod that names no scheduler is created without a node, and default-scheduler gives it one");
    if (path.bound < 0)
        finding_skip(f, "nobody serves the pods of default-scheduler on this cluster");
    else if (path.created < 0 || path.created > path.bound)
        finding_fail(f, "the pod had node %s from the beginning", path.node);
    else if (*who && strcmp(who, "default-scheduler") != 0)
        finding_fail(f, "it was %s that bound it", who);
    else
        finding_ok(f);
}

static void started(const struct look *look, struct finding *f)
{
    struct path path = served(look);

    finding_expected(f, "the kubelet of that node starts the pod: Running, after it was bound");
    if (path.bound < 0)
        finding_skip(f, "nobody serves the pods of default-scheduler on this cluster");
    else if (!json_is_true(setup_of(look->piece, "kubelets")))
        finding_skip(f, "no node of this cluster has a kubelet that could start a pod");
    else if (path.running < 0)
        finding_fail(f, "the pod does not become Running on %s", path.node);
    else if (path.running < path.bound)
        finding_fail(f, "the pod was Running before it had a node");
    else
        finding_ok(f);
}

static void passed_over(const struct look *look, struct finding *f)
{
    const json_t *pod = evidence_pod(look->piece, text_at(json_object_get(look->piece, "setup"), "waiting"));
    const json_t *state = state_at(pod, number_at(json_object_get(look->piece, "setup"), "looked"));

    finding_expected(f, "a pod with schedulerName %s stays Pending as long as no scheduler of that name runs", scheduler_of(look->piece));
    if (!state)
        finding_fail(f, "the pod is not there");
    else if (*text_at(state, "node") || strcmp(text_at(state, "phase"), "Pending") != 0)
        finding_fail(f, "it is %s, node '%s'", text_at(state, "phase"), text_at(state, "node"));
    else
        finding_ok(f);
}

/* where one of the words begins, in whatever case; NULL: nowhere */
static const char *find(const char *text, const char *const *words)
{
    const char *first = NULL;

    for (; *words; words++)
        for (const char *at = text; *at && (!first || at < first); at++) {
            size_t i = 0;

            while ((*words)[i] && tolower((unsigned char)at[i]) == (*words)[i])
                i++;
            if (!(*words)[i])
                first = at;
        }
    return first;
}

/* the four who have a part in it, each named for the first time after the one before */
static void in_own_words(const struct look *look, struct finding *f)
{
    static const char *const actors[][4] = {
        {"kubectl", NULL}, {"api server", "apiserver", "api-server", NULL}, {"scheduler", NULL}, {"kubelet", NULL}};
    const char *text = text_at(json_object_get(look->piece, "setup"), "answer"), *at, *last = text;

    finding_expected(f, "the four who have a part in it, in their order, each by its name");
    if (*text_at(json_object_get(look->piece, "setup"), "unreadable")) {
        finding_fail(f, "%s", text_at(json_object_get(look->piece, "setup"), "unreadable"));
        return;
    }
    for (size_t i = 0; i < LENGTH(actors); i++) {
        at = find(text, actors[i]);
        if (!at || at < last) {
            finding_fail(f, at ? "%s comes before the one that it follows" : "%s is not named", actors[i][0]);
            return;
        }
        last = at;
    }
    finding_ok(f);
}

static const struct rule rules[] = {
    {"a pod is created, then bound by the default scheduler", 1, 0, {"default"}, assigned},
    {"the kubelet starts it after that", 1, 0, {"default"}, started},
    {"a pod that nobody serves stays Pending", 1, 0, {"default"}, passed_over},
};

static const struct rule answer[] = {{"the path of a pod, in your own words", 2, 0, {"path"}, in_own_words}};

int judge_checkpoint_1(const struct judging *judging, struct error *err)
{
    if (judge_rules(judging, 1, rules, LENGTH(rules), err) < 0)
        return -1;
    return judge_piece(judging->pieces, "path", "") ? judge_rules(judging, 1, answer, 1, err) : 0;
}
