#include "tests/blackbox/support/scene.h"

#include <string.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/requests.h"
#include "tests/blackbox/support/server.h"

void allow_preemption(struct lab *lab)
{
    if (lab->server == ENVTEST)
        server_control(lab, "allow", "rbac-preemption.yaml");
}

/* ---- rank ---- */

/* the API server learns of a new class by its own watch */
static bool class_is_known(struct lab *lab, const char *class)
{
    return api_try(lab, "POST", textf("/api/v1/namespaces/%s/pods?dryRun=All", lab->id),
                   json_of("{'apiVersion':'v1','kind':'Pod','metadata':{'name':'try'},'spec':{'schedulerName':'nobody',"
                           "'priorityClassName':'%s','containers':[{'name':'a','image':'a'}]}}",
                           class),
                   NULL) == 201;
}

const char *ranked(struct lab *lab, int priority, bool never)
{
    const char *policy = never ? "Never" : "PreemptLowerPriority", *class;
    int status;

    if (lab->server == SIMULATOR)
        return textf("'priority':%d,'preemptionPolicy':'%s'", priority, policy);
    class = textf("%s%s%d%s", lab->id, priority < 0 ? "-below" : "-", priority < 0 ? -priority : priority, never ? "-never" : "");
    status = api_try(lab, "POST", "/apis/scheduling.k8s.io/v1/priorityclasses",
                     json_of("{'apiVersion':'scheduling.k8s.io/v1','kind':'PriorityClass','metadata':{'name':'%s','labels':"
                             "{'lab-case':'%s'}},'value':%d,'preemptionPolicy':'%s'}",
                             class, lab->id, priority, policy),
                     NULL);
    REQUIRE(status == 201 || status == 409, "PriorityClass %s: status %d", class, status);
    WAIT_UNTIL(class_is_known(lab, class), "the API server does not learn of PriorityClass %s", class);
    return textf("'priorityClassName':'%s'", class);
}

/* ---- pods ---- */

#define ADMISSION "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic"

static bool is_forbidden(struct lab *lab, const char *pod)
{
    return api_try(lab, "DELETE", textf("/api/v1/namespaces/%s/pods/%s?dryRun=All", lab->id, pod), NULL, NULL) == 403;
}

void forbid_deletion(struct lab *lab, const char *pod)
{
    if (lab->server == SIMULATOR) {
        server_faults(lab, textf("[{'verb':'delete','resource':'pods','name':'%s','count':-1,'do':{'status':403}}]", pod));
        return;
    }
    json_decref(api(lab, "POST", ADMISSION "ies",
                    json_of("{'apiVersion':'admissionregistration.k8s.io/v1','kind':'ValidatingAdmissionPolicy','metadata':{'name':'%s'},"
                            "'spec':{'failurePolicy':'Fail','matchConstraints':{'namespaceSelector':{'matchLabels':"
                            "{'kubernetes.io/metadata.name':'%s'}},'resourceRules':[{'apiGroups':[''],'apiVersions':['v1'],"
                            "'operations':['DELETE'],'resources':['pods']}]},'validations':[{'expression':"
                            "'oldObject.metadata.name != \\'%s\\'','reason':'Forbidden'}]}}",
                            lab->id, lab->id, pod)));
    json_decref(api(lab, "POST", ADMISSION "ybindings",
                    json_of("{'apiVersion':'admissionregistration.k8s.io/v1','kind':'ValidatingAdmissionPolicyBinding','metadata':"
                            "{'name':'%s'},'spec':{'policyName':'%s','validationActions':['Deny']}}",
                            lab->id, lab->id)));
    WAIT_UNTIL(is_forbidden(lab, pod), "the API server lets %s be deleted all the same", pod);
}

void permit_deletion(struct lab *lab)
{
    if (lab->server == SIMULATOR) {
        server_faults(lab, NULL);
        return;
    }
    api_try(lab, "DELETE", textf(ADMISSION "ybindings/%s", lab->id), NULL, NULL);
    api_try(lab, "DELETE", textf(ADMISSION "ies/%s", lab->id), NULL, NULL);
}

void let_go(struct lab *lab, const char *pod)
{
    change_pod(lab, pod, "{'metadata':{'finalizers':null}}");
    delete_pod(lab, pod);
}

bool is_leaving(struct lab *lab, const char *pod)
{
    return *text_of(lab, pod, "metadata.deletionTimestamp") != '\0';
}

