#include "tests/blackbox/support/fake.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "compare/api_client.h"
#include "tests/blackbox/support/lab.h"

#define CROWD 20

struct fake {
    const char *mode, *name, *folder;
    struct api_client *client;
    char nodes[2][128];
    int bound;
};

static volatile sig_atomic_t stopped;

static void on_term(int number)
{
    (void)number;
    stopped = 1;
}

static void complain(const struct error *err)
{
    fprintf(stderr, "fake: %s\n", err->text);
    exit(1);
}

static json_t *items_of(struct fake *fake, const char *target)
{
    struct error err = ERROR_INIT;
    struct buffer answer;
    json_t *list, *items;

    buffer_init(&answer, 64u << 20);
    if (api_client_need(fake->client, "GET", target, NULL, &answer, &err) < 0)
        complain(&err);
    list = json_loadb(answer.data, answer.bytes, 0, NULL);
    items = json_incref(json_object_get(list, "items"));
    json_decref(list);
    buffer_free(&answer);
    return items;
}

static void find_nodes(struct fake *fake)
{
    json_t *items = items_of(fake, "/api/v1/nodes");
    size_t i;

    for (i = 0; i < 2; i++) {
        const json_t *metadata = json_object_get(json_array_get(items, i), "metadata");
        const char *name = json_string_value(json_object_get(metadata, "name"));

        snprintf(fake->nodes[i], sizeof fake->nodes[i], "%s", name ? name : "nowhere");
    }
    json_decref(items);
}

static int bind_to(struct fake *fake, const char *namespace_, const char *pod, int node)
{
    struct error err = ERROR_INIT;
    char target[512], body[512];
    int status = 0;

    snprintf(target, sizeof target, "/api/v1/namespaces/%s/pods/%s/binding", namespace_, pod);
    snprintf(body, sizeof body,
             "{\"apiVersion\":\"v1\",\"kind\":\"Binding\",\"metadata\":{\"name\":\"%s\"},\"target\":{\"kind\":\"Node\",\"name\":\"%s\"}}",
             pod, fake->nodes[node]);
    if (api_client_call(fake->client, "POST", target, body, 10000, &status, NULL, &err) < 0)
        complain(&err);
    return status;
}

static void recreate(struct fake *fake, const char *namespace_, const char *pod)
{
    struct error err = ERROR_INIT;
    char target[512], body[768];

    snprintf(target, sizeof target, "/api/v1/namespaces/%s/pods/%s", namespace_, pod);
    if (api_client_need(fake->client, "DELETE", target, "{\"gracePeriodSeconds\":0}", NULL, &err) < 0)
        complain(&err);
    snprintf(target, sizeof target, "/api/v1/namespaces/%s/pods", namespace_);
    snprintf(
        body, sizeof body,
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s\"},\"spec\":{\"schedulerName\":\"%s\",\"nodeName\":\"%s\","
        "\"automountServiceAccountToken\":false,\"containers\":[{\"name\":\"a\",\"image\":\"a\"}]}}",
        pod, fake->name, fake->nodes[0]);
    if (api_client_need(fake->client, "POST", target, body, NULL, &err) < 0)
        complain(&err);
}

static bool is_number_3(const char *pod)
{
    size_t length = strlen(pod);

    return length > 2 && !strcmp(pod + length - 2, "-3");
}

static void serve_pod(struct fake *fake, const char *namespace_, const char *pod)
{
    if (!strcmp(fake->mode, "never") || (!strcmp(fake->mode, "loses") && is_number_3(pod)))
        return;
    if (!strcmp(fake->mode, "recreates") && is_number_3(pod)) {
        recreate(fake, namespace_, pod);
        return;
    }
    bind_to(fake, namespace_, pod, 0);
    fake->bound++;
    if (!strcmp(fake->mode, "twice"))
        bind_to(fake, namespace_, pod, 1);
    if (fake->bound == 4 && !strcmp(fake->mode, "crashes"))
        abort();
    if (fake->bound == 4 && !strcmp(fake->mode, "ends"))
        exit(0);
}

static void sign(const struct fake *fake, const char *what)
{
    char path[512];
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", fake->folder, what);
    file = fopen(path, "w");
    if (!file || fclose(file))
        exit(1);
}

static bool may_go(struct fake *fake, size_t pending)
{
    char path[512];

    if (strcmp(fake->mode, "waits") || !fake->bound)
        return true;
    if (pending < CROWD)
        return false;
    sign(fake, "all-there");
    snprintf(path, sizeof path, "%s/go", fake->folder);
    return access(path, F_OK) == 0;
}

static void look(struct fake *fake)
{
    char target[256];
    json_t *items;
    size_t i;

    snprintf(target, sizeof target, "/api/v1/pods?fieldSelector=spec.nodeName%%3D,spec.schedulerName%%3D%s", fake->name);
    items = items_of(fake, target);
    for (i = 0; i < json_array_size(items) && may_go(fake, json_array_size(items)); i++) {
        const json_t *metadata = json_object_get(json_array_get(items, i), "metadata");

        serve_pod(fake, json_string_value(json_object_get(metadata, "namespace")), json_string_value(json_object_get(metadata, "name")));
    }
    json_decref(items);
    if (!strcmp(fake->mode, "waits") && fake->bound > CROWD)
        sign(fake, "all-bound");
}

/* a child that answers every connection with the same page */
static void serve_lies(int port)
{
    static const char page[] = "HTTP/1.1 200 OK\r\nContent-Length: 29\r\nConnection: close\r\n\r\nrest_client_requests_total 1\n";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    char request[1024];

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 8))
        exit(1);
    while (getppid() != 1) {
        int peer = accept(fd, NULL, NULL);

        if (peer < 0)
            exit(1);
        if (read(peer, request, sizeof request) > 0 && write(peer, page, sizeof page - 1) < 0)
            exit(1);
        close(peer);
    }
    exit(0);
}

static int work(struct fake *fake, const char *kubeconfig)
{
    const struct timespec pause = {0, 20000000};
    struct error err = ERROR_INIT;

    fake->client = api_client_open(kubeconfig, "fake", &err);
    if (!fake->client)
        complain(&err);
    find_nodes(fake);
    while (!stopped) {
        look(fake);
        nanosleep(&pause, NULL);
    }
    api_client_close(fake->client);
    return 0;
}

bool fake_scheduler(int argc, char **argv, int *code)
{
    struct sigaction action = {0};
    struct fake fake = {0};
    pid_t liar = 0;

    if (argc != 7 || strcmp(argv[1], "--fake"))
        return false;
    fake.mode = argv[2];
    fake.name = argv[4];
    fake.folder = argv[6];
    sigemptyset(&action.sa_mask);
    action.sa_handler = strcmp(fake.mode, "stays") ? on_term : SIG_IGN;
    sigaction(SIGTERM, &action, NULL);
    if (!strcmp(fake.mode, "lies") && !(liar = fork())) {
        signal(SIGTERM, SIG_DFL);
        serve_lies(atoi(argv[5]));
    }
    *code = work(&fake, argv[3]);
    if (liar)
        kill(liar, SIGTERM);
    return true;
}

const char *fake_command(const char *program, const char *mode, const char *folder)
{
    return textf("'%s' --fake %s {kubeconfig} {name} {port} %s", program, mode, folder);
}
