#include "compare/api_client.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/clock.h"
#include "common/kube/kubeconfig.h"
#include "common/limits.h"

#define ANSWER_MAX ((size_t)256 << 20) /* a /metrics page of a busy API server has tens of MiB; a list of ours is paged */

struct api_client {
    struct kube_config config;
    struct kube_credentials *credentials;
    char *user_agent;
    char *url;                     /* where requests go; its host is the name TLS checks */
    struct curl_slist *connect_to; /* where the connection goes, when tls-server-name differs from it */
    struct curl_slist *headers;    /* made again when the token changes */
    struct curl_slist **retired;   /* the headers before: handles of a batch under way still point at them */
    size_t retired_count;
    CURL *easy; /* of api_client_call */
    struct load own;
};

/* With tls-server-name the URL carries that name, and libcurl is told to connect to the real host and port. */
static int set_server_name(struct api_client *client, struct error *err)
{
    char *host = NULL, *port = NULL, entry[512];
    CURLU *url = curl_url();
    int ret = -1;

    if (!url || curl_url_set(url, CURLUPART_URL, client->config.server, 0) || curl_url_get(url, CURLUPART_HOST, &host, 0) ||
        curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) ||
        curl_url_set(url, CURLUPART_HOST, client->config.tls_server_name, 0)) {
        error_set(err, ERROR_USAGE, "%s: cannot make a URL of server %s", client->config.origin, client->config.server);
        goto cleanup;
    }
    snprintf(entry, sizeof entry, "::%s:%s", host, port);
    client->connect_to = curl_slist_append(NULL, entry);
    if (!client->connect_to || curl_url_get(url, CURLUPART_URL, &client->url, 0)) {
        error_no_memory(err);
        goto cleanup;
    }
    client->url[strcspn(client->url + strlen("https://"), "/") + strlen("https://")] = '\0';
    ret = 0;
cleanup:
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(url);
    return ret;
}

static int add_header(struct curl_slist **headers, const char *line, struct error *err)
{
    struct curl_slist *longer = curl_slist_append(*headers, line);

    if (!longer)
        return error_no_memory(err);
    *headers = longer;
    return 0;
}

static int retire_headers(struct api_client *client, struct error *err)
{
    struct curl_slist **longer = realloc(client->retired, (client->retired_count + 1) * sizeof *longer);

    if (!longer)
        return error_no_memory(err);
    client->retired = longer;
    client->retired[client->retired_count++] = client->headers;
    return 0;
}

/* Everything a request is sent with: who we are, and what the body is and may be. `token` NULL: none. */
static struct curl_slist *make_headers(const struct api_client *client, const char *token, const char *content_type, const char *accept,
                                       struct error *err)
{
    struct curl_slist *headers = NULL;
    struct buffer line;

    buffer_init(&line, LIMIT_CONFIG_FILE_BYTES);
    if (buffer_printf(&line, err, "Content-Type: %s", content_type) < 0 || add_header(&headers, line.data, err) < 0)
        goto failed;
    buffer_clear(&line);
    if (buffer_printf(&line, err, "Accept: %s", accept) < 0 || add_header(&headers, line.data, err) < 0 ||
        add_header(&headers, "Expect:", err) < 0)
        goto failed;
    buffer_clear(&line);
    if (token && (buffer_printf(&line, err, "Authorization: Bearer %s", token) < 0 || add_header(&headers, line.data, err) < 0))
        goto failed;
    buffer_clear(&line);
    if (client->config.impersonate &&
        (buffer_printf(&line, err, "Impersonate-User: %s", client->config.impersonate) < 0 || add_header(&headers, line.data, err) < 0))
        goto failed;
    buffer_free(&line);
    return headers;
failed:
    buffer_free(&line);
    curl_slist_free_all(headers);
    return NULL;
}

#define JSON "application/json"

