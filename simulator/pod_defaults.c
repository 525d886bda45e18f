/* pod_defaults.c: what a server fills into a new pod. */
#include <string.h>

#include "simulator/defaults.h"

/* "image", "image:latest" are pulled always; any other tag or a digest when it is not there */
static const char *pull_policy(const char *image)
{
    const char *name = strrchr(image, '/'), *tag;

    name = name ? name + 1 : image;
    if (strchr(name, '@'))
        return "IfNotPresent";
    tag = strchr(name, ':');
    return !tag || !strcmp(tag, ":latest") ? "Always" : "IfNotPresent";
}

/* a limit without a request is a request of the same size */
static int request_defaults(json_t *resources)
{
    json_t *limits = json_object_get(resources, "limits"), *requests, *value;
    const char *key;
    int bad = 0;

    if (!json_object_size(limits))
        return 0;
    requests = member_object(resources, "requests");
    if (!requests && json_object_get(resources, "requests")) /* no object: nothing to fill in */
        return 0;
    json_object_foreach(limits, key, value)
    {
        bad |= set_missing(requests, key, json_incref(value));
    }
    return bad;
}

static int probe_defaults(json_t *container)
{
    static const char *const names[] = {"livenessProbe", "readinessProbe", "startupProbe"};
    int bad = 0;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        json_t *probe = json_object_get(container, names[i]), *get = json_object_get(probe, "httpGet");

        if (json_is_object(get))
            bad |= set_missing(get, "path", json_string("/")) | set_missing(get, "scheme", json_string("HTTP"));
        if (json_is_object(probe))
            bad |= set_missing(probe, "timeoutSeconds", json_integer(1)) | set_missing(probe, "periodSeconds", json_integer(10)) |
                   set_missing(probe, "successThreshold", json_integer(1)) | set_missing(probe, "failureThreshold", json_integer(3));
    }
    return bad;
}

/* `in_pod`: of a pod itself, not of a template */
static int container_defaults(json_t *container, bool in_pod, bool host_network)
{
    const char *image = json_string_value(json_object_get(container, "image"));
    json_t *port;
    size_t i;
    int bad = 0;

    if (!json_is_object(container))
        return 0;
    json_array_foreach(json_object_get(container, "ports"), i, port)
    {
        if (in_pod && host_network && json_object_get(port, "containerPort"))
            bad |= set_missing(port, "hostPort", json_incref(json_object_get(port, "containerPort")));
        if (json_is_object(port))
            bad |= set_missing(port, "protocol", json_string("TCP"));
    }
    if (!json_object_get(container, "resources"))
        bad |= json_object_set_new(container, "resources", json_object());
    if (in_pod)
        bad |= request_defaults(json_object_get(container, "resources"));
    bad |= probe_defaults(container);
    bad |= set_missing(container, "terminationMessagePath", json_string("/dev/termination-log"));
    bad |= set_missing(container, "terminationMessagePolicy", json_string("File"));
    return bad | set_missing(container, "imagePullPolicy", json_string(pull_policy(image ? image : "")));
}

static bool tolerates(const json_t *tolerations, const char *taint)
{
    json_t *toleration;
    size_t i;

    json_array_foreach(tolerations, i, toleration)
    {
        const char *key = json_string_value(json_object_get(toleration, "key"));
        const char *effect = json_string_value(json_object_get(toleration, "effect"));

        if ((!key || !*key || !strcmp(key, taint)) && (!effect || !*effect || !strcmp(effect, "NoExecute")))
            return true;
    }
    return false;
}

/* the DefaultTolerationSeconds admission plugin */
static int toleration_defaults(json_t *spec)
{
    static const char *const taints[] = {"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"};
    json_t *tolerations;
    int bad = set_missing(spec, "tolerations", json_array());

    tolerations = json_object_get(spec, "tolerations");
    if (!json_is_array(tolerations))
        return bad;
    for (size_t i = 0; i < sizeof taints / sizeof taints[0]; i++)
        if (!tolerates(tolerations, taints[i]))
            bad |= json_array_append_new(tolerations, json_pack("{sssssssi}", "key", taints[i], "operator", "Exists", "effect", "NoExecute",
                                                                "tolerationSeconds", 300));
    return bad;
}

static int priority_defaults(json_t *spec)
{
    const char *class = json_string_value(json_object_get(spec, "priorityClassName"));
    int value = 0;

    if (class && !strcmp(class, "system-cluster-critical"))
        value = 2000000000;
    if (class && !strcmp(class, "system-node-critical"))
        value = 2000001000;
    return set_missing(spec, "priority", json_integer(value));
}

