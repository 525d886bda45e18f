/*
 * bare_loop: the limit that schedulers are measured against. Lists the pending pods of one scheduler name once, lists the nodes
 * once, then sends a bind request for each pod, round-robin over the nodes, as fast as libcurl goes with so many in flight. No watch, no
 * cache, no decision, no events, no retry: whatever a scheduler does beyond this is its price.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/support/options.h"
#include "common/clock.h"
#include "common/limits.h"
#include "compare/api_client.h"
#include "compare/process.h"

#define PAGE 100 /* items a list page: the whole list at once would be the loop's peak memory */

struct names {
    char *(*name)[3]; /* namespace, name, uid */
    size_t count, capacity;
};

struct work {
    struct names pods, nodes;
};

static void names_free(struct names *names)
{
    size_t i;

    for (i = 0; i < names->count; i++) {
        free(names->name[i][0]);
        free(names->name[i][1]);
        free(names->name[i][2]);
    }
    free(names->name);
}

static int names_add(struct names *names, const char *namespace_, const char *name, const char *uid, struct error *err)
{
    char *(*longer)[3] = names->name;

    if (names->count == names->capacity) {
        names->capacity = names->capacity ? names->capacity * 2 : 256;
        longer = realloc(longer, names->capacity * sizeof *longer);
        if (!longer)
            return error_no_memory(err);
        names->name = longer;
    }
    longer[names->count][0] = strdup(namespace_);
    longer[names->count][1] = strdup(name);
    longer[names->count][2] = strdup(uid);
    names->count++;
    return longer[names->count - 1][0] && longer[names->count - 1][1] && longer[names->count - 1][2] ? 0 : error_no_memory(err);
}

static int add_page(void *ctx, const char *target, json_t *page, struct error *err)
{
    struct names *names = ctx;
    json_t *item;
    size_t i;

    json_array_foreach(json_object_get(page, "items"), i, item)
    {
        const char *namespace_ = "", *name, *uid;

        if (json_unpack(item, "{s:{s?s, s:s, s:s}}", "metadata", "namespace", &namespace_, "name", &name, "uid", &uid) < 0)
            return error_set(err, ERROR_RUNTIME, "GET %s: an item has no name or uid", target);
        if (names_add(names, namespace_, name, uid, err) < 0)
            return -1;
    }
    return 0;
}

static int list(struct api_client *client, const char *target, struct names *names, struct error *err)
{
    const struct api_list list = {target, PAGE, add_page, names};

    return api_client_list(client, &list, err);
}

static int fill_binding(void *ctx, size_t index, struct buffer *target, struct buffer *body, struct error *err)
{
    const struct work *work = ctx;
    char *const *pod = work->pods.name[index], *const *node = work->nodes.name[index % work->nodes.count];

    if (buffer_printf(target, err, "/api/v1/namespaces/%s/pods/%s/binding", pod[0], pod[1]) < 0)
        return -1;
    return buffer_printf(body, err,
                         "{\"apiVersion\":\"v1\",\"kind\":\"Binding\",\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",\"uid\":\"%s\"},"
                         "\"target\":{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"name\":\"%s\"}}",
                         pod[1], pod[0], pod[2], node[1]);
}

static int64_t own_cpu_us(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

static int bind_all(struct api_client *client, const struct work *work, int inflight, struct error *err)
{
    struct api_batch batch = {.method = "POST",
                              .count = work->pods.count,
                              .inflight = inflight,
                              .fill = fill_binding,
                              .ctx = (void *)(uintptr_t)work,
                              .stop = bench_stop_flag()};
    const struct clock *clock = clock_system();
    int64_t began_us = clock->monotonic_us(clock), cpu_us = own_cpu_us(), took_us;
    double pods = (double)work->pods.count;

    if (work->pods.count && !work->nodes.count)
        return error_set(err, ERROR_RUNTIME, "there are no nodes");
    if (api_client_run(client, &batch, err) < 0)
        return -1;
    took_us = clock->monotonic_us(clock) - began_us;
    printf("bound %zu pods to %zu nodes in %.3f s\n", work->pods.count, work->nodes.count, (double)took_us / 1e6);
    if (work->pods.count)
        printf("rate %.0f binds/s, CPU %.3f ms a bind (%.3f with the lists), peak memory %.1f MiB\n", pods * 1e6 / (double)took_us,
               (double)(own_cpu_us() - cpu_us) / 1e3 / pods, (double)own_cpu_us() / 1e3 / pods, bytes_in_mib(child_peak_bytes(getpid())));
    return 0;
}

static int run(const char *kubeconfig, const char *scheduler_name, int inflight, struct error *err)
{
    struct api_client *client = api_client_open(kubeconfig, "bare-loop/" LAB_VERSION, err);
    struct work work = {{NULL, 0, 0}, {NULL, 0, 0}};
    struct buffer path;
    int ret = -1;

    if (!client)
        return -1;
    buffer_init(&path, LIMIT_TARGET_BYTES);
    if (buffer_add_string(&path, "/api/v1/pods?fieldSelector=spec.nodeName%3D%2Cstatus.phase%3DPending%2Cspec.schedulerName%3D", err) ==
            0 &&
        buffer_add_query_escaped(&path, scheduler_name, err) == 0 && list(client, path.data, &work.pods, err) == 0 &&
        list(client, "/api/v1/nodes", &work.nodes, err) == 0)
        ret = bind_all(client, &work, inflight, err);
    buffer_free(&path);
    names_free(&work.pods);
    names_free(&work.nodes);
    api_client_close(client);
    return ret;
}

static void print_help(void)
{
    puts("usage: bare_loop --scheduler-name NAME [--kubeconfig FILE] [--inflight N]\n"
         "Binds the pending pods of NAME round-robin over all nodes, flat out, and prints its own rate, CPU and memory.\n"
         "  --scheduler-name NAME  whose pods\n"
         "  --kubeconfig FILE      as for kubectl\n"
         "  --inflight N           bind requests at once, 1 to 256 (32)\n"
         "Exit: 0, 1 a request failed, 2 usage.");
}

int main(int argc, char **argv)
{
    static const struct option known[] = {{"kubeconfig", required_argument, NULL, 'k'},
                                          {"scheduler-name", required_argument, NULL, 's'},
                                          {"inflight", required_argument, NULL, 'i'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
    const char *kubeconfig = NULL, *scheduler_name = NULL;
    struct error err = ERROR_INIT;
    long inflight = 32;
    int option;

    while ((option = getopt_long(argc, argv, "h", known, NULL)) != -1) {
        if (option == 'k')
            kubeconfig = optarg;
        else if (option == 's')
            scheduler_name = optarg;
        else if (option == 'h') {
            print_help();
            return 0;
        } else if (option != 'i' || bench_number("--inflight", optarg, 1, 256, &inflight, &err) < 0) {
            if (*err.text)
                fprintf(stderr, "bare_loop: %s\n", err.text);
            return 2;
        }
    }
    if (!scheduler_name || optind != argc) {
        fprintf(stderr, "bare_loop: --scheduler-name NAME is needed, and nothing but flags (see --help)\n");
        return 2;
    }
    if (run(kubeconfig, scheduler_name, (int)inflight, &err) == 0)
        return 0;
    fprintf(stderr, "bare_loop: %s\n", err.text);
    return error_exit_code(&err);
}
