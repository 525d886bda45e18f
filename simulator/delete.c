#include "simulator/delete.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/api.h"
#include "simulator/list.h"
#include "simulator/render.h"
#include "simulator/status.h"

/* metav1.DeleteOptions, what we heed of it */
struct options {
    int64_t grace;         /* seconds; -1: not given */
    bool fenced;           /* by a UID, be it "" */
    const char *finalizer; /* that propagationPolicy asks for; NULL: none. The garbage collector takes it off */
    char uid[64], rv[32];
};

static int64_t integer_at(const struct object *object, const char *path, int64_t absent)
{
    struct span value;

    if (!text_path(text_span(object->text, object->text_bytes), path, &value))
        return absent;
    return strtoll(value.at, NULL, 10);
}

static bool is_pod(const struct object *object)
{
    return object->resource->slot == SLOT_PODS;
}

/* podStrategy.CheckGracefulDelete; other kinds have no grace */
static int64_t grace_of(const struct object *object, const struct options *options)
{
    int64_t grace = options->grace;

    if (!is_pod(object))
        return 0;
    if (grace < 0)
        grace = integer_at(object, "spec.terminationGracePeriodSeconds", 30);
    if (grace < 0)
        grace = 1;
    if (!*object->field[0] || !strcmp(object->field[1], "Failed") || !strcmp(object->field[1], "Succeeded"))
        grace = 0;
    return grace;
}

static int namespace_finish(struct sim *sim, const char *name, struct error *err)
{
    struct object *namespace_ = store_get(&sim->store, SLOT_NAMESPACES, name);
    char prefix[280];
    bool empty = true;

    if (!namespace_ || !namespace_->deleting)
        return 0;
    snprintf(prefix, sizeof prefix, "%s/", name);
    for (int slot = 0; slot < SLOT_COUNT && empty; slot++) {
        struct store_view view;

        if (!resource_of_slot(slot)->namespaced)
            continue;
        if (store_view_open(&view, &sim->store, slot, sim->store.rv, prefix, "", err) < 0)
            return -1;
        empty = !store_view_next(&view);
        store_view_close(&view);
    }
    return empty ? store_remove(&sim->store, namespace_, err) : 0;
}

int delete_now(struct sim *sim, struct object *object, struct error *err)
{
    char *namespace_ = strdup(object->namespace_);
    int ret = -1;

    if (!namespace_)
        return error_no_memory(err);
    if (store_remove(&sim->store, object, err) == 0)
        ret = *namespace_ ? namespace_finish(sim, namespace_, err) : 0;
    free(namespace_);
    return ret;
}

/* when a pod whose grace period is cut short goes: the time it was to go, less what is cut */
static void deletion_time(const struct sim *sim, const struct object *object, int64_t grace, char out[32])
{
    struct span value;
    char text[40] = "";
    int64_t when = sim_wall_us(sim) + grace * 1000000, due;

    if (object->deleting && grace > 0 && text_get(object->metadata, "deletionTimestamp", &value) && value.bytes < sizeof text) {
        memcpy(text, value.at + 1, value.bytes - 2);
        if (clock_parse_rfc3339(text, &due) == 0)
            when = due - (integer_at(object, "metadata.deletionGracePeriodSeconds", 0) - grace) * 1000000;
    }
    clock_format_rfc3339(when, 0, out);
}

static int add_finalizer(json_t *metadata, const char *finalizer)
{
    json_t *have = json_object_get(metadata, "finalizers");

    if (!json_is_array(have)) {
        json_object_set_new(metadata, "finalizers", json_array());
        have = json_object_get(metadata, "finalizers");
    }
    return json_array_append_new(have, json_string(finalizer));
}

/* writes that the object is being deleted; *marked gets a reference to the new content */
static int mark(struct sim *sim, struct object *object, int64_t grace, const char *finalizer, struct object **marked, struct error *err)
{
    json_t *doc = object_parse(object, err), *metadata = json_object_get(doc, "metadata"), *generation;
    char when[32];
    int ret = -1, bad = 0;

    if (!doc)
        return -1;
    deletion_time(sim, object, grace, when);
    generation = json_object_get(metadata, "generation");
    if (generation && !object->deleting)
        bad |= json_integer_set(generation, json_integer_value(generation) + 1);
    bad |= json_object_set_new(metadata, "deletionTimestamp", json_string(when));
    if (object->resource->slot == SLOT_NAMESPACES)
        bad |= json_object_set_new(json_object_get(doc, "status"), "phase", json_string("Terminating"));
    else
        bad |= json_object_set_new(metadata, "deletionGracePeriodSeconds", json_integer(grace));
    if (finalizer && !object->deleting)
        bad |= add_finalizer(metadata, finalizer);
    if (bad)
        error_no_memory(err);
    else
        ret = write_doc(sim, object->resource, doc, false, marked, err);
    json_decref(doc);
    return ret;
}

