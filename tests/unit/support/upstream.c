#include "tests/unit/support/upstream.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define HEADS_MAX 256
#define HEAD_BYTES 32768

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *heads[HEADS_MAX];
static size_t head_count, watches, sent;
static char fed[1 << 16];
static size_t fed_bytes;
static bool ended, torn;

static bool send_all(int fd, const char *data, size_t bytes)
{
    while (bytes) {
        ssize_t put = send(fd, data, bytes, MSG_NOSIGNAL);

        if (put <= 0)
            return false;
        data += put;
        bytes -= (size_t)put;
    }
    return true;
}

static bool send_text(int fd, const char *text)
{
    return send_all(fd, text, strlen(text));
}

/* head and body; false when the connection is over */
static bool read_request(int fd, char *head)
{
    size_t bytes = 0;
    char *end = NULL, *length;

    while (!end && bytes + 1 < HEAD_BYTES && recv(fd, head + bytes, 1, 0) == 1) {
        head[++bytes] = '\0';
        end = bytes >= 4 && !strcmp(head + bytes - 4, "\r\n\r\n") ? head + bytes : NULL;
    }
    if (!end)
        return false;
    for (length = head; *length && strncasecmp(length, "Content-Length:", 15) != 0; length++)
        continue;
    for (long left = *length ? strtol(length + 15, NULL, 10) : 0; left > 0; left--)
        if (bytes + 1 >= HEAD_BYTES || recv(fd, head + bytes, 1, 0) != 1)
            return false;
        else
            head[++bytes] = '\0';
    pthread_mutex_lock(&lock);
    if (head_count < HEADS_MAX)
        heads[head_count++] = strdup(head);
    pthread_mutex_unlock(&lock);
    return true;
}

static bool send_chunk(int fd, const char *data, size_t bytes)
{
    char line[32];

    snprintf(line, sizeof line, "%zx\r\n", bytes);
    return send_text(fd, line) && send_all(fd, data, bytes) && send_text(fd, "\r\n");
}

static bool client_has_gone(int fd)
{
    struct pollfd look = {.fd = fd, .events = POLLIN};
    char byte;

    return poll(&look, 1, 2) > 0 && recv(fd, &byte, 1, MSG_PEEK) <= 0;
}

static void serve_watch(int fd)
{
    size_t at;
    bool over = false, tear = false;

    pthread_mutex_lock(&lock);
    at = fed_bytes;
    ended = false;
    watches++;
    pthread_mutex_unlock(&lock);
    send_text(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
    while (!over && !client_has_gone(fd)) {
        char part[sizeof fed];
        size_t bytes;

        pthread_mutex_lock(&lock);
        bytes = fed_bytes - at;
        memcpy(part, fed + at, bytes);
        at += bytes;
        over = ended;
        tear = torn;
        pthread_mutex_unlock(&lock);
        if (bytes && !send_chunk(fd, part, bytes))
            break;
    }
    if (over && !tear)
        send_text(fd, "0\r\n\r\n");
    pthread_mutex_lock(&lock);
    watches--;
    pthread_mutex_unlock(&lock);
}

static void serve_big(int fd)
{
    static char block[1 << 16];
    char head[128];

    memset(block, 'x', sizeof block);
    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n", UPSTREAM_BIG);
    if (!send_text(fd, head))
        return;
    for (size_t left = UPSTREAM_BIG; left; left -= sizeof block) {
        if (!send_all(fd, block, sizeof block))
            return;
        pthread_mutex_lock(&lock);
        sent += sizeof block;
        pthread_mutex_unlock(&lock);
    }
}

static void *serve(void *ctx)
{
    int fd = *(int *)ctx;
    char head[HEAD_BYTES];

    free(ctx);
    while (read_request(fd, head)) {
        bool post = !strncmp(head, "POST", 4);

        if (strstr(head, " /version"))
            break;
        if (strstr(head, "watch=true")) {
            serve_watch(fd);
            break;
        }
        if (!strncmp(head, "GET /api/v1/namespaces ", 23))
            serve_big(fd);
        else if (!send_text(fd, post ? "HTTP/1.1 201 Created\r\n" : "HTTP/1.1 200 OK\r\n") ||
                 !send_text(fd, "Content-Type: application/json\r\nContent-Length: 17\r\n\r\n{\"kind\":\"Status\"}"))
            break;
    }
    close(fd);
    return NULL;
}

static void *accept_all(void *ctx)
{
    int listener = *(int *)ctx;

    for (;;) {
        int *fd = malloc(sizeof *fd);
        pthread_t thread;

        *fd = accept(listener, NULL, NULL);
        if (*fd < 0 || pthread_create(&thread, NULL, serve, fd))
            abort();
        pthread_detach(thread);
    }
    return NULL;
}

int upstream_start(void)
{
    static int listener;
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    pthread_t thread;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert(listener >= 0 && bind(listener, (struct sockaddr *)&address, sizeof address) == 0 && listen(listener, 64) == 0 &&
              getsockname(listener, (struct sockaddr *)&address, &size) == 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, accept_all, &listener), 0);
    pthread_detach(thread);
    return ntohs(address.sin_port);
}

void upstream_feed(const char *bytes)
{
    pthread_mutex_lock(&lock);
    ck_assert(fed_bytes + strlen(bytes) < sizeof fed);
    memcpy(fed + fed_bytes, bytes, strlen(bytes));
    fed_bytes += strlen(bytes);
    pthread_mutex_unlock(&lock);
}

void upstream_end_watches(bool in_the_middle)
{
    pthread_mutex_lock(&lock);
    ended = true;
    torn = in_the_middle;
    pthread_mutex_unlock(&lock);
}

size_t upstream_asked(const char *text, const char *other)
{
    size_t count = 0;

    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < head_count; i++)
        count += (!text || strstr(heads[i], text)) && (!other || strstr(heads[i], other));
    pthread_mutex_unlock(&lock);
    return count;
}

size_t upstream_watches(void)
{
    size_t count;

    pthread_mutex_lock(&lock);
    count = watches;
    pthread_mutex_unlock(&lock);
    return count;
}

size_t upstream_sent(void)
{
    size_t bytes;

    pthread_mutex_lock(&lock);
    bytes = sent;
    pthread_mutex_unlock(&lock);
    return bytes;
}
