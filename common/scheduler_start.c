/*
 * scheduler_start.c: a scheduler as a program: command line, kubeconfig, libcurl, the system's clock, signals, the metrics server.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/curl_transport.h"
#include "common/scheduler_internal.h"
#include "common/service/process.h"
#include "common/service/signals.h"

/* the one line that a mistake gets, and the exit code that goes with it */
static void die(const char *program, const struct error *err)
{
    fprintf(stderr, "%s: %s\n", program, err->text);
    exit(error_exit_code(err));
}

static const char *prefix_of(const char *program)
{
    return !strcmp(program, "watch") ? "watch-scheduler" : program;
}

static void seed_from_clock(struct options *options)
{
    if (!options->seed)
        options->policy.seed = options->seed = (uint64_t)clock_system()->wall_us(clock_system());
}

static int connect_to_server(struct started *started, const char *program, struct error *err)
{
    struct kube_config_source source = kube_config_source_from_env(started->options.kubeconfig, started->options.context);
    char user_agent[64];

    snprintf(user_agent, sizeof user_agent, "%s-scheduler/%s", program, LAB_VERSION);
    if (kube_config_load(&source, &started->config, err) < 0)
        return -1;
    started->credentials = kube_credentials_new(&started->config, clock_system(), err);
    if (!started->credentials)
        return -1;
    kube_credentials_set_stop(started->credentials, signals_stop_requested);
    started->transport = curl_transport_open(&started->config, user_agent, err);
    if (!started->transport || signals_install(err) < 0)
        return -1;
    process_give_back_pages();
    return signals_attach(started->transport, err);
}

static int serve_metrics(struct scheduler *s, struct error *err)
{
    if (!s->options->metrics_port)
        return 0;
    s->serve = serve_open(s->options->metrics_address, s->options->metrics_port, &s->state, s->metrics, err);
    return s->serve ? serve_attach(s->serve, s->seams.transport, err) : -1;
}

static struct scheduler *open_started(struct started *started, const char *program, struct error *err)
{
    struct scheduler_seams seams = {started->transport,     clock_system(),         started->credentials,
                                    started->config.server, signals_stop_requested, NULL};
    struct log log = {
        .prefix = prefix_of(program), .format = started->options.log_format, .verbose = started->options.verbose, .clock = clock_system()};

    return scheduler_open(program, &started->options, &seams, &log, err);
}

struct scheduler *scheduler_start(const char *program, int argc, char **argv)
{
    struct started *started = calloc(1, sizeof *started);
    struct error err = ERROR_INIT;
    struct scheduler *s;

    if (!started) {
        error_no_memory(&err);
        die(program, &err);
        return NULL;
    }
    if (options_parse(program, argc, argv, &started->options, &err) < 0)
        die(program, &err);
    if (started->options.help || started->options.version) {
        if (started->options.help)
            options_print_help(program);
        else
            options_print_version(program);
        exit(0);
    }
    seed_from_clock(&started->options);
    if (connect_to_server(started, program, &err) < 0)
        die(program, &err);
    s = open_started(started, program, &err);
    if (!s)
        die(program, &err);
    s->started = started;
    if (started->options.trace_file && !(s->trace = trace_open(started->options.trace_file, clock_system(), &err)))
        die(program, &err);
    if (serve_metrics(s, &err) < 0 || lead_open(s, &err) < 0)
        die(program, &err);
    lead_wait(s);
    return s;
}

int scheduler_finish(struct scheduler *s)
{
    struct started *started = s->started;
    struct serve *serve = s->serve;
    struct trace *trace = s->trace;
    int code;

    /* the metrics server points into the scheduler: it goes first, and its source with the transport */
    s->serve = NULL;
    s->state.live = false;
    code = scheduler_close(s);
    trace_close(trace);
    if (started) {
        started->transport->close(started->transport);
        serve_close(serve);
        kube_credentials_free(started->credentials);
        kube_config_free(&started->config);
        options_free(&started->options);
        free(started);
    }
    return code;
}
