/*
 * elector.h: leader election by a Lease, as client-go does it (tools/leaderelection/leaderelection.go, 1.34): of several replicas one works, the others wait
 * until its lease has run out by their own clocks. It does not fence: two may believe to lead for a moment, and the UID precondition of a Binding is
 * what keeps a pod from being bound twice.
 */
#ifndef COMMON_KUBE_ELECTOR_H
#define COMMON_KUBE_ELECTOR_H

#include <stdbool.h>

#include "common/kube/client.h"

#define ELECTOR_LEASE_S 15 /* how long others keep off after the last renewal they have seen */
#define ELECTOR_RENEW_S 10 /* a leader that could not renew for so long gives up */
#define ELECTOR_RETRY_S 2  /* between two tries */

struct elector;

struct elector_options {
    struct kube_client *client;               /* borrowed */
    const char *namespace_, *name, *identity; /* of the Lease, and who we are; borrowed */
    void (*on_leading)(void *ctx);            /* the lease is ours */
    void (*on_lost)(
        void *ctx,
        const char *why); /* it was, and is no more: somebody else has it, or it could not be renewed. Nothing is tried any more */
    void (*on_leader)(void *ctx, const char *identity); /* another one leads; once for each that comes. May be NULL */
    /* The server says that we may not ("get", "create" or "update" of "leases"); it is tried again. May be NULL. */
    void (*on_forbidden)(void *ctx, const char *verb, const char *message);
    /* Anything else went wrong with that request; it is tried again, unless on_lost follows. May be NULL. */
    void (*on_problem)(void *ctx, const char *verb, const char *message);
    void *ctx;
};

/* Begins to try for the lease; nothing is called from inside. `options` is copied, what it points to borrowed until elector_free(). NULL on ERROR_NO_MEMORY. */
struct elector *elector_start(const struct elector_options *options, struct error *err);
/* Cancels what is under way; the lease runs out by itself. NULL is allowed. */
void elector_free(struct elector *elector);
/* Whether the lease is ours. */
bool elector_leads(const struct elector *elector);
/*
 * Gives the lease up (client-go's ReleaseOnCancel), so that another replica need not wait for its end: one request, best effort. No callback is
 * called from here on. elector_busy() tells whether the answer is still to come. Nothing when the lease is not ours.
 */
void elector_release(struct elector *elector);
bool elector_busy(const struct elector *elector);

#endif
