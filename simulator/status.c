#include "simulator/status.h"

#include <stdio.h>
#include <string.h>

#include "common/limits.h"

const char *status_reason(int code)
{
    static const struct {
        int code;
        const char *reason;
    } reasons[] = {{400, "BadRequest"},
                   {401, "Unauthorized"},
                   {403, "Forbidden"},
                   {404, "NotFound"},
                   {405, "MethodNotAllowed"},
                   {406, "NotAcceptable"},
                   {409, "Conflict"},
                   {410, "Expired"},
                   {413, "RequestEntityTooLarge"},
                   {415, "UnsupportedMediaType"},
                   {422, "Invalid"},
                   {429, "TooManyRequests"},
                   {500, "InternalError"},
                   {503, "ServiceUnavailable"},
                   {504, "Timeout"}};

    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        if (reasons[i].code == code)
            return reasons[i].reason;
    return NULL;
}

/* `"key":"value"` behind a comma unless it is the first of its object; nothing when the value is NULL or "" */
static int add_member(struct buffer *out, const char *key, const char *value, struct error *err)
{
    if (!value || !*value)
        return 0;
    if (out->data[out->bytes - 1] != '{' && buffer_add(out, ",", 1, err) < 0)
        return -1;
    if (buffer_printf(out, err, "\"%s\":", key) < 0)
        return -1;
    return buffer_add_json_string(out, value, err);
}

static int add_causes(struct buffer *out, const struct status_details *details, struct error *err)
{
    if (!details->cause_count)
        return 0;
    if (buffer_printf(out, err, "%s\"causes\":[", out->data[out->bytes - 1] == '{' ? "" : ",") < 0)
        return -1;
    for (size_t i = 0; i < details->cause_count; i++) {
        if (buffer_add_string(out, i ? ",{" : "{", err) < 0 || add_member(out, "reason", details->causes[i].reason, err) < 0 ||
            add_member(out, "message", details->causes[i].message, err) < 0 ||
            add_member(out, "field", details->causes[i].field, err) < 0 || buffer_add(out, "}", 1, err) < 0)
            return -1;
    }
    return buffer_add(out, "]", 1, err);
}

static int add_details(struct buffer *out, const struct status_details *details, struct error *err)
{
    if (buffer_add_string(out, ",\"details\":{", err) < 0 || add_member(out, "name", details->name, err) < 0 ||
        add_member(out, "group", details->group, err) < 0 || add_member(out, "kind", details->kind, err) < 0 ||
        add_member(out, "uid", details->uid, err) < 0 || add_causes(out, details, err) < 0)
        return -1;
    if (details->retry_after_s &&
        buffer_printf(out, err, "%s\"retryAfterSeconds\":%d", out->data[out->bytes - 1] == '{' ? "" : ",", details->retry_after_s) < 0)
        return -1;
    return buffer_add(out, "}", 1, err);
}

