#include "common/kube/kubeconfig_resolve.h"

#include <stdlib.h>
#include <string.h>

#include "common/kube/base64.h"
#include "common/kube/config_file.h"
#include "common/kube/exec_credential.h"
#include "common/kube/kubeconfig_url.h"
#include "common/kube/secret.h"
#include "common/limits.h"

/* puts "FILE:LINE: KEY: " before an error */
static int fail_key(const struct kubeconfig_entry *entry, const struct tree_node *node, const char *key, struct error *err)
{
    if (err->kind == ERROR_NO_MEMORY)
        return -1;
    return error_prefix(err, "%s:%d: %s", entry->file->path, node->line, key);
}

int kubeconfig_get_text(const struct kubeconfig_entry *entry, const struct tree_node *map, const char *key, char **out, struct error *err)
{
    const struct tree_node *node = tree_get(map, key);
    const char *c;

    if (!node)
        return 0;
    if (node->kind != TREE_SCALAR) {
        error_set(err, ERROR_USAGE, "expected one text");
        return fail_key(entry, node, key, err);
    }
    for (c = node->text; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f) {
            error_set(err, ERROR_USAGE, "a control character or line break in it");
            return fail_key(entry, node, key, err);
        }
    }
    if (!*node->text)
        return 0;
    *out = strdup(node->text);
    return *out ? 0 : error_no_memory(err);
}

int kubeconfig_get_bool(const struct kubeconfig_entry *entry, const struct tree_node *map, const char *key, bool *out, struct error *err)
{
    const struct tree_node *node = tree_get(map, key);
    bool plain = node && node->kind == TREE_SCALAR && node->plain;

    if (!node)
        return 0;
    if (plain && (!strcmp(node->text, "true") || !strcmp(node->text, "True") || !strcmp(node->text, "TRUE"))) {
        *out = true;
        return 0;
    }
    if (plain && (!strcmp(node->text, "false") || !strcmp(node->text, "False") || !strcmp(node->text, "FALSE"))) {
        *out = false;
        return 0;
    }
    error_set(err, ERROR_USAGE, "expected true or false");
    return fail_key(entry, node, key, err);
}

static int check_pem(const char *text, size_t bytes, const char *mark, struct error *err)
{
    if (strlen(text) == bytes && strstr(text, mark))
        return 0;
    return error_set(err, ERROR_USAGE, "expected PEM, found no \"%s\"", mark);
}

static int decode_pem(const char *text, const char *mark, char **out, struct error *err)
{
    size_t bytes = strlen(text), size = base64_decoded_max(bytes);
    char *pem = malloc(size);
    long decoded;
    int ret = -1;

    if (!pem)
        return error_no_memory(err);
    decoded = base64_decode(text, bytes, pem);
    if (decoded < 0)
        error_set(err, ERROR_USAGE, "expected base64");
    else
        ret = check_pem(pem, (size_t)decoded, mark, err);
    if (ret == 0) {
        *out = pem;
        return 0;
    }
    secret_wipe(pem, size);
    free(pem);
    return -1;
}

int kubeconfig_read_pem(const char *path, const char *mark, char **out, struct error *err)
{
    struct secret_buffer text;

    secret_buffer_init(&text, LIMIT_CONFIG_FILE_BYTES);
    if (config_file_read(path, &text, err) < 0)
        return -1;
    if (check_pem(text.data, text.bytes, mark, err) < 0) {
        secret_buffer_free(&text);
        return error_prefix(err, "%s", path);
    }
    *out = text.data; /* handed over: the buffer is not freed */
    return 0;
}

/* the file that `key` names, against the kubeconfig's own folder; nothing when there is no such key */
static int get_pem_file(const struct kubeconfig_entry *entry, const char *key, const char *mark, char **out, struct error *err)
{
    char *path = NULL, *full = NULL;
    int ret = -1;

    if (kubeconfig_get_text(entry, entry->value, key, &path, err) < 0)
        return -1;
    if (!path)
        return 0;
    full = config_file_resolve(entry->file->folder, path, err);
    if (full)
        ret = kubeconfig_read_pem(full, mark, out, err);
    free(full);
    free(path);
    return ret < 0 ? fail_key(entry, tree_get(entry->value, key), key, err) : 0;
}

/* KEY-data beats the file under KEY, which is then not even read */
static int get_pem(const struct kubeconfig_entry *entry, const char *data_key, const char *key, const char *mark, char **out,
                   struct error *err)
{
    const struct tree_node *data = tree_get(entry->value, data_key);

    if (data && data->kind != TREE_SCALAR) {
        error_set(err, ERROR_USAGE, "expected base64");
        return fail_key(entry, data, data_key, err);
    }
    if (!data || !*data->text)
        return get_pem_file(entry, key, mark, out, err);
    return decode_pem(data->text, mark, out, err) < 0 ? fail_key(entry, data, data_key, err) : 0;
}

