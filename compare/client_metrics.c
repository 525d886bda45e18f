#include "compare/client_metrics.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/buffer.h"

#define STREAM_BYTES "lab_stream_received_bytes_total"
#define PAGE_BYTES ((size_t)16 << 20)

/* adds a sample line of that metric to *sum, which leaves -1 with the first one */
static void add_sample(const char *line, const char *metric, int64_t *sum)
{
    size_t length = strlen(metric);
    const char *value = line + length;

    if (strncmp(line, metric, length) || (*value != '{' && *value != ' '))
        return;
    if (*value == '{')
        value = strstr(value, "} ");
    if (value)
        *sum = (*sum < 0 ? 0 : *sum) + (int64_t)strtod(value + 1, NULL);
}

struct client_metrics client_metrics_parse(const char *text)
{
    struct client_metrics read = {-1, -1, -1};
    bool says_streams = text && strstr(text, STREAM_BYTES);
    int64_t stream_bytes = -1;

    while (text && *text) {
        add_sample(text, "rest_client_requests_total", &read.requests);
        add_sample(text, "rest_client_request_size_bytes_sum", &read.bytes_out);
        add_sample(text, "rest_client_response_size_bytes_sum", &read.bytes_in);
        add_sample(text, STREAM_BYTES, &stream_bytes);
        text = strchr(text, '\n');
        text += text != NULL;
    }
    /* client-go does not count the bytes of a watch: what it says is then a part, and no figure */
    if (!says_streams)
        read.bytes_in = -1;
    else if (read.bytes_in >= 0 && stream_bytes > 0)
        read.bytes_in += stream_bytes;
    return read;
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx)
{
    struct error err = ERROR_INIT;

    return buffer_add(ctx, data, size * count, &err) < 0 ? 0 : size * count;
}

/* -1 when nobody answers, or not with 200 */
static int get(int port, const char *path, struct buffer *page)
{
    CURL *easy = curl_easy_init();
    long status = 0;
    char url[128];
    int ret = -1;

    if (!easy)
        return -1;
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", port, path);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 1000L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, page);
    if (!curl_easy_setopt(easy, CURLOPT_URL, url) && !curl_easy_perform(easy) &&
        !curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) && status == 200)
        ret = 0;
    curl_easy_cleanup(easy);
    return ret;
}

struct client_metrics client_metrics_read(int port)
{
    struct client_metrics read = {-1, -1, -1};
    struct buffer page;

    buffer_init(&page, PAGE_BYTES);
    if (get(port, "/metrics", &page) == 0)
        read = client_metrics_parse(page.data);
    buffer_free(&page);
    return read;
}

bool client_metrics_answers(int port, const char *path)
{
    struct buffer page;
    bool answers;

    buffer_init(&page, PAGE_BYTES);
    answers = get(port, path, &page) == 0;
    buffer_free(&page);
    return answers;
}

int client_metrics_free_port(void)
{
    struct sockaddr_in address = {0};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0), port = -1;

    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        return -1;
    if (!bind(fd, (struct sockaddr *)&address, sizeof address) && !getsockname(fd, (struct sockaddr *)&address, &length))
        port = ntohs(address.sin_port);
    close(fd);
    return port;
}
