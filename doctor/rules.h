/* rules.h: what the lab's roles allow, and what a person in the lab has to be allowed: asked of the API server one by one. */
#ifndef DOCTOR_RULES_H
#define DOCTOR_RULES_H

#include <stddef.h>

/* When a rule of the scheduler's is needed. */
enum rule_need { RULE_ALWAYS, RULE_ELECTS, RULE_PREEMPTS };

struct rule {
    const char *file; /* of manifests/, that allows it */
    enum rule_need need;
    const char *verb, *group, *resource, *subresource;
    const char *namespace_; /* "": everywhere; "LEASE": the Lease's */
    const char *name;       /* "" for any; "LEASE": the Lease's */
};

/* Every rule of manifests/rbac*.yaml, verb by verb; a test compares. */
extern const struct rule scheduler_rules[];
extern const size_t scheduler_rule_count;

/* What somebody who does the lab does by himself; namespace_ "NAMESPACE": where the Deployment goes; file: "". */
extern const struct rule person_rules[];
extern const size_t person_rule_count;

#endif
