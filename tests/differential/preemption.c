/*
 * preemption.c: random clusters on a real API server, where the real kube-scheduler and we must make room for a pod on the same node by evicting the same pods; where that does
 * not help, both must say the same, to the letter.
 * usage: preemption KUBECONFIG KUBE-SCHEDULER FOLDER [SEEDS [FIRST]]     (run.sh calls it)
 * A disagreement leaves FOLDER/SEED-nodes.json and FOLDER/SEED-pods.json, the cluster before kube-scheduler saw it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "tests/differential/support/arguments.h"
#include "tests/differential/support/ours.h"
#include "tests/differential/support/real.h"

struct tally {
    size_t pods, agreed, fit, evicted, more, nothing;
};

static const char *text_of(const json_t *object, const char *part, const char *key)
{
    const char *text = json_string_value(json_object_get(json_object_get(object, part), key));

    return text ? text : "";
}

/* ---- what kube-scheduler does ---- */

/* it writes this line (-v 2) when the last victim is deleted */
static bool log_says(const char *path, const char *what)
{
    FILE *file = fopen(path, "r");
    char line[4096];
    bool found = false;

    while (file && !found && fgets(line, sizeof line, file))
        found = strstr(line, what) != NULL;
    if (file)
        fclose(file);
    return found;
}

static const json_t *preemptor_of(const json_t *pods)
{
    json_t *pod;
    size_t i;

    json_array_foreach(pods, i, pod)
    {
        if (strcmp(text_of(pod, "metadata", "name"), "p0") == 0)
            return pod;
    }
    return NULL;
}

