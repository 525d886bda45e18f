/* birth_pods.c: the pods that run on every kind cluster: 9 on the control plane, 2 on each worker. */
#include <stdio.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/birth.h"
#include "simulator/kubelet.h"

enum suffix { SUFFIX_NODE, SUFFIX_RANDOM };

/* what kind puts where; `requests` and `limits` as the manifests have them */
static const struct system_pod {
    const char *namespace_, *base, *image, *requests, *limits;
    const char *label, *value;
    bool host_network;
    bool everywhere; /* on each node; else on the control plane */
    enum suffix suffix;
    const char *priority_class;
} system_pods[] = {
    {"kube-system", "coredns-66bc5c9577", "registry.k8s.io/coredns/coredns:v1.12.1", "\"cpu\":\"100m\",\"memory\":\"70Mi\"",
     "\"memory\":\"170Mi\"", "k8s-app", "kube-dns", false, false, SUFFIX_RANDOM, "system-cluster-critical"},
    {"kube-system", "coredns-66bc5c9577", "registry.k8s.io/coredns/coredns:v1.12.1", "\"cpu\":\"100m\",\"memory\":\"70Mi\"",
     "\"memory\":\"170Mi\"", "k8s-app", "kube-dns", false, false, SUFFIX_RANDOM, "system-cluster-critical"},
    {"kube-system", "etcd", "registry.k8s.io/etcd:3.6.4-0", "\"cpu\":\"100m\",\"memory\":\"100Mi\"", "", "component", "etcd", true, false,
     SUFFIX_NODE, "system-node-critical"},
    {"kube-system", "kube-apiserver", "registry.k8s.io/kube-apiserver:v1.34.0", "\"cpu\":\"250m\"", "", "component", "kube-apiserver", true,
     false, SUFFIX_NODE, "system-node-critical"},
    {"kube-system", "kube-controller-manager", "registry.k8s.io/kube-controller-manager:v1.34.0", "\"cpu\":\"200m\"", "", "component",
     "kube-controller-manager", true, false, SUFFIX_NODE, "system-node-critical"},
    {"kube-system", "kube-scheduler", "registry.k8s.io/kube-scheduler:v1.34.0", "\"cpu\":\"100m\"", "", "component", "kube-scheduler", true,
     false, SUFFIX_NODE, "system-node-critical"},
    {"local-path-storage", "local-path-provisioner-7b8c8ddbd6", "docker.io/kindest/local-path-provisioner:v20250214-acbabc1a", "", "",
     "app", "local-path-provisioner", false, false, SUFFIX_RANDOM, ""},
    {"kube-system", "kindnet", "docker.io/kindest/kindnetd:v20250512-df8de77b", "\"cpu\":\"100m\",\"memory\":\"50Mi\"",
     "\"cpu\":\"100m\",\"memory\":\"50Mi\"", "app", "kindnet", true, true, SUFFIX_RANDOM, ""},
    {"kube-system", "kube-proxy", "registry.k8s.io/kube-proxy:v1.34.0", "", "", "k8s-app", "kube-proxy", true, true, SUFFIX_RANDOM,
     "system-node-critical"},
};

static void pod_name(struct sim *sim, const struct system_pod *pod, const char *node, char *out, size_t max)
{
    static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
    char random[6] = "";

    for (int i = 0; i < 5; i++)
        random[i] = letters[sim_random(sim) % (sizeof letters - 1)];
    snprintf(out, max, "%s-%s", pod->base, pod->suffix == SUFFIX_NODE ? node : random);
}

static int add_container(const struct system_pod *pod, struct buffer *out, struct error *err)
{
    int name_bytes = (int)strcspn(pod->base, "0123456789");

    while (name_bytes && pod->base[name_bytes - 1] == '-')
        name_bytes--;
    if (buffer_printf(out, err, "\"containers\":[{\"name\":\"%.*s\",\"image\":\"%s\",\"resources\":{", name_bytes, pod->base, pod->image) <
        0)
        return -1;
    if (*pod->limits && buffer_printf(out, err, "\"limits\":{%s}%s", pod->limits, *pod->requests ? "," : "") < 0)
        return -1;
    if (*pod->requests && buffer_printf(out, err, "\"requests\":{%s}", pod->requests) < 0)
        return -1;
    return buffer_add_string(out,
                             "},\"terminationMessagePath\":\"/dev/termination-log\",\"terminationMessagePolicy\":\"File\","
                             "\"imagePullPolicy\":\"IfNotPresent\"}]",
                             err);
}