static int resolve_server(const struct kubeconfig_entry *cluster, struct kube_config *config, struct error *err)
{
    bool tls = config->ca_pem || config->client_cert_pem || config->insecure_skip_tls_verify;
    char *server = NULL;

    if (kubeconfig_get_text(cluster, cluster->value, "server", &server, err) < 0)
        return -1;
    if (!server)
        return error_set(err, ERROR_USAGE, "%s:%d: cluster \"%s\" has no server", cluster->file->path, cluster->item->line,
                         tree_get(cluster->item, "name")->text);
    config->server = kubeconfig_server_url(server, tls, err);
    free(server);
    return config->server ? 0 : fail_key(cluster, tree_get(cluster->value, "server"), "server", err);
}

int kubeconfig_resolve_cluster(const struct kubeconfig_entry *cluster, struct kube_config *config, struct error *err)
{
    const struct tree_node *map = cluster->value;

    if (kubeconfig_get_bool(cluster, map, "insecure-skip-tls-verify", &config->insecure_skip_tls_verify, err) < 0 ||
        get_pem(cluster, "certificate-authority-data", "certificate-authority", PEM_CERTIFICATE, &config->ca_pem, err) < 0 ||
        kubeconfig_get_text(cluster, map, "tls-server-name", &config->tls_server_name, err) < 0 ||
        kubeconfig_get_text(cluster, map, "proxy-url", &config->proxy_url, err) < 0)
        return -1;
    if (config->insecure_skip_tls_verify && config->ca_pem)
        return error_set(err, ERROR_USAGE,
                         "%s:%d: cluster \"%s\" has a certificate-authority and insecure-skip-tls-verify; only one is allowed",
                         cluster->file->path, cluster->item->line, tree_get(cluster->item, "name")->text);
    if (config->proxy_url && kubeconfig_check_proxy_url(config->proxy_url, err) < 0)
        return fail_key(cluster, tree_get(map, "proxy-url"), "proxy-url", err);
    return resolve_server(cluster, config, err);
}

static int fail_user(const struct kubeconfig_entry *user, const char *what, struct error *err)
{
    return error_set(err, ERROR_USAGE, "%s:%d: user \"%s\": %s", user->file->path, user->item->line, tree_get(user->item, "name")->text,
                     what);
}

/* what this client does not do must not be passed over in silence: the requests would go out as somebody else */
static int refuse_unsupported(const struct kubeconfig_entry *user, struct error *err)
{
    static const char *const keys[] = {"as-uid", "as-groups", "as-user-extra"};
    size_t i;

    if (tree_get(user->value, "auth-provider"))
        return fail_user(user, "auth-provider was removed in Kubernetes 1.26; use an exec credential plugin", err);
    for (i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct tree_node *node = tree_get(user->value, keys[i]);

        if (node) {
            error_set(err, ERROR_USAGE, "not supported; only \"as\" is");
            return fail_key(user, node, keys[i], err);
        }
    }
    return 0;
}

static int resolve_token_file(const struct kubeconfig_entry *user, struct kube_config *config, struct error *err)
{
    char *path = NULL;

    if (kubeconfig_get_text(user, user->value, "tokenFile", &path, err) < 0)
        return -1;
    if (!path)
        return 0;
    config->token_file = config_file_resolve(user->file->folder, path, err);
    free(path);
    return config->token_file ? 0 : -1;
}

static int check_methods(const struct kubeconfig_entry *user, const struct kube_config *config, struct error *err)
{
    if (config->client_cert_pem && !config->client_key_pem)
        return fail_user(user, "client-certificate without client-key", err);
    if (config->client_key_pem && !config->client_cert_pem)
        return fail_user(user, "client-key without client-certificate", err);
    if ((config->token || config->token_file) && config->username)
        return fail_user(user, "both a token and a username; only one is allowed", err);
    if (config->password && !config->username)
        return fail_user(user, "a password without a username", err);
    if (config->token && exec_credential_check_token(config->token, err) < 0) {
        err->kind = ERROR_USAGE;
        return fail_key(user, tree_get(user->value, "token"), "token", err);
    }
    return 0;
}

int kubeconfig_resolve_user(const struct kubeconfig_entry *user, struct kube_config *config, struct error *err)
{
    const struct tree_node *map = user->value, *exec = tree_get(map, "exec");

    if (refuse_unsupported(user, err) < 0 ||
        get_pem(user, "client-certificate-data", "client-certificate", PEM_CERTIFICATE, &config->client_cert_pem, err) < 0 ||
        get_pem(user, "client-key-data", "client-key", PEM_PRIVATE_KEY, &config->client_key_pem, err) < 0 ||
        kubeconfig_get_text(user, map, "token", &config->token, err) < 0 || resolve_token_file(user, config, err) < 0 ||
        kubeconfig_get_text(user, map, "username", &config->username, err) < 0 ||
        kubeconfig_get_text(user, map, "password", &config->password, err) < 0 ||
        kubeconfig_get_text(user, map, "as", &config->impersonate, err) < 0 || check_methods(user, config, err) < 0)
        return -1;
    /* client-go (plugin/pkg/client/auth/exec): a credential given outright leaves the plugin unused */
    if (!exec || config->token || config->token_file || config->username || config->client_cert_pem)
        return 0;
    return kubeconfig_resolve_exec(user, exec, config, err);
}
