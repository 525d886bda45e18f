#include "compare/observation.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/json_peek.h"
#include "common/limits.h"

struct observation *observation_new(const char *prefix, size_t count, struct error *err)
{
    struct observation *o = calloc(1, sizeof *o);
    size_t i;

    if (!o) {
        error_no_memory(err);
        return NULL;
    }
    buffer_init(&o->line, LIMIT_OBJECT_BYTES);
    o->count = count;
    o->first_bound_us = o->last_bound_us = NOT_SEEN;
    o->prefix = strdup(prefix);
    o->pods = calloc(count ? count : 1, sizeof *o->pods);
    if (!o->prefix || !o->pods) {
        observation_free(o);
        error_no_memory(err);
        return NULL;
    }
    for (i = 0; i < count; i++)
        o->pods[i].added_us = o->pods[i].bound_us = o->pods[i].gone_us = NOT_SEEN;
    return o;
}

void observation_free(struct observation *o)
{
    size_t i;

    if (!o)
        return;
    for (i = 0; o->pods && i < o->count; i++) {
        free(o->pods[i].uid);
        free(o->pods[i].node);
    }
    free(o->pods);
    free(o->prefix);
    buffer_free(&o->line);
    free(o);
}

/* the first reason stays: the ones after it are often its consequences */
static void __attribute__((format(printf, 2, 3))) invalidate(struct observation *o, const char *format, ...)
{
    va_list args;

    if (o->invalid)
        return;
    o->invalid = true;
    va_start(args, format);
    vsnprintf(o->reason, sizeof o->reason, format, args);
    va_end(args);
}

long observation_number(const struct observation *o, const char *name)
{
    size_t prefix = strlen(o->prefix);
    unsigned long long number;
    char *end;

    if (strncmp(name, o->prefix, prefix) || name[prefix] < '0' || name[prefix] > '9')
        return -1;
    number = strtoull(name + prefix, &end, 10);
    return *end || number >= o->count ? -1 : (long)number;
}

static struct observed_pod *find_pod(struct observation *o, const char *name)
{
    long number = observation_number(o, name);

    return number < 0 ? NULL : &o->pods[number];
}

static void note_delay(const struct observation *o, struct observed_pod *pod)
{
    if (o->delay_us > pod->delay_us)
        pod->delay_us = o->delay_us;
}

static int keep(char **slot, const char *text, struct error *err)
{
    char *copy = strdup(text);

    if (!copy)
        return error_no_memory(err);
    free(*slot);
    *slot = copy;
    return 0;
}

static int on_added(struct observation *o, struct observed_pod *pod, const char *name, const char *uid, const char *node, int64_t now_us,
                    struct error *err)
{
    if (pod->uid) {
        invalidate(o, "pod %s was added twice: it was recreated during the run, or the watch was replayed", name);
        return 0;
    }
    if (keep(&pod->uid, uid, err) < 0)
        return -1;
    pod->added_us = now_us;
    note_delay(o, pod);
    o->added++;
    if (*node)
        invalidate(o, "pod %s had a node when it was added: when it was bound is unknown", name);
    return 0;
}

static int on_bound(struct observation *o, struct observed_pod *pod, const char *node, int64_t now_us, struct error *err)
{
    if (keep(&pod->node, node, err) < 0)
        return -1;
    pod->bound_us = now_us;
    note_delay(o, pod);
    if (!o->bound++)
        o->first_bound_us = now_us;
    o->last_bound_us = now_us;
    return 0;
}

static int on_modified(struct observation *o, struct observed_pod *pod, const char *name, const char *node, int64_t now_us,
                       struct error *err)
{
    if (!pod->node)
        return *node ? on_bound(o, pod, node, now_us, err) : 0;
    if (!*node)
        invalidate(o, "pod %s lost its node %s", name, pod->node);
    else if (strcmp(pod->node, node))
        invalidate(o, "pod %s was bound twice: to %s, then to %s", name, pod->node, node);
    return 0;
}

static int on_pod(struct observation *o, const char *type, const char *name, const char *uid, const char *node, int64_t now_us,
                  struct error *err)
{
    struct observed_pod *pod = find_pod(o, name);

    if (!pod)
        return 0;
    if (!strcmp(type, "ADDED"))
        return on_added(o, pod, name, uid, node, now_us, err);
    if (!pod->uid || strcmp(pod->uid, uid)) {
        invalidate(o, "a gap in the watch: %s of pod %s came, but its ADDED never did", type, name);
        return 0;
    }
    if (!strcmp(type, "MODIFIED"))
        return on_modified(o, pod, name, node, now_us, err);
    if (strcmp(type, "DELETED")) {
        invalidate(o, "the watch sent an event of unknown type '%.40s'", type);
        return 0;
    }
    if (!pod->node)
        invalidate(o, "pod %s was deleted before it was bound", name);
    if (pod->gone_us == NOT_SEEN) {
        pod->gone_us = now_us;
        o->gone++;
    }
    return 0;
}

static void check_order(struct observation *o, const char *version)
{
    uint64_t now = strtoull(version, NULL, 10);

    if (now < o->resource_version)
        invalidate(o, "the watch went back from resourceVersion %llu to %llu", (unsigned long long)o->resource_version,
                   (unsigned long long)now);
    o->resource_version = now;
}

/* what is read of a frame; strings are borrowed */
struct frame {
    const char *type, *message, *version, *name, *uid, *node;
};

