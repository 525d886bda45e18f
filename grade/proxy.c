#include "grade/proxy.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/limits.h"
#include "compare/secret.h"
#include "compare/thread.h"
#include "grade/proxy_internal.h"

#define CONNECTIONS 256u
#define CONNECTION_MEMORY ((size_t)64 << 10)
#define LOOK_FOR_DEAD_US 1000000
#define TURN_MS 50

static int64_t clock_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

int64_t proxy_now_us(const struct proxy *proxy)
{
    return clock_us() - proxy->zero_us;
}

/* ---- the thread ---- */

static int timeout_ms(struct proxy *proxy)
{
    MHD_UNSIGNED_LONG_LONG mhd;

    if (proxy->resumed)
        return 0;
    if (MHD_get_timeout(proxy->daemon, &mhd) == MHD_YES && mhd < TURN_MS)
        return (int)mhd;
    return TURN_MS;
}

/* what libmicrohttpd waits for, where it has no epoll to stand for all */
static unsigned wait_set(struct proxy *proxy, struct curl_waitfd *fds, unsigned max)
{
    fd_set in, out, except;
    int last = -1, fd;
    unsigned count = 0;

    if (proxy->epoll_fd >= 0) {
        fds[0] = (struct curl_waitfd){.fd = proxy->epoll_fd, .events = CURL_WAIT_POLLIN};
        return 1;
    }
    FD_ZERO(&in);
    FD_ZERO(&out);
    FD_ZERO(&except);
    MHD_get_fdset(proxy->daemon, &in, &out, &except, &last);
    for (fd = 0; fd <= last && count < max; fd++) {
        short events = (short)((FD_ISSET(fd, &in) ? CURL_WAIT_POLLIN : 0) | (FD_ISSET(fd, &out) ? CURL_WAIT_POLLOUT : 0));

        if (events)
            fds[count++] = (struct curl_waitfd){.fd = fd, .events = events};
    }
    return count;
}

static void look_around(struct proxy *proxy)
{
    int running;

    proxy_apply_orders(proxy);
    pthread_cond_broadcast(&proxy->obeyed);
    proxy->resumed = false;
    MHD_run(proxy->daemon);
    curl_multi_perform(proxy->multi, &running);
    proxy_upstream_collect(proxy);
    if (clock_us() >= proxy->look_for_dead_us) {
        proxy_exchange_drop_dead(proxy);
        proxy->look_for_dead_us = clock_us() + LOOK_FOR_DEAD_US;
    }
}

static void *work(void *ctx)
{
    struct proxy *proxy = ctx;
    struct curl_waitfd fds[CONNECTIONS + 8];

    pthread_mutex_lock(&proxy->lock);
    while (!proxy->stop) {
        int timeout = timeout_ms(proxy);
        unsigned count = wait_set(proxy, fds, CONNECTIONS + 8);
        int64_t begun = clock_us(), late;

        pthread_mutex_unlock(&proxy->lock);
        curl_multi_poll(proxy->multi, fds, count, timeout, NULL);
        pthread_mutex_lock(&proxy->lock);
        late = clock_us() - begun - (int64_t)timeout * 1000;
        proxy->slow_us = late > proxy->slow_us ? late : proxy->slow_us;
        look_around(proxy);
    }
    proxy->orders = ORDER_DROP_ALL;
    proxy_apply_orders(proxy);
    pthread_cond_broadcast(&proxy->obeyed);
    pthread_mutex_unlock(&proxy->lock);
    return NULL;
}

void proxy_order(struct proxy *proxy, unsigned orders)
{
    proxy->orders |= orders;
    curl_multi_wakeup(proxy->multi);
    while (proxy->orders && !proxy->stop)
        pthread_cond_wait(&proxy->obeyed, &proxy->lock);
}

/* ---- birth and death ---- */

