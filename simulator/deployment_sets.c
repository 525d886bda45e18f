/*
 * deployment_sets.c: a Deployment's ReplicaSets: which are its own, which is of its template, and how a new one is made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/defaults.h"
#include "simulator/delete.h"
#include "simulator/deployment.h"
#include "simulator/owner.h"
#include "simulator/selector.h"

#define HASH_LABEL "pod-template-hash"
#define REVISION "deployment.kubernetes.io/revision"
#define REVISION_HISTORY "deployment.kubernetes.io/revision-history"
#define DESIRED "deployment.kubernetes.io/desired-replicas"
#define MAX_REPLICAS "deployment.kubernetes.io/max-replicas"

static const char *annotation_of(const json_t *doc, const char *name)
{
    const char *value = json_string_value(json_object_get(json_object_get(json_object_get(doc, "metadata"), "annotations"), name));

    return value ? value : "";
}

/* the annotations, made when there are none; borrowed; NULL: memory ran out */
static json_t *annotations_in(json_t *doc)
{
    json_t *metadata = json_object_get(doc, "metadata"), *have = json_object_get(metadata, "annotations");

    if (!json_is_object(have)) {
        json_object_set_new(metadata, "annotations", json_object());
        have = json_object_get(metadata, "annotations");
    }
    return have;
}

static int annotate(json_t *doc, const char *name, const char *value)
{
    return json_object_set_new(annotations_in(doc), name, json_string(value));
}

static int annotate_number(json_t *doc, const char *name, json_int_t value)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)value);
    return annotate(doc, name, text);
}

static int add_set(struct rollout *rollout, struct object *object, struct error *err)
{
    struct replica_set *set;

    if (rollout->count == rollout->capacity) {
        size_t capacity = rollout->capacity ? rollout->capacity * 2 : 8;
        struct replica_set *grown = realloc(rollout->sets, capacity * sizeof *grown);

        if (!grown)
            return error_no_memory(err);
        rollout->sets = grown;
        rollout->capacity = capacity;
    }
    set = &rollout->sets[rollout->count];
    set->doc = object_parse(object, err);
    if (!set->doc)
        return -1;
    set->object = object_ref(object);
    rollout->count++;
    return 0;
}

static int claim(struct rollout *rollout, const struct selector *selector, struct object *set, struct error *err)
{
    bool matches = selector && selector_matches(selector, set), deleting = rollout->object->deleting;
    struct owner owner;
    struct object *now;

    if (owner_controller(set, &owner)) {
        if (!text_is(owner.uid, rollout->object->uid))
            return 0;
        if (!matches)
            return deleting ? 0 : controllers_release(rollout->sim, rollout->object, set, err);
    } else if (!matches || deleting || set->deleting) {
        return 0;
    } else if (controllers_adopt(rollout->sim, rollout->object, set, err) < 0) {
        return -1;
    }
    now = store_get(&rollout->sim->store, SLOT_REPLICASETS, set->key);
    return now ? add_set(rollout, now, err) : 0;
}

static const char *created(const struct replica_set *set)
{
    return json_string_value(json_object_get(json_object_get(set->doc, "metadata"), "creationTimestamp"));
}

static int compare_age(const void *a, const void *b)
{
    const struct replica_set *x = a, *y = b;
    int ret = strcmp(created(x), created(y));

    return ret ? ret : strcmp(x->object->name, y->object->name);
}

/* a copy of the template without the hash; NULL: memory ran out */
static json_t *template_without_hash(const json_t *doc)
{
    json_t *copy = json_deep_copy(json_object_get(json_object_get(doc, "spec"), "template"));
    json_t *metadata = json_object_get(copy, "metadata"), *labels = json_object_get(metadata, "labels");

    json_object_del(labels, HASH_LABEL);
    if (!json_object_size(labels)) /* none is as good as an empty one */
        json_object_del(metadata, "labels");
    return copy;
}

/* util.EqualIgnoreHash. 1, 0, or -1 when memory ran out */
static int same_template(const json_t *deployment, const json_t *set)
{
    json_t *a = template_without_hash(deployment), *b = template_without_hash(set);
    int ret = a && b ? json_equal(a, b) : -1;

    json_decref(a);
    json_decref(b);
    return ret;
}