static int on_frame(struct observation *o, const struct frame *f, int64_t now_us, struct error *err)
{
    if (!strcmp(f->type, "ERROR"))
        invalidate(o, "the watch reported an error: %.150s", f->message);
    else if (!f->version)
        invalidate(o, "the watch sent a %.40s without a resourceVersion", f->type);
    else {
        check_order(o, f->version);
        if (f->name && f->uid && strcmp(f->type, "BOOKMARK"))
            return on_pod(o, f->type, f->name, f->uid, f->node, now_us, err);
    }
    return 0;
}

/* the whole of it, whatever it is */
static int parse_frame(struct observation *o, const char *text, size_t bytes, int64_t now_us, struct error *err)
{
    json_t *json = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, NULL);
    struct frame f = {.message = "", .node = ""};
    int ret = 0;

    if (!json || json_unpack(json, "{s:s, s:{s?s, s?{s?s, s?s, s?s}, s?{s?s}}}", "type", &f.type, "object", "message", &f.message,
                             "metadata", "resourceVersion", &f.version, "name", &f.name, "uid", &f.uid, "spec", "nodeName", &f.node) < 0)
        invalidate(o, "the watch sent something that is no event: '%.*s'", (int)(bytes > 80 ? 80 : bytes), text);
    else
        ret = on_frame(o, &f, now_us, err);
    json_decref(json);
    return ret;
}

/*
 * A burst of 10,000 pods is 40,000 frames, and building each one's JSON (50 µs and more) would make the observer the slowest of all. Of an ordinary frame four
 * strings are looked up where they stand. False: it is not that ordinary.
 */
static bool peek_frame(struct observation *o, const char *text, int64_t now_us, int *ret, struct error *err)
{
    struct json_piece frame = {text, 0}, object = json_peek(text, "object"), metadata = json_peek(object.at, "metadata"),
                      spec = json_peek(object.at, "spec");
    char type[16], version[32], name[256], uid[64], node[256] = "";
    struct frame f = {type, "", version, name, uid, node};

    if (!spec.at || !json_peek_copy(frame, "type", type, sizeof type) ||
        !json_peek_copy(metadata, "resourceVersion", version, sizeof version) || !json_peek_copy(metadata, "name", name, sizeof name) ||
        !json_peek_copy(metadata, "uid", uid, sizeof uid) ||
        (json_peek(spec.at, "nodeName").at && !json_peek_copy(spec, "nodeName", node, sizeof node)) || !strcmp(type, "ERROR"))
        return false;
    *ret = on_frame(o, &f, now_us, err);
    return true;
}

static int take_frame(struct observation *o, int64_t now_us, struct error *err)
{
    int ret = 0;

    if (!o->line.bytes)
        return 0;
    if (!peek_frame(o, o->line.data, now_us, &ret, err))
        ret = parse_frame(o, o->line.data, o->line.bytes, now_us, err);
    return ret;
}

/* more of a frame: it is whole once its newline is here */
static int feed_partial(struct observation *o, const char *data, size_t bytes, struct error *err)
{
    if (buffer_add(&o->line, data, bytes, err) == 0)
        return 0;
    invalidate(o, "the watch sent an event that is too large: %.100s", err->text);
    buffer_clear(&o->line);
    return err->kind == ERROR_NO_MEMORY ? -1 : 0;
}

int observation_feed(struct observation *o, const char *data, size_t bytes, int64_t now_us, struct error *err)
{
    int ret = 0;

    while (bytes && ret == 0) {
        const char *newline = memchr(data, '\n', bytes);
        size_t part = newline ? (size_t)(newline - data) : bytes;

        if (part)
            ret = feed_partial(o, data, part, err);
        if (newline) {
            if (ret == 0)
                ret = take_frame(o, now_us, err);
            buffer_clear(&o->line);
            part++;
        }
        data += part;
        bytes -= part;
    }
    if (ret < 0)
        invalidate(o, "the observer ran out of memory");
    return ret;
}

void observation_set_delay(struct observation *o, int64_t delay_us)
{
    o->delay_us = delay_us;
}

void observation_interrupted(struct observation *o, const char *why)
{
    invalidate(o, "the observer's watch ended during the run: %.200s", why);
}

void observation_audit(struct observation *o, const char *name, const char *uid, const char *node)
{
    struct observed_pod *pod = find_pod(o, name);

    if (!pod)
        return;
    if (!pod->uid || strcmp(pod->uid, uid))
        invalidate(o, "a gap in the watch: pod %s exists, but its ADDED never came", name);
    else if (node && !pod->node)
        invalidate(o, "a gap in the watch: pod %s is on %s, but its binding was never seen", name, node);
    else if (pod->node && (!node || strcmp(pod->node, node)))
        invalidate(o, "pod %s was seen bound to %s, but the API server says %s", name, pod->node, node ? node : "unassigned");
}

void observation_finish(struct observation *o)
{
    size_t i;

    for (i = 0; i < o->count && o->pods[i].uid; i++)
        ;
    if (i < o->count)
        invalidate(o, "%zu of %zu pods were never seen, the first is %s%zu", o->count - o->added, o->count, o->prefix, i);
    for (i = 0; i < o->count && o->pods[i].node; i++)
        ;
    if (i < o->count)
        invalidate(o, "%zu of %zu pods stayed unbound, the first is %s%zu", o->count - o->bound, o->count, o->prefix, i);
}

size_t observation_latencies(const struct observation *o, int64_t *out)
{
    size_t i, written = 0;

    for (i = 0; i < o->count; i++)
        if (o->pods[i].added_us != NOT_SEEN && o->pods[i].bound_us != NOT_SEEN)
            out[written++] = o->pods[i].bound_us - o->pods[i].added_us;
    return written;
}
