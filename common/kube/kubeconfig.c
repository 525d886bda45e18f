/*
 * kubeconfig.c: which source is taken, and what a context of it amounts to.
 */
#include "common/kube/kubeconfig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/config_file.h"
#include "common/kube/kubeconfig_resolve.h"
#include "common/kube/kubeconfig_set.h"
#include "common/kube/secret.h"
#include "common/limits.h"

struct kube_config_source kube_config_source_from_env(const char *kubeconfig, const char *context)
{
    return (struct kube_config_source){
        .kubeconfig = kubeconfig,
        .context = context,
        .kubeconfig_env = getenv("KUBECONFIG"),
        .home = getenv("HOME"),
        .service_host = getenv("KUBERNETES_SERVICE_HOST"),
        .service_port = getenv("KUBERNETES_SERVICE_PORT"),
    };
}

/* reads those files of KUBECONFIG's colon-separated list that exist */
static int add_list(struct kubeconfig_set *set, const char *list, struct error *err)
{
    while (*list) {
        size_t bytes = strcspn(list, ":");
        char *path = bytes ? strndup(list, bytes) : NULL;
        int ret;

        if (bytes && !path)
            return error_no_memory(err);
        ret = path && !config_file_is_missing(path) ? kubeconfig_set_add(set, path, err) : 0;
        free(path);
        if (ret < 0)
            return -1;
        list += bytes + (list[bytes] == ':');
    }
    return 0;
}

static int fail_dangling(const struct kubeconfig_entry *context, const char *kind, const char *name, struct error *err)
{
    return error_set(err, ERROR_USAGE, "%s:%d: context \"%s\": %s \"%s\" does not exist", context->file->path, context->item->line,
                     tree_get(context->item, "name")->text, kind, name);
}

/* the entry that the context names under `key`; `found` false: it names none */
static int follow(const struct kubeconfig_set *set, const struct kubeconfig_entry *context, const char *key, const char *list,
                  struct kubeconfig_entry *entry, bool *found, struct error *err)
{
    char *name = NULL;
    int ret = 0;

    if (kubeconfig_get_text(context, context->value, key, &name, err) < 0)
        return -1;
    *found = name && kubeconfig_set_find(set, list, name, entry);
    if (name && !*found)
        ret = fail_dangling(context, key, name, err);
    free(name);
    return ret;
}

static int resolve_context(const struct kubeconfig_set *set, const struct kubeconfig_entry *context, struct kube_config *config,
                           struct error *err)
{
    struct kubeconfig_entry cluster, user;
    bool has_cluster, has_user;

    if (follow(set, context, "cluster", "clusters", &cluster, &has_cluster, err) < 0 ||
        follow(set, context, "user", "users", &user, &has_user, err) < 0)
        return -1;
    if (!has_cluster)
        return error_set(err, ERROR_USAGE, "%s:%d: context \"%s\" names no cluster", context->file->path, context->item->line,
                         tree_get(context->item, "name")->text);
    if ((has_user && kubeconfig_resolve_user(&user, config, err) < 0) || kubeconfig_resolve_cluster(&cluster, config, err) < 0 ||
        kubeconfig_get_text(context, context->value, "namespace", &config->namespace_, err) < 0)
        return -1;
    if (!config->namespace_)
        config->namespace_ = strdup("default");
    config->origin = strdup(context->file->path);
    config->context = strdup(tree_get(context->item, "name")->text);
    return config->origin && config->context && config->namespace_ ? 0 : error_no_memory(err);
}

/* "; contexts: a, b" or "; it has no contexts" */
static int fail_context(const struct kubeconfig_set *set, const char *what, struct error *err)
{
    struct buffer names;

    buffer_init(&names, 1024);
    if (kubeconfig_set_add_names(set, "contexts", &names, err) == 0)
        error_set(err, ERROR_USAGE, "%s; %s%s", what, names.data ? "contexts: " : "it has no contexts", names.data ? names.data : "");
    buffer_free(&names);
    return -1;
}

