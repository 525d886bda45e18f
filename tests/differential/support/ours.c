/* ours.c: decoding, the cache and the filters, called as common/scheduler_*.c calls them. The filter `ready` is off: kube-scheduler has none. */
#include "tests/differential/support/ours.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cluster/decode.h"
#include "common/kube/json_parse.h"
#include "common/limits.h"
#include "common/policy/peers.h"
#include "common/policy/policy.h"
#include "common/policy/preempt.h"
#include "common/policy/rules.h"
#include "tests/differential/support/extender.h"
#include "tests/differential/support/generate.h"

/* ---- reading ---- */

static int on_node(void *ctx, const char *text, size_t bytes, size_t raw_bytes, struct error *err)
{
    json_t *json = kube_json_parse(text, bytes, err);
    struct node_spec *node = json ? node_decode(json, err) : NULL;
    bool helps;

    (void)raw_bytes;
    json_decref(json);
    return node ? cache_set_node(ctx, node, &helps, err) : -1;
}

static int on_pod(void *ctx, const char *text, size_t bytes, size_t raw_bytes, struct error *err)
{
    json_t *json = kube_json_parse(text, bytes, err);
    struct pod *pod = json ? pod_decode(json, SCHEDULER, err) : NULL;
    struct pod_update update;

    (void)raw_bytes;
    json_decref(json);
    return pod ? cache_set_pod(ctx, pod, &update, err) : -1;
}

static int read_list(const struct buffer *list, const struct json_field *schema,
                     int (*on_object)(void *, const char *, size_t, size_t, struct error *), struct cache *cache, struct error *err)
{
    const struct json_scan_callbacks callbacks = {.on_object = on_object, .ctx = cache};
    struct json_scan *scan = json_scan_new(JSON_SCAN_LIST, schema, LIMIT_OBJECT_BYTES, LIMIT_LIST_BYTES, &callbacks, err);
    int ret;

    if (!scan)
        return -1;
    ret = json_scan_feed(scan, list->data, list->bytes, err) < 0 ? -1 : json_scan_finish(scan, err);
    json_scan_free(scan);
    return ret;
}

struct cache *ours_read(const struct buffer *nodes, const struct buffer *pods, struct error *err)
{
    struct cache *cache = cache_new(SCHEDULER, err);

    if (cache && read_list(nodes, node_schema, on_node, cache, err) == 0 && read_list(pods, pod_schema, on_pod, cache, err) == 0)
        return cache;
    cache_free(cache);
    return NULL;
}

/* ---- judging ---- */

/* "COUNT REASON", as long as the longest reason asks for */
typedef char counted[320];

struct counts {
    const char *reason;
    char fits[80];
    size_t nodes;
};

static void count(struct counts *counts, size_t *used, const char *reason, const char *node)
{
    size_t i = 0;

    while (i < *used && strcmp(counts[i].reason, reason) != 0)
        i++;
    if (i == *used) {
        (*used)++;
        counts[i].nodes = 0;
        counts[i].reason = reason;
        if (!*reason) {
            snprintf(counts[i].fits, sizeof counts[i].fits, EXTENDER_FITS "%s", node);
            counts[i].reason = counts[i].fits;
        }
    }
    counts[i].nodes++;
}

static int as_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int print(const struct counts *counts, size_t used, size_t nodes, struct buffer *out, struct error *err)
{
    counted *lines = calloc(used + 1, sizeof *lines);
    int ret = -1;

    if (!lines)
        return error_no_memory(err);
    for (size_t i = 0; i < used; i++)
        snprintf(lines[i], sizeof lines[i], "%zu %s", counts[i].nodes, counts[i].reason);
    qsort(lines, used, sizeof *lines, as_text);
    if (buffer_printf(out, err, "0/%zu nodes are available:", nodes) < 0)
        goto cleanup;
    for (size_t i = 0; i < used; i++)
        if (buffer_printf(out, err, "%s %s", i ? "," : "", lines[i]) < 0)
            goto cleanup;
    ret = used ? buffer_add_string(out, ".", err) : 0;
cleanup:
    free(lines);
    return ret;
}

