/*
 * access_review.h: `kubectl auth can-i`: POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews. Everybody may do everything.
 */
#ifndef SIMULATOR_ACCESS_REVIEW_H
#define SIMULATOR_ACCESS_REVIEW_H

#include "common/error.h"
#include "simulator/sim.h"

/*
 * Fills a response that was all zero: the review as it came, allowed. `body` is NUL-terminated JSON or NULL. Returns 1 when it is such a request, 0
 * when not, -1 on ERROR_NO_MEMORY. A body that is no object gets a 400.
 */
int access_review_handle(const char *method, const char *target, const char *body, struct sim_response *response, struct error *err);

#endif
