/* elector_lease.h: the Lease object (coordination.k8s.io/v1), for elector.c only. It is kept as JSON: what others wrote into it must survive our writing. */
#ifndef COMMON_KUBE_ELECTOR_LEASE_H
#define COMMON_KUBE_ELECTOR_LEASE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"

/* A Lease from an answer's body; the caller json_decref()s it. NULL when it is none. */
json_t *lease_parse(const struct buffer *body, struct error *err);

/* spec.holderIdentity, "" when nobody holds it or `lease` is NULL; borrowed. spec.leaseDurationSeconds, 0 without. */
const char *lease_holder(const json_t *lease);
int64_t lease_duration_s(const json_t *lease);
/* Whether both tell the same of holder, times and transitions. */
bool lease_same(const json_t *a, const json_t *b);

struct lease_words {
    const char *namespace_, *name, *identity; /* identity "": given up */
    int64_t duration_s, wall_us;
};

/*
 * Appends what is to be sent: `was` with a new holder and time (its resourceVersion makes the server refuse it when somebody else was faster), or a new
 * object when `was` is NULL. A holder that was not the holder before acquires it, which is a transition. Sources: client-go's LeaderElectionRecord and
 * LeaderElectionRecordToLeaseSpec().
 */
int lease_write(const json_t *was, const struct lease_words *words, struct buffer *out, struct error *err);

#endif