static bool is_over(void *ctx, const json_t *pods)
{
    const struct real *real = ctx;
    const json_t *pod = preemptor_of(pods);

    if (*text_of(pod, "spec", "nodeName"))
        return true;
    if (*text_of(pod, "status", "nominatedNodeName"))
        return log_says(real->log, "Async Preemption finished completely");
    return fit_error_of(pod) && !log_says(real->log, "Start the preemption asynchronously");
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* as ours_preempt() does */
static int print_theirs(const json_t *pods, struct buffer *out, struct error *err)
{
    const json_t *preemptor = preemptor_of(pods);
    const char *nominated = text_of(preemptor, "status", "nominatedNodeName"), *message = fit_error_of(preemptor);
    char(*names)[600] = NULL;
    size_t i, count = 0;
    json_t *pod;
    int ret;

    if (*text_of(preemptor, "spec", "nodeName"))
        return buffer_add_string(out, "fits", err);
    if (!*nominated)
        return buffer_add_string(out, message ? message : "nothing", err);
    names = calloc(json_array_size(pods), sizeof *names);
    if (!names)
        return error_no_memory(err);
    json_array_foreach(pods, i, pod)
    {
        if (*text_of(pod, "metadata", "deletionTimestamp"))
            snprintf(names[count++], sizeof names[0], "%s/%s", text_of(pod, "metadata", "namespace"), text_of(pod, "metadata", "name"));
    }
    qsort(names, count, sizeof *names, by_name);
    ret = buffer_printf(out, err, "%s:", nominated);
    for (i = 0; ret == 0 && i < count; i++)
        ret = buffer_printf(out, err, " %s", names[i]);
    free(names);
    return ret;
}

/* ---- both ---- */

struct state {
    struct buffer nodes, pods;
};

static int ask_ours(const struct state *state, struct buffer *out, struct error *err)
{
    struct cache *cache = ours_read(&state->nodes, &state->pods, err);
    json_t *list = json_loadb(state->pods.data, state->pods.bytes, 0, NULL);
    const json_t *pod = preemptor_of(json_object_get(list, "items"));
    int ret = cache ? ours_preempt(cache, text_of(pod, "metadata", "namespace"), "p0", out, err) : -1;

    cache_free(cache);
    json_decref(list);
    return ret;
}

static int ask_theirs(const struct real *real, struct buffer *out, struct error *err)
{
    struct buffer pods;
    json_t *list;
    int ret = -1;

    buffer_init(&pods, LIMIT_LIST_BYTES);
    if (real_run(real, is_over, (void *)real, err) == 0 && real_get(real, ALL_PODS, &pods, err) == 0) {
        list = json_loadb(pods.data, pods.bytes, 0, NULL);
        ret = print_theirs(json_object_get(list, "items"), out, err);
        json_decref(list);
    }
    buffer_free(&pods);
    return ret;
}

static void keep(const char *folder, unsigned long seed, const char *what, const struct buffer *list)
{
    char path[600];
    FILE *file;

    snprintf(path, sizeof path, "%.500s/%lu-%s.json", folder, seed, what);
    file = fopen(path, "w");
    if (!file)
        return;
    fwrite(list->data, 1, list->bytes, file);
    fclose(file);
}

static void compare(const char *folder, unsigned long seed, const struct state *state, const char *theirs, const char *ours,
                    struct tally *tally)
{
    const char *victims = strchr(ours, ':');
    const bool evicts = victims && strncmp(ours, "0/", 2) != 0;

    tally->pods++;
    tally->fit += strcmp(ours, "fits") == 0;
    tally->evicted += evicts;
    tally->more += evicts && strchr(victims + 2, ' ');
    tally->nothing += !evicts && strcmp(ours, "fits") != 0;
    if (strcmp(theirs, ours) == 0) {
        tally->agreed++;
        return;
    }
    printf("seed %lu:\n  kube-scheduler: %s\n            ours: %s\n", seed, theirs, ours);
    keep(folder, seed, "nodes", &state->nodes);
    keep(folder, seed, "pods", &state->pods);
}

static int run_seed(const struct real *real, const char *folder, unsigned long seed, struct tally *tally, struct error *err)
{
    struct made_cluster cluster;
    struct buffer ours, theirs;
    struct state state;
    int ret = -1;

    generate_preemption(&cluster, seed);
    buffer_init(&state.nodes, LIMIT_LIST_BYTES);
    buffer_init(&state.pods, LIMIT_LIST_BYTES);
    buffer_init(&ours, 1 << 20);
    buffer_init(&theirs, 1 << 20);
    if (real_make(real, &cluster, err) == 0 && real_get(real, ALL_NODES, &state.nodes, err) == 0 &&
        real_get(real, ALL_PODS, &state.pods, err) == 0 && ask_ours(&state, &ours, err) == 0 && ask_theirs(real, &theirs, err) == 0) {
        compare(folder, seed, &state, theirs.data, ours.data, tally);
        ret = real_clear(real, err);
    }
    if (ret < 0)
        error_prefix(err, "seed %lu", seed);
    buffer_free(&state.nodes);
    buffer_free(&state.pods);
    buffer_free(&ours);
    buffer_free(&theirs);
    made_cluster_free(&cluster);
    return ret;
}

int main(int argc, char **argv)
{
    const unsigned long seeds = argument_number(argc, argv, 4, 50), first = argument_number(argc, argv, 5, 1);
    struct error err = ERROR_INIT;
    struct tally tally = {0};
    char config[600], log[600];
    struct real real = {.config = config, .log = log, .detail = "2"};
    int ret = -1;

    if (argc < 4) {
        fprintf(stderr, "usage: preemption KUBECONFIG KUBE-SCHEDULER FOLDER [SEEDS [FIRST]]\n");
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    real.program = argv[2];
    snprintf(config, sizeof config, "%.500s/kube-scheduler.yaml", argv[3]);
    snprintf(log, sizeof log, "%.500s/kube-scheduler.log", argv[3]);
    real.client = api_client_open(argv[1], "preemption", &err);
    if (real.client && real_prepare(&real, argv[1], 0, &err) == 0 && real_clear(&real, &err) == 0)
        ret = 0;
    for (unsigned long seed = first; ret == 0 && seed < first + seeds; seed++)
        ret = run_seed(&real, argv[3], seed, &tally, &err);
    if (ret < 0)
        fprintf(stderr, "preemption: %s\n", err.text);
    if (real.client)
        api_client_close(real.client);
    printf("%zu pods: %zu fit, %zu evict somebody (%zu more than one), %zu help nothing\n", tally.pods, tally.fit, tally.evicted,
           tally.more, tally.nothing);
    printf("%zu passed, %zu failed\n", tally.agreed, tally.pods - tally.agreed + (ret < 0));
    return ret < 0 || tally.agreed != tally.pods || tally.pods == 0;
}
