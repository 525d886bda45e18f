/* look_access.c: see look_access.h. */
#include "doctor/look_access.h"

#include <stdio.h>
#include <string.h>

#include "doctor/facts.h"
#include "doctor/rules.h"
#include "doctor/schedulers.h"

#define REVIEWS "/apis/authorization.k8s.io/v1"
#define ACCOUNTS_MAX 4

static json_t *new_rule(const struct rule *rule, const char *namespace_, const char *name)
{
    return json_pack("{ssssssssssssss}", "file", rule->file, "verb", rule->verb, "group", rule->group, "resource", rule->resource,
                     "subresource", rule->subresource, "namespace", namespace_, "name", name);
}

/* the attributes that the server is asked about: a rule without what is ours */
static json_t *attributes_of(const json_t *rule)
{
    json_t *attributes = json_deep_copy(rule);

    json_object_del(attributes, "file");
    return attributes;
}

/* keeps what the review says in the rule; *status is its answer's */
static int review(struct server *server, json_t *rule, const char *target, json_t *spec, int64_t *status, struct error *err)
{
    json_t *body = json_pack("{so}", "spec", spec), *answer = NULL, *allowed;
    int bad;

    if (!body)
        return error_no_memory(err);
    if (server_ask(server, target, body, &answer, err) < 0) {
        json_decref(body);
        return -1;
    }
    json_decref(body);
    *status = fact_number(answer, "status", 0);
    allowed = json_object_get(json_object_get(json_object_get(answer, "body"), "status"), "allowed");
    if (*status == 201 && json_is_boolean(allowed))
        bad = json_object_set(rule, "allowed", allowed);
    else
        bad = json_object_set(rule, "message", json_object_get(answer, "message"));
    json_decref(answer);
    return bad ? error_no_memory(err) : 0;
}

static int ask_about_me(struct server *server, const struct doctor_options *options, json_t *access, struct error *err)
{
    json_t *rules = json_array();
    int64_t status = 201;

    if (json_object_set_new(access, "me", rules) < 0)
        return error_no_memory(err);
    for (size_t i = 0; i < person_rule_count && status == 201; i++) {
        const struct rule *one = &person_rules[i];
        json_t *rule = new_rule(one, !strcmp(one->namespace_, "NAMESPACE") ? options->namespace_ : one->namespace_, "");

        if (json_array_append_new(rules, rule) < 0)
            return error_no_memory(err);
        if (review(server, rule, REVIEWS "/selfsubjectaccessreviews", json_pack("{so}", "resourceAttributes", attributes_of(rule)), &status,
                   err) < 0)
            return -1;
    }
    return 0;
}

/* who may not ask about all of the cluster may ask about a namespace */
static int ask_about(struct server *server, json_t *rule, const char *user, const char *namespace_, struct error *err)
{
    char groups[2][128], target[256];
    const char *inside = fact_text(rule, "namespace");
    int64_t status;
    json_t *spec;

    snprintf(groups[0], sizeof groups[0], "system:serviceaccounts:%.64s", namespace_);
    spec = json_pack("{sss[sss]so}", "user", user, "groups", "system:serviceaccounts", groups[0], "system:authenticated",
                     "resourceAttributes", attributes_of(rule));
    if (!spec)
        return error_no_memory(err);
    json_incref(spec);
    if (review(server, rule, REVIEWS "/subjectaccessreviews", spec, &status, err) < 0)
        goto fail;
    if (status != 403 || !*inside) {
        json_decref(spec);
        return 0;
    }
    snprintf(target, sizeof target, REVIEWS "/namespaces/%s/localsubjectaccessreviews", inside);
    return review(server, rule, target, spec, &status, err);
fail:
    json_decref(spec);
    return -1;
}

static bool is_needed(const struct rule *rule, const struct scheduler *scheduler)
{
    return rule->need == RULE_ALWAYS ||
           (scheduler && ((rule->need == RULE_ELECTS && scheduler->elects) || (rule->need == RULE_PREEMPTS && scheduler->preempts)));
}

/* a scheduler that looks at one namespace needs its pods only there */
static const char *namespace_of(const struct rule *rule, const struct scheduler *scheduler)
{
    if (!strcmp(rule->namespace_, "LEASE"))
        return scheduler ? scheduler->lease_namespace : "kube-system";
    if (*rule->namespace_ || !scheduler || !*scheduler->watched || !strcmp(rule->resource, "nodes"))
        return rule->namespace_;
    return scheduler->watched;
}

/* `scheduler` NULL: none is there yet */
static int ask_about_account(struct server *server, const struct doctor_options *options, const struct scheduler *scheduler,
                             json_t *accounts, struct error *err)
{
    const char *namespace_ = scheduler ? scheduler->namespace_ : options->namespace_,
               *name = scheduler ? scheduler->account : "my-scheduler";
    json_t *account = json_pack("{sssssbs[]}", "namespace", namespace_, "name", name, "used", scheduler != NULL, "rules"), *answer = NULL;
    char target[512], user[400];

    if (!account || json_array_append_new(accounts, account) < 0)
        return error_no_memory(err);
    snprintf(target, sizeof target, "/api/v1/namespaces/%s/serviceaccounts/%s", namespace_, name);
    if (server_ask(server, target, NULL, &answer, err) < 0)
        return -1;
    if (json_object_set(account, "status", json_object_get(answer, "status")) < 0) {
        json_decref(answer);
        return error_no_memory(err);
    }
    json_decref(answer);
    if (fact_number(account, "status", 0) == 404)
        return 0;
    snprintf(user, sizeof user, "system:serviceaccount:%s:%s", namespace_, name);
    for (size_t i = 0; i < scheduler_rule_count; i++) {
        const struct rule *one = &scheduler_rules[i];
        json_t *rule;

        if (!is_needed(one, scheduler))
            continue;
        rule = new_rule(one, namespace_of(one, scheduler), strcmp(one->name, "LEASE") ? one->name : scheduler->lease);
        if (json_array_append_new(json_object_get(account, "rules"), rule) < 0)
            return error_no_memory(err);
        if (ask_about(server, rule, user, namespace_, err) < 0)
            return -1;
    }
    return 0;
}

static bool is_told(const struct schedulers *schedulers, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (!schedulers->one[k].is_kube_scheduler && !strcmp(schedulers->one[k].account, schedulers->one[i].account) &&
            !strcmp(schedulers->one[k].namespace_, schedulers->one[i].namespace_) &&
            schedulers->one[k].elects == schedulers->one[i].elects && schedulers->one[k].preempts == schedulers->one[i].preempts)
            return true;
    return false;
}

int look_at_access(struct server *server, const struct doctor_options *options, json_t *facts, struct error *err)
{
    json_t *access = json_pack("{s[]}", "accounts");
    struct schedulers schedulers;
    size_t asked = 0;

    if (!access || json_object_set_new(facts, "access", access) < 0)
        return error_no_memory(err);
    if (ask_about_me(server, options, access, err) < 0)
        return -1;
    schedulers_find(facts, options->image, &schedulers);
    for (size_t i = 0; i < schedulers.count && asked < ACCOUNTS_MAX; i++) {
        if (schedulers.one[i].is_kube_scheduler || is_told(&schedulers, i))
            continue;
        asked++;
        if (ask_about_account(server, options, &schedulers.one[i], json_object_get(access, "accounts"), err) < 0)
            return -1;
    }
    return asked ? 0 : ask_about_account(server, options, NULL, json_object_get(access, "accounts"), err);
}
