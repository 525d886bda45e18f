#include "simulator/defaults.h"

#include <stdio.h>
#include <string.h>

#include "simulator/status.h"

int set_missing(json_t *object, const char *key, json_t *value)
{
    json_t *have = json_object_get(object, key);

    if (!value)
        return -1;
    if (!have || json_is_null(have))
        return json_object_set_new(object, key, value);
    json_decref(value);
    return 0;
}

json_t *member_object(json_t *object, const char *key)
{
    json_t *have = json_object_get(object, key);

    if (have && !json_is_null(have))
        return json_is_object(have) ? have : NULL;
    json_object_set_new(object, key, json_object());
    return json_object_get(object, key);
}

/* rest.BeforeCreate: generateName with five letters that make no words */
static int generate_name(struct call *call, json_t *metadata)
{
    static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
    const char *name = json_string_value(json_object_get(metadata, "name")), *base;
    char made[300];
    size_t bytes;

    base = json_string_value(json_object_get(metadata, "generateName"));
    if ((name && *name) || !base || !*base)
        return 0;
    bytes = (size_t)snprintf(made, sizeof made - 6, "%.58s", base);
    for (int i = 0; i < 5; i++)
        made[bytes++] = letters[sim_random(call->sim) % (sizeof letters - 1)];
    made[bytes] = '\0';
    return json_object_set_new(metadata, "name", json_string(made));
}

/* what the server decides, and the client may not */
static const char *const server_metadata[] = {
    "uid",           "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
    "managedFields", "selfLink"};

static int put_first(json_t *to, json_t *from, const char *key)
{
    json_t *value = json_object_get(from, key);

    if (!value || json_is_null(value) || (json_is_string(value) && !json_string_length(value)))
        return 0;
    return json_object_set(to, key, value);
}

/* metadata in the order in which a server writes it */
static json_t *fill_metadata(struct call *call, json_t *old)
{
    const struct resource *resource = call->target.resource;
    json_t *made = json_object(), *value;
    char uid[37], now[32];
    const char *key;
    int bad = 0;

    for (size_t i = 0; i < sizeof server_metadata / sizeof server_metadata[0]; i++)
        json_object_del(old, server_metadata[i]);
    bad |= generate_name(call, old);
    bad |= put_first(made, old, "name");
    bad |= put_first(made, old, "generateName");
    if (resource->namespaced)
        bad |= json_object_set_new(made, "namespace", json_string(call->target.namespace_));
    sim_uuid(call->sim, uid);
    sim_now_text(call->sim, now);
    bad |= json_object_set_new(made, "uid", json_string(uid));
    if (!call->dry_run)
        bad |= json_object_set_new(made, "resourceVersion", json_string("0"));
    if (resource->has_generation)
        bad |= json_object_set_new(made, "generation", json_integer(1));
    bad |= json_object_set_new(made, "creationTimestamp", json_string(now));
    json_object_foreach(old, key, value)
    {
        if (!json_object_get(made, key) && strcmp(key, "namespace") != 0)
            bad |= put_first(made, old, key);
    }
    if (!bad)
        return made;
    json_decref(made);
    return NULL;
}

static int namespace_defaults(json_t *doc, json_t *metadata)
{
    json_t *labels = member_object(metadata, "labels"), *spec = member_object(doc, "spec"), *status = member_object(doc, "status");
    int bad = set_missing(spec, "finalizers", json_pack("[s]", "kubernetes"));

    bad |= json_object_set(labels, "kubernetes.io/metadata.name", json_object_get(metadata, "name"));
    return bad | json_object_set_new(status, "phase", json_string("Active"));
}

static int node_defaults(json_t *doc)
{
    json_t *status = member_object(doc, "status"), *capacity = json_object_get(status, "capacity");
    int bad = !member_object(doc, "spec") || !status;

    if (capacity)
        bad |= set_missing(status, "allocatable", json_deep_copy(capacity));
    return bad;
}

static int apps_defaults(const struct resource *resource, json_t *doc)
{
    json_t *spec = member_object(doc, "spec");
    json_t *status = resource->slot == SLOT_REPLICASETS ? json_pack("{si}", "replicas", 0) : json_object();

    return !spec || apps_spec_defaults(resource, spec) || json_object_set_new(doc, "status", status);
}

static int kind_defaults(const struct resource *resource, json_t *doc, json_t *metadata)
{
    switch (resource->slot) {
    case SLOT_NAMESPACES:
        return namespace_defaults(doc, metadata);
    case SLOT_NODES:
        return node_defaults(doc);
    case SLOT_PODS:
        return json_is_object(json_object_get(doc, "spec")) &&
               pod_defaults(doc, json_string_value(json_object_get(metadata, "creationTimestamp")));
    case SLOT_DEPLOYMENTS:
    case SLOT_REPLICASETS:
        return apps_defaults(resource, doc);
    case SLOT_ROLES:
    case SLOT_ROLEBINDINGS:
    case SLOT_CLUSTERROLES:
    case SLOT_CLUSTERROLEBINDINGS:
        return rbac_defaults(resource, doc);
    default:
        return 0;
    }
}

int defaults_for_new(struct call *call, json_t *doc, struct error *err)
{
    json_t *old = json_object_get(doc, "metadata"), *metadata;
    int bad;

    if (old && !json_is_object(old) && !json_is_null(old))
        return status_plain(call->response, err, 400, "BadRequest",
                            "%s in version \"%s\" cannot be handled as a %s: json: cannot unmarshal into Go struct field .metadata of type "
                            "v1.ObjectMeta",
                            call->target.resource->kind, call->target.resource->version, call->target.resource->kind);
    old = member_object(doc, "metadata");
    metadata = old ? fill_metadata(call, old) : NULL;
    if (!metadata || json_object_set_new(doc, "metadata", metadata) < 0)
        return error_no_memory(err);
    bad = kind_defaults(call->target.resource, doc, metadata);
    return bad ? error_no_memory(err) : 0;
}
