/*
 * differential.c: random clusters on a real API server, where the real kube-scheduler and our filters must agree, pod by pod, on which nodes are
 * feasible and on what speaks against each of the others; where none is, on the whole fit error to the letter.
 * usage: differential KUBECONFIG KUBE-SCHEDULER FOLDER [SEEDS [FIRST [PODS]]]     (run.sh calls it)
 * Each seed is a cluster of its own with PODS pods that wait. A disagreement leaves FOLDER/SEED-POD.json: a case as tests/unit/decisions has them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "tests/differential/support/arguments.h"
#include "tests/differential/support/extender.h"
#include "tests/differential/support/ours.h"
#include "tests/differential/support/real.h"

struct tally {
    size_t pods, agreed, nowhere, everywhere;
};

static const char *text_of(const json_t *object, const char *part, const char *key)
{
    const char *text = json_string_value(json_object_get(json_object_get(object, part), key));

    return text ? text : "";
}

/* without what nobody reads */
static json_t *bare(const json_t *object)
{
    json_t *copy = json_deep_copy(object);

    json_object_del(json_object_get(copy, "metadata"), "managedFields");
    return copy;
}

static void keep_case(const char *folder, unsigned long seed, const json_t *nodes, const json_t *pods, const json_t *pod,
                      const char *message)
{
    json_t *test = json_pack("{s:s, s:[], s:[], s:o, s:[s], s:s}", "name", text_of(pod, "metadata", "name"), "nodes", "pods", "pod",
                             bare(pod), "no_filters", "ready", "error", message);
    char path[600];
    json_t *other;
    size_t i;

    json_array_foreach(nodes, i, other)
    {
        json_array_append_new(json_object_get(test, "nodes"), bare(other));
    }
    json_array_foreach(pods, i, other)
    {
        if (*text_of(other, "spec", "nodeName"))
            json_array_append_new(json_object_get(test, "pods"), bare(other));
    }
    snprintf(path, sizeof path, "%.500s/%lu-%.40s.json", folder, seed, text_of(pod, "metadata", "name"));
    json_dump_file(test, path, JSON_INDENT(1));
    json_decref(test);
}

/* kube-scheduler says of preemption what the extender's refusals make of it: where a node is feasible only what comes before counts */
static bool agree(const char *theirs, const char *ours, size_t feasible)
{
    const size_t bytes = strlen(ours);

    return feasible ? strncmp(theirs, ours, bytes) == 0 && (theirs[bytes] == ' ' || !theirs[bytes]) : strcmp(theirs, ours) == 0;
}

static int compare_pod(const char *folder, unsigned long seed, const struct cache *cache, const json_t *nodes, const json_t *pods,
                       const json_t *pod, struct tally *tally, struct error *err)
{
    const char *theirs = fit_error_of(pod), *namespace_ = text_of(pod, "metadata", "namespace"), *name = text_of(pod, "metadata", "name");
    size_t feasible = 0, node_count;
    struct buffer ours;

    if (*text_of(pod, "spec", "nodeName"))
        return 0;
    buffer_init(&ours, 1 << 20);
    if (ours_judge(cache, namespace_, name, &ours, &feasible, err) < 0) {
        buffer_free(&ours);
        return -1;
    }
    cache_nodes(cache, &node_count);
    tally->pods++;
    tally->nowhere += feasible == 0;
    tally->everywhere += feasible == node_count;
    if (theirs && agree(theirs, ours.data, feasible)) {
        tally->agreed++;
    } else {
        printf("seed %lu, pod %s/%s:\n  kube-scheduler: %s\n            ours: %s\n", seed, namespace_, name, theirs ? theirs : "nothing",
               ours.data);
        keep_case(folder, seed, nodes, pods, pod, theirs ? theirs : "");
    }
    buffer_free(&ours);
    return 0;
}

static int compare_all(const struct real *real, const char *folder, unsigned long seed, struct tally *tally, struct error *err)
{
    struct buffer nodes, pods;
    json_t *node_list = NULL, *pod_list = NULL, *pod;
    struct cache *cache = NULL;
    int ret = -1;
    size_t i;

    buffer_init(&nodes, LIMIT_LIST_BYTES);
    buffer_init(&pods, LIMIT_LIST_BYTES);
    if (real_get(real, ALL_NODES, &nodes, err) < 0 || real_get(real, ALL_PODS, &pods, err) < 0)
        goto cleanup;
    cache = ours_read(&nodes, &pods, err);
    if (!cache)
        goto cleanup;
    node_list = json_loadb(nodes.data, nodes.bytes, 0, NULL);
    pod_list = json_loadb(pods.data, pods.bytes, 0, NULL);
    ret = 0;
    json_array_foreach(json_object_get(pod_list, "items"), i, pod)
    {
        if (ret == 0)
            ret =
                compare_pod(folder, seed, cache, json_object_get(node_list, "items"), json_object_get(pod_list, "items"), pod, tally, err);
    }
cleanup:
    json_decref(node_list);
    json_decref(pod_list);
    cache_free(cache);
    buffer_free(&nodes);
    buffer_free(&pods);
    return ret;
}

static int run_seed(const struct real *real, const char *folder, unsigned long seed, size_t pending, struct tally *tally, struct error *err)
{
    struct made_cluster cluster;
    int ret = -1;

    generate_cluster(&cluster, seed, pending);
    if (real_make(real, &cluster, err) == 0 && real_judge(real, pending, err) == 0 && compare_all(real, folder, seed, tally, err) == 0 &&
        real_clear(real, err) == 0)
        ret = 0;
    else
        error_prefix(err, "seed %lu", seed);
    made_cluster_free(&cluster);
    return ret;
}

int main(int argc, char **argv)
{
    const unsigned long seeds = argument_number(argc, argv, 4, 50), first = argument_number(argc, argv, 5, 1),
                        pending = argument_number(argc, argv, 6, 20);
    struct error err = ERROR_INIT;
    struct extender *extender = NULL;
    struct tally tally = {0};
    char config[600], log[600];
    struct real real = {.config = config, .log = log};
    int ret = -1;

    if (argc < 4) {
        fprintf(stderr, "usage: differential KUBECONFIG KUBE-SCHEDULER FOLDER [SEEDS [FIRST [PODS]]]\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    real.program = argv[2];
    snprintf(config, sizeof config, "%.500s/kube-scheduler.yaml", argv[3]);
    snprintf(log, sizeof log, "%.500s/kube-scheduler.log", argv[3]);
    real.client = api_client_open(argv[1], "differential", &err);
    extender = real.client ? extender_start(&err) : NULL;
    if (extender && real_prepare(&real, argv[1], extender_port(extender), &err) == 0 && real_clear(&real, &err) == 0)
        ret = 0;
    for (unsigned long seed = first; ret == 0 && seed < first + seeds; seed++)
        ret = run_seed(&real, argv[3], seed, pending, &tally, &err);
    if (ret < 0)
        fprintf(stderr, "differential: %s\n", err.text);
    extender_stop(extender);
    if (real.client)
        api_client_close(real.client);
    printf("%zu pods: %zu fit nowhere, %zu everywhere, %zu on some nodes\n", tally.pods, tally.nowhere, tally.everywhere,
           tally.pods - tally.nowhere - tally.everywhere);
    printf("%zu passed, %zu failed\n", tally.agreed, tally.pods - tally.agreed + (ret < 0));
    return ret < 0 || tally.agreed != tally.pods || tally.pods == 0;
}
