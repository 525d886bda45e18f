#include "simulator/binding.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/api.h"
#include "simulator/status.h"

/* the new condition in place of the old PodScheduled, or behind the others */
static struct text_edit condition_edit(struct span text, const char *condition, char *out, size_t max)
{
    struct span conditions, element, type, status;
    struct text_walk walk;

    if (!text_path(text, "status.conditions", &conditions) || *conditions.at != '[') {
        if (!text_get(text, "status", &status) || status.bytes < 2)
            return (struct text_edit){text.at, 0, out, 0};
        snprintf(out, max, "\"conditions\":[%s]%s", condition, status.bytes > 2 ? "," : "");
        return (struct text_edit){status.at + 1, 0, out, strlen(out)};
    }
    walk = text_walk(conditions);
    while (text_next_element(&walk, &element)) {
        if (!text_get(element, "type", &type) || !text_is(type, "PodScheduled"))
            continue;
        snprintf(out, max, "%s", condition);
        return (struct text_edit){element.at, element.bytes, out, strlen(out)};
    }
    snprintf(out, max, "%s%s", conditions.bytes > 2 ? "," : "", condition);
    return (struct text_edit){conditions.at + conditions.bytes - 1, 0, out, strlen(out)};
}

static int assign_edits(struct sim *sim, struct span text, const char *rv, const char *node_member, const char *condition,
                        struct error *err)
{
    char insert[400];
    struct span old_rv = {0}, spec = {0}, old_node;
    struct text_edit edits[3];
    struct buffer out;
    int ret = -1;

    text_path(text, "metadata.resourceVersion", &old_rv);
    text_get(text, "spec", &spec);
    edits[0] = (struct text_edit){old_rv.at, old_rv.bytes, rv, strlen(rv)};
    edits[1] = (struct text_edit){spec.at + 1, 0, node_member, strlen(node_member)};
    if (text_get(spec, "nodeName", &old_node)) /* written as "" */
        edits[1] = (struct text_edit){old_node.at - strlen("\"nodeName\":"), old_node.bytes + strlen("\"nodeName\":"), node_member,
                                      strlen(node_member) - 1};
    edits[2] = condition_edit(text, condition, insert, sizeof insert);
    buffer_init(&out, 2 * LIMIT_OBJECT_BYTES);
    if (text_add_edited(&out, text, edits, 3, err) == 0)
        ret = write_text(sim, resource_of_slot(SLOT_PODS), text_span(out.data, out.bytes), err);
    buffer_free(&out);
    return ret;
}

int binding_assign(struct sim *sim, const struct object *pod, const char *node, struct error *err)
{
    struct span text = text_span(pod->text, pod->text_bytes);
    char rv[32], now[32], condition[256];
    struct buffer member;
    int ret = -1;

    sim_now_text(sim, now);
    snprintf(rv, sizeof rv, "\"%lld\"", (long long)sim->store.rv + 1);
    snprintf(condition, sizeof condition,
             "{\"type\":\"PodScheduled\",\"status\":\"True\",\"lastProbeTime\":null,\"lastTransitionTime\":\"%s\"}", now);
    buffer_init(&member, LIMIT_OBJECT_BYTES);
    if (buffer_add_string(&member, "\"nodeName\":", err) == 0 && buffer_add_json_string(&member, node, err) == 0 &&
        buffer_add(&member, ",", 1, err) == 0)
        ret = assign_edits(sim, text, rv, member.data, condition, err);
    buffer_free(&member);
    return ret;
}

struct binding {
    const char *name, *namespace_, *uid, *rv, *kind, *node;
    json_t *annotations;
};

static const char *string_of(json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value ? value : "";
}

static struct binding read_binding(json_t *doc)
{
    json_t *metadata = json_object_get(doc, "metadata"), *target = json_object_get(doc, "target");

    return (struct binding){string_of(metadata, "name"),
                            string_of(metadata, "namespace"),
                            string_of(metadata, "uid"),
                            string_of(metadata, "resourceVersion"),
                            string_of(target, "kind"),
                            string_of(target, "name"),
                            json_object_get(metadata, "annotations")};
}

