/* identity.c: see identity.h (k8s.io/apiserver/pkg/endpoints/filters/impersonation). */
#include "simulator/identity.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/limits.h"

#define ACCOUNT "system:serviceaccount:"

void identity_read(struct identity *identity, const struct tokens *tokens, struct sim *sim, bool rbac, const char *authorization)
{
    const char *token = authorization;

    *identity = (struct identity){.known = true};
    if (!tokens_required(tokens))
        return;
    if (!authorization || !*authorization) {
        identity->known = rbac;
        identity->user = rbac ? "system:anonymous" : NULL;
        return;
    }
    identity->user = tokens_user(tokens, authorization, &identity->groups);
    if (identity->user)
        return;
    identity->known = false;
    if (strncasecmp(token, "Bearer ", 7) != 0)
        return;
    for (token += 7; *token == ' ';)
        token++;
    identity->known = sim_token_user(sim, token, identity->name);
    identity->user = identity->known ? identity->name : NULL;
}

static int may(struct sim *sim, const struct identity *identity, const struct rbac_attributes *wanted, struct sim_response *response,
               struct error *err)
{
    struct rbac_user user = {identity->user, identity->groups};
    struct buffer reason;
    bool allowed;
    int ret;

    buffer_init(&reason, LIMIT_OBJECT_BYTES);
    ret = rbac_allows(sim, &user, wanted, &allowed, &reason, err);
    if (ret == 0 && !allowed) {
        response->fault.cut_at_byte = -1;
        buffer_init(&response->body, LIMIT_OBJECT_BYTES);
        ret = rbac_refuse(response, &user, wanted, reason.bytes ? reason.data : "", err);
        if (ret < 0)
            buffer_free(&response->body);
    }
    buffer_free(&reason);
    return ret;
}

static int may_be_user(struct sim *sim, const struct identity *identity, const char *user, struct sim_response *response, struct error *err)
{
    struct rbac_attributes wanted = {"impersonate", "", "users", "", "", user, ""};
    const char *name = strncmp(user, ACCOUNT, sizeof ACCOUNT - 1) == 0 ? strchr(user + sizeof ACCOUNT - 1, ':') : NULL;
    char namespace_[256];

    if (name) {
        snprintf(namespace_, sizeof namespace_, "%.*s", (int)(name - user - (long)(sizeof ACCOUNT - 1)), user + sizeof ACCOUNT - 1);
        wanted = (struct rbac_attributes){"impersonate", "", "serviceaccounts", "", namespace_, name + 1, ""};
    }
    return may(sim, identity, &wanted, response, err);
}

int identity_impersonate(struct identity *identity, struct sim *sim, const char *user, const char *groups, struct sim_response *response,
                         struct error *err)
{
    char group[256];
    int ret;

    if (!user || !*user)
        return 0;
    ret = may_be_user(sim, identity, user, response, err);
    for (const char *at = groups; ret == 0 && at && *at; at += strcspn(at, ","), at += *at == ',') {
        snprintf(group, sizeof group, "%.*s", (int)strcspn(at, ","), at);
        ret = may(sim, identity, &(struct rbac_attributes){"impersonate", "", "groups", "", "", group, ""}, response, err);
    }
    if (ret)
        return ret;
    snprintf(identity->name, sizeof identity->name, "%s", user);
    snprintf(identity->group_list, sizeof identity->group_list, "%s", groups ? groups : "");
    identity->user = identity->name;
    identity->groups = identity->group_list;
    return 0;
}
