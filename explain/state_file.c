/*
 * state_file.c: see state_file.h. The list's items are cut out whole first: what of an item is wanted depends on its kind. The items of a NodeList name
 * none, and the list's own kind may stand behind them: such items are kept until it is known.
 */
#include "explain/state_file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/buffer.h"
#include "common/cluster/decode.h"
#include "common/kube/json_parse.h"
#include "common/limits.h"

#define EXPECTED "expected what `kubectl get nodes,pods -A -o json` prints"
#define CHUNK_BYTES 65536

struct reading {
    struct snapshot *snapshot;
    struct json_scan *list, *head;
    struct json_scan *object[2]; /* by enum snapshot_kind */
    enum snapshot_kind kind;     /* of the item that is being taken */
    size_t items;                /* so far */
    char item_kind[32];          /* of the item at hand; "": none */
    bool is_core;                /* its apiVersion is v1, or it has none */
    struct buffer nameless;      /* items without a kind, each with its NUL */
};

static const struct json_field head_schema[] = {{"kind", NULL}, {"apiVersion", NULL}, {NULL, NULL}};

/* one whole object through another scan */
static int scan_again(struct json_scan *scan, const char *text, size_t bytes, struct error *err)
{
    json_scan_reset(scan);
    return json_scan_feed(scan, text, bytes, err) < 0 || json_scan_finish(scan, err) < 0 ? -1 : 0;
}

static int on_head(void *ctx, const char *text, size_t bytes, size_t raw_bytes, struct error *err)
{
    struct reading *reading = ctx;
    json_t *head = kube_json_parse(text, bytes, err);
    const char *version = kube_json_text(head, "apiVersion");

    (void)raw_bytes;
    if (!head)
        return -1;
    snprintf(reading->item_kind, sizeof reading->item_kind, "%s", kube_json_text(head, "kind"));
    reading->is_core = !*version || !strcmp(version, "v1");
    json_decref(head);
    return 0;
}

static int on_projected(void *ctx, const char *text, size_t bytes, size_t raw_bytes, struct error *err)
{
    struct reading *reading = ctx;

    (void)raw_bytes;
    return snapshot_take(reading->snapshot, reading->kind, text, bytes, err);
}

static int take(struct reading *reading, enum snapshot_kind kind, const char *text, size_t bytes, struct error *err)
{
    reading->kind = kind;
    return scan_again(reading->object[kind], text, bytes, err);
}

static int on_item(void *ctx, const char *text, size_t bytes, size_t raw_bytes, struct error *err)
{
    struct reading *reading = ctx;
    int ret = 0;

    (void)raw_bytes;
    reading->items++;
    if (scan_again(reading->head, text, bytes, err) < 0)
        ret = -1;
    else if (!*reading->item_kind)
        ret = buffer_add(&reading->nameless, text, bytes + 1, err);
    else if (reading->is_core && !strcmp(reading->item_kind, "Node"))
        ret = take(reading, SNAPSHOT_NODES, text, bytes, err);
    else if (reading->is_core && !strcmp(reading->item_kind, "Pod"))
        ret = take(reading, SNAPSHOT_PODS, text, bytes, err);
    return ret < 0 ? error_prefix(err, "item %zu", reading->items) : 0;
}

static int take_nameless(struct reading *reading, enum snapshot_kind kind, struct error *err)
{
    const char *text = reading->nameless.data, *end = text + reading->nameless.bytes;
    size_t item;

    for (item = 1; text < end; text += strlen(text) + 1, item++)
        if (take(reading, kind, text, strlen(text), err) < 0)
            return error_prefix(err, "item %zu", item);
    return 0;
}

