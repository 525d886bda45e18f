#include "simulator/resource.h"

#include <stdio.h>
#include <string.h>

static const struct field_label pod_fields[] = {
    {"spec.nodeName", "spec.nodeName", ""},
    {"status.phase", "status.phase", ""},
    {"spec.schedulerName", "spec.schedulerName", ""},
    {"spec.restartPolicy", "spec.restartPolicy", ""},
    {"spec.serviceAccountName", "spec.serviceAccountName", ""},
    {"spec.hostNetwork", "spec.hostNetwork", "false"},
    {"status.podIP", "status.podIP", ""},
    {"status.nominatedNodeName", "status.nominatedNodeName", ""},
    {"status.podIPs", NULL, ""},
};

static const struct field_label node_fields[] = {{"spec.unschedulable", "spec.unschedulable", "false"}};

static const struct field_label namespace_fields[] = {{"status.phase", "status.phase", ""}};

static const struct field_label event_fields[] = {
    {"involvedObject.kind", "involvedObject.kind", ""},
    {"involvedObject.namespace", "involvedObject.namespace", ""},
    {"involvedObject.name", "involvedObject.name", ""},
    {"involvedObject.uid", "involvedObject.uid", ""},
    {"involvedObject.apiVersion", "involvedObject.apiVersion", ""},
    {"involvedObject.resourceVersion", "involvedObject.resourceVersion", ""},
    {"involvedObject.fieldPath", "involvedObject.fieldPath", ""},
    {"reason", "reason", ""},
    {"reportingComponent", "reportingComponent", ""},
    {"source", "source.component", ""},
    {"type", "type", ""},
};

/* in the order of event_fields: an index serves both APIs */
static const struct field_label regarding_fields[] = {
    {"regarding.kind", "involvedObject.kind", ""},
    {"regarding.namespace", "involvedObject.namespace", ""},
    {"regarding.name", "involvedObject.name", ""},
    {"regarding.uid", "involvedObject.uid", ""},
    {"regarding.apiVersion", "involvedObject.apiVersion", ""},
    {"regarding.resourceVersion", "involvedObject.resourceVersion", ""},
    {"regarding.fieldPath", "involvedObject.fieldPath", ""},
    {"reason", "reason", ""},
    {"reportingController", "reportingComponent", ""},
    {"source", "source.component", ""},
    {"type", "type", ""},
};

static const struct field_label replica_set_fields[] = {{"status.replicas", "status.replicas", "0"}};

#define FIELDS(table) .fields = table, .field_count = sizeof table / sizeof table[0]
#define RBAC .group = "rbac.authorization.k8s.io", .version = "v1"
#define NO_TEMPLATE "\"template\":{\"metadata\":{},\"spec\":{\"containers\":null}}"
#define NO_ROLE_REF ",\"roleRef\":{\"apiGroup\":\"\",\"kind\":\"\",\"name\":\"\"}"
#define PREFIX(kind, api_version) "{\"kind\":\"" kind "\",\"apiVersion\":\"" api_version "\","