static size_t count_all(const struct filter_config *config, const struct pod *pod, const struct peers *peers, struct node *const *nodes,
                        size_t node_count, struct counts *counts, size_t *used)
{
    size_t feasible = 0;

    for (size_t i = 0; i < node_count; i++) {
        const char *reasons[FILTER_MAX_REASONS];
        size_t reason_count = 0;

        if (affinity_leaves_out(pod, nodes[i])) {
            count(counts, used, "node(s) didn't satisfy plugin(s) [NodeAffinity]", "");
        } else if (filter_node(config, pod, peers, nodes[i], reasons, &reason_count)) {
            count(counts, used, "", nodes[i]->spec->name);
            feasible++;
        }
        for (size_t j = 0; j < reason_count; j++)
            count(counts, used, reasons[j], "");
    }
    return feasible;
}

int ours_judge(const struct cache *cache, const char *namespace_, const char *name, struct buffer *out, size_t *feasible, struct error *err)
{
    const struct cached_pod *cached = cache_pod(cache, namespace_, name);
    struct scheduling_policy policy = {.policy = policy_by_name("least-loaded")};
    struct counts *counts;
    struct peers *peers;
    size_t node_count, used = 0;
    struct node *const *nodes = cache_nodes(cache, &node_count);
    int ret;

    if (!cached)
        return error_set(err, ERROR_RUNTIME, "%s/%s is not in our cache", namespace_, name);
    filter_config_init(&policy.filters);
    policy.filters.enabled[FILTER_READY] = false;
    counts = calloc(node_count * FILTER_MAX_REASONS + 1, sizeof *counts);
    if (!counts)
        return error_no_memory(err);
    ret = peers_count(&policy.filters, cached->pod, nodes, node_count, &peers, err);
    if (ret == 0) {
        *feasible = count_all(&policy.filters, cached->pod, peers, nodes, node_count, counts, &used);
        ret = *feasible ? print(counts, used, node_count, out, err) : policy_fit_error(&policy, cached->pod, nodes, node_count, out, err);
        peers_free(peers);
    }
    free(counts);
    return ret;
}

/* ---- preemption ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int print_victims(const struct preemption *found, struct buffer *out, struct error *err)
{
    char(*text)[600] = calloc(found->victim_count + 1, sizeof *text);
    const char **names = calloc(found->victim_count + 1, sizeof *names);
    int ret = text && names ? buffer_printf(out, err, "%s:", found->node->spec->name) : error_no_memory(err);

    for (size_t i = 0; ret == 0 && i < found->victim_count; i++) {
        snprintf(text[i], sizeof text[i], "%s/%s", found->victims[i]->pod->namespace_, found->victims[i]->pod->name);
        names[i] = text[i];
    }
    if (ret == 0)
        qsort(names, found->victim_count, sizeof *names, by_name);
    for (size_t i = 0; ret == 0 && i < found->victim_count; i++)
        ret = buffer_printf(out, err, " %s", names[i]);
    free(names);
    free(text);
    return ret;
}

int ours_preempt(const struct cache *cache, const char *namespace_, const char *name, struct buffer *out, struct error *err)
{
    const struct cached_pod *cached = cache_pod(cache, namespace_, name);
    struct scheduling_policy policy = {.policy = policy_by_name("least-loaded"), .preempts = SCHEDULER};
    struct preemption found = {0};
    size_t count_;
    struct node *const *nodes = cache_nodes(cache, &count_);
    int ret = 0;

    if (!cached)
        return error_set(err, ERROR_RUNTIME, "%s/%s is not in our cache", namespace_, name);
    filter_config_init(&policy.filters);
    policy.filters.enabled[FILTER_READY] = false;
    if (policy_decide(&policy, cached->pod, nodes, count_, NULL, NULL).node)
        return buffer_add_string(out, "fits", err);
    if (policy_may_preempt(&policy, cached->pod, nodes, count_, SCHEDULER))
        ret = policy_preempt(&policy, SCHEDULER, cached->pod, nodes, count_, &found, err);
    if (ret == 0)
        ret = found.node ? print_victims(&found, out, err) : policy_fit_error(&policy, cached->pod, nodes, count_, out, err);
    preemption_free(&found);
    return ret;
}