int rollout_find_sets(struct rollout *rollout, struct error *err)
{
    struct object_list sets = {0};
    struct selector selector;
    int selects = controllers_selector(json_object_get(json_object_get(rollout->doc, "spec"), "selector"), &selector, err), ret;

    if (selects < 0)
        return -1;
    ret = object_list_namespace(rollout->sim, SLOT_REPLICASETS, rollout->object->namespace_, &sets, err);
    for (size_t i = 0; i < sets.count && ret == 0; i++)
        ret = claim(rollout, selects ? NULL : &selector, sets.objects[i], err);
    object_list_free(&sets);
    if (!selects)
        selector_free(&selector);
    if (rollout->count)
        qsort(rollout->sets, rollout->count, sizeof *rollout->sets, compare_age);
    for (size_t i = 0; i < rollout->count && ret == 0 && !rollout->newest; i++) {
        int same = same_template(rollout->doc, rollout->sets[i].doc);

        if (same < 0)
            ret = error_no_memory(err);
        if (same > 0)
            rollout->newest = &rollout->sets[i];
    }
    return ret;
}

static int write_set(struct rollout *rollout, struct replica_set *set, bool new_spec, struct error *err)
{
    json_t *generation = json_object_get(json_object_get(set->doc, "metadata"), "generation");
    struct object *made;

    if (new_spec && json_integer_set(generation, json_integer_value(generation) + 1) < 0)
        return error_no_memory(err);
    if (write_doc(rollout->sim, set->object->resource, set->doc, false, &made, err) < 0)
        return -1;
    object_unref(set->object);
    set->object = made;
    return 0;
}

static long long newest_revision_but(const struct rollout *rollout, const struct replica_set *but)
{
    long long max = 0;

    for (size_t i = 0; i < rollout->count; i++) {
        long long revision = strtoll(annotation_of(rollout->sets[i].doc, REVISION), NULL, 10);

        if (&rollout->sets[i] != but && revision > max)
            max = revision;
    }
    return max;
}

/* the Deployment's annotations but for those that are its own */
static int copy_annotations(const json_t *deployment, json_t *set)
{
    static const char *const own[] = {"kubectl.kubernetes.io/last-applied-configuration",
                                      REVISION,
                                      REVISION_HISTORY,
                                      DESIRED,
                                      MAX_REPLICAS,
                                      "deprecated.deployment.rollback.to"};
    json_t *from = json_object_get(json_object_get(deployment, "metadata"), "annotations"), *value;
    const char *key;
    int bad = 0;

    json_object_foreach(from, key, value)
    {
        bool skip = false;

        for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
            skip = skip || !strcmp(own[i], key);
        if (!skip)
            bad |= json_object_set(annotations_in(set), key, value);
    }
    return bad;
}

/* util.SetNewReplicaSetAnnotations, but for the counts */
static int annotate_newest(struct rollout *rollout, json_t *set, long long revision)
{
    char old[24], history[600];
    int bad = copy_annotations(rollout->doc, set);

    snprintf(old, sizeof old, "%s", annotation_of(set, REVISION));
    if (strtoll(old, NULL, 10) >= revision)
        return bad;
    bad |= annotate_number(set, REVISION, revision);
    if (!*old)
        return bad;
    snprintf(history, sizeof history, "%s%s%s", annotation_of(set, REVISION_HISTORY), *annotation_of(set, REVISION_HISTORY) ? "," : "",
             old);
    return bad | annotate(set, REVISION_HISTORY, history);
}

int rollout_sync_newest(struct rollout *rollout, struct error *err)
{
    struct replica_set *set = rollout->newest;
    json_t *before = object_parse(set->object, err), *spec = json_object_get(set->doc, "spec");
    json_t *seconds = json_object_get(json_object_get(rollout->doc, "spec"), "minReadySeconds");
    bool new_spec = before && json_integer_value(seconds) != json_integer_value(json_object_get(spec, "minReadySeconds"));
    int ret = -1;

    if (!before)
        return -1;
    if (annotate_newest(rollout, set->doc, newest_revision_but(rollout, set) + 1) ||
        (new_spec && json_object_set_new(spec, "minReadySeconds", json_integer(json_integer_value(seconds))) < 0) ||
        annotate(rollout->doc, REVISION, annotation_of(set->doc, REVISION)))
        error_no_memory(err);
    else
        ret = json_equal(before, set->doc) ? 0 : write_set(rollout, set, new_spec, err);
    json_decref(before);
    return ret;
}