static const struct resource resources[] = {
    {.slot = SLOT_NAMESPACES,
     .group = "",
     .version = "v1",
     .name = "namespaces",
     .kind = "Namespace",
     .has_status = true,
     .returns_deleted = true,
     .prefix = PREFIX("Namespace", "v1"),
     .bookmark_rest = ",\"spec\":{},\"status\":{}",
     FIELDS(namespace_fields)},
    {.slot = SLOT_NODES,
     .group = "",
     .version = "v1",
     .name = "nodes",
     .kind = "Node",
     .has_status = true,
     .prefix = PREFIX("Node", "v1"),
     .bookmark_rest = ",\"spec\":{},\"status\":{\"daemonEndpoints\":{\"kubeletEndpoint\":{\"Port\":0}},\"nodeInfo\":{\"machineID\":\"\","
                      "\"systemUUID\":\"\",\"bootID\":\"\",\"kernelVersion\":\"\",\"osImage\":\"\",\"containerRuntimeVersion\":\"\","
                      "\"kubeletVersion\":\"\",\"kubeProxyVersion\":\"\",\"operatingSystem\":\"\",\"architecture\":\"\"}}",
     FIELDS(node_fields)},
    {.slot = SLOT_PODS,
     .group = "",
     .version = "v1",
     .name = "pods",
     .kind = "Pod",
     .namespaced = true,
     .has_status = true,
     .has_generation = true,
     .returns_deleted = true,
     .prefix = PREFIX("Pod", "v1"),
     .bookmark_rest = ",\"spec\":{\"containers\":null},\"status\":{}",
     FIELDS(pod_fields)},
    {.slot = SLOT_EVENTS,
     .group = "",
     .version = "v1",
     .name = "events",
     .kind = "Event",
     .namespaced = true,
     .create_on_update = true,
     .prefix = PREFIX("Event", "v1"),
     .bookmark_rest = ",\"involvedObject\":{},\"source\":{},\"firstTimestamp\":null,\"lastTimestamp\":null,\"eventTime\":null,"
                      "\"reportingComponent\":\"\",\"reportingInstance\":\"\"",
     FIELDS(event_fields)},
    {.slot = SLOT_EVENTS,
     .group = "events.k8s.io",
     .version = "v1",
     .name = "events",
     .kind = "Event",
     .namespaced = true,
     .create_on_update = true,
     .prefix = PREFIX("Event", "events.k8s.io/v1"),
     .bookmark_rest = ",\"eventTime\":null,\"regarding\":{},\"deprecatedSource\":{},\"deprecatedFirstTimestamp\":null,"
                      "\"deprecatedLastTimestamp\":null",
     FIELDS(regarding_fields)},
    {.slot = SLOT_LEASES,
     .group = "coordination.k8s.io",
     .version = "v1",
     .name = "leases",
     .kind = "Lease",
     .namespaced = true,
     .needs_resource_version = true,
     .create_on_update = true,
     .prefix = PREFIX("Lease", "coordination.k8s.io/v1"),
     .bookmark_rest = ",\"spec\":{}"},
    {.slot = SLOT_SERVICEACCOUNTS,
     .group = "",
     .version = "v1",
     .name = "serviceaccounts",
     .kind = "ServiceAccount",
     .namespaced = true,
     .returns_deleted = true,
     .prefix = PREFIX("ServiceAccount", "v1"),
     .bookmark_rest = ""},
    {.slot = SLOT_CONFIGMAPS,
     .group = "",
     .version = "v1",
     .name = "configmaps",
     .kind = "ConfigMap",
     .namespaced = true,
     .prefix = PREFIX("ConfigMap", "v1"),
     .bookmark_rest = ""},
    {.slot = SLOT_DEPLOYMENTS,
     .group = "apps",
     .version = "v1",
     .name = "deployments",
     .kind = "Deployment",
     .namespaced = true,
     .has_status = true,
     .has_scale = true,
     .has_generation = true,
     .prefix = PREFIX("Deployment", "apps/v1"),
     .bookmark_rest = ",\"spec\":{\"replicas\":0,\"selector\":null," NO_TEMPLATE ",\"strategy\":{}},\"status\":{}"},
    {.slot = SLOT_REPLICASETS,
     .group = "apps",
     .version = "v1",
     .name = "replicasets",
     .kind = "ReplicaSet",
     .namespaced = true,
     .has_status = true,
     .has_scale = true,
     .has_generation = true,
     .prefix = PREFIX("ReplicaSet", "apps/v1"),
     .bookmark_rest = ",\"spec\":{\"replicas\":0,\"selector\":null," NO_TEMPLATE "},\"status\":{\"replicas\":0}",
     FIELDS(replica_set_fields)},
    {.slot = SLOT_ROLES,
     RBAC,
     .name = "roles",
     .kind = "Role",
     .namespaced = true,
     .create_on_update = true,
     .prefix = PREFIX("Role", "rbac.authorization.k8s.io/v1"),
     .bookmark_rest = ",\"rules\":null"},
    {.slot = SLOT_ROLEBINDINGS,
     RBAC,
     .name = "rolebindings",
     .kind = "RoleBinding",
     .namespaced = true,
     .create_on_update = true,
     .prefix = PREFIX("RoleBinding", "rbac.authorization.k8s.io/v1"),
     .bookmark_rest = NO_ROLE_REF},
    {.slot = SLOT_CLUSTERROLES,
     RBAC,
     .name = "clusterroles",
     .kind = "ClusterRole",
     .create_on_update = true,
     .prefix = PREFIX("ClusterRole", "rbac.authorization.k8s.io/v1"),
     .bookmark_rest = ",\"rules\":null"},
    {.slot = SLOT_CLUSTERROLEBINDINGS,
     RBAC,
     .name = "clusterrolebindings",
     .kind = "ClusterRoleBinding",
     .create_on_update = true,
     .prefix = PREFIX("ClusterRoleBinding", "rbac.authorization.k8s.io/v1"),
     .bookmark_rest = NO_ROLE_REF},
};

#define RESOURCE_COUNT (sizeof resources / sizeof resources[0])

const struct resource *resource_find(const char *group, const char *version, const char *name)
{
    for (size_t i = 0; i < RESOURCE_COUNT; i++)
        if (!strcmp(resources[i].name, name) && !strcmp(resources[i].group, group) && !strcmp(resources[i].version, version))
            return &resources[i];
    return NULL;
}

bool resource_group_served(const char *group, const char *version)
{
    for (size_t i = 0; i < RESOURCE_COUNT; i++)
        if (!strcmp(resources[i].group, group) && !strcmp(resources[i].version, version))
            return true;
    return false;
}

const struct resource *resource_of_slot(enum slot slot)
{
    for (size_t i = 0; i < RESOURCE_COUNT; i++)
        if (resources[i].slot == slot)
            return &resources[i];
    return NULL;
}

static const char *with_group(const char *what, const char *group, char out[64])
{
    if (!*group)
        return what;
    snprintf(out, 64, "%s.%s", what, group);
    return out;
}

const char *resource_qualified(const struct resource *resource, char out[64])
{
    return with_group(resource->name, resource->group, out);
}

const char *resource_qualified_kind(const struct resource *resource, char out[64])
{
    return with_group(resource->kind, resource->group, out);
}

const char *resource_api_version(const struct resource *resource, char out[64])
{
    if (!*resource->group)
        return resource->version;
    snprintf(out, 64, "%s/%s", resource->group, resource->version);
    return out;
}
