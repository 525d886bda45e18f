/* generate_pod.c: what a pod asks of its node: selector, affinity, tolerations, resources, ports. */
#include <stdio.h>
#include <string.h>

#include "tests/differential/support/generate.h"

static const char *const node_keys[] = {"topology.kubernetes.io/zone", "disk", "generation", "missing"};

/* ---- selector and affinity ---- */

static json_t *values_of(struct random *random, const char *key)
{
    json_t *values = json_array();

    for (unsigned i = 1 + random_below(random, 2); i > 0; i--)
        json_array_append_new(values, json_string(label_value(random, key)));
    return values;
}

static json_t *label_expression(struct random *random)
{
    static const char *const operators[] = {"In", "In", "NotIn", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"};
    static const char *const bounds[] = {"0", "1", "5", "7", "10", "007", "abc", "9223372036854775806"};
    const char *key = PICK(random, node_keys), *operator_ = PICK(random, operators);

    if (strcmp(operator_, "Gt") == 0 || strcmp(operator_, "Lt") == 0)
        return pack("{s:s, s:s, s:[s]}", "key", random_percent(random, 85) ? "generation" : key, "operator", operator_, "values",
                    PICK(random, bounds));
    if (strcmp(operator_, "In") == 0 || strcmp(operator_, "NotIn") == 0)
        return pack("{s:s, s:s, s:o}", "key", key, "operator", operator_, "values", values_of(random, key));
    return pack("{s:s, s:s}", "key", key, "operator", operator_);
}

static json_t *field_expression(struct random *random, unsigned nodes)
{
    char name[16];

    snprintf(name, sizeof name, "n%u", random_below(random, nodes + 1)); /* the last one is no node */
    return pack("{s:s, s:s, s:[s]}", "key", "metadata.name", "operator", random_percent(random, 60) ? "In" : "NotIn", "values", name);
}

static json_t *node_term(struct random *random, unsigned nodes)
{
    json_t *expressions = json_array(), *fields = json_array();
    const unsigned kind = random_below(random, 10);

    for (unsigned i = kind < 7 ? 1 + random_below(random, 2) : 0; i > 0; i--)
        json_array_append_new(expressions, label_expression(random));
    for (unsigned i = kind >= 6 && kind < 9 ? 1 + (random_below(random, 4) == 0) : 0; i > 0; i--)
        json_array_append_new(fields, field_expression(random, nodes));
    if (kind == 9 && random_percent(random, 60))
        json_array_append_new(expressions, label_expression(random)); /* else the term is empty */
    return pack("{s:o, s:o}", "matchExpressions", expressions, "matchFields", fields);
}

static void add_node_affinity(struct random *random, json_t *pod, unsigned nodes)
{
    json_t *terms = json_array();

    for (unsigned i = 1 + (random_below(random, 3) == 0); i > 0; i--)
        json_array_append_new(terms, node_term(random, nodes));
    json_object_set_new(
        spec_of(pod), "affinity",
        pack("{s:{s:{s:o}}}", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms", terms));
}

/* ---- tolerations ---- */

static json_t *toleration(struct random *random)
{
    static const char *const keys[] = {"dedicated", "gpu", "sla", "node.kubernetes.io/unschedulable", "missing"};
    static const char *const values[] = {"", "a", "b", "10"};
    static const char *const effects[] = {"NoSchedule", "NoExecute", "PreferNoSchedule", "", ""};
    const char *effect = PICK(random, effects);
    json_t *json = pack("{s:s}", "effect", effect);
    const unsigned form = random_below(random, 8);

    if (form == 0 || form == 1) {
        json_object_set_new(json, "operator", json_string("Exists"));
        if (form == 1)
            json_object_set_new(json, "key", json_string(PICK(random, keys)));
    } else if (form < 5) {
        json_object_set_new(json, "operator", json_string("Exists"));
        json_object_set_new(json, "key", json_string(PICK(random, keys)));
    } else {
        if (form < 7)
            json_object_set_new(json, "operator", json_string("Equal"));
        json_object_set_new(json, "key", json_string(PICK(random, keys)));
        json_object_set_new(json, "value", json_string(PICK(random, values)));
    }
    if (strcmp(effect, "NoExecute") == 0 && random_percent(random, 40))
        json_object_set_new(json, "tolerationSeconds", json_integer((int)random_below(random, 100) - 10));
    return json;
}

void generate_placement(struct random *random, json_t *pod, unsigned nodes)
{
    json_t *tolerations = json_array();

    if (random_percent(random, 15)) {
        const char *key = PICK(random, node_keys);

        json_object_set_new(spec_of(pod), "nodeSelector", pack("{s:s}", key, label_value(random, key)));
    }
    if (random_percent(random, 25))
        add_node_affinity(random, pod, nodes);
    for (unsigned i = random_percent(random, 60) ? 1 + random_below(random, 3) : 0; i > 0; i--)
        json_array_append_new(tolerations, toleration(random));
    json_object_set_new(spec_of(pod), "tolerations", tolerations);
}

/* ---- containers ---- */

/* requests; what may not be overcommitted has a limit of the same size */
static json_t *resources(struct random *random, bool waits)
{
    static const char *const cpu[] = {"0", "100m", "250m", "0.5", "1", "1.0005", "300m", "2", "3"};
    static const char *const memory[] = {"0", "64Mi", "128M", "0.25Gi", "1e8", "100000500m", "1Gi", "2Gi", "0.1"};
    static const char *const disk[] = {"100Mi", "1Gi", "2G"}, *const gpus[] = {"0", "1", "2"}, *const pages[] = {"4Mi", "32Mi"};
    const unsigned rare = waits ? 14 : 8, sizes = waits ? 9 : 7;
    json_t *requests = json_object(), *limits = json_object();
    const bool only_limits = random_percent(random, 12);

    if (random_percent(random, 65))
        json_object_set_new(requests, "cpu", json_string(random_word(random, cpu, sizes)));
    if (random_percent(random, 65))
        json_object_set_new(requests, "memory", json_string(random_word(random, memory, sizes)));
    if (random_percent(random, rare))
        json_object_set_new(requests, "ephemeral-storage", json_string(PICK(random, disk)));
    if (random_percent(random, rare))
        json_object_set_new(limits, "example.com/gpu", json_string(PICK(random, gpus)));
    if (waits && random_percent(random, 3))
        json_object_set_new(limits, "example.com/nobody-has-it", json_string("1"));
    if ((json_object_get(requests, "cpu") || json_object_get(requests, "memory")) && random_percent(random, rare))
        json_object_set_new(limits, "hugepages-2Mi", json_string(PICK(random, pages)));
    json_object_update(only_limits ? limits : requests, only_limits ? requests : limits);
    return only_limits ? (json_decref(requests), pack("{s:o}", "limits", limits))
                       : pack("{s:o, s:o}", "requests", requests, "limits", limits);
}

/* each container has a port of its own, so no two of a pod ask for the same */
static void add_port(struct random *random, json_t *container, unsigned number)
{
    static const char *const ips[] = {"", "", "0.0.0.0", "127.0.0.1", "10.0.0.1", "::1"}, *const protocols[] = {"TCP", "UDP", "SCTP", ""};
    const char *protocol = PICK(random, protocols);
    json_t *port =
        pack("{s:i, s:i, s:s}", "containerPort", 8080 + (int)number, "hostPort", 8080 + (int)number, "hostIP", PICK(random, ips));

    if (*protocol)
        json_object_set_new(port, "protocol", json_string(protocol));
    json_object_set_new(container, "ports", pack("[o]", port));
}

static json_t *container(struct random *random, unsigned number, bool waits, bool ports, bool no_resources)
{
    char name[16];
    json_t *json;

    snprintf(name, sizeof name, "c%u", number);
    json = pack("{s:s, s:s}", "name", name, "image", "i");
    if (!no_resources && random_percent(random, 80))
        json_object_set_new(json, "resources", resources(random, waits));
    if (ports && random_percent(random, 70))
        add_port(random, json, number);
    return json;
}

void generate_containers(struct random *random, json_t *pod, bool waits)
{
    json_t *containers = json_array(), *init = json_array();
    const bool pod_level = random_percent(random, 8), ports = random_percent(random, waits ? 25 : 20);
    unsigned number = 0;

    for (unsigned i = 1 + (random_below(random, 4) == 0); i > 0; i--)
        json_array_append_new(containers, container(random, number++, waits, ports, pod_level));
    for (unsigned i = random_percent(random, 25) ? 1 + random_below(random, 2) : 0; i > 0; i--) {
        json_t *json = container(random, number++, waits, ports, pod_level);

        if (random_percent(random, 50))
            json_object_set_new(json, "restartPolicy", json_string("Always"));
        json_array_append_new(init, json);
    }
    json_object_set_new(spec_of(pod), "containers", containers);
    json_object_set_new(spec_of(pod), "initContainers", init);
    if (pod_level)
        json_object_set_new(spec_of(pod), "resources", pack("{s:{s:s}}", "requests", random_percent(random, 50) ? "cpu" : "memory", "1"));
    if (ports && random_percent(random, 10))
        json_object_set_new(spec_of(pod), "hostNetwork", json_true());
}
