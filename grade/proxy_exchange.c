/*
 * proxy_exchange.c: a request on its way through: taken in, looked at, sent on or answered here, and its answer handed over as it comes.
 * A connection with nothing to send is suspended; what it waits for resumes it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/limits.h"
#include "compare/secret.h"
#include "grade/proxy_internal.h"

#define BLOCK_BYTES ((size_t)32 << 10)

void *proxy_exchange_begin(void *ctx, const char *uri, struct MHD_Connection *connection)
{
    struct proxy *proxy = ctx;
    struct exchange *x = calloc(1, sizeof *x);

    if (!x)
        return NULL;
    x->proxy = proxy;
    x->connection = connection;
    x->target = strdup(uri);
    x->scene = proxy->scene;
    x->record = SIZE_MAX;
    buffer_init(&x->body, LIMIT_REQUEST_BODY_BYTES);
    buffer_init(&x->url, 2 * LIMIT_TARGET_BYTES);
    buffer_init(&x->sent, LIMIT_REQUEST_BODY_BYTES);
    buffer_init(&x->out, 4 * PROXY_UNSENT_MAX);
    if (!x->target) {
        free(x);
        return NULL;
    }
    x->next = proxy->first;
    if (x->next)
        x->next->previous = x;
    proxy->first = x;
    return x;
}

/* the record of this request, while its scene lasts */
static struct record *record_of(const struct exchange *x)
{
    struct proxy *proxy = x->proxy;

    return x->scene == proxy->scene && x->record < proxy->records.count ? &proxy->records.items[x->record] : NULL;
}

static void note_end(struct exchange *x)
{
    struct record *record = record_of(x);

    if (record && record->took_us < 0)
        record->took_us = proxy_now_us(x->proxy) - x->asked_us;
}

static void note_answer(struct exchange *x)
{
    struct record *record = record_of(x);

    if (record)
        record->code = x->status;
    if (record && !record->watch)
        note_end(x);
}

void proxy_note_fault(struct exchange *x, const char *fault)
{
    struct record *record = record_of(x);

    if (record)
        record->fault = fault;
}

void proxy_exchange_end(void *ctx, struct MHD_Connection *connection, void **exchange, enum MHD_RequestTerminationCode code)
{
    struct proxy *proxy = ctx;
    struct exchange *x = *exchange;

    (void)connection, (void)code;
    if (!x)
        return;
    note_end(x);
    proxy_upstream_stop(x);
    if (x->next)
        x->next->previous = x->previous;
    if (x->previous)
        x->previous->next = x->next;
    else
        proxy->first = x->next;
    buffer_free(&x->body);
    buffer_free(&x->url);
    buffer_free(&x->sent);
    buffer_free(&x->out);
    free(x->target);
    free(x);
    *exchange = NULL;
}

static void suspend(struct exchange *x)
{
    x->suspended = true;
    MHD_suspend_connection(x->connection);
}

void proxy_exchange_resume(struct exchange *x)
{
    if (!x->suspended)
        return;
    x->suspended = false;
    x->proxy->resumed = true;
    MHD_resume_connection(x->connection);
}

void proxy_exchange_finish(struct exchange *x)
{
    proxy_upstream_stop(x);
    if (x->state == EXCHANGE_ASKED) {
        x->status = 200;
        snprintf(x->content_type, sizeof x->content_type, "application/json");
        x->state = EXCHANGE_ANSWERED;
    }
    x->ended = true;
    proxy_exchange_resume(x);
}

void proxy_exchange_drop(struct exchange *x)
{
    proxy_upstream_stop(x);
    x->dead = x->torn = x->ended = true;
    proxy_exchange_resume(x);
}

/* ---- the answer ---- */

