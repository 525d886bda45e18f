/*
 * proxy.h: stands between a submission and the API server. Plain HTTP on 127.0.0.1 with a token of its own in front, the real server and the real
 * credentials behind: the submission never sees those. It records each request, passes answers on as they come (a watch byte by byte), and plays faults.
 * So the simulator and a real API server are judged by the same means.
 *
 * What a scheduler has no business with gets 403, and so does a write outside the grading's namespace. A patch (or update) of a pod's spec.nodeName is recorded as
 * what it is and carried out as a binding, which no API server does: so it costs the point for the Binding, and not every other one too.
 *
 * It works in a thread of its own. All functions may be called while it works, from one other thread.
 */
#ifndef GRADE_PROXY_H
#define GRADE_PROXY_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"

struct proxy;

/* Listens on a free port, in front of the API server of this kubeconfig (NULL: from the environment). End with proxy_close(). */
struct proxy *proxy_open(const char *kubeconfig, struct error *err);
void proxy_close(struct proxy *proxy); /* NULL allowed */

/*
 * A new scene: drops every connection's stream, forgets requests and faults, makes a new token. Times count from zero_us of the monotonic clock.
 * Writes are let through in this namespace only.
 */
int proxy_begin(struct proxy *proxy, const char *namespace_, int64_t zero_us, struct error *err);

int proxy_port(const struct proxy *proxy);

/* Writes the kubeconfig of the submission, readable by its owner. Its token stands in the path of the server, too: some clients send none without TLS. */
int proxy_write_kubeconfig(const struct proxy *proxy, const char *path, struct error *err);

/* ---- what it has seen ---- */

/* The requests of the scene as evidence has them; a new reference. */
json_t *proxy_requests(struct proxy *proxy, bool *truncated, struct error *err);

struct proxy_view {
    size_t requests;    /* all of the scene */
    size_t pod_watches; /* watches of pods that have been accepted and are open now */
    size_t undelivered; /* bytes of answers that the submission has not taken yet */
    size_t binds;       /* requests to bind, patches included */
    size_t held;        /* binds that wait for proxy_release() */
    int64_t last_us;    /* when the last request came, since the scene began; -1: none did */
};
struct proxy_view proxy_look(struct proxy *proxy);

/* How much too late its thread was let run, at worst, in this scene. */
int64_t proxy_slow_us(struct proxy *proxy);

/* How often a pod's bind was asked for. */
size_t proxy_binds_of(struct proxy *proxy, const char *pod);

/* ---- faults, all gone at the next proxy_begin() ---- */

/* The next `times` binds of a pod (patches included) are answered with this status and are not carried out. retry_after_s 0: none. At most 16 pods. */
void proxy_fail_binds(struct proxy *proxy, const char *pod, int times, int status, int retry_after_s);

/* A bind of this pod waits, before it is sent on, until proxy_release(). */
void proxy_hold_bind(struct proxy *proxy, const char *pod);
void proxy_release(struct proxy *proxy);

/* Ends every open watch cleanly, as an API server does when its time is up. */
void proxy_close_watches(struct proxy *proxy);

/* From now on, and until this is called with false, every open watch ends, and a new one ends as soon as it is accepted. */
void proxy_shut_watches(struct proxy *proxy, bool shut);

/*
 * What an API server does that has forgotten its history, in two steps. First every open watch ends, and new ones wait. In between the caller changes
 * something, so that the server's resourceVersion rises. Then watches go on, but one that asks for a resourceVersion below `floor` is refused as too
 * old: by HTTP 410, or by an ERROR frame in an answer of HTTP 200. The floor stays until the next.
 */
void proxy_hold_watches(struct proxy *proxy);
void proxy_forget_before(struct proxy *proxy, uint64_t floor, bool http);

#endif
