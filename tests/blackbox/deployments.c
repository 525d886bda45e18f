/*
 * deployments.c: what Deployments and ReplicaSets do: the same on the simulator and under the real controllers.
 */
#include <string.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/replicas.h"
#include "tests/blackbox/support/scene.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define IMAGE "registry.k8s.io/pause:3.10"

/* letters and digits that make no words, as many as said */
static bool is_random(const char *text, size_t least, size_t most)
{
    size_t bytes = strspn(text, "bcdfghjklmnpqrstvwxz2456789");

    return !text[bytes] && bytes >= least && bytes <= most;
}

static void is_owned(const json_t *object, const char *kind, const json_t *owner)
{
    json_t *reference = json_array_get(json_object_get(json_object_get(object, "metadata"), "ownerReferences"), 0);

    REQUIRE(!strcmp(member(reference, "apiVersion"), "apps/v1") && !strcmp(member(reference, "kind"), kind) &&
                !strcmp(member(reference, "name"), member(owner, "metadata.name")) &&
                !strcmp(member(reference, "uid"), member(owner, "metadata.uid")) &&
                json_is_true(json_object_get(reference, "controller")) && json_is_true(json_object_get(reference, "blockOwnerDeletion")),
            "%s is not owned by %s", member(object, "metadata.name"), member(owner, "metadata.name"));
}

static bool event_is_told(struct lab *lab, const char *kind, const char *reason, const char *note)
{
    json_t *events =
        list_items(lab, in_namespace(lab, "/api/v1", textf("events?fieldSelector=involvedObject.kind%%3D%s,reason%%3D%s", kind, reason)));
    json_t *event;
    bool told = false;
    size_t i;

    json_array_foreach(events, i, event) told = told || !strcmp(member(event, "message"), note);
    json_decref(events);
    return told;
}

static void pods_are_named_and_owned(struct lab *lab)
{
    json_t *deployment, *set, *pods, *pod;
    const char *hash, *name;
    size_t i;

    open_server(lab);
    make_deployment(lab, "web", 3, "");
    WAIT_UNTIL(count_active(lab) == 3 && count_in(lab, deployments(lab, "/web"), "replicas") == 3, "%zu pods", count_active(lab));
    deployment = api(lab, "GET", deployments(lab, "/web"), NULL);
    set = only_replica_set(lab);
    hash = member(set, "metadata.labels.pod-template-hash");
    REQUIRE(is_random(hash, 1, 10) && !strcmp(member(set, "metadata.name"), textf("web-%s", hash)), "it is named %s",
            member(set, "metadata.name"));
    is_owned(set, "Deployment", deployment);
    REQUIRE(!strcmp(member(set, "spec.selector.matchLabels.pod-template-hash"), hash) &&
                !strcmp(member(set, "spec.template.metadata.labels.pod-template-hash"), hash) &&
                !strcmp(member(set, "spec.template.metadata.labels.app"), "web"),
            "its pods are not told apart");
    pods = active_pods(lab);
    json_array_foreach(pods, i, pod)
    {
        name = member(pod, "metadata.name");
        REQUIRE(!strncmp(name, textf("web-%s-", hash), strlen(hash) + 5) && is_random(name + strlen(hash) + 5, 5, 5), "a pod is named %s",
                name);
        REQUIRE(!strcmp(member(pod, "metadata.generateName"), textf("web-%s-", hash)), "generateName %s",
                member(pod, "metadata.generateName"));
        REQUIRE(!strcmp(member(pod, "metadata.labels.pod-template-hash"), hash), "%s has no hash", name);
        is_owned(pod, "ReplicaSet", set);
        WAIT_UNTIL(event_is_told(lab, "ReplicaSet", "SuccessfulCreate", textf("Created pod: %s", name)), "no event about %s", name);
    }
    WAIT_UNTIL(event_is_told(lab, "Deployment", "ScalingReplicaSet", textf("Scaled up replica set web-%s from 0 to 3", hash)), "no event");
    json_decref(pods);
    json_decref(set);
    json_decref(deployment);
}

static void is_json(const json_t *is, const char *expected)
{
    json_t *json = json_of("%s", expected);

    REQUIRE(json_equal(is, json), "got %s, expected %s", json_dumps(is, JSON_COMPACT), expected);
    json_decref(json);
}

