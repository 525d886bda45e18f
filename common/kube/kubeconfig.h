/*
 * kubeconfig.h: where the API server is and who we are. Follows client-go's tools/clientcmd: the order of sources, the merge of
 * KUBECONFIG lists, relative paths against their own file, *-data before the file of the same name.
 */
#ifndef COMMON_KUBE_KUBECONFIG_H
#define COMMON_KUBE_KUBECONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/clock.h"
#include "common/error.h"

struct kube_exec_env {
    char *name, *value;
};

/* Whether the plugin may have our standard input (interactiveMode of client.authentication.k8s.io). */
enum kube_exec_interactive { KUBE_EXEC_INTERACTIVE_NEVER, KUBE_EXEC_INTERACTIVE_IF_AVAILABLE, KUBE_EXEC_INTERACTIVE_ALWAYS };

/* One resolved configuration: the chosen context's cluster and user. Every string is malloc'd and owned by the struct, NULL when absent. */
struct kube_config {
    char *origin;     /* for messages: the file, or "in-cluster" */
    char *context;    /* the chosen context's name; NULL in a cluster */
    char *server;     /* "https://127.0.0.1:6443", no slash at the end */
    char *namespace_; /* the context's; "default" when it names none */
    char *proxy_url;
    char *tls_server_name;
    bool insecure_skip_tls_verify;
    char *ca_pem; /* PEM text, from data (decoded) or file (read) */
    char *client_cert_pem, *client_key_pem;
    char *token;      /* fixed token; with a token_file as well: in use until that could be read, as in client-go */
    char *token_file; /* absolute path; re-read as it rotates */
    char *username, *password;
    char *impersonate; /* `as` */
    /* exec credential plugin; exec_command NULL when there is none */
    char *exec_command;
    char **exec_args; /* NULL-terminated, or NULL */
    struct kube_exec_env *exec_env;
    size_t exec_env_count;
    char *exec_api_version; /* client.authentication.k8s.io/v1 or v1beta1 */
    char *exec_install_hint;
    bool exec_provide_cluster_info;
    enum kube_exec_interactive exec_interactive;
};

/* What selects a configuration. Strings borrowed, NULL when not given. */
struct kube_config_source {
    const char *kubeconfig;                  /* --kubeconfig */
    const char *context;                     /* --context */
    const char *kubeconfig_env;              /* the value of KUBECONFIG */
    const char *home;                        /* the value of HOME */
    const char *service_host, *service_port; /* KUBERNETES_SERVICE_HOST and _PORT */
    const char *service_account_dir;         /* NULL: /var/run/secrets/kubernetes.io/serviceaccount */
};

/* The source from this process' environment, with the two flags. Points into the environment. */
struct kube_config_source kube_config_source_from_env(const char *kubeconfig, const char *context);

/*
 * Finds and reads the configuration; first hit wins: --kubeconfig, KUBECONFIG, in-cluster, ~/.kube/config. An explicit file that
 * is missing is an error; a missing file inside a KUBECONFIG list is skipped, as kubectl does. Fills *config, which the caller
 * ends with kube_config_free(). Any problem is ERROR_USAGE with one line: file, key or line number, and what was expected.
 * Refused: a CA together with insecure-skip-tls-verify; a context, cluster or user that is named but not there; a duplicate key.
 */
int kube_config_load(const struct kube_config_source *source, struct kube_config *config, struct error *err);

/* Frees the strings (keys and tokens are overwritten first) and zeroes the struct. Safe on a zeroed struct. */
void kube_config_free(struct kube_config *config);

/*
 * credentials: the token of the moment. Made from a config, asked before requests.
 */
struct kube_credentials;

/* `config` is borrowed and must outlive it. Returns NULL only for ERROR_NO_MEMORY. Free with kube_credentials_free(). */
struct kube_credentials *kube_credentials_new(const struct kube_config *config, const struct clock *clock, struct error *err);
void kube_credentials_free(struct kube_credentials *credentials);

/*
 * The bearer token to send now; *token is NULL when none is used (client certificates, anonymous by configuration). Owned by
 * `credentials`, valid until the next call. *changed says whether it, or the exec plugin's certificate or key, differs from the last call's. Token files are read again once a
 * minute, exec credentials when they expire, as client-go does. `force`: read again at once (after a 401; at most once a second).
 * On failure (plugin missing, failed or printing something else; file unreadable) one clear line, which never holds a token;
 * with a token still in hand the old one is returned and 0.
 */
int kube_credentials_token(struct kube_credentials *credentials, bool force, const char **token, bool *changed, struct error *err);

/* Why the last reading failed although kube_credentials_token() returned 0 with the old token: one line, for a warning. NULL: it did not. */
const char *kube_credentials_problem(const struct kube_credentials *credentials);

/*
 * A plugin may run for a minute and the caller waits. `stop` is asked several times a second meanwhile; once it says true, the
 * plugin is killed and the call fails. NULL (as at the start): never. signals_stop_requested() fits.
 */
void kube_credentials_set_stop(struct kube_credentials *credentials, bool (*stop)(void));

/* Client certificate and key that the exec plugin gave (PEM, owned by `credentials`), or NULL. Valid after a kube_credentials_token(). */
const char *kube_credentials_cert_pem(const struct kube_credentials *credentials);
const char *kube_credentials_key_pem(const struct kube_credentials *credentials);

#endif
