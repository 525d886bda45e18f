/*
 * exchange.c: takes a request in, has it carried out, and sends the answer, a watch included, in the way a fault asks for.
 * A connection with nothing to send is suspended; what it waits for resumes it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "common/limits.h"
#include "simulator/exchange_internal.h"
#include "simulator/protobuf.h"

static int64_t now_us(const struct exchange *x)
{
    return x->host->clock->monotonic_us(x->host->clock);
}

void *exchange_begin(void *host, const char *uri, struct MHD_Connection *connection)
{
    struct exchange *x = calloc(1, sizeof *x);

    (void)connection;
    if (!x)
        return NULL;
    x->host = host;
    x->target = strdup(uri);
    x->due_us = INT64_MAX;
    x->response.fault.cut_at_byte = -1;
    buffer_init(&x->body, LIMIT_REQUEST_BODY_BYTES);
    if (!x->target) {
        free(x);
        return NULL;
    }
    x->host->active++;
    return x;
}

void exchange_end(void *host, struct MHD_Connection *connection, void **exchange, enum MHD_RequestTerminationCode code)
{
    struct exchange *x = *exchange;

    (void)host, (void)connection, (void)code;
    if (!x)
        return;
    waiting_leave(x);
    x->host->active--;
    if (x->response.watch)
        sim_watch_close(x->response.watch);
    x->response.watch = NULL;
    sim_response_free(&x->response);
    buffer_free(&x->body);
    free(x->target);
    free(x);
    *exchange = NULL;
}

static const char *header(const struct exchange *x, const char *name)
{
    return MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, name);
}

int exchange_failure(struct sim_response *response, int status, const char *reason, const char *message, struct error *err)
{
    response->status = status;
    response->content_type = "application/json";
    response->fault.cut_at_byte = -1;
    buffer_init(&response->body, LIMIT_OBJECT_BYTES);
    if (buffer_add_string(&response->body,
                          "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":", err) < 0 ||
        buffer_add_json_string(&response->body, message, err) < 0 ||
        buffer_printf(&response->body, err, ",\"reason\":\"%s\",\"code\":%d}", reason, status) < 0) {
        buffer_free(&response->body);
        return -1;
    }
    return 0;
}

/* the pages that anybody may read, as system:public-info-viewer allows */
static bool is_public(const char *target)
{
    static const char *const pages[] = {"/livez", "/readyz", "/healthz", "/version"};
    size_t bytes = strcspn(target, "?");

    for (size_t i = 0; i < sizeof pages / sizeof pages[0]; i++)
        if (strlen(pages[i]) == bytes && strncmp(target, pages[i], bytes) == 0)
            return true;
    return false;
}

static enum MHD_Result add_group(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
    struct buffer *groups = cls;
    struct error err = ERROR_INIT;

    (void)kind;
    if (strcasecmp(key, "Impersonate-Group") == 0 && value && buffer_printf(groups, &err, "%s%s", groups->bytes ? "," : "", value) < 0)
        return MHD_NO;
    return MHD_YES;
}

/* who it is: 0; 1 when the response says that he is nobody, or may not be who he says; -1 */
static int identify(struct exchange *x, struct error *err)
{
    const char *impersonated = header(x, "Impersonate-User");
    struct buffer groups;
    int ret;

    identity_read(&x->identity, x->host->tokens, x->host->sim, x->host->rbac, header(x, "Authorization"));
    if (!x->identity.known && (x->host->rbac || !is_public(x->target)))
        return exchange_failure(&x->response, 401, "Unauthorized", "Unauthorized", err) < 0 ? -1 : 1;
    if (!x->host->rbac || !impersonated)
        return 0;
    buffer_init(&groups, sizeof x->identity.group_list - 1);
    MHD_get_connection_values(x->connection, MHD_HEADER_KIND, add_group, &groups);
    ret = identity_impersonate(&x->identity, x->host->sim, impersonated, groups.data, &x->response, err);
    buffer_free(&groups);
    return ret;
}

