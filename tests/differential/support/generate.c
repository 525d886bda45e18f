/* generate.c: nodes, and pods from the parts of generate_pod.c and generate_peers.c. */
#include "tests/differential/support/generate.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const namespaces[3] = {"default", "team-a", "team-b"};

json_t *pack(const char *format, ...)
{
    json_error_t error;
    json_t *json;
    va_list args;

    va_start(args, format);
    json = json_vpack_ex(&error, 0, format, args);
    va_end(args);
    if (!json) {
        fprintf(stderr, "differential: %s: %s\n", format, error.text);
        exit(1);
    }
    return json;
}

json_t *spec_of(const json_t *pod)
{
    return json_object_get(pod, "spec");
}

/* ---- nodes ---- */

const char *label_value(struct random *random, const char *key)
{
    static const char *const zones[] = {"a", "b", "c"}, *const disks[] = {"ssd", "hdd", ""};
    static const char *const numbers[] = {"1", "2", "7", "10", "007", "x1", "9223372036854775807", "9223372036854775808"};

    if (strcmp(key, "disk") == 0)
        return PICK(random, disks);
    return strcmp(key, "generation") == 0 ? PICK(random, numbers) : PICK(random, zones);
}

static json_t *node_labels(struct random *random, const char *name)
{
    static const struct {
        const char *key;
        unsigned percent;
    } labels[] = {{"topology.kubernetes.io/zone", 88}, {"disk", 70}, {"generation", 70}};
    json_t *object = json_object();

    if (random_percent(random, 93))
        json_object_set_new(object, "kubernetes.io/hostname", json_string(name));
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
        if (random_percent(random, labels[i].percent))
            json_object_set_new(object, labels[i].key, json_string(label_value(random, labels[i].key)));
    return object;
}

static json_t *node_taints(struct random *random, bool roomy)
{
    static const char *const keys[] = {"dedicated", "gpu", "sla"}, *const values[] = {"", "a", "b", "10"};
    static const char *const effects[] = {"NoSchedule", "NoExecute", "PreferNoSchedule"};
    json_t *taints = json_array();

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (random_percent(random, roomy ? 10 : 16))
            json_array_append_new(taints,
                                  pack("{s:s, s:s, s:s}", "key", keys[i], "value", PICK(random, values), "effect", PICK(random, effects)));
    return taints;
}

static json_t *node_resources(struct random *random, bool roomy)
{
    static const char *const cpu[] = {"500m", "1", "2", "1500m", "4", "0.75", "4e0"};
    static const char *const memory[] = {"512Mi", "1Gi", "2G", "1.5Gi", "1073741824", "1e9", "4Gi", "1500000000000m"};
    static const char *const pods[] = {"1", "2", "3", "4", "10", "110", "110", "110"}, *const disk[] = {"1Gi", "10G"};
    static const char *const gpus[] = {"0", "1", "2", "4"}, *const pages[] = {"64Mi", "4Mi"};
    json_t *all;

    if (roomy)
        all = pack("{s:s, s:s, s:s}", "cpu", "64", "memory", "256Gi", "pods", "110");
    else
        all = pack("{s:s, s:s, s:s}", "cpu", PICK(random, cpu), "memory", PICK(random, memory), "pods", PICK(random, pods));
    if (random_percent(random, 70))
        json_object_set_new(all, "ephemeral-storage", json_string(PICK(random, disk)));
    if (random_percent(random, 50))
        json_object_set_new(all, "example.com/gpu", json_string(PICK(random, gpus)));
    if (random_percent(random, 40))
        json_object_set_new(all, "hugepages-2Mi", json_string(PICK(random, pages)));
    return all;
}

json_t *generate_node(struct random *random, unsigned number, bool roomy)
{
    json_t *node, *taints = node_taints(random, roomy), *resources = node_resources(random, roomy);
    const bool cordoned = random_percent(random, 10);
    char name[16];

    snprintf(name, sizeof name, "n%u", number);
    if (cordoned && random_percent(random, 50))
        json_array_append_new(taints, pack("{s:s, s:s}", "key", "node.kubernetes.io/unschedulable", "effect", "NoSchedule"));
    node =
        pack("{s:s, s:s, s:{s:s, s:o}, s:{s:b, s:o}, s:{s:O, s:o, s:[{s:s, s:s}]}}", "apiVersion", "v1", "kind", "Node", "metadata", "name",
             name, "labels", node_labels(random, name), "spec", "unschedulable", cordoned, "taints", taints, "status", "capacity",
             resources, "allocatable", resources, "conditions", "type", "Ready", "status", random_percent(random, 90) ? "True" : "False");
    return node;
}

/* ---- pods ---- */

static json_t *pod_labels(struct random *random)
{
    static const char *const apps[] = {"web", "db", "cache"}, *const tiers[] = {"front", "back"};
    json_t *labels = json_object();

    if (random_percent(random, 85))
        json_object_set_new(labels, "app", json_string(PICK(random, apps)));
    if (random_percent(random, 60))
        json_object_set_new(labels, "tier", json_string(PICK(random, tiers)));
    return labels;
}