static int load_set(const struct kubeconfig_set *set, const char *label, const char *wanted, struct kube_config *config, struct error *err)
{
    const char *name = wanted ? wanted : kubeconfig_set_current_context(set);
    struct kubeconfig_entry context;
    char what[384];

    if (!kubeconfig_set_has_content(set))
        return error_set(err, ERROR_USAGE, "%s: the file is empty, expected a kubeconfig", label);
    if (!name) {
        snprintf(what, sizeof what, "%s: no current-context; choose one with --context", label);
        return fail_context(set, what, err);
    }
    if (!kubeconfig_set_find(set, "contexts", name, &context)) {
        snprintf(what, sizeof what, "%s: %s \"%.100s\" does not exist", label, wanted ? "context" : "current-context", name);
        return fail_context(set, what, err);
    }
    return resolve_context(set, &context, config, err);
}

static int load_file(const char *path, const char *context, struct kube_config *config, struct error *err)
{
    struct kubeconfig_set set = {0};
    int ret = -1;

    if (kubeconfig_set_add(&set, path, err) == 0)
        ret = load_set(&set, path, context, config, err);
    kubeconfig_set_free(&set);
    return ret;
}

static int load_list(const char *list, const char *context, struct kube_config *config, struct error *err)
{
    struct kubeconfig_set set = {0};
    int ret = -1;

    if (add_list(&set, list, err) < 0)
        goto cleanup;
    if (!set.count)
        error_set(err, ERROR_USAGE, "KUBECONFIG=%s: no such file", list);
    else
        ret = load_set(&set, set.count == 1 ? set.files[0].path : "KUBECONFIG", context, config, err);
cleanup:
    kubeconfig_set_free(&set);
    return ret;
}

/* the last source; `reason` is why there is no in-cluster configuration */
static int load_home(const struct kube_config_source *source, const char *reason, struct kube_config *config, struct error *err)
{
    char *path = source->home && *source->home ? config_file_resolve(source->home, ".kube/config", err) : NULL;
    int ret = -1;

    if (!path && source->home && *source->home)
        return -1;
    if (path && !config_file_is_missing(path))
        ret = load_file(path, source->context, config, err);
    else
        error_set(err, ERROR_USAGE, "no configuration: give --kubeconfig, set KUBECONFIG, run in a cluster (%s), or have %s", reason,
                  path ? path : "~/.kube/config (HOME is not set)");
    free(path);
    return ret;
}

static int load_any(const struct kube_config_source *source, struct kube_config *config, struct error *err)
{
    const char *env = source->kubeconfig_env, *reason;

    if (source->kubeconfig)
        return load_file(source->kubeconfig, source->context, config, err);
    if (env && env[strspn(env, ":")])
        return load_list(env, source->context, config, err);
    if (kubeconfig_in_cluster(source, config, &reason, err) < 0)
        return -1;
    return reason ? load_home(source, reason, config, err) : 0;
}

/* names and paths come from outside: whatever they hold, the message stays one line */
static void keep_one_line(struct error *err)
{
    char *c;

    for (c = err->text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
}

int kube_config_load(const struct kube_config_source *source, struct kube_config *config, struct error *err)
{
    struct kube_config loaded = {0};

    if (load_any(source, &loaded, err) < 0) {
        kube_config_free(&loaded);
        keep_one_line(err);
        return -1;
    }
    *config = loaded;
    return 0;
}

static void free_exec(struct kube_config *config)
{
    size_t i;

    free(config->exec_command);
    for (i = 0; config->exec_args && config->exec_args[i]; i++)
        secret_free(config->exec_args[i]);
    free(config->exec_args);
    for (i = 0; i < config->exec_env_count; i++) {
        free(config->exec_env[i].name);
        secret_free(config->exec_env[i].value);
    }
    free(config->exec_env);
    free(config->exec_api_version);
    free(config->exec_install_hint);
}

void kube_config_free(struct kube_config *config)
{
    free(config->origin);
    free(config->context);
    free(config->server);
    free(config->namespace_);
    secret_free(config->proxy_url);
    free(config->tls_server_name);
    free(config->ca_pem);
    free(config->client_cert_pem);
    secret_free(config->client_key_pem);
    secret_free(config->token);
    free(config->token_file);
    free(config->username);
    secret_free(config->password);
    free(config->impersonate);
    free_exec(config);
    *config = (struct kube_config){0};
}
