/* node_decode.c: JSON to struct node_spec, in the way of pod_decode.c. */
#include <string.h>

#include "common/cluster/decode.h"
#include "common/cluster/json_read.h"
#include "common/cluster/pack.h"
#include "common/cluster/requests.h"

static int read_taints(const json_t *json, struct node_spec *node, struct scratch *scratch, struct error *err)
{
    const json_t *element;
    struct items items;
    struct taint *t;

    if (read_items(json, "spec.taints", sizeof *t, scratch, &items, err) < 0)
        return -1;
    t = items.room;
    for (size_t i = 0; i < items.count; i++) {
        t[i] = (struct taint){"", "", ""};
        element = read_element(items.array, i, "spec.taints", err);
        if (!element || read_string(element, "spec.taints.key", &t[i].key, err) < 0 ||
            read_string(element, "spec.taints.value", &t[i].value, err) < 0 ||
            read_string(element, "spec.taints.effect", &t[i].effect, err) < 0)
            return -1;
        if (strcmp(t[i].effect, "NoSchedule") == 0 || strcmp(t[i].effect, "NoExecute") == 0)
            node->traits |= NODE_HAS_TAINTS;
        else if (strcmp(t[i].effect, "PreferNoSchedule") == 0)
            node->traits |= NODE_PREFERS_NO_SCHEDULE;
    }
    node->taints = t;
    node->taint_count = items.count;
    return 0;
}

static int read_spec(const json_t *json, struct node_spec *node, struct scratch *scratch, struct error *err)
{
    bool unschedulable = false;

    if (read_bool(json, "spec.unschedulable", &unschedulable, err) < 0)
        return -1;
    if (unschedulable)
        node->traits |= NODE_UNSCHEDULABLE;
    return read_taints(json, node, scratch, err);
}

static int read_ready(const json_t *status, struct node_spec *node, struct error *err)
{
    const json_t *array = NULL, *element;

    if (read_array(status, "status.conditions", &array, err) < 0)
        return -1;
    node->traits |= NODE_NOT_READY;
    for (size_t i = 0; i < json_array_size(array); i++) {
        const char *type = "", *value = "";

        element = read_element(array, i, "status.conditions", err);
        if (!element || read_string(element, "status.conditions.type", &type, err) < 0 ||
            read_string(element, "status.conditions.status", &value, err) < 0)
            return -1;
        if (strcmp(type, "Ready") == 0 && strcmp(value, "True") == 0)
            node->traits &= ~(unsigned)NODE_NOT_READY;
    }
    return 0;
}

static int gather(const json_t *json, struct node_spec *node, struct scratch *scratch, struct error *err)
{
    const json_t *metadata = NULL, *spec = NULL, *status = NULL, *allocatable = NULL;

    if (!json_is_object(json))
        return error_set(err, ERROR_RUNTIME, "expected an object");
    if (read_object(json, "metadata", &metadata, err) < 0 || read_object(json, "spec", &spec, err) < 0 ||
        read_object(json, "status", &status, err) < 0)
        return -1;
    if (read_string(metadata, "metadata.name", &node->name, err) < 0 || read_string(metadata, "metadata.uid", &node->uid, err) < 0)
        return -1;
    if (!*node->name || !*node->uid)
        return error_set(err, ERROR_RUNTIME, "metadata.%s: missing", *node->name ? "uid" : "name");
    if (read_labels(metadata, "metadata.labels", scratch, &node->labels, &node->label_count, err) < 0 ||
        read_spec(spec, node, scratch, err) < 0 || read_ready(status, node, err) < 0 ||
        read_object(status, "status.allocatable", &allocatable, err) < 0)
        return -1;
    return read_resource_list(allocatable, "status.allocatable", scratch, &node->allocatable, err);
}

struct node_spec *node_decode(const json_t *json, struct error *err)
{
    struct node_spec loose = {.name = "", .uid = ""};
    struct node_spec *node = NULL;
    struct scratch scratch;

    scratch_init(&scratch);
    if (gather(json, &loose, &scratch, err) == 0)
        node = node_spec_pack(&loose, err);
    else if (err->kind != ERROR_NO_MEMORY)
        error_prefix(err, "node %s", *loose.name ? loose.name : "?");
    scratch_free(&scratch);
    return node;
}
