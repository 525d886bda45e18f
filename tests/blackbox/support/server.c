#include "tests/blackbox/support/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/scene.h"

#define ARGUMENTS_MAX 48

int free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                getsockname(fd, (struct sockaddr *)&address, &size) == 0,
            "no free port");
    close(fd);
    return ntohs(address.sin_port);
}

static const char *const *simulator_arguments; /* more of this case; kept for a restart */

static void start_simulator(struct lab *lab)
{
    char program[600], port[16], kubeconfig[256], state[256];
    const char *argv[ARGUMENTS_MAX] = {program,    "--nodes", "0",   "--no-system-pods",   "--port", port, "--write-kubeconfig",
                                       kubeconfig, "--state", state, "--kubelet-start-ms", "10"};
    size_t n = 12;

    snprintf(program, sizeof program, "%s/simulator", lab->bin);
    snprintf(port, sizeof port, "%d", lab->port);
    snprintf(kubeconfig, sizeof kubeconfig, "%s", lab->admin);
    snprintf(state, sizeof state, "%s", lab_path(lab, "state"));
    for (const char *const *more = simulator_arguments; more && *more; more++) {
        REQUIRE(n < ARGUMENTS_MAX - 1, "too many arguments");
        argv[n++] = *more;
    }
    process_start(&lab->simulator, lab->folder, "simulator", argv, -1);
    WAIT_UNTIL(process_says(lab->simulator.out, "listening on") || !process_running(&lab->simulator), "the simulator does not come up");
    REQUIRE(process_running(&lab->simulator), "the simulator ended with exit code %d", lab->simulator.exit_code);
}

static void connect_client(struct lab *lab)
{
    struct error err = ERROR_INIT;

    lab->client = api_client_open(lab->admin, "lab-blackbox", &err);
    REQUIRE(lab->client, "%s", err.text);
}

static bool namespace_is_made(struct lab *lab)
{
    int status = make_namespace(lab, lab->id);

    return status == 201 || status == 409;
}

/* a living cluster refuses pods until a controller has made the namespace's service account */
static bool pods_are_admitted(struct lab *lab)
{
    return api_try(lab, "POST", textf("/api/v1/namespaces/%s/pods?dryRun=All", lab->id),
                   json_of("{'apiVersion':'v1','kind':'Pod','metadata':{'name':'try'},'spec':{'schedulerName':'nobody',"
                           "'containers':[{'name':'a','image':'a'}]}}"),
                   NULL) == 201;
}

static void open_borrowed_or_own(struct lab *lab)
{
    if (lab->server == SIMULATOR) {
        lab->port = free_port();
        start_simulator(lab);
    }
    connect_client(lab);
    WAIT_UNTIL(namespace_is_made(lab), "cannot make the namespace %s", lab->id);
    if (lab->server == CLUSTER)
        WAIT_UNTIL(pods_are_admitted(lab), "no pod can be made in %s", lab->id);
}

void server_open(struct lab *lab)
{
    simulator_arguments = NULL;
    open_borrowed_or_own(lab);
}

void server_open_with(struct lab *lab, const char *const *arguments)
{
    simulator_arguments = arguments;
    open_borrowed_or_own(lab);
}

void server_close(struct lab *lab)
{
    if (lab->client)
        api_client_close(lab->client);
    lab->client = NULL;
    if (lab->port && lab->simulator.pid)
        process_stop(&lab->simulator);
}

void server_control(struct lab *lab, const char *verb, const char *argument)
{
    char command[512];
    const char *argv[] = {command, verb, argument, NULL};
    struct process control;

    snprintf(command, sizeof command, "%s", getenv("LAB_SERVER_CONTROL"));
    process_start(&control, lab->folder, "control", argv, -1);
    REQUIRE(process_ends(&control, 2 * (int64_t)DEADLINE_MS) && control.exit_code == 0, "%s %s failed", command, verb);
}