int rollout_scale(struct rollout *rollout, struct replica_set *set, json_int_t replicas, struct error *err)
{
    json_int_t had = rollout_integer(set->doc, "spec", "replicas");
    char desired[24], max[24], message[400];

    snprintf(desired, sizeof desired, "%lld", (long long)rollout->replicas);
    snprintf(max, sizeof max, "%lld", (long long)(rollout->replicas + rollout->surge));
    if (had == replicas && !strcmp(annotation_of(set->doc, DESIRED), desired) && !strcmp(annotation_of(set->doc, MAX_REPLICAS), max))
        return 0;
    if (annotate(set->doc, DESIRED, desired) || annotate(set->doc, MAX_REPLICAS, max) ||
        json_object_set_new(json_object_get(set->doc, "spec"), "replicas", json_integer(replicas)) < 0)
        return error_no_memory(err);
    if (write_set(rollout, set, had != replicas, err) < 0 || had == replicas)
        return had == replicas ? 0 : -1;
    snprintf(message, sizeof message, "Scaled %s replica set %s from %lld to %lld", had < replicas ? "up" : "down", set->object->name,
             (long long)had, (long long)replicas);
    return inside_event(rollout->sim, rollout->object, DEPLOYMENT_COMPONENT, "Normal", "ScalingReplicaSet", message, err);
}

