/*
 * live_web.h: the live view as a page in a browser: on 127.0.0.1, in the caller's loop, updated by server-sent events. A client holds the snapshot that
 * it is being sent and nothing else: one that is slow misses some, and is none the slower for the others.
 *
 * Buttons are requests with a token that only the page has, from the page's own origin; a Host that is not ours gets nothing, so that no other site reaches
 * the page by a name of its own. The page loads nothing from anywhere else, and says so to the browser (Content-Security-Policy).
 */
#ifndef COMPARE_LIVE_WEB_H
#define COMPARE_LIVE_WEB_H

#include <poll.h>
#include <stdbool.h>

#include "common/buffer.h"
#include "common/error.h"

#define LIVE_WEB_CLIENTS 64

struct live_web;

/*
 * Listens on 127.0.0.1; port 0: any free one. `on_key` gets what is pressed: b x c p q, and nothing else. ERROR_USAGE when the port cannot be listened on.
 */
struct live_web *live_web_open(int port, void (*on_key)(void *ctx, char key), void *ctx, struct error *err);
/* Ends the streams, and every connection. NULL is allowed. */
void live_web_close(struct live_web *web);

/* "http://127.0.0.1:8080/", the web's. */
const char *live_web_url(const struct live_web *web);

/* Fills in what to wait for, and shortens *timeout_ms; returns how many descriptors. */
unsigned live_web_prepare(struct live_web *web, struct pollfd *fds, unsigned max, int *timeout_ms);
/* Serves what can be served without waiting. */
void live_web_turn(struct live_web *web);

/* Sends one line of JSON to everybody, and first to who comes later. It is copied. */
int live_web_publish(struct live_web *web, const char *json, size_t bytes, struct error *err);
/* Clients that read the stream. */
size_t live_web_clients(const struct live_web *web);
/* Whether all of them have been sent the last line. */
bool live_web_sent(const struct live_web *web);

#endif
