/*
 * pod_decode.c: JSON to struct pod. The fields are first gathered in a loose struct whose strings are the JSON's own and whose arrays are
 * scratch; pod_pack() then makes the one allocation.
 */
#include <string.h>

#include "common/clock.h"
#include "common/cluster/constraints.h"
#include "common/cluster/decode.h"
#include "common/cluster/json_read.h"
#include "common/cluster/pack.h"
#include "common/cluster/requests.h"

static int required(const char *value, const char *path, struct error *err)
{
    return *value ? 0 : error_set(err, ERROR_RUNTIME, "%s: missing", path);
}

static int read_created(const json_t *metadata, struct pod *pod, struct error *err)
{
    const char *created = NULL;

    if (read_string(metadata, "metadata.creationTimestamp", &created, err) < 0)
        return -1;
    if (created && clock_parse_rfc3339(created, &pod->created_us) < 0)
        return error_set(err, ERROR_RUNTIME, "metadata.creationTimestamp: expected a time as RFC 3339 has it");
    return 0;
}

static int read_names(const json_t *metadata, struct pod *pod, struct error *err)
{
    if (read_string(metadata, "metadata.namespace", &pod->namespace_, err) < 0 ||
        read_string(metadata, "metadata.name", &pod->name, err) < 0 || read_string(metadata, "metadata.uid", &pod->uid, err) < 0)
        return -1;
    if (required(pod->namespace_, "metadata.namespace", err) < 0 || required(pod->name, "metadata.name", err) < 0)
        return -1;
    return required(pod->uid, "metadata.uid", err);
}

static int read_metadata(const json_t *metadata, struct pod *pod, struct scratch *scratch, struct error *err)
{
    const char *deleted = NULL;

    if (read_names(metadata, pod, err) < 0 || read_created(metadata, pod, err) < 0 ||
        read_string(metadata, "metadata.deletionTimestamp", &deleted, err) < 0)
        return -1;
    pod->deleting = deleted != NULL;
    return read_labels(metadata, "metadata.labels", scratch, &pod->labels, &pod->label_count, err);
}

/* only the annotations that a policy reads */
static int read_annotations(const json_t *metadata, struct pod *pod, struct scratch *scratch, struct error *err)
{
    static const char *const paths[] = {"priority", "pod-group", "pod-group-size"};
    const json_t *annotations = NULL;
    struct label *kept;

    if (read_object(metadata, "metadata.annotations", &annotations, err) < 0)
        return -1;
    if (!annotations)
        return 0;
    kept = scratch_alloc(scratch, sizeof paths / sizeof paths[0], sizeof *kept, err);
    if (!kept)
        return -1;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        const char *value = NULL;

        if (read_string(annotations, paths[i], &value, err) < 0)
            return error_prefix(err, "metadata.annotations");
        if (value)
            kept[pod->annotation_count++] = (struct label){paths[i], value};
    }
    pod->annotations = kept;
    return 0;
}

static int read_started(const json_t *status, struct pod *pod, struct error *err)
{
    const char *started = NULL;
    int64_t started_us;

    if (read_string(status, "status.startTime", &started, err) < 0)
        return -1;
    if (!started)
        return 0;
    if (clock_parse_rfc3339(started, &started_us) < 0)
        return error_set(err, ERROR_RUNTIME, "status.startTime: expected a time as RFC 3339 has it");
    started_us /= 1000000;
    pod->started_s = started_us < 1 ? 1 : started_us > UINT32_MAX ? UINT32_MAX : (uint32_t)started_us;
    return 0;
}

static int read_status(const json_t *status, struct pod *pod, struct error *err)
{
    static const char *const names[] = {"Pending", "Running", "Succeeded", "Failed"};
    const char *phase = "Pending";

    if (read_string(status, "status.phase", &phase, err) < 0 ||
        read_string(status, "status.nominatedNodeName", &pod->nominated_node, err) < 0 || read_started(status, pod, err) < 0)
        return -1;
    if (!*phase)
        phase = "Pending";
    pod->phase = POD_UNKNOWN;
    for (int i = 0; i < 4; i++)
        if (strcmp(phase, names[i]) == 0)
            pod->phase = (enum pod_phase)i;
    return 0;
}

/* at most so many host ports; more than 0 where there is something to read, be it of a wrong type */
static size_t count_ports(const json_t *containers)
{
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(containers); i++) {
        const json_t *ports = json_object_get(json_array_get(containers, i), "ports");

        count += ports ? json_array_size(ports) + 1 : 0;
    }
    return count;
}

/* appends the host ports of one container to `ports`, which has room */
static int read_container_ports(const json_t *container, const char *path, struct host_port *ports, size_t *count, struct error *err)
{
    const json_t *array = NULL, *json;

    if (read_array(container, "ports", &array, err) < 0)
        return error_prefix(err, "%s", path);
    for (size_t i = 0; i < json_array_size(array); i++) {
        struct host_port port = {"", "", 0};
        int32_t number = 0;

        json = read_element(array, i, "ports", err);
        if (!json || read_int32(json, "ports.hostPort", &number, err) < 0 || read_string(json, "ports.hostIP", &port.ip, err) < 0 ||
            read_string(json, "ports.protocol", &port.protocol, err) < 0)
            return error_prefix(err, "%s", path);
        if (number <= 0)
            continue;
        port.port = number;
        if (!*port.ip)
            port.ip = "0.0.0.0";
        if (!*port.protocol)
            port.protocol = "TCP";
        ports[(*count)++] = port;
    }
    return 0;
}

