/*
 * kubeconfig_file.h: the kubeconfig that leads to a running simulator.
 */
#ifndef SIMULATOR_KUBECONFIG_FILE_H
#define SIMULATOR_KUBECONFIG_FILE_H

#include "common/buffer.h"
#include "common/error.h"

/*
 * Appends a kubeconfig (YAML). `server`: its URL. `name`: of cluster, context and user. `ca_pem`: NULL for plain HTTP. `token`: NULL for none.
 */
int kubeconfig_file_render(const char *server, const char *name, const char *ca_pem, const char *token, struct buffer *out,
                           struct error *err);

#endif
