/*
 * pod_request.h: what requests about one pod have in common: their path, a patch of the pod's status, and the answer that means that another pod
 * has the name by now.
 */
#ifndef COMMON_KUBE_POD_REQUEST_H
#define COMMON_KUBE_POD_REQUEST_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/kube/client.h"

/* Appends /api/v1/namespaces/NS/pods/NAME and `suffix` ("", "/binding", "/status"). */
int pod_target(const char *namespace_, const char *name, const char *suffix, struct buffer *target, struct error *err);

/* A strategic merge patch of pods/NAME/status. */
struct pod_status_patch {
    const char *uid;
    const char *condition; /* its type; NULL: no condition is patched, and the next four mean nothing */
    const char *status;    /* "True" or "False" */
    const char *reason, *message;
    int64_t wall_us;            /* the condition's lastTransitionTime */
    const char *nominated_node; /* status.nominatedNodeName; "" clears it, NULL leaves it */
};

#define POD_STATUS_PATCH_TYPE "application/strategic-merge-patch+json"

/*
 * Appends the patch. It holds metadata.uid, so that the server refuses it for another pod of that name; see pod_is_another(). Source: kube-scheduler's
 * util.PatchPodStatus(), which does without. On failure (ERROR_NO_MEMORY, out's ceiling) `out` may hold a part.
 */
int pod_status_patch(const struct pod_status_patch *patch, struct buffer *out, struct error *err);

/*
 * Whether an answer says that the pod of that name has another UID than the request had: a 409 about a UID (DELETE with preconditions, Binding), or a
 * 422 about metadata.uid (PATCH, as kube-apiserver 1.34 says it).
 */
bool pod_is_another(const struct kube_answer *answer);

#endif
