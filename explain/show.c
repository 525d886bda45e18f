/* show.c: see show.h. */
#include "explain/show.h"

#include "common/limits.h"

void show_begin(struct showing *showing, const struct snapshot *snapshot, const struct explanation *out)
{
    *showing = (struct showing){.snapshot = snapshot, .out = out};
    buffer_init(&showing->name, LIMIT_OBJECT_BYTES);
    buffer_init(&showing->message, LIMIT_OBJECT_BYTES);
}

void show_end(struct showing *showing)
{
    buffer_free(&showing->name);
    buffer_free(&showing->message);
}

int show_pod(struct showing *showing, struct explained *explained, const char *namespace_, const char *name, struct error *err)
{
    buffer_clear(&showing->name);
    if (buffer_printf(&showing->name, err, "%s/%s", namespace_, name) < 0)
        return -1;
    explained->pod = showing->name.data;
    explained->message = showing->message.data;
    return showing->out->visit(showing->out->ctx, explained, err);
}

int show_undecided(struct showing *showing, const struct named_pod *named, struct error *err)
{
    static const char *const why[] = {
        [POD_GATED] = "Scheduling is blocked due to non-empty scheduling gates", /* kube-scheduler's plugins/schedulinggates */
        [POD_DELETING] = "is being deleted: not decided",
        [POD_ENDED] = "has ended: not decided",
    };
    struct explained explained = {.node = NULL};

    buffer_clear(&showing->message);
    if (named->fate == POD_FOREIGN ? buffer_printf(&showing->message, err, "is for scheduler %s, not for %s: not decided", named->where,
                                                   showing->snapshot->scheduler_name) < 0
                                   : buffer_add_string(&showing->message, why[named->fate], err) < 0)
        return -1;
    return show_pod(showing, &explained, named->namespace_, named->name, err);
}
