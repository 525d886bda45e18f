/*
 * exec_credential.h: asks a credential plugin (client.authentication.k8s.io/v1 and v1beta1; KEP-541, client-go's
 * plugin/pkg/client/auth/exec).
 */
#ifndef COMMON_KUBE_EXEC_CREDENTIAL_H
#define COMMON_KUBE_EXEC_CREDENTIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/kube/kubeconfig.h"

/* What the plugin gave. Strings malloc'd and owned, NULL when absent. */
struct exec_credential {
    char *token;
    char *cert_pem, *key_pem; /* both or neither */
    bool expires;
    int64_t expires_us; /* wall time, microseconds since 1970 */
};

/*
 * Runs config's plugin for at most `limit_ms` and reads its answer into *credential (exec_credential_free()). `stop` as in
 * exec_process.h. On failure one line, `exec plugin "NAME": ...`, which holds nothing of what the plugin printed, and *credential is
 * untouched. ERROR_USAGE: it cannot be started; ERROR_RUNTIME: it failed or its answer is none; ERROR_NO_MEMORY.
 */
int exec_credential_get(const struct kube_config *config, int64_t limit_ms, bool (*stop)(void), struct exec_credential *credential,
                        struct error *err);

/* Reads the text that a plugin printed; the part of exec_credential_get() after the run. The error does not name the plugin. */
int exec_credential_parse(const char *api_version, const char *text, size_t bytes, struct exec_credential *credential, struct error *err);

/* Overwrites, frees and zeroes. */
void exec_credential_free(struct exec_credential *credential);

/* A token can go into a header: printable ASCII, not empty, at most LIMIT_TOKEN_BYTES. The error does not hold it. */
int exec_credential_check_token(const char *token, struct error *err);

#endif
