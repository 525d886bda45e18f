/* schedulers.c: see schedulers.h. */
#include "doctor/schedulers.h"

#include <stdio.h>
#include <string.h>

#include "doctor/facts.h"
#include "doctor/words.h"

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static bool is_one_of_ours(const char *path)
{
    static const char *const names[] = {"polling-scheduler", "watch-scheduler", "polling", "watch"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!strcmp(base_name(path), names[i]))
            return true;
    return false;
}

/* The i-th word of what the container runs, of command and args; NULL behind the last. */
static const char *word_at(const json_t *container, size_t i)
{
    const json_t *command = json_object_get(container, "command"), *args = json_object_get(container, "args");
    const size_t first = json_array_size(command);
    const json_t *word = i < first ? json_array_get(command, i) : json_array_get(args, i - first);

    return i < first + json_array_size(args) ? (json_is_string(word) ? json_string_value(word) : "") : NULL;
}

/* the value of --FLAG=VALUE or --FLAG VALUE, "" for a flag without; NULL: it is not there */
static const char *flag_of(const json_t *container, const char *flag)
{
    const size_t bytes = strlen(flag);
    const char *word, *value = NULL;

    for (size_t i = 0; (word = word_at(container, i)); i++) {
        if (strncmp(word, flag, bytes) != 0)
            continue;
        if (word[bytes] == '=')
            value = word + bytes + 1;
        else if (!word[bytes])
            value = word_at(container, i + 1) ? word_at(container, i + 1) : "";
    }
    return value;
}

static bool is_kube_scheduler(const json_t *container)
{
    const char *first = word_at(container, 0);

    return !strcmp(fact_text(container, "name"), "kube-scheduler") || (first && !strcmp(base_name(first), "kube-scheduler"));
}

/* the same repository, whatever the tag */
static bool same_repository(const char *a, const char *b)
{
    char names[2][600];

    words_image(a, names[0], sizeof names[0]);
    words_image(b, names[1], sizeof names[1]);
    for (int i = 0; i < 2; i++) {
        char *tag = strrchr(names[i], ':');

        if (tag && !strchr(tag, '/'))
            *tag = '\0';
    }
    return !strcmp(names[0], names[1]);
}

bool schedulers_is_container(const json_t *container, const char *image)
{
    const char *first = word_at(container, 0);

    if (is_kube_scheduler(container) || flag_of(container, "--scheduler-name"))
        return true;
    if (first && *first != '-')
        return is_one_of_ours(first);
    return same_repository(fact_text(container, "image"), image);
}

/* as common/scheduler_lead.c names it; $(NAMESPACE) is the pod's own */
static void describe_lease(const json_t *container, struct scheduler *out)
{
    static const char from[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_/", to[] = "abcdefghijklmnopqrstuvwxyz--";
    const char *name = flag_of(container, "--leader-elect-resource-name"),
               *namespace_ = flag_of(container, "--leader-elect-resource-namespace");

    out->lease_namespace = !namespace_ ? "kube-system" : *namespace_ == '$' ? out->namespace_ : namespace_;
    snprintf(out->lease, sizeof out->lease, "%s", name ? name : out->serves);
    for (char *c = out->lease; *c; c++) {
        const char *found = strchr(from, *c);

        if (found)
            *c = to[found - from];
    }
}

static void describe(const json_t *container, const json_t *pod_spec, struct scheduler *out)
{
    const char *name = flag_of(container, "--scheduler-name"), *policy = flag_of(container, "--policy"),
               *watched = flag_of(container, "--namespace"), *elects = flag_of(container, "--leader-elect");

    out->is_kube_scheduler = is_kube_scheduler(container);
    out->serves = name ? name : out->is_kube_scheduler ? "default-scheduler" : "my-scheduler";
    out->image = fact_text(container, "image");
    out->pull_policy = fact_text(container, "imagePullPolicy");
    out->account = *fact_text(pod_spec, "serviceAccountName") ? fact_text(pod_spec, "serviceAccountName") : "default";
    out->watched = watched ? watched : "";
    out->elects = elects && strcmp(elects, "false") != 0;
    describe_lease(container, out);
    out->preempts = flag_of(container, "--preemption") || (policy && !strcmp(policy, "one-per-node"));
}

/* adds the first container that is a scheduler, as one object's */
static bool take(struct schedulers *out, const json_t *object, const json_t *pod_spec, const char *image)
{
    const json_t *container;
    size_t i;

    json_array_foreach(json_object_get(pod_spec, "containers"), i, container)
    {
        if (!schedulers_is_container(container, image) || out->count == SCHEDULERS_MAX)
            continue;
        out->one[out->count] = (struct scheduler){.object = object,
                                                  .namespace_ = fact_text(object, "metadata.namespace"),
                                                  .name = fact_text(object, "metadata.name"),
                                                  .container = i};
        describe(container, pod_spec, &out->one[out->count++]);
        return true;
    }
    return false;
}

static bool is_replica(const json_t *pod)
{
    const json_t *owners = fact(pod, "metadata.ownerReferences");

    return !strcmp(fact_text(json_array_get(owners, 0), "kind"), "ReplicaSet");
}

static bool is_ready(const json_t *pod)
{
    const json_t *condition;
    size_t i;

    json_array_foreach(fact(pod, "status.conditions"), i, condition) if (!strcmp(fact_text(condition, "type"), "Ready")) return !strcmp(
        fact_text(condition, "status"), "True");
    return !strcmp(fact_text(pod, "status.phase"), "Running");
}

void schedulers_find(const json_t *cluster, const char *image, struct schedulers *out)
{
    const json_t *object;
    size_t i;

    out->count = 0;
    json_array_foreach(fact(cluster, "deployments.items"), i, object)
    {
        if (!take(out, object, fact(object, "spec.template.spec"), image))
            continue;
        out->one[out->count - 1].wanted = fact_number(object, "spec.replicas", 1);
        out->one[out->count - 1].ready = fact_number(object, "status.readyReplicas", 0);
    }
    json_array_foreach(fact(cluster, "pods.items"), i, object)
    {
        const char *phase = fact_text(object, "status.phase");

        if (is_replica(object) || !strcmp(phase, "Succeeded") || !strcmp(phase, "Failed") ||
            !take(out, object, json_object_get(object, "spec"), image))
            continue;
        out->one[out->count - 1].is_pod = true;
        out->one[out->count - 1].wanted = 1;
        out->one[out->count - 1].ready = is_ready(object);
    }
}
