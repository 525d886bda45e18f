/*
 * rbac.h: who may do what, by roles and bindings (k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac). What a user may do is worked out when he first asks,
 * and again when a role or a binding has changed. Nothing keeps a user from giving away more than he has.
 */
#ifndef SIMULATOR_RBAC_H
#define SIMULATOR_RBAC_H

#include "simulator/internal.h"

struct rbac_user {
    const char *name;   /* NULL: the administrator */
    const char *groups; /* separated by commas; NULL: none. system:authenticated and those of service accounts go without saying */
};

/* What somebody wants to do. "" where there is none; with resource "" it is `path`. */
struct rbac_attributes {
    const char *verb, *group, *resource, *subresource, *namespace_, *name, *path;
};

/*
 * 0 and *allowed. `reason` (may be NULL) gets why, in the real server's words; "" when a refusal has no reason but that no rule allows it. -1 when memory ran
 * out.
 */
int rbac_allows(struct sim *sim, const struct rbac_user *user, const struct rbac_attributes *attributes, bool *allowed,
                struct buffer *reason, struct error *err);

/* Is he in system:masters, or the administrator? */
bool rbac_is_master(const struct rbac_user *user);

/* Appends the user's groups as a JSON array. */
int rbac_add_groups(const struct rbac_user *user, struct buffer *out, struct error *err);

/* The rules that hold for the user in a namespace; a new reference to an array; NULL: memory ran out. */
json_t *rbac_rules(struct sim *sim, const struct rbac_user *user, const char *namespace_, struct error *err);

/* May the API request be made? 0; 1 when 403 was answered; -1. `path`: unescaped, with the query. */
int rbac_check(struct call *call, struct error *err);
/* Answers 403 for attributes that are not allowed: 1, or -1. */
int rbac_refuse(struct sim_response *response, const struct rbac_user *user, const struct rbac_attributes *attributes, const char *reason,
                struct error *err);

/* Told of every change. */
void rbac_change(struct sim *sim, const struct change *change);
void rbac_free(struct sim *sim);

/* The roles and bindings that a cluster is born with (birth_rbac.c). */
int birth_rbac(struct sim *sim, struct error *err);

#endif