/* store.Delete: *left gets a reference to what the object was last */
static int delete_object(struct sim *sim, struct object *object, const struct options *options, struct object **left, struct error *err)
{
    int64_t grace = grace_of(object, options);
    int ret;

    *left = NULL;
    if (object->deleting && (object->finalizers || !is_pod(object) ||
                             (options->grace < 0 || grace >= integer_at(object, "metadata.deletionGracePeriodSeconds", 0)))) {
        *left = object_ref(object);
        return 0;
    }
    if (!is_pod(object) && !object->finalizers && !options->finalizer) {
        object_ref(object);
        ret = delete_now(sim, object, err);
        if (ret == 0)
            *left = object;
        else
            object_unref(object);
        return ret;
    }
    ret = mark(sim, object, grace, options->finalizer, left, err);
    if (ret < 0 || grace > 0 || (*left)->finalizers)
        return ret;
    object = *left;
    if (delete_now(sim, object, err) < 0) {
        object_unref(object);
        *left = NULL;
        return -1;
    }
    *left = store_object_with_rv(&sim->store, object, object->rv + 1, err);
    object_unref(object);
    return *left ? 0 : -1;
}

int delete_gracefully(struct sim *sim, struct object *object, struct error *err)
{
    return delete_with_finalizer(sim, object, NULL, err);
}

int delete_with_finalizer(struct sim *sim, struct object *object, const char *finalizer, struct error *err)
{
    struct options options = {.grace = -1, .finalizer = finalizer};
    struct object *left;
    int ret = delete_object(sim, object, &options, &left, err);

    if (ret == 0)
        object_unref(left);
    return ret;
}

/* rest.deletionFinalizersForGarbageCollection */
static const char *finalizer_of(const char *policy, const json_t *orphan_dependents)
{
    if (policy && !strcmp(policy, "Foreground"))
        return DELETE_FOREGROUND;
    if ((policy && !strcmp(policy, "Orphan")) || json_is_true(orphan_dependents))
        return DELETE_ORPHAN;
    return NULL;
}

static int read_options(struct call *call, struct options *options, struct error *err)
{
    const char *grace = target_filled_parameter(&call->target, "gracePeriodSeconds"), *text;
    json_t *doc, *preconditions;
    int ret;

    *options = (struct options){.grace = grace ? strtoll(grace, NULL, 10) : -1,
                                .finalizer = finalizer_of(target_filled_parameter(&call->target, "propagationPolicy"), NULL)};
    if (!call->request->body_bytes)
        return 0;
    ret = api_body(call, &doc, err);
    if (ret)
        return ret;
    preconditions = json_object_get(doc, "preconditions");
    options->grace =
        json_is_integer(json_object_get(doc, "gracePeriodSeconds")) ? json_integer_value(json_object_get(doc, "gracePeriodSeconds")) : -1;
    options->finalizer =
        finalizer_of(json_string_value(json_object_get(doc, "propagationPolicy")), json_object_get(doc, "orphanDependents"));
    text = json_string_value(json_object_get(preconditions, "uid"));
    options->fenced = text != NULL;
    if (text)
        snprintf(options->uid, sizeof options->uid, "%s", text);
    if ((text = json_string_value(json_object_get(preconditions, "resourceVersion"))))
        snprintf(options->rv, sizeof options->rv, "%s", text);
    if ((text = json_string_value(json_array_get(json_object_get(doc, "dryRun"), 0))) && !strcmp(text, "All"))
        call->dry_run = true;
    json_decref(doc);
    return 0;
}

static int check_preconditions(struct call *call, const struct options *options, const struct object *object, struct error *err)
{
    const struct resource *resource = call->target.resource;

    if (options->fenced && strcmp(options->uid, object->uid) != 0)
        return status_conflict(call->response, resource, resource->kind, object->name, err,
                               "the UID in the precondition (%s) does not match the UID in record (%s). The object might have been deleted "
                               "and then recreated",
                               options->uid, object->uid);
    if (*options->rv && strtoll(options->rv, NULL, 10) != object->rv)
        return status_conflict(
            call->response, resource, resource->kind, object->name, err,
            "the ResourceVersion in the precondition (%s) does not match the ResourceVersion in record (%lld). The object "
            "might have been modified",
            options->rv, (long long)object->rv);
    return 0;
}

static int answer_deleted(struct call *call, const struct object *left, struct error *err)
{
    const struct resource *resource = call->target.resource;
    struct status_details details = {.name = left->name, .group = resource->group, .kind = resource->name, .uid = left->uid};
    int ret;

    if (resource->returns_deleted || left->finalizers)
        return render_answer(call, 200, left, err);
    ret = status_answer(call->response, &(struct status){.code = 200, .details = &details}, err);
    return ret < 0 ? -1 : 0;
}