/* of containers and sidecars: an init container holds its ports only while it runs, and kube-scheduler does not count them */
static int read_ports(const json_t *spec, struct pod *pod, struct scratch *scratch, struct error *err)
{
    const json_t *containers = NULL, *init = NULL;
    struct host_port *ports;
    size_t room;

    if (read_array(spec, "spec.containers", &containers, err) < 0 || read_array(spec, "spec.initContainers", &init, err) < 0)
        return -1;
    room = count_ports(containers) + count_ports(init);
    if (room == 0)
        return 0;
    ports = scratch_alloc(scratch, room, sizeof *ports, err);
    if (!ports)
        return -1;
    for (size_t i = 0; i < json_array_size(containers); i++)
        if (read_container_ports(json_array_get(containers, i), "spec.containers", ports, &pod->host_port_count, err) < 0)
            return -1;
    for (size_t i = 0; i < json_array_size(init); i++) {
        const json_t *container = json_array_get(init, i);
        const char *restart = json_string_value(json_object_get(container, "restartPolicy"));

        if (restart && strcmp(restart, "Always") == 0 &&
            read_container_ports(container, "spec.initContainers", ports, &pod->host_port_count, err) < 0)
            return -1;
    }
    pod->host_ports = ports;
    return 0;
}

static int read_placement(const json_t *spec, struct pod *pod, struct error *err)
{
    const char *preemption = "";
    const json_t *gates = NULL;

    if (read_string(spec, "spec.nodeName", &pod->node_name, err) < 0 ||
        read_string(spec, "spec.schedulerName", &pod->scheduler_name, err) < 0 ||
        read_int32(spec, "spec.priority", &pod->priority, err) < 0 || read_string(spec, "spec.preemptionPolicy", &preemption, err) < 0 ||
        read_array(spec, "spec.schedulingGates", &gates, err) < 0)
        return -1;
    pod->never_preempts = strcmp(preemption, "Never") == 0;
    if (!*pod->scheduler_name)
        pod->scheduler_name = "default-scheduler";
    pod->gated = json_array_size(gates) > 0;
    return 0;
}

/* what only the choice of a node reads */
static int read_constraints(const json_t *spec, struct pod *pod, struct scratch *scratch, struct error *err)
{
    if (read_labels(spec, "spec.nodeSelector", scratch, &pod->node_selector, &pod->node_selector_count, err) < 0)
        return -1;
    if (read_node_affinity(spec, pod, scratch, err) < 0 || read_tolerations(spec, pod, scratch, err) < 0)
        return -1;
    return read_peers(spec, pod, true, scratch, err);
}

static int gather(const json_t *json, const char *ours, struct pod *pod, struct scratch *scratch, unsigned *flags, struct error *err)
{
    const json_t *metadata = NULL, *spec = NULL, *status = NULL;
    bool is_ours;

    if (!json_is_object(json))
        return error_set(err, ERROR_RUNTIME, "expected an object");
    if (read_object(json, "metadata", &metadata, err) < 0 || read_object(json, "spec", &spec, err) < 0 ||
        read_object(json, "status", &status, err) < 0)
        return -1;
    if (read_metadata(metadata, pod, scratch, err) < 0 || read_placement(spec, pod, err) < 0 || read_status(status, pod, err) < 0 ||
        read_requests(spec, status, scratch, &pod->requests, err) < 0 || read_ports(spec, pod, scratch, err) < 0)
        return -1;
    is_ours = strcmp(pod->scheduler_name, ours) == 0;
    if (is_ours && read_annotations(metadata, pod, scratch, err) < 0)
        return -1;
    if (*pod->node_name)
        return read_peers(spec, pod, false, scratch, err);
    if (!is_ours)
        return 0;
    *flags = PACK_REASONS;
    return read_constraints(spec, pod, scratch, err);
}

struct pod *pod_decode(const json_t *json, const char *ours, struct error *err)
{
    struct pod loose = {.namespace_ = "", .name = "", .uid = "", .node_name = "", .scheduler_name = "", .nominated_node = ""};
    struct pod *pod = NULL;
    struct scratch scratch;
    unsigned flags = 0;

    scratch_init(&scratch);
    if (gather(json, ours, &loose, &scratch, &flags, err) == 0)
        pod = pod_pack(&loose, flags, err);
    else if (err->kind != ERROR_NO_MEMORY)
        error_prefix(err, "pod %s/%s", *loose.namespace_ ? loose.namespace_ : "?", *loose.name ? loose.name : "?");
    scratch_free(&scratch);
    return pod;
}
