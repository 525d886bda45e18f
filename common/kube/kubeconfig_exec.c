/*
 * kubeconfig_exec.c: the exec part of a user, checked as client-go's tools/clientcmd/validation.go does.
 */
#include <stdlib.h>
#include <string.h>

#include "common/kube/config_file.h"
#include "common/kube/kubeconfig_resolve.h"

#define EXEC_GROUP "client.authentication.k8s.io/"

static int fail_line(const struct kubeconfig_entry *user, const struct tree_node *node, const char *what, struct error *err)
{
    return error_set(err, ERROR_USAGE, "%s:%d: exec: %s", user->file->path, node->line, what);
}

static int get_command(const struct kubeconfig_entry *user, const struct tree_node *exec, struct kube_config *config, struct error *err)
{
    char *command = NULL;

    if (kubeconfig_get_text(user, exec, "command", &command, err) < 0)
        return -1;
    if (!command)
        return fail_line(user, exec, "no command", err);
    if (!strchr(command, '/')) {
        config->exec_command = command;
        return 0;
    }
    config->exec_command = config_file_resolve(user->file->folder, command, err);
    free(command);
    return config->exec_command ? 0 : -1;
}

static int get_args(const struct kubeconfig_entry *user, const struct tree_node *exec, struct kube_config *config, struct error *err)
{
    const struct tree_node *args = tree_get(exec, "args");
    size_t i;

    if (!args)
        return 0;
    if (args->kind != TREE_LIST)
        return fail_line(user, args, "args: expected a list", err);
    config->exec_args = calloc(args->count + 1, sizeof(*config->exec_args));
    if (!config->exec_args)
        return error_no_memory(err);
    for (i = 0; i < args->count; i++) {
        if (args->items[i]->kind != TREE_SCALAR)
            return fail_line(user, args->items[i], "args: expected texts", err);
        config->exec_args[i] = strdup(args->items[i]->text);
        if (!config->exec_args[i])
            return error_no_memory(err);
    }
    return 0;
}

static int get_env(const struct kubeconfig_entry *user, const struct tree_node *exec, struct kube_config *config, struct error *err)
{
    const struct tree_node *env = tree_get(exec, "env");
    size_t i;

    if (!env)
        return 0;
    if (env->kind != TREE_LIST)
        return fail_line(user, env, "env: expected a list", err);
    if (!env->count)
        return 0;
    config->exec_env = calloc(env->count, sizeof(*config->exec_env));
    if (!config->exec_env)
        return error_no_memory(err);
    for (i = 0; i < env->count; i++) {
        const struct tree_node *name = tree_get(env->items[i], "name"), *value = tree_get(env->items[i], "value");
        struct kube_exec_env *out = &config->exec_env[config->exec_env_count++];

        if (!name || name->kind != TREE_SCALAR || !*name->text || strchr(name->text, '='))
            return fail_line(user, env->items[i], "env: expected entries with name and value", err);
        if (value && value->kind != TREE_SCALAR)
            return fail_line(user, value, "env: expected a text as value", err);
        out->name = strdup(name->text);
        out->value = strdup(value ? value->text : "");
        if (!out->name || !out->value)
            return error_no_memory(err);
    }
    return 0;
}

static int check_version(const struct kubeconfig_entry *user, const struct tree_node *exec, const struct kube_config *config,
                         struct error *err)
{
    const char *version = config->exec_api_version;

    if (!version)
        return fail_line(user, exec, "no apiVersion, expected " EXEC_GROUP "v1 or v1beta1", err);
    if (!strcmp(version, EXEC_GROUP "v1") || !strcmp(version, EXEC_GROUP "v1beta1"))
        return 0;
    if (!strcmp(version, EXEC_GROUP "v1alpha1"))
        return fail_line(user, exec, "apiVersion " EXEC_GROUP "v1alpha1 was removed in Kubernetes 1.24; expected v1 or v1beta1", err);
    return error_set(err, ERROR_USAGE, "%s:%d: exec: apiVersion \"%s\", expected " EXEC_GROUP "v1 or v1beta1", user->file->path, exec->line,
                     version);
}

static int get_mode(const struct kubeconfig_entry *user, const struct tree_node *exec, struct kube_config *config, struct error *err)
{
    const struct tree_node *node = tree_get(exec, "interactiveMode");
    const char *mode = node && node->kind == TREE_SCALAR ? node->text : "";

    config->exec_interactive = KUBE_EXEC_INTERACTIVE_IF_AVAILABLE;
    if (!node && !strcmp(config->exec_api_version, EXEC_GROUP "v1"))
        return fail_line(user, exec, "no interactiveMode, expected Never, IfAvailable or Always", err);
    if (!node || !strcmp(mode, "IfAvailable"))
        return 0;
    if (!strcmp(mode, "Never"))
        config->exec_interactive = KUBE_EXEC_INTERACTIVE_NEVER;
    else if (!strcmp(mode, "Always"))
        config->exec_interactive = KUBE_EXEC_INTERACTIVE_ALWAYS;
    else
        return fail_line(user, node, "interactiveMode: expected Never, IfAvailable or Always", err);
    return 0;
}

/* a hint often has several lines; here it becomes part of one */
static int get_hint(const struct tree_node *exec, struct kube_config *config, struct error *err)
{
    const struct tree_node *hint = tree_get(exec, "installHint");
    char *c;

    if (!hint || hint->kind != TREE_SCALAR || !*hint->text)
        return 0;
    config->exec_install_hint = strdup(hint->text);
    if (!config->exec_install_hint)
        return error_no_memory(err);
    for (c = config->exec_install_hint; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    while (c > config->exec_install_hint && c[-1] == ' ')
        *--c = '\0';
    return 0;
}

int kubeconfig_resolve_exec(const struct kubeconfig_entry *user, const struct tree_node *exec, struct kube_config *config,
                            struct error *err)
{
    if (exec->kind != TREE_MAP)
        return fail_line(user, exec, "expected keys and values", err);
    if (get_command(user, exec, config, err) < 0 || kubeconfig_get_text(user, exec, "apiVersion", &config->exec_api_version, err) < 0 ||
        check_version(user, exec, config, err) < 0 || get_mode(user, exec, config, err) < 0 || get_args(user, exec, config, err) < 0 ||
        get_env(user, exec, config, err) < 0 || get_hint(exec, config, err) < 0)
        return -1;
    return kubeconfig_get_bool(user, exec, "provideClusterInfo", &config->exec_provide_cluster_info, err);
}
