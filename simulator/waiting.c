/*
 * waiting.c: exchanges that are suspended, and what lets them go on: the time of a delayed answer, a client that left, the end.
 */
#include <errno.h>
#include <sys/socket.h>

#include "simulator/exchange_internal.h"

void waiting_leave(struct exchange *x)
{
    if (!x->in_list)
        return;
    if (x->next)
        x->next->previous = x->previous;
    if (x->previous)
        x->previous->next = x->next;
    else
        x->host->waiting = x->next;
    x->previous = x->next = NULL;
    x->in_list = false;
}

void waiting_suspend(struct exchange *x)
{
    x->suspended = true;
    x->in_list = true;
    x->previous = NULL;
    x->next = x->host->waiting;
    if (x->next)
        x->next->previous = x;
    x->host->waiting = x;
    MHD_suspend_connection(x->connection);
}

void waiting_resume(struct exchange *x)
{
    waiting_leave(x);
    if (!x->suspended)
        return;
    x->suspended = false;
    x->host->resumed = true;
    MHD_resume_connection(x->connection);
}

int64_t exchange_next_due_us(const struct exchange_host *host)
{
    int64_t due = INT64_MAX;

    for (const struct exchange *x = host->waiting; x; x = x->next)
        due = x->due_us < due ? x->due_us : due;
    return due;
}

void exchange_resume_due(struct exchange_host *host, int64_t now)
{
    struct exchange *x = host->waiting, *next;

    for (; x; x = next) {
        next = x->next;
        if (x->due_us <= now) {
            x->due_us = INT64_MAX;
            waiting_resume(x);
        }
    }
}

static bool client_has_gone(const struct exchange *x)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    ssize_t got;
    char byte;

    if (!info)
        return false;
    got = recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (got < 0)
        return errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
    /* under TLS the only thing a client says during a watch is goodbye */
    return got == 0 || x->host->tls;
}

void exchange_drop_dead(struct exchange_host *host)
{
    struct exchange *x = host->waiting, *next;

    for (; x; x = next) {
        next = x->next;
        if (x->response.watch && x->due_us == INT64_MAX && client_has_gone(x)) {
            x->dead = true;
            waiting_resume(x);
        }
    }
}

void exchange_resume_all(struct exchange_host *host)
{
    while (host->waiting)
        waiting_resume(host->waiting);
}