void proxy_answer_status(struct exchange *x, int code, const char *reason, const char *message)
{
    struct error err = ERROR_INIT;

    x->status = code;
    snprintf(x->content_type, sizeof x->content_type, "application/json");
    buffer_clear(&x->out);
    x->handed = 0;
    if (buffer_add_string(&x->out, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":", &err) <
            0 ||
        buffer_add_json_string(&x->out, message, &err) < 0 ||
        buffer_printf(&x->out, &err, ",\"reason\":\"%s\",\"code\":%d}\n", reason, code) < 0)
        x->torn = true;
    x->ended = true;
    x->state = EXCHANGE_ANSWERED;
}

static ssize_t hand_over(void *cls, uint64_t position, char *out, size_t max)
{
    struct exchange *x = cls;
    size_t left = x->out.bytes - x->handed, bytes = left < max ? left : max;

    (void)position;
    if (x->dead)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (bytes) {
        memcpy(out, x->out.data + x->handed, bytes);
        x->handed += bytes;
        if (x->handed == x->out.bytes) {
            buffer_clear(&x->out);
            x->handed = 0;
        }
        proxy_upstream_unpause(x);
        return (ssize_t)bytes;
    }
    if (x->torn)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (x->ended)
        return MHD_CONTENT_READER_END_OF_STREAM;
    suspend(x);
    return 0;
}

static enum MHD_Result queue(struct exchange *x)
{
    struct MHD_Response *response;
    enum MHD_Result ret;

    if (x->dead)
        return MHD_NO;
    /* one that is here whole is sent with its length */
    if (x->ended && !x->torn && x->out.bytes)
        response = MHD_create_response_from_buffer(x->out.bytes - x->handed, x->out.data + x->handed, MHD_RESPMEM_MUST_COPY);
    else
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, hand_over, x, NULL);
    if (!response)
        return MHD_NO;
    if (*x->content_type)
        MHD_add_response_header(response, "Content-Type", x->content_type);
    if (*x->retry_after)
        MHD_add_response_header(response, "Retry-After", x->retry_after);
    x->state = EXCHANGE_QUEUED;
    if (x->ended && !x->torn && x->out.bytes)
        buffer_clear(&x->out);
    note_answer(x);
    ret = MHD_queue_response(x->connection, (unsigned)x->status, response);
    MHD_destroy_response(response);
    return ret;
}

/* ---- the request ---- */

