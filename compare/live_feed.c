#include "compare/live_feed.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/json_peek.h"
#include "common/limits.h"

#define PAGE_ITEMS 500
#define RETRY_US 100000
#define LIST_MS 10000L
#define WATCH_SECONDS 7200

enum feed_state { IDLE, LISTING, WATCHING };

/* one of the two kinds of objects */
struct stream {
    struct live_feed *feed;
    bool nodes;
    enum feed_state state;
    int64_t retry_us;             /* in IDLE: not before */
    char version[64], next[1024]; /* where to watch from, the token of the list's next page */
    struct buffer line;
    bool broken; /* a line that cannot be believed: the stream is begun again with a list */
};

struct live_feed {
    struct live_http *http;
    struct live_model *m;
    char namespace_[64];
    struct stream streams[2]; /* pods, nodes */
    int64_t now_us;
    struct error failed; /* of a callback */
};

struct live_feed *live_feed_open(struct live_http *http, struct live_model *m, const char *namespace_, struct error *err)
{
    struct live_feed *feed = calloc(1, sizeof *feed);
    int i;

    if (!feed) {
        error_no_memory(err);
        return NULL;
    }
    feed->http = http;
    feed->m = m;
    snprintf(feed->namespace_, sizeof feed->namespace_, "%s", namespace_);
    for (i = 0; i < 2; i++) {
        feed->streams[i].feed = feed;
        feed->streams[i].nodes = i;
        buffer_init(&feed->streams[i].line, LIMIT_OBJECT_BYTES);
    }
    return feed;
}

void live_feed_close(struct live_feed *feed)
{
    if (!feed)
        return;
    buffer_free(&feed->streams[0].line);
    buffer_free(&feed->streams[1].line);
    free(feed);
}

bool live_feed_ready(const struct live_feed *feed)
{
    return feed->streams[0].state == WATCHING && feed->streams[1].state == WATCHING;
}

/* ---- objects ---- */

/* "NAME-NUMBER" of one of the sides */
static bool find_pod(const struct live_model *m, const char *name, size_t *side, size_t *number)
{
    const char *dash = strrchr(name, '-');
    char *end;
    size_t i;

    if (!dash || dash[1] < '0' || dash[1] > '9')
        return false;
    *number = strtoul(dash + 1, &end, 10);
    for (i = 0; !*end && i < m->side_count; i++)
        if (strlen(m->sides[i].name) == (size_t)(dash - name) && !strncmp(m->sides[i].name, name, (size_t)(dash - name))) {
            *side = i;
            return *number < LIVE_PODS_MAX;
        }
    return false;
}

static int take_pod(struct live_feed *feed, const char *type, const char *name, const char *node, const struct live_time *time,
                    struct error *err)
{
    size_t side, number;

    if (!find_pod(feed->m, name, &side, &number))
        return 0;
    if (strcmp(type, "DELETED"))
        return live_model_pod_seen(feed->m, side, number, node, time->at_us, time->delay_us, err);
    live_model_pod_gone(feed->m, side, number, time->at_us);
    return 0;
}

static bool is_ready(const json_t *node)
{
    const json_t *conditions = json_object_get(json_object_get(node, "status"), "conditions"), *condition;
    size_t i;

    json_array_foreach(conditions, i, condition)
    {
        const char *type = json_string_value(json_object_get(condition, "type"));
        const char *status = json_string_value(json_object_get(condition, "status"));

        if (type && status && !strcmp(type, "Ready"))
            return !strcmp(status, "True");
    }
    return false;
}

/* by something that keeps pods off; what a cordon adds of its own is the cordon's */
static bool is_tainted(const json_t *node)
{
    const json_t *taints = json_object_get(json_object_get(node, "spec"), "taints"), *taint;
    size_t i;

    json_array_foreach(taints, i, taint)
    {
        const char *key = json_string_value(json_object_get(taint, "key"));
        const char *effect = json_string_value(json_object_get(taint, "effect"));

        if (key && effect && strcmp(key, "node.kubernetes.io/unschedulable") && strcmp(effect, "PreferNoSchedule"))
            return true;
    }
    return false;
}

