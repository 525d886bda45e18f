/*
 * exec_environment.h: where a credential plugin is found and what environment it gets.
 */
#ifndef COMMON_KUBE_EXEC_ENVIRONMENT_H
#define COMMON_KUBE_EXEC_ENVIRONMENT_H

#include "common/error.h"
#include "common/kube/kubeconfig.h"

/*
 * The first executable of that name in PATH, in its absolute folders only, as Go's exec.LookPath: *path is malloc'd, or NULL when there is none.
 * -1: ERROR_NO_MEMORY.
 */
int exec_environment_look(const char *name, char **path, struct error *err);

/*
 * The path of config's plugin: as it is with a slash in it, else as exec_environment_look() finds it. malloc'd, or NULL: ERROR_USAGE "not found ...", with the install hint, or ERROR_NO_MEMORY.
 */
char *exec_environment_find(const struct kube_config *config, struct error *err);

/*
 * Our own environment, with config's `env` entries and KUBERNETES_EXEC_INFO in place of ours of the same name. A NULL-terminated list
 * to free with exec_environment_free(), or NULL on ERROR_NO_MEMORY.
 */
char **exec_environment_new(const struct kube_config *config, bool interactive, struct error *err);
void exec_environment_free(char **environment);

#endif
