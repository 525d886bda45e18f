/* server.c: see server.h. */
#include "doctor/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/kube/curl_transport.h"
#include "common/kube/json_parse.h"
#include "common/kube/list.h"
#include "common/limits.h"
#include "doctor/facts.h"
#include "doctor/look.h"

#define AGAIN_WITHIN_US 1000000

struct server {
    struct kube_timers timers;
    struct kube_credentials *credentials;
    struct transport *transport;
    struct kube_client *client;
    int64_t deadline_us;
    char date[64], warning[512];
    /* the request under way */
    bool done;
    int status;
    char message[512];
    struct buffer body;
    int (*take)(void *ctx, json_t *item, struct error *err);
    void *ctx;
    struct error failure; /* of take() */
};

static int64_t monotonic_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

/* a credential plugin may take its minute; that is not ours to wait */
static int64_t plugins_until_us;

static bool time_is_up(void)
{
    return monotonic_us() >= plugins_until_us;
}

static void on_warning(void *ctx, const char *text)
{
    struct server *server = ctx;

    snprintf(server->warning, sizeof server->warning, "%s", text);
}

struct server *server_open(const struct kube_config *config, int64_t limit_ms, struct error *err)
{
    struct server *server = calloc(1, sizeof *server);
    struct kube_client_options client = {.clock = clock_system(), .warn = on_warning, .warn_ctx = server};

    if (!server) {
        error_no_memory(err);
        return NULL;
    }
    plugins_until_us = server->deadline_us = monotonic_us() + limit_ms * 1000;
    buffer_init(&server->body, LIMIT_OBJECT_BYTES);
    server->credentials = kube_credentials_new(config, clock_system(), err);
    server->transport = server->credentials ? curl_transport_open(config, "doctor/" LAB_VERSION, err) : NULL;
    if (server->transport) {
        kube_credentials_set_stop(server->credentials, time_is_up);
        client.timers = &server->timers;
        client.transport = server->transport;
        client.credentials = server->credentials;
        server->client = kube_client_new(&client, err);
    }
    if (server->client)
        return server;
    server_close(server);
    return NULL;
}

void server_close(struct server *server)
{
    if (!server)
        return;
    if (server->client)
        kube_client_free(server->client);
    if (server->transport)
        server->transport->close(server->transport);
    kube_credentials_free(server->credentials);
    buffer_free(&server->body);
    free(server);
}

const char *server_date(const struct server *server)
{
    return server->date;
}

const char *server_warning(const struct server *server)
{
    return server->warning;
}

static int begin(struct server *server, struct error *err)
{
    server->done = false;
    server->status = 0;
    server->failure = (struct error)ERROR_INIT;
    buffer_clear(&server->body);
    return monotonic_us() < server->deadline_us ? 0 : error_set(err, ERROR_RUNTIME, "no time left to ask");
}

static void keep_answer(struct server *server, const struct kube_answer *answer)
{
    server->done = true;
    server->status = answer->class_ == KUBE_UNKNOWN ? 0 : answer->status;
    snprintf(server->message, sizeof server->message, "%s", answer->message);
    if (answer->date)
        snprintf(server->date, sizeof server->date, "%s", answer->date);
}

static int on_data(void *ctx, const char *data, size_t bytes)
{
    struct server *server = ctx;
    struct error too_much = ERROR_INIT;

    return buffer_add(&server->body, data, bytes, &too_much);
}

static void on_done(void *ctx, const struct kube_answer *answer)
{
    keep_answer(ctx, answer);
}

/* until the answer, or until `until_us`; then it is not done */
static int wait_for_answer(struct server *server, int64_t until_us, struct error *err)
{
    while (!server->done) {
        const int64_t now_us = monotonic_us();
        int64_t due_us;

        kube_timers_fire(&server->timers, now_us);
        due_us = kube_timers_next(&server->timers);
        due_us = due_us < until_us ? due_us : until_us;
        if (now_us >= until_us)
            return 0;
        if (server->transport->wait(server->transport, due_us <= now_us ? 0 : (due_us - now_us + 999) / 1000, err) < 0)
            return -1;
    }
    return 0;
}

static int64_t until(const struct server *server, int64_t limit_ms)
{
    const int64_t own_us = monotonic_us() + limit_ms * 1000;

    return own_us < server->deadline_us ? own_us : server->deadline_us;
}

