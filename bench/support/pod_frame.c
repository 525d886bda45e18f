#include "bench/support/pod_frame.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/cluster/decode.h"

#define FRAME_BYTES 8192

struct pod_frame {
    struct json_scan *scan;
    struct pod *pod;
    char text[FRAME_BYTES];
    size_t bytes;
};

static const char managed[] =
    "\"managedFields\":[{\"manager\":\"kube-controller-manager\",\"operation\":\"Update\",\"apiVersion\":\"v1\",\"time\":\"2025-05-01T10:"
    "00:00Z\","
    "\"fieldsType\":\"FieldsV1\",\"fieldsV1\":{\"f:metadata\":{\"f:annotations\":{\".\":{},\"f:priority\":{}},\"f:generateName\":{},\"f:"
    "labels\":{\".\":{},"
    "\"f:app\":{},\"f:pod-template-hash\":{}},\"f:ownerReferences\":{\".\":{},\"k:{\\\"uid\\\":\\\"3f0d8e8c-5d3f-4c53-9f9a-"
    "8a1b7a7d0c11\\\"}\":{}}},"
    "\"f:spec\":{\"f:containers\":{\"k:{\\\"name\\\":\\\"app\\\"}\":{\".\":{},\"f:env\":{\".\":{},\"k:{\\\"name\\\":\\\"MODE\\\"}\":{\".\":"
    "{},\"f:name\":{},"
    "\"f:value\":{}}},\"f:image\":{},\"f:imagePullPolicy\":{},\"f:name\":{},\"f:resources\":{\".\":{},\"f:requests\":{\".\":{},\"f:cpu\":{}"
    "}},"
    "\"f:terminationMessagePath\":{},\"f:terminationMessagePolicy\":{}}},\"f:dnsPolicy\":{},\"f:enableServiceLinks\":{},\"f:"
    "restartPolicy\":{},"
    "\"f:schedulerName\":{},\"f:securityContext\":{},\"f:terminationGracePeriodSeconds\":{}}}},{\"manager\":\"kubelet\",\"operation\":"
    "\"Update\","
    "\"apiVersion\":\"v1\",\"time\":\"2025-05-01T10:00:05Z\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":{\"f:status\":{\"f:conditions\":{"
    "\"k:{\\\"type\\\":\\\"ContainersReady\\\"}\":{\".\":{},\"f:lastProbeTime\":{},\"f:lastTransitionTime\":{},\"f:status\":{},\"f:type\":{"
    "}}},"
    "\"f:containerStatuses\":{},\"f:hostIP\":{},\"f:phase\":{},\"f:podIP\":{},\"f:startTime\":{}}},\"subresource\":\"status\"}]";

static const char rest[] =
    "\"volumes\":[{\"name\":\"kube-api-access-x2v7q\",\"projected\":{\"sources\":[{\"serviceAccountToken\":{\"expirationSeconds\":3607,"
    "\"path\":\"token\"}},"
    "{\"configMap\":{\"name\":\"kube-root-ca.crt\",\"items\":[{\"key\":\"ca.crt\",\"path\":\"ca.crt\"}]}},{\"downwardAPI\":{\"items\":[{"
    "\"path\":"
    "\"namespace\",\"fieldRef\":{\"apiVersion\":\"v1\",\"fieldPath\":\"metadata.namespace\"}}]}}],\"defaultMode\":420}}],\"restartPolicy\":"
    "\"Always\","
    "\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\",\"serviceAccountName\":\"default\",\"serviceAccount\":\"default\","
    "\"securityContext\":{},\"tolerations\":[{\"key\":\"node.kubernetes.io/not-ready\",\"operator\":\"Exists\",\"effect\":\"NoExecute\","
    "\"tolerationSeconds\":300},{\"key\":\"node.kubernetes.io/"
    "unreachable\",\"operator\":\"Exists\",\"effect\":\"NoExecute\",\"tolerationSeconds\":300}],"
    "\"enableServiceLinks\":true,\"preemptionPolicy\":\"PreemptLowerPriority\"";

static const struct json_field frame_schema[] = {{"type", NULL}, {"object", pod_schema}, {NULL, NULL}};

static int on_object(void *ctx, const char *text, size_t bytes, size_t raw_bytes, struct error *err)
{
    struct pod_frame *frame = ctx;
    json_t *json = json_loadb(text, bytes, 0, NULL);

    (void)raw_bytes;
    if (!json)
        return error_set(err, ERROR_RUNTIME, "no JSON: %s", text);
    frame->pod = pod_decode(json_object_get(json, "object"), "ours", err);
    json_decref(json);
    return frame->pod ? 0 : -1;
}

struct pod_frame *pod_frame_new(struct error *err)
{
    struct pod_frame *frame = calloc(1, sizeof *frame);
    struct json_scan_callbacks callbacks = {.on_object = on_object, .ctx = frame};

    if (!frame || !(frame->scan = json_scan_new(JSON_SCAN_FRAMES, frame_schema, FRAME_BYTES, 0, &callbacks, err))) {
        free(frame);
        error_no_memory(err);
        return NULL;
    }
    return frame;
}

void pod_frame_free(struct pod_frame *frame)
{
    if (!frame)
        return;
    json_scan_free(frame->scan);
    free(frame);
}

/* of seconds of one day */
static void clock_text(char text[32], int64_t us)
{
    int64_t s = us / 1000000;

    snprintf(text, 32, "2025-05-%02dT%02d:%02d:%02dZ", 1 + (int)(s / 86400 % 28), (int)(s / 3600 % 24), (int)(s / 60 % 60), (int)(s % 60));
}

void pod_frame_write(struct pod_frame *frame, const struct pod *pod)
{
    char created[32], groups[128] = "";

    clock_text(created, pod->created_us);
    if (pod->annotation_count == 2)
        snprintf(groups, sizeof groups, ",\"%s\":\"%s\",\"%s\":\"%s\"", pod->annotations[0].key, pod->annotations[0].value,
                 pod->annotations[1].key, pod->annotations[1].value);
    frame->bytes = (size_t)snprintf(
        frame->text, sizeof frame->text,
        "{\"type\":\"MODIFIED\",\"object\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\","
        "\"uid\":\"%s\",\"resourceVersion\":\"4711\",\"creationTimestamp\":\"%s\",\"labels\":{\"app\":\"web\"},\"annotations\":{"
        "\"priority\":\"%" PRId32 "\"%s},%s},\"spec\":{\"schedulerName\":\"ours\",%s,\"nodeName\":\"%s\",\"containers\":[{\"name\":\"app\","
        "\"image\":\"registry.k8s.io/pause:3.10\",\"env\":[{\"name\":\"MODE\",\"value\":\"demo\"}],\"resources\":{\"requests\":{\"cpu\":"
        "\"%" PRId64 "m\"}}}]},\"status\":{\"phase\":\"Pending\"}}}\n",
        pod->name, pod->namespace_, pod->uid, created, pod->priority, groups, managed, rest, pod->node_name, pod->requests.cpu_milli);
}

struct pod *pod_frame_read(struct pod_frame *frame, struct error *err)
{
    frame->pod = NULL;
    return json_scan_feed(frame->scan, frame->text, frame->bytes, err) < 0 ? NULL : frame->pod;
}
