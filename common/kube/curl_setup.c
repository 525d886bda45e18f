/*
 * curl_setup.c: what the configuration means for every request: URL, certificates, headers. Header lists are made once per
 * content type and token.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/kube/curl_parts.h"

/* a list in use by calls stays until the last of them has ended, though the token has changed since */
struct header_list {
    struct header_list *next;
    const char *content_type; /* NULL: no body */
    struct curl_slist *list;
    size_t users;
    bool stale;
};

const char *curl_setup_server(const struct curl_setup *setup)
{
    return setup->server;
}

const char *curl_setup_origin(const struct curl_setup *setup)
{
    return setup->origin ? setup->origin : "the configuration";
}

/*
 * Reading the configuration.
 */

static int copy(char **to, const char *from, struct error *err)
{
    if (!from)
        return 0;
    *to = strdup(from);
    return *to ? 0 : error_no_memory(err);
}

static char *format(const char *one, const char *two, const char *three, const char *four)
{
    size_t size = strlen(one) + strlen(two) + strlen(three) + strlen(four) + 1;
    char *text = malloc(size);

    if (text)
        snprintf(text, size, "%s%s%s%s", one, two, three, four);
    return text;
}

static int copy_pem(const struct curl_setup *setup, char **to, const char *pem, const char *kind, const char *what, struct error *err)
{
    const char *begin = pem ? strstr(pem, "-----BEGIN ") : NULL;
    const char *label = begin ? strstr(begin, kind) : NULL;

    if (!pem)
        return 0;
    if (!label || !strstr(label, "-----END "))
        return error_set(err, ERROR_USAGE, "%s: the %s is not PEM: no '-----BEGIN %s-----' with its end", curl_setup_origin(setup), what,
                         kind);
    return copy(to, pem, err);
}

static int copy_certificates(struct curl_setup *setup, const struct kube_config *config, struct error *err)
{
    if (!config->client_cert_pem != !config->client_key_pem)
        return error_set(err, ERROR_USAGE, "%s: client certificate and key go together, one is missing", curl_setup_origin(setup));
    if (copy_pem(setup, &setup->ca.text, config->ca_pem, "CERTIFICATE", "CA", err) < 0)
        return -1;
    if (copy_pem(setup, &setup->cert.text, config->client_cert_pem, "CERTIFICATE", "client certificate", err) < 0)
        return -1;
    return copy_pem(setup, &setup->key.text, config->client_key_pem, "PRIVATE KEY", "client key", err);
}

/* The URL is made of the name that TLS is to see; CURLOPT_CONNECT_TO then leads to the server's own address. */
static int use_tls_name(struct curl_setup *setup, const char *name, const char *port, struct error *err)
{
    char *route = format(name, ":", port, ":");
    char *whole = route ? format(route, setup->server, "", "") : NULL;
    int ret = -1;

    setup->connect_to = whole ? curl_slist_append(NULL, whole) : NULL;
    setup->host_header = format("Host: ", setup->server, "", "");
    free(setup->url);
    setup->url = format("https://", name, ":", port);
    if (setup->connect_to && setup->host_header && setup->url)
        ret = 0;
    else
        error_no_memory(err);
    free(whole);
    free(route);
    return ret;
}

