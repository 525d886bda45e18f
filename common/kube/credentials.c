/*
 * credentials.c: the token of the moment. Follows client-go's transport/token_source.go (token files, read again once a minute, the
 * last good one kept) and plugin/pkg/client/auth/exec (the plugin runs again when its answer expires or the server says 401).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/config_file.h"
#include "common/kube/exec_credential.h"
#include "common/kube/kubeconfig.h"
#include "common/kube/secret.h"
#include "common/limits.h"

#define SECOND_US INT64_C(1000000)
#define FILE_PERIOD_US (60 * SECOND_US)
#define FORCE_PERIOD_US SECOND_US
#define FILE_RETRY_US SECOND_US
#define EXEC_RETRY_US (5 * SECOND_US) /* a plugin blocks the caller: not more often while it fails */

struct kube_credentials {
    const struct kube_config *config;
    const struct clock *clock;
    bool (*stop)(void);
    struct exec_credential hand; /* what is in use; token NULL before the first reading */
    bool have;                   /* something was read, `hand` holds it */
    bool tried;
    int64_t tried_us;     /* when it was last read or tried, monotonic */
    bool changed;         /* not yet told to the caller */
    struct error problem; /* of the last try; ERROR_NONE when it went well */
};

struct kube_credentials *kube_credentials_new(const struct kube_config *config, const struct clock *clock, struct error *err)
{
    struct kube_credentials *credentials = calloc(1, sizeof(*credentials));

    if (!credentials) {
        error_no_memory(err);
        return NULL;
    }
    credentials->config = config;
    credentials->clock = clock;
    return credentials;
}

void kube_credentials_free(struct kube_credentials *credentials)
{
    if (!credentials)
        return;
    exec_credential_free(&credentials->hand);
    free(credentials);
}

void kube_credentials_set_stop(struct kube_credentials *credentials, bool (*stop)(void))
{
    credentials->stop = stop;
}

/* takes the white space around a token off, in place */
static char *trim(char *text)
{
    size_t bytes;

    text += strspn(text, " \t\r\n");
    for (bytes = strlen(text); bytes && strchr(" \t\r\n", text[bytes - 1]);)
        text[--bytes] = '\0';
    return text;
}

static int read_token_file(const char *path, struct exec_credential *fresh, struct error *err)
{
    struct secret_buffer text;
    bool binary;
    char *token;
    int ret = -1;

    secret_buffer_init(&text, LIMIT_CONFIG_FILE_BYTES);
    if (config_file_read(path, &text, err) < 0)
        return err->kind == ERROR_NO_MEMORY ? -1 : error_prefix(err, "token file");
    /* trim() shortens the text: what stands behind a NUL has to be looked for first */
    binary = strlen(text.data) != text.bytes;
    token = trim(text.data);
    if (binary) {
        error_set(err, ERROR_RUNTIME, "token file %s: a binary file, expected a token", path);
    } else if (exec_credential_check_token(token, err) < 0) {
        error_prefix(err, "token file %s", path);
    } else {
        fresh->token = strdup(token);
        ret = fresh->token ? 0 : error_no_memory(err);
    }
    secret_buffer_free(&text);
    return ret;
}

static int read_fixed(const char *token, struct exec_credential *fresh, struct error *err)
{
    if (exec_credential_check_token(token, err) < 0)
        return error_prefix(err, "the user's token");
    fresh->token = strdup(token);
    return fresh->token ? 0 : error_no_memory(err);
}

static int read_fresh(const struct kube_credentials *credentials, struct exec_credential *fresh, struct error *err)
{
    const struct kube_config *config = credentials->config;

    if (config->token_file)
        return read_token_file(config->token_file, fresh, err);
    if (config->exec_command)
        return exec_credential_get(config, LIMIT_EXEC_MS, credentials->stop, fresh, err);
    return config->token ? read_fixed(config->token, fresh, err) : 0;
}

static bool is_due(const struct kube_credentials *credentials, bool force)
{
    const struct kube_config *config = credentials->config;
    const struct clock *clock = credentials->clock;
    int64_t age_us = clock->monotonic_us(clock) - credentials->tried_us;

    if (!credentials->tried)
        return true;
    if (credentials->problem.kind != ERROR_NONE)
        return age_us >= (config->exec_command ? EXEC_RETRY_US : FILE_RETRY_US);
    if (!config->token_file && !config->exec_command)
        return false;
    if (force && age_us >= FORCE_PERIOD_US)
        return true;
    if (config->token_file)
        return age_us >= FILE_PERIOD_US;
    return credentials->hand.expires && clock->wall_us(clock) >= credentials->hand.expires_us && age_us >= FORCE_PERIOD_US;
}

static bool differs(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) != 0 : a != b;
}

static void take(struct kube_credentials *credentials, struct exec_credential *fresh)
{
    struct exec_credential *hand = &credentials->hand;

    if (differs(hand->token, fresh->token) || differs(hand->cert_pem, fresh->cert_pem) || differs(hand->key_pem, fresh->key_pem))
        credentials->changed = true;
    exec_credential_free(hand);
    *hand = *fresh;
    credentials->have = true;
}

/* client-go: a token given beside a token file serves until the file could be read */
static void fall_back(struct kube_credentials *credentials)
{
    struct error ignored = ERROR_INIT;
    struct exec_credential fixed = {0};

    if (!credentials->have && credentials->config->token_file && credentials->config->token &&
        read_fixed(credentials->config->token, &fixed, &ignored) == 0)
        take(credentials, &fixed);
}

static void refresh(struct kube_credentials *credentials)
{
    struct exec_credential fresh = {0};
    struct error problem = ERROR_INIT;
    int ret = read_fresh(credentials, &fresh, &problem);

    credentials->tried = true;
    credentials->tried_us = credentials->clock->monotonic_us(credentials->clock);
    credentials->problem = problem;
    if (ret == 0)
        take(credentials, &fresh);
    else
        fall_back(credentials);
}

int kube_credentials_token(struct kube_credentials *credentials, bool force, const char **token, bool *changed, struct error *err)
{
    if (is_due(credentials, force))
        refresh(credentials);
    if (!credentials->have) {
        *err = credentials->problem;
        return -1;
    }
    *token = credentials->hand.token;
    *changed = credentials->changed;
    credentials->changed = false;
    return 0;
}

const char *kube_credentials_problem(const struct kube_credentials *credentials)
{
    return credentials->problem.kind == ERROR_NONE ? NULL : credentials->problem.text;
}

const char *kube_credentials_cert_pem(const struct kube_credentials *credentials)
{
    return credentials->hand.cert_pem;
}

const char *kube_credentials_key_pem(const struct kube_credentials *credentials)
{
    return credentials->hand.key_pem;
}
