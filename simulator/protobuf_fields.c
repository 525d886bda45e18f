/*
 * protobuf_fields.c: what kubectl's own commands write in protobuf (generated.proto of k8s.io/api and k8s.io/apimachinery). Of a Deployment only what
 * `kubectl create deployment` says.
 */
#include "simulator/protobuf_fields.h"

#include <string.h>

static const struct field owner[] = {
    TEXT(1, "kind"), TEXT(3, "name"), TEXT(4, "uid"), TEXT(5, "apiVersion"), FLAG(6, "controller"), FLAG(7, "blockOwnerDeletion"), END};
static const struct field metadata[] = {TEXT(1, "name"),
                                        TEXT(2, "generateName"),
                                        TEXT(3, "namespace"),
                                        TEXT(4, "selfLink"),
                                        TEXT(5, "uid"),
                                        TEXT(6, "resourceVersion"),
                                        NUMBER(7, "generation"),
                                        WHEN(8, "creationTimestamp"),
                                        WHEN(9, "deletionTimestamp"),
                                        NUMBER(10, "deletionGracePeriodSeconds"),
                                        TEXT_MAP(11, "labels"),
                                        TEXT_MAP(12, "annotations"),
                                        PARTS(13, "ownerReferences", owner),
                                        TEXTS(14, "finalizers"),
                                        END};
static const struct field namespace_spec[] = {TEXTS(1, "finalizers"), END};
static const struct field namespace_status[] = {TEXT(1, "phase"), END};
static const struct field namespace_[] = {PART(1, "metadata", metadata), PART(2, "spec", namespace_spec),
                                          PART(3, "status", namespace_status), END};
static const struct field configmap[] = {PART(1, "metadata", metadata), TEXT_MAP(2, "data"), FLAG(4, "immutable"), END};
static const struct field serviceaccount[] = {PART(1, "metadata", metadata), FLAG(4, "automountServiceAccountToken"), END};
static const struct field reference[] = {TEXT(1, "kind"),       TEXT(2, "namespace"),       TEXT(3, "name"),      TEXT(4, "uid"),
                                         TEXT(5, "apiVersion"), TEXT(6, "resourceVersion"), TEXT(7, "fieldPath"), END};
static const struct field binding[] = {PART(1, "metadata", metadata), PART(2, "target", reference), END};
static const struct field lease_spec[] = {TEXT(1, "holderIdentity"),  NUMBER(2, "leaseDurationSeconds"), WHEN_MICRO(3, "acquireTime"),
                                          WHEN_MICRO(4, "renewTime"), NUMBER(5, "leaseTransitions"),     END};
static const struct field lease[] = {PART(1, "metadata", metadata), PART(2, "spec", lease_spec), END};
static const struct field resource_attributes[] = {TEXT(1, "namespace"), TEXT(2, "verb"),        TEXT(3, "group"), TEXT(4, "version"),
                                                   TEXT(5, "resource"),  TEXT(6, "subresource"), TEXT(7, "name"),  END};
static const struct field other_attributes[] = {TEXT(1, "path"), TEXT(2, "verb"), END};
static const struct field review_spec[] = {PART(1, "resourceAttributes", resource_attributes),
                                           PART(2, "nonResourceAttributes", other_attributes), END};
static const struct field review_status[] = {FLAG(1, "allowed"), TEXT(2, "reason"), TEXT(3, "evaluationError"), FLAG(4, "denied"), END};
static const struct field review[] = {PART(1, "metadata", metadata), PART(2, "spec", review_spec), PART(3, "status", review_status), END};
static const struct field preconditions[] = {TEXT(1, "uid"), TEXT(2, "resourceVersion"), END};
static const struct field delete_options[] = {NUMBER(1, "gracePeriodSeconds"),
                                              PART(2, "preconditions", preconditions),
                                              FLAG(3, "orphanDependents"),
                                              TEXT(4, "propagationPolicy"),
                                              TEXTS(5, "dryRun"),
                                              END};

static const struct field rules_spec[] = {TEXT(1, "namespace"), END};
static const struct field nothing[] = {END};
static const struct field rules_status[] = {TRUE_FLAG(3, "incomplete"), TEXT(4, "evaluationError"), END};
static const struct field rules_review[] = {PART(1, "metadata", metadata), PART(2, "spec", rules_spec), PART(3, "status", rules_status),
                                            END};
static const struct field self_user[] = {TEXT(1, "username"), TEXT(2, "uid"), END};
static const struct field self_status[] = {PART(1, "userInfo", self_user), END};
static const struct field self_review[] = {PART(1, "metadata", metadata), PART(2, "status", self_status), END};
static const struct field bound[] = {TEXT(1, "kind"), TEXT(2, "apiVersion"), TEXT(3, "name"), TEXT(4, "uid"), END};
static const struct field token_spec[] = {TEXTS(1, "audiences"), NUMBER(4, "expirationSeconds"), PART(3, "boundObjectRef", bound), END};
static const struct field token_status[] = {TEXT(1, "token"), WHEN(2, "expirationTimestamp"), END};
static const struct field token_request[] = {PART(1, "metadata", metadata), PART(2, "spec", token_spec), PART(3, "status", token_status),
                                             END};

