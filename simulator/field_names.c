/*
 * field_names.c: read off the schemas that kube-apiserver 1.34 serves. Volumes, probes, security contexts and the like are not looked into.
 */
#include "simulator/field_names.h"

#include <stddef.h>
#include <string.h>

static const struct names owner_reference_names = {"apiVersion blockOwnerDeletion controller kind name uid", {{NULL, NULL}}};

const struct names object_meta_names = {
    "annotations creationTimestamp deletionGracePeriodSeconds deletionTimestamp finalizers generateName generation "
    "labels managedFields name namespace resourceVersion selfLink uid",
    {{"ownerReferences", &owner_reference_names}}};

static const struct names node_selector_requirement_names = {"key operator values", {{NULL, NULL}}};

static const struct names node_selector_term_names = {
    "", {{"matchExpressions", &node_selector_requirement_names}, {"matchFields", &node_selector_requirement_names}}};

static const struct names preferred_scheduling_term_names = {"weight", {{"preference", &node_selector_term_names}}};

static const struct names node_selector_names = {"", {{"nodeSelectorTerms", &node_selector_term_names}}};

static const struct names node_affinity_names = {"",
                                                 {{"preferredDuringSchedulingIgnoredDuringExecution", &preferred_scheduling_term_names},
                                                  {"requiredDuringSchedulingIgnoredDuringExecution", &node_selector_names}}};

static const struct names label_selector_requirement_names = {"key operator values", {{NULL, NULL}}};

const struct names label_selector_names = {"matchLabels", {{"matchExpressions", &label_selector_requirement_names}}};

static const struct names pod_affinity_term_names = {
    "matchLabelKeys mismatchLabelKeys namespaces topologyKey",
    {{"labelSelector", &label_selector_names}, {"namespaceSelector", &label_selector_names}}};

static const struct names weighted_pod_affinity_term_names = {"weight", {{"podAffinityTerm", &pod_affinity_term_names}}};

static const struct names pod_affinity_names = {"",
                                                {{"preferredDuringSchedulingIgnoredDuringExecution", &weighted_pod_affinity_term_names},
                                                 {"requiredDuringSchedulingIgnoredDuringExecution", &pod_affinity_term_names}}};

static const struct names pod_anti_affinity_names = {
    "",
    {{"preferredDuringSchedulingIgnoredDuringExecution", &weighted_pod_affinity_term_names},
     {"requiredDuringSchedulingIgnoredDuringExecution", &pod_affinity_term_names}}};

static const struct names affinity_names = {
    "", {{"nodeAffinity", &node_affinity_names}, {"podAffinity", &pod_affinity_names}, {"podAntiAffinity", &pod_anti_affinity_names}}};

static const struct names env_var_names = {"name value valueFrom", {{NULL, NULL}}};

static const struct names container_port_names = {"containerPort hostIP hostPort name protocol", {{NULL, NULL}}};

static const struct names resource_requirements_names = {"claims limits requests", {{NULL, NULL}}};

static const struct names volume_mount_names = {"mountPath mountPropagation name readOnly recursiveReadOnly subPath subPathExpr",
                                                {{NULL, NULL}}};

static const struct names container_names = {
    "args command envFrom image imagePullPolicy lifecycle livenessProbe name readinessProbe resizePolicy "
    "restartPolicy restartPolicyRules securityContext startupProbe stdin stdinOnce terminationMessagePath "
    "terminationMessagePolicy tty volumeDevices workingDir",
    {{"env", &env_var_names},
     {"ports", &container_port_names},
     {"resources", &resource_requirements_names},
     {"volumeMounts", &volume_mount_names}}};

static const struct names pod_scheduling_gate_names = {"name", {{NULL, NULL}}};

static const struct names toleration_names = {"effect key operator tolerationSeconds value", {{NULL, NULL}}};

static const struct names topology_spread_constraint_names = {
    "matchLabelKeys maxSkew minDomains nodeAffinityPolicy nodeTaintsPolicy topologyKey whenUnsatisfiable",
    {{"labelSelector", &label_selector_names}}};

static const struct names volume_names = {
    "awsElasticBlockStore azureDisk azureFile cephfs cinder configMap csi downwardAPI emptyDir ephemeral fc "
    "flexVolume flocker gcePersistentDisk gitRepo glusterfs hostPath image iscsi name nfs persistentVolumeClaim "
    "photonPersistentDisk portworxVolume projected quobyte rbd scaleIO secret storageos vsphereVolume",
    {{NULL, NULL}}};

const struct names pod_spec_names = {
    "activeDeadlineSeconds automountServiceAccountToken dnsConfig dnsPolicy enableServiceLinks ephemeralContainers "
    "hostAliases hostIPC hostNetwork hostPID hostUsers hostname hostnameOverride imagePullSecrets nodeName "
    "nodeSelector os overhead preemptionPolicy priority priorityClassName readinessGates resourceClaims "
    "restartPolicy runtimeClassName schedulerName securityContext serviceAccount serviceAccountName "
    "setHostnameAsFQDN shareProcessNamespace subdomain terminationGracePeriodSeconds",
    {{"affinity", &affinity_names},
     {"containers", &container_names},
     {"initContainers", &container_names},
     {"resources", &resource_requirements_names},
     {"schedulingGates", &pod_scheduling_gate_names},
     {"tolerations", &toleration_names},
     {"topologySpreadConstraints", &topology_spread_constraint_names},
     {"volumes", &volume_names}}};

static const struct names pod_status_names = {
    "conditions containerStatuses ephemeralContainerStatuses extendedResourceClaimStatus hostIP hostIPs "
    "initContainerStatuses message nominatedNodeName observedGeneration phase podIP podIPs qosClass reason resize "
    "resourceClaimStatuses startTime",
    {{NULL, NULL}}};

static const struct names pod_names = {"apiVersion kind",
                                       {{"metadata", &object_meta_names}, {"spec", &pod_spec_names}, {"status", &pod_status_names}}};

static const struct names taint_names = {"effect key timeAdded value", {{NULL, NULL}}};

static const struct names node_spec_names = {"configSource externalID podCIDR podCIDRs providerID unschedulable",
                                             {{"taints", &taint_names}}};

static const struct names node_status_names = {
    "addresses allocatable capacity conditions config daemonEndpoints features images nodeInfo phase "
    "runtimeHandlers volumesAttached volumesInUse",
    {{NULL, NULL}}};

static const struct names node_names = {"apiVersion kind",
                                        {{"metadata", &object_meta_names}, {"spec", &node_spec_names}, {"status", &node_status_names}}};

static const struct names namespace_spec_names = {"finalizers", {{NULL, NULL}}};

static const struct names namespace_status_names = {"conditions phase", {{NULL, NULL}}};

static const struct names namespace_names = {
    "apiVersion kind", {{"metadata", &object_meta_names}, {"spec", &namespace_spec_names}, {"status", &namespace_status_names}}};

static const struct names object_reference_names = {"apiVersion fieldPath kind name namespace resourceVersion uid", {{NULL, NULL}}};

static const struct names binding_names = {"apiVersion kind", {{"metadata", &object_meta_names}, {"target", &object_reference_names}}};

const struct names *field_names_of(const char *group, const char *kind)
{
    static const struct {
        const char *kind;
        const struct names *names;
    } kinds[] = {{"Pod", &pod_names}, {"Node", &node_names}, {"Namespace", &namespace_names}, {"Binding", &binding_names}};

    if (*group)
        return field_names_of_group(group, kind);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return kinds[i].names;
    return NULL;
}
