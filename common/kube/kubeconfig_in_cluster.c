/*
 * kubeconfig_in_cluster.c: what Kubernetes puts into every pod that has a service account.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/config_file.h"
#include "common/kube/kubeconfig_resolve.h"
#include "common/kube/kubeconfig_url.h"
#include "common/kube/secret.h"
#include "common/limits.h"

#define SERVICE_ACCOUNT_DIR "/var/run/secrets/kubernetes.io/serviceaccount"

/* the namespace file is optional, and may end with a newline */
static int read_namespace(const char *folder, char **out, struct error *err)
{
    char *path = config_file_resolve(folder, "namespace", err);
    struct secret_buffer text;
    size_t bytes = 0;
    int ret = -1;

    secret_buffer_init(&text, LIMIT_CONFIG_FILE_BYTES);
    if (!path || (!config_file_is_missing(path) && config_file_read(path, &text, err) < 0))
        goto cleanup;
    if (text.data)
        bytes = strcspn(text.data, " \t\r\n");
    *out = bytes ? strndup(text.data, bytes) : strdup("default");
    ret = *out ? 0 : error_no_memory(err);
cleanup:
    secret_buffer_free(&text);
    free(path);
    return ret;
}

static int read_ca(const char *folder, char **out, struct error *err)
{
    char *path = config_file_resolve(folder, "ca.crt", err);
    int ret = path ? kubeconfig_read_pem(path, PEM_CERTIFICATE, out, err) : -1;

    free(path);
    return ret;
}

static int set_server(const struct kube_config_source *source, struct kube_config *config, struct error *err)
{
    bool v6 = strchr(source->service_host, ':') != NULL;
    char server[320];

    snprintf(server, sizeof server, "%s%.250s%s:%.20s", v6 ? "[" : "", source->service_host, v6 ? "]" : "", source->service_port);
    config->server = kubeconfig_server_url(server, true, err);
    if (config->server)
        return 0;
    return err->kind == ERROR_NO_MEMORY ? -1 : error_prefix(err, "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT");
}

int kubeconfig_in_cluster(const struct kube_config_source *source, struct kube_config *config, const char **reason, struct error *err)
{
    const char *folder = source->service_account_dir ? source->service_account_dir : SERVICE_ACCOUNT_DIR;
    char *token;

    *reason = source->context                                   ? "passed over: it has no --context"
              : !source->service_host || !*source->service_host ? "KUBERNETES_SERVICE_HOST is not set"
              : !source->service_port || !*source->service_port ? "KUBERNETES_SERVICE_PORT is not set"
                                                                : NULL;
    if (*reason)
        return 0;
    token = config_file_resolve(folder, "token", err);
    if (!token)
        return -1;
    if (config_file_is_missing(token)) {
        *reason = "this pod has no service account token";
        free(token);
        return 0;
    }
    config->token_file = token;
    config->origin = strdup("in-cluster");
    if (!config->origin)
        return error_no_memory(err);
    if (set_server(source, config, err) < 0 || read_ca(folder, &config->ca_pem, err) < 0 ||
        read_namespace(folder, &config->namespace_, err) < 0)
        return err->kind == ERROR_NO_MEMORY ? -1 : error_prefix(err, "in-cluster");
    return 0;
}