static const struct field rule[] = {TEXTS(1, "verbs"),         TEXTS(2, "apiGroups"),       TEXTS(3, "resources"),
                                    TEXTS(4, "resourceNames"), TEXTS(5, "nonResourceURLs"), END};
static const struct field selector[] = {TEXT_MAP(1, "matchLabels"), END};
static const struct field aggregation[] = {PARTS(1, "clusterRoleSelectors", selector), END};
static const struct field role[] = {PART(1, "metadata", metadata), PARTS(2, "rules", rule), END};
static const struct field cluster_role[] = {PART(1, "metadata", metadata), PARTS(2, "rules", rule), PART(3, "aggregationRule", aggregation),
                                            END};
static const struct field role_ref[] = {TEXT(1, "apiGroup"), TEXT(2, "kind"), TEXT(3, "name"), END};
static const struct field subject[] = {TEXT(1, "kind"), TEXT(2, "apiGroup"), TEXT(3, "name"), TEXT(4, "namespace"), END};
static const struct field role_binding[] = {PART(1, "metadata", metadata), PARTS(2, "subjects", subject), PART(3, "roleRef", role_ref),
                                            END};

static const struct field port[] = {TEXT(1, "name"),     SOME(2, "hostPort"), NUMBER(3, "containerPort"),
                                    TEXT(4, "protocol"), TEXT(5, "hostIP"),   END};
static const struct field container[] = {TEXT(1, "name"),
                                         TEXT(2, "image"),
                                         TEXTS(3, "command"),
                                         TEXTS(4, "args"),
                                         TEXT(5, "workingDir"),
                                         PARTS(6, "ports", port),
                                         PART(8, "resources", nothing),
                                         TEXT(13, "terminationMessagePath"),
                                         TEXT(14, "imagePullPolicy"),
                                         TRUE_FLAG(16, "stdin"),
                                         TRUE_FLAG(17, "stdinOnce"),
                                         TRUE_FLAG(18, "tty"),
                                         TEXT(20, "terminationMessagePolicy"),
                                         END};
static const struct field pod_spec[] = {PARTS(2, "containers", container),
                                        TEXT(3, "restartPolicy"),
                                        NUMBER(4, "terminationGracePeriodSeconds"),
                                        TEXT(6, "dnsPolicy"),
                                        TEXT_MAP(7, "nodeSelector"),
                                        TEXT(8, "serviceAccountName"),
                                        TEXT(9, "serviceAccount"),
                                        TEXT(10, "nodeName"),
                                        TRUE_FLAG(11, "hostNetwork"),
                                        TRUE_FLAG(12, "hostPID"),
                                        TRUE_FLAG(13, "hostIPC"),
                                        PART(14, "securityContext", nothing),
                                        TEXT(16, "hostname"),
                                        TEXT(17, "subdomain"),
                                        TEXT(19, "schedulerName"),
                                        TEXT(24, "priorityClassName"),
                                        END};
static const struct field template[] = {PART(1, "metadata", metadata), PART(2, "spec", pod_spec), END};
static const struct field strategy[] = {TEXT(1, "type"), END};
static const struct field deployment_spec[] = {
    NUMBER(1, "replicas"),         PART(2, "selector", selector),        PART(3, "template", template),
    PART(4, "strategy", strategy), SOME(5, "minReadySeconds"),           NUMBER(6, "revisionHistoryLimit"),
    TRUE_FLAG(7, "paused"),        NUMBER(9, "progressDeadlineSeconds"), END};
static const struct field deployment_status[] = {SOME(1, "observedGeneration"),
                                                 SOME(2, "replicas"),
                                                 SOME(3, "updatedReplicas"),
                                                 SOME(4, "availableReplicas"),
                                                 SOME(5, "unavailableReplicas"),
                                                 SOME(7, "readyReplicas"),
                                                 END};
static const struct field deployment[] = {PART(1, "metadata", metadata), PART(2, "spec", deployment_spec),
                                          PART(3, "status", deployment_status), END};

static const struct {
    const char *kind;
    const struct field *fields;
} kinds[] = {{"Namespace", namespace_},
             {"ConfigMap", configmap},
             {"ServiceAccount", serviceaccount},
             {"Binding", binding},
             {"Lease", lease},
             {"DeleteOptions", delete_options},
             {"SelfSubjectAccessReview", review},
             {"SelfSubjectRulesReview", rules_review},
             {"SelfSubjectReview", self_review},
             {"TokenRequest", token_request},
             {"Role", role},
             {"ClusterRole", cluster_role},
             {"RoleBinding", role_binding},
             {"ClusterRoleBinding", role_binding},
             {"Deployment", deployment}};

const struct field *protobuf_fields_of(const char *kind)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return kinds[i].fields;
    return NULL;
}
