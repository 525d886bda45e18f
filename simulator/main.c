/*
 * main.c: bin/simulator. Reads the command line, builds the simulated API server, puts HTTP in front of it, and waits for a signal.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/limits.h"
#include "simulator/cli.h"
#include "simulator/files.h"
#include "simulator/kubeconfig_file.h"
#include "simulator/secret.h"
#include "simulator/selfsigned.h"
#include "simulator/server.h"
#include "simulator/state.h"

static int signal_pipe[2] = {-1, -1};

static void on_signal(int number)
{
    int saved = errno;
    char byte = (char)number;

    if (write(signal_pipe[1], &byte, 1) < 0)
        errno = saved;
    errno = saved;
}

static int install_signals(bool parent_watch, struct error *err)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGALRM};
    struct sigaction action = {.sa_handler = on_signal};
    struct itimerval second = {{1, 0}, {1, 0}};

    if (pipe(signal_pipe) < 0)
        return error_set(err, ERROR_RUNTIME, "pipe: %s", strerror(errno));
    for (int i = 0; i < 2; i++) {
        fcntl(signal_pipe[i], F_SETFL, O_NONBLOCK);
        fcntl(signal_pipe[i], F_SETFD, FD_CLOEXEC);
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaction(numbers[i], &action, NULL);
    action.sa_handler = SIG_IGN;
    sigaction(SIGPIPE, &action, NULL);
    if (parent_watch)
        setitimer(ITIMER_REAL, &second, NULL);
    return 0;
}

struct program {
    struct cli cli;
    struct tokens *tokens;
    struct sim *sim;
    struct server *server;
    struct buffer cert, key;
    pid_t parent;
};

static void complain(const struct error *err)
{
    fprintf(stderr, "simulator: %s\n", err->text);
}

static void reload_tokens(struct program *p)
{
    struct error err = ERROR_INIT;

    if (tokens_reload(p->tokens, &err) < 0)
        complain(&err);
}

static int save_state(struct program *p, struct error *err)
{
    struct buffer state;
    int ret;

    if (!p->cli.state)
        return 0;
    buffer_init(&state, LIMIT_LIST_BYTES);
    ret = sim_save(p->sim, &state, err);
    if (ret == 0)
        ret = file_write(p->cli.state, state.data, state.bytes, err);
    buffer_free(&state);
    return ret;
}

static void on_wake(void *ctx)
{
    struct program *p = ctx;
    struct error err = ERROR_INIT;
    char number;

    while (read(signal_pipe[0], &number, 1) == 1) {
        if (number == SIGTERM || number == SIGINT)
            server_stop(p->server);
        else if (number == SIGHUP)
            reload_tokens(p);
        else if (number == SIGUSR1 && save_state(p, &err) < 0)
            complain(&err);
        else if (number == SIGALRM && getppid() != p->parent)
            server_stop(p->server);
    }
}

static int load_certificate(struct program *p, struct error *err)
{
    if (p->cli.tls)
        return selfsigned_make(&p->cert, &p->key, err);
    if (!p->cli.tls_cert)
        return 0;
    if (file_read(p->cli.tls_cert, &p->cert, err) < 0)
        return -1;
    return file_read(p->cli.tls_key, &p->key, err);
}

static int load_faults(struct program *p, struct error *err)
{
    struct buffer plan;
    int ret;

    if (!p->cli.faults)
        return 0;
    buffer_init(&plan, LIMIT_CONFIG_FILE_BYTES);
    ret = file_read(p->cli.faults, &plan, err);
    if (ret == 0 && sim_set_faults(p->sim, plan.data, err) < 0)
        ret = error_prefix(err, "%s", p->cli.faults);
    buffer_free(&plan);
    return ret;
}

static int load_state(struct program *p, struct error *err)
{
    struct buffer state;
    int ret;

    if (!p->cli.state || (access(p->cli.state, F_OK) < 0 && errno == ENOENT))
        return 0;
    buffer_init(&state, LIMIT_LIST_BYTES);
    ret = file_read(p->cli.state, &state, err);
    if (ret == 0 && sim_load(p->sim, state.data, err) < 0)
        ret = error_prefix(err, "%s", p->cli.state);
    buffer_free(&state);
    return ret;
}

static void make_url(const struct program *p, char *url, size_t size)
{
    const char *host = p->cli.address;

    if (strcmp(host, "0.0.0.0") == 0)
        host = "127.0.0.1";
    else if (strcmp(host, "::") == 0)
        host = "::1";
    snprintf(url, size, strchr(host, ':') ? "%s://[%s]:%d" : "%s://%s:%d", p->cert.bytes ? "https" : "http", host, server_port(p->server));
}

static int announce(struct program *p, struct error *err)
{
    const char *token = tokens_first(p->tokens);
    char url[128];
    struct buffer kubeconfig;
    int ret = 0;

    /* over TLS kubectl asks for a user name when it has no credential at all; any token does */
    if (!token && p->cert.bytes)
        token = "anybody";
    make_url(p, url, sizeof url);
    buffer_init(&kubeconfig, LIMIT_CONFIG_FILE_BYTES);
    if (p->cli.write_kubeconfig) {
        ret = kubeconfig_file_render(url, p->cli.sim.cluster_name, p->cert.data, token, &kubeconfig, err);
        if (ret == 0)
            ret = file_write(p->cli.write_kubeconfig, kubeconfig.data, kubeconfig.bytes, err);
    }
    buffer_free(&kubeconfig);
    if (ret < 0)
        return -1;
    printf("simulator: listening on %s nodes=%d\n", url, p->cli.sim.nodes);
    fflush(stdout);
    return 0;
}

