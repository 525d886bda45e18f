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

/* The fields of a kind of core/v1; NULL when they are not kept here. Static. */
const struct names *field_names_of(const char *group, const char *kind);

#endif
