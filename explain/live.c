/* live.c: see live.h. */
#include "explain/live.h"

#include <signal.h>

#include "common/clock.h"
#include "common/cluster/decode.h"
#include "common/kube/curl_transport.h"
#include "common/kube/list.h"

struct live {
    struct snapshot *snapshot;
    void (*warn)(void *ctx, const char *text);
    void *warn_ctx;
    struct kube_timers timers;
    struct kube_config config;
    struct kube_credentials *credentials;
    struct transport *transport;
    struct kube_client *client;
    /* the list under way */
    enum snapshot_kind kind;
    const char *resource;
    bool done;
    struct error failure; /* kind ERROR_NONE: none */
};

static int connect_to_server(struct live *live, const struct options *options, struct error *err)
{
    struct kube_config_source source = kube_config_source_from_env(options->kubeconfig, options->context);
    struct kube_client_options client = {.clock = clock_system(), .timers = &live->timers, .warn = live->warn, .warn_ctx = live->warn_ctx};

    if (kube_config_load(&source, &live->config, err) < 0)
        return -1;
    live->credentials = kube_credentials_new(&live->config, clock_system(), err);
    if (!live->credentials)
        return -1;
    live->transport = curl_transport_open(&live->config, "explain/" LAB_VERSION, err);
    if (!live->transport)
        return -1;
    client.transport = live->transport;
    client.credentials = live->credentials;
    live->client = kube_client_new(&client, err);
    return live->client ? 0 : -1;
}

static void disconnect(struct live *live)
{
    if (live->client)
        kube_client_free(live->client);
    if (live->transport)
        live->transport->close(live->transport);
    kube_credentials_free(live->credentials);
    kube_config_free(&live->config);
}

static void on_start(void *ctx)
{
    struct live *live = ctx;

    snapshot_begin(live->snapshot, live->kind);
}

static int on_item(void *ctx, const char *text, size_t bytes, struct error *err)
{
    struct live *live = ctx;
    struct error problem = ERROR_INIT;

    if (snapshot_take(live->snapshot, live->kind, text, bytes, &problem) == 0)
        return 0;
    if (problem.kind == ERROR_NO_MEMORY)
        return error_no_memory(err);
    error_prefix(&problem, "one of the %s is skipped", live->resource);
    live->warn(live->warn_ctx, problem.text);
    return 0;
}

static void on_done(void *ctx, const struct kube_answer *answer, const char *resource_version)
{
    struct live *live = ctx;

    (void)resource_version;
    live->done = true;
    if (answer->class_ == KUBE_OK)
        snapshot_end(live->snapshot, live->kind);
    else
        error_set(&live->failure, ERROR_RUNTIME, "%s: cannot list %s: %s%s%s", live->config.origin, live->resource, answer->reason,
                  *answer->reason ? ": " : "", answer->message);
}

static int wait_for_list(struct live *live, struct error *err)
{
    const struct clock *clock = clock_system();

    while (!live->done) {
        int64_t due_us, now_us = clock->monotonic_us(clock);

        kube_timers_fire(&live->timers, now_us);
        due_us = kube_timers_next(&live->timers);
        if (live->transport->wait(live->transport,
                                  due_us == TIMER_NEVER ? -1
                                  : due_us <= now_us    ? 0
                                                        : (due_us - now_us + 999) / 1000,
                                  err) < 0)
            return -1;
    }
    if (live->failure.kind == ERROR_NONE)
        return 0;
    *err = live->failure;
    return -1;
}

static int list(struct live *live, enum snapshot_kind kind, struct error *err)
{
    const bool nodes = kind == SNAPSHOT_NODES;
    struct kube_list_options options = {.path = nodes ? "/api/v1/nodes" : "/api/v1/pods",
                                        .resource_version = "",
                                        .schema = nodes ? node_schema : pod_schema,
                                        .on_start = on_start,
                                        .on_item = on_item,
                                        .on_done = on_done,
                                        .ctx = live};
    struct kube_list *under_way;

    live->kind = kind;
    live->resource = nodes ? "nodes" : "pods";
    live->done = false;
    under_way = kube_list_start(live->client, &options, err);
    if (!under_way)
        return -1;
    if (wait_for_list(live, err) == 0)
        return 0;
    if (!live->done)
        kube_list_cancel(under_way);
    return -1;
}

int live_list(struct snapshot *snapshot, const struct options *options, void (*warn)(void *ctx, const char *text), void *warn_ctx,
              struct error *err)
{
    struct live live = {.snapshot = snapshot, .warn = warn, .warn_ctx = warn_ctx};
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    int ret = -1;

    /* a TLS connection that breaks while it is written to */
    sigemptyset(&ignore.sa_mask);
    sigaction(SIGPIPE, &ignore, &before);
    if (connect_to_server(&live, options, err) == 0 && list(&live, SNAPSHOT_NODES, err) == 0)
        ret = list(&live, SNAPSHOT_PODS, err);
    disconnect(&live);
    sigaction(SIGPIPE, &before, NULL);
    return ret;
}