static int tell(struct server *server, json_t **answer, struct error *err)
{
    json_t *told = json_pack("{siso}", "status", server->status, "message", fact_new(server->message, strlen(server->message))),
           *body = NULL;
    struct error ignored = ERROR_INIT;

    if (!told)
        return error_no_memory(err);
    if (server->body.bytes)
        body = kube_json_parse(server->body.data, server->body.bytes, &ignored);
    if (body && json_object_set_new(told, "body", body) < 0) {
        json_decref(told);
        return error_no_memory(err);
    }
    *answer = told;
    return 0;
}

/* what is wrong before an answer is an answer, too; but for memory */
static int tell_failure(struct server *server, const struct error *why, json_t **answer, struct error *err)
{
    if (why->kind == ERROR_NO_MEMORY)
        return error_no_memory(err);
    server->status = 0;
    snprintf(server->message, sizeof server->message, "%s", why->text);
    buffer_clear(&server->body);
    return tell(server, answer, err);
}

/* once; *why is filled when there was no way to ask, or no answer in time */
static void ask_once(struct server *server, const struct kube_request *request, struct error *why)
{
    struct kube_call *call = NULL;

    if (begin(server, why) == 0)
        call = kube_start(server->client, request, why);
    if (call && wait_for_answer(server, until(server, LOOK_REQUEST_MS + 1000), why) == 0 && !server->done)
        error_set(why, ERROR_RUNTIME, "no answer within %d s", LOOK_REQUEST_MS / 1000);
    if (call && !server->done)
        kube_cancel(server->client, call);
}

int server_ask(struct server *server, const char *target, const json_t *body, json_t **answer, struct error *err)
{
    struct error why = ERROR_INIT;
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    struct kube_request request = {.method = body ? "POST" : "GET",
                                   .target = target,
                                   .content_type = "application/json",
                                   .body = text,
                                   .body_bytes = text ? strlen(text) : 0,
                                   .timeout_ms = LOOK_REQUEST_MS,
                                   .on_data = on_data,
                                   .on_done = on_done,
                                   .ctx = server};
    const int64_t began_us = monotonic_us();
    int ret;

    if (body && !text)
        return error_no_memory(err);
    ask_once(server, &request, &why);
    /* a connection that was kept may have been closed meanwhile; a review may be asked for twice */
    if (why.kind == ERROR_NONE && !server->status && monotonic_us() - began_us < AGAIN_WITHIN_US)
        ask_once(server, &request, &why);
    ret = why.kind == ERROR_NONE ? tell(server, answer, err) : tell_failure(server, &why, answer, err);
    free(text);
    return ret;
}

/* ---- lists ---- */

static void on_start(void *ctx)
{
    (void)ctx;
}

static int on_item(void *ctx, const char *text, size_t bytes, struct error *err)
{
    struct server *server = ctx;
    json_t *item = kube_json_parse(text, bytes, err);
    int ret = item ? server->take(server->ctx, item, &server->failure) : -1;

    json_decref(item);
    if (ret < 0 && server->failure.kind != ERROR_NONE)
        *err = server->failure;
    return ret;
}

static void on_listed(void *ctx, const struct kube_answer *answer, const char *resource_version)
{
    struct server *server = ctx;

    (void)resource_version;
    keep_answer(server, answer);
    if (answer->class_ != KUBE_OK && server->status == 200)
        server->status = 0;
}

int server_list(struct server *server, const char *path, const struct json_field *schema,
                int (*take)(void *ctx, json_t *item, struct error *err), void *ctx, json_t **answer, struct error *err)
{
    struct kube_list_options options = {.path = path,
                                        .resource_version = "",
                                        .schema = schema,
                                        .on_start = on_start,
                                        .on_item = on_item,
                                        .on_done = on_listed,
                                        .ctx = server};
    struct error why = ERROR_INIT;
    struct kube_list *list = NULL;

    server->take = take;
    server->ctx = ctx;
    if (begin(server, &why) == 0)
        list = kube_list_start(server->client, &options, &why);
    if (list && wait_for_answer(server, until(server, 3 * LOOK_REQUEST_MS), &why) == 0 && !server->done)
        error_set(&why, ERROR_RUNTIME, "not to its end within %d s", 3 * LOOK_REQUEST_MS / 1000);
    if (list && !server->done)
        kube_list_cancel(list);
    if (server->failure.kind == ERROR_NO_MEMORY)
        return error_no_memory(err);
    return why.kind == ERROR_NONE ? tell(server, answer, err) : tell_failure(server, &why, answer, err);
}
