/*
 * scene_default.c: the path of a pod under the default scheduler, and of one that nobody serves. No submission takes part.
 */
#include <stdio.h>
#include <string.h>

#include "grade/scenes.h"

enum { SERVED_MS = 15000, RUNNING_MS = 60000, PASSED_OVER_MS = 500 };

static bool has_node(struct stage *s, void *ctx)
{
    return *witness_pod(s->cluster->witness, s->cluster->namespace_, ctx).node != '\0';
}

static bool runs(struct stage *s, void *ctx)
{
    return !strcmp(witness_pod(s->cluster->witness, s->cluster->namespace_, ctx).phase, "Running");
}

/* who bound it: the event says, as kubectl describe shows */
static int note_events(struct stage *s, const char *pod, struct error *err)
{
    char target[320];
    struct buffer answer;
    json_t *list, *event, *noted = json_array();
    size_t i;
    int ret = -1;

    snprintf(target, sizeof target, "/api/v1/namespaces/%s/events?fieldSelector=involvedObject.name%%3D%s", s->cluster->namespace_, pod);
    buffer_init(&answer, (size_t)16 << 20);
    if (api_client_need(s->cluster->client, "GET", target, NULL, &answer, err) < 0) {
        json_decref(noted);
        goto cleanup;
    }
    list = json_loadb(answer.data, answer.bytes, 0, NULL);
    json_array_foreach(json_object_get(list, "items"), i, event)
    {
        json_t *component = json_object_get(event, "reportingComponent");

        if (!json_string_length(component))
            component = json_object_get(json_object_get(event, "source"), "component");
        json_array_append_new(noted, json_pack("{s:O?, s:O?, s:O?}", "reason", json_object_get(event, "reason"), "message",
                                               json_object_get(event, "message"), "component", component));
    }
    json_decref(list);
    ret = stage_note(s, "events", noted, err);
cleanup:
    buffer_free(&answer);
    return ret;
}

/* Do kubelets work here? Nodes of a kube-apiserver alone are objects and nothing else: their leases tell. The simulator has one for all. */
static int note_kubelets(struct stage *s, struct error *err)
{
    struct buffer answer;
    bool live = s->cluster->simulator;
    int status = 0;
    json_t *list;

    buffer_init(&answer, (size_t)16 << 20);
    if (!live && api_client_call(s->cluster->client, "GET", "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases?limit=5", NULL,
                                 10000, &status, &answer, err) < 0) {
        buffer_free(&answer);
        return -1;
    }
    list = answer.bytes && status == 200 ? json_loadb(answer.data, answer.bytes, 0, NULL) : NULL;
    live = live || json_array_size(json_object_get(list, "items")) > 0;
    json_decref(list);
    buffer_free(&answer);
    return stage_note(s, "kubelets", json_boolean(live), err);
}

int scene_default(struct stage *s, struct error *err)
{
    struct pod_plan served = {.scheduler = "default-scheduler"};
    char nodes[2][64], pod[1][64], waiting[1][64];
    enum stage_wait how;

    /* a cluster with kubelets has nodes of its own, and only there does a pod start */
    if (note_kubelets(s, err) < 0)
        return -1;
    if ((s->cluster->simulator || !json_is_true(json_object_get(s->setup, "kubelets"))) && stage_make_nodes(s, nodes, 2, err) < 0)
        return -1;
    if (stage_note_nodes(s, err) < 0 || stage_make_pods(s, "waiting", waiting, 1, NULL, err) < 0 ||
        stage_make_pods(s, "served", pod, 1, &served, err) < 0 || stage_note(s, "served", json_string(pod[0]), err) < 0 ||
        stage_note(s, "waiting", json_string(waiting[0]), err) < 0 || stage_wait(s, has_node, pod[0], SERVED_MS, &how, err) < 0)
        return -1;
    if (how == STAGE_MET && json_is_true(json_object_get(s->setup, "kubelets")) && stage_wait(s, runs, pod[0], RUNNING_MS, NULL, err) < 0)
        return -1;
    if (note_events(s, pod[0], err) < 0 || stage_rest(s, PASSED_OVER_MS, err) < 0)
        return -1;
    return stage_note(s, "looked", json_integer((json_int_t)stage_now_us(s)), err);
}
