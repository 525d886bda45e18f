/*
 * owners.c: ownerReferences: what is taken, let go, and collected: the same on the simulator and under the real controllers.
 */
#include <string.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/replicas.h"
#include "tests/blackbox/support/scene.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static void pods_are_adopted_and_released(struct lab *lab)
{
    json_t *pod;
    const char *released;

    open_server(lab);
    make_pod(lab, "orphan", "{'metadata':{'labels':{'app':'set'}},'spec':{'schedulerName':'nobody'}}");
    make_pod(lab, "stranger", "{'metadata':{'labels':{'app':'other'}},'spec':{'schedulerName':'nobody'}}");
    json_decref(api(lab, "POST", replica_sets(lab, ""),
                    json_of("{'metadata':{'name':'set'},'spec':{'replicas':2,'selector':{'matchExpressions':[{'key':'app','operator':'In',"
                            "'values':['set','sets']}]},'template':{'metadata':{'labels':{'app':'set'}},'spec':{'schedulerName':'nobody',"
                            "'automountServiceAccountToken':false,'containers':[{'name':'c','image':'i'}]}}}}")));
    WAIT_UNTIL(count_active(lab) == 3, "%zu pods", count_active(lab));
    pod = get_pod(lab, "orphan");
    REQUIRE(json_array_size(json_object_get(json_object_get(pod, "metadata"), "ownerReferences")) == 1, "the orphan is one still");
    json_decref(pod);
    pod = get_pod(lab, "stranger");
    REQUIRE(!json_object_get(json_object_get(pod, "metadata"), "ownerReferences"), "the stranger is taken");
    json_decref(pod);
    WAIT_UNTIL(count_in(lab, replica_sets(lab, "/set"), "replicas") == 2, "two");
    released = "orphan";
    change_pod(lab, released, "{'metadata':{'labels':{'app':'mine'}}}");
    WAIT_UNTIL(count_active(lab) == 4, "no other in its place");
    pod = get_pod(lab, released);
    REQUIRE(!json_object_get(json_object_get(pod, "metadata"), "ownerReferences"), "it is not let go");
    json_decref(pod);
    change_pod(lab, released, "{'metadata':{'labels':{'app':'sets'}}}"); /* back: one too many */
    WAIT_UNTIL(count_active(lab) == 3, "%zu pods", count_active(lab));
}

static void remove_deployment(struct lab *lab, const char *policy)
{
    make_deployment(lab, "web", 2, "");
    WAIT_UNTIL(count_active(lab) == 2 && count_in(lab, deployments(lab, "/web"), "replicas") == 2, "two");
    json_decref(api(lab, "DELETE", deployments(lab, "/web"), json_of("{'propagationPolicy':'%s'}", policy)));
    WAIT_UNTIL(api_try(lab, "GET", deployments(lab, "/web"), NULL, NULL) == 404, "it stays (%s)", policy);
}

static void deletion_goes_down(struct lab *lab)
{
    json_t *set;

    open_server(lab);
    remove_deployment(lab, "Background");
    WAIT_UNTIL(count_list(lab, replica_sets(lab, "")) == 0 && count_active(lab) == 0, "something is left");
    remove_deployment(lab, "Foreground");
    REQUIRE(count_list(lab, replica_sets(lab, "")) == 0, "the ReplicaSet is there after its Deployment");
    WAIT_UNTIL(count_active(lab) == 0, "pods are left");
    remove_deployment(lab, "Orphan");
    set = only_replica_set(lab);
    REQUIRE(!json_object_get(json_object_get(set, "metadata"), "ownerReferences"), "it has an owner still");
    json_decref(set);
    REQUIRE(count_active(lab) == 2, "the pods went");
    make_deployment(lab, "web", 2, ""); /* takes over what is there */
    WAIT_UNTIL(count_in(lab, deployments(lab, "/web"), "replicas") == 2, "not taken over");
    REQUIRE(count_list(lab, replica_sets(lab, "")) == 1 && count_active(lab) == 2, "made again");
}

