/*
 * table_cells.c: the columns and cells of every kind but pods, after pkg/printers/internalversion/printers.go of Kubernetes 1.34.
 */
#include "simulator/table_cells.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const struct table_column pod_columns[] = {
    TABLE_NAME,
    {"Ready", "string", "", "Ready containers out of all.", 0},
    {"Status", "string", "", "What the containers do, in one word.", 0},
    {"Restarts", "string", "", "Restarts of the containers, and when the last was.", 0},
    TABLE_AGE,
    {"IP", "string", "", "First address of the pod.", 1},
    {"Node", "string", "", "Node it was bound to.", 1},
    {"Nominated Node", "string", "", "Node kept free for it by preemption.", 1},
    {"Readiness Gates", "string", "", "Readiness gates passed out of all.", 1},
};

static const struct table_column node_columns[] = {
    TABLE_NAME,
    {"Status", "string", "", "Its Ready condition, and whether it takes pods.", 0},
    {"Roles", "string", "", "Roles, from its labels.", 0},
    TABLE_AGE,
    {"Version", "string", "", "Version of the kubelet.", 0},
    {"Internal-IP", "string", "", "Address inside the cluster.", 1},
    {"External-IP", "string", "", "Address outside the cluster.", 1},
    {"OS-Image", "string", "", "Operating system.", 1},
    {"Kernel-Version", "string", "", "Kernel.", 1},
    {"Container-Runtime", "string", "", "Container runtime and its version.", 1},
};

static const struct table_column event_columns[] = {
    {"Last Seen", "string", "", "When it last happened.", 0},
    {"Type", "string", "", "Normal or Warning.", 0},
    {"Reason", "string", "", "Why, in one word for programs.", 0},
    {"Object", "string", "", "What it is about.", 0},
    {"Subobject", "string", "", "The part of that object.", 1},
    {"Source", "string", "", "Who reported it.", 1},
    {"Message", "string", "", "What happened, for people.", 0},
    {"First Seen", "string", "", "When it first happened.", 1},
    {"Count", "string", "", "How often.", 1},
    {"Name", "string", "name", "Name, unique within its namespace.", 1},
};

static const struct table_column namespace_columns[] = {TABLE_NAME, {"Status", "string", "", "Active or Terminating.", 0}, TABLE_AGE};
static const struct table_column lease_columns[] = {TABLE_NAME, {"Holder", "string", "", "Who holds it.", 0}, TABLE_AGE};
static const struct table_column configmap_columns[] = {TABLE_NAME, {"Data", "string", "", "Number of entries.", 0}, TABLE_AGE};
static const struct table_column serviceaccount_columns[] = {TABLE_NAME, {"Secrets", "string", "", "Number of secrets.", 0}, TABLE_AGE};
static const struct table_column other_columns[] = {TABLE_NAME, {"Created At", "date", "", "When the object was created.", 0}};

static const json_t *metadata_of(const json_t *object)
{
    return json_object_get(object, "metadata");
}

static void cell_name(struct table_row *row, const json_t *object)
{
    table_cell(row, table_text(metadata_of(object), "name"));
}

static void cell_age(struct table_row *row, const json_t *object)
{
    table_cell_age(row, json_string_value(json_object_get(metadata_of(object), "creationTimestamp")));
}

static void namespace_cells(struct table_row *row, const json_t *namespace)
{
    cell_name(row, namespace);
    table_cell(row, table_text(json_object_get(namespace, "status"), "phase"));
    cell_age(row, namespace);
}

static void lease_cells(struct table_row *row, const json_t *lease)
{
    cell_name(row, lease);
    table_cell(row, table_text(json_object_get(lease, "spec"), "holderIdentity"));
    cell_age(row, lease);
}

static void configmap_cells(struct table_row *row, const json_t *map)
{
    cell_name(row, map);
    table_cell_integer(row,
                       (int64_t)(json_object_size(json_object_get(map, "data")) + json_object_size(json_object_get(map, "binaryData"))));
    cell_age(row, map);
}

static void serviceaccount_cells(struct table_row *row, const json_t *account)
{
    cell_name(row, account);
    table_cell_integer(row, (int64_t)json_array_size(json_object_get(account, "secrets")));
    cell_age(row, account);
}

