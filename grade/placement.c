#include "grade/placement.h"

#include <stdlib.h>
#include <string.h>

struct tally {
    const char *node;
    bool plain;    /* no scheduler could have a reason to pass it over */
    int low, high; /* pods of others: fewest and most while the burst was placed */
    int own;       /* pods of the burst */
};

static bool is_of_burst(const json_t *names, const char *name)
{
    const json_t *other;
    size_t i;

    json_array_foreach(names, i, other)
    {
        if (!strcmp(word(other), name))
            return true;
    }
    return false;
}

static bool counts(const struct placement *p, const json_t *state)
{
    const char *phase = text_at(state, "phase");

    if (!state || !*text_at(state, "node"))
        return false;
    if (!p->ended_too && (!strcmp(phase, "Succeeded") || !strcmp(phase, "Failed")))
        return false;
    return !p->app || !strcmp(text_at(json_object_get(state, "labels"), "app"), p->app);
}

static struct tally *tally_of(struct tally *tallies, size_t count, const char *node)
{
    for (size_t i = 0; i < count; i++)
        if (!strcmp(tallies[i].node, node))
            return &tallies[i];
    return NULL;
}

static bool is_plain(const json_t *node)
{
    const json_t *taint;
    size_t i;

    if (json_is_true(json_object_get(node, "unschedulable")) || json_is_false(json_object_get(node, "ready")))
        return false;
    json_array_foreach(json_object_get(node, "taints"), i, taint)
    {
        if (strcmp(text_at(taint, "effect"), "PreferNoSchedule") != 0)
            return false;
    }
    return true;
}

/* One pod of somebody else's: where it was at t, and how it came or went until `end`. */
static void count_other(struct tally *tallies, size_t count, const struct placement *p, const json_t *pod, int64_t end_us)
{
    const json_t *before = state_at(pod, p->t_us), *state;
    struct tally *at = counts(p, before) ? tally_of(tallies, count, text_at(before, "node")) : NULL;
    bool came = false, left = false;
    size_t i;

    if (at) {
        at->low++;
        at->high++;
    }
    json_array_foreach(json_object_get(pod, "history"), i, state)
    {
        int64_t t = number_at(state, "t");
        bool there = strcmp(text_at(state, "type"), "DELETED") != 0 && counts(p, state);
        struct tally *to = there ? tally_of(tallies, count, text_at(state, "node")) : NULL;

        if (t <= p->t_us || t > end_us)
            continue;
        if (at && !there && !left) {
            at->low--;
            left = true;
        } else if (to && !at && !came) {
            to->high++;
            came = true;
        }
    }
}

static int64_t end_of(const json_t *piece, const struct placement *p)
{
    const json_t *name;
    int64_t end_us = p->t_us;
    size_t i;

    json_array_foreach(p->pods, i, name)
    {
        const json_t *bind = bind_of(piece, word(name), 0);
        int64_t t = bind ? answered_us(bind) : 0;

        end_us = t > end_us && t != INT64_MAX ? t : end_us;
    }
    return end_us;
}

static void take_stock(const json_t *piece, const struct placement *p, struct tally *tallies, size_t count)
{
    int64_t end_us = end_of(piece, p);
    const json_t *pod, *name;
    struct tally *at;
    size_t i;

    json_array_foreach(json_object_get(piece, "pods"), i, pod)
    {
        bool ours = !strcmp(text_at(pod, "namespace"), text_at(piece, "namespace"));

        if (!ours || !is_of_burst(p->pods, text_at(pod, "name")))
            count_other(tallies, count, p, pod, end_us);
    }
    json_array_foreach(p->pods, i, name)
    {
        at = tally_of(tallies, count, final_node(piece, word(name)));
        if (at)
            at->own++;
    }
}

/* the fewest that any node has in the end which had to be considered */
static const struct tally *emptiest(const struct tally *tallies, size_t count)
{
    const struct tally *least = NULL;

    for (size_t i = 0; i < count; i++)
        if (tallies[i].plain && (!least || tallies[i].high + tallies[i].own < least->high + least->own))
            least = &tallies[i];
    return least;
}

static void tell(const struct tally *tallies, size_t count, const struct placement *p, struct finding *f)
{
    finding_more(f, " (%spods before and what came:", p->app ? "such " : "");
    for (size_t i = 0; i < count && i < 8; i++)
        finding_more(f, "%s %s %d+%d", i ? "," : "", tallies[i].node, tallies[i].low, tallies[i].own);
    finding_more(f, count > 8 ? ", …)" : ")");
}

bool placement_is_least(const json_t *piece, const struct placement *p, struct finding *f)
{
    const json_t *nodes = setup_of(piece, "nodes"), *node;
    struct tally *tallies = calloc(json_array_size(nodes) + 1, sizeof *tallies);
    const struct tally *least;
    size_t i, count = 0;
    bool ok = true;

    json_array_foreach(nodes, i, node)
    {
        if (tallies)
            tallies[count++] = (struct tally){.node = text_at(node, "name"), .plain = is_plain(node)};
    }
    if (tallies)
        take_stock(piece, p, tallies, count);
    least = tallies ? emptiest(tallies, count) : NULL;
    if (!tallies)
        finding_skip(f, "out of memory");
    else if (!least)
        finding_fail(f, "there was no node to go to");
    for (i = 0; ok && least && i < count; i++) {
        const struct tally *t = &tallies[i];

        if (!t->own || t->low + t->own - 1 <= least->high + least->own)
            continue;
        ok = false;
        finding_fail(f, "%s got a pod when it had %d%s, and %s had %d", t->node, t->low + t->own - 1, p->app ? " of the app" : "",
                     least->node, least->high + least->own);
        tell(tallies, count, p, f);
    }
    free(tallies);
    return ok && least;
}
