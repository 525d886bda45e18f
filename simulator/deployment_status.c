/* deployment_status.c: what a Deployment says of itself, and whether it gets on (progress.go). */
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "simulator/deployment.h"

static const char *text_of(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value ? value : "";
}

static json_t *conditions_in(json_t *status)
{
    json_t *have = json_object_get(status, "conditions");

    if (!json_is_array(have)) {
        json_object_set_new(status, "conditions", json_array());
        have = json_object_get(status, "conditions");
    }
    return have;
}

static json_t *condition_of(const json_t *status, const char *type, size_t *at)
{
    json_t *condition;
    size_t i;

    json_array_foreach(json_object_get(status, "conditions"), i, condition)
    {
        if (!strcmp(text_of(condition, "type"), type)) {
            if (at)
                *at = i;
            return condition;
        }
    }
    return NULL;
}

static void remove_condition(json_t *status, const char *type)
{
    size_t at;

    if (condition_of(status, type, &at))
        json_array_remove(json_object_get(status, "conditions"), at);
}

static int put_condition(struct rollout *rollout, const char *type, const char *value, const char *reason, const char *message)
{
    json_t *status = json_object_get(rollout->doc, "status"), *old = condition_of(status, type, NULL), *made;
    char now[32];
    const char *since = now;

    sim_now_text(rollout->sim, now);
    if (old && !strcmp(text_of(old, "status"), value))
        since = text_of(old, "lastTransitionTime");
    made = json_pack("{ssssssssssss}", "type", type, "status", value, "lastUpdateTime", now, "lastTransitionTime", since, "reason", reason,
                     "message", message);
    remove_condition(status, type);
    return json_array_append_new(conditions_in(status), made);
}

int rollout_set_condition(struct rollout *rollout, const char *type, const char *status, const char *reason, const char *message)
{
    const json_t *old = condition_of(json_object_get(rollout->doc, "status"), type, NULL);

    if (old && !strcmp(text_of(old, "status"), status) && !strcmp(text_of(old, "reason"), reason))
        return 0;
    return put_condition(rollout, type, status, reason, message);
}

/* a count is left out where it is 0, as Go leaves it out */
static int set_count(json_t *status, const char *key, json_int_t count)
{
    if (count)
        return json_object_set_new(status, key, json_integer(count));
    json_object_del(status, key);
    return 0;
}

static int set_counts(struct rollout *rollout)
{
    json_t *status = json_object_get(rollout->doc, "status");
    json_int_t available = rollout_sum(rollout, "status", "availableReplicas", NULL);
    json_int_t missing = rollout_sum(rollout, "spec", "replicas", NULL) - available;
    int bad = set_count(status, "observedGeneration", rollout_integer(rollout->doc, "metadata", "generation"));

    bad |= set_count(status, "replicas", rollout_sum(rollout, "status", "replicas", NULL));
    bad |= set_count(status, "updatedReplicas", rollout->newest ? rollout_integer(rollout->newest->doc, "status", "replicas") : 0);
    bad |= set_count(status, "readyReplicas", rollout_sum(rollout, "status", "readyReplicas", NULL));
    bad |= set_count(status, "availableReplicas", available);
    bad |= set_count(status, "unavailableReplicas", missing > 0 ? missing : 0);
    if (available >= rollout->replicas - rollout->unavailable)
        return bad |
               rollout_set_condition(rollout, "Available", "True", "MinimumReplicasAvailable", "Deployment has minimum availability.");
    return bad | rollout_set_condition(rollout, "Available", "False", "MinimumReplicasUnavailable",
                                       "Deployment does not have minimum availability.");
}

static json_int_t count_in(const json_t *status, const char *key)
{
    return json_integer_value(json_object_get(status, key));
}

bool rollout_is_complete(const struct rollout *rollout)
{
    const json_t *status = json_object_get(rollout->doc, "status");

    return count_in(status, "updatedReplicas") == rollout->replicas && count_in(status, "replicas") == rollout->replicas &&
           count_in(status, "availableReplicas") == rollout->replicas;
}

static bool got_on(const json_t *old, const json_t *status)
{
    json_int_t had_old = count_in(old, "replicas") - count_in(old, "updatedReplicas");
    json_int_t has_old = count_in(status, "replicas") - count_in(status, "updatedReplicas");

    return count_in(status, "updatedReplicas") > count_in(old, "updatedReplicas") || has_old < had_old ||
           count_in(status, "readyReplicas") > count_in(old, "readyReplicas") ||
           count_in(status, "availableReplicas") > count_in(old, "availableReplicas");
}

