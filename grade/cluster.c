#include "grade/cluster.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/limits.h"
#include "compare/objects.h"
#include "compare/secret.h"
#include "grade/cluster_objects.h"

#define TOKEN_BYTES 33
#define SEEN_US 30000000

static int64_t now_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

static void pause_us(int64_t us)
{
    struct timespec wait = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};

    nanosleep(&wait, NULL);
}

/* the simulator's only user */
static int write_token(struct home *home, struct error *err)
{
    char token[TOKEN_BYTES];
    FILE *file;
    int fd, failed;

    snprintf(home->token_file, sizeof home->token_file, "%s/tokens", home->folder);
    if (secret_make(token, sizeof token, err) < 0)
        return -1;
    fd = open(home->token_file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    file = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!file)
        return error_set(err, ERROR_RUNTIME, "%s: %s", home->token_file, strerror(errno));
    failed = fprintf(file, "%s,grader,1,\"system:masters\"\n", token) < 0;
    failed |= fclose(file) == EOF;
    return failed ? error_set(err, ERROR_RUNTIME, "%s: cannot be written", home->token_file) : 0;
}

int cluster_open(struct cluster *c, const char *argv0, const char *kubeconfig, const volatile sig_atomic_t *stop, struct error *err)
{
    memset(c, 0, sizeof *c);
    c->stop = stop;
    c->simulator = !kubeconfig;
    if (home_open(&c->home, "grade", argv0, err) < 0)
        return -1;
    if (c->simulator && (write_token(&c->home, err) < 0 || home_start_simulator(&c->home, 0, stop, err) < 0))
        return -1;
    c->kubeconfig = c->simulator ? c->home.kubeconfig : kubeconfig;
    c->client = api_client_open(c->kubeconfig, "grade/" LAB_VERSION, err);
    if (!c->client || objects_make_namespace(c->client, "grade", c->namespace_, err) < 0)
        return -1;
    c->witness = witness_open(c->kubeconfig, err);
    return c->witness ? 0 : -1;
}

/* ---- taking away ---- */

static int delete_nodes(struct cluster *c, struct error *err)
{
    char target[128];
    int status, ret = 0;

    while (c->node_count) {
        struct buffer answer;

        buffer_init(&answer, LIMIT_OBJECT_BYTES);
        snprintf(target, sizeof target, "/api/v1/nodes/%s", c->nodes[--c->node_count]);
        if (api_client_call(c->client, "DELETE", target, NULL, 30000, &status, &answer, err) < 0)
            ret = -1;
        else if ((status < 200 || status > 299) && status != 404)
            ret = api_error(err, "DELETE", target, status, &answer);
        buffer_free(&answer);
    }
    return ret;
}

static int wait_until_empty(struct cluster *c, struct error *err)
{
    int64_t until = now_us() + SEEN_US;
    size_t left;

    while ((left = witness_count(c->witness, c->namespace_, NULL)) > 0) {
        if (witness_check(c->witness, err) < 0)
            return -1;
        if (now_us() > until)
            return error_set(err, ERROR_RUNTIME, "%zu pods do not go away", left);
        pause_us(2000);
    }
    return 0;
}

int cluster_clean(struct cluster *c, struct error *err)
{
    int ret = 0;

    while (c->pod_count) {
        const char *name = c->pods[--c->pod_count];

        if (cluster_let_go(c, name, err) < 0 || cluster_delete_pod(c, name, err) < 0)
            ret = -1;
    }
    if (ret == 0 && c->witness)
        ret = wait_until_empty(c, err);
    return delete_nodes(c, err) < 0 ? -1 : ret;
}

void cluster_close(struct cluster *c)
{
    struct error err = ERROR_INIT;

    if (c->client && *c->namespace_ && !c->simulator &&
        (cluster_clean(c, &err) < 0 || objects_delete_namespace(c->client, c->namespace_, &err) < 0))
        fprintf(stderr, "grade: something is left in namespace %s: %s\n", c->namespace_, err.text);
    witness_close(c->witness);
    api_client_close(c->client);
    home_close(&c->home, false);
}

/* ---- seeing ---- */

static bool has_arrived(struct cluster *c, size_t i)
{
    struct witness_pod pod = witness_pod(c->witness, c->namespace_, c->pods[i]);

    return pod.since_us && (!c->phases[i] || !pod.there || !strcmp(pod.phase, c->phases[i]));
}

int cluster_wait_seen(struct cluster *c, struct error *err)
{
    int64_t until = now_us() + SEEN_US;
    size_t i;

    for (i = 0; i < c->pod_count; i++)
        while (!has_arrived(c, i)) {
            if (witness_check(c->witness, err) < 0)
                return -1;
            if (now_us() > until || *c->stop)
                return error_set(err, ERROR_RUNTIME, *c->stop ? "interrupted" : "pod %s is not seen", c->pods[i]);
            pause_us(1000);
        }
    return 0;
}
