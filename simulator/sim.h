/*
 * sim.h: a simulated Kubernetes API server: store and API without sockets, threads or a clock of its own. bin/simulator puts
 * HTTP in front of it (server.c); tests call it in their own process on virtual time.
 */
#ifndef SIMULATOR_SIM_H
#define SIMULATOR_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/error.h"

struct sim;
struct sim_watch;

struct sim_options {
    const struct clock *clock; /* borrowed; the only source of time */
    uint64_t seed;             /* UIDs and names come from it, so a run can be repeated */
    int nodes;                 /* born as kind's are: "<cluster>-control-plane", "<cluster>-worker", "<cluster>-worker2", …; 0: none */
    const char *cluster_name;  /* "sched-lab" */
    bool system_pods;          /* kind's kube-system pods on them */
    int64_t kubelet_start_ms;  /* a bound pod is Running so long after; -1: no kubelet */
    int64_t kubelet_stop_ms;   /* a deleted pod is gone so long after, at the latest after its grace period. 0: 50 */
    bool default_scheduler;    /* serves pods of "default-scheduler" */
    bool controllers;          /* Deployments make pods, what belonged to what is gone goes, namespaces have a service account */
    bool rbac;                 /* who is not the administrator may do what roles and bindings say, and no more */
    int64_t history;           /* events kept for watches; older resourceVersions get 410. 0: 100000 */
    int64_t bookmark_ms;       /* 60000 */
};

/* NULL on ERROR_NO_MEMORY. */
struct sim *sim_new(const struct sim_options *options, struct error *err);
void sim_free(struct sim *sim);

struct sim_request {
    const char *method;
    const char *target;       /* path and query, escaped */
    const char *accept;       /* NULL: application/json */
    const char *content_type; /* NULL without a body */
    const char *user_agent;   /* NULL allowed */
    const char *user;         /* authenticated user name; NULL: system:admin */
    const char *groups;       /* the user's, separated by commas; system:masters may do everything. NULL: none */
    const char *body;
    size_t body_bytes;
    bool no_faults; /* whatever the plan says: for whoever tests with faults and wants the truth */
};

/* What a fault asks of whoever carries the answer. All zero: none. */
struct sim_fault {
    int64_t delay_ms;    /* answer so much later */
    int64_t cut_at_byte; /* -1: none; else end the connection after so many body bytes */
    bool reset;          /* no answer at all: the request was not carried out */
    bool lost_answer;    /* carried out, but no answer */
};

struct sim_response {
    int status;
    const char *content_type; /* static */
    struct buffer body;       /* owned by the response; empty for a watch */
    int retry_after_s;        /* 0: none */
    struct sim_watch *watch;  /* not NULL: a stream follows; owned by the caller, ended with sim_watch_close() */
    struct sim_fault fault;
};

/* Carries out one request, whatever it is; the answer for a wrong one is a Status. Fails only with ERROR_NO_MEMORY. Free with sim_response_free(). */
int sim_handle(struct sim *sim, const struct sim_request *request, struct sim_response *response, struct error *err);
void sim_response_free(struct sim_response *response);

#define SIM_USER_BYTES 400
/* Whose token of a service account is it? Writes the user's name; false: nobody's, or no longer. */
bool sim_token_user(const struct sim *sim, const char *token, char out[SIM_USER_BYTES]);

/*
 * May the request be made, by the roles (sim_options.rbac)? 0; 1: no, and the response, which was all zero, says so (403); -1 on ERROR_NO_MEMORY. sim_handle()
 * asks for itself; this is for pages that are not the API's.
 */
int sim_authorize(struct sim *sim, const struct sim_request *request, struct sim_response *response, struct error *err);

/* Copies up to max bytes of what the watch has to say now; 0: nothing now. */
size_t sim_watch_read(struct sim_watch *watch, char *out, size_t max);
/* Everything was read and no more will come (timeout, 410, closed by a fault). */
bool sim_watch_ended(const struct sim_watch *watch);
/* The stream is to be torn off rather than ended (a fault in mid-object). */
bool sim_watch_torn(const struct sim_watch *watch);
/* Called when the watch has something to read or has ended; never from inside sim_watch_read. May be NULL. */
void sim_watch_on_ready(struct sim_watch *watch, void (*ready)(void *ctx), void *ctx);
void sim_watch_close(struct sim_watch *watch);

/* Does what is due: bookmarks, watch timeouts, kubelet, controllers, default scheduler, graceful deletions. */
int sim_tick(struct sim *sim, struct error *err);
/* When sim_tick next has something to do, on the clock's monotonic time; INT64_MAX: never. */
int64_t sim_next_tick_us(const struct sim *sim);

/*
 * Faults by plan. `plan` is JSON (see simulator/faults.md): an array of {"verb","resource","subresource","name","skip","count","do":{…}}.
 * Replaces the plan in force; NULL ends it. ERROR_USAGE with one line: which entry and key.
 */
int sim_set_faults(struct sim *sim, const char *plan, struct error *err);

/* Prometheus page with apiserver_request_total{verb,resource,subresource,code,...} as kube-apiserver writes it. */
int sim_metrics(const struct sim *sim, struct buffer *out, struct error *err);

/* Compacts: every resourceVersion before now is too old (410), for watches and continue tokens. */
void sim_compact(struct sim *sim);
/* Closes all watches cleanly. */
void sim_close_watches(struct sim *sim);

#endif
