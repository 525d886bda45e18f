/*
 * client.c: see client.h. A call lives from kube_start() to its on_done; after a 401 it is sent a second time with a fresh token.
 */
#include "common/kube/client.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/kube/json_parse.h"
#include "common/limits.h"

/* the same trouble with a credential is told again after so long */
#define PROBLEM_AGAIN_US 60000000

struct kube_client {
    struct kube_client_options options;
    uint64_t random;
    bool credential_set; /* the transport has what the credentials gave last */
    char problem[512];   /* the last one told of a credential that could not be renewed; "": none */
    int64_t problem_us;
};

struct kube_call {
    struct kube_client *client;
    struct kube_request request;
    char *target; /* kept for the second try; NULL when there will be none */
    struct transport_call *transport_call;
    struct buffer error_body;
    int64_t started_us;
    bool retried, counted; /* counted: a stream, whose request was counted when its status came */
};

/* what is read of a metav1.Status */
struct status_text {
    json_t *json;
    const char *reason, *message;
    int64_t retry_after_ms;
    bool too_large_rv;
};

struct kube_client *kube_client_new(const struct kube_client_options *options, struct error *err)
{
    struct kube_client *client = calloc(1, sizeof *client);

    if (!client) {
        error_no_memory(err);
        return NULL;
    }
    client->options = *options;
    client->random = options->seed * 2 + 1;
    return client;
}

void kube_client_free(struct kube_client *client)
{
    free(client);
}

const struct clock *kube_client_clock(const struct kube_client *client)
{
    return client->options.clock;
}

struct kube_timers *kube_client_timers(const struct kube_client *client)
{
    return client->options.timers;
}

uint32_t kube_client_random(struct kube_client *client)
{
    /* splitmix64 */
    uint64_t z = client->random += 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ (z >> 31)) >> 32);
}

int64_t kube_client_jitter(struct kube_client *client, int64_t base_us)
{
    return base_us + (int64_t)((double)base_us * 0.5 * (kube_client_random(client) / 4294967296.0));
}

void kube_client_warn(struct kube_client *client, const char *format, ...)
{
    char text[768];
    va_list args;

    if (!client->options.warn)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    client->options.warn(client->options.warn_ctx, text);
}

static int64_t now_us(const struct kube_client *client)
{
    return client->options.clock->monotonic_us(client->options.clock);
}

/* a credential that cannot be renewed serves until the server refuses it: that is worth a line before */
static void warn_of_old_credential(struct kube_client *client)
{
    const char *problem = kube_credentials_problem(client->options.credentials);

    if (!problem) {
        client->problem[0] = '\0';
        return;
    }
    if (!strncmp(client->problem, problem, sizeof client->problem - 1) && now_us(client) - client->problem_us < PROBLEM_AGAIN_US)
        return;
    snprintf(client->problem, sizeof client->problem, "%s", problem);
    client->problem_us = now_us(client);
    kube_client_warn(client, "the old credential is used on: %s", problem);
}

static int hand_over(struct kube_client *client, const char *token, struct error *err)
{
    const struct kube_credentials *credentials = client->options.credentials;
    const char *cert_pem = kube_credentials_cert_pem(credentials), *key_pem = kube_credentials_key_pem(credentials);
    struct transport *transport = client->options.transport;

    client->credential_set = false;
    if (transport->set_token(transport, token, err) < 0)
        return -1;
    if (cert_pem && key_pem && transport->set_client_certificate &&
        transport->set_client_certificate(transport, cert_pem, key_pem, err) < 0)
        return -1;
    client->credential_set = true;
    return 0;
}

/* hands the credential of the moment to the transport. *changed: it is another one than before */
static int refresh_credential(struct kube_client *client, bool force, bool *changed, struct error *err)
{
    const char *token;

    *changed = false;
    if (!client->options.credentials)
        return 0;
    if (kube_credentials_token(client->options.credentials, force, &token, changed, err) < 0)
        return -1;
    warn_of_old_credential(client);
    return *changed || !client->credential_set ? hand_over(client, token, err) : 0;
}

/* the first line of a body that is no Status, without control characters */
static void first_line(char *text)
{
    for (; *text; text++) {
        if (*text == '\n' || *text == '\r') {
            *text = '\0';
            return;
        }
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = ' ';
    }
}

/* reads a Status out of an error body; keeps status->json for its strings */
static void read_status(struct status_text *status, struct buffer *body)
{
    const json_t *details, *causes;
    struct error ignored;
    size_t i;
    json_t *cause;

    *status = (struct status_text){NULL, "", "", -1, false};
    if (!body->bytes)
        return;
    status->json = kube_json_parse(body->data, body->bytes, &ignored);
    if (!json_is_object(status->json)) {
        first_line(body->data);
        status->message = body->data;
        return;
    }
    status->reason = kube_json_text(status->json, "reason");
    status->message = kube_json_text(status->json, "message");
    details = json_object_get(status->json, "details");
    status->retry_after_ms = kube_retry_after_ms(json_integer_value(json_object_get(details, "retryAfterSeconds")));
    causes = json_object_get(details, "causes");
    json_array_foreach(causes, i, cause) if (!strcmp(kube_json_text(cause, "reason"), "ResourceVersionTooLarge")) status->too_large_rv =
        true;
}

