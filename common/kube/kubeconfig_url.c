#include "common/kube/kubeconfig_url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* the schemes by their place: kubeconfig_server_url() takes the first two */
static const char *const schemes[] = {"http", "https", "socks5"};

/* the index in schemes, or -1 */
static int find_scheme(const char *text, size_t bytes)
{
    int i;

    for (i = 0; i < 3; i++)
        if (strlen(schemes[i]) == bytes && !strncasecmp(schemes[i], text, bytes))
            return i;
    return -1;
}

static bool valid_port(const char *text, size_t bytes)
{
    unsigned port = 0;
    size_t i;

    if (!bytes || bytes > 5)
        return false;
    for (i = 0; i < bytes; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        port = port * 10 + (unsigned)(text[i] - '0');
    }
    return port >= 1 && port <= 65535;
}

/* "host", "host:port", "[v6]", "[v6]:port" */
static const char *problem_of_host(const char *host, size_t bytes)
{
    const char *end = host + bytes, *colon, *port;

    if (!bytes)
        return "no host";
    if (*host == '[') {
        colon = memchr(host, ']', bytes);
        if (!colon || colon == host + 1 || strspn(host + 1, "0123456789abcdefABCDEF:.%") < (size_t)(colon - host - 1))
            return "an IPv6 address that does not end or is none";
        colon++;
    } else {
        colon = memchr(host, ':', bytes);
        colon = colon ? colon : end;
        if (colon == host)
            return "no host";
    }
    if (colon == end)
        return NULL;
    port = colon + 1;
    if (*colon != ':' || memchr(port, ':', (size_t)(end - port)))
        return "an IPv6 address needs brackets";
    return valid_port(port, (size_t)(end - port)) ? NULL : "the port must be 1 to 65535";
}

static bool has_odd_character(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text <= ' ' || *text == 0x7f || *text == '\\' || *text == '"')
            return true;
    return false;
}

char *kubeconfig_server_url(const char *text, bool tls, struct error *err)
{
    const char *mark = strstr(text, "://"), *host = mark ? mark + 3 : text, *problem;
    size_t host_bytes = strcspn(host, "/?#"), rest = strlen(host), size;
    int scheme = mark ? find_scheme(text, (size_t)(mark - text)) : tls;
    char *url;

    if (memchr(host, '@', host_bytes)) {
        error_set(err, ERROR_USAGE, "a user or password in the URL; give them as username and password of the user");
        return NULL;
    }
    problem = has_odd_character(text)                                           ? "a space or control character in it"
              : scheme < 0 || scheme > 1                                        ? "expected https:// or http://"
              : strpbrk(host, "?#")                                             ? "a query or fragment does not belong there"
              : !mark && host[host_bytes + 0] && strcmp(host + host_bytes, "/") ? "a path needs a scheme, like https://host/path"
                                                                                : problem_of_host(host, host_bytes);
    if (problem) {
        error_set(err, ERROR_USAGE, "\"%.200s\": %s", text, problem);
        return NULL;
    }
    while (rest && host[rest - 1] == '/')
        rest--;
    size = strlen(schemes[scheme]) + 3 + rest + 1;
    url = malloc(size);
    if (url)
        snprintf(url, size, "%s://%.*s", schemes[scheme], (int)rest, host);
    else
        error_no_memory(err);
    return url;
}

int kubeconfig_check_proxy_url(const char *text, struct error *err)
{
    const char *mark = strstr(text, "://"), *host = mark ? mark + 3 : text, *at, *problem;
    size_t bytes = strcspn(host, "/?#");

    if (has_odd_character(text))
        return error_set(err, ERROR_USAGE, "a space or control character in it");
    if (!mark || find_scheme(text, (size_t)(mark - text)) < 0)
        return error_set(err, ERROR_USAGE, "expected http://, https:// or socks5://");
    for (at = host + bytes; at > host && at[-1] != '@'; at--)
        ;
    problem = problem_of_host(at, bytes - (size_t)(at - host));
    return problem ? error_set(err, ERROR_USAGE, "%s", problem) : 0;
}
