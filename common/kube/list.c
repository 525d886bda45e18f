/*
 * list.c: see list.h.
 */
#include "common/kube/list.h"

#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/kube/json_parse.h"
#include "common/limits.h"

struct kube_list {
    struct kube_client *client;
    struct kube_list_options options;
    struct kube_call *call;
    struct json_scan *scan;
    char *resource_version;   /* asked for */
    char *got_version, *next; /* of the page read last */
    int page;
    bool paged;
    struct error broken; /* why on_data said stop */
};

static int start_page(struct kube_list *list, struct error *err);

static int on_item(void *ctx, const char *text, size_t bytes, size_t raw_bytes, struct error *err)
{
    struct kube_list *list = ctx;

    (void)raw_bytes;
    return list->options.on_item(list->options.ctx, text, bytes, err);
}

/* replaces *to by a copy of a member of metadata; an absent one is "" */
static int keep_member(char **to, const json_t *metadata, const char *key, struct error *err)
{
    char *copy = strdup(kube_json_text(metadata, key));

    if (!copy)
        return error_no_memory(err);
    free(*to);
    *to = copy;
    return 0;
}

static int on_envelope(void *ctx, const char *text, size_t bytes, struct error *err)
{
    struct kube_list *list = ctx;
    json_t *envelope = kube_json_parse(text, bytes, err);
    const json_t *metadata = json_object_get(envelope, "metadata");
    int ret = -1;

    if (!envelope)
        return -1;
    /* a Status or a proxy's own JSON, sent as 200, must not pass for a list without items */
    if (!*kube_json_text(metadata, "resourceVersion")) {
        error_set(err, ERROR_RUNTIME, "not a list: it has no metadata.resourceVersion");
        goto cleanup;
    }
    if (keep_member(&list->got_version, metadata, "resourceVersion", err) < 0 || keep_member(&list->next, metadata, "continue", err) < 0)
        goto cleanup;
    ret = 0;
cleanup:
    json_decref(envelope);
    return ret;
}

static int on_data(void *ctx, const char *data, size_t bytes)
{
    struct kube_list *list = ctx;

    return json_scan_feed(list->scan, data, bytes, &list->broken);
}

static void free_list(struct kube_list *list)
{
    json_scan_free(list->scan);
    free(list->resource_version);
    free(list->got_version);
    free(list->next);
    free(list);
}

static void finish(struct kube_list *list, const struct kube_answer *answer)
{
    list->options.on_done(list->options.ctx, answer, list->got_version ? list->got_version : "");
    free_list(list);
}

static void fail(struct kube_list *list, const struct kube_answer *answer, enum kube_class class_, const char *message)
{
    struct kube_answer failed = *answer;

    failed.class_ = class_;
    failed.message = message;
    finish(list, &failed);
}

/* whether a failed page leads to another way of listing rather than to the caller */
static bool start_over(struct kube_list *list, const struct kube_answer *answer, struct error *err)
{
    if (answer->class_ != KUBE_EXPIRED)
        return false;
    if (list->page > 0 && list->paged)
        list->paged = false;
    else if (!list->resource_version[0])
        return false;
    list->resource_version[0] = '\0';
    list->page = 0;
    if (list->options.on_start)
        list->options.on_start(list->options.ctx);
    return start_page(list, err) == 0;
}

static void on_done(void *ctx, const struct kube_answer *answer)
{
    struct kube_list *list = ctx;
    struct error err = ERROR_INIT;

    list->call = NULL;
    if (start_over(list, answer, &err))
        return;
    if (answer->aborted && list->broken.kind) /* what we were sent, not what we asked, is at fault */
        fail(list, answer, KUBE_TRANSIENT, list->broken.text);
    else if (answer->class_ == KUBE_UNKNOWN) /* reading is safe to repeat */
        fail(list, answer, KUBE_TRANSIENT, answer->message);
    else if (answer->class_ != KUBE_OK)
        finish(list, answer);
    else if (json_scan_finish(list->scan, &err) < 0)
        fail(list, answer, KUBE_TRANSIENT, err.text);
    else if (!list->next || !list->next[0])
        finish(list, answer);
    else if (++list->page >= KUBE_LIST_MAX_PAGES)
        fail(list, answer, KUBE_TRANSIENT, "the list does not end");
    else if (start_page(list, &err) < 0)
        fail(list, answer, KUBE_TRANSIENT, err.text);
}

static int build_target(struct kube_list *list, struct buffer *target, struct error *err)
{
    const struct kube_list_options *options = &list->options;

    if (buffer_printf(target, err, "%s?", options->path) < 0)
        return -1;
    if (list->paged && buffer_printf(target, err, "limit=%d&", KUBE_LIST_PAGE) < 0)
        return -1;
    if (options->field_selector &&
        (buffer_add_string(target, "fieldSelector=", err) < 0 || buffer_add_query_escaped(target, options->field_selector, err) < 0 ||
         buffer_add_string(target, "&", err) < 0))
        return -1;
    /* a resourceVersion together with a continue token is a 400 */
    if (list->page > 0)
        return buffer_add_string(target, "continue=", err) < 0 || buffer_add_query_escaped(target, list->next, err) < 0 ? -1 : 0;
    return buffer_add_string(target, "resourceVersion=", err) < 0 ? -1 : buffer_add_query_escaped(target, list->resource_version, err);
}

static int start_page(struct kube_list *list, struct error *err)
{
    struct kube_request request = {.method = "GET", .idle_timeout_ms = KUBE_LIST_IDLE_TIMEOUT_MS, .on_data = on_data, .on_done = on_done};
    struct buffer target;
    int ret = -1;

    request.ctx = list;
    buffer_init(&target, LIMIT_TARGET_BYTES);
    json_scan_reset(list->scan);
    list->broken = (struct error)ERROR_INIT;
    if (build_target(list, &target, err) < 0)
        goto cleanup;
    request.target = target.data;
    list->call = kube_start(list->client, &request, err);
    if (!list->call)
        goto cleanup;
    if (list->next)
        list->next[0] = '\0';
    ret = 0;
cleanup:
    buffer_free(&target);
    return ret;
}

struct kube_list *kube_list_start(struct kube_client *client, const struct kube_list_options *options, struct error *err)
{
    struct json_scan_callbacks callbacks = {on_item, on_envelope, NULL};
    struct kube_list *list = calloc(1, sizeof *list);

    if (!list) {
        error_no_memory(err);
        return NULL;
    }
    list->client = client;
    list->options = *options;
    list->paged = true;
    list->resource_version = strdup(options->resource_version);
    if (!list->resource_version) {
        error_no_memory(err);
        goto fail;
    }
    callbacks.ctx = list;
    list->scan = json_scan_new(JSON_SCAN_LIST, options->schema, LIMIT_OBJECT_BYTES, LIMIT_LIST_BYTES, &callbacks, err);
    if (!list->scan)
        goto fail;
    if (options->on_start)
        options->on_start(options->ctx);
    if (start_page(list, err) < 0)
        goto fail;
    return list;
fail:
    free_list(list);
    return NULL;
}

void kube_list_cancel(struct kube_list *list)
{
    if (list->call)
        kube_cancel(list->client, list->call);
    free_list(list);
}