int status_render(struct buffer *out, const struct status *status, struct error *err)
{
    if (buffer_add_string(out, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{", err) < 0 ||
        add_member(out, "continue", status->continue_, err) < 0 || buffer_add(out, "}", 1, err) < 0 ||
        add_member(out, "status", status->code < 400 ? "Success" : "Failure", err) < 0 ||
        add_member(out, "message", status->message, err) < 0 || add_member(out, "reason", status->reason, err) < 0)
        return -1;
    if (status->details && add_details(out, status->details, err) < 0)
        return -1;
    if (status->code < 400 && status->code != 201)
        return buffer_add(out, "}", 1, err);
    return buffer_printf(out, err, ",\"code\":%d}", status->code);
}

int status_answer(struct sim_response *response, const struct status *status, struct error *err)
{
    buffer_clear(&response->body);
    response->status = status->code;
    response->content_type = "application/json";
    response->retry_after_s = status->details ? status->details->retry_after_s : 0;
    if (status_render(&response->body, status, err) < 0 || buffer_add(&response->body, "\n", 1, err) < 0)
        return -1;
    return 1;
}

static int answer_with(struct sim_response *response, int code, const char *reason, const struct status_details *details, struct error *err,
                       const char *format, ...) __attribute__((format(printf, 6, 7)));

static int answer_formatted(struct sim_response *response, int code, const char *reason, const struct status_details *details,
                            struct error *err, const char *format, va_list args)
{
    struct buffer message;
    int ret = -1;

    buffer_init(&message, LIMIT_OBJECT_BYTES);
    if (buffer_vprintf(&message, err, format, args) == 0)
        ret = status_answer(response, &(struct status){code, reason, message.data, NULL, details}, err);
    buffer_free(&message);
    return ret;
}

static int answer_with(struct sim_response *response, int code, const char *reason, const struct status_details *details, struct error *err,
                       const char *format, ...)
{
    va_list args;
    int ret;

    va_start(args, format);
    ret = answer_formatted(response, code, reason, details, err, format, args);
    va_end(args);
    return ret;
}

int status_bare(struct sim_response *response, int code, const char *message, struct error *err)
{
    static const struct status_details none = {0};

    return status_answer(response, &(struct status){code, status_reason(code), message, NULL, &none}, err);
}

int status_plain(struct sim_response *response, struct error *err, int code, const char *reason, const char *format, ...)
{
    va_list args;
    int ret;

    va_start(args, format);
    ret = answer_formatted(response, code, reason, NULL, err, format, args);
    va_end(args);
    return ret;
}

int status_not_found(struct sim_response *response, const struct resource *resource, const char *name, struct error *err)
{
    struct status_details details = {.name = name, .group = resource->group, .kind = resource->name};
    char qualified[64];

    return answer_with(response, 404, "NotFound", &details, err, "%s \"%s\" not found", resource_qualified(resource, qualified), name);
}

int status_conflict(struct sim_response *response, const struct resource *resource, const char *kind, const char *name, struct error *err,
                    const char *format, ...)
{
    struct status_details details = {.name = name, .group = resource->group, .kind = kind ? kind : resource->name};
    char why[1024], qualified[64];
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    return answer_with(response, 409, "Conflict", &details, err, "Operation cannot be fulfilled on %s \"%s\": %s",
                       kind ? kind : resource_qualified(resource, qualified), name, why);
}

static bool said_before(const struct status_cause *causes, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (!strcmp(causes[i].field, causes[at].field) && !strcmp(causes[i].message, causes[at].message))
            return true;
    return false;
}

int status_invalid(struct sim_response *response, const char *group, const char *kind, const char *name, const struct status_cause *causes,
                   size_t cause_count, struct error *err)
{
    struct status_details details = {.name = name, .group = group, .kind = kind, .causes = causes, .cause_count = cause_count};
    struct buffer text;
    size_t distinct = 0;
    int ret = -1;

    buffer_init(&text, LIMIT_OBJECT_BYTES);
    for (size_t i = 0; i < cause_count; i++) {
        if (said_before(causes, i))
            continue;
        if (buffer_printf(&text, err, "%s%s: %s", i ? ", " : "", causes[i].field, causes[i].message) < 0)
            goto cleanup;
        distinct++;
    }
    ret = answer_with(response, 422, "Invalid", &details, err,
                      distinct > 1 ? "%s%s%s \"%s\" is invalid: [%s]" : "%s%s%s \"%s\" is invalid: %s", kind, *group ? "." : "", group,
                      name, text.data);
cleanup:
    buffer_free(&text);
    return ret;
}

void status_too_large_fill(struct status *status, struct status_details *details, char message[STATUS_TOO_LARGE_BYTES], int64_t wanted,
                           int64_t current)
{
    static const struct status_cause cause = {"ResourceVersionTooLarge", "Too large resource version", NULL};

    snprintf(message, STATUS_TOO_LARGE_BYTES, "Timeout: Too large resource version: %lld, current: %lld", (long long)wanted,
             (long long)current);
    *details = (struct status_details){.causes = &cause, .cause_count = 1, .retry_after_s = 1};
    *status = (struct status){.code = 504, .reason = "Timeout", .message = message, .details = details};
}

int status_too_large(struct sim_response *response, int64_t wanted, int64_t current, struct error *err)
{
    struct status status;
    struct status_details details;
    char message[STATUS_TOO_LARGE_BYTES];

    status_too_large_fill(&status, &details, message, wanted, current);
    return status_answer(response, &status, err);
}
