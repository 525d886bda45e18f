#include "simulator/birth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/inside.h"
#include "simulator/rbac.h"

#define KUBERNETES_VERSION "v1.34.0"

static const char *const namespaces[] = {"default", "kube-system", "kube-public", "kube-node-lease", "local-path-storage"};

/* one object being written as text */
struct draft {
    struct sim *sim;
    struct buffer text;
    char now[32];
    char uid[37];
};

static int draft_metadata(struct draft *draft, const struct resource *resource, const char *namespace_, const char *name, const char *rest,
                          struct error *err)
{
    buffer_clear(&draft->text);
    sim_uuid(draft->sim, draft->uid);
    if (buffer_printf(&draft->text, err, "%s\"metadata\":{\"name\":\"%s\",", resource->prefix, name) < 0)
        return -1;
    if (namespace_ && buffer_printf(&draft->text, err, "\"namespace\":\"%s\",", namespace_) < 0)
        return -1;
    return buffer_printf(&draft->text, err, "\"uid\":\"%s\",\"resourceVersion\":\"%lld\",%s\"creationTimestamp\":\"%s\"%s}", draft->uid,
                         (long long)draft->sim->store.rv + 1, resource->slot == SLOT_PODS ? "\"generation\":1," : "", draft->now, rest);
}

static int draft_write(struct draft *draft, const struct resource *resource, struct error *err)
{
    return write_text(draft->sim, resource, text_span(draft->text.data, draft->text.bytes), err);
}

static int make_namespace(struct draft *draft, const char *name, struct error *err)
{
    const struct resource *resource = resource_of_slot(SLOT_NAMESPACES);
    char labels[160];

    snprintf(labels, sizeof labels, ",\"labels\":{\"kubernetes.io/metadata.name\":\"%s\"}", name);
    if (draft_metadata(draft, resource, NULL, name, labels, err) < 0 ||
        buffer_add_string(&draft->text, ",\"spec\":{\"finalizers\":[\"kubernetes\"]},\"status\":{\"phase\":\"Active\"}}", err) < 0)
        return -1;
    return draft_write(draft, resource, err);
}

/* kube-controller-manager's: without it pods would be refused */
static int make_service_account(struct sim *sim, const char *namespace_, struct error *err)
{
    char problem[INSIDE_PROBLEM_BYTES];
    json_t *doc = json_pack("{s{ss}}", "metadata", "name", "default");
    int ret = doc ? inside_create(sim, resource_of_slot(SLOT_SERVICEACCOUNTS), namespace_, doc, NULL, problem, err) : error_no_memory(err);

    json_decref(doc);
    return ret < 0 ? -1 : 0;
}

void birth_node_address(int rank, char out[16])
{
    int n = rank + 2;

    snprintf(out, 16, "172.%d.%d.%d", 18 + (n >> 16) % 14, (n >> 8) & 255, n & 255);
}

void birth_node_name(const struct sim *sim, int rank, char *out, size_t max)
{
    if (rank == 0)
        snprintf(out, max, "%s-control-plane", sim->options.cluster_name);
    else if (rank == 1)
        snprintf(out, max, "%s-worker", sim->options.cluster_name);
    else
        snprintf(out, max, "%s-worker%d", sim->options.cluster_name, rank);
}

static int node_metadata(struct draft *draft, int rank, const char *name, struct error *err)
{
    char rest[1024];

    snprintf(rest, sizeof rest,
             ",\"labels\":{\"beta.kubernetes.io/arch\":\"amd64\",\"beta.kubernetes.io/os\":\"linux\",\"kubernetes.io/arch\":\"amd64\","
             "\"kubernetes.io/hostname\":\"%s\",\"kubernetes.io/os\":\"linux\"%s},\"annotations\":{\"node.alpha.kubernetes.io/ttl\":\"0\","
             "\"volumes.kubernetes.io/controller-managed-attach-detach\":\"true\"}",
             name,
             rank ? ""
                  : ",\"node-role.kubernetes.io/control-plane\":\"\",\"node.kubernetes.io/exclude-from-external-load-balancers\":\"\"");
    return draft_metadata(draft, resource_of_slot(SLOT_NODES), NULL, name, rest, err);
}