/* controller.ComputeHash, of the template as JSON instead of Go's memory: names look alike, and differ */
static int template_hash(const struct rollout *rollout, char out[16])
{
    static const char letters[] = "bcdfghjklmnpqrstvwxz2456789";
    char *text = json_dumps(json_object_get(json_object_get(rollout->doc, "spec"), "template"), JSON_COMPACT | JSON_SORT_KEYS);
    char collisions[24], number[16];
    uint32_t hash = 2166136261u;

    if (!text)
        return -1;
    snprintf(collisions, sizeof collisions, "%lld", (long long)rollout_integer(rollout->doc, "status", "collisionCount"));
    for (const char *c = text; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    for (const char *c = collisions; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    free(text);
    snprintf(number, sizeof number, "%u", (unsigned)hash);
    for (size_t i = 0; i <= strlen(number); i++) /* rand.SafeEncodeString */
        out[i] = (char)(number[i] ? letters[number[i] % (sizeof letters - 1)] : '\0');
    return 0;
}

static json_t *draft_set(struct rollout *rollout, const char *hash, json_int_t replicas)
{
    json_t *spec = json_object_get(rollout->doc, "spec"), *seconds = json_object_get(spec, "minReadySeconds");
    json_t *template = json_deep_copy(json_object_get(spec, "template")), *selector = json_deep_copy(json_object_get(spec, "selector"));
    json_t *made = NULL, *labels;
    char name[300];
    int bad = !template || !selector;

    snprintf(name, sizeof name, "%.240s-%s", rollout->object->name, hash);
    labels = template ? member_object(member_object(template, "metadata"), "labels") : NULL;
    bad |= json_object_set_new(labels, HASH_LABEL, json_string(hash));
    bad |= json_object_set_new(selector ? member_object(selector, "matchLabels") : NULL, HASH_LABEL, json_string(hash));
    if (!bad)
        made = json_pack("{s{sssos[o]}s{sIsOsO}}", "metadata", "name", name, "labels", json_deep_copy(labels), "ownerReferences",
                         owner_controller_ref(rollout->object), "spec", "replicas", replicas, "selector", selector, "template", template);
    json_decref(template);
    json_decref(selector);
    if (made && json_integer_value(seconds))
        bad |= json_object_set(json_object_get(made, "spec"), "minReadySeconds", seconds);
    if (made)
        bad |= annotate_newest(rollout, made, newest_revision_but(rollout, NULL) + 1) | annotate_number(made, DESIRED, rollout->replicas) |
               annotate_number(made, MAX_REPLICAS, rollout->replicas + rollout->surge);
    if (!bad)
        return made;
    json_decref(made);
    return NULL;
}

/* refused: another object has the name (a hash collision, then the next one will do), or it is not allowed */
static int refused(struct rollout *rollout, int status, const char *name, const char *problem, struct error *err)
{
    json_t *of = json_object_get(rollout->doc, "status");
    char message[INSIDE_PROBLEM_BYTES + 340];
    int bad;

    if (status == 409) {
        bad = json_object_set_new(of, "collisionCount", json_integer(rollout_integer(rollout->doc, "status", "collisionCount") + 1));
        return bad ? error_no_memory(err) : 1;
    }
    snprintf(message, sizeof message, "Failed to create new replica set \"%s\": %s", name, problem);
    if (rollout_set_condition(rollout, "Progressing", "False", "ReplicaSetCreateError", message))
        return error_no_memory(err);
    return inside_event(rollout->sim, rollout->object, DEPLOYMENT_COMPONENT, "Warning", "ReplicaSetCreateError", message, err) < 0 ? -1 : 1;
}

static int made_newest(struct rollout *rollout, struct object *made, json_int_t replicas, struct error *err)
{
    char message[400];

    if (add_set(rollout, made, err) < 0)
        return -1;
    rollout->newest = &rollout->sets[rollout->count - 1];
    snprintf(message, sizeof message, "Scaled up replica set %s from 0 to %lld", made->name, (long long)replicas);
    if (replicas && inside_event(rollout->sim, rollout->object, DEPLOYMENT_COMPONENT, "Normal", "ScalingReplicaSet", message, err) < 0)
        return -1;
    snprintf(message, sizeof message, "Created new replica set \"%s\"", made->name);
    if (annotate(rollout->doc, REVISION, annotation_of(rollout->newest->doc, REVISION)) ||
        rollout_set_condition(rollout, "Progressing", "True", "NewReplicaSetCreated", message))
        return error_no_memory(err);
    return 0;
}

int rollout_make_newest(struct rollout *rollout, struct error *err)
{
    json_int_t room = rollout->replicas + rollout->surge - rollout_sum(rollout, "spec", "replicas", NULL), replicas = rollout->replicas;
    char hash[16], problem[INSIDE_PROBLEM_BYTES], name[300];
    struct object *made = NULL;
    json_t *doc;
    int ret;

    if (rollout->rolling && replicas > room)
        replicas = room > 0 ? room : 0;
    doc = template_hash(rollout, hash) == 0 ? draft_set(rollout, hash, replicas) : NULL;
    if (!doc)
        return error_no_memory(err);
    ret = inside_create(rollout->sim, resource_of_slot(SLOT_REPLICASETS), rollout->object->namespace_, doc, &made, problem, err);
    json_decref(doc);
    snprintf(name, sizeof name, "%.240s-%s", rollout->object->name, hash);
    if (ret > 0)
        return refused(rollout, ret, name, problem, err);
    if (ret == 0)
        ret = made_newest(rollout, made, replicas, err);
    object_unref(made);
    return ret;
}

int rollout_forget(struct rollout *rollout, struct error *err)
{
    json_int_t limit = rollout_integer(rollout->doc, "spec", "revisionHistoryLimit");
    size_t old = rollout->count - (rollout->newest ? 1 : 0);

    /* the oldest first; not while pods of it are left or its status is behind */
    for (size_t i = 0; i < rollout->count && old > (size_t)limit; i++) {
        struct replica_set *set = &rollout->sets[i];

        if (set == rollout->newest)
            continue;
        old--;
        if (rollout_integer(set->doc, "status", "replicas") || rollout_integer(set->doc, "spec", "replicas") ||
            rollout_integer(set->doc, "metadata", "generation") > rollout_integer(set->doc, "status", "observedGeneration") ||
            set->object->deleting)
            continue;
        if (delete_gracefully(rollout->sim, set->object, err) < 0)
            return -1;
    }
    return 0;
}
