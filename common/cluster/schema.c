/* schema.c: the fields of pods and nodes that are read, for json_scan: all else is skipped as bytes. */
#include "common/cluster/decode.h"

#define END                                                                                                                                \
    {                                                                                                                                      \
        NULL, NULL                                                                                                                         \
    }

static const struct json_field requests_fields[] = {{"requests", NULL}, END};

static const struct json_field port_fields[] = {{"hostPort", NULL}, {"hostIP", NULL}, {"protocol", NULL}, END};

static const struct json_field container_fields[] = {
    {"name", NULL}, {"resources", requests_fields}, {"ports", port_fields}, {"restartPolicy", NULL}, END,
};

static const struct json_field toleration_fields[] = {{"key", NULL}, {"operator", NULL}, {"value", NULL}, {"effect", NULL}, END};

/* of nodeAffinity, podAffinity and podAntiAffinity alike */
static const struct json_field required_fields[] = {{"requiredDuringSchedulingIgnoredDuringExecution", NULL}, END};

static const struct json_field affinity_fields[] = {
    {"nodeAffinity", required_fields}, {"podAffinity", required_fields}, {"podAntiAffinity", required_fields}, END};

/* the first three: for one-per-node; the last: how a watch marks the end of its initial state */
static const struct json_field annotation_fields[] = {
    {"priority", NULL}, {"pod-group", NULL}, {"pod-group-size", NULL}, {"k8s.io/initial-events-end", NULL}, END,
};

static const struct json_field pod_metadata_fields[] = {
    {"name", NULL},
    {"namespace", NULL},
    {"uid", NULL},
    {"resourceVersion", NULL},
    {"creationTimestamp", NULL},
    {"deletionTimestamp", NULL},
    {"labels", NULL},
    {"annotations", annotation_fields},
    END,
};

static const struct json_field pod_spec_fields[] = {
    {"nodeName", NULL},
    {"schedulerName", NULL},
    {"priority", NULL},
    {"preemptionPolicy", NULL},
    {"nodeSelector", NULL},
    {"affinity", affinity_fields},
    {"tolerations", toleration_fields},
    {"topologySpreadConstraints", NULL},
    {"schedulingGates", NULL},
    {"containers", container_fields},
    {"initContainers", container_fields},
    {"resources", requests_fields},
    {"overhead", NULL},
    END,
};

/* for a container that is being resized */
static const struct json_field container_status_fields[] = {
    {"name", NULL}, {"resources", requests_fields}, {"allocatedResources", NULL}, END};

static const struct json_field pod_condition_fields[] = {{"type", NULL}, {"reason", NULL}, END};

static const struct json_field pod_status_fields[] = {
    {"phase", NULL},
    {"nominatedNodeName", NULL},
    {"startTime", NULL},
    {"containerStatuses", container_status_fields},
    {"initContainerStatuses", container_status_fields},
    {"conditions", pod_condition_fields},
    END,
};

const struct json_field pod_schema[] = {
    {"metadata", pod_metadata_fields},
    {"spec", pod_spec_fields},
    {"status", pod_status_fields},
    END,
};

static const struct json_field bookmark_fields[] = {{"k8s.io/initial-events-end", NULL}, END};

static const struct json_field node_metadata_fields[] = {
    {"name", NULL}, {"uid", NULL}, {"resourceVersion", NULL}, {"labels", NULL}, {"annotations", bookmark_fields}, END,
};

static const struct json_field taint_fields[] = {{"key", NULL}, {"value", NULL}, {"effect", NULL}, END};

static const struct json_field node_spec_fields[] = {{"unschedulable", NULL}, {"taints", taint_fields}, END};

static const struct json_field condition_fields[] = {{"type", NULL}, {"status", NULL}, END};

static const struct json_field node_status_fields[] = {{"allocatable", NULL}, {"conditions", condition_fields}, END};

const struct json_field node_schema[] = {
    {"metadata", node_metadata_fields},
    {"spec", node_spec_fields},
    {"status", node_status_fields},
    END,
};