static void status_is_counted(struct lab *lab)
{
    const char *target = deployments(lab, "/web");
    json_t *status, *set;

    open_server(lab);
    make_deployment(lab, "web", 2, "");
    WAIT_UNTIL(count_in(lab, target, "unavailableReplicas") == 2, "two are not available");
    REQUIRE(!strcmp(condition_at(lab, target, "Available"), "False|MinimumReplicasUnavailable"), "%s",
            condition_at(lab, target, "Available"));
    WAIT_UNTIL(count_active(lab) == 2, "two pods");
    make_ready(lab, active_name(lab, 0));
    WAIT_UNTIL(count_in(lab, target, "availableReplicas") == 1, "one is available");
    REQUIRE(count_in(lab, target, "unavailableReplicas") == 1 && count_in(lab, target, "readyReplicas") == 1, "one is not");
    make_complete(lab, "web", 2);
    REQUIRE(!strcmp(condition_at(lab, target, "Available"), "True|MinimumReplicasAvailable"), "%s", condition_at(lab, target, "Available"));
    status = status_of(lab, target);
    json_object_del(status, "conditions");
    is_json(status, "{'observedGeneration':1,'replicas':2,'updatedReplicas':2,'readyReplicas':2,'availableReplicas':2}");
    json_decref(status);
    set = only_replica_set(lab);
    is_json(json_object_get(set, "status"),
            "{'replicas':2,'fullyLabeledReplicas':2,'readyReplicas':2,'availableReplicas':2,'observedGeneration':1}");
    json_decref(set);
}

static void pods_are_replaced(struct lab *lab)
{
    const char *gone, *failed, *leaving;

    open_server(lab);
    make_deployment(lab, "web", 2, "");
    WAIT_UNTIL(count_active(lab) == 2, "%zu pods", count_active(lab));
    gone = active_name(lab, 0);
    delete_pod(lab, gone);
    WAIT_UNTIL(count_active(lab) == 2, "the deleted one is not replaced");
    failed = active_name(lab, 0);
    REQUIRE(strcmp(failed, gone) != 0, "it is there again");
    api_change(lab, in_namespace(lab, "/api/v1", textf("pods/%s", failed)), "/status", json_of("{'status':{'phase':'Failed'}}"));
    WAIT_UNTIL(count_active(lab) == 2, "the failed one is not replaced");
    json_decref(api(lab, "GET", in_namespace(lab, "/api/v1", textf("pods/%s", failed)), NULL));
    leaving = active_name(lab, 0);
    change_pod(lab, leaving, "{'metadata':{" HELD "}}");
    api_try(lab, "DELETE", in_namespace(lab, "/api/v1", textf("pods/%s", leaving)), NULL, NULL);
    WAIT_UNTIL(count_active(lab) == 2, "the one that leaves is not replaced");
    REQUIRE(is_leaving(lab, leaving), "%s is gone", leaving);
    let_go(lab, leaving);
}

static void scale_to(struct lab *lab, int replicas)
{
    api_change(lab, deployments(lab, "/web"), "", json_of("{'spec':{'replicas':%d}}", replicas));
    WAIT_UNTIL(count_active(lab) == (size_t)replicas, "%zu pods", count_active(lab));
}

static void is_left(struct lab *lab, const char *pod)
{
    json_t *object = get_pod(lab, pod);

    REQUIRE(object && !*member(object, "metadata.deletionTimestamp"), "%s had to go", pod);
    json_decref(object);
}

/* first what waits and is cheap, then what waits, then what runs, and last what is ready */
static void the_least_useful_go_first(struct lab *lab)
{
    const char *ready, *running, *costly;

    open_server(lab);
    make_deployment(lab, "web", 4, "");
    WAIT_UNTIL(count_active(lab) == 4, "%zu pods", count_active(lab));
    running = active_name(lab, 0);
    ready = active_name(lab, 1);
    costly = active_name(lab, 2);
    make_ready(lab, ready);
    api_change(lab, in_namespace(lab, "/api/v1", textf("pods/%s", running)), "/status", json_of("{'status':{'phase':'Running'}}"));
    change_pod(lab, costly, "{'metadata':{'annotations':{'controller.kubernetes.io/pod-deletion-cost':'7'}}}");
    WAIT_UNTIL(count_in(lab, deployments(lab, "/web"), "readyReplicas") == 1, "one is ready");
    scale_to(lab, 3);
    is_left(lab, costly);
    is_left(lab, running);
    is_left(lab, ready);
    scale_to(lab, 2);
    is_left(lab, running);
    is_left(lab, ready);
    scale_to(lab, 1);
    is_left(lab, ready);
}

static void set_image(struct lab *lab, const char *image)
{
    api_change(
        lab, deployments(lab, "/web"), "",
        json_of("{'spec':{'template':{'spec':{'containers':[{'name':'c','image':'%s','imagePullPolicy':'IfNotPresent','resources':{},"
                "'terminationMessagePath':'/dev/termination-log','terminationMessagePolicy':'File'}]}}}}",
                image));
}

static size_t count_of_image(struct lab *lab, const char *image)
{
    json_t *pods = active_pods(lab), *pod;
    size_t count = 0, i;

    json_array_foreach(pods, i, pod) count +=
        !strcmp(member(json_array_get(json_object_get(json_object_get(pod, "spec"), "containers"), 0), "image"), image);
    json_decref(pods);
    return count;
}