static void other_cells(struct table_row *row, const json_t *object)
{
    cell_name(row, object);
    table_cell(row, table_text(metadata_of(object), "creationTimestamp"));
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum { ROLES_SHOWN = 16 };

/* the roles a node's labels name, sorted, each once, joined by commas */
static void cell_roles(struct table_row *row, const json_t *node)
{
    static const char prefix[] = "node-role.kubernetes.io/";
    const char *roles[ROLES_SHOWN], *key;
    struct buffer joined;
    const json_t *value;
    size_t count = 0;

    json_object_foreach(json_object_get(metadata_of(node), "labels"), key, value)
    {
        const char *role = strncmp(key, prefix, sizeof prefix - 1) == 0 ? key + sizeof prefix - 1
                           : strcmp(key, "kubernetes.io/role") == 0     ? json_string_value(value)
                                                                        : NULL;

        if (role && *role && count < ROLES_SHOWN)
            roles[count++] = role;
    }
    qsort(roles, count, sizeof roles[0], compare_texts);
    buffer_init(&joined, 8192);
    for (size_t i = 0; i < count && !row->failed; i++)
        if ((!i || strcmp(roles[i], roles[i - 1]) != 0) && buffer_printf(&joined, row->err, "%s%s", joined.bytes ? "," : "", roles[i]) < 0)
            row->failed = true;
    table_cell(row, joined.bytes ? joined.data : "<none>");
    buffer_free(&joined);
}

static void cell_node_status(struct table_row *row, const json_t *node)
{
    const json_t *conditions = json_object_get(json_object_get(node, "status"), "conditions"), *condition;
    const char *ready = "Unknown";
    char status[48];
    size_t i;

    json_array_foreach(conditions, i, condition)
    {
        if (strcmp(table_text(condition, "type"), "Ready") == 0)
            ready = strcmp(table_text(condition, "status"), "True") == 0 ? "Ready" : "NotReady";
    }
    snprintf(status, sizeof status, "%s%s", ready,
             json_is_true(json_object_get(json_object_get(node, "spec"), "unschedulable")) ? ",SchedulingDisabled" : "");
    table_cell(row, status);
}

static void cell_address(struct table_row *row, const json_t *node, const char *type)
{
    const json_t *addresses = json_object_get(json_object_get(node, "status"), "addresses"), *address;
    size_t i;

    json_array_foreach(addresses, i, address)
    {
        if (strcmp(table_text(address, "type"), type) == 0) {
            table_cell(row, table_text(address, "address"));
            return;
        }
    }
    table_cell(row, "<none>");
}

static void cell_or_unknown(struct table_row *row, const char *text)
{
    table_cell(row, *text ? text : "<unknown>");
}

static void node_cells(struct table_row *row, const json_t *node)
{
    const json_t *info = json_object_get(json_object_get(node, "status"), "nodeInfo");

    cell_name(row, node);
    cell_node_status(row, node);
    cell_roles(row, node);
    cell_age(row, node);
    table_cell(row, table_text(info, "kubeletVersion"));
    cell_address(row, node, "InternalIP");
    cell_address(row, node, "ExternalIP");
    cell_or_unknown(row, table_text(info, "osImage"));
    cell_or_unknown(row, table_text(info, "kernelVersion"));
    cell_or_unknown(row, table_text(info, "containerRuntimeVersion"));
}

/* core/v1 and events.k8s.io/v1 name the same things differently */
static const json_t *either(const json_t *object, const char *core, const char *events)
{
    const json_t *value = json_object_get(object, core);

    return value ? value : json_object_get(object, events);
}

static const char *either_text(const json_t *object, const char *core, const char *events)
{
    const char *text = json_string_value(either(object, core, events));

    return text ? text : "";
}

static void cell_event_object(struct table_row *row, const json_t *object)
{
    const char *kind = table_text(object, "kind"), *name = table_text(object, "name");
    char lower[320];
    size_t i;

    for (i = 0; kind[i] && i < 60; i++)
        lower[i] = (char)tolower((unsigned char)kind[i]);
    snprintf(lower + i, sizeof lower - i, "%s%s", *name ? "/" : "", name);
    table_cell(row, lower);
}

static void cell_event_source(struct table_row *row, const json_t *event)
{
    const json_t *source = either(event, "source", "deprecatedSource");
    const char *component = table_text(source, "component"), *host = table_text(source, "host");
    char text[320];

    component = *component ? component : either_text(event, "reportingComponent", "reportingController");
    host = *host ? host : table_text(event, "reportingInstance");
    snprintf(text, sizeof text, "%s%s%s", component, *host ? ", " : "", host);
    table_cell(row, text);
}

static void cell_trimmed(struct table_row *row, const char *text)
{
    size_t bytes;
    char *copy;

    while (isspace((unsigned char)*text))
        text++;
    for (bytes = strlen(text); bytes && isspace((unsigned char)text[bytes - 1]);)
        bytes--;
    copy = malloc(bytes + 1);
    if (!copy) {
        error_no_memory(row->err);
        row->failed = true;
        return;
    }
    memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    table_cell(row, copy);
    free(copy);
}

static void event_cells(struct table_row *row, const json_t *event)
{
    const json_t *series = json_object_get(event, "series"), *object = either(event, "involvedObject", "regarding");
    int64_t count = json_integer_value(either(event, "count", "deprecatedCount"));
    const char *first = either_text(event, "firstTimestamp", "deprecatedFirstTimestamp");
    const char *last = either_text(event, "lastTimestamp", "deprecatedLastTimestamp");

    first = *first ? first : table_text(event, "eventTime");
    last = *last ? last : first;
    if (json_is_object(series)) {
        last = table_text(series, "lastObservedTime");
        count = json_integer_value(json_object_get(series, "count"));
    } else if (!count) {
        count = 1;
    }
    table_cell_age(row, last);
    table_cell(row, table_text(event, "type"));
    table_cell(row, table_text(event, "reason"));
    cell_event_object(row, object);
    table_cell(row, table_text(object, "fieldPath"));
    cell_event_source(row, event);
    cell_trimmed(row, either_text(event, "message", "note"));
    table_cell_age(row, first);
    table_cell_integer(row, count);
    cell_name(row, event);
}

static const struct table_kind kinds[] = {
    TABLE_KIND("pods", pod_columns, table_pod_cells),
    TABLE_KIND("nodes", node_columns, node_cells),
    TABLE_KIND("namespaces", namespace_columns, namespace_cells),
    TABLE_KIND("events", event_columns, event_cells),
    TABLE_KIND("events.events.k8s.io", event_columns, event_cells),
    TABLE_KIND("leases.coordination.k8s.io", lease_columns, lease_cells),
    TABLE_KIND("leases", lease_columns, lease_cells),
    TABLE_KIND("configmaps", configmap_columns, configmap_cells),
    TABLE_KIND("serviceaccounts", serviceaccount_columns, serviceaccount_cells),
};
static const struct table_kind other = TABLE_KIND("", other_columns, other_cells);

const struct table_kind *table_kind_of(const char *resource)
{
    const struct table_kind *group;

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].resource, resource) == 0)
            return &kinds[i];
    group = table_kind_of_group(resource);
    return group ? group : &other;
}