static void log_request(const struct exchange *x, int code, const char *fault)
{
    const char *user = x->identity.user;
    struct request_seen seen = {
        .since_start_us = now_us(x) - x->host->started_us,
        .method = x->method,
        .target = x->target,
        .user = user || tokens_required(x->host->tokens) ? user : "system:admin",
        .user_agent = header(x, "User-Agent"),
        .code = code,
        .fault = fault,
    };

    if (strncmp(x->target, "/simulator/", 11) != 0)
        request_log_add(x->host->log, &seen);
}

/* a page of the simulator's own, which sim_handle() does not see */
static bool is_ours(const char *target)
{
    return strncmp(target, "/simulator/", 11) == 0 || strncmp(target, "/metrics", 8) == 0;
}

/* Go's typed clients write protobuf where the server knows it; here it becomes JSON, or 415 */
static int decode_body(struct exchange *x, const char **content_type, struct error *err)
{
    struct buffer json;
    int ret;

    if (!*content_type || strncmp(*content_type, "application/vnd.kubernetes.protobuf", 35) != 0)
        return 1;
    buffer_init(&json, LIMIT_OBJECT_BYTES);
    ret = protobuf_to_json(x->body.data, x->body.bytes, &json, err);
    if (ret <= 0) {
        buffer_free(&json);
        return ret;
    }
    buffer_free(&x->body);
    x->body = json;
    *content_type = "application/json";
    return 1;
}

static int carry_out(struct exchange *x, struct error *err)
{
    const char *content_type = header(x, "Content-Type");
    struct sim_request request = {.method = x->method, .target = x->target, .accept = header(x, "Accept")};
    int ret = identify(x, err);

    if (ret)
        return ret < 0 ? -1 : 0;
    request.user = x->identity.user;
    request.groups = x->identity.groups;

    if (x->too_large)
        return exchange_failure(&x->response, 413, "RequestEntityTooLarge", "Request entity too large: limit is 3145728", err);
    if (strlen(x->target) > LIMIT_TARGET_BYTES)
        return exchange_failure(&x->response, 414, "URITooLong", "the request's address is too long", err);
    ret = is_ours(x->target) ? sim_authorize(x->host->sim, &request, &x->response, err) : 0;
    if (ret)
        return ret < 0 ? -1 : 0;
    sim_response_free(&x->response);
    ret = admin_handle(x->host, x->method, x->target, x->body.data, &x->response, err);
    if (ret)
        return ret < 0 ? -1 : 0;
    ret = decode_body(x, &content_type, err);
    if (ret < 0)
        return -1;
    if (!ret)
        return exchange_failure(&x->response, 415, "UnsupportedMediaType",
                                "the body of the request was in an unknown format - accepted media types include: application/json", err);
    request.content_type = x->body.bytes ? content_type : NULL;
    request.user_agent = header(x, "User-Agent");
    request.body = x->body.data;
    request.body_bytes = x->body.bytes;
    return sim_handle(x->host->sim, &request, &x->response, err);
}

static void watch_ready(void *ctx)
{
    struct exchange *x = ctx;

    if (x->suspended)
        waiting_resume(x);
}

/* how much of max may still be sent before the fault cuts the answer; 0: cut now */
static size_t before_cut(const struct exchange *x, uint64_t position, size_t max)
{
    uint64_t cut = (uint64_t)x->response.fault.cut_at_byte;

    if (x->response.fault.cut_at_byte < 0)
        return max;
    if (position >= cut)
        return 0;
    return cut - position < max ? (size_t)(cut - position) : max;
}

static ssize_t read_watch(void *cls, uint64_t position, char *out, size_t max)
{
    struct exchange *x = cls;
    size_t bytes;

    max = before_cut(x, position, max);
    if (x->dead || !max)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    bytes = sim_watch_read(x->response.watch, out, max);
    if (bytes)
        return (ssize_t)bytes;
    if (sim_watch_torn(x->response.watch))
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (sim_watch_ended(x->response.watch))
        return MHD_CONTENT_READER_END_OF_STREAM;
    waiting_suspend(x);
    return 0;
}

static ssize_t read_cut_body(void *cls, uint64_t position, char *out, size_t max)
{
    struct exchange *x = cls;
    size_t left = x->response.body.bytes - (size_t)position, bytes = before_cut(x, position, max < left ? max : left);

    if (!bytes)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    memcpy(out, x->response.body.data + position, bytes);
    return (ssize_t)bytes;
}

enum { BLOCK_BYTES = 32 << 10 };

