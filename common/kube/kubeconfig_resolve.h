/*
 * kubeconfig_resolve.h: from the entries of one context to a struct kube_config.
 */
#ifndef COMMON_KUBE_KUBECONFIG_RESOLVE_H
#define COMMON_KUBE_KUBECONFIG_RESOLVE_H

#include "common/kube/kubeconfig.h"
#include "common/kube/kubeconfig_set.h"

/* The marks that tell a certificate or key in PEM from anything else. */
#define PEM_CERTIFICATE "-----BEGIN CERTIFICATE-----"
#define PEM_PRIVATE_KEY "PRIVATE KEY-----"

/*
 * Fills a zeroed *config from a cluster entry: server, CA, proxy, TLS settings. On failure *config holds what was read so far, for
 * kube_config_free(). ERROR_USAGE "FILE:LINE: KEY: ..." or ERROR_NO_MEMORY.
 */
int kubeconfig_resolve_cluster(const struct kubeconfig_entry *cluster, struct kube_config *config, struct error *err);

/* The same for a user entry. Comes before kubeconfig_resolve_cluster(), which needs to know of client certificates. */
int kubeconfig_resolve_user(const struct kubeconfig_entry *user, struct kube_config *config, struct error *err);

/*
 * Fills the exec_* fields from a user's `exec` map (kubeconfig_exec.c). Follows client-go's validation.go.
 */
int kubeconfig_resolve_exec(const struct kubeconfig_entry *user, const struct tree_node *exec, struct kube_config *config,
                            struct error *err);

/*
 * The configuration of a pod's service account, as client-go's rest.InClusterConfig (kubeconfig_in_cluster.c). *reason is NULL when there is
 * one, and *config filled; else it says in a few static words why there is none and *config is untouched. -1: there is one, and it is
 * broken; *config as with the others.
 */
int kubeconfig_in_cluster(const struct kube_config_source *source, struct kube_config *config, const char **reason, struct error *err);

/* Reads a PEM file; `mark` must stand in it. *out is malloc'd. ERROR_USAGE names the path. */
int kubeconfig_read_pem(const char *path, const char *mark, char **out, struct error *err);

/*
 * Reads a text of one line: *out is malloc'd, NULL when the key is absent or empty. Control characters are refused: these texts
 * end up in headers and messages. The value is not repeated in the error.
 */
int kubeconfig_get_text(const struct kubeconfig_entry *entry, const struct tree_node *map, const char *key, char **out, struct error *err);

/* Reads true or false; *out stays as it is when the key is absent. */
int kubeconfig_get_bool(const struct kubeconfig_entry *entry, const struct tree_node *map, const char *key, bool *out, struct error *err);

#endif