static int add_spec(const struct system_pod *pod, const char *node, struct buffer *out, struct error *err)
{
    long priority = !strcmp(pod->priority_class, "system-node-critical") ? 2000001000 : *pod->priority_class ? 2000000000 : 0;

    if (buffer_add_string(out, ",\"spec\":{", err) < 0 || add_container(pod, out, err) < 0 ||
        buffer_printf(out, err,
                      ",\"restartPolicy\":\"Always\",\"terminationGracePeriodSeconds\":30,\"dnsPolicy\":\"ClusterFirst\","
                      "\"serviceAccountName\":\"default\",\"serviceAccount\":\"default\",\"nodeName\":\"%s\",",
                      node) < 0)
        return -1;
    if (pod->host_network && buffer_add_string(out, "\"hostNetwork\":true,", err) < 0)
        return -1;
    if (*pod->priority_class && buffer_printf(out, err, "\"priorityClassName\":\"%s\",", pod->priority_class) < 0)
        return -1;
    return buffer_printf(out, err,
                         "\"securityContext\":{},\"schedulerName\":\"default-scheduler\",\"tolerations\":[{\"operator\":\"Exists\"}],"
                         "\"priority\":%ld,\"enableServiceLinks\":true,\"preemptionPolicy\":\"PreemptLowerPriority\"}",
                         priority);
}

static int make_pod(struct sim *sim, const struct system_pod *pod, const char *node, struct buffer *out, struct error *err)
{
    const struct resource *resource = resource_of_slot(SLOT_PODS);
    const char *qos = !*pod->requests ? "BestEffort" : !strcmp(pod->requests, pod->limits) ? "Guaranteed" : "Burstable";
    char name[400], key[480], uid[37], now[32];
    struct object *made;

    buffer_clear(out);
    pod_name(sim, pod, node, name, sizeof name);
    sim_uuid(sim, uid);
    sim_now_text(sim, now);
    if (buffer_printf(out, err,
                      "%s\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",\"uid\":\"%s\",\"resourceVersion\":\"%lld\",\"generation\":1,"
                      "\"creationTimestamp\":\"%s\",\"labels\":{\"%s\":\"%s\"}}",
                      resource->prefix, name, pod->namespace_, uid, (long long)sim->store.rv + 1, now, pod->label, pod->value) < 0 ||
        add_spec(pod, node, out, err) < 0 ||
        buffer_printf(
            out, err,
            ",\"status\":{\"phase\":\"Pending\",\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"True\",\"lastProbeTime\":null,"
            "\"lastTransitionTime\":\"%s\"}],\"qosClass\":\"%s\"}}",
            now, qos) < 0 ||
        write_text(sim, resource, text_span(out->data, out->bytes), err) < 0)
        return -1;
    snprintf(key, sizeof key, "%s/%s", pod->namespace_, name);
    made = store_get(&sim->store, SLOT_PODS, key);
    return made ? kubelet_start(sim, made, err) : 0;
}

int birth_system_pods(struct sim *sim, struct error *err)
{
    struct buffer text;
    int ret = 0;

    buffer_init(&text, LIMIT_OBJECT_BYTES);
    for (int rank = 0; rank < sim->options.nodes && ret == 0; rank++) {
        char node[280];

        birth_node_name(sim, rank, node, sizeof node);
        for (size_t i = 0; i < sizeof system_pods / sizeof system_pods[0] && ret == 0; i++)
            if (rank == 0 || system_pods[i].everywhere)
                ret = make_pod(sim, &system_pods[i], node, &text, err);
    }
    buffer_free(&text);
    return ret;
}
