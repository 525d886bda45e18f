/*
 * identity.h: who sends a request, by its headers: a bearer token of --token or --token-file, one of a service account, and whom he speaks for.
 */
#ifndef SIMULATOR_IDENTITY_H
#define SIMULATOR_IDENTITY_H

#include <stdbool.h>

#include "simulator/rbac.h"
#include "simulator/tokens.h"

struct identity {
    bool known;       /* else the request is to be answered with 401 */
    const char *user; /* NULL: the administrator. Into `name`, or the tokens' */
    const char *groups;
    char name[SIM_USER_BYTES], group_list[1024];
};

/* Reads the Authorization header, which may be NULL. Valid until the tokens are read again. */
void identity_read(struct identity *identity, const struct tokens *tokens, struct sim *sim, bool rbac, const char *authorization);

/*
 * Takes on the user and groups (separated by commas; NULL: none) of Impersonate-User and Impersonate-Group. 0; 1 when the response, which was all zero, says
 * that he may not (403); -1.
 */
int identity_impersonate(struct identity *identity, struct sim *sim, const char *user, const char *groups, struct sim_response *response,
                         struct error *err);

#endif
