/*
 * rbac_rules.h: what one rule allows, and whom a subject means. Pure.
 */
#ifndef SIMULATOR_RBAC_RULES_H
#define SIMULATOR_RBAC_RULES_H

#include "simulator/rbac.h"

/* Does the rule allow it? (rbac.RuleAllows) */
bool rbac_rule_allows(const json_t *rule, const struct rbac_attributes *attributes);

/* Is the user meant by a subject of a binding in that namespace ("": of a ClusterRoleBinding)? `described` then says which subject: User "u". */
bool rbac_is_subject(const struct rbac_user *user, const json_t *subject, const char *namespace_, char *described, size_t max);

#endif
