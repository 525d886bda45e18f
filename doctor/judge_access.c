/* judge_access.c: what we may do, and what the scheduler's ServiceAccount may. */
#include <stdio.h>
#include <string.h>

#include "doctor/judge_internal.h"

/* "create pods/binding", "get leases my-scheduler in kube-system" */
static const char *deed(const json_t *rule)
{
    static char texts[4][300];
    static unsigned next;
    char *text = texts[next++ % 4];
    const char *subresource = fact_text(rule, "subresource"), *namespace_ = fact_text(rule, "namespace"), *object = fact_text(rule, "name"),
               *group = fact_text(rule, "group");

    snprintf(text, sizeof texts[0], "%s %s%s%s%s%s%s%s%s%s", fact_text(rule, "verb"), fact_text(rule, "resource"), *subresource ? "/" : "",
             subresource, *group ? "." : "", group, *object ? " " : "", object, *namespace_ ? " in " : "", namespace_);
    return text;
}

static bool is_known(const json_t *rule)
{
    return json_is_boolean(json_object_get(rule, "allowed"));
}

static void judge_me(struct judging *j)
{
    const json_t *rules = fact(j->cluster, "access.me"), *rule;
    struct word_list refused = {.count = 0};
    size_t i, unknown = 0;

    json_array_foreach(rules, i, rule)
    {
        unknown += !is_known(rule);
        if (is_known(rule) && !fact_true(rule, "allowed"))
            word_list_add(&refused, deed(rule));
    }
    if (refused.count) {
        report_bad(j->report, LEVEL_WARN, "your rights", "you may not %s", word_list_text(&refused));
        report_mend(j->report,
                    "ask an administrator for: kubectl create clusterrolebinding lab-admin --clusterrole=cluster-admin --user=%s",
                    words_shell(fact_text(j->cluster, "user.name")));
    } else if (unknown) {
        report_skip(j->report, "your rights", "the server does not tell: %s", fact_text(json_array_get(rules, 0), "message"));
    } else if (json_array_size(rules)) {
        report_ok(j->report, "your rights", "enough for the lab");
    }
}

/* one line for each rule that is missing; how many are, and how many could be asked about */
static void judge_rules(struct judging *j, const json_t *account, size_t refused, size_t known)
{
    const char *namespace_ = fact_text(account, "namespace"), *name = fact_text(account, "name");
    const json_t *rule;
    size_t i;

    if (!known) {
        report_skip(j->report, "RBAC", "of %s/%s: you may not ask: %s", namespace_, name,
                    fact_text(json_array_get(json_object_get(account, "rules"), 0), "message"));
        return;
    }
    if (!refused) {
        report_ok(j->report, "RBAC", "ServiceAccount %s/%s may do what it needs", namespace_, name);
        return;
    }
    if (refused == known && known > 1) {
        report_bad(j->report, fact_true(account, "used") ? LEVEL_FAIL : LEVEL_WARN, "RBAC",
                   "ServiceAccount %s/%s may do nothing of what manifests/rbac.yaml allows", namespace_, name);
        report_mend(j->report, "kubectl apply -f manifests/rbac.yaml");
        return;
    }
    json_array_foreach(json_object_get(account, "rules"), i, rule)
    {
        if (!is_known(rule) || fact_true(rule, "allowed"))
            continue;
        report_bad(j->report, LEVEL_FAIL, "RBAC", "ServiceAccount %s/%s may not %s", namespace_, name, deed(rule));
        report_mend(j->report, "kubectl apply -f %s", fact_text(rule, "file"));
    }
}

static void judge_account(struct judging *j, const json_t *account)
{
    const json_t *rule;
    size_t i, refused = 0, known = 0;

    if (on_simulator(j) && !fact_true(account, "used") && fact_number(account, "status", 0) == 404) {
        report_skip(j->report, "RBAC", "no ServiceAccount %s/%s: not needed by a scheduler beside the simulator",
                    fact_text(account, "namespace"), fact_text(account, "name"));
        report_mend(j->report, "kubectl apply -f manifests/rbac.yaml");
        return;
    }
    if (fact_number(account, "status", 0) == 404) {
        report_bad(j->report, fact_true(account, "used") ? LEVEL_FAIL : LEVEL_WARN, "RBAC", "ServiceAccount %s/%s does not exist",
                   fact_text(account, "namespace"), fact_text(account, "name"));
        report_mend(j->report, "kubectl apply -f manifests/rbac.yaml");
        return;
    }
    json_array_foreach(json_object_get(account, "rules"), i, rule)
    {
        known += is_known(rule);
        refused += is_known(rule) && !fact_true(rule, "allowed");
    }
    judge_rules(j, account, refused, known);
}

void judge_access(struct judging *j)
{
    const json_t *account;
    size_t i;

    judge_me(j);
    json_array_foreach(fact(j->cluster, "access.accounts"), i, account) judge_account(j, account);
}
