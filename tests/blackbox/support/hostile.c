#include "tests/blackbox/support/hostile.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define THREE_GB (3ll << 30)

struct connection {
    struct hostile *hostile;
    int fd;
};

static bool send_text(int fd, const char *words)
{
    size_t bytes = strlen(words);

    while (bytes) {
        ssize_t sent = write(fd, words, bytes);

        if (sent <= 0)
            return false;
        words += sent;
        bytes -= (size_t)sent;
    }
    return true;
}

/* the same piece again and again, until so much was sent or the other side has had enough */
static void send_flood(int fd, char piece, int64_t bytes)
{
    static char block[65537];

    memset(block, piece, sizeof block - 1);
    for (; bytes > 0; bytes -= (int64_t)sizeof block - 1)
        if (!send_text(fd, block))
            return;
}

static bool read_request(int fd)
{
    char request[8192];
    size_t got = 0;

    while (got < sizeof request - 1) {
        ssize_t bytes = read(fd, request + got, sizeof request - 1 - got);

        if (bytes <= 0)
            return false;
        got += (size_t)bytes;
        request[got] = '\0';
        if (strstr(request, "\r\n\r\n"))
            return true;
    }
    return false;
}

static void drain(int fd)
{
    char ignored[4096];

    while (read(fd, ignored, sizeof ignored) > 0)
        continue;
}

static void misbehave(enum hostile_kind kind, int fd)
{
    switch (kind) {
    case SENDS_HTML:
        send_text(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
                      "<!DOCTYPE html>\n<html><body>Please log in</body></html>\n");
        break;
    case SENDS_HALF_A_BODY:
        send_text(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
                      "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[{\"met");
        break;
    case SENDS_BROKEN_JSON:
        send_text(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                      "40\r\n\r\n{\"kind\":\"PodList\",\"items\":[{\"metadata\":{}");
        break;
    case SENDS_3_GB:
        if (send_text(fd, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: "
                          "close\r\n\r\n{\"kind\":\"PodList\",\"items\":[{\"metadata\":{\"name\":\""))
            send_flood(fd, 'x', THREE_GB);
        break;
    case SENDS_ENDLESS_HEADER:
        if (send_text(fd, "HTTP/1.1 200 OK\r\nX-Long: "))
            send_flood(fd, 'h', THREE_GB);
        break;
    case SENDS_NO_HTTP:
        send_text(fd, "SSH-2.0-OpenSSH_9.2\r\n");
        break;
    case SENDS_401:
        send_text(fd, "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: 129\r\n\r\n"
                      "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"Unauthorized\","
                      "\"reason\":\"Unauthorized\",\"code\":401}\n");
        break;
    case CLOSES_AT_ONCE:
    case NEVER_ANSWERS:
        break;
    }
}

static void *serve(void *ctx)
{
    struct connection *connection = ctx;
    enum hostile_kind kind = connection->hostile->kind;
    int fd = connection->fd;

    free(connection);
    if (read_request(fd)) {
        misbehave(kind, fd);
        if (kind != SENDS_HALF_A_BODY && kind != NEVER_ANSWERS)
            shutdown(fd, SHUT_WR);
        if (kind == NEVER_ANSWERS || kind == SENDS_401)
            drain(fd);
    }
    close(fd);
    return NULL;
}

static void *accept_all(void *ctx)
{
    struct hostile *hostile = ctx;

    for (;;) {
        struct connection *connection = malloc(sizeof *connection);
        pthread_t thread;

        if (!connection)
            return NULL;
        connection->hostile = hostile;
        connection->fd = accept(hostile->fd, NULL, NULL);
        if (connection->fd < 0 || pthread_create(&thread, NULL, serve, connection) != 0) {
            free(connection);
            return NULL;
        }
        pthread_detach(thread);
        hostile->connections++;
    }
}

void hostile_start(struct hostile *hostile, enum hostile_kind kind)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    pthread_t thread;

    *hostile = (struct hostile){.kind = kind};
    signal(SIGPIPE, SIG_IGN);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    hostile->fd = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(hostile->fd >= 0 && bind(hostile->fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(hostile->fd, 16) == 0 &&
                getsockname(hostile->fd, (struct sockaddr *)&address, &size) == 0,
            "cannot listen: %s", strerror(errno));
    hostile->port = ntohs(address.sin_port);
    REQUIRE(pthread_create(&thread, NULL, accept_all, hostile) == 0, "no thread");
    pthread_detach(thread);
}

void hostile_wait(struct hostile *hostile, int connections)
{
    WAIT_UNTIL(hostile->connections >= connections, "%d connections, expected %d", hostile->connections, connections);
}