static int listen_somewhere(int *port, struct error *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 128) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) < 0) {
        error_set(err, ERROR_RUNTIME, "cannot listen on 127.0.0.1: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

static int start_daemon(struct proxy *proxy, struct error *err)
{
    bool epoll = MHD_is_feature_supported(MHD_FEATURE_EPOLL) == MHD_YES;
    unsigned flags = MHD_ALLOW_SUSPEND_RESUME | (epoll ? MHD_USE_EPOLL : 0);
    const union MHD_DaemonInfo *info;
    int fd = listen_somewhere(&proxy->port, err);

    if (fd < 0)
        return -1;
    proxy->daemon =
        MHD_start_daemon(flags, 0, NULL, NULL, proxy_exchange_continue, proxy, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_URI_LOG_CALLBACK,
                         proxy_exchange_begin, proxy, MHD_OPTION_NOTIFY_COMPLETED, proxy_exchange_end, proxy, MHD_OPTION_CONNECTION_LIMIT,
                         CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY, MHD_OPTION_END);
    if (!proxy->daemon) {
        close(fd);
        return error_set(err, ERROR_RUNTIME, "the HTTP server of the proxy cannot be started");
    }
    info = epoll ? MHD_get_daemon_info(proxy->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    proxy->epoll_fd = info ? info->epoll_fd : -1;
    return 0;
}

/* signals are the caller's */
static int start_thread(struct proxy *proxy, struct error *err)
{
    int failed = thread_start(&proxy->thread, work, proxy);

    proxy->thread_runs = !failed;
    return failed ? error_set(err, ERROR_RUNTIME, "the proxy's thread cannot be started: %s", strerror(failed)) : 0;
}

struct proxy *proxy_open(const char *kubeconfig, struct error *err)
{
    struct proxy *proxy = calloc(1, sizeof *proxy);

    if (!proxy) {
        error_no_memory(err);
        return NULL;
    }
    proxy->epoll_fd = -1;
    pthread_mutex_init(&proxy->lock, NULL);
    pthread_cond_init(&proxy->obeyed, NULL);
    proxy->client = api_client_open(kubeconfig, "grade/" LAB_VERSION, err);
    proxy->multi = proxy->client ? curl_multi_init() : NULL;
    if (proxy->client && !proxy->multi)
        error_no_memory(err);
    if (proxy->multi && start_daemon(proxy, err) == 0 && start_thread(proxy, err) == 0)
        return proxy;
    proxy_close(proxy);
    return NULL;
}

void proxy_close(struct proxy *proxy)
{
    if (!proxy)
        return;
    if (proxy->thread_runs) {
        pthread_mutex_lock(&proxy->lock);
        proxy->stop = true;
        pthread_mutex_unlock(&proxy->lock);
        curl_multi_wakeup(proxy->multi);
        pthread_join(proxy->thread, NULL);
    }
    /* at once: a turn of libmicrohttpd's in between would take in requests and suspend them, and it aborts when it is stopped over one of those */
    if (proxy->daemon)
        MHD_stop_daemon(proxy->daemon);
    if (proxy->multi)
        curl_multi_cleanup(proxy->multi);
    api_client_close(proxy->client);
    records_clear(&proxy->records);
    pthread_cond_destroy(&proxy->obeyed);
    pthread_mutex_destroy(&proxy->lock);
    free(proxy);
}

int proxy_begin(struct proxy *proxy, const char *namespace_, int64_t zero_us, struct error *err)
{
    char token[PROXY_TOKEN_BYTES];

    if (secret_make(token, sizeof token, err) < 0)
        return -1;
    pthread_mutex_lock(&proxy->lock);
    memcpy(proxy->token, token, sizeof token);
    snprintf(proxy->namespace_, sizeof proxy->namespace_, "%s", namespace_);
    proxy->zero_us = zero_us;
    proxy->scene++;
    records_clear(&proxy->records);
    proxy->slow_us = 0;
    proxy->binds = proxy->held = proxy->fail_count = 0;
    *proxy->hold_pod = '\0';
    proxy->hold_watches = false;
    proxy->floor = 0;
    proxy->shut_watches = false;
    proxy_order(proxy, ORDER_DROP_ALL);
    pthread_mutex_unlock(&proxy->lock);
    return 0;
}

int proxy_port(const struct proxy *proxy)
{
    return proxy->port;
}

int proxy_write_kubeconfig(const struct proxy *proxy, const char *path, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    int failed;

    if (!file) {
        if (fd >= 0)
            close(fd);
        return error_set(err, ERROR_RUNTIME, "%s: %s", path, strerror(errno));
    }
    failed = fprintf(file,
                     "apiVersion: v1\nkind: Config\n"
                     "clusters: [{name: lab, cluster: {server: \"http://127.0.0.1:%d/%s\"}}]\n"
                     "users: [{name: scheduler, user: {token: \"%s\"}}]\n"
                     "contexts: [{name: lab, context: {cluster: lab, user: scheduler}}]\n"
                     "current-context: lab\n",
                     proxy->port, proxy->token, proxy->token) < 0;
    failed |= fclose(file) == EOF;
    return failed ? error_set(err, ERROR_RUNTIME, "%s: cannot be written: %s", path, strerror(errno)) : 0;
}

/* ---- what it has seen ---- */

json_t *proxy_requests(struct proxy *proxy, bool *truncated, struct error *err)
{
    json_t *json;

    pthread_mutex_lock(&proxy->lock);
    json = records_json(&proxy->records);
    *truncated = proxy->records.truncated;
    pthread_mutex_unlock(&proxy->lock);
    if (!json)
        error_no_memory(err);
    return json;
}

struct proxy_view proxy_look(struct proxy *proxy)
{
    struct proxy_view view = {.last_us = -1};
    const struct exchange *x;

    pthread_mutex_lock(&proxy->lock);
    view.requests = proxy->records.count;
    view.binds = proxy->binds;
    view.held = proxy->held;
    if (view.requests)
        view.last_us = proxy->records.items[view.requests - 1].t_us;
    for (x = proxy->first; x; x = x->next) {
        view.undelivered += x->out.bytes - x->handed;
        view.pod_watches +=
            x->route.watch && !strcmp(x->route.resource, "pods") && x->state == EXCHANGE_QUEUED && x->status == 200 && !x->ended;
    }
    pthread_mutex_unlock(&proxy->lock);
    return view;
}

int64_t proxy_slow_us(struct proxy *proxy)
{
    int64_t slow_us;

    pthread_mutex_lock(&proxy->lock);
    slow_us = proxy->slow_us;
    pthread_mutex_unlock(&proxy->lock);
    return slow_us;
}

size_t proxy_binds_of(struct proxy *proxy, const char *pod)
{
    size_t i, count = 0;

    pthread_mutex_lock(&proxy->lock);
    for (i = 0; i < proxy->records.count; i++)
        count += proxy->records.items[i].node && !strcmp(proxy->records.items[i].route.name, pod);
    pthread_mutex_unlock(&proxy->lock);
    return count;
}