/* what a spec gets wherever it stands */
static int spec_defaults(json_t *spec, bool in_pod)
{
    static const char *const lists[] = {"initContainers", "containers"};
    bool host_network = json_is_true(json_object_get(spec, "hostNetwork"));
    json_t *container;
    size_t i;
    int bad = 0;

    for (int list = 0; list < 2; list++)
        json_array_foreach(json_object_get(spec, lists[list]), i, container) bad |= container_defaults(container, in_pod, host_network);
    bad |= set_missing(spec, "restartPolicy", json_string("Always"));
    bad |= set_missing(spec, "terminationGracePeriodSeconds", json_integer(30));
    return bad | set_missing(spec, "dnsPolicy", json_string("ClusterFirst"));
}

static int also_called_service_account(json_t *spec)
{
    return set_missing(spec, "serviceAccount", json_incref(json_object_get(spec, "serviceAccountName")));
}

int pod_spec_defaults(json_t *spec)
{
    json_t *account = json_object_get(spec, "serviceAccount");
    int bad = spec_defaults(spec, true);

    bad |= set_missing(spec, "serviceAccountName", account ? json_incref(account) : json_string("default"));
    bad |= also_called_service_account(spec);
    bad |= set_missing(spec, "securityContext", json_object());
    bad |= set_missing(spec, "schedulerName", json_string("default-scheduler"));
    bad |= toleration_defaults(spec);
    bad |= priority_defaults(spec);
    bad |= set_missing(spec, "enableServiceLinks", json_true());
    return bad | set_missing(spec, "preemptionPolicy", json_string("PreemptLowerPriority"));
}

int pod_template_defaults(json_t *template)
{
    json_t *spec = member_object(template, "spec"), *account = json_object_get(spec, "serviceAccount");
    int bad = !spec || !member_object(template, "metadata");

    bad |= spec_defaults(spec, false);
    if (account)
        bad |= set_missing(spec, "serviceAccountName", json_incref(account));
    if (json_object_get(spec, "serviceAccountName"))
        bad |= also_called_service_account(spec);
    bad |= set_missing(spec, "securityContext", json_object());
    return bad | set_missing(spec, "schedulerName", json_string("default-scheduler"));
}

static bool equal_quantity(const json_t *a, const json_t *b)
{
    return a && b && json_equal(a, b);
}

/* 0: asks for nothing, 1: limits of cpu and memory equal the requests, 2: anything between */
static int container_class(const json_t *container)
{
    const json_t *resources = json_object_get(container, "resources");
    const json_t *limits = json_object_get(resources, "limits"), *requests = json_object_get(resources, "requests");

    if (!json_object_get(limits, "cpu") && !json_object_get(limits, "memory") && !json_object_get(requests, "cpu") &&
        !json_object_get(requests, "memory"))
        return 0;
    return equal_quantity(json_object_get(limits, "cpu"), json_object_get(requests, "cpu")) &&
                   equal_quantity(json_object_get(limits, "memory"), json_object_get(requests, "memory"))
               ? 1
               : 2;
}

static const char *qos_class(const json_t *spec)
{
    static const char *const lists[] = {"initContainers", "containers"};
    bool nothing = true, guaranteed = true;

    for (int list = 0; list < 2; list++) {
        json_t *container;
        size_t i;

        json_array_foreach(json_object_get(spec, lists[list]), i, container)
        {
            nothing = nothing && container_class(container) == 0;
            guaranteed = guaranteed && container_class(container) == 1;
        }
    }
    return nothing ? "BestEffort" : guaranteed ? "Guaranteed" : "Burstable";
}

/* applySchedulingGatedCondition of the pod strategy */
static json_t *gated_condition(const char *now)
{
    return json_pack("[{sssssnssssss}]", "type", "PodScheduled", "status", "False", "lastProbeTime", "lastTransitionTime", now, "reason",
                     "SchedulingGated", "message", "Scheduling is blocked due to non-empty scheduling gates");
}

int pod_defaults(json_t *pod, const char *now)
{
    json_t *spec = json_object_get(pod, "spec"), *status = json_pack("{ss}", "phase", "Pending");
    int bad = pod_spec_defaults(spec);

    if (json_array_size(json_object_get(spec, "schedulingGates")))
        bad |= json_object_set_new(status, "conditions", gated_condition(now));
    bad |= json_object_set_new(status, "qosClass", json_string(qos_class(spec)));
    return bad | json_object_set_new(pod, "status", status);
}

static void leave_out_empty(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    if (text && !*text)
        json_object_del(object, key);
}

int pod_status_defaults(json_t *status)
{
    static const char *const texts[] = {"nominatedNodeName", "message", "reason"};
    json_t *condition;
    size_t at;
    int bad = 0;

    for (size_t i = 0; i < 3; i++)
        leave_out_empty(status, texts[i]);
    json_array_foreach(json_object_get(status, "conditions"), at, condition)
    {
        if (!json_is_object(condition))
            continue;
        bad |= set_missing(condition, "lastProbeTime", json_null()) | set_missing(condition, "lastTransitionTime", json_null());
        leave_out_empty(condition, "message");
        leave_out_empty(condition, "reason");
    }
    return bad;
}
