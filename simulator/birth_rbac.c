/*
 * birth_rbac.c: the roles that kube-apiserver makes for itself, those of them that a lab meets (plugin/pkg/auth/authorizer/rbac/bootstrappolicy). admin, edit
 * and view are about what the simulator has.
 */
#include <stdio.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/inside.h"
#include "simulator/rbac.h"

#define READ "\"get\",\"list\",\"watch\""
#define WRITE "\"create\",\"delete\",\"deletecollection\",\"patch\",\"update\""
#define RULE(groups, resources, verbs) "{\"apiGroups\":[" groups "],\"resources\":[" resources "],\"verbs\":[" verbs "]}"
#define HEALTH "\"/healthz\",\"/livez\",\"/readyz\",\"/version\",\"/version/\""
#define WORKLOADS "\"deployments\",\"deployments/scale\",\"replicasets\",\"replicasets/scale\""
#define VIEW                                                                                                                               \
    RULE("\"\"", "\"configmaps\",\"events\",\"namespaces\",\"pods\",\"pods/status\",\"serviceaccounts\"", READ)                            \
    "," RULE("\"apps\"", WORKLOADS ",\"deployments/status\",\"replicasets/status\"", READ) "," RULE("\"events.k8s.io\"", "\"events\"", READ)
#define EDIT                                                                                                                               \
    VIEW "," RULE("\"\"", "\"configmaps\",\"events\",\"pods\",\"serviceaccounts\"", WRITE) "," RULE(                                       \
        "\"\"", "\"serviceaccounts/token\"", "\"create\"") "," RULE("\"apps\"", WORKLOADS, WRITE) "," RULE("\"coordination.k8s.io\"",      \
                                                                                                           "\"leases\"", READ "," WRITE)

static const struct {
    const char *name, *rules, *kind, *subject; /* who has it: NULL, or a subject of the binding of the same name */
} roles[] = {
    {"cluster-admin", RULE("\"*\"", "\"*\"", "\"*\"") ",{\"nonResourceURLs\":[\"*\"],\"verbs\":[\"*\"]}", "Group", "system:masters"},
    {"admin", EDIT "," RULE("\"rbac.authorization.k8s.io\"", "\"rolebindings\",\"roles\"", READ "," WRITE), NULL, NULL},
    {"edit", EDIT, NULL, NULL},
    {"view", VIEW, NULL, NULL},
    {"system:basic-user",
     RULE("\"authorization.k8s.io\"", "\"selfsubjectaccessreviews\",\"selfsubjectrulesreviews\"",
          "\"create\"") "," RULE("\"authentication.k8s.io\"", "\"selfsubjectreviews\"", "\"create\""),
     "Group", "system:authenticated"},
    {"system:discovery",
     "{\"nonResourceURLs\":[\"/api\",\"/api/*\",\"/apis\",\"/apis/*\",\"/openapi\",\"/openapi/*\"," HEALTH "],\"verbs\":[\"get\"]}",
     "Group", "system:authenticated"},
    {"system:public-info-viewer", "{\"nonResourceURLs\":[" HEALTH "],\"verbs\":[\"get\"]}", "Group", "system:authenticated"},
    {"system:kube-scheduler",
     RULE("\"\",\"events.k8s.io\"", "\"events\"", "\"create\",\"patch\",\"update\"") "," RULE(
         "\"coordination.k8s.io\"", "\"leases\"",
         "\"create\"") ","
                       "{\"apiGroups\":[\"coordination.k8s.io\"],\"resourceNames\":[\"kube-scheduler\"],\"resources\":[\"leases\"],"
                       "\"verbs\":[\"get\",\"list\",\"update\",\"watch\"]}," RULE("\"\"", "\"nodes\"", READ) "," RULE("\"\"", "\"pods\"", "\"delete\"," READ) "," RULE("\"\"", "\"bindings\",\"pods/binding\"", "\"create\"") "," RULE(
                           "\"\"", "\"pods/status\"",
                           "\"patch\",\"update\"") "," RULE("\"\"", "\"replicationcontrollers\",\"services\"",
                                                            READ) "," RULE("\"apps\",\"extensions\"", "\"replicasets\"",
                                                                           READ) "," RULE("\"apps\"", "\"statefulsets\"",
                                                                                          READ) "," RULE("\"policy\"",
                                                                                                         "\"poddisruptionbudgets\"",
                                                                                                         READ) "," RULE("\"\"",
                                                                                                                        "\"persistentvolume"
                                                                                                                        "claims\","
                                                                                                                        "\"persistentvolume"
                                                                                                                        "s\"",
                                                                                                                        READ) "," RULE("\"s"
                                                                                                                                       "tor"
                                                                                                                                       "age"
                                                                                                                                       ".k8"
                                                                                                                                       "s."
                                                                                                                                       "io"
                                                                                                                                       "\"",
                                                                                                                                       "\"c"
                                                                                                                                       "sid"
                                                                                                                                       "riv"
                                                                                                                                       "ers"
                                                                                                                                       "\","
                                                                                                                                       "\"c"
                                                                                                                                       "sin"
                                                                                                                                       "ode"
                                                                                                                                       "s\""
                                                                                                                                       ",\""
                                                                                                                                       "csi"
                                                                                                                                       "sto"
                                                                                                                                       "rag"
                                                                                                                                       "eca"
                                                                                                                                       "pac"
                                                                                                                                       "iti"
                                                                                                                                       "es"
                                                                                                                                       "\","
                                                                                                                                       "\"v"
                                                                                                                                       "olu"
                                                                                                                                       "mea"
                                                                                                                                       "tta"
                                                                                                                                       "chm"
                                                                                                                                       "ent"
                                                                                                                                       "s"
                                                                                                                                       "\"",
                                                                                                                                       READ) "," RULE("\"\"",
                                                                                                                                                      "\"namespaces\"",
                                                                                                                                                      READ),
     "User", "system:kube-scheduler"},
    {"system:volume-scheduler",
     RULE("\"\"", "\"persistentvolumeclaims\",\"persistentvolumes\"", READ ",\"patch\",\"update\"") "," RULE("\"storage.k8s.io\"",
                                                                                                             "\"storageclasses\"", READ),
     "User", "system:kube-scheduler"},
};

