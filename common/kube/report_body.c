#include "common/kube/report_body.h"

#include <string.h>

#include "common/clock.h"
#include "common/limits.h"

const char *report_method(enum report_kind kind)
{
    return kind == REPORT_SCHEDULED || kind == REPORT_FAILED ? "POST" : "PATCH";
}

const char *report_content_type(enum report_kind kind)
{
    switch (kind) {
    case REPORT_SERIES:
        return "application/merge-patch+json";
    case REPORT_CONDITION:
        return "application/strategic-merge-patch+json";
    default:
        return "application/json";
    }
}

int report_target(const struct report *report, struct buffer *out, struct error *err)
{
    const char *group = report->kind == REPORT_CONDITION ? "/api/v1/namespaces/" : "/apis/events.k8s.io/v1/namespaces/";

    if (buffer_add_string(out, group, err) < 0 || buffer_add_query_escaped(out, report->namespace_, err) < 0)
        return -1;
    if (report->kind == REPORT_CONDITION)
        return buffer_add_string(out, "/pods/", err) < 0 || buffer_add_query_escaped(out, report->name, err) < 0
                   ? -1
                   : buffer_add_string(out, "/status", err);
    if (buffer_add_string(out, "/events", err) < 0)
        return -1;
    if (report->kind != REPORT_SERIES)
        return 0;
    return buffer_add_string(out, "/", err) < 0 ? -1 : buffer_add_query_escaped(out, report->event_name, err);
}

size_t report_cut(const char *text, size_t max)
{
    size_t length = strlen(text);

    if (length <= max)
        return length;
    for (length = max; length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80;)
        length--;
    return length;
}

/* adds ,"key":"value" */
static int member(struct buffer *out, const char *key, const char *value, struct error *err)
{
    return buffer_printf(out, err, ",\"%s\":", key) < 0 ? -1 : buffer_add_json_string(out, value, err);
}

static int note(const struct report *report, struct buffer *out, struct error *err)
{
    char text[LIMIT_EVENT_NOTE_BYTES + 1];
    struct buffer words;
    size_t length;
    int ret = -1;

    buffer_init(&words, LIMIT_OBJECT_BYTES);
    if ((report->kind == REPORT_SCHEDULED
             ? buffer_printf(&words, err, "Successfully assigned %s/%s to %s", report->namespace_, report->name, report->text)
             : buffer_add_string(&words, report->text, err)) < 0)
        goto cleanup;
    length = words.data ? report_cut(words.data, LIMIT_EVENT_NOTE_BYTES) : 0;
    memcpy(text, words.data ? words.data : "", length);
    text[length] = '\0';
    ret = member(out, "note", text, err);
cleanup:
    buffer_free(&words);
    return ret;
}

static int event_body(const struct report *report, const char *scheduler_name, const char *instance, struct buffer *out, struct error *err)
{
    bool scheduled = report->kind == REPORT_SCHEDULED;
    char time[32];

    clock_format_rfc3339(report->wall_us, 6, time);
    if (buffer_add_string(out, "{\"apiVersion\":\"events.k8s.io/v1\",\"kind\":\"Event\",\"metadata\":{\"name\":", err) < 0 ||
        buffer_add_json_string(out, report->event_name, err) < 0 || member(out, "namespace", report->namespace_, err) < 0 ||
        buffer_printf(out, err, "},\"eventTime\":\"%s\"", time) < 0 || member(out, "reportingController", scheduler_name, err) < 0 ||
        member(out, "reportingInstance", instance, err) < 0 || member(out, "action", scheduled ? "Binding" : "Scheduling", err) < 0 ||
        member(out, "reason", scheduled ? "Scheduled" : "FailedScheduling", err) < 0 ||
        member(out, "type", scheduled ? "Normal" : "Warning", err) < 0 ||
        buffer_add_string(out, ",\"regarding\":{\"apiVersion\":\"v1\",\"kind\":\"Pod\"", err) < 0 ||
        member(out, "namespace", report->namespace_, err) < 0 || member(out, "name", report->name, err) < 0 ||
        member(out, "uid", report->uid, err) < 0 || buffer_add_string(out, "}", err) < 0 || note(report, out, err) < 0)
        return -1;
    return buffer_add_string(out, "}", err);
}

/* metadata.uid makes the patch a conflict when the name belongs to another pod by now */
static int condition_body(const struct report *report, struct buffer *out, struct error *err)
{
    char time[32];

    clock_format_rfc3339(report->wall_us, 0, time);
    if (buffer_add_string(out, "{\"metadata\":{\"uid\":", err) < 0 || buffer_add_json_string(out, report->uid, err) < 0 ||
        buffer_printf(out, err,
                      "},\"status\":{\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"False\",\"lastProbeTime\":null,"
                      "\"lastTransitionTime\":\"%s\"",
                      time) < 0 ||
        member(out, "reason", report->reason, err) < 0 || member(out, "message", report->text, err) < 0)
        return -1;
    return buffer_add_string(out, "}]}}", err);
}

int report_body(const struct report *report, const char *scheduler_name, const char *instance, struct buffer *out, struct error *err)
{
    char time[32];

    switch (report->kind) {
    case REPORT_CONDITION:
        return condition_body(report, out, err);
    case REPORT_SERIES:
        clock_format_rfc3339(report->wall_us, 6, time);
        return buffer_printf(out, err, "{\"series\":{\"count\":%lu,\"lastObservedTime\":\"%s\"}}", report->count, time);
    default:
        return event_body(report, scheduler_name, instance, out, err);
    }
}