static struct MHD_Response *make_response(struct exchange *x)
{
    struct buffer *body = &x->response.body;
    size_t bytes = body->bytes;

    if (x->response.watch) {
        sim_watch_on_ready(x->response.watch, watch_ready, x);
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_watch, x, NULL);
    }
    if (x->response.fault.cut_at_byte >= 0 && (uint64_t)x->response.fault.cut_at_byte < bytes)
        return MHD_create_response_from_callback(bytes, BLOCK_BYTES, read_cut_body, x, NULL);
    if (!bytes)
        return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
    return MHD_create_response_from_buffer(bytes, buffer_steal(body), MHD_RESPMEM_MUST_FREE);
}

static enum MHD_Result send_answer(struct exchange *x)
{
    struct MHD_Response *response = make_response(x);
    enum MHD_Result ret;
    char seconds[16];

    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", x->response.content_type ? x->response.content_type : "application/json");
    MHD_add_response_header(response, "Cache-Control", "no-cache, private");
    if (x->response.retry_after_s) {
        snprintf(seconds, sizeof seconds, "%d", x->response.retry_after_s);
        MHD_add_response_header(response, "Retry-After", seconds);
    }
    log_request(x, x->response.status, NULL);
    ret = MHD_queue_response(x->connection, (unsigned)x->response.status, response);
    MHD_destroy_response(response);
    return ret;
}

/* closes the connection without a word; `hard`: with a reset, as a server that died */
static enum MHD_Result drop_connection(struct exchange *x, bool hard)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct linger linger = {.l_onoff = 1, .l_linger = 0};
    struct sockaddr nobody = {.sa_family = AF_UNSPEC};

    log_request(x, 0, hard ? "reset" : "lost_answer");
    if (hard && info && setsockopt(info->connect_fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger) == 0 &&
        connect(info->connect_fd, &nobody, sizeof nobody) < 0) {
        /* Linux resets the connection here; elsewhere libmicrohttpd's close() does, or closes it in the usual way */
    }
    return MHD_NO;
}

static enum MHD_Result finish(struct exchange *x)
{
    if (x->response.fault.reset)
        return drop_connection(x, true);
    if (x->response.fault.lost_answer)
        return drop_connection(x, false);
    return send_answer(x);
}

static enum MHD_Result handle(struct exchange *x)
{
    struct error err = ERROR_INIT;

    x->handled = true;
    if (carry_out(x, &err) < 0) {
        sim_response_free(&x->response);
        memset(&x->response, 0, sizeof x->response);
        if (exchange_failure(&x->response, 500, "InternalError", err.text, &err) < 0)
            return MHD_NO;
    }
    if (x->response.fault.delay_ms <= 0)
        return finish(x);
    x->due_us = now_us(x) + x->response.fault.delay_ms * 1000;
    waiting_suspend(x);
    return MHD_YES;
}

static enum MHD_Result collect(struct exchange *x, const char *upload, size_t *bytes)
{
    struct error err = ERROR_INIT;

    if (!x->too_large && buffer_add(&x->body, upload, *bytes, &err) < 0) {
        if (err.kind == ERROR_NO_MEMORY)
            return MHD_NO;
        x->too_large = true;
        buffer_free(&x->body);
    }
    if (x->too_large)
        x->dropped_bytes += *bytes;
    *bytes = 0;
    /* the client shall have its 413, but not for ever */
    return x->dropped_bytes > 8 * (uint64_t)LIMIT_REQUEST_BODY_BYTES ? MHD_NO : MHD_YES;
}

enum MHD_Result exchange_continue(void *host, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                                  const char *upload, size_t *upload_bytes, void **exchange)
{
    struct exchange *x = *exchange;
    const char *length;

    (void)host, (void)url, (void)version;
    if (!x)
        return MHD_NO;
    if (!x->connection) {
        x->connection = connection;
        x->method = method;
        length = header(x, "Content-Length");
        x->too_large = length && strtoull(length, NULL, 10) > LIMIT_REQUEST_BODY_BYTES;
        return x->too_large ? handle(x) : MHD_YES;
    }
    if (*upload_bytes)
        return collect(x, upload, upload_bytes);
    return x->handled ? finish(x) : handle(x);
}
