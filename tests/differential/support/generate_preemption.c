/* generate_preemption.c: a cluster where somebody may have to make way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/differential/support/generate.h"

#define PODS_A_NODE 6

const int levels[LEVELS] = {-1000, -1, 0, 7, 1000000};

/* few taints, and so little room that the pods on it take most */
static json_t *make_node(struct random *random, unsigned number)
{
    static const char *const cpu[] = {"1", "1500m", "2"}, *const memory[] = {"1Gi", "2Gi"}, *const pods[] = {"2", "4", "110", "110"};
    json_t *node = generate_node(random, number, true), *room = json_object_get(json_object_get(node, "status"), "allocatable");

    json_object_set_new(room, "cpu", json_string(PICK(random, cpu)));
    json_object_set_new(room, "memory", json_string(PICK(random, memory)));
    json_object_set_new(room, "pods", json_string(PICK(random, pods)));
    return node;
}

static void set_level(json_t *pod, unsigned level)
{
    char name[sizeof LEVEL + 4];

    snprintf(name, sizeof name, LEVEL "%u", level);
    json_object_set_new(spec_of(pod), "priorityClassName", json_string(name));
}

/* no two start at the same time: kube-scheduler would choose by chance */
static json_t *started(size_t number)
{
    const unsigned second = (unsigned)(number * 7919 % 3600);
    char time[32];

    snprintf(time, sizeof time, "2026-11-30T08:%02u:%02uZ", second / 60, second % 60);
    return pack("{s:s, s:s}", "phase", "Running", "startTime", time);
}

static void make_placed(struct random *random, struct made_pod *made, size_t number, unsigned node)
{
    const bool ours = random_percent(random, 85);
    char name[16];

    snprintf(name, sizeof name, "n%u", node);
    made->pod = generate_pod(random, "a", number, ours ? SCHEDULER : "default-scheduler");
    json_object_set_new(spec_of(made->pod), "nodeName", json_string(name));
    set_level(made->pod, ours ? random_below(random, LEVELS) : LEVELS - 1);
    generate_containers(random, made->pod, false);
    if (random_percent(random, 50))
        generate_peers(random, made->pod, false);
    made->status = started(number);
}

/*
 * kube-scheduler takes evicted pods off the count of a constraint whose selector is empty, though it has not counted them (updateWithPod of podtopologyspread), and
 * so finds room where there is none.
 */
static void drop_empty_selectors(json_t *pod)
{
    json_t *constraints = json_object_get(spec_of(pod), "topologySpreadConstraints");

    for (size_t i = json_array_size(constraints); i-- > 0;) {
        const json_t *selector = json_object_get(json_array_get(constraints, i), "labelSelector");

        if (selector && json_object_size(selector) == 0)
            json_array_remove(constraints, i);
    }
}

/* what a node has, if somebody goes */
static void ask_for_much(struct random *random, json_t *pod)
{
    static const char *const cpu[] = {"500m", "900m", "1", "1500m"}, *const memory[] = {"200Mi", "800Mi", "1Gi"};
    json_t *container = pack("{s:s, s:s, s:{s:{s:s, s:s}}}", "name", "c0", "image", "i", "resources", "requests", "cpu", PICK(random, cpu),
                             "memory", PICK(random, memory));

    if (random_percent(random, 25))
        json_object_set_new(container, "ports", pack("[{s:i, s:i}]", "containerPort", 8080, "hostPort", 8080));
    json_object_set_new(spec_of(pod), "containers", pack("[o]", container));
}

static void make_preemptor(struct random *random, struct made_pod *made, unsigned nodes)
{
    made->pod = generate_pod(random, "p", 0, SCHEDULER);
    if (random_percent(random, 20))
        generate_placement(random, made->pod, nodes);
    if (random_percent(random, 30))
        generate_containers(random, made->pod, true);
    else
        ask_for_much(random, made->pod);
    if (random_percent(random, 40))
        generate_peers(random, made->pod, true);
    drop_empty_selectors(made->pod);
    if (random_percent(random, 4))
        json_object_set_new(spec_of(made->pod), "priorityClassName", json_string(NEVER));
    else
        set_level(made->pod, random_percent(random, 20) ? 2 : 3 + random_below(random, LEVELS - 3));
}

void generate_preemption(struct made_cluster *cluster, uint64_t seed)
{
    struct random random;
    unsigned nodes;

    random_start(&random, seed);
    nodes = 2 + random_below(&random, 5);
    *cluster = (struct made_cluster){.nodes = json_array(), .pods = calloc(nodes * PODS_A_NODE + 1, sizeof *cluster->pods)};
    if (!cluster->pods) {
        fprintf(stderr, "differential: out of memory\n");
        exit(1);
    }
    for (unsigned i = 0; i < nodes; i++) {
        json_array_append_new(cluster->nodes, make_node(&random, i));
        for (unsigned j = 2 + random_below(&random, PODS_A_NODE - 1); j > 0; j--, cluster->pod_count++)
            make_placed(&random, &cluster->pods[cluster->pod_count], cluster->pod_count, i);
    }
    make_preemptor(&random, &cluster->pods[cluster->pod_count++], nodes);
}