static void take_node(struct live_feed *feed, const char *type, const char *name, const json_t *node)
{
    bool cordoned = json_is_true(json_object_get(json_object_get(node, "spec"), "unschedulable"));

    if (strcmp(type, "DELETED"))
        live_model_node_seen(feed->m, name, is_ready(node), cordoned, is_tainted(node));
    else
        live_model_node_gone(feed->m, name);
}

/* `type` is "" for an item of a list */
static int take_object(struct stream *stream, const char *type, const json_t *object, const struct live_time *time, struct error *err)
{
    const char *name = json_string_value(json_object_get(json_object_get(object, "metadata"), "name"));
    const char *node = json_string_value(json_object_get(json_object_get(object, "spec"), "nodeName"));

    if (!name || !strcmp(type, "BOOKMARK"))
        return 0;
    if (!stream->nodes)
        return take_pod(stream->feed, type, name, node, time, err);
    take_node(stream->feed, type, name, object);
    return 0;
}

/* ---- the watch ---- */

static bool peek_text(const char *object, const char *name, char *out, size_t size)
{
    struct json_piece inside;

    if (!json_peek_string(json_peek(object, name), &inside) || inside.bytes >= size)
        return false;
    memcpy(out, inside.at, inside.bytes);
    out[inside.bytes] = '\0';
    return true;
}

/* a burst is thousands of events of pods, and two strings of each are all that is needed */
static bool peek_pod(struct stream *stream, const char *line, const struct live_time *time, int *ret, struct error *err)
{
    struct json_piece object = json_peek(line, "object"), spec = json_peek(object.at, "spec");
    char type[16], name[256], node[256] = "";

    if (stream->nodes || !spec.at || !peek_text(line, "type", type, sizeof type) ||
        !peek_text(json_peek(object.at, "metadata").at, "name", name, sizeof name) || !strcmp(type, "ERROR") ||
        (json_peek(spec.at, "nodeName").at && !peek_text(spec.at, "nodeName", node, sizeof node)))
        return false;
    *ret = !strcmp(type, "BOOKMARK") ? 0 : take_pod(stream->feed, type, name, node, time, err);
    return true;
}

static int take_line(struct stream *stream, const char *line, size_t bytes, const struct live_time *time, struct error *err)
{
    json_t *event;
    const char *type;
    int ret = 0;

    if (!bytes || peek_pod(stream, line, time, &ret, err))
        return ret;
    event = json_loadb(line, bytes, 0, NULL);
    type = json_string_value(json_object_get(event, "type"));
    if (!type || !strcmp(type, "ERROR"))
        stream->broken = true;
    else
        ret = take_object(stream, type, json_object_get(event, "object"), time, err);
    json_decref(event);
    return ret;
}

int live_feed_take(struct live_feed *feed, bool nodes, const char *line, size_t bytes, const struct live_time *time, struct error *err)
{
    return take_line(&feed->streams[nodes], line, bytes, time, err);
}

static bool on_data(void *ctx, const char *data, size_t bytes, const struct live_time *time)
{
    struct stream *stream = ctx;

    while (bytes && !stream->broken) {
        const char *newline = memchr(data, '\n', bytes);
        size_t part = newline ? (size_t)(newline - data) : bytes;

        if (buffer_add(&stream->line, data, part, &stream->feed->failed) < 0) {
            stream->broken = true;
            return false;
        }
        if (newline) {
            if (stream->line.bytes && take_line(stream, stream->line.data, stream->line.bytes, time, &stream->feed->failed) < 0)
                stream->broken = true;
            buffer_clear(&stream->line);
            part++;
        }
        data += part;
        bytes -= part;
    }
    return !stream->broken;
}

static void begin_again(struct stream *stream, const char *why, int64_t at_us)
{
    stream->state = IDLE;
    stream->retry_us = at_us + RETRY_US;
    stream->broken = false;
    buffer_clear(&stream->line);
    if (!stream->nodes)
        live_model_disconnected(stream->feed->m, why, at_us);
}

