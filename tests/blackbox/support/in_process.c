#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "tests/blackbox/support/in_process.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "common/kube/curl_transport.h"
#include "common/scheduler_open.h"

/* the loops of the two mains; what starts a program has its name in scheduler.h here */
static struct scheduler *no_start(const char *program, int argc, char **argv)
{
    (void)program, (void)argc, (void)argv;
    return NULL;
}

static int no_finish(struct scheduler *s)
{
    return s == NULL;
}

#define scheduler_start no_start
#define scheduler_finish no_finish
#define main polling_main
#include "polling/main.c"
#undef main
#define main watch_main
#include "watch/main.c"
#undef main
#undef scheduler_start
#undef scheduler_finish

int polling_main(int argc, char **argv);
int watch_main(int argc, char **argv);

/* ---- time ---- */

static volatile int64_t *skipped_us; /* shared with the children */

static int64_t monotonic_us(const struct clock *clock)
{
    (void)clock;
    return clock_system()->monotonic_us(clock_system()) + *skipped_us;
}

static int64_t wall_us(const struct clock *clock)
{
    (void)clock;
    return clock_system()->wall_us(clock_system()) + *skipped_us;
}

static void share_time(void)
{
    if (skipped_us)
        return;
    skipped_us = mmap(NULL, sizeof *skipped_us, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(skipped_us != MAP_FAILED, "mmap");
}

void in_process_skip(int64_t ms)
{
    share_time();
    *skipped_us += ms * 1000;
}

/* ---- a transport that loses the first Binding ---- */

static struct lossy {
    struct transport *curl;
    struct transport_request lost; /* who waits for the answer that does not come */
    bool has_lost;
} lossy;

static void on_lost(void *ctx, const struct transport_result *result)
{
    struct transport_result lost = *result;

    (void)ctx;
    lost.status = 0;
    lost.complete = false;
    lost.problem = "lost";
    lossy.lost.on_done(lossy.lost.ctx, &lost);
}

static int ignore(void *ctx, int status, const char *data, size_t bytes)
{
    (void)ctx, (void)status, (void)data, (void)bytes;
    return 0;
}

/* it goes to a pod that is not there */
static struct transport_call *start(struct transport *transport, const struct transport_request *request, struct error *err)
{
    struct transport_request changed = *request;
    const char *name = strstr(request->target, "/pods/");

    (void)transport;
    if (lossy.has_lost || !name || !strstr(name, "/binding"))
        return lossy.curl->start(lossy.curl, request, err);
    lossy.has_lost = true;
    lossy.lost = *request;
    changed.target = textf("%.*s/pods/none/binding", (int)(name - request->target), request->target);
    changed.on_data = ignore;
    changed.on_done = on_lost;
    return lossy.curl->start(lossy.curl, &changed, err);
}

static void cancel(struct transport *transport, struct transport_call *call)
{
    (void)transport;
    lossy.curl->cancel(lossy.curl, call);
}

static int wait_for(struct transport *transport, int64_t timeout_ms, struct error *err)
{
    (void)transport;
    return lossy.curl->wait(lossy.curl, timeout_ms, err);
}

static int set_token(struct transport *transport, const char *token, struct error *err)
{
    (void)transport;
    return lossy.curl->set_token(lossy.curl, token, err);
}

static int set_client_certificate(struct transport *transport, const char *cert_pem, const char *key_pem, struct error *err)
{
    (void)transport;
    return lossy.curl->set_client_certificate(lossy.curl, cert_pem, key_pem, err);
}

static int add_source(struct transport *transport, const struct transport_source *source, struct error *err)
{
    (void)transport;
    return lossy.curl->add_source(lossy.curl, source, err);
}

static void close_it(struct transport *transport)
{
    (void)transport;
    lossy.curl->close(lossy.curl);
}

/* ---- the child ---- */

#define ARGUMENTS_MAX 24

struct child {
    const char *program;
    const char *argv[ARGUMENTS_MAX];
    int argc;
};

static void work(const char *program, struct scheduler *s)
{
    if (!strcmp(program, "polling")) {
        poll_for_pods(s);
        return;
    }
    watch_pods(s, on_pod);
    run_until_stopped(s);
}

static int run(void *ctx)
{
    static struct transport transport = {NULL, start, cancel, wait_for, set_token, set_client_certificate, add_source, close_it};
    static const struct clock clock = {NULL, monotonic_us, wall_us};
    struct child *child = ctx;
    struct scheduler_seams seams = {.transport = &transport, .clock = &clock};
    struct log log = {.prefix = child->program, .clock = &clock};
    struct error err = ERROR_INIT;
    struct kube_config_source source;
    struct kube_config config;
    struct options options;
    struct scheduler *s;

    signal(SIGPIPE, SIG_IGN);
    if (options_parse(child->program, child->argc, (char **)(uintptr_t)child->argv, &options, &err) < 0)
        goto fail;
    source = kube_config_source_from_env(options.kubeconfig, NULL);
    if (kube_config_load(&source, &config, &err) < 0 || !(seams.credentials = kube_credentials_new(&config, &clock, &err)) ||
        !(lossy.curl = curl_transport_open(&config, textf("%s-scheduler/test", child->program), &err)))
        goto fail;
    seams.host = config.server;
    if (!(s = scheduler_open(child->program, &options, &seams, &log, &err)))
        goto fail;
    work(child->program, s);
fail:
    fprintf(stderr, "%s: %s\n", child->program, err.text);
    return 1;
}

void in_process_start(struct lab *lab, struct process *process, const char *name, const char *const *arguments)
{
    struct child child = {.program = lab->program, .argv = {lab->program}, .argc = 1};

    if (!strcmp(lab->program, "polling"))
        child.argv[child.argc++] = "--interval=0.1";
    for (; *arguments; arguments++) {
        REQUIRE(child.argc < ARGUMENTS_MAX - 1, "too many arguments");
        child.argv[child.argc++] = *arguments;
    }
    share_time();
    process_fork(process, lab->folder, name, run, &child);
}