/* never more than 5 wanted, never fewer than 3 wanted by those that are complete; always true */
static bool limits_are_kept(struct lab *lab)
{
    json_t *sets = list_items(lab, replica_sets(lab, "")), *set;
    long wanted = 0;
    size_t i;

    json_array_foreach(sets, i, set) wanted += (long)json_integer_value(json_object_get(json_object_get(set, "spec"), "replicas"));
    REQUIRE(wanted <= 5 && wanted >= 3, "%ld pods are wanted", wanted);
    json_decref(sets);
    return true;
}

static void it_rolls(struct lab *lab)
{
    json_t *deployment;

    open_server(lab);
    make_deployment(lab, "web", 4, "");
    make_complete(lab, "web", 4);
    set_image(lab, "new:1");
    WAIT_UNTIL(count_of_image(lab, "new:1") == 2 && count_of_image(lab, IMAGE) == 3,
               "one more than wanted, and one in place of an old one");
    WAIT_UNTIL(limits_are_kept(lab) && make_all_ready(lab) && is_complete(lab, "web", 4), "it does not end");
    REQUIRE(count_of_image(lab, "new:1") == 4 && count_active(lab) == 4, "old ones are left");
    deployment = api(lab, "GET", deployments(lab, "/web"), NULL);
    REQUIRE(!strcmp(json_string_value(json_object_get(json_object_get(json_object_get(deployment, "metadata"), "annotations"),
                                                      "deployment.kubernetes.io/revision")),
                    "2"),
            "the revision");
    json_decref(deployment);
    set_image(lab, IMAGE); /* back: the first ReplicaSet is taken again */
    WAIT_UNTIL(limits_are_kept(lab) && make_all_ready(lab) && is_complete(lab, "web", 4), "it does not come back");
    deployment = list_items(lab, replica_sets(lab, ""));
    REQUIRE(json_array_size(deployment) == 2, "%zu ReplicaSets", json_array_size(deployment));
    json_decref(deployment);
}

static void it_recreates(struct lab *lab)
{
    const char *held;

    open_server(lab);
    make_deployment(lab, "web", 2, ",'strategy':{'type':'Recreate'}");
    make_complete(lab, "web", 2);
    held = active_name(lab, 0);
    change_pod(lab, held, "{'metadata':{" HELD "}}");
    set_image(lab, "new:1");
    WAIT_UNTIL(is_leaving(lab, held) && count_active(lab) == 0, "the old ones stay");
    WAIT_UNTIL(count_in(lab, deployments(lab, "/web"), "replicas") == 0, "they are counted");
    REQUIRE(count_of_image(lab, "new:1") == 0, "a new one is there before the last old one has gone");
    let_go(lab, held);
    WAIT_UNTIL(count_of_image(lab, "new:1") == 2, "no new ones");
    make_complete(lab, "web", 2);
}

static void pauses_and_deadlines(struct lab *lab)
{
    open_server(lab);
    make_deployment(lab, "web", 1, ",'paused':true");
    WAIT_UNTIL(!strcmp(condition_at(lab, deployments(lab, "/web"), "Progressing"), "Unknown|DeploymentPaused"), "it does not pause");
    REQUIRE(count_active(lab) == 0, "a paused one made a pod");
    api_change(lab, deployments(lab, "/web"), "", json_of("{'spec':{'paused':false,'progressDeadlineSeconds':1}}"));
    WAIT_UNTIL(!strcmp(condition_at(lab, deployments(lab, "/web"), "Progressing"), "False|ProgressDeadlineExceeded"), "it is not late: %s",
               condition_at(lab, deployments(lab, "/web"), "Progressing"));
    make_complete(lab, "web", 1);
    api_change(lab, deployments(lab, "/web"), "", json_of("{'spec':{'minReadySeconds':3000,'progressDeadlineSeconds':4000,'replicas':2}}"));
    WAIT_UNTIL(count_active(lab) == 2, "two");
    /* ready since January: long enough; its clock is the condition's */
    make_complete(lab, "web", 2);
}

static const struct lab_case cases[] = {
    {"pods are named and owned", pods_are_named_and_owned, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES | NEEDS_DEPLOYMENTS},
    {"status is counted", status_is_counted, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES | NEEDS_DEPLOYMENTS},
    {"pods are replaced", pods_are_replaced, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES | NEEDS_DEPLOYMENTS},
    {"the least useful go first", the_least_useful_go_first, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES | NEEDS_DEPLOYMENTS},
    {"it rolls", it_rolls, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES | NEEDS_DEPLOYMENTS},
    {"it recreates", it_recreates, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES | NEEDS_DEPLOYMENTS},
    {"pauses and deadlines", pauses_and_deadlines, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES | NEEDS_DEPLOYMENTS},
};

int main(void)
{
    return lab_main("deployments", cases, LENGTH(cases));
}
