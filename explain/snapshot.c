/* snapshot.c: see snapshot.h. */
#include "explain/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "common/cluster/decode.h"
#include "common/kube/json_parse.h"

static int set_text(char **to, const char *text, struct error *err)
{
    char *copy = strdup(text);

    if (!copy)
        return error_no_memory(err);
    free(*to);
    *to = copy;
    return 0;
}

static void clear_where(struct named_pod *named)
{
    free(named->where);
    named->where = NULL;
}

/* ---- names ---- */

struct named_pod *snapshot_named(const struct snapshot *snapshot, const char *namespace_, const char *name)
{
    for (size_t i = 0; i < snapshot->named_count; i++)
        if (!strcmp(snapshot->named[i].name, name) && !strcmp(snapshot->named[i].namespace_, namespace_))
            return &snapshot->named[i];
    return NULL;
}

/* `text` is NAMESPACE/POD */
static int add_name(struct snapshot *snapshot, const char *text, struct error *err)
{
    struct named_pod named = {.fate = POD_ABSENT};
    char *slash;

    if (set_text(&named.namespace_, text, err) < 0)
        return -1;
    slash = strchr(named.namespace_, '/');
    *slash = '\0';
    if (snapshot_named(snapshot, named.namespace_, slash + 1)) {
        free(named.namespace_);
        return 0;
    }
    if (set_text(&named.name, slash + 1, err) < 0) {
        free(named.namespace_);
        return -1;
    }
    snapshot->named[snapshot->named_count++] = named;
    return 0;
}

int snapshot_open(struct snapshot *snapshot, const struct options *options, struct error *err)
{
    struct snapshot fresh = {.scheduler_name = options->scheduler_name};

    fresh.cache = cache_new(options->scheduler_name, err);
    if (!fresh.cache)
        return -1;
    fresh.named = calloc(options->pod_count + 1, sizeof *fresh.named);
    if (!fresh.named) {
        error_no_memory(err);
        goto fail;
    }
    for (size_t i = 0; i < options->pod_count; i++)
        if (add_name(&fresh, options->pods[i], err) < 0)
            goto fail;
    *snapshot = fresh;
    return 0;
fail:
    snapshot_close(&fresh);
    return -1;
}

void snapshot_close(struct snapshot *snapshot)
{
    for (size_t i = 0; i < snapshot->named_count; i++) {
        clear_where(&snapshot->named[i]);
        free(snapshot->named[i].namespace_);
        free(snapshot->named[i].name);
    }
    free(snapshot->named);
    cache_free(snapshot->cache);
    *snapshot = (struct snapshot){0};
}

/* ---- objects ---- */

void snapshot_begin(struct snapshot *snapshot, enum snapshot_kind kind)
{
    if (kind == SNAPSHOT_NODES) {
        cache_begin_replace_nodes(snapshot->cache);
        return;
    }
    cache_begin_replace_pods(snapshot->cache);
    for (size_t i = 0; i < snapshot->named_count; i++) {
        snapshot->named[i].fate = POD_ABSENT;
        clear_where(&snapshot->named[i]);
    }
}

void snapshot_end(struct snapshot *snapshot, enum snapshot_kind kind)
{
    if (kind == SNAPSHOT_NODES)
        cache_end_replace_nodes(snapshot->cache, NULL, NULL);
    else
        cache_end_replace_pods(snapshot->cache, NULL, NULL);
}

static int take_node(struct snapshot *snapshot, const json_t *json, struct error *err)
{
    struct node_spec *spec = node_decode(json, err);
    bool helps;

    if (!spec)
        return -1;
    if (snapshot->refuses_doubles && cache_node(snapshot->cache, spec->name)) {
        error_set(err, ERROR_RUNTIME, "node %s: expected once, found twice", spec->name);
        node_spec_free(spec);
        return -1;
    }
    return cache_set_node(snapshot->cache, spec, &helps, err);
}

static enum pod_fate fate_of(const struct snapshot *snapshot, const struct pod *pod)
{
    if (strcmp(pod->scheduler_name, snapshot->scheduler_name) != 0)
        return POD_FOREIGN;
    if (!pod_counts(pod))
        return POD_ENDED;
    if (pod->deleting)
        return POD_DELETING;
    if (*pod->node_name)
        return POD_PLACED;
    return pod->gated ? POD_GATED : POD_WAITS;
}

/*
 * Notes what becomes of a pod that was asked for by name. One that is placed is made again, as if it were pending: what it asks of nodes is not kept of
 * an assigned pod. Replaces *pod then.
 */
static int take_named(const struct snapshot *snapshot, struct named_pod *named, json_t *json, struct pod **pod, struct error *err)
{
    enum pod_fate fate = fate_of(snapshot, *pod);
    const char *where = fate == POD_PLACED ? (*pod)->node_name : (*pod)->scheduler_name;
    struct pod *lifted;

    if ((fate == POD_PLACED || fate == POD_FOREIGN) && set_text(&named->where, where, err) < 0)
        return -1;
    if (fate == POD_PLACED) {
        json_object_del(json_object_get(json, "spec"), "nodeName");
        lifted = pod_decode(json, snapshot->scheduler_name, err);
        if (!lifted)
            return -1;
        pod_free(*pod);
        *pod = lifted;
    }
    named->fate = fate;
    return 0;
}

static int take_pod(struct snapshot *snapshot, json_t *json, struct error *err)
{
    struct pod *pod = pod_decode(json, snapshot->scheduler_name, err);
    struct named_pod *named;
    struct pod_update update;

    if (!pod)
        return -1;
    if (snapshot->refuses_doubles && cache_pod(snapshot->cache, pod->namespace_, pod->name)) {
        error_set(err, ERROR_RUNTIME, "pod %s/%s: expected once, found twice", pod->namespace_, pod->name);
        goto fail;
    }
    named = snapshot_named(snapshot, pod->namespace_, pod->name);
    if (named && take_named(snapshot, named, json, &pod, err) < 0)
        goto fail;
    return cache_set_pod(snapshot->cache, pod, &update, err);
fail:
    pod_free(pod);
    return -1;
}

int snapshot_take(struct snapshot *snapshot, enum snapshot_kind kind, const char *text, size_t bytes, struct error *err)
{
    json_t *json = kube_json_parse(text, bytes, err);
    int ret;

    if (!json)
        return -1;
    ret = kind == SNAPSHOT_NODES ? take_node(snapshot, json, err) : take_pod(snapshot, json, err);
    json_decref(json);
    return ret;
}

int snapshot_complete(struct snapshot *snapshot, const char *origin, struct error *err)
{
    for (size_t i = 0; i < snapshot->named_count; i++) {
        const struct named_pod *named = &snapshot->named[i];
        struct cached_pod *cached;
        struct node *node;

        if (named->fate == POD_ABSENT)
            return error_set(err, ERROR_USAGE, "pod %s/%s: not found in %s", named->namespace_, named->name, origin);
        if (named->fate != POD_PLACED)
            continue;
        cached = cache_pod(snapshot->cache, named->namespace_, named->name);
        node = cache_node(snapshot->cache, named->where);
        if (cached && node)
            cache_assume(snapshot->cache, cached, node);
    }
    return 0;
}
