/* source_loop.c */
#include "tests/unit/support/source_loop.h"

#include <string.h>

static int add_source(struct transport *transport, const struct transport_source *source, struct error *err)
{
    struct source_loop *loop = transport->impl;

    if (loop->refuse)
        return error_set(err, ERROR_RUNTIME, "no room for a source");
    loop->source = *source;
    loop->attached = true;
    return 0;
}

void source_loop_init(struct source_loop *loop)
{
    memset(loop, 0, sizeof *loop);
    loop->transport.impl = loop;
    loop->transport.add_source = add_source;
}

bool source_loop_turn(struct source_loop *loop, struct pollfd *mine, int64_t timeout_ms)
{
    struct pollfd fds[SOURCE_LOOP_FDS + 1];
    int count, ready;

    count = loop->source.prepare(loop->source.ctx, fds, loop->max_fds ? loop->max_fds : SOURCE_LOOP_FDS, &timeout_ms);
    loop->last_timeout_ms = timeout_ms;
    loop->last_count = count;
    if (mine)
        fds[count] = *mine;
    ready = poll(fds, (nfds_t)(count + (mine != NULL)), (int)timeout_ms);
    if (mine)
        mine->revents = ready > 0 ? fds[count].revents : 0;
    loop->source.dispatch(loop->source.ctx, fds, count);
    return ready > 0;
}