static int node_condition(struct draft *draft, const char *type, const char *status, const char *reason, const char *message,
                          struct error *err)
{
    return buffer_printf(&draft->text, err,
                         "{\"type\":\"%s\",\"status\":\"%s\",\"lastHeartbeatTime\":\"%s\",\"lastTransitionTime\":\"%s\",\"reason\":\"%s\","
                         "\"message\":\"%s\"}%s",
                         type, status, draft->now, draft->now, reason, message, *type == 'R' ? "" : ",");
}

static int node_status(struct draft *draft, const char *name, const char *address, struct error *err)
{
    static const char room[] = "\"cpu\":\"8\",\"ephemeral-storage\":\"263174212Ki\",\"hugepages-1Gi\":\"0\",\"hugepages-2Mi\":\"0\","
                               "\"memory\":\"16384000Ki\",\"pods\":\"110\"";
    char machine[37];

    if (buffer_printf(&draft->text, err, ",\"status\":{\"capacity\":{%s},\"allocatable\":{%s},\"conditions\":[", room, room) < 0 ||
        node_condition(draft, "MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available", err) <
            0 ||
        node_condition(draft, "DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure", err) < 0 ||
        node_condition(draft, "PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available", err) < 0 ||
        node_condition(draft, "Ready", "True", "KubeletReady", "kubelet is posting ready status", err) < 0)
        return -1;
    sim_uuid(draft->sim, machine);
    return buffer_printf(&draft->text, err,
                         "],\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"%s\"},{\"type\":\"Hostname\",\"address\":\"%s\"}],"
                         "\"daemonEndpoints\":{\"kubeletEndpoint\":{\"Port\":10250}},\"nodeInfo\":{\"machineID\":\"%.8s%.4s\","
                         "\"systemUUID\":\"%s\",\"bootID\":\"%s\",\"kernelVersion\":\"6.1.0\",\"osImage\":\"Debian GNU/Linux 12 "
                         "(bookworm)\",\"containerRuntimeVersion\":\"containerd://2.1.3\",\"kubeletVersion\":\"" KUBERNETES_VERSION "\","
                         "\"kubeProxyVersion\":\"\",\"operatingSystem\":\"linux\",\"architecture\":\"amd64\"}}}",
                         address, name, machine, machine + 9, machine, draft->uid);
}

static int make_node(struct draft *draft, int rank, struct error *err)
{
    const char *cluster = draft->sim->options.cluster_name;
    bool tainted = rank == 0 && draft->sim->options.nodes > 1;
    char name[280], address[16];
    int third = rank & 255, second = rank >> 8;

    birth_node_name(draft->sim, rank, name, sizeof name);
    birth_node_address(rank, address);
    if (node_metadata(draft, rank, name, err) < 0 ||
        buffer_printf(&draft->text, err,
                      ",\"spec\":{\"podCIDR\":\"10.%d.%d.0/24\",\"podCIDRs\":[\"10.%d.%d.0/24\"],\"providerID\":"
                      "\"kind://docker/%s/%s\"%s}",
                      244 + second % 12, third, 244 + second % 12, third, cluster, name,
                      tainted ? ",\"taints\":[{\"key\":\"node-role.kubernetes.io/control-plane\",\"effect\":\"NoSchedule\"}]" : "") < 0 ||
        node_status(draft, name, address, err) < 0)
        return -1;
    return draft_write(draft, resource_of_slot(SLOT_NODES), err);
}

int birth(struct sim *sim, struct error *err)
{
    struct draft draft = {.sim = sim};
    int ret = -1;

    buffer_init(&draft.text, LIMIT_OBJECT_BYTES);
    sim_now_text(sim, draft.now);
    for (size_t i = 0; i < sizeof namespaces / sizeof namespaces[0]; i++)
        if (make_namespace(&draft, namespaces[i], err) < 0)
            goto cleanup;
    for (int rank = 0; rank < sim->options.nodes; rank++)
        if (make_node(&draft, rank, err) < 0)
            goto cleanup;
    for (size_t i = 0; sim->options.controllers && i < sizeof namespaces / sizeof namespaces[0]; i++)
        if (make_service_account(sim, namespaces[i], err) < 0)
            goto cleanup;
    if (sim->options.rbac && birth_rbac(sim, err) < 0)
        goto cleanup;
    if (sim->options.system_pods && sim->options.nodes > 0 && birth_system_pods(sim, err) < 0)
        goto cleanup;
    ret = 0;
cleanup:
    buffer_free(&draft.text);
    return ret;
}
