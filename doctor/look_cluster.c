/* look_cluster.c: the configuration, the server, and what is in the cluster. */
#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/kube/kubeconfig.h"
#include "doctor/facts.h"
#include "doctor/look.h"
#include "doctor/look_access.h"
#include "doctor/pods.h"

static const struct json_field owner_fields[] = {{"kind", NULL}, {"name", NULL}, {NULL, NULL}};
static const struct json_field metadata_fields[] = {{"name", NULL},
                                                    {"namespace", NULL},
                                                    {"labels", NULL},
                                                    {"creationTimestamp", NULL},
                                                    {"deletionTimestamp", NULL},
                                                    {"finalizers", NULL},
                                                    {"ownerReferences", owner_fields},
                                                    {NULL, NULL}};
static const struct json_field condition_fields[] = {
    {"type", NULL}, {"status", NULL}, {"reason", NULL}, {"message", NULL}, {"lastTransitionTime", NULL}, {NULL, NULL}};

static const struct json_field node_spec_fields[] = {{"unschedulable", NULL}, {"taints", NULL}, {"providerID", NULL}, {NULL, NULL}};
static const struct json_field image_fields[] = {{"names", NULL}, {NULL, NULL}};
static const struct json_field node_status_fields[] = {{"conditions", condition_fields}, {"images", image_fields}, {NULL, NULL}};
static const struct json_field node_fields[] = {
    {"metadata", metadata_fields}, {"spec", node_spec_fields}, {"status", node_status_fields}, {NULL, NULL}};

static const struct json_field container_fields[] = {{"name", NULL},    {"image", NULL}, {"imagePullPolicy", NULL},
                                                     {"command", NULL}, {"args", NULL},  {NULL, NULL}};
static const struct json_field pod_spec_fields[] = {{"nodeName", NULL},
                                                    {"schedulerName", NULL},
                                                    {"schedulingGates", NULL},
                                                    {"serviceAccountName", NULL},
                                                    {"containers", container_fields},
                                                    {"initContainers", container_fields},
                                                    {NULL, NULL}};
static const struct json_field container_status_fields[] = {
    {"name", NULL}, {"restartCount", NULL}, {"state", NULL}, {"lastState", NULL}, {NULL, NULL}};
static const struct json_field pod_status_fields[] = {{"phase", NULL},
                                                      {"conditions", condition_fields},
                                                      {"containerStatuses", container_status_fields},
                                                      {"initContainerStatuses", container_status_fields},
                                                      {NULL, NULL}};
static const struct json_field pod_fields[] = {
    {"metadata", metadata_fields}, {"spec", pod_spec_fields}, {"status", pod_status_fields}, {NULL, NULL}};

static const struct json_field template_fields[] = {{"spec", pod_spec_fields}, {NULL, NULL}};
static const struct json_field deployment_spec_fields[] = {{"replicas", NULL}, {"template", template_fields}, {NULL, NULL}};
static const struct json_field deployment_status_fields[] = {{"readyReplicas", NULL}, {"conditions", condition_fields}, {NULL, NULL}};
static const struct json_field deployment_fields[] = {
    {"metadata", metadata_fields}, {"spec", deployment_spec_fields}, {"status", deployment_status_fields}, {NULL, NULL}};

static const struct json_field lease_spec_fields[] = {
    {"holderIdentity", NULL}, {"renewTime", NULL}, {"leaseDurationSeconds", NULL}, {NULL, NULL}};
static const struct json_field lease_fields[] = {{"metadata", metadata_fields}, {"spec", lease_spec_fields}, {NULL, NULL}};

static int set(json_t *object, const char *key, json_t *value, struct error *err)
{
    return json_object_set_new(object, key, value) < 0 ? error_no_memory(err) : 0;
}

/* ---- the configuration ---- */

static const char *credential_of(const struct kube_config *config)
{
    if (config->exec_command)
        return "a credential plugin";
    if (config->client_cert_pem)
        return "client certificate";
    if (config->token || config->token_file)
        return "token";
    return config->username ? "user and password" : "no credential";
}