static void on_watch_done(void *ctx, const struct live_answer *answer)
{
    begin_again(ctx,
                answer->status == 0     ? answer->why
                : answer->status == 200 ? "it ended the watch"
                                        : "it refused the watch",
                answer->at_us);
}

static int start_watch(struct stream *stream, struct error *err)
{
    char target[512];
    struct live_call call = {.method = "GET", .target = target, .on_data = on_data, .on_done = on_watch_done, .ctx = stream};

    if (stream->nodes)
        snprintf(target, sizeof target, "/api/v1/nodes?");
    else
        snprintf(target, sizeof target, "/api/v1/namespaces/%s/pods?", stream->feed->namespace_);
    snprintf(target + strlen(target), sizeof target - strlen(target),
             "watch=true&allowWatchBookmarks=true&timeoutSeconds=%d&resourceVersion=%s", WATCH_SECONDS, stream->version);
    if (live_http_send(stream->feed->http, &call, err) < 0)
        return -1;
    stream->state = WATCHING;
    return 0;
}

/* ---- the list ---- */

static int request_page(struct stream *stream, struct error *err);

static int take_page(struct stream *stream, const json_t *page, int64_t at_us, struct error *err)
{
    const json_t *metadata = json_object_get(page, "metadata"), *item;
    const char *version = json_string_value(json_object_get(metadata, "resourceVersion"));
    const char *next = json_string_value(json_object_get(metadata, "continue"));
    const struct live_time listed = {at_us, LIVE_LISTED};
    size_t i;

    json_array_foreach(json_object_get(page, "items"), i, item)
    {
        if (take_object(stream, "", item, &listed, err) < 0)
            return -1;
    }
    snprintf(stream->version, sizeof stream->version, "%s", version ? version : "");
    snprintf(stream->next, sizeof stream->next, "%s", next ? next : "");
    if (*stream->next)
        return request_page(stream, err);
    live_model_list_ends(stream->feed->m, stream->nodes, at_us);
    if (!stream->nodes)
        live_model_connected(stream->feed->m, at_us);
    return start_watch(stream, err);
}

static void on_page(void *ctx, const struct live_answer *answer)
{
    struct stream *stream = ctx;
    json_t *page;

    if (answer->status != 200) {
        begin_again(stream, answer->status ? "it refused the list" : answer->why, answer->at_us);
        return;
    }
    page = json_loadb(answer->body, answer->bytes, 0, NULL);
    if (!page)
        begin_again(stream, "the list is no JSON", answer->at_us);
    else if (take_page(stream, page, answer->at_us, &stream->feed->failed) < 0)
        begin_again(stream, "no room for the list", answer->at_us);
    json_decref(page);
}

static int request_page(struct stream *stream, struct error *err)
{
    struct live_call call = {.method = "GET", .timeout_ms = LIST_MS, .on_done = on_page, .ctx = stream};
    struct buffer target;
    int ret;

    buffer_init(&target, LIMIT_TARGET_BYTES);
    ret = stream->nodes ? buffer_printf(&target, err, "/api/v1/nodes?limit=%d", PAGE_ITEMS)
                        : buffer_printf(&target, err, "/api/v1/namespaces/%s/pods?limit=%d", stream->feed->namespace_, PAGE_ITEMS);
    if (ret == 0 && *stream->next &&
        (buffer_add_string(&target, "&continue=", err) < 0 || buffer_add_query_escaped(&target, stream->next, err) < 0))
        ret = -1;
    call.target = target.data;
    if (ret == 0)
        ret = live_http_send(stream->feed->http, &call, err);
    buffer_free(&target);
    return ret;
}

int live_feed_turn(struct live_feed *feed, int64_t now_us, struct error *err)
{
    int i;

    for (i = 0; i < 2; i++) {
        struct stream *stream = &feed->streams[i];

        if (feed->failed.kind == ERROR_NO_MEMORY)
            return error_no_memory(err);
        if (stream->state != IDLE || now_us < stream->retry_us)
            continue;
        *stream->next = '\0';
        live_model_list_begins(feed->m, stream->nodes);
        if (request_page(stream, err) < 0)
            return -1;
        stream->state = LISTING;
    }
    return 0;
}