json_t *generate_pod(struct random *random, const char *kind, size_t number, const char *scheduler)
{
    char name[24];

    snprintf(name, sizeof name, "%s%zu", kind, number);
    return pack("{s:s, s:s, s:{s:s, s:s, s:o}, s:{s:s, s:i}}", "apiVersion", "v1", "kind", "Pod", "metadata", "name", name, "namespace",
                random_percent(random, 70) ? namespaces[0] : PICK(random, namespaces), "labels", pod_labels(random), "spec",
                "schedulerName", scheduler, "terminationGracePeriodSeconds", 300);
}

/* what the kubelet says of a pod whose requests are about to change: more, or less, than the spec asks for */
static json_t *resize(struct random *random)
{
    static const char *const cpu[] = {"100m", "1", "2"}, *const memory[] = {"64Mi", "1Gi"};
    const char *has_cpu = PICK(random, cpu), *has_memory = PICK(random, memory);
    json_t *status = pack("{s:s, s:[{s:s, s:s, s:s, s:b, s:i, s:{s:{s:s, s:s}}, s:{s:s, s:s}}]}", "phase", "Running", "containerStatuses",
                          "name", "c0", "image", "i", "imageID", "i", "ready", 1, "restartCount", 0, "resources", "requests", "cpu",
                          has_cpu, "memory", has_memory, "allocatedResources", "cpu", has_cpu, "memory", has_memory);

    if (random_percent(random, 30))
        json_object_set_new(status, "conditions",
                            pack("[{s:s, s:s, s:s}]", "type", "PodResizePending", "status", "True", "reason",
                                 random_percent(random, 50) ? "Infeasible" : "Deferred"));
    return status;
}

static void make_assigned(struct random *random, struct made_pod *made, size_t number, unsigned nodes)
{
    static const char *const phases[] = {"Running", "Running", "Running", "Running", "Succeeded", "Failed"};
    char node[16];

    snprintf(node, sizeof node, "n%u", random_percent(random, 97) ? random_below(random, nodes) : nodes);
    made->pod = generate_pod(random, "a", number, random_percent(random, 50) ? SCHEDULER : "default-scheduler");
    json_object_set_new(spec_of(made->pod), "nodeName", json_string(node));
    generate_containers(random, made->pod, false);
    generate_peers(random, made->pod, false);
    if (random_percent(random, 50))
        made->phase = PICK(random, phases);
    if (random_percent(random, 15)) {
        made->phase = NULL;
        made->status = resize(random);
    }
    made->deleted = random_percent(random, 12);
}

static void make_waiting(struct random *random, struct made_pod *made, size_t number, unsigned nodes)
{
    const unsigned about = random_below(random, 4); /* 0: its node, 1 and 2: the pods around it, 3: both */

    made->pod = generate_pod(random, "p", number, SCHEDULER);
    generate_placement(random, made->pod, nodes);
    if (about == 1 || about == 2)
        json_object_set_new(spec_of(made->pod), "containers", pack("[{s:s, s:s}]", "name", "c0", "image", "i"));
    else
        generate_containers(random, made->pod, true);
    if (about != 0)
        generate_peers(random, made->pod, true);
    if (random_percent(random, 5))
        json_object_set_new(spec_of(made->pod), "priorityClassName", json_string(NEVER));
}

void generate_cluster(struct made_cluster *cluster, uint64_t seed, size_t pending)
{
    struct random random;
    unsigned nodes, assigned;
    bool roomy; /* every other cluster has room and few taints, so that the last filters have a say */

    random_start(&random, seed);
    roomy = random_percent(&random, 50);
    nodes = 3 + random_below(&random, 9);
    assigned = random_below(&random, 5 * nodes);
    *cluster = (struct made_cluster){.nodes = json_array(), .pod_count = assigned + pending};
    cluster->pods = calloc(cluster->pod_count, sizeof *cluster->pods);
    if (!cluster->pods) {
        fprintf(stderr, "differential: out of memory\n");
        exit(1);
    }
    for (unsigned i = 0; i < nodes; i++)
        json_array_append_new(cluster->nodes, generate_node(&random, i, roomy));
    for (unsigned i = 0; i < assigned; i++)
        make_assigned(&random, &cluster->pods[i], i, nodes);
    for (size_t i = 0; i < pending; i++)
        make_waiting(&random, &cluster->pods[assigned + i], i, nodes);
}

void made_cluster_free(struct made_cluster *cluster)
{
    for (size_t i = 0; i < cluster->pod_count; i++) {
        json_decref(cluster->pods[i].pod);
        json_decref(cluster->pods[i].status);
    }
    free(cluster->pods);
    json_decref(cluster->nodes);
}