/* what is in a namespace goes; assigned pods in their own time */
static int empty_namespace(struct sim *sim, const char *name, struct error *err)
{
    char prefix[280];
    int ret = 0;

    snprintf(prefix, sizeof prefix, "%s/", name);
    for (int slot = 0; slot < SLOT_COUNT && ret == 0; slot++) {
        struct key_list keys = {0};
        struct store_view view;
        struct object *object;

        if (!resource_of_slot(slot)->namespaced)
            continue;
        ret = store_view_open(&view, &sim->store, slot, sim->store.rv, prefix, "", err);
        while (ret == 0 && (object = store_view_next(&view)))
            ret = key_list_add(&keys, object->key, err);
        store_view_close(&view);
        for (size_t i = 0; i < keys.count && ret == 0; i++) {
            object = store_get(&sim->store, slot, keys.keys[i]);
            ret = object ? delete_gracefully(sim, object, err) : 0;
        }
        key_list_free(&keys);
    }
    return ret < 0 ? -1 : namespace_finish(sim, name, err);
}

static int delete_namespace(struct call *call, struct object *namespace_, struct error *err)
{
    struct status_details details = {.name = namespace_->name, .kind = "namespaces"};
    const char *name = call->target.name;
    struct object *marked = NULL;
    char message[400];
    int ret;

    if (!strcmp(name, "default") || !strcmp(name, "kube-system") || !strcmp(name, "kube-public")) {
        snprintf(message, sizeof message, "namespaces \"%s\" is forbidden: this namespace may not be deleted", name);
        return status_answer(call->response, &(struct status){403, "Forbidden", message, NULL, &details}, err);
    }
    if (namespace_->deleting || call->dry_run)
        return render_answer(call, 200, namespace_, err);
    ret = mark(call->sim, namespace_, 0, NULL, &marked, err);
    if (ret == 0)
        ret = render_answer(call, 200, marked, err);
    if (ret == 0)
        ret = empty_namespace(call->sim, name, err);
    object_unref(marked);
    return ret;
}

int api_delete(struct call *call, struct error *err)
{
    const struct target *target = &call->target;
    struct options options;
    struct object *object, *left;
    char key[600];
    int ret = read_options(call, &options, err);

    if (ret)
        return ret;
    object = store_get(&call->sim->store, target->resource->slot, api_key(call, target->name, key));
    if (!object)
        return status_not_found(call->response, target->resource, target->name, err);
    ret = check_preconditions(call, &options, object, err);
    if (ret)
        return ret;
    if (target->resource->slot == SLOT_NAMESPACES)
        return delete_namespace(call, object, err);
    if (call->dry_run)
        return answer_deleted(call, object, err);
    if (delete_object(call->sim, object, &options, &left, err) < 0)
        return -1;
    ret = answer_deleted(call, left, err);
    object_unref(left);
    return ret;
}

/* The answer is the list of what was selected, as it was before. */
int api_delete_collection(struct call *call, struct error *err)
{
    struct options options;
    struct selector selector;
    struct key_list keys = {0};
    struct store_view view;
    struct object *object, *left;
    char prefix[280];
    enum slot slot = call->target.resource->slot;
    int ret = read_options(call, &options, err);

    if (ret == 0)
        ret = list_selector(call, &selector, err);
    if (ret)
        return ret;
    ret = list_answer(call, err);
    if (ret == 0 && call->response->status == 200 && !call->dry_run) {
        ret = store_view_open(&view, &call->sim->store, slot, call->sim->store.rv, list_prefix(call, prefix), "", err);
        while (ret == 0 && (object = store_view_next(&view)))
            if (selector_matches(&selector, object))
                ret = key_list_add(&keys, object->key, err);
        store_view_close(&view);
    }
    for (size_t i = 0; i < keys.count && ret == 0; i++) {
        object = store_get(&call->sim->store, slot, keys.keys[i]);
        ret = object ? delete_object(call->sim, object, &options, &left, err) : 0;
        if (object && ret == 0)
            object_unref(left);
    }
    key_list_free(&keys);
    selector_free(&selector);
    return ret;
}

int delete_finalized(struct call *call, struct object *object, json_t *doc, struct error *err)
{
    bool over = !is_pod(object) || integer_at(object, "metadata.deletionGracePeriodSeconds", 0) == 0;
    struct object *made;
    int ret = write_doc(call->sim, call->target.resource, doc, over || call->dry_run, &made, err);

    if (ret < 0)
        return -1;
    ret = render_answer(call, 200, made, err);
    object_unref(made);
    if (ret == 0 && over && !call->dry_run)
        ret = delete_now(call->sim, object, err);
    return ret;
}
