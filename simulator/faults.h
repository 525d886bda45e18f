/*
 * faults.h: the fault plan: which requests go wrong, and how. faults.md is the page for people who write plans.
 * Pure: no clock, no network. The core asks for each request whether a fault is due and carries it out.
 */
#ifndef SIMULATOR_FAULTS_H
#define SIMULATOR_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"

struct faults;

/* What the "do" of an entry asks for; several may be set at once. What is absent is 0, false, NULL or -1 as noted. */
struct fault_action {
    int status;          /* answer so instead of doing it; 0: no. Not carried out */
    const char *reason;  /* of the Status; NULL: the one Kubernetes has for this code */
    const char *message; /* of the Status; NULL: a plain default */
    int retry_after_s;   /* Retry-After of the answer and retryAfterSeconds of its Status; 0: none */
    int64_t delay_ms;    /* answer so much later; 0: at once */
    int64_t cut_at_byte; /* end the connection after so many body bytes; -1: none */
    bool reset;          /* close the connection without an answer; not carried out */
    bool lost_answer;    /* carried out, then the connection is closed without an answer */
    bool stale_list;     /* a list shows the state `stale_by` resourceVersions ago, its metadata.resourceVersion too */
    int64_t stale_by;    /* in resourceVersions; 1 when stale_list stood alone */
    bool watch_close;    /* end the watch cleanly after `watch_after` events */
    int64_t watch_after; /* events sent before watch_close, watch_gone or watch_cut; 0: at once */
    bool watch_gone;     /* an ERROR frame with 410 Expired, then the end */
    bool watch_cut;      /* tear the connection off in the middle of the next event's bytes */
    bool duplicate;      /* each event of this watch is sent twice */
    bool reorder;        /* events of this watch that come in one burst are sent in swapped pairs */
};

/*
 * Reads a plan: a JSON array of {"verb","resource","subresource","name","skip","count","do":{…}}. NULL or "" is a plan without entries.
 * *faults is the caller's, to be freed with faults_free(). ERROR_USAGE with one line that names the entry (counted from 0), the
 * key and what was expected; unknown and duplicate keys are errors.
 */
int faults_parse(const char *plan, struct faults **faults, struct error *err);
void faults_free(struct faults *faults); /* NULL allowed */

/*
 * The action due for this request, or NULL. Verbs as RBAC writes them: get list watch create update patch delete deletecollection; a bind is
 * create of resource "pods", subresource "binding". `subresource` and `name` may be NULL or "" (none). Entries are tried in order;
 * each one that matches first uses up its `skip`, then its `count`; the first that has a count left wins and the rest are not looked
 * at. The action belongs to `faults` and is valid until faults_free(). `faults` may be NULL.
 */
const struct fault_action *faults_next(struct faults *faults, const char *verb, const char *resource, const char *subresource,
                                       const char *name);

#endif
