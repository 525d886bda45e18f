#include "compare/live_deeds.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"

#define CALL_MS 5000L
#define TRIES 5 /* somebody else may write the node in between */

static void on_cut(void *ctx, const struct live_answer *answer)
{
    struct live_deeds *d = ctx;

    /* no answer: the cut came before it */
    if (!answer->status || (answer->status >= 200 && answer->status <= 299))
        return;
    d->cut_until_us = 0;
    live_model_say(d->m, answer->at_us, "x: the server refused to be cut: status %d", answer->status);
}

int live_deeds_cut(struct live_deeds *d, int64_t now_us, struct error *err)
{
    char target[64];
    struct live_call call = {.method = "POST", .target = target, .timeout_ms = CALL_MS, .on_done = on_cut, .ctx = d};

    if (!d->can_cut) {
        live_model_say(d->m, now_us, "x: this server is not ours to cut; it works on a simulator of its own (without --kubeconfig)");
        return 0;
    }
    if (now_us < d->cut_until_us)
        return 0;
    snprintf(target, sizeof target, "/simulator/outage?ms=%d", LIVE_CUT_MS);
    if (live_http_send(d->http, &call, err) < 0)
        return -1;
    d->cut_until_us = now_us + (int64_t)LIVE_CUT_MS * 1000;
    live_model_say(d->m, now_us, "x: the server is cut for %d s: connections are torn off and refused", LIVE_CUT_MS / 1000);
    live_model_invalidate(d->m, "the server was cut for %d s", LIVE_CUT_MS / 1000);
    return 0;
}

/* ---- cordon ---- */

static int read_node(struct live_deeds *d, struct error *err);

static void give_up(struct live_deeds *d, const struct live_answer *answer)
{
    d->busy = false;
    live_model_say(d->m, answer->at_us, "c: node %.60s could not be changed: %s", d->cordoned, answer->status ? "refused" : answer->why);
    if (d->want)
        *d->cordoned = '\0';
}

static void on_written(void *ctx, const struct live_answer *answer)
{
    struct live_deeds *d = ctx;
    struct error err = ERROR_INIT;

    if (answer->status == 409 && ++d->tries < TRIES) {
        if (read_node(d, &err) < 0)
            give_up(d, answer);
        return;
    }
    if (answer->status < 200 || answer->status > 299) {
        give_up(d, answer);
        return;
    }
    d->busy = false;
    live_model_say(d->m, answer->at_us, "c: %.80s is %s", d->cordoned, d->want ? "cordoned: no new pod goes there" : "uncordoned");
    if (!d->want)
        *d->cordoned = '\0';
}

/* the node with the change, malloc'd; NULL: it is no node */
static char *changed(const char *body, size_t bytes, bool want)
{
    json_t *node = json_loadb(body, bytes, 0, NULL), *spec = json_object_get(node, "spec");
    char *text = NULL;

    if (json_is_object(node) && !spec) {
        json_object_set_new(node, "spec", json_object());
        spec = json_object_get(node, "spec");
    }
    if (spec && (want ? json_object_set_new(spec, "unschedulable", json_true()) == 0
                      : !json_object_get(spec, "unschedulable") || json_object_del(spec, "unschedulable") == 0))
        text = json_dumps(node, JSON_COMPACT);
    json_decref(node);
    return text;
}

static void on_read(void *ctx, const struct live_answer *answer)
{
    struct live_deeds *d = ctx;
    struct error err = ERROR_INIT;
    char target[320], *body = answer->status == 200 ? changed(answer->body, answer->bytes, d->want) : NULL;
    struct live_call call = {.method = "PUT", .target = target, .timeout_ms = CALL_MS, .on_done = on_written, .ctx = d};

    snprintf(target, sizeof target, "/api/v1/nodes/%s", d->cordoned);
    call.body = body;
    if (!body || live_http_send(d->http, &call, &err) < 0)
        give_up(d, answer);
    free(body);
}

static int read_node(struct live_deeds *d, struct error *err)
{
    char target[320];
    struct live_call call = {.method = "GET", .target = target, .timeout_ms = CALL_MS, .on_done = on_read, .ctx = d};

    snprintf(target, sizeof target, "/api/v1/nodes/%s", d->cordoned);
    return live_http_send(d->http, &call, err);
}

static size_t pods_on(const struct live_model *m, const struct live_node *node)
{
    size_t i, pods = 0;

    for (i = 0; i < m->side_count; i++)
        pods += node->pods[i];
    return pods;
}

static const struct live_node *fullest(const struct live_model *m)
{
    const struct live_node *found = NULL;
    size_t i;

    for (i = 0; i < m->node_there; i++) {
        const struct live_node *node = &m->nodes[m->node_order[i]];

        if (node->ready && !node->cordoned && !node->tainted && (!found || pods_on(m, node) > pods_on(m, found)))
            found = node;
    }
    return found;
}

int live_deeds_cordon(struct live_deeds *d, int64_t now_us, struct error *err)
{
    const struct live_node *node;

    if (d->busy)
        return 0;
    d->want = !*d->cordoned;
    node = d->want ? fullest(d->m) : NULL;
    if (d->want && !node) {
        live_model_say(d->m, now_us, "c: no node is left to cordon");
        return 0;
    }
    if (node)
        snprintf(d->cordoned, sizeof d->cordoned, "%s", node->name);
    d->tries = 0;
    d->busy = true;
    return read_node(d, err);
}

void live_deeds_undo(struct live_deeds *d, struct api_client *client)
{
    struct error ignored = ERROR_INIT;
    struct buffer answer;
    char target[320], *body = NULL;
    int status = 409, tries;

    snprintf(target, sizeof target, "/api/v1/nodes/%s", d->cordoned);
    buffer_init(&answer, LIMIT_OBJECT_BYTES);
    for (tries = 0; *d->cordoned && status == 409 && tries < TRIES; tries++) {
        buffer_clear(&answer);
        if (api_client_call(client, "GET", target, NULL, CALL_MS, &status, &answer, &ignored) < 0 || status != 200)
            break;
        free(body);
        body = changed(answer.data, answer.bytes, false);
        if (!body || api_client_call(client, "PUT", target, body, CALL_MS, &status, NULL, &ignored) < 0)
            break;
    }
    if (status >= 200 && status <= 299)
        *d->cordoned = '\0';
    free(body);
    buffer_free(&answer);
}