static void a_foreground_deletion_waits(struct lab *lab)
{
    const char *held;

    open_server(lab);
    make_deployment(lab, "web", 2, "");
    WAIT_UNTIL(count_active(lab) == 2, "two");
    held = active_name(lab, 0);
    change_pod(lab, held, "{'metadata':{" HELD "}}");
    json_decref(api(lab, "DELETE", deployments(lab, "/web"), json_of("{'propagationPolicy':'Foreground'}")));
    WAIT_UNTIL(is_leaving(lab, held) && count_list(lab, in_namespace(lab, "/api/v1", "pods")) == 1, "the pods stay");
    REQUIRE(count_list(lab, replica_sets(lab, "")) == 1 && api_try(lab, "GET", deployments(lab, "/web"), NULL, NULL) == 200,
            "it went before its pod");
    let_go(lab, held);
    WAIT_UNTIL(api_try(lab, "GET", deployments(lab, "/web"), NULL, NULL) == 404, "it stays");
}

static void make_configmap(struct lab *lab, const char *name, const char *owners)
{
    json_decref(api(lab, "POST", in_namespace(lab, "/api/v1", "configmaps"),
                    json_of("{'metadata':{'name':'%s','ownerReferences':[%s]}}", name, owners)));
}

static void garbage_is_what_has_no_owner(struct lab *lab)
{
    static const char dead[] = "{'apiVersion':'apps/v1','kind':'ReplicaSet','name':'nope','uid':'00000000-0000-4000-8000-000000000000'}";
    const char *alive, *unknown = "{'apiVersion':'lab.test/v1','kind':'Thing','name':'nope','uid':'00000000-0000-4000-8000-000000000001'}";
    json_t *map, *owners;

    open_server(lab);
    make_configmap(lab, "owner", "");
    map = api(lab, "GET", in_namespace(lab, "/api/v1", "configmaps/owner"), NULL);
    alive = textf("{'apiVersion':'v1','kind':'ConfigMap','name':'owner','uid':'%s'}", member(map, "metadata.uid"));
    json_decref(map);
    make_configmap(lab, "unknown", unknown);
    make_configmap(lab, "both", textf("%s,%s", dead, alive));
    make_configmap(lab, "orphan", dead);
    WAIT_UNTIL(api_try(lab, "GET", in_namespace(lab, "/api/v1", "configmaps/orphan"), NULL, NULL) == 404, "the orphan stays");
    make_configmap(lab, "child", alive);
    json_decref(api(lab, "DELETE", in_namespace(lab, "/api/v1", "configmaps/owner"), NULL));
    WAIT_UNTIL(api_try(lab, "GET", in_namespace(lab, "/api/v1", "configmaps/child"), NULL, NULL) == 404, "the child stays");
    WAIT_UNTIL(api_try(lab, "GET", in_namespace(lab, "/api/v1", "configmaps/both"), NULL, NULL) == 404, "one without owners stays");
    map = api(lab, "GET", in_namespace(lab, "/api/v1", "configmaps/unknown"), NULL);
    owners = json_object_get(json_object_get(map, "metadata"), "ownerReferences");
    REQUIRE(json_array_size(owners) == 1, "nobody knows whether its owner is gone");
    json_decref(map);
}

static const struct lab_case cases[] = {
    {"pods are adopted and released", pods_are_adopted_and_released, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES | NEEDS_DEPLOYMENTS},
    {"deletion goes down", deletion_goes_down, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES | NEEDS_DEPLOYMENTS},
    {"a foreground deletion waits", a_foreground_deletion_waits, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES | NEEDS_DEPLOYMENTS},
    {"garbage is what has no owner", garbage_is_what_has_no_owner, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES | NEEDS_DEPLOYMENTS},
};

int main(void)
{
    return lab_main("owners", cases, LENGTH(cases));
}
