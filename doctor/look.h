/* look.h: who looks: fills facts (facts.h). Nothing is changed by it, and none of it can hang: each program and each request has its time. */
#ifndef DOCTOR_LOOK_H
#define DOCTOR_LOOK_H

#include <jansson.h>

#include "common/error.h"
#include "doctor/options.h"

#define LOOK_PROGRAM_MS 10000 /* one program */
#define LOOK_REQUEST_MS 10000 /* one request */
#define LOOK_CLUSTER_MS 60000 /* all of them */

/* The laptop: *facts is a new object. ERROR_NO_MEMORY. */
int look_at_laptop(const struct doctor_options *options, json_t **facts, struct error *err);

/* The cluster: *facts is a new object; what cannot be had is in it, too. ERROR_NO_MEMORY. */
int look_at_cluster(const struct doctor_options *options, json_t **facts, struct error *err);

#endif