/* Authorization and the rest, again when the token has changed */
static int renew_headers(struct api_client *client, struct error *err)
{
    struct curl_slist *headers;
    const char *token;
    bool changed;

    if (kube_credentials_token(client->credentials, false, &token, &changed, err) < 0)
        return -1;
    if (client->headers && !changed)
        return 0;
    headers = make_headers(client, token, JSON, JSON, err);
    if (!headers)
        return -1;
    if (client->headers && retire_headers(client, err) < 0) {
        curl_slist_free_all(headers);
        return -1;
    }
    client->headers = headers;
    return 0;
}

struct api_client *api_client_open(const char *kubeconfig, const char *user_agent, struct error *err)
{
    struct kube_config_source source = kube_config_source_from_env(kubeconfig, NULL);
    struct api_client *client = calloc(1, sizeof *client);

    if (!client || curl_global_init(CURL_GLOBAL_DEFAULT)) {
        free(client);
        error_no_memory(err);
        return NULL;
    }
    if (kube_config_load(&source, &client->config, err) < 0) {
        free(client);
        return NULL;
    }
    client->credentials = kube_credentials_new(&client->config, clock_system(), err);
    client->user_agent = strdup(user_agent);
    client->easy = curl_easy_init();
    if (!client->credentials || !client->user_agent || !client->easy) {
        error_no_memory(err);
        goto failed;
    }
    if ((client->config.tls_server_name && set_server_name(client, err) < 0) || renew_headers(client, err) < 0)
        goto failed;
    return client;
failed:
    api_client_close(client);
    return NULL;
}

void api_client_close(struct api_client *client)
{
    if (!client)
        return;
    curl_easy_cleanup(client->easy);
    curl_slist_free_all(client->headers);
    while (client->retired_count)
        curl_slist_free_all(client->retired[--client->retired_count]);
    free(client->retired);
    curl_slist_free_all(client->connect_to);
    curl_free(client->url);
    kube_credentials_free(client->credentials);
    kube_config_free(&client->config);
    free(client->user_agent);
    free(client);
}

const struct load *api_client_own_load(const struct api_client *client)
{
    return &client->own;
}

void api_client_count(struct api_client *client, const char *method, const char *target)
{
    load_count_request(&client->own, method, target);
}

const char *api_client_url(const struct api_client *client)
{
    return client->url ? client->url : client->config.server;
}

static CURLcode set_blob(CURL *easy, CURLoption option, const char *pem)
{
    struct curl_blob blob = {(void *)(uintptr_t)pem, pem ? strlen(pem) : 0, CURL_BLOB_COPY};

    return pem ? curl_easy_setopt(easy, option, &blob) : CURLE_OK;
}

static CURLcode set_tls(struct api_client *client, CURL *easy)
{
    const char *cert = kube_credentials_cert_pem(client->credentials), *key = kube_credentials_key_pem(client->credentials);
    CURLcode code = set_blob(easy, CURLOPT_CAINFO_BLOB, client->config.ca_pem);

    if (!code)
        code = set_blob(easy, CURLOPT_SSLCERT_BLOB, cert ? cert : client->config.client_cert_pem);
    if (!code)
        code = set_blob(easy, CURLOPT_SSLKEY_BLOB, key ? key : client->config.client_key_pem);
    if (!code && client->config.insecure_skip_tls_verify)
        code = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    if (!code && client->config.insecure_skip_tls_verify)
        code = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    return code;
}

int api_client_configure(struct api_client *client, CURL *easy, struct error *err)
{
    const struct kube_config *config = &client->config;
    CURLcode code;

    if (renew_headers(client, err) < 0)
        return -1;
    code = set_tls(client, easy);
    if (code)
        return error_set(err, ERROR_USAGE, "%s: certificate or key: %s", config->origin, curl_easy_strerror(code));
    if (curl_easy_setopt(easy, CURLOPT_HTTPHEADER, client->headers) || curl_easy_setopt(easy, CURLOPT_USERAGENT, client->user_agent) ||
        curl_easy_setopt(easy, CURLOPT_PROXY, config->proxy_url ? config->proxy_url : "") ||
        (config->username && curl_easy_setopt(easy, CURLOPT_USERNAME, config->username)) ||
        (config->password && curl_easy_setopt(easy, CURLOPT_PASSWORD, config->password)) ||
        (client->connect_to && curl_easy_setopt(easy, CURLOPT_CONNECT_TO, client->connect_to)))
        return error_no_memory(err);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
    return 0;
}

