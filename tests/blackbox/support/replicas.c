#include "tests/blackbox/support/replicas.h"

#include <string.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/server.h"

#define IMAGE "registry.k8s.io/pause:3.10"

void open_server(struct lab *lab)
{
    static const char *const arguments[] = {"--no-kubelet", "--no-default-scheduler", NULL};

    if (lab->server == SIMULATOR)
        server_open_with(lab, arguments);
    else
        server_open(lab);
}

const char *in_namespace(struct lab *lab, const char *group, const char *rest)
{
    return textf("%s/namespaces/%s/%s", group, lab->id, rest);
}

const char *deployments(struct lab *lab, const char *rest)
{
    return textf("/apis/apps/v1/namespaces/%s/deployments%s", lab->id, rest);
}

const char *replica_sets(struct lab *lab, const char *rest)
{
    return textf("/apis/apps/v1/namespaces/%s/replicasets%s", lab->id, rest);
}

void make_deployment(struct lab *lab, const char *name, int replicas, const char *more)
{
    json_decref(api(lab, "POST", deployments(lab, ""),
                    json_of("{'apiVersion':'apps/v1','kind':'Deployment','metadata':{'name':'%s'},'spec':{'replicas':%d,'selector':{"
                            "'matchLabels':{'app':'%s'}},'template':{'metadata':{'labels':{'app':'%s'}},'spec':{'schedulerName':'nobody',"
                            "'automountServiceAccountToken':false,'containers':[{'name':'c','image':'" IMAGE "'}]}}%s}}",
                            name, replicas, name, name, more)));
}

/* pods of the namespace that are neither being deleted nor ended; a new reference to an array */
json_t *active_pods(struct lab *lab)
{
    json_t *all = list_pods(lab), *active = json_array(), *pod;
    size_t i;

    json_array_foreach(all, i, pod)
    {
        const char *phase = member(pod, "status.phase");

        if (!*member(pod, "metadata.deletionTimestamp") && strcmp(phase, "Failed") != 0 && strcmp(phase, "Succeeded") != 0)
            json_array_append(active, pod);
    }
    json_decref(all);
    return active;
}

size_t count_active(struct lab *lab)
{
    json_t *pods = active_pods(lab);
    size_t count = json_array_size(pods);

    json_decref(pods);
    return count;
}

/* the name of the n-th of them */
const char *active_name(struct lab *lab, size_t n)
{
    json_t *pods = active_pods(lab);
    const char *name = textf("%s", member(json_array_get(pods, n), "metadata.name"));

    json_decref(pods);
    return name;
}

json_t *status_of(struct lab *lab, const char *target)
{
    json_t *object = api(lab, "GET", target, NULL), *status = json_incref(json_object_get(object, "status"));

    json_decref(object);
    return status;
}

long count_in(struct lab *lab, const char *target, const char *key)
{
    json_t *status = status_of(lab, target);
    long count = (long)json_integer_value(json_object_get(status, key));

    json_decref(status);
    return count;
}

/* "True|NewReplicaSetAvailable"; "" without such a condition */
const char *condition_at(struct lab *lab, const char *target, const char *type)
{
    json_t *status = status_of(lab, target), *condition;
    const char *text = "";
    size_t i;

    json_array_foreach(json_object_get(status, "conditions"), i, condition)
    {
        if (!strcmp(member(condition, "type"), type))
            text = textf("%s|%s", member(condition, "status"), member(condition, "reason"));
    }
    json_decref(status);
    return text;
}

/* what a kubelet would say */
void make_ready(struct lab *lab, const char *pod)
{
    json_t *answer = NULL;
    int status = api_try(lab, "GET", textf("/api/v1/namespaces/%s/pods/%s", lab->id, pod), NULL, &answer);

    if (status == 200) {
        json_object_set_new(json_object_get(answer, "status"), "phase", json_string("Running"));
        json_object_set_new(json_object_get(answer, "status"), "conditions",
                            json_of("[{'type':'Ready','status':'True','lastTransitionTime':'2026-01-01T00:00:00Z'}]"));
        api_try(lab, "PUT", textf("/api/v1/namespaces/%s/pods/%s/status", lab->id, pod), json_incref(answer), NULL);
    }
    json_decref(answer);
}

/* all that are there are ready; always true */
bool make_all_ready(struct lab *lab)
{
    json_t *pods = active_pods(lab), *pod;
    size_t i;

    json_array_foreach(pods, i, pod)
    {
        if (strcmp(member(pod, "status.phase"), "Running") != 0)
            make_ready(lab, member(pod, "metadata.name"));
    }
    json_decref(pods);
    return true;
}

bool is_complete(struct lab *lab, const char *name, int replicas)
{
    const char *target = deployments(lab, textf("/%s", name));
    json_t *object = api(lab, "GET", target, NULL), *status = json_object_get(object, "status");
    bool complete = json_integer_value(json_object_get(status, "observedGeneration")) ==
                        json_integer_value(json_object_get(json_object_get(object, "metadata"), "generation")) &&
                    json_integer_value(json_object_get(status, "updatedReplicas")) == replicas &&
                    json_integer_value(json_object_get(status, "replicas")) == replicas &&
                    json_integer_value(json_object_get(status, "availableReplicas")) == replicas &&
                    !json_object_get(status, "unavailableReplicas");

    json_decref(object);
    return complete && !strcmp(condition_at(lab, target, "Progressing"), "True|NewReplicaSetAvailable");
}

void make_complete(struct lab *lab, const char *name, int replicas)
{
    WAIT_UNTIL(make_all_ready(lab) && is_complete(lab, name, replicas), "%s does not get on: %s", name,
               condition_at(lab, deployments(lab, textf("/%s", name)), "Progressing"));
}

size_t count_list(struct lab *lab, const char *target)
{
    json_t *items = list_items(lab, target);
    size_t count = json_array_size(items);

    json_decref(items);
    return count;
}

json_t *only_replica_set(struct lab *lab)
{
    json_t *sets = list_items(lab, replica_sets(lab, "")), *set = json_incref(json_array_get(sets, 0));

    REQUIRE(json_array_size(sets) == 1, "%zu ReplicaSets", json_array_size(sets));
    json_decref(sets);
    return set;
}