void lands_on(struct lab *lab, const char *pod, const char *node)
{
    WAIT_UNTIL(*node_of(lab, pod), "%s is not bound", pod);
    REQUIRE(!*node || !strcmp(node_of(lab, pod), node), "%s is on %s, expected %s", pod, node_of(lab, pod), node);
}

void is_refused(struct lab *lab, const char *pod)
{
    WAIT_UNTIL(!strncmp(pod_scheduled(lab, pod), "False|Unschedulable|", 20), "%s is not said to be unschedulable", pod);
    REQUIRE(!*node_of(lab, pod), "%s is on %s, and should wait", pod, node_of(lab, pod));
}

/* ---- victims ---- */

void is_said_preempted(struct lab *lab, const char *pod, const char *note)
{
    json_t *events, *event;

    WAIT_UNTIL(count_events(lab, pod, "Preempted") > 0, "no event says that %s is preempted", pod);
    events = events_of(lab, pod, "Preempted");
    REQUIRE(json_array_size(events) == 1, "%zu events Preempted about %s", json_array_size(events), pod);
    event = json_array_get(events, 0);
    REQUIRE(!strcmp(member(event, "note"), note), "the event says \"%s\", expected \"%s\"", member(event, "note"), note);
    REQUIRE(!strcmp(member(event, "type"), "Normal") && !strcmp(member(event, "action"), "Preempting") &&
                !strcmp(member(event, "reportingController"), lab->id),
            "type, action or reportingController of the event");
    json_decref(events);
}

void is_victim_of(struct lab *lab, const char *pod, const char *uid, const char *cause, const char *node, int grace_s)
{
    const char *marked = textf("True|PreemptionByScheduler|%s: preempting to accommodate a higher priority pod", lab->id), *is;
    json_t *victim;

    WAIT_UNTIL(is_leaving(lab, pod), "%s is not evicted", pod);
    victim = get_pod(lab, pod);
    REQUIRE(!strcmp(member(victim, "metadata.uid"), uid), "another pod is leaving under the name %s", pod);
    is = condition_in(victim, "DisruptionTarget");
    REQUIRE(!strcmp(is, marked), "DisruptionTarget is \"%s\", expected \"%s\"", is, marked);
    REQUIRE(json_integer_value(json_object_get(json_object_get(victim, "metadata"), "deletionGracePeriodSeconds")) == grace_s,
            "%s was not given its %d seconds", pod, grace_s);
    json_decref(victim);
    is_said_preempted(lab, pod, textf("Preempted by pod %s on node %s", uid_of(lab, cause), node));
    WAIT_UNTIL(!strcmp(text_of(lab, cause, "status.nominatedNodeName"), node), "%s is nominated for \"%s\", expected %s", cause,
               text_of(lab, cause, "status.nominatedNodeName"), node);
    REQUIRE(!*node_of(lab, cause), "%s is bound to %s, and %s is still there", cause, node_of(lab, cause), pod);
}

/* ---- the others ---- */

static long lists_since(struct lab *lab, const struct load *before)
{
    struct load now = requests_so_far(lab);

    return requests_between(before, &now, LOAD_PODS_LIST);
}

void look_often(struct lab *lab, int times)
{
    struct load before = requests_so_far(lab);

    for (int i = 0; i < times; i++)
        change_node(lab, lab->node[0], textf("{'metadata':{'labels':{'look':'%d'}}}", i));
    if (!strcmp(lab->program, "polling"))
        WAIT_UNTIL(lists_since(lab, &before) >= times, "%ld lists", lists_since(lab, &before));
}

static const char *state_in(const json_t *pod)
{
    return textf("%s on \"%s\" deleted \"%s\" disrupted \"%s\"", member(pod, "metadata.uid"), member(pod, "spec.nodeName"),
                 member(pod, "metadata.deletionTimestamp"), condition_in(pod, "DisruptionTarget"));
}

json_t *photograph(struct lab *lab)
{
    json_t *pods = list_pods(lab), *photo = json_object(), *pod;
    size_t i;

    json_array_foreach(pods, i, pod) json_object_set_new(photo, member(pod, "metadata.name"), json_string(state_in(pod)));
    json_decref(pods);
    return photo;
}

void nobody_moved(struct lab *lab, const json_t *then, const char *but)
{
    json_t *now = photograph(lab);
    const char *name;
    json_t *state;

    json_object_foreach((json_t *)then, name, state)
    {
        if (!but || strcmp(name, but) != 0)
            REQUIRE(!strcmp(member(now, name), json_string_value(state)), "%s was %s, and is %s", name, json_string_value(state),
                    member(now, name));
    }
    json_decref(now);
}