static const char *source_of(const struct kube_config_source *source, const struct kube_config *config)
{
    if (source->kubeconfig)
        return "--kubeconfig";
    if (!config->context)
        return "the pod's service account";
    return source->kubeconfig_env && source->kubeconfig_env[strspn(source->kubeconfig_env, ":")] ? "KUBECONFIG" : "the default";
}

/* the server's name or address without its port; malloc'd by libcurl, NULL: none */
static char *host_of(const char *server)
{
    CURLU *url = curl_url();
    char *host = NULL;

    if (url && curl_url_set(url, CURLUPART_URL, server, 0) == CURLUE_OK)
        curl_url_get(url, CURLUPART_HOST, &host, 0);
    curl_url_cleanup(url);
    return host;
}

static json_t *describe_config(const struct kube_config_source *source, const struct kube_config *config)
{
    char *host = host_of(config->server);
    const size_t bytes = host ? strlen(host) : 0;
    json_t *said;

    /* an IPv6 address comes in brackets */
    if (bytes > 1 && host[0] == '[') {
        memmove(host, host + 1, bytes - 2);
        host[bytes - 2] = '\0';
    }
    said = json_pack("{sssssssssssssb}", "origin", config->origin, "from", source_of(source, config), "context",
                     config->context ? config->context : "", "server", config->server, "host", host ? host : "", "credential",
                     credential_of(config), "insecure", config->insecure_skip_tls_verify);
    curl_free(host);
    return said;
}

/* ---- time ---- */

static int note_time(const struct server *server, json_t *facts, struct error *err)
{
    const time_t date = *server_date(server) ? curl_getdate(server_date(server), NULL) : (time_t)-1;
    const int64_t local_us = clock_system()->wall_us(clock_system());
    char text[32];

    clock_format_rfc3339(local_us, 0, text);
    if (set(facts, "local", json_string(text), err) < 0)
        return -1;
    if (date > 0) {
        clock_format_rfc3339((int64_t)date * 1000000, 0, text);
        if (set(facts, "date", json_string(text), err) < 0)
            return -1;
    }
    return set(facts, "now", json_string(text), err);
}

/* ---- the server and its lists ---- */

static int ask(struct server *server, json_t *facts, const char *key, const char *target, const json_t *body, struct error *err)
{
    json_t *answer = NULL;

    if (server_ask(server, target, body, &answer, err) < 0)
        return -1;
    return set(facts, key, answer, err);
}

static int ask_who(struct server *server, json_t *facts, struct error *err)
{
    json_t *body = json_pack("{ssss}", "apiVersion", "authentication.k8s.io/v1", "kind", "SelfSubjectReview");
    json_t *user;
    int ret = body ? ask(server, facts, "user", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body, err) : error_no_memory(err);

    json_decref(body);
    if (ret < 0)
        return -1;
    user = json_object_get(facts, "user");
    return set(user, "name", json_string(fact_text(user, "body.status.userInfo.username")), err);
}

struct taking {
    json_t *items; /* of a plain list */
    json_t *pods;
    const char *image;
};

static int take_item(void *ctx, json_t *item, struct error *err)
{
    struct taking *taking = ctx;

    if (taking->pods)
        return pods_take(taking->pods, item, taking->image, err);
    return json_array_append(taking->items, item) < 0 ? error_no_memory(err) : 0;
}

static int list(struct server *server, json_t *facts, const char *key, const char *path, const struct json_field *schema,
                const struct doctor_options *options, struct error *err)
{
    struct taking taking = {.items = json_array(), .image = options->image};
    json_t *answer = NULL;
    int ret = -1;

    if (!strcmp(key, "pods"))
        taking.pods = json_object();
    if (!taking.items || (!strcmp(key, "pods") && !taking.pods)) {
        error_no_memory(err);
        goto cleanup;
    }
    if (server_list(server, path, schema, take_item, &taking, &answer, err) < 0)
        goto cleanup;
    if (taking.pods ? json_object_update_missing(answer, taking.pods) < 0 : json_object_set(answer, "items", taking.items) < 0) {
        json_decref(answer);
        error_no_memory(err);
        goto cleanup;
    }
    ret = set(facts, key, answer, err);
cleanup:
    json_decref(taking.items);
    json_decref(taking.pods);
    return ret;
}

