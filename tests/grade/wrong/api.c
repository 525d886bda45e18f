#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/grade/wrong/wrong.h"

enum { MAX_ANSWER = 64 << 20, MAX_KUBECONFIG = 1 << 16 };

struct answer {
    char *bytes;
    size_t used;
};

static size_t take(char *bytes, size_t one, size_t count, void *ctx)
{
    struct answer *answer = ctx;
    char *grown;

    if (answer->used + one * count > MAX_ANSWER)
        return 0;
    grown = realloc(answer->bytes, answer->used + one * count + 1);
    if (!grown)
        return 0;
    memcpy(grown + answer->used, bytes, one * count);
    answer->bytes = grown;
    answer->used += one * count;
    return one * count;
}

/* The value of the first line "KEY: value", without quotes: all that this program reads of a kubeconfig. */
static bool yaml_value(const char *text, const char *key, char *out, size_t size)
{
    const char *found = strstr(text, key);
    size_t length;

    if (!found)
        return false;
    found += strlen(key);
    found += strspn(found, "\" :");
    length = strcspn(found, "\" ,}\r\n");
    if (!length || length >= size)
        return false;
    memcpy(out, found, length);
    out[length] = '\0';
    return true;
}

void api_open(struct scheduler *s)
{
    static char text[MAX_KUBECONFIG], token[8192], line[sizeof token + 32];
    FILE *file = s->kubeconfig ? fopen(s->kubeconfig, "r") : NULL;
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;

    if (file)
        fclose(file);
    text[length] = '\0';
    if (!yaml_value(text, "server", s->api.server, sizeof s->api.server)) {
        fprintf(stderr, "%s: no server in the kubeconfig %s\n", s->prefix, s->kubeconfig ? s->kubeconfig : "(none)");
        exit(2);
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    s->api.easy = curl_easy_init();
    s->api.headers = curl_slist_append(NULL, "Content-Type: application/json");
    if (yaml_value(text, "token", token, sizeof token)) {
        snprintf(line, sizeof line, "Authorization: Bearer %s", token);
        s->api.headers = curl_slist_append(s->api.headers, line);
    }
}

void api_prepare(const struct api *api, CURL *easy, const char *path)
{
    char url[2048];

    snprintf(url, sizeof url, "%s%s", api->server, path);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, api->headers);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, 5L);
}

long api_call(struct api *api, const char *method, const char *path, json_t *body, json_t **answer)
{
    struct answer got = {NULL, 0};
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    struct curl_slist *headers = NULL;
    long status = 0;

    json_decref(body);
    curl_easy_reset(api->easy);
    api_prepare(api, api->easy, path);
    curl_easy_setopt(api->easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(api->easy, CURLOPT_TIMEOUT, 10L);
    curl_easy_setopt(api->easy, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(api->easy, CURLOPT_WRITEDATA, &got);
    if (!strcmp(method, "PATCH")) {
        headers = curl_slist_append(NULL, "Content-Type: application/merge-patch+json");
        for (struct curl_slist *more = api->headers->next; more; more = more->next)
            headers = curl_slist_append(headers, more->data);
        curl_easy_setopt(api->easy, CURLOPT_HTTPHEADER, headers);
    }
    if (text)
        curl_easy_setopt(api->easy, CURLOPT_POSTFIELDS, text);
    if (curl_easy_perform(api->easy) == CURLE_OK)
        curl_easy_getinfo(api->easy, CURLINFO_RESPONSE_CODE, &status);
    if (answer)
        *answer = got.bytes ? json_loadb(got.bytes, got.used, 0, NULL) : NULL;
    curl_slist_free_all(headers);
    free(got.bytes);
    free(text);
    return status;
}

long api_list(struct api *api, const char *path, json_t **objects, char *version)
{
    json_t *list = NULL, *item;
    long status = api_call(api, "GET", path, NULL, &list);
    char key[512];
    size_t i;

    if (status == 200 && list) {
        json_decref(*objects);
        *objects = json_object();
        json_array_foreach(json_object_get(list, "items"), i, item) json_object_set(*objects, object_key(item, key), item);
        if (version)
            snprintf(version, 64, "%s", text_at(list, "metadata", "resourceVersion", NULL));
    }
    json_decref(list);
    return list ? status : 0;
}