static int copy_server(struct curl_setup *setup, const struct kube_config *config, CURLU *url, struct error *err)
{
    char *scheme = NULL, *host = NULL, *port = NULL, *path = NULL;
    int ret = -1;

    if (curl_url_set(url, CURLUPART_URL, config->server ? config->server : "", 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK || curl_url_get(url, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) != CURLUE_OK ||
        curl_url_get(url, CURLUPART_PATH, &path, 0) != CURLUE_OK || (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)) {
        error_set(err, ERROR_USAGE, "%s: server '%s' is not an http or https URL", curl_setup_origin(setup),
                  config->server ? config->server : "");
        goto cleanup;
    }
    setup->https = strcmp(scheme, "https") == 0;
    while (*path && path[strlen(path) - 1] == '/')
        path[strlen(path) - 1] = '\0';
    setup->server = format(host, ":", port, "");
    setup->url = format(scheme, "://", host, ":");
    if (setup->url) {
        char *without_port = setup->url;

        setup->url = format(without_port, port, "", "");
        free(without_port);
    }
    setup->prefix = format(path, "", "", "");
    if (!setup->server || !setup->url || !setup->prefix) {
        error_no_memory(err);
        goto cleanup;
    }
    if (setup->https && config->tls_server_name && strcmp(config->tls_server_name, host) != 0 &&
        use_tls_name(setup, config->tls_server_name, port, err) < 0)
        goto cleanup;
    ret = 0;
cleanup:
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_free(path);
    return ret;
}

static bool fits_a_header(const char *value)
{
    for (; value && *value; value++)
        if ((unsigned char)*value < 0x20 || *value == 0x7f)
            return false;
    return true;
}

/*
 * libcurl 7.88.1 to 8.0.1 can miss the end of an HTTP/2 answer of which it has all bytes, when two come at once: the call then waits until something
 * else arrives on the connection, or its time is up. (Since its commit 3103de2053 nghttp2 is not called again after a pause when no input is left;
 * 8.1.0 has other buffers.) HTTP/1.1 binds as many pods at the same cost.
 */
static bool has_sound_http2(void)
{
    const curl_version_info_data *libcurl = curl_version_info(CURLVERSION_NOW);

    return libcurl->features & CURL_VERSION_HTTP2 && (libcurl->version_num < 0x075801 || libcurl->version_num >= 0x080100);
}

static int copy_config(struct curl_setup *setup, const struct kube_config *config, const char *user_agent, struct error *err)
{
    CURLU *url;
    int ret;

    if (copy(&setup->origin, config->origin, err) < 0)
        return -1;
    url = curl_url();
    if (!url)
        return error_no_memory(err);
    ret = copy_server(setup, config, url, err);
    curl_url_cleanup(url);
    if (ret < 0)
        return -1;
    if (!fits_a_header(config->impersonate) || !fits_a_header(config->username) || !fits_a_header(config->password))
        return error_set(err, ERROR_USAGE, "%s: user name, password or 'as' holds a control character", curl_setup_origin(setup));
    setup->insecure = config->insecure_skip_tls_verify;
    setup->full_url = config->proxy_url && !setup->https; /* such a proxy is told the whole URL */
    setup->http2 = setup->https && has_sound_http2();
    if (copy(&setup->proxy, config->proxy_url, err) < 0 || copy(&setup->user_agent, user_agent, err) < 0 ||
        copy(&setup->username, config->username, err) < 0 || copy(&setup->password, config->password, err) < 0 ||
        copy(&setup->impersonate, config->impersonate, err) < 0)
        return -1;
    return setup->https ? copy_certificates(setup, config, err) : 0;
}

struct curl_setup *curl_setup_open(const struct kube_config *config, const char *user_agent, struct error *err)
{
    struct curl_setup *setup = calloc(1, sizeof *setup);

    if (!setup) {
        error_no_memory(err);
        return NULL;
    }
    if (copy_config(setup, config, user_agent, err) < 0) {
        curl_setup_free(setup);
        return NULL;
    }
    return setup;
}

static void free_secret(char *secret)
{
    volatile char *byte = secret;

    while (byte && *byte)
        *byte++ = '\0';
    free(secret);
}

static void free_pem(struct pem *pem)
{
    if (pem->path)
        unlink(pem->path);
    free(pem->path);
    free_secret(pem->text);
}

static void free_headers(struct curl_setup *setup, bool all)
{
    struct header_list **at = &setup->headers;

    while (*at) {
        struct header_list *list = *at;

        if (!all && (!list->stale || list->users)) {
            at = &list->next;
            continue;
        }
        *at = list->next;
        curl_slist_free_all(list->list);
        free(list);
    }
}

void curl_setup_free(struct curl_setup *setup)
{
    if (!setup)
        return;
    free_headers(setup, true);
    curl_slist_free_all(setup->connect_to);
    free_pem(&setup->ca);
    free_pem(&setup->cert);
    free_pem(&setup->key);
    free_pem(&setup->first[0]);
    free_pem(&setup->first[1]);
    free_secret(setup->token);
    free_secret(setup->password);
    free(setup->username);
    free(setup->impersonate);
    free(setup->origin);
    free(setup->server);
    free(setup->url);
    free(setup->prefix);
    free(setup->host_header);
    free(setup->proxy);
    free(setup->user_agent);
    free(setup);
}

int curl_setup_certificate(struct curl_setup *setup, const char *cert_pem, const char *key_pem, struct error *err)
{
    struct pem cert = {NULL, NULL}, key = {NULL, NULL};

    if (!setup->https)
        return 0;
    if (copy_pem(setup, &cert.text, cert_pem, "CERTIFICATE", "credential plugin's certificate", err) < 0 ||
        copy_pem(setup, &key.text, key_pem, "PRIVATE KEY", "credential plugin's key", err) < 0) {
        free_pem(&cert);
        err->kind = err->kind == ERROR_USAGE ? ERROR_RUNTIME : err->kind;
        return -1;
    }
    if (setup->identity == 0) {
        setup->first[0] = setup->cert;
        setup->first[1] = setup->key;
    } else {
        free_pem(&setup->cert);
        free_pem(&setup->key);
    }
    setup->cert = cert;
    setup->key = key;
    setup->identity++;
    return 0;
}

/*
 * Headers.
 */

int curl_setup_token(struct curl_setup *setup, const char *token, struct error *err)
{
    char *taken = NULL;

    if (!fits_a_header(token))
        return error_set(err, ERROR_RUNTIME, "%s: the token holds a control character", curl_setup_origin(setup));
    if (copy(&taken, token, err) < 0)
        return -1;
    free_secret(setup->token);
    setup->token = taken;
    for (struct header_list *list = setup->headers; list; list = list->next)
        list->stale = true;
    free_headers(setup, false);
    return 0;
}

static bool add_header(struct curl_slist **list, const char *name, const char *value)
{
    char *line = format(name, value, "", "");
    struct curl_slist *longer = line ? curl_slist_append(*list, line) : NULL;

    free_secret(line);
    if (longer)
        *list = longer;
    return longer != NULL;
}

static bool fill_headers(const struct curl_setup *setup, struct header_list *headers)
{
    struct curl_slist **list = &headers->list;

    if (!add_header(list, "Accept: ", "application/json") || !add_header(list, "User-Agent: ", setup->user_agent))
        return false;
    if (setup->token && !add_header(list, "Authorization: Bearer ", setup->token))
        return false;
    if (setup->impersonate && !add_header(list, "Impersonate-User: ", setup->impersonate))
        return false;
    if (setup->host_header && !add_header(list, setup->host_header, ""))
        return false;
    /* libcurl's question before a large body would cost a round trip */
    return !headers->content_type || (add_header(list, "Content-Type: ", headers->content_type) && add_header(list, "Expect:", ""));
}

static struct header_list *find_headers(struct curl_setup *setup, const char *content_type)
{
    struct header_list *list;

    for (list = setup->headers; list; list = list->next)
        if (!list->stale &&
            (list->content_type == content_type || (list->content_type && content_type && strcmp(list->content_type, content_type) == 0)))
            return list;
    list = calloc(1, sizeof *list);
    if (!list)
        return NULL;
    list->content_type = content_type;
    if (!fill_headers(setup, list)) {
        curl_slist_free_all(list->list);
        free(list);
        return NULL;
    }
    list->next = setup->headers;
    setup->headers = list;
    return list;
}

struct curl_slist *curl_setup_headers(struct curl_setup *setup, struct transport_call *call, const char *content_type)
{
    call->headers = find_headers(setup, content_type);
    if (!call->headers)
        return NULL;
    call->headers->users++;
    return call->headers->list;
}

void curl_setup_release(struct curl_setup *setup, struct transport_call *call)
{
    if (call->headers && --call->headers->users == 0 && call->headers->stale)
        free_headers(setup, false);
    call->headers = NULL;
}
