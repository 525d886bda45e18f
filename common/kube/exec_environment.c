#include "common/kube/exec_environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/kube/base64.h"
#include "common/kube/secret.h"
#include "common/limits.h"

#define INFO_NAME "KUBERNETES_EXEC_INFO"

extern char **environ;

static bool is_executable(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISREG(info.st_mode) && access(path, X_OK) == 0;
}

static int fail_missing(const struct kube_config *config, const char *where, struct error *err)
{
    const char *hint = config->exec_install_hint;

    return error_set(err, ERROR_USAGE, "not found%s%s%s", where, hint ? "; " : "", hint ? hint : "");
}

int exec_environment_look(const char *name, char **path, struct error *err)
{
    const char *folders = getenv("PATH");
    size_t bytes, size;
    char *full;

    for (folders = folders ? folders : ""; *folders; folders += bytes + (folders[bytes] == ':')) {
        bytes = strcspn(folders, ":");
        if (*folders != '/')
            continue;
        size = bytes + strlen(name) + 2;
        full = malloc(size);
        if (!full)
            return error_no_memory(err);
        snprintf(full, size, "%.*s/%s", (int)bytes, folders, name);
        if (is_executable(full)) {
            *path = full;
            return 0;
        }
        free(full);
    }
    *path = NULL;
    return 0;
}

char *exec_environment_find(const struct kube_config *config, struct error *err)
{
    const char *name = config->exec_command;
    char *full = NULL;

    if (strchr(name, '/')) {
        full = access(name, F_OK) == 0 ? strdup(name) : NULL;
        if (!full && access(name, F_OK) == 0)
            error_no_memory(err);
        else if (!full)
            fail_missing(config, "", err);
        return full;
    }
    if (exec_environment_look(name, &full, err) < 0)
        return NULL;
    if (!full)
        fail_missing(config, " in PATH", err);
    return full;
}

static int add_field(struct buffer *b, const char *name, const char *value, struct error *err)
{
    return buffer_printf(b, err, ",\"%s\":", name) < 0 ? -1 : buffer_add_json_string(b, value, err);
}

static int add_ca(struct buffer *b, const char *pem, struct error *err)
{
    size_t bytes = strlen(pem);
    char *encoded = malloc(base64_encoded_size(bytes));
    int ret;

    if (!encoded)
        return error_no_memory(err);
    base64_encode(pem, bytes, encoded);
    ret = add_field(b, "certificate-authority-data", encoded, err);
    free(encoded);
    return ret;
}

static int add_cluster(struct buffer *b, const struct kube_config *config, struct error *err)
{
    if (buffer_add_string(b, ",\"cluster\":{\"server\":", err) < 0 || buffer_add_json_string(b, config->server, err) < 0 ||
        (config->tls_server_name && add_field(b, "tls-server-name", config->tls_server_name, err) < 0) ||
        (config->insecure_skip_tls_verify && buffer_add_string(b, ",\"insecure-skip-tls-verify\":true", err) < 0) ||
        (config->ca_pem && add_ca(b, config->ca_pem, err) < 0) ||
        (config->proxy_url && add_field(b, "proxy-url", config->proxy_url, err) < 0))
        return -1;
    return buffer_add_string(b, "}", err);
}

/* "KUBERNETES_EXEC_INFO={...}": an ExecCredential with a spec and no status */
static char *new_info(const struct kube_config *config, bool interactive, struct error *err)
{
    struct buffer b;
    char *info;

    buffer_init(&b, 2 * LIMIT_CONFIG_FILE_BYTES);
    if (buffer_add_string(&b, INFO_NAME "={\"kind\":\"ExecCredential\",\"apiVersion\":", err) == 0 &&
        buffer_add_json_string(&b, config->exec_api_version, err) == 0 &&
        buffer_printf(&b, err, ",\"spec\":{\"interactive\":%s", interactive ? "true" : "false") == 0 &&
        (!config->exec_provide_cluster_info || add_cluster(&b, config, err) == 0) && buffer_add_string(&b, "}}", err) == 0)
        return buffer_steal(&b);
    info = buffer_steal(&b);
    secret_free(info);
    return NULL;
}

/* whether `entry` is NAME=... */
static bool is_named(const char *entry, const char *name)
{
    size_t bytes = strlen(name);

    return !strncmp(entry, name, bytes) && entry[bytes] == '=';
}

/* whether one of the entries from `from` on, or the info, replaces this one */
static bool is_replaced(const struct kube_config *config, size_t from, const char *entry)
{
    size_t i;

    for (i = from; i < config->exec_env_count; i++)
        if (is_named(entry, config->exec_env[i].name))
            return true;
    return is_named(entry, INFO_NAME);
}

static char *new_entry(const struct kube_exec_env *env)
{
    size_t bytes = strlen(env->name) + strlen(env->value) + 2;
    char *entry = malloc(bytes);

    if (entry)
        snprintf(entry, bytes, "%s=%s", env->name, env->value);
    return entry;
}

char **exec_environment_new(const struct kube_config *config, bool interactive, struct error *err)
{
    size_t own = 0, used = 0, i;
    char **list, *entry;

    while (environ && environ[own])
        own++;
    list = calloc(own + config->exec_env_count + 2, sizeof(*list));
    if (!list) {
        error_no_memory(err);
        return NULL;
    }
    for (i = 0; i < own + config->exec_env_count; i++) {
        entry = i < own ? strdup(environ[i]) : new_entry(&config->exec_env[i - own]);
        if (!entry) {
            error_no_memory(err);
            goto fail;
        }
        if (is_replaced(config, i < own ? 0 : i - own + 1, entry))
            secret_free(entry);
        else
            list[used++] = entry;
    }
    list[used] = new_info(config, interactive, err);
    if (list[used])
        return list;
fail:
    exec_environment_free(list);
    return NULL;
}

void exec_environment_free(char **environment)
{
    size_t i;

    for (i = 0; environment && environment[i]; i++)
        secret_free(environment[i]);
    free(environment);
}