static int on_envelope(void *ctx, const char *text, size_t bytes, struct error *err)
{
    struct reading *reading = ctx;
    json_t *envelope = kube_json_parse(text, bytes, err);
    const char *kind = kube_json_text(envelope, "kind");
    int ret = -1;

    if (!envelope)
        return -1;
    if (!strcmp(kind, "NodeList") || !strcmp(kind, "PodList"))
        ret = take_nameless(reading, *kind == 'N' ? SNAPSHOT_NODES : SNAPSHOT_PODS, err);
    else if (strcmp(kind, "List") != 0)
        error_set(err, ERROR_RUNTIME, "an object of %s%.60s", *kind ? "kind " : "no kind", kind);
    else if (reading->nameless.bytes)
        error_set(err, ERROR_RUNTIME, "an item has no kind");
    else
        ret = 0;
    json_decref(envelope);
    return ret;
}

static int open_scans(struct reading *reading, struct error *err)
{
    struct json_scan_callbacks list = {on_item, on_envelope, reading}, head = {on_head, NULL, reading},
                               object = {on_projected, NULL, reading};

    reading->list = json_scan_new(JSON_SCAN_LIST, NULL, LIMIT_OBJECT_BYTES, LIMIT_STATE_BYTES, &list, err);
    reading->head = reading->list ? json_scan_new(JSON_SCAN_FRAMES, head_schema, LIMIT_OBJECT_BYTES, 0, &head, err) : NULL;
    reading->object[SNAPSHOT_NODES] =
        reading->head ? json_scan_new(JSON_SCAN_FRAMES, node_schema, LIMIT_OBJECT_BYTES, 0, &object, err) : NULL;
    reading->object[SNAPSHOT_PODS] =
        reading->object[SNAPSHOT_NODES] ? json_scan_new(JSON_SCAN_FRAMES, pod_schema, LIMIT_OBJECT_BYTES, 0, &object, err) : NULL;
    return reading->object[SNAPSHOT_PODS] ? 0 : -1;
}

static void close_scans(struct reading *reading)
{
    json_scan_free(reading->list);
    json_scan_free(reading->head);
    json_scan_free(reading->object[SNAPSHOT_NODES]);
    json_scan_free(reading->object[SNAPSHOT_PODS]);
    buffer_free(&reading->nameless);
}

static int read_stream(struct reading *reading, FILE *file, struct error *err)
{
    static char chunk[CHUNK_BYTES];
    size_t bytes;

    errno = 0;
    while ((bytes = fread(chunk, 1, sizeof chunk, file)) > 0)
        if (json_scan_feed(reading->list, chunk, bytes, err) < 0)
            return -1;
    if (ferror(file))
        return error_set(err, ERROR_USAGE, "cannot be read: %s", strerror(errno));
    return json_scan_finish(reading->list, err);
}

/* A structure that is not the expected one: says what would be, unless the message does. */
static void name_the_expected(struct error *err)
{
    const size_t used = strlen(err->text);

    if (err->kind == ERROR_RUNTIME && !strstr(err->text, "expected"))
        snprintf(err->text + used, sizeof err->text - used, "; %s", EXPECTED);
    if (err->kind == ERROR_RUNTIME)
        err->kind = ERROR_USAGE;
}

int state_file_read(struct snapshot *snapshot, const char *path, struct error *err)
{
    const bool is_stdin = !strcmp(path, "-");
    struct reading reading = {.snapshot = snapshot};
    FILE *file = is_stdin ? stdin : fopen(path, "rb");
    int ret = -1;

    if (!file)
        return error_set(err, ERROR_USAGE, "%s: %s; %s", path, strerror(errno), EXPECTED);
    buffer_init(&reading.nameless, LIMIT_STATE_BYTES);
    if (open_scans(&reading, err) == 0)
        ret = read_stream(&reading, file, err);
    if (ret < 0 && err->kind != ERROR_NO_MEMORY) {
        name_the_expected(err);
        error_prefix(err, "%s", is_stdin ? "stdin" : path);
    }
    close_scans(&reading);
    if (!is_stdin)
        fclose(file);
    return ret;
}