static const char *header(const struct exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

/* "/TOKEN/api/v1/pods" becomes "/api/v1/pods": false when it was another one, or none. client-go sends no token where there is no TLS. */
static bool take_token(struct exchange *x)
{
    char given[PROXY_TOKEN_BYTES];
    size_t bytes = *x->target == '/' ? strcspn(x->target + 1, "/?") : 0;

    if (bytes != strlen(x->proxy->token) || bytes >= sizeof given)
        return false;
    snprintf(given, sizeof given, "%s", x->target + 1);
    if (!secret_equal(given, x->proxy->token) || x->target[bytes + 1] != '/')
        return false;
    memmove(x->target, x->target + bytes + 1, strlen(x->target + bytes + 1) + 1);
    return true;
}

static bool may_come_in(struct exchange *x)
{
    const char *given = header(x, "Authorization");
    bool knows = take_token(x);

    return x->scene && (knows || (given && !strncmp(given, "Bearer ", 7) && secret_equal(given + 7, x->proxy->token)));
}

/* a Binding in the name of whoever patched: see proxy.h */
static void bind_for(struct exchange *x)
{
    struct error err = ERROR_INIT;
    struct buffer target;

    buffer_init(&target, LIMIT_TARGET_BYTES);
    buffer_clear(&x->sent);
    if (buffer_printf(&target, &err, "/api/v1/namespaces/%s/pods/%s/binding", x->route.namespace_, x->route.name) < 0 ||
        buffer_printf(&x->sent, &err,
                      "{\"apiVersion\":\"v1\",\"kind\":\"Binding\",\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\"},\"target\":"
                      "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":",
                      x->route.name, x->route.namespace_) < 0 ||
        buffer_add_json_string(&x->sent, x->node, &err) < 0 || buffer_add_string(&x->sent, "}}", &err) < 0)
        proxy_answer_status(x, 500, "InternalError", err.text);
    else
        proxy_upstream_start(x, "POST", target.data, x->sent.data, x->sent.bytes);
    buffer_free(&target);
}

static void send_on(struct exchange *x)
{
    if (x->by_patch) {
        proxy_note_fault(x, "bound-for-it");
        bind_for(x);
        return;
    }
    proxy_upstream_start(x, x->method, x->target, x->body.data, x->body.bytes);
}

static void refuse(struct exchange *x)
{
    const struct route *r = &x->route;
    char message[1024];

    snprintf(message, sizeof message, "%s%s\"%s\" is forbidden: User \"scheduler\" cannot %s resource \"%s%s%s\" in API group \"%s\"%s%s%s",
             r->resource, *r->resource ? " " : "", r->name, r->verb, r->resource, *r->subresource ? "/" : "", r->subresource, r->group,
             *r->namespace_ ? " in the namespace \"" : " at the cluster scope", r->namespace_, *r->namespace_ ? "\"" : "");
    proxy_answer_status(x, 403, "Forbidden", message);
}

/* everything about it is here; afterwards it is held, asked, or answered */
static void decide(struct exchange *x)
{
    struct proxy *proxy = x->proxy;
    bool known = may_come_in(x), readable = route_read(x->method, x->target, &x->route) == 0, binds, writes;

    x->asked_us = proxy_now_us(proxy);
    if (!known) {
        proxy_answer_status(x, 401, "Unauthorized", "Unauthorized");
        return;
    }
    if (!readable || x->too_large) {
        proxy_answer_status(x, x->too_large ? 413 : 400, x->too_large ? "RequestEntityTooLarge" : "BadRequest",
                            "no request of a scheduler");
        return;
    }
    binds = proxy_read_bind(x);
    writes = route_writes(&x->route);
    x->record = records_add(&proxy->records, x->asked_us, &x->route, x->target, header(x, "User-Agent"), writes ? x->body.data : NULL,
                            writes ? x->body.bytes : 0, x->node);
    proxy->binds += binds;
    if (!(x->by_patch ? !strcmp(x->route.namespace_, proxy->namespace_) : route_allowed(&x->route, proxy->namespace_)))
        refuse(x);
    else if (!proxy_fault_play(x))
        send_on(x);
}

void proxy_exchange_go_on(struct exchange *x)
{
    x->state = EXCHANGE_BODY;
    if (!proxy_fault_play(x))
        send_on(x);
    if (x->state == EXCHANGE_ANSWERED)
        proxy_exchange_resume(x);
}

static void collect(struct exchange *x, const char *upload, size_t *bytes)
{
    struct error err = ERROR_INIT;

    if (!x->too_large && buffer_add(&x->body, upload, *bytes, &err) < 0)
        x->too_large = true;
    *bytes = 0;
}

enum MHD_Result proxy_exchange_continue(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
                                        const char *version, const char *upload, size_t *upload_bytes, void **exchange)
{
    struct exchange *x = *exchange;

    (void)ctx, (void)connection, (void)url, (void)version;
    if (!x)
        return MHD_NO;
    if (x->state == EXCHANGE_NEW) {
        x->method = method;
        x->state = EXCHANGE_BODY;
        return MHD_YES;
    }
    if (*upload_bytes) {
        collect(x, upload, upload_bytes);
        return MHD_YES;
    }
    if (x->state == EXCHANGE_BODY)
        decide(x);
    if (x->state == EXCHANGE_ANSWERED || x->dead)
        return queue(x);
    suspend(x);
    return MHD_YES;
}

/* ---- clients that left ---- */

static bool has_gone(const struct exchange *x)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    ssize_t got;
    char byte;

    if (!info)
        return false;
    got = recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 ? errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR : got == 0;
}

void proxy_exchange_drop_dead(struct proxy *proxy)
{
    struct exchange *x, *next;

    for (x = proxy->first; x; x = next) {
        next = x->next;
        if (x->suspended && has_gone(x))
            proxy_exchange_drop(x);
    }
}
