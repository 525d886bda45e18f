/* apps_defaults.c: what a server fills into Deployments, ReplicaSets, roles and their bindings. */
#include <string.h>

#include "simulator/defaults.h"

static int strategy_defaults(json_t *spec)
{
    json_t *strategy = member_object(spec, "strategy"), *rolling;
    const char *type;
    int bad = !strategy || set_missing(strategy, "type", json_string("RollingUpdate"));

    type = json_string_value(json_object_get(strategy, "type"));
    if (bad || !type || strcmp(type, "RollingUpdate") != 0)
        return bad;
    rolling = member_object(strategy, "rollingUpdate");
    return !rolling || set_missing(rolling, "maxUnavailable", json_string("25%")) || set_missing(rolling, "maxSurge", json_string("25%"));
}

int apps_spec_defaults(const struct resource *resource, json_t *spec)
{
    json_t *template = member_object(spec, "template");
    int bad = !template || pod_template_defaults(template);

    bad |= set_missing(spec, "replicas", json_integer(1));
    if (resource->slot != SLOT_DEPLOYMENTS)
        return bad;
    bad |= strategy_defaults(spec);
    bad |= set_missing(spec, "revisionHistoryLimit", json_integer(10));
    return bad | set_missing(spec, "progressDeadlineSeconds", json_integer(600));
}

static int subject_defaults(json_t *subject)
{
    const char *kind = json_string_value(json_object_get(subject, "kind"));

    if (kind && (!strcmp(kind, "User") || !strcmp(kind, "Group")))
        return set_missing(subject, "apiGroup", json_string("rbac.authorization.k8s.io"));
    return 0;
}

int rbac_defaults(const struct resource *resource, json_t *doc)
{
    json_t *subject, *role;
    size_t i;
    int bad = 0;

    if (resource->slot == SLOT_ROLES || resource->slot == SLOT_CLUSTERROLES)
        return json_object_get(doc, "rules") ? 0 : json_object_set_new(doc, "rules", json_null());
    json_array_foreach(json_object_get(doc, "subjects"), i, subject)
    {
        if (json_is_object(subject))
            bad |= subject_defaults(subject);
    }
    role = member_object(doc, "roleRef");
    return !role || bad || set_missing(role, "apiGroup", json_string("rbac.authorization.k8s.io"));
}
