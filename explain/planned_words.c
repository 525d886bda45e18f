/* planned_words.c: what is said of a pod of the plan: its verdicts, and why it goes where it goes, or waits. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "explain/planned_internal.h"

/* ---- who has which node in the end ---- */

/* in `others`, which are in name order; NULL: a node that is not there */
static struct holder *holder_of(const struct planned *planned, const char *name)
{
    size_t low = 0, high = planned->others.count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = strcmp(planned->others.node[middle]->spec->name, name);

        if (order == 0)
            return &planned->holder[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static int name_holder(struct holder *holder, struct error *err)
{
    const struct member *member = holder->member;
    struct buffer text;
    int ret;

    buffer_init(&text, LIMIT_OBJECT_BYTES);
    ret = buffer_printf(&text, err, "%s/%s of priority %" PRId64 " %s", member->pod->namespace_, member->pod->name, member->priority,
                        member->goes_to ? "goes there" : "stays there");
    if (ret == 0 && !(holder->text = strdup(text.data)))
        ret = error_no_memory(err);
    buffer_free(&text);
    return ret;
}

int planned_find_holders(struct planned *planned, struct error *err)
{
    planned->holder = calloc(planned->others.count + 1, sizeof *planned->holder);
    if (!planned->holder)
        return error_no_memory(err);
    for (size_t i = 0; i < planned->members; i++) {
        const struct member *member = &planned->member[i];
        const bool stays = member->where && !member->victim && !member->pod->deleting;
        struct holder *now = member->where ? holder_of(planned, member->where) : NULL;
        struct holder *then = member->goes_to ? holder_of(planned, member->goes_to->spec->name) : stays ? now : NULL;

        if (now)
            now->ours_now++;
        if (then)
            then->member = member;
    }
    for (size_t i = 0; i < planned->others.count; i++)
        if (planned->holder[i].member && name_holder(&planned->holder[i], err) < 0)
            return -1;
    return 0;
}

void planned_free_holders(struct planned *planned)
{
    for (size_t i = 0; planned->holder && i < planned->others.count; i++)
        free(planned->holder[i].text);
    free(planned->holder);
}

/* ---- one that waits ---- */

/* The gang of a pod, as it is now. */
struct gang {
    size_t members, waiting, gated, placed;
    int64_t size; /* the largest pod-group-size; 0: none */
};

static int64_t size_of(const struct pod *pod)
{
    const char *text = label_get(pod->annotations, pod->annotation_count, "pod-group-size");
    char *end = NULL;
    long long size = text ? strtoll(text, &end, 10) : 0;

    return text && end != text && !*end && size > 0 ? size : 0;
}

static bool same_gang(const struct member *a, const struct member *b)
{
    return strcmp(a->group, b->group) == 0 && strcmp(a->pod->namespace_, b->pod->namespace_) == 0;
}

/* they stand side by side */
static struct gang gang_of(const struct planned *planned, const struct member *member)
{
    const struct member *at = member, *end = planned->member + planned->members;
    struct gang gang = {0};

    while (at > planned->member && same_gang(at - 1, member))
        at--;
    for (; at < end && same_gang(at, member); at++) {
        if (at->pod->deleting)
            continue;
        gang.members++;
        gang.placed += at->where && !at->victim;
        gang.gated += !at->where && at->pod->gated;
        gang.waiting += !at->where;
        if (size_of(at->pod) > gang.size)
            gang.size = size_of(at->pod);
    }
    return gang;
}

/* whose going the pod waits for */
static const struct member *leaving_from(const struct planned *planned, const struct node *node)
{
    for (size_t i = 0; i < planned->members; i++)
        if (planned->member[i].where && strcmp(planned->member[i].where, node->spec->name) == 0 &&
            (planned->member[i].victim || planned->member[i].pod->deleting))
            return &planned->member[i];
    return NULL;
}

static int tell_bound(const struct planned *planned, const struct member *member, struct buffer *out, struct error *err)
{
    const struct member *leaving = member->at_once ? NULL : leaving_from(planned, member->goes_to);

    if (buffer_printf(out, err, "in the plan with priority %" PRId64 ": ", member->priority) < 0)
        return -1;
    if (member->apart)
        return buffer_add_string(
            out, "it looks at other pods: the first node in name order that nobody needs who goes first, and that will do", err);
    if (member->at_once)
        return buffer_add_string(out, "the first free node in name order that leaves room for the rest of the plan", err);
    if (leaving)
        return buffer_printf(out, err, "once %s/%s is gone from it (%s)", leaving->pod->namespace_, leaving->pod->name,
                             leaving->victim ? plan_reason_text(leaving->reason) : "it is terminating");
    return buffer_add_string(out, "once those that go are gone", err);
}

static bool may_go_somewhere(const struct planned *planned)
{
    for (size_t i = 0; i < planned->others.count; i++) {
        const struct verdict *verdict = &planned->verdicts[i];

        if (!verdict->objections || verdict->objection[0].filter == OBJECTION_TAKEN)
            return true;
    }
    return false;
}

static int tell_passed_over(const struct planned *planned, const struct member *member, struct buffer *out, struct error *err)
{
    if (buffer_printf(out, err, "not in the plan with priority %" PRId64 ": ", member->priority) < 0)
        return -1;
    if (!may_go_somewhere(planned))
        return buffer_add_string(out, "no node passes its filters", err);
    if (*member->group && !gang_of(planned, member).placed)
        return buffer_printf(out, err, "its gang %s of %zu does not fit beside the pods that come before it", member->group,
                             gang_of(planned, member).waiting);
    return buffer_add_string(out, "the pods that come before it leave it no node", err);
}

static int tell_incomplete(const struct planned *planned, const struct member *member, struct buffer *out, struct error *err)
{
    const struct gang gang = gang_of(planned, member);

    if (gang.placed)
        return buffer_printf(out, err, "late to its gang %s, whose others have their nodes by a higher priority: waits until they are gone",
                             member->group);
    if (gang.gated)
        return buffer_printf(out, err, "waits for its gang %s: %zu of its %zu members %s gated", member->group, gang.gated, gang.members,
                             gang.gated == 1 ? "is" : "are");
    if (gang.size > (int64_t)gang.waiting)
        return buffer_printf(out, err, "waits for its gang %s: %zu of %" PRId64 " members are there", member->group, gang.waiting,
                             gang.size);
    return buffer_printf(out, err, "waits for its gang %s, which is not complete", member->group);
}

static int tell_apart(const struct member *member, struct buffer *out, struct error *err)
{
    return buffer_printf(out, err, "%s looks at other pods: nobody is evicted for it, and no node is free that will do",
                         *member->group ? "it, or one of its gang," : "it");
}

static int tell_waiting(const struct planned *planned, const struct member *member, struct buffer *out, struct error *err)
{
    if (member->goes_to)
        return tell_bound(planned, member, out, err);
    if (member->apart)
        return tell_apart(member, out, err);
    return member->in_unit ? tell_passed_over(planned, member, out, err) : tell_incomplete(planned, member, out, err);
}

/* ---- one that has its node ---- */

static int tell_placed(const struct member *member, struct buffer *out, struct error *err)
{
    if (buffer_printf(out, err, "is on %s now; ", member->where) < 0)
        return -1;
    if (!member->victim)
        return buffer_printf(out, err, "stays: in the plan with priority %" PRId64, member->priority);
    if (buffer_printf(out, err, "is evicted: %s", plan_reason_text(member->reason)) < 0)
        return -1;
    return member->cause ? buffer_printf(out, err, ", %s/%s", member->cause->pod->namespace_, member->cause->pod->name) : 0;
}

/* ---- both ---- */

static int judge(struct planned *planned, const struct member *member, struct error *err)
{
    if (verdicts_make(planned->policy, member->pod, planned->others.node, planned->others.count, planned->verdicts, err) < 0)
        return -1;
    for (size_t i = 0; i < planned->others.count; i++) {
        struct verdict *verdict = &planned->verdicts[i];
        const struct holder *holder = &planned->holder[i];

        verdict->score = holder->ours_now;
        if (holder->member && holder->member != member && !verdict->objections)
            verdict->objection[verdict->objections++] = (struct objection){OBJECTION_TAKEN, holder->text};
    }
    return 0;
}

int planned_show(struct planned *planned, const struct member *member, struct error *err)
{
    struct explained explained = {.verdicts = planned->verdicts, .verdict_count = planned->others.count};
    struct buffer *message = &planned->showing.message;

    if (judge(planned, member, err) < 0)
        return -1;
    if (member->goes_to)
        explained.node = member->goes_to->spec->name;
    else if (member->where && !member->victim)
        explained.node = member->where;
    buffer_clear(message);
    if ((member->where ? tell_placed(member, message, err) : tell_waiting(planned, member, message, err)) < 0)
        return -1;
    return show_pod(&planned->showing, &explained, member->pod->namespace_, member->pod->name, err);
}
