/*
 * field_names_groups.c: Deployments, ReplicaSets, roles and bindings, read off the schemas that kube-apiserver 1.34 serves.
 */
#include <stddef.h>
#include <string.h>

#include "simulator/field_names.h"

static const struct names pod_template_names = {"", {{"metadata", &object_meta_names}, {"spec", &pod_spec_names}}};

static const struct names rolling_update_names = {"maxSurge maxUnavailable", {{NULL, NULL}}};

static const struct names strategy_names = {"type", {{"rollingUpdate", &rolling_update_names}}};

static const struct names deployment_spec_names = {
    "minReadySeconds paused progressDeadlineSeconds replicas revisionHistoryLimit",
    {{"selector", &label_selector_names}, {"strategy", &strategy_names}, {"template", &pod_template_names}}};

static const struct names replica_set_spec_names = {"minReadySeconds replicas",
                                                    {{"selector", &label_selector_names}, {"template", &pod_template_names}}};

static const struct names workload_status_names = {
    "availableReplicas collisionCount conditions fullyLabeledReplicas observedGeneration readyReplicas replicas terminatingReplicas "
    "unavailableReplicas updatedReplicas",
    {{NULL, NULL}}};

static const struct names deployment_names = {
    "apiVersion kind", {{"metadata", &object_meta_names}, {"spec", &deployment_spec_names}, {"status", &workload_status_names}}};

static const struct names replica_set_names = {
    "apiVersion kind", {{"metadata", &object_meta_names}, {"spec", &replica_set_spec_names}, {"status", &workload_status_names}}};

static const struct names rule_names = {"apiGroups nonResourceURLs resourceNames resources verbs", {{NULL, NULL}}};

static const struct names aggregation_names = {"", {{"clusterRoleSelectors", &label_selector_names}}};

static const struct names role_names = {"apiVersion kind", {{"metadata", &object_meta_names}, {"rules", &rule_names}}};

static const struct names cluster_role_names = {
    "apiVersion kind", {{"aggregationRule", &aggregation_names}, {"metadata", &object_meta_names}, {"rules", &rule_names}}};

static const struct names role_ref_names = {"apiGroup kind name", {{NULL, NULL}}};

static const struct names subject_names = {"apiGroup kind name namespace", {{NULL, NULL}}};

static const struct names binding_names = {"apiVersion kind",
                                           {{"metadata", &object_meta_names}, {"roleRef", &role_ref_names}, {"subjects", &subject_names}}};

const struct names *field_names_of_group(const char *group, const char *kind)
{
    static const struct {
        const char *group, *kind;
        const struct names *names;
    } kinds[] = {{"apps", "Deployment", &deployment_names},
                 {"apps", "ReplicaSet", &replica_set_names},
                 {"rbac.authorization.k8s.io", "Role", &role_names},
                 {"rbac.authorization.k8s.io", "ClusterRole", &cluster_role_names},
                 {"rbac.authorization.k8s.io", "RoleBinding", &binding_names},
                 {"rbac.authorization.k8s.io", "ClusterRoleBinding", &binding_names}};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].group, group) == 0 && strcmp(kinds[i].kind, kind) == 0)
            return kinds[i].names;
    return NULL;
}
