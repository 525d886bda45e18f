/*
 * generate_peers.c: what a pod asks of the pods around it. A namespaceSelector here asks for kubernetes.io/metadata.name with In or Exists alone: that
 * is what our filter can answer (common/policy/pod_affinity.c says how it deals with the rest).
 */
#include <string.h>

#include "tests/differential/support/generate.h"

static const char *const topologies[] = {"topology.kubernetes.io/zone", "topology.kubernetes.io/zone", "kubernetes.io/hostname", "disk"};
static const char *const apps[] = {"web", "db", "cache"};

static json_t *expression(struct random *random)
{
    switch (random_below(random, 5)) {
    case 0:
        return pack("{s:s, s:s, s:[s, s]}", "key", "app", "operator", "In", "values", PICK(random, apps), PICK(random, apps));
    case 1:
    case 2:
        return pack("{s:s, s:s, s:[s]}", "key", "app", "operator", "NotIn", "values", PICK(random, apps));
    case 3:
        return pack("{s:s, s:s}", "key", "app", "operator", "Exists");
    default:
        return pack("{s:s, s:s}", "key", "app", "operator", "DoesNotExist");
    }
}

/* on `app` alone; NULL in a few: no selector at all */
static json_t *selector(struct random *random)
{
    const unsigned kind = random_below(random, 20);

    if (kind < 12)
        return pack("{s:{s:s}}", "matchLabels", "app", PICK(random, apps));
    if (kind < 17)
        return pack("{s:[o]}", "matchExpressions", expression(random));
    return kind < 19 ? json_object() : NULL;
}

/* the keys of matchLabelKeys must not be in the selector too, and want one */
static void add_selector(struct random *random, json_t *to, bool mismatch)
{
    json_t *json = selector(random);

    if (!json)
        return;
    json_object_set_new(to, "labelSelector", json);
    if (random_percent(random, 12))
        json_object_set_new(to, mismatch && random_percent(random, 50) ? "mismatchLabelKeys" : "matchLabelKeys", pack("[s]", "tier"));
}

static json_t *constraint(struct random *random, const char *topology)
{
    const bool hard = random_percent(random, 85);
    json_t *json = pack("{s:i, s:s, s:s}", "maxSkew", random_percent(random, 60) ? 1 : 1 + (int)random_below(random, 3), "topologyKey",
                        topology, "whenUnsatisfiable", hard ? "DoNotSchedule" : "ScheduleAnyway");

    add_selector(random, json, false);
    if (hard && random_percent(random, 40))
        json_object_set_new(json, "minDomains", json_integer(1 + random_below(random, 4)));
    if (random_percent(random, 40))
        json_object_set_new(json, "nodeAffinityPolicy", json_string(random_percent(random, 50) ? "Ignore" : "Honor"));
    if (random_percent(random, 40))
        json_object_set_new(json, "nodeTaintsPolicy", json_string(random_percent(random, 50) ? "Ignore" : "Honor"));
    return json;
}

static void add_constraints(struct random *random, json_t *pod)
{
    json_t *constraints = json_array();
    const unsigned first = 1 + random_below(random, 3);

    json_array_append_new(constraints, constraint(random, topologies[first]));
    if (random_percent(random, 30))
        json_array_append_new(constraints, constraint(random, topologies[first % 3 + 1]));
    json_object_set_new(spec_of(pod), "topologySpreadConstraints", constraints);
}

static json_t *namespace_selector(struct random *random)
{
    static const char key[] = "kubernetes.io/metadata.name";

    switch (random_below(random, 4)) {
    case 0:
        return json_object();
    case 1:
        return pack("{s:{s:s}}", "matchLabels", key, PICK(random, namespaces));
    case 2:
        return pack("{s:[{s:s, s:s, s:[s, s]}]}", "matchExpressions", "key", key, "operator", "In", "values", PICK(random, namespaces),
                    "nobody");
    default:
        return pack("{s:[{s:s, s:s}]}", "matchExpressions", "key", key, "operator", "Exists");
    }
}

static json_t *term(struct random *random)
{
    json_t *json = pack("{s:s}", "topologyKey", PICK(random, topologies));

    add_selector(random, json, true);
    if (random_percent(random, 15))
        json_object_set_new(json, "namespaces", pack("[s]", PICK(random, namespaces)));
    if (random_percent(random, 15))
        json_object_set_new(json, "namespaceSelector", namespace_selector(random));
    return json;
}

static void add_terms(struct random *random, json_t *pod, const char *kind)
{
    json_t *affinity = json_object_get(spec_of(pod), "affinity"), *terms = json_array();

    if (!affinity) {
        affinity = json_object();
        json_object_set_new(spec_of(pod), "affinity", affinity);
    }
    for (unsigned i = 1 + (random_below(random, 4) == 0); i > 0; i--)
        json_array_append_new(terms, term(random));
    json_object_set_new(affinity, kind, pack("{s:o}", "requiredDuringSchedulingIgnoredDuringExecution", terms));
}

void generate_peers(struct random *random, json_t *pod, bool waits)
{
    if (waits && random_percent(random, 60))
        add_constraints(random, pod);
    if (random_percent(random, waits ? 20 : 10))
        add_terms(random, pod, "podAffinity");
    if (random_percent(random, waits ? 20 : 12))
        add_terms(random, pod, "podAntiAffinity");
}
