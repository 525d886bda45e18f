/* look_access.h: what we may do, and what the schedulers' ServiceAccounts may (SelfSubjectAccessReview and its siblings). */
#ifndef DOCTOR_LOOK_ACCESS_H
#define DOCTOR_LOOK_ACCESS_H

#include "doctor/options.h"
#include "doctor/server.h"

/*
 * Fills "access" of the facts: {"me": [RULE…], "accounts": [{"namespace", "name", "used", "status", "rules": [RULE…]}…]}; a RULE has verb, group,
 * resource, subresource, namespace, name, file, and "allowed", or "message" when the server does not tell. ERROR_NO_MEMORY.
 */
int look_at_access(struct server *server, const struct doctor_options *options, json_t *facts, struct error *err);

#endif