/* who may not see all may see one namespace */
static int list_or_one(struct server *server, json_t *facts, const char *key, const char *api, const struct json_field *schema,
                       const struct doctor_options *options, const char *namespace_, struct error *err)
{
    char path[192], status[64];

    snprintf(path, sizeof path, "%s/%s", api, key);
    if (list(server, facts, key, path, schema, options, err) < 0)
        return -1;
    snprintf(status, sizeof status, "%s.status", key);
    if (fact_number(facts, status, 0) != 403)
        return 0;
    snprintf(path, sizeof path, "%s/namespaces/%s/%s", api, namespace_, key);
    return list(server, facts, key, path, schema, options, err);
}

static int look_around(struct server *server, const struct doctor_options *options, json_t *facts, struct error *err)
{
    if (list(server, facts, "nodes", "/api/v1/nodes", node_fields, options, err) < 0 ||
        list(server, facts, "pods", "/api/v1/pods", pod_fields, options, err) < 0 ||
        list_or_one(server, facts, "deployments", "/apis/apps/v1", deployment_fields, options, options->namespace_, err) < 0 ||
        list_or_one(server, facts, "leases", "/apis/coordination.k8s.io/v1", lease_fields, options, "kube-system", err) < 0)
        return -1;
    return look_at_access(server, options, facts, err);
}

static int look_at_server(const struct kube_config *config, const struct doctor_options *options, json_t *facts, struct error *err)
{
    struct error problem = ERROR_INIT;
    struct server *server = server_open(config, LOOK_CLUSTER_MS, &problem);
    int ret = -1;

    if (!server && problem.kind == ERROR_NO_MEMORY)
        return error_no_memory(err);
    if (!server)
        return set(json_object_get(facts, "config"), "problem", fact_new(problem.text, strlen(problem.text)), err);
    if (ask(server, facts, "version", "/version", NULL, err) < 0 || note_time(server, facts, err) < 0)
        goto cleanup;
    ret = 0;
    if (fact_number(facts, "version.status", 0)) {
        ret = ask_who(server, facts, err);
        if (ret == 0 && fact_number(facts, "user.status", 0) != 401)
            ret = look_around(server, options, facts, err);
    }
    if (ret == 0)
        ret = set(facts, "warning", fact_new(server_warning(server), strlen(server_warning(server))), err);
cleanup:
    server_close(server);
    return ret;
}

static int look(const struct doctor_options *options, json_t *facts, struct error *err)
{
    struct kube_config_source source = kube_config_source_from_env(options->kubeconfig, options->context);
    struct error problem = ERROR_INIT;
    struct kube_config config = {0};
    int ret;

    if (kube_config_load(&source, &config, &problem) < 0)
        return problem.kind == ERROR_NO_MEMORY
                   ? error_no_memory(err)
                   : set(facts, "config", json_pack("{so}", "problem", fact_new(problem.text, strlen(problem.text))), err);
    ret = set(facts, "config", describe_config(&source, &config), err);
    if (ret == 0)
        ret = look_at_server(&config, options, facts, err);
    kube_config_free(&config);
    return ret;
}

int look_at_cluster(const struct doctor_options *options, json_t **facts, struct error *err)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    json_t *seen = json_object();
    int ret;

    if (!seen)
        return error_no_memory(err);
    /* a TLS connection that breaks while it is written to */
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, &before);
    ret = look(options, seen, err);
    sigaction(SIGPIPE, &before, NULL);
    if (ret == 0)
        *facts = seen;
    else
        json_decref(seen);
    return ret;
}
