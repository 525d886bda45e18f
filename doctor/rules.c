/* rules.c: the tables behind rules.h. */
#include "doctor/rules.h"

#define BASE "manifests/rbac.yaml", RULE_ALWAYS
#define ELECTION "manifests/rbac.yaml", RULE_ELECTS
#define PREEMPTION "manifests/rbac-preemption.yaml", RULE_PREEMPTS

const struct rule scheduler_rules[] = {
    {BASE, "list", "", "nodes", "", "", ""},
    {BASE, "watch", "", "nodes", "", "", ""},
    {BASE, "get", "", "pods", "", "", ""},
    {BASE, "list", "", "pods", "", "", ""},
    {BASE, "watch", "", "pods", "", "", ""},
    {BASE, "create", "", "pods", "binding", "", ""},
    {BASE, "create", "events.k8s.io", "events", "", "", ""},
    {BASE, "patch", "events.k8s.io", "events", "", "", ""},
    {BASE, "patch", "", "pods", "status", "", ""},
    {ELECTION, "create", "coordination.k8s.io", "leases", "", "LEASE", ""},
    {ELECTION, "get", "coordination.k8s.io", "leases", "", "LEASE", "LEASE"},
    {ELECTION, "update", "coordination.k8s.io", "leases", "", "LEASE", "LEASE"},
    {PREEMPTION, "delete", "", "pods", "", "", ""},
};
const size_t scheduler_rule_count = sizeof scheduler_rules / sizeof scheduler_rules[0];

const struct rule person_rules[] = {
    {"", RULE_ALWAYS, "list", "", "nodes", "", "", ""},
    {"", RULE_ALWAYS, "list", "", "pods", "", "", ""},
    {"", RULE_ALWAYS, "create", "", "pods", "", "default", ""},
    {"", RULE_ALWAYS, "get", "", "pods", "log", "NAMESPACE", ""},
    {"", RULE_ALWAYS, "create", "", "serviceaccounts", "", "NAMESPACE", ""},
    {"", RULE_ALWAYS, "create", "apps", "deployments", "", "NAMESPACE", ""},
    {"", RULE_ALWAYS, "create", "rbac.authorization.k8s.io", "clusterroles", "", "", ""},
    {"", RULE_ALWAYS, "create", "rbac.authorization.k8s.io", "clusterrolebindings", "", "", ""},
};
const size_t person_rule_count = sizeof person_rules / sizeof person_rules[0];
