#include "common/kube/report_body.h"

#include <string.h>

#include "common/clock.h"
#include "common/kube/pod_request.h"
#include "common/limits.h"

const char *report_method(enum report_kind kind)
{
    return kind == REPORT_SERIES || kind == REPORT_STATUS ? "PATCH" : "POST";
}

const char *report_content_type(enum report_kind kind)
{
    switch (kind) {
    case REPORT_SERIES:
        return "application/merge-patch+json";
    case REPORT_STATUS:
        return POD_STATUS_PATCH_TYPE;
    default:
        return "application/json";
    }
}

int report_target(const struct report *report, struct buffer *out, struct error *err)
{
    if (report->kind == REPORT_STATUS)
        return pod_target(report->namespace_, report->name, "/status", out, err);
    if (buffer_add_string(out, "/apis/events.k8s.io/v1/namespaces/", err) < 0 ||
        buffer_add_query_escaped(out, report->namespace_, err) < 0 || buffer_add_string(out, "/events", err) < 0)
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

static int words_of(const struct report *report, struct buffer *words, struct error *err)
{
    if (report->kind == REPORT_SCHEDULED)
        return buffer_printf(words, err, "Successfully assigned %s/%s to %s", report->namespace_, report->name, report->text);
    if (report->kind == REPORT_PREEMPTED && report->cause_uid[0])
        return buffer_printf(words, err, "Preempted by pod %s on node %s", report->cause_uid, report->text);
    return buffer_add_string(words, report->text, err);
}

static int note(const struct report *report, struct buffer *out, struct error *err)
{
    char text[LIMIT_EVENT_NOTE_BYTES + 1];
    struct buffer words;
    size_t length;
    int ret = -1;

    buffer_init(&words, LIMIT_OBJECT_BYTES);
    if (words_of(report, &words, err) < 0)
        goto cleanup;
    length = words.data ? report_cut(words.data, LIMIT_EVENT_NOTE_BYTES) : 0;
    memcpy(text, words.data ? words.data : "", length);
    text[length] = '\0';
    ret = member(out, "note", text, err);
cleanup:
    buffer_free(&words);
    return ret;
}

static int pod_reference(struct buffer *out, const char *key, const char *namespace_, const char *name, const char *uid, struct error *err)
{
    if (buffer_printf(out, err, ",\"%s\":{\"apiVersion\":\"v1\",\"kind\":\"Pod\"", key) < 0 ||
        member(out, "namespace", namespace_, err) < 0 || member(out, "name", name, err) < 0 || member(out, "uid", uid, err) < 0)
        return -1;
    return buffer_add_string(out, "}", err);
}

static int event_body(const struct report *report, const char *scheduler_name, const char *instance, struct buffer *out, struct error *err)
{
    static const struct {
        const char *action, *reason, *type;
    } words[] = {[REPORT_SCHEDULED] = {"Binding", "Scheduled", "Normal"},
                 [REPORT_FAILED] = {"Scheduling", "FailedScheduling", "Warning"},
                 [REPORT_PREEMPTED] = {"Preempting", "Preempted", "Normal"}};
    bool related = report->kind == REPORT_PREEMPTED && report->cause_uid[0];
    char time[32];

    clock_format_rfc3339(report->wall_us, 6, time);
    if (buffer_add_string(out, "{\"apiVersion\":\"events.k8s.io/v1\",\"kind\":\"Event\",\"metadata\":{\"name\":", err) < 0 ||
        buffer_add_json_string(out, report->event_name, err) < 0 || member(out, "namespace", report->namespace_, err) < 0 ||
        buffer_printf(out, err, "},\"eventTime\":\"%s\"", time) < 0 || member(out, "reportingController", scheduler_name, err) < 0 ||
        member(out, "reportingInstance", instance, err) < 0 || member(out, "action", words[report->kind].action, err) < 0 ||
        member(out, "reason", words[report->kind].reason, err) < 0 || member(out, "type", words[report->kind].type, err) < 0 ||
        pod_reference(out, "regarding", report->namespace_, report->name, report->uid, err) < 0 ||
        (related && pod_reference(out, "related", report->cause_namespace, report->cause_name, report->cause_uid, err) < 0) ||
        note(report, out, err) < 0)
        return -1;
    return buffer_add_string(out, "}", err);
}

static int status_body(const struct report *report, struct buffer *out, struct error *err)
{
    struct pod_status_patch patch = {.uid = report->uid,
                                     .condition = report->reason ? "PodScheduled" : NULL,
                                     .status = "False",
                                     .reason = report->reason,
                                     .message = report->text,
                                     .wall_us = report->wall_us,
                                     .nominated_node = report->node};

    return pod_status_patch(&patch, out, err);
}

int report_body(const struct report *report, const char *scheduler_name, const char *instance, struct buffer *out, struct error *err)
{
    char time[32];

    switch (report->kind) {
    case REPORT_STATUS:
        return status_body(report, out, err);
    case REPORT_SERIES:
        clock_format_rfc3339(report->wall_us, 6, time);
        return buffer_printf(out, err, "{\"series\":{\"count\":%lu,\"lastObservedTime\":\"%s\"}}", report->count, time);
    default:
        return event_body(report, scheduler_name, instance, out, err);
    }
}