/* what the request itself must satisfy, before any pod is looked at */
static int check_request(struct call *call, const struct binding *binding, struct error *err)
{
    const struct target *target = &call->target;

    if (*binding->namespace_ && strcmp(binding->namespace_, target->namespace_) != 0)
        return status_plain(call->response, err, 400, "BadRequest",
                            "the namespace of the provided object does not match the namespace sent on the request");
    if (!target->bindings && *binding->name && strcmp(binding->name, target->name) != 0)
        return status_plain(call->response, err, 400, "BadRequest", "name in URL does not match name in Binding object");
    if (*binding->kind && strcmp(binding->kind, "Node") != 0)
        return status_plain(call->response, err, 500, NULL,
                            "target.kind: Unsupported value: \"%s\": supported values: \"Node\", \"<empty>\"", binding->kind);
    if (!*binding->node)
        return status_plain(call->response, err, 500, NULL, "target.name: Required value");
    return 0;
}

static int check_pod(struct call *call, const struct binding *binding, const struct object *pod, struct error *err)
{
    const struct resource *pods = pod->resource;
    struct span gates, text = text_span(pod->text, pod->text_bytes);

    if (*binding->uid && strcmp(binding->uid, pod->uid) != 0)
        return status_conflict(call->response, pods, NULL, pod->name, err,
                               "StorageError: invalid object, Code: 4, Key: /registry/pods/%s, ResourceVersion: 0, AdditionalErrorMsg: "
                               "Precondition failed: UID in precondition: %s, UID in object meta: %s",
                               pod->key, binding->uid, pod->uid);
    if (*binding->rv && strtoll(binding->rv, NULL, 10) != pod->rv)
        return status_conflict(call->response, pods, NULL, pod->name, err,
                               "StorageError: invalid object, Code: 4, Key: /registry/pods/%s, ResourceVersion: 0, AdditionalErrorMsg: "
                               "Precondition failed: ResourceVersion in precondition: %s, ResourceVersion in object meta: %lld",
                               pod->key, binding->rv, (long long)pod->rv);
    if (pod->deleting)
        return status_conflict(call->response, pods, "pods/binding", pod->name, err,
                               "pod %s is being deleted, cannot be assigned to a host", pod->name);
    if (*pod->field[0])
        return status_conflict(call->response, pods, "pods/binding", pod->name, err, "pod %s is already assigned to node \"%s\"", pod->name,
                               pod->field[0]);
    if (text_path(text, "spec.schedulingGates", &gates) && gates.bytes > 2)
        return status_conflict(call->response, pods, "pods/binding", pod->name, err, "pod %s has non-empty .spec.schedulingGates",
                               pod->name);
    return 0;
}

/* a binding may bring annotations for the pod */
static int annotate(struct call *call, struct object **pod, json_t *annotations, struct error *err)
{
    json_t *doc = object_parse(*pod, err), *metadata = json_object_get(doc, "metadata"), *old = json_object_get(metadata, "annotations");
    struct object *made = NULL;
    char *text;

    if (!doc)
        return -1;
    if (old ? json_object_update(old, annotations) < 0 : json_object_set(metadata, "annotations", annotations) < 0)
        error_no_memory(err);
    else if ((text = json_dumps(doc, JSON_COMPACT))) {
        made = store_object_new(&call->sim->store, (*pod)->resource, text_span(text, strlen(text)), err);
        free(text);
    }
    json_decref(doc);
    *pod = made;
    return made ? 0 : -1;
}

static int bind_pod(struct call *call, const struct binding *binding, struct object *pod, struct error *err)
{
    struct object *annotated = pod;
    int ret = check_pod(call, binding, pod, err);

    if (ret)
        return ret;
    if (call->dry_run)
        return status_answer(call->response, &(struct status){.code = 201}, err);
    if (json_object_size(binding->annotations) && annotate(call, &annotated, binding->annotations, err) < 0)
        return -1;
    ret = binding_assign(call->sim, annotated, binding->node, err);
    if (annotated != pod)
        object_unref(annotated);
    return ret < 0 ? -1 : status_answer(call->response, &(struct status){.code = 201}, err);
}

int binding_create(struct call *call, struct error *err)
{
    struct binding binding;
    struct object *pod;
    json_t *doc;
    char key[600];
    const char *name;
    int ret = api_body(call, &doc, err);

    if (ret)
        return ret;
    binding = read_binding(doc);
    name = call->target.bindings ? binding.name : call->target.name;
    ret = check_request(call, &binding, err);
    if (ret == 0) {
        pod = store_get(&call->sim->store, SLOT_PODS, api_key(call, name, key));
        ret = pod ? bind_pod(call, &binding, pod, err) : status_not_found(call->response, call->target.resource, name, err);
    }
    json_decref(doc);
    return ret;
}
