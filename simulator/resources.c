/*
 * resources.c: the table behind resources.h.
 */
#include "simulator/resources.h"

#define ALL "create delete deletecollection get list patch update watch"
#define STATUS "get patch update"

static const struct api_resource table[] = {
    {"", "v1", "bindings", NULL, "binding", "Binding", true, "create", "", "", ""},
    {"", "v1", "configmaps", NULL, "configmap", "ConfigMap", true, ALL, "cm", "", ""},
    {"", "v1", "events", NULL, "event", "Event", true, ALL, "ev", "", ""},
    {"", "v1", "namespaces", NULL, "namespace", "Namespace", false, "create delete get list patch update watch", "ns", "", ""},
    {"", "v1", "namespaces", "status", "", "Namespace", false, STATUS, "", "", ""},
    {"", "v1", "nodes", NULL, "node", "Node", false, ALL, "no", "", ""},
    {"", "v1", "nodes", "status", "", "Node", false, STATUS, "", "", ""},
    {"", "v1", "pods", NULL, "pod", "Pod", true, ALL, "po", "all", ""},
    {"", "v1", "pods", "binding", "", "Binding", true, "create", "", "", ""},
    {"", "v1", "pods", "status", "", "Pod", true, STATUS, "", "", ""},
    {"", "v1", "serviceaccounts", NULL, "serviceaccount", "ServiceAccount", true, ALL, "sa", "", ""},
    {"", "v1", "serviceaccounts", "token", "", "TokenRequest", true, "create", "", "", "authentication.k8s.io/v1"},
    {"apps", "v1", "deployments", NULL, "deployment", "Deployment", true, ALL, "deploy", "all", ""},
    {"apps", "v1", "deployments", "scale", "", "Scale", true, STATUS, "", "", "autoscaling/v1"},
    {"apps", "v1", "deployments", "status", "", "Deployment", true, STATUS, "", "", ""},
    {"apps", "v1", "replicasets", NULL, "replicaset", "ReplicaSet", true, ALL, "rs", "all", ""},
    {"apps", "v1", "replicasets", "scale", "", "Scale", true, STATUS, "", "", "autoscaling/v1"},
    {"apps", "v1", "replicasets", "status", "", "ReplicaSet", true, STATUS, "", "", ""},
    {"authentication.k8s.io", "v1", "selfsubjectreviews", NULL, "selfsubjectreview", "SelfSubjectReview", false, "create", "", "", ""},
    {"authorization.k8s.io", "v1", "localsubjectaccessreviews", NULL, "localsubjectaccessreview", "LocalSubjectAccessReview", true,
     "create", "", "", ""},
    {"authorization.k8s.io", "v1", "selfsubjectaccessreviews", NULL, "selfsubjectaccessreview", "SelfSubjectAccessReview", false, "create",
     "", "", ""},
    {"authorization.k8s.io", "v1", "selfsubjectrulesreviews", NULL, "selfsubjectrulesreview", "SelfSubjectRulesReview", false, "create", "",
     "", ""},
    {"authorization.k8s.io", "v1", "subjectaccessreviews", NULL, "subjectaccessreview", "SubjectAccessReview", false, "create", "", "", ""},
    {"coordination.k8s.io", "v1", "leases", NULL, "lease", "Lease", true, ALL, "", "", ""},
    {"events.k8s.io", "v1", "events", NULL, "event", "Event", true, ALL, "ev", "", ""},
    {"rbac.authorization.k8s.io", "v1", "clusterrolebindings", NULL, "clusterrolebinding", "ClusterRoleBinding", false, ALL, "", "", ""},
    {"rbac.authorization.k8s.io", "v1", "clusterroles", NULL, "clusterrole", "ClusterRole", false, ALL, "", "", ""},
    {"rbac.authorization.k8s.io", "v1", "rolebindings", NULL, "rolebinding", "RoleBinding", true, ALL, "", "", ""},
    {"rbac.authorization.k8s.io", "v1", "roles", NULL, "role", "Role", true, ALL, "", "", ""},
};

const struct api_resource *api_resources(size_t *count)
{
    *count = sizeof table / sizeof table[0];
    return table;
}
