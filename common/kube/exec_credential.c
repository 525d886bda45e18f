#include "common/kube/exec_credential.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/kube/exec_environment.h"
#include "common/kube/exec_process.h"
#include "common/kube/kubeconfig_resolve.h"
#include "common/kube/secret.h"
#include "common/limits.h"

int exec_credential_check_token(const char *token, struct error *err)
{
    size_t bytes = 0;

    for (; token[bytes]; bytes++)
        if ((unsigned char)token[bytes] <= ' ' || (unsigned char)token[bytes] >= 0x7f)
            return error_set(err, ERROR_RUNTIME, "the token holds a character that no token has");
    if (!bytes)
        return error_set(err, ERROR_RUNTIME, "the token is empty");
    if (bytes > LIMIT_TOKEN_BYTES)
        return error_set(err, ERROR_RUNTIME, "the token is longer than %u bytes", LIMIT_TOKEN_BYTES);
    return 0;
}

/* copies a field of the status; *out stays NULL when it is absent, null or empty */
static int get_string(const json_t *status, const char *key, char **out, struct error *err)
{
    const json_t *value = json_object_get(status, key);

    if (!value || json_is_null(value) || (json_is_string(value) && !json_string_length(value)))
        return 0;
    if (!json_is_string(value))
        return error_set(err, ERROR_RUNTIME, "status.%s is no text", key);
    *out = strdup(json_string_value(value));
    return *out ? 0 : error_no_memory(err);
}

static int get_expiry(const json_t *status, struct exec_credential *credential, struct error *err)
{
    char *text = NULL;
    int ret = 0;

    if (get_string(status, "expirationTimestamp", &text, err) < 0)
        return -1;
    if (text && clock_parse_rfc3339(text, &credential->expires_us) < 0)
        ret = error_set(err, ERROR_RUNTIME, "status.expirationTimestamp is no RFC 3339 time");
    credential->expires = text != NULL;
    free(text);
    return ret;
}

static int check(const struct exec_credential *credential, struct error *err)
{
    if (!credential->token && !credential->cert_pem && !credential->key_pem)
        return error_set(err, ERROR_RUNTIME, "gave neither a token nor a certificate with its key");
    if (!credential->cert_pem != !credential->key_pem)
        return error_set(err, ERROR_RUNTIME, "gave only one of certificate and key");
    if (credential->cert_pem && !strstr(credential->cert_pem, PEM_CERTIFICATE))
        return error_set(err, ERROR_RUNTIME, "status.clientCertificateData is no PEM");
    if (credential->key_pem && !strstr(credential->key_pem, PEM_PRIVATE_KEY))
        return error_set(err, ERROR_RUNTIME, "status.clientKeyData is no PEM");
    return credential->token ? exec_credential_check_token(credential->token, err) : 0;
}

static int read_answer(const char *api_version, const json_t *root, struct exec_credential *credential, struct error *err)
{
    const char *kind = json_string_value(json_object_get(root, "kind"));
    const char *version = json_string_value(json_object_get(root, "apiVersion"));
    const json_t *status = json_object_get(root, "status");

    if (!kind || strcmp(kind, "ExecCredential"))
        return error_set(err, ERROR_RUNTIME, "printed JSON that is no ExecCredential");
    if (!version || strcmp(version, api_version))
        return error_set(err, ERROR_RUNTIME, "answered in another apiVersion than %s", api_version);
    if (!json_is_object(status))
        return error_set(err, ERROR_RUNTIME, "gave no status");
    if (get_string(status, "token", &credential->token, err) < 0 ||
        get_string(status, "clientCertificateData", &credential->cert_pem, err) < 0 ||
        get_string(status, "clientKeyData", &credential->key_pem, err) < 0 || get_expiry(status, credential, err) < 0)
        return -1;
    return check(credential, err);
}

/* jansson frees its strings as they are; these hold secrets */
static void wipe_strings(json_t *object)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value) if (json_is_string(value))
        secret_wipe((char *)json_string_value(value), json_string_length(value));
}

int exec_credential_parse(const char *api_version, const char *text, size_t bytes, struct exec_credential *credential, struct error *err)
{
    struct exec_credential parsed = {0};
    json_error_t problem = {0};
    json_t *root = json_loadb(text ? text : "", bytes, JSON_REJECT_DUPLICATES, &problem);
    int ret;

    /* jansson says nothing at all when it has no memory to begin with */
    if (!root && (!problem.text[0] || json_error_code(&problem) == json_error_out_of_memory))
        return error_no_memory(err);
    /* problem.text quotes the input, which may be a token: only the place is told */
    if (!root)
        return error_set(err, ERROR_RUNTIME, bytes ? "printed no JSON (line %d, column %d)" : "printed nothing", problem.line,
                         problem.column);
    ret = read_answer(api_version, root, &parsed, err);
    wipe_strings(json_object_get(root, "status"));
    json_decref(root);
    if (ret == 0)
        *credential = parsed;
    else
        exec_credential_free(&parsed);
    return ret;
}

static char **new_argv(const struct kube_config *config)
{
    size_t count = 0, i;
    char **argv;

    while (config->exec_args && config->exec_args[count])
        count++;
    argv = calloc(count + 2, sizeof(*argv));
    if (!argv)
        return NULL;
    argv[0] = config->exec_command;
    for (i = 0; i < count; i++)
        argv[i + 1] = config->exec_args[i];
    return argv;
}

static int run(const struct kube_config *config, int64_t limit_ms, bool (*stop)(void), struct secret_buffer *out, struct error *err)
{
    bool interactive = config->exec_interactive != KUBE_EXEC_INTERACTIVE_NEVER && isatty(STDIN_FILENO);
    char *path = NULL, **argv = NULL, **envp = NULL;
    struct exec_process process;
    int ret = -1;

    if (!interactive && config->exec_interactive == KUBE_EXEC_INTERACTIVE_ALWAYS)
        return error_set(err, ERROR_USAGE, "interactiveMode is Always, and standard input is no terminal");
    path = exec_environment_find(config, err);
    if (!path)
        return -1;
    argv = new_argv(config);
    if (!argv) {
        error_no_memory(err);
        goto cleanup;
    }
    envp = exec_environment_new(config, interactive, err);
    if (!envp)
        goto cleanup;
    process =
        (struct exec_process){.path = path, .argv = argv, .envp = envp, .interactive = interactive, .limit_ms = limit_ms, .stop = stop};
    ret = exec_process_run(&process, out, err);
cleanup:
    exec_environment_free(envp);
    free(argv);
    free(path);
    return ret;
}

int exec_credential_get(const struct kube_config *config, int64_t limit_ms, bool (*stop)(void), struct exec_credential *credential,
                        struct error *err)
{
    struct secret_buffer out;
    int ret;

    secret_buffer_init(&out, LIMIT_EXEC_OUTPUT_BYTES);
    ret = run(config, limit_ms, stop, &out, err);
    if (ret == 0)
        ret = exec_credential_parse(config->exec_api_version, out.data, out.bytes, credential, err);
    secret_buffer_free(&out);
    if (ret < 0 && err->kind != ERROR_NO_MEMORY)
        error_prefix(err, "exec plugin \"%s\"", config->exec_command);
    return ret;
}

void exec_credential_free(struct exec_credential *credential)
{
    secret_free(credential->token);
    free(credential->cert_pem);
    secret_free(credential->key_pem);
    *credential = (struct exec_credential){0};
}