/* with --rbac somebody has to be the administrator: who has the kubeconfig, as on kind */
static int make_administrator(struct program *p, struct error *err)
{
    static const char user[] = "=kubernetes-admin,system:masters";
    char token[SECRET_BYTES + sizeof user];

    if (!p->cli.sim.rbac || tokens_required(p->tokens))
        return 0;
    if (secret_make(token, err) < 0)
        return -1;
    strcat(token, user);
    return tokens_add(p->tokens, token, err);
}

static int run(struct program *p, struct error *err)
{
    p->cli.sim.clock = clock_system();
    if (load_certificate(p, err) < 0 || make_administrator(p, err) < 0)
        return -1;
    p->sim = sim_new(&p->cli.sim, err);
    if (!p->sim || load_faults(p, err) < 0 || load_state(p, err) < 0)
        return -1;
    p->server = server_open(&(struct server_options){.sim = p->sim,
                                                     .clock = p->cli.sim.clock,
                                                     .tokens = p->tokens,
                                                     .rbac = p->cli.sim.rbac,
                                                     .address = p->cli.address,
                                                     .port = p->cli.port,
                                                     .tls_cert = p->cert.data,
                                                     .tls_key = p->key.data,
                                                     .wake_fd = signal_pipe[0],
                                                     .on_wake = on_wake,
                                                     .ctx = p},
                            err);
    if (!p->server || announce(p, err) < 0 || server_run(p->server, err) < 0)
        return -1;
    return save_state(p, err);
}

int main(int argc, char **argv)
{
    struct error err = ERROR_INIT;
    struct program p = {.parent = getppid()};
    int ret = -1;

    buffer_init(&p.cert, LIMIT_CONFIG_FILE_BYTES);
    buffer_init(&p.key, LIMIT_CONFIG_FILE_BYTES);
    p.tokens = tokens_new(&err);
    if (p.tokens && cli_parse(argc, argv, &p.cli, p.tokens, &err) == 0) {
        if (p.cli.help)
            cli_print_help();
        else if (p.cli.version)
            printf("simulator %s (Kubernetes v1.34.4)\n", LAB_VERSION);
        ret = p.cli.help || p.cli.version ? 0 : install_signals(p.cli.parent_watch, &err);
        if (ret == 0 && !p.cli.help && !p.cli.version)
            ret = run(&p, &err);
    }
    if (ret < 0)
        complain(&err);
    server_close(p.server);
    sim_free(p.sim);
    tokens_free(p.tokens);
    buffer_free(&p.cert);
    buffer_free(&p.key);
    return error_exit_code(&err);
}
