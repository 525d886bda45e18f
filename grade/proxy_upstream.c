/*
 * proxy_upstream.c: the way to the real API server: one easy handle a request, all in one multi handle.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/limits.h"
#include "grade/proxy_internal.h"

#define CONNECT_MS 5000L
#define ANSWER_MS 60000L /* of anything but a watch */

static bool whole_first(const struct exchange *x)
{
    return !x->route.watch && x->out.bytes < PROXY_UNSENT_MAX / 4;
}

static void answered(struct exchange *x)
{
    if (x->state == EXCHANGE_ASKED)
        x->state = EXCHANGE_ANSWERED;
    proxy_exchange_resume(x);
}

/* What was handed over makes room, once it is more than what was not. */
static void make_room(struct exchange *x)
{
    if (x->handed <= x->out.bytes / 2)
        return;
    x->out.bytes -= x->handed;
    memmove(x->out.data, x->out.data + x->handed, x->out.bytes);
    x->handed = 0;
}

static size_t on_data(char *data, size_t size, size_t count, void *ctx)
{
    struct exchange *x = ctx;
    struct error err = ERROR_INIT;

    if (x->by_patch)
        return size * count;
    if (x->out.bytes - x->handed > PROXY_UNSENT_MAX) {
        x->paused = true;
        return CURL_WRITEFUNC_PAUSE;
    }
    make_room(x);
    if (buffer_add(&x->out, data, size * count, &err) < 0)
        return 0;
    if (!whole_first(x))
        answered(x);
    return size * count;
}

static void take_header(char *out, size_t size, const char *line, size_t bytes, const char *name)
{
    size_t length = strlen(name);

    if (bytes <= length || strncasecmp(line, name, length) != 0)
        return;
    line += length;
    bytes -= length;
    while (bytes && *line == ' ') {
        line++;
        bytes--;
    }
    while (bytes && (line[bytes - 1] == '\r' || line[bytes - 1] == '\n'))
        bytes--;
    snprintf(out, size, "%.*s", (int)bytes, line);
}

static size_t on_header(char *line, size_t size, size_t count, void *ctx)
{
    struct exchange *x = ctx;
    size_t bytes = size * count;
    long status = 0;

    if (!x->by_patch)
        take_header(x->content_type, sizeof x->content_type, line, bytes, "Content-Type:");
    take_header(x->retry_after, sizeof x->retry_after, line, bytes, "Retry-After:");
    if (bytes > 2 || curl_easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status) || status < 200)
        return bytes;
    x->status = (int)status;
    if (x->route.watch)
        answered(x);
    return bytes;
}

static void set_method(CURL *easy, const char *method, const struct buffer *body)
{
    if (!strcmp(method, "HEAD")) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (strcmp(method, "GET") != 0) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body->data ? body->data : "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)body->bytes);
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
    }
}

static const char *header(const struct exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

/* the client's own headers go no further but for these: it can be nobody else by sending others */
static int set_up(struct exchange *x, const char *method, struct error *err)
{
    const char *agent = header(x, "User-Agent"), *type = x->by_patch ? NULL : header(x, "Content-Type"),
               *accept = x->by_patch ? NULL : header(x, "Accept");

    x->easy = curl_easy_init();
    if (!x->easy)
        return error_no_memory(err);
    if (api_client_configure_as(x->proxy->client, x->easy, type, accept && strcmp(accept, "*/*") != 0 ? accept : NULL, &x->headers, err) <
        0)
        return -1;
    set_method(x->easy, method, &x->sent);
    curl_easy_setopt(x->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(x->easy, CURLOPT_PIPEWAIT, 0L);
    curl_easy_setopt(x->easy, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
    curl_easy_setopt(x->easy, CURLOPT_TIMEOUT_MS, x->route.watch ? 0L : ANSWER_MS);
    curl_easy_setopt(x->easy, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(x->easy, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(x->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(x->easy, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(x->easy, CURLOPT_PRIVATE, x);
    if ((agent && curl_easy_setopt(x->easy, CURLOPT_USERAGENT, agent)) || curl_easy_setopt(x->easy, CURLOPT_URL, x->url.data))
        return error_no_memory(err);
    return curl_multi_add_handle(x->proxy->multi, x->easy) ? error_no_memory(err) : 0;
}

void proxy_upstream_start(struct exchange *x, const char *method, const char *target, const char *body, size_t bytes)
{
    struct error err = ERROR_INIT;

    buffer_clear(&x->url);
    if (buffer_printf(&x->url, &err, "%s%s", api_client_url(x->proxy->client), target) < 0 ||
        (body != x->sent.data && bytes && buffer_add(&x->sent, body, bytes, &err) < 0) || set_up(x, method, &err) < 0) {
        proxy_upstream_stop(x);
        proxy_answer_status(x, 502, "InternalError", err.text);
        return;
    }
    x->state = EXCHANGE_ASKED;
}

void proxy_upstream_stop(struct exchange *x)
{
    if (x->easy) {
        curl_multi_remove_handle(x->proxy->multi, x->easy);
        curl_easy_cleanup(x->easy);
        x->easy = NULL;
    }
    curl_slist_free_all(x->headers);
    x->headers = NULL;
    x->paused = false;
}

/* what a patch is answered with: the pod as it would be, for the little that a client reads of it */
static void answer_patch(struct exchange *x)
{
    struct error err = ERROR_INIT;

    x->status = 200;
    snprintf(x->content_type, sizeof x->content_type, "application/json");
    if (buffer_printf(
            &x->out, &err,
            "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\"},\"spec\":{\"containers\":[],"
            "\"nodeName\":",
            x->route.name, x->route.namespace_) < 0 ||
        buffer_add_json_string(&x->out, x->node, &err) < 0 || buffer_add_string(&x->out, "}}\n", &err) < 0)
        x->torn = true;
}

static void finished(struct exchange *x, CURLcode code)
{
    bool was_asked = x->state == EXCHANGE_ASKED;
    char message[256];

    proxy_upstream_stop(x);
    if (code && was_asked) {
        snprintf(message, sizeof message, "the API server does not answer: %s", curl_easy_strerror(code));
        proxy_answer_status(x, 502, "InternalError", message);
    } else if (code) {
        x->torn = true;
    } else if (x->by_patch && x->status >= 200 && x->status <= 299) {
        answer_patch(x);
    } else if (x->by_patch) {
        proxy_answer_status(x, x->status, "Conflict", "the pod cannot be bound");
    }
    x->ended = true;
    answered(x);
}

void proxy_upstream_collect(struct proxy *proxy)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(proxy->multi, &left))) {
        char *private = NULL;
        CURLcode code = message->data.result;

        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &private);
        finished((struct exchange *)(void *)private, code);
    }
}

void proxy_upstream_unpause(struct exchange *x)
{
    if (!x->paused || x->out.bytes - x->handed > PROXY_UNSENT_MAX / 2)
        return;
    x->paused = false;
    curl_easy_pause(x->easy, CURLPAUSE_CONT);
}
