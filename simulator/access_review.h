/*
 * access_review.h: what somebody asks about himself: `kubectl auth can-i` (SelfSubjectAccessReview), `--list` (SelfSubjectRulesReview) and
 * `kubectl auth whoami` (SelfSubjectReview); and about others (SubjectAccessReview, LocalSubjectAccessReview).
 */
#ifndef SIMULATOR_ACCESS_REVIEW_H
#define SIMULATOR_ACCESS_REVIEW_H

#include "simulator/internal.h"

/* Answers a POST to one of them; 1 when it is one, 0 when not (nothing touched), -1 on ERROR_NO_MEMORY. A wrong body gets a Status. */
int access_review_handle(struct call *call, struct error *err);

#endif