/* a watch goes on for minutes: its request counts when the answer begins, its bytes as they come (client-go measures no duration of it either) */
static void count_stream(struct kube_call *call, int status, size_t bytes)
{
    struct metrics *metrics = call->client->options.metrics;

    if (!metrics)
        return;
    if (!call->counted)
        metrics_request(metrics, call->request.method, status, -1, 0, 0);
    call->counted = true;
    metrics_stream_bytes(metrics, call->request.method, bytes);
}

static void count_request(const struct kube_call *call, const struct transport_result *result)
{
    struct kube_client *client = call->client;
    bool stream = call->request.is_stream;

    if (!client->options.metrics || call->counted)
        return;
    metrics_request(client->options.metrics, call->request.method, result->status, stream ? -1 : now_us(client) - call->started_us,
                    stream ? 0 : result->bytes_out, stream ? 0 : result->bytes_in);
}

static int on_data(void *ctx, int status, const char *data, size_t bytes)
{
    struct kube_call *call = ctx;
    struct error ignored;
    size_t room;

    if (call->request.is_stream)
        count_stream(call, status, bytes);
    if (status >= 200 && status < 300)
        return call->request.on_data ? call->request.on_data(call->request.ctx, data, bytes) : 0;
    room = call->error_body.max - call->error_body.bytes;
    buffer_add(&call->error_body, data, bytes < room ? bytes : room, &ignored);
    return 0;
}

static void free_call(struct kube_call *call)
{
    buffer_free(&call->error_body);
    free(call->target);
    free(call);
}

static void on_done(void *ctx, const struct transport_result *result);

static int send_call(struct kube_call *call, const char *target, struct error *err)
{
    const struct kube_request *wanted = &call->request;
    struct transport *transport = call->client->options.transport;
    struct transport_request request = {wanted->method,
                                        target,
                                        wanted->content_type,
                                        wanted->body,
                                        wanted->body_bytes,
                                        wanted->timeout_ms,
                                        wanted->idle_timeout_ms,
                                        on_data,
                                        on_done,
                                        call};

    call->started_us = now_us(call->client);
    call->transport_call = transport->start(transport, &request, err);
    return call->transport_call ? 0 : -1;
}

/* a 401 may only mean that the token was rotated. Returns whether the call is under way again */
static bool try_again_with_fresh_token(struct kube_call *call)
{
    struct error err = ERROR_INIT;
    bool changed;

    if (call->retried || !call->target)
        return false;
    call->retried = true;
    call->counted = false;
    if (refresh_credential(call->client, true, &changed, &err) < 0) {
        kube_client_warn(call->client, "cannot reload the credential: %s", err.text);
        return false;
    }
    buffer_clear(&call->error_body);
    return send_call(call, call->target, &err) == 0;
}

static void fill_answer(struct kube_answer *answer, const struct transport_result *result, const struct status_text *status)
{
    answer->status = result->status;
    answer->reason = status->reason;
    answer->message = status->message[0] ? status->message : result->problem ? result->problem : "";
    /* rounded up: a header of less than a second cannot be, and 0 asks for nothing */
    answer->retry_after_ms =
        result->retry_after_ms > 0 ? kube_retry_after_ms((result->retry_after_ms - 1) / 1000 + 1) : status->retry_after_ms;
    answer->unsent = result->unsent;
    answer->aborted = result->aborted;
    answer->date = result->date;
    answer->class_ = kube_classify(result->status, result->complete, result->unsent, status->reason, status->too_large_rv);
}

static void on_done(void *ctx, const struct transport_result *result)
{
    struct kube_call *call = ctx;
    struct kube_answer answer;
    struct status_text status;

    count_request(call, result);
    if (result->status == 401 && try_again_with_fresh_token(call))
        return;
    read_status(&status, &call->error_body);
    fill_answer(&answer, result, &status);
    call->request.on_done(call->request.ctx, &answer);
    json_decref(status.json);
    free_call(call);
}

struct kube_call *kube_start(struct kube_client *client, const struct kube_request *request, struct error *err)
{
    struct kube_call *call = calloc(1, sizeof *call);
    struct error credential = ERROR_INIT;
    bool changed;

    if (!call) {
        error_no_memory(err);
        return NULL;
    }
    call->client = client;
    call->request = *request;
    buffer_init(&call->error_body, LIMIT_ERROR_BODY_BYTES);
    /* without a credential the server will say 401, and that is the answer */
    if (refresh_credential(client, false, &changed, &credential) < 0)
        kube_client_warn(client, "cannot get the credential: %s", credential.text);
    if (client->options.credentials) {
        call->target = strdup(request->target);
        if (!call->target) {
            error_no_memory(err);
            goto fail;
        }
    }
    if (send_call(call, request->target, err) < 0)
        goto fail;
    return call;
fail:
    free_call(call);
    return NULL;
}

void kube_cancel(struct kube_client *client, struct kube_call *call)
{
    client->options.transport->cancel(client->options.transport, call->transport_call);
    free_call(call);
}
