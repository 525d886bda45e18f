/*
 * compare: which scheduler is more responsive, and which costs the API server less? Runs both over the same arrivals, in turn.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/limits.h"
#include "compare/contest.h"
#include "compare/home.h"
#include "compare/objects.h"
#include "compare/report.h"
#include "compare/workload.h"

#define SIMULATED_NODES 4

static volatile sig_atomic_t stop_requested;

static void on_signal(int number)
{
    (void)number;
    stop_requested = 1;
}

static void install_signals(void)
{
    struct sigaction action = {0};

    sigemptyset(&action.sa_mask);
    action.sa_handler = on_signal;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
}

/* Progress goes to stderr: stdout holds the result alone. */
static void print_progress(const char *line)
{
    static int64_t began_us;
    int64_t now_us = clock_system()->monotonic_us(clock_system());

    if (!began_us)
        began_us = now_us;
    fprintf(stderr, "[%5.1f s] %s\n", (double)(now_us - began_us) / 1e6, line);
}

/* the command of a contestant with placeholders; malloc'd */
static char *make_command(const char *given, const char *beside, const char *program, struct error *err)
{
    bool polling = !strcmp(program, "polling");
    struct buffer command;
    int ret;

    buffer_init(&command, LIMIT_CONFIG_FILE_BYTES);
    ret = given ? buffer_add_string(&command, given, err) : buffer_printf(&command, err, "'%s/%s'", beside, program);
    if (ret == 0 && (!given || !strchr(given, '{')))
        ret = buffer_printf(&command, err, " --kubeconfig {kubeconfig} --scheduler-name {name} --metrics-port {port}%s",
                            polling ? " --interval {interval}" : "");
    if (ret < 0) {
        buffer_free(&command);
        return NULL;
    }
    return buffer_steal(&command);
}

static int run_turns(const struct arena *arena, struct contest contests[2], struct error *err)
{
    long round;
    int turn;

    for (round = 0; round < arena->options->repeat; round++)
        for (turn = 0; turn < 2; turn++)
            if (contest_turn(arena, &contests[round % 2 ? 1 - turn : turn], (int)round, err) < 0)
                return -1;
    return 0;
}

static void print_heading(const struct compare_options *o)
{
    printf("%s of %zu pods", workload_name(o->workload.kind), o->workload.pods);
    if (o->workload.kind != WORKLOAD_BURST)
        printf(" at %g a second", o->workload.rate);
    printf(", %ld round%s, seed %llu; polling every %g s; on %s\n\n", o->repeat, o->repeat == 1 ? "" : "s",
           (unsigned long long)o->workload.seed, o->interval_s, o->kubeconfig ? o->kubeconfig : "a simulator");
}

/* 0: all valid, 1: not, -1: failed */
static int compare_on(struct arena *arena, struct contest contests[2], struct error *err)
{
    struct error ignored = ERROR_INIT;
    char namespace_[64] = "";
    int ret = -1;

    arena->client = api_client_open(arena->kubeconfig, "compare/" LAB_VERSION, err);
    if (!arena->client)
        return -1;
    arena->namespace_ = namespace_;
    if (objects_make_namespace(arena->client, "compare", namespace_, err) == 0)
        ret = run_turns(arena, contests, err);
    if (*namespace_ && objects_delete_namespace(arena->client, namespace_, ret < 0 ? &ignored : err) < 0)
        ret = -1;
    api_client_close(arena->client);
    if (ret < 0)
        return -1;
    print_heading(arena->options);
    if (report_print(contests, stdout, err) < 0)
        return -1;
    return contests[0].invalid || contests[1].invalid;
}

static int run(const struct compare_options *options, const char *argv0, struct error *err)
{
    struct arena arena = {options, options->kubeconfig, NULL, NULL, NULL, &stop_requested, print_progress};
    struct contest contests[2];
    char *polling = NULL, *watch = NULL;
    struct home home;
    int ret = -1;

    if (home_open(&home, argv0, err) < 0)
        return -1;
    arena.output_dir = home.folder;
    polling = make_command(options->polling, home.beside, "polling", err);
    watch = make_command(options->watch, home.beside, "watch", err);
    contest_init(&contests[0], "polling", polling);
    contest_init(&contests[1], "watch", watch);
    if (!polling || !watch)
        goto cleanup;
    if (!arena.kubeconfig) {
        print_progress("starting a simulator");
        if (home_start_simulator(&home, SIMULATED_NODES, &stop_requested, err) < 0)
            goto cleanup;
        arena.kubeconfig = home.kubeconfig;
    }
    ret = compare_on(&arena, contests, err);
cleanup:
    contest_free(&contests[0]);
    contest_free(&contests[1]);
    free(polling);
    free(watch);
    /* what the schedulers printed is the first thing to read after an invalid run */
    home_close(&home, ret == 1);
    return ret;
}

int main(int argc, char **argv)
{
    struct compare_options options;
    struct error err = ERROR_INIT;
    int ret;

    ret = compare_options_parse(argc, argv, &options, &err);
    if (ret == 0 && options.help) {
        compare_options_print_help();
        return 0;
    }
    if (ret == 0 && options.version) {
        puts("compare " LAB_VERSION);
        return 0;
    }
    install_signals();
    if (ret == 0)
        ret = run(&options, argv[0], &err);
    if (ret >= 0)
        return ret;
    fprintf(stderr, "compare: %s\n", err.text);
    return error_exit_code(&err);
}
