#include "tests/blackbox/support/manifest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/kubeconfig_yaml.h"
#include "tests/blackbox/support/api.h"

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

/* ---- YAML ---- */

static const char *named_here(struct lab *lab, const char *text)
{
    static const char *const names[] = {"sched-lab-control-plane", "sched-lab-worker", "sched-lab-worker2", "sched-lab-worker3"};

    for (size_t i = 0; i < sizeof names / sizeof *names && i < lab->nodes; i++)
        if (!strcmp(text, names[i]))
            return lab->node[i];
    return text;
}

static json_t *json_of_scalar(struct lab *lab, const struct tree_node *node)
{
    char *end;
    long number = strtol(node->text, &end, 10);

    if (tree_is_null(node))
        return json_null();
    if (node->plain && (!strcmp(node->text, "true") || !strcmp(node->text, "false")))
        return json_boolean(node->text[0] == 't');
    if (node->plain && end > node->text && !*end)
        return json_integer(number);
    return json_string(named_here(lab, node->text));
}

static json_t *json_of_tree(struct lab *lab, const struct tree_node *node)
{
    json_t *json;

    if (node->kind == TREE_SCALAR)
        return json_of_scalar(lab, node);
    json = node->kind == TREE_LIST ? json_array() : json_object();
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == TREE_LIST) {
            json_array_append_new(json, json_of_tree(lab, node->items[i]));
            continue;
        }
        json_object_set_new(json, node->items[i]->text, json_of_tree(lab, node->items[i + 1]));
        i++;
    }
    return json;
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

static void make(struct lab *lab, const char *file, const char *text, size_t bytes, const char *scheduler)
{
    struct error err = ERROR_INIT;
    struct tree *tree = tree_parse(file, text, bytes, &err);
    json_t *object;

    REQUIRE(tree && tree_root(tree), "%s: %s", file, err.text);
    object = json_of_tree(lab, tree_root(tree));
    tree_free(tree);
    if (!strcmp(member(object, "kind"), "Deployment")) {
        make_deployment(lab, object, scheduler);
    } else {
        REQUIRE(!strcmp(member(object, "kind"), "Pod"), "%s: a %s", file, member(object, "kind"));
        make_ours(lab, json_object_get(object, "spec"), scheduler);
        json_decref(api(lab, "POST", textf("/api/v1/namespaces/%s/pods", lab->id), json_incref(object)));
    }
    json_decref(object);
}

void manifest_apply(struct lab *lab, const char *file, const char *scheduler)
{
    const char *path = textf(FOLDER "%s", file), *text = process_text(path), *end;

    REQUIRE(*text, "no file %s", path);
    for (; *text; text = end + strlen("\n---\n") * (*end != '\0')) {
        end = strstr(text, "\n---\n");
        end = end ? end : text + strlen(text);
        make(lab, path, text, (size_t)(end - text), scheduler);
    }
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
