/*
 * field_names.h: the field names of the objects people write by hand, as the API of 1.34 has them, so that a misspelt one is found.
 */
#ifndef SIMULATOR_FIELD_NAMES_H
#define SIMULATOR_FIELD_NAMES_H

#define FIELD_NAMES_DEEP 10

struct names {
    const char *plain; /* separated by spaces: what is in them is not looked at */
    struct {
        const char *name; /* NULL: the end */
        const struct names *names;
    } deep[FIELD_NAMES_DEEP];
};

/* The fields of a kind; NULL when they are not kept here. Static. */
const struct names *field_names_of(const char *group, const char *kind);

/* The kinds of apps and rbac.authorization.k8s.io (field_names_groups.c), made of these parts. */
const struct names *field_names_of_group(const char *group, const char *kind);
extern const struct names object_meta_names, label_selector_names, pod_spec_names;

#endif