/* how long until it counts as stuck; 0: it does. What says FailedRSCreate or is done is never stuck for longer */
static int64_t patience_us(const struct rollout *rollout, const json_t *condition)
{
    json_int_t deadline = rollout_integer(rollout->doc, "spec", "progressDeadlineSeconds");
    int64_t since_us;

    if (clock_parse_rfc3339(text_of(condition, "lastUpdateTime"), &since_us) < 0)
        return 0;
    since_us += deadline * 1000000 - sim_wall_us(rollout->sim);
    return since_us > 0 ? since_us : 0;
}

static int estimate(struct rollout *rollout)
{
    json_t *status = json_object_get(rollout->doc, "status"), *condition = condition_of(status, "Progressing", NULL);
    const char *name = rollout->newest ? rollout->newest->object->name : rollout->object->name;
    char message[400], subject[320];
    int64_t patience;

    if (condition && !strcmp(text_of(condition, "reason"), "NewReplicaSetAvailable") &&
        count_in(status, "replicas") == count_in(status, "updatedReplicas"))
        return 0;
    snprintf(subject, sizeof subject, "%s \"%s\"", rollout->newest ? "ReplicaSet" : "Deployment", name);
    if (rollout_is_complete(rollout)) {
        snprintf(message, sizeof message, "%s has successfully progressed.", subject);
        return rollout_set_condition(rollout, "Progressing", "True", "NewReplicaSetAvailable", message);
    }
    if (got_on(rollout->was, status)) {
        snprintf(message, sizeof message, "%s is progressing.", subject);
        return put_condition(rollout, "Progressing", "True", "ReplicaSetUpdated", message);
    }
    if (!condition || !strcmp(text_of(condition, "reason"), "ProgressDeadlineExceeded"))
        return 0;
    patience = patience_us(rollout, condition);
    if (patience) {
        controllers_look_at(rollout->sim, SLOT_DEPLOYMENTS, rollout->object->key, sim_now_us(rollout->sim) + patience);
        return 0;
    }
    snprintf(message, sizeof message, "%s has timed out progressing.", subject);
    return rollout_set_condition(rollout, "Progressing", "False", "ProgressDeadlineExceeded", message);
}

/* the failure of a ReplicaSet is the Deployment's; the newest one's first */
static int take_over_failure(struct rollout *rollout)
{
    json_t *status = json_object_get(rollout->doc, "status"), *failure = NULL;

    if (rollout->newest)
        failure = condition_of(json_object_get(rollout->newest->doc, "status"), "ReplicaFailure", NULL);
    for (size_t i = 0; i < rollout->count && !failure; i++)
        failure = condition_of(json_object_get(rollout->sets[i].doc, "status"), "ReplicaFailure", NULL);
    if (failure)
        return rollout_set_condition(rollout, "ReplicaFailure", text_of(failure, "status"), text_of(failure, "reason"),
                                     text_of(failure, "message"));
    remove_condition(status, "ReplicaFailure");
    return 0;
}

/* checkPausedConditions */
static int say_paused(struct rollout *rollout)
{
    const json_t *condition = condition_of(json_object_get(rollout->doc, "status"), "Progressing", NULL);
    bool paused = json_is_true(json_object_get(json_object_get(rollout->doc, "spec"), "paused"));
    bool said = condition && !strcmp(text_of(condition, "reason"), "DeploymentPaused");

    if (condition && !strcmp(text_of(condition, "reason"), "ProgressDeadlineExceeded"))
        return 0;
    if (paused && !said)
        return rollout_set_condition(rollout, "Progressing", "Unknown", "DeploymentPaused", "Deployment is paused");
    if (!paused && said)
        return rollout_set_condition(rollout, "Progressing", "Unknown", "DeploymentResumed", "Deployment is resumed");
    return 0;
}

int rollout_make_status(struct rollout *rollout, bool estimates, struct error *err)
{
    int bad = set_counts(rollout);

    if (!rollout->object->deleting)
        bad |= say_paused(rollout);
    if (estimates)
        bad |= estimate(rollout) | take_over_failure(rollout);
    return bad ? error_no_memory(err) : 0;
}
