#include "tests/blackbox/support/manifest.h"

#include <stdio.h>
#include <string.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/yaml.h"

#define FOLDER "manifests/examples/"
#define DEPLOYMENTS_MAX 8

/* for the simulator: what is to be there */
static struct deployment {
    const char *name, *app;
    json_t *template;
    int replicas;
} deployments[DEPLOYMENTS_MAX];
static size_t deployment_count;
static int pods_made;

static const char *named_here(void *ctx, const char *text)
{
    static const char *const names[] = {"sched-lab-control-plane", "sched-lab-worker", "sched-lab-worker2", "sched-lab-worker3"};
    struct lab *lab = ctx;

    for (size_t i = 0; i < sizeof names / sizeof *names && i < lab->nodes; i++)
        if (!strcmp(text, names[i]))
            return lab->node[i];
    return text;
}

/* ---- what is made ---- */

static void make_ours(struct lab *lab, json_t *spec, const char *scheduler)
{
    json_t *ours = json_of("{'nodeSelector':{'lab-case':'%s'},'automountServiceAccountToken':false}", lab->id);

    if (scheduler)
        json_object_set_new(spec, "schedulerName", json_string(scheduler));
    REQUIRE(json_object_update_recursive(spec, ours) == 0, "cannot merge");
    json_decref(ours);
}

static void make_deployment(struct lab *lab, json_t *object, const char *scheduler)
{
    json_t *spec = json_object_get(object, "spec"), *template = json_object_get(spec, "template");

    make_ours(lab, json_object_get(template, "spec"), scheduler);
    if (lab->server != SIMULATOR) {
        json_decref(api(lab, "POST", textf("/apis/apps/v1/namespaces/%s/deployments", lab->id), json_incref(object)));
        return;
    }
    REQUIRE(deployment_count < DEPLOYMENTS_MAX, "too many Deployments");
    deployments[deployment_count++] =
        (struct deployment){textf("%s", member(object, "metadata.name")), textf("%s", member(template, "metadata.labels.app")),
                            json_incref(template), (int)json_integer_value(json_object_get(spec, "replicas"))};
}

void manifest_apply(struct lab *lab, const char *file, const char *scheduler)
{
    json_t *objects = yaml_objects(textf(FOLDER "%s", file), named_here, lab), *object;
    size_t i;

    json_array_foreach(objects, i, object)
    {
        if (!strcmp(member(object, "kind"), "Deployment")) {
            make_deployment(lab, object, scheduler);
            continue;
        }
        REQUIRE(!strcmp(member(object, "kind"), "Pod"), "%s: a %s", file, member(object, "kind"));
        make_ours(lab, json_object_get(object, "spec"), scheduler);
        json_decref(api(lab, "POST", textf("/api/v1/namespaces/%s/pods", lab->id), json_incref(object)));
    }
    json_decref(objects);
}

void manifest_scale(struct lab *lab, const char *name, int replicas)
{
    if (lab->server != SIMULATOR) {
        api_change(lab, textf("/apis/apps/v1/namespaces/%s/deployments/%s", lab->id, name), "",
                   json_of("{'spec':{'replicas':%d}}", replicas));
        return;
    }
    for (size_t i = 0; i < deployment_count; i++)
        if (!strcmp(deployments[i].name, name))
            deployments[i].replicas = replicas;
}

/* ---- what a cluster does by itself ---- */

static bool lives(const json_t *pod, const char *app)
{
    return !*member(pod, "metadata.deletionTimestamp") && !strcmp(member(pod, "metadata.labels.app"), app);
}

static void make_replica(struct lab *lab, const struct deployment *of)
{
    json_t *pod = json_deep_copy(of->template);

    json_object_set_new(pod, "apiVersion", json_string("v1"));
    json_object_set_new(pod, "kind", json_string("Pod"));
    json_object_set_new(json_object_get(pod, "metadata"), "name", json_string(textf("%s-%d", of->name, ++pods_made)));
    json_decref(api(lab, "POST", textf("/api/v1/namespaces/%s/pods", lab->id), pod));
}

/* a ReplicaSet: pods that are missing are made, those that are too many deleted */
static void replicate(struct lab *lab, const struct deployment *of, const json_t *pods)
{
    int there = 0;
    json_t *pod;
    size_t i;

    json_array_foreach(pods, i, pod)
    {
        if (lives(pod, of->app) && ++there > of->replicas)
            api_try(lab, "DELETE", textf("/api/v1/namespaces/%s/pods/%s", lab->id, member(pod, "metadata.name")), NULL, NULL);
    }
    for (; there < of->replicas; there++)
        make_replica(lab, of);
}

bool manifest_tend(struct lab *lab)
{
    json_t *pods = list_pods(lab), *pod;
    size_t i;

    for (i = 0; i < deployment_count; i++)
        replicate(lab, &deployments[i], pods);
    json_array_foreach(pods, i, pod)
    {
        if (lab->server == ENVTEST && *member(pod, "metadata.deletionTimestamp") && *member(pod, "spec.nodeName"))
            delete_pod(lab, member(pod, "metadata.name"));
    }
    json_decref(pods);
    return true;
}

/* ---- what came of it ---- */

static size_t count_of(struct lab *lab, const char *app, bool placed)
{
    json_t *pods = list_pods(lab), *pod;
    size_t count = 0, i;

    json_array_foreach(pods, i, pod)
    {
        if (lives(pod, app))
            count += placed ? *member(pod, "spec.nodeName") != '\0'
                            : !*member(pod, "spec.nodeName") && !strncmp(condition_in(pod, "PodScheduled"), "False|Unschedulable|", 20);
    }
    json_decref(pods);
    return count;
}

size_t placed_of(struct lab *lab, const char *app)
{
    return count_of(lab, app, true);
}

size_t waiting_of(struct lab *lab, const char *app)
{
    return count_of(lab, app, false);
}

const char *uids_of(struct lab *lab, const char *app)
{
    json_t *pods = list_pods(lab), *pod;
    const char *uids = "";
    size_t i;

    json_array_foreach(pods, i, pod)
    {
        if (lives(pod, app) && *member(pod, "spec.nodeName"))
            uids = textf("%s %s", uids, member(pod, "metadata.uid"));
    }
    json_decref(pods);
    return uids;
}