void server_stop(struct lab *lab)
{
    if (lab->server == SIMULATOR)
        process_stop(&lab->simulator);
    else
        server_control(lab, "stop", NULL);
}

void server_start(struct lab *lab)
{
    if (lab->server == SIMULATOR)
        start_simulator(lab);
    else
        server_control(lab, "start", NULL);
}

void server_faults(struct lab *lab, const char *plan)
{
    json_decref(api(lab, "POST", "/simulator/faults", plan ? json_of("%s", plan) : json_array()));
}

void server_compact(struct lab *lab)
{
    json_decref(api(lab, "POST", "/simulator/compact", NULL));
}

/* ---- afterwards, on a borrowed server ---- */

static void clean_namespace(struct lab *lab, const char *name)
{
    json_t *list = NULL, *pod;
    size_t i;

    /* a pod that a finalizer holds would stay for ever */
    if (api_try(lab, "GET", textf("/api/v1/namespaces/%s/pods", name), NULL, &list) == 200) {
        json_array_foreach(json_object_get(list, "items"), i, pod)
        {
            json_t *metadata = json_object_get(pod, "metadata");

            if (json_object_get(metadata, "finalizers") && json_object_del(metadata, "finalizers") == 0)
                api_try(lab, "PUT", textf("/api/v1/namespaces/%s/pods/%s", name, member(pod, "metadata.name")), json_incref(pod), NULL);
        }
    }
    json_decref(list);
    /* what would make the pods again goes first */
    api_try(lab, "DELETE", textf("/apis/apps/v1/namespaces/%s/deployments", name), NULL, NULL);
    api_try(lab, "DELETE", textf("/apis/apps/v1/namespaces/%s/replicasets", name), NULL, NULL);
    api_try(lab, "DELETE", textf("/api/v1/namespaces/%s/pods", name),
            json_of("{'kind':'DeleteOptions','apiVersion':'v1','gracePeriodSeconds':0}"), NULL);
    api_try(lab, "DELETE", textf("/apis/events.k8s.io/v1/namespaces/%s/events", name), NULL, NULL);
    api_try(lab, "DELETE", textf("/api/v1/namespaces/%s", name), NULL, NULL);
}

static void give_back_nodes(struct lab *lab)
{
    json_t *list = NULL, *node;
    size_t i;

    if (api_try(lab, "GET", textf("/api/v1/nodes?labelSelector=lab-case%%3D%s", lab->id), NULL, &list) == 200) {
        json_array_foreach(json_object_get(list, "items"), i, node)
        {
            json_t *labels = json_object_get(json_object_get(node, "metadata"), "labels");

            if (json_object_del(labels, "lab-case") == 0)
                api_try(lab, "PUT", textf("/api/v1/nodes/%s", member(node, "metadata.name")), json_incref(node), NULL);
        }
    }
    json_decref(list);
}

void api_clean_up(struct lab *lab)
{
    struct error err = ERROR_INIT;

    lab->client = api_client_open(lab->admin, "lab-blackbox", &err);
    if (!lab->client)
        return;
    api_try(lab, "DELETE", textf("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/%s", lab->id), NULL, NULL);
    api_try(lab, "DELETE", textf("/apis/rbac.authorization.k8s.io/v1/clusterroles/%s", lab->id), NULL, NULL);
    permit_deletion(lab);
    clean_namespace(lab, lab->id);
    clean_namespace(lab, textf("%s-other", lab->id));
    api_try(lab, "DELETE", textf("/apis/scheduling.k8s.io/v1/priorityclasses?labelSelector=lab-case%%3D%s", lab->id), NULL, NULL);
    if (lab->server == CLUSTER)
        give_back_nodes(lab);
    else
        api_try(lab, "DELETE", textf("/api/v1/nodes?labelSelector=lab-case%%3D%s", lab->id), NULL, NULL);
    api_client_close(lab->client);
    lab->client = NULL;
}