static int make(struct sim *sim, enum slot slot, const char *name, const char *rest, struct error *err)
{
    char problem[INSIDE_PROBLEM_BYTES];
    struct buffer text;
    json_t *doc = NULL;
    int ret = -1;

    buffer_init(&text, LIMIT_OBJECT_BYTES);
    if (buffer_printf(&text, err,
                      "{\"metadata\":{\"name\":\"%s\",\"labels\":{\"kubernetes.io/bootstrapping\":\"rbac-defaults\"},\"annotations\":{"
                      "\"rbac.authorization.kubernetes.io/autoupdate\":\"true\"}},%s}",
                      name, rest) < 0)
        goto cleanup;
    doc = json_loads(text.data, 0, NULL);
    if (!doc)
        error_no_memory(err);
    else
        ret = inside_create(sim, resource_of_slot(slot), "", doc, NULL, problem, err);
    if (ret > 0)
        ret = error_set(err, ERROR_RUNTIME, "%s", problem);
cleanup:
    json_decref(doc);
    buffer_free(&text);
    return ret;
}

static int bind(struct sim *sim, const char *name, const char *kind, const char *subject, struct error *err)
{
    static const char everybody[] = ",{\"kind\":\"Group\",\"name\":\"system:unauthenticated\"}";
    bool public = !strcmp(name, "system:public-info-viewer");
    char rest[400];

    snprintf(rest, sizeof rest, "\"subjects\":[{\"kind\":\"%s\",\"name\":\"%s\"}%s],\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":\"%s\"}",
             kind, subject, public ? everybody : "", name);
    return make(sim, SLOT_CLUSTERROLEBINDINGS, name, rest, err);
}

int birth_rbac(struct sim *sim, struct error *err)
{
    char rest[4096];

    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        snprintf(rest, sizeof rest, "\"rules\":[%s]", roles[i].rules);
        if (make(sim, SLOT_CLUSTERROLES, roles[i].name, rest, err) < 0)
            return -1;
        if (roles[i].kind && bind(sim, roles[i].name, roles[i].kind, roles[i].subject, err) < 0)
            return -1;
    }
    return 0;
}