int api_client_configure_as(struct api_client *client, CURL *easy, const char *content_type, const char *accept,
                            struct curl_slist **headers, struct error *err)
{
    struct curl_slist *made;
    const char *token;
    bool changed;

    if (api_client_configure(client, easy, err) < 0 || kube_credentials_token(client->credentials, false, &token, &changed, err) < 0)
        return -1;
    made = make_headers(client, token, content_type ? content_type : JSON, accept ? accept : JSON, err);
    if (!made)
        return -1;
    if (curl_easy_setopt(easy, CURLOPT_HTTPHEADER, made)) {
        curl_slist_free_all(made);
        return error_no_memory(err);
    }
    *headers = made;
    return 0;
}

int api_error(struct error *err, const char *method, const char *target, int status, const struct buffer *answer)
{
    json_t *json = answer->bytes ? json_loadb(answer->data, answer->bytes, 0, NULL) : NULL;
    const char *message = json ? json_string_value(json_object_get(json, "message")) : NULL;

    error_set(err, ERROR_RUNTIME, "%s %s: status %d: %.300s", method, target, status,
              message         ? message
              : answer->bytes ? answer->data
                              : "(no body)");
    json_decref(json);
    return -1;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct error err = ERROR_INIT;

    if (ctx && buffer_add(ctx, data, size * count, &err) < 0)
        return 0;
    return size * count;
}

static int set_request(CURL *easy, const char *url, const char *method, const char *body, size_t body_bytes, struct buffer *answer,
                       struct error *err)
{
    bool plain_get = !strcmp(method, "GET");

    /* POSTFIELDS makes any request a POST, CUSTOMREQUEST then names it; a GET must be told to be one again */
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    if (!plain_get) {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body ? body : "");
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)body_bytes);
    }
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, answer);
    if (curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, plain_get ? NULL : method) || curl_easy_setopt(easy, CURLOPT_URL, url))
        return error_no_memory(err);
    return 0;
}

int api_client_call(struct api_client *client, const char *method, const char *target, const char *body, int64_t timeout_ms, int *status,
                    struct buffer *answer, struct error *err)
{
    struct buffer url;
    CURLcode code;
    long http = 0;
    int ret = -1;

    buffer_init(&url, LIMIT_TARGET_BYTES);
    if (buffer_printf(&url, err, "%s%s", api_client_url(client), target) < 0 || api_client_configure(client, client->easy, err) < 0 ||
        set_request(client->easy, url.data, method, body, body ? strlen(body) : 0, answer, err) < 0)
        goto cleanup;
    curl_easy_setopt(client->easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    load_count_request(&client->own, method, target);
    code = curl_easy_perform(client->easy);
    if (code) {
        error_set(err, ERROR_RUNTIME, "%s %s: %s", method, url.data, curl_easy_strerror(code));
        goto cleanup;
    }
    curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &http);
    *status = (int)http;
    ret = 0;
cleanup:
    buffer_free(&url);
    return ret;
}

int api_client_need(struct api_client *client, const char *method, const char *target, const char *body, struct buffer *answer,
                    struct error *err)
{
    struct buffer own;
    int status = 0, ret;

    buffer_init(&own, ANSWER_MAX);
    if (!answer)
        answer = &own;
    ret = api_client_call(client, method, target, body, 60000, &status, answer, err);
    if (ret == 0 && (status < 200 || status > 299))
        ret = api_error(err, method, target, status, answer);
    buffer_free(&own);
    return ret;
}
