/*
 * source_loop.h: a transport that has no calls, only sources: enough of an event loop to drive what waits on file descriptors.
 */
#ifndef TESTS_UNIT_SUPPORT_SOURCE_LOOP_H
#define TESTS_UNIT_SUPPORT_SOURCE_LOOP_H

#include <poll.h>

#include "common/kube/transport.h"

#define SOURCE_LOOP_FDS 64

struct source_loop {
    struct transport transport; /* only add_source works */
    struct transport_source source;
    bool attached;
    bool refuse;             /* add_source fails, as a full transport does */
    int max_fds;             /* what prepare() is offered; 0: all of SOURCE_LOOP_FDS */
    int64_t last_timeout_ms; /* what the source left of the time it was offered */
    int last_count;          /* how many entries it filled */
};

void source_loop_init(struct source_loop *loop);

/*
 * One turn: prepare, poll, dispatch. Waits at most timeout_ms (-1: no limit) for the source's descriptors or `mine` (may be NULL). Returns
 * whether anything was ready; the answer for `mine` is in its revents.
 */
bool source_loop_turn(struct source_loop *loop, struct pollfd *mine, int64_t timeout_ms);

#endif
