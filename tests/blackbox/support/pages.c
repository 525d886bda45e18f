#include "tests/blackbox/support/pages.h"

#include <stdlib.h>
#include <string.h>

#define PAGE_MAX ((size_t)1 << 20)

static size_t on_page(char *data, size_t size, size_t count, void *ctx)
{
    struct error err = ERROR_INIT;

    return buffer_add(ctx, data, size * count, &err) < 0 ? 0 : size * count;
}

/* GET http://127.0.0.1:PORT/path; the status, 0 when nobody answers. *page is the caller's, to be freed (may be NULL). */
static int get_page(const char *port, const char *path, char **page)
{
    CURL *easy = curl_easy_init();
    struct buffer body;
    long status = 0;

    buffer_init(&body, PAGE_MAX);
    curl_easy_setopt(easy, CURLOPT_URL, textf("http://127.0.0.1:%s%s", port, path));
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_page);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 10000L);
    if (curl_easy_perform(easy) == CURLE_OK)
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(easy);
    if (page)
        *page = buffer_steal(&body);
    buffer_free(&body);
    return (int)status;
}

/* the value of the series that begins so ("name{labels}"), or -1 when there is none */
static double value_of(const char *page, const char *series)
{
    const char *at = page;
    size_t length = strlen(series);

    while ((at = strstr(at, series))) {
        if ((at == page || at[-1] == '\n') && at[length] == ' ')
            return strtod(at + length, NULL);
        at += length;
    }
    return -1;
}

/* the caller's, to be freed */
static char *metrics_page(const char *port)
{
    char *page = NULL;

    /* a scheduler that was just started may not listen yet */
    WAIT_UNTIL((free(page), get_page(port, "/metrics", &page)) == 200, "no /metrics");
    return page;
}

double metric_value(const char *port, const char *series)
{
    char *page;
    double value;

    page = metrics_page(port);
    value = value_of(page, series);
    free(page);
    return value;
}

double metric_sum(const char *port, const char *family, const char *part)
{
    char *page, *line, *rest;
    double sum = 0;

    page = metrics_page(port);
    rest = page;
    while ((line = strtok_r(rest, "\n", &rest)))
        if (!strncmp(line, family, strlen(family)) && line[strlen(family)] == '{' && strstr(line, part))
            sum += strtod(strrchr(line, ' '), NULL);
    free(page);
    return sum;
}

int page_status(const char *port, const char *path)
{
    return get_page(port, path, NULL);
}
