/*
 * selector.h: labelSelector and fieldSelector (k8s.io/apimachinery/pkg/labels, pkg/fields).
 */
#ifndef SIMULATOR_SELECTOR_H
#define SIMULATOR_SELECTOR_H

#include <stdbool.h>

#include "simulator/store.h"

struct label_requirement;
struct field_requirement;

struct selector {
    struct label_requirement *labels;
    size_t label_count;
    struct field_requirement *fields;
    size_t field_count;
    const char *name; /* what metadata.name must be, when the field selector says so; else NULL */
    char *text;       /* the strings, owned */
};

#define SELECTOR_PROBLEM_BYTES 512

/*
 * Reads both selectors; NULL or "" selects everything. 0; 1 when one is wrong, with the API server's words in `problem`; -1 on an error.
 * Free with selector_free() after 0.
 */
int selector_parse(struct selector *selector, const struct resource *resource, const char *label_selector, const char *field_selector,
                   char problem[SELECTOR_PROBLEM_BYTES], struct error *err);
void selector_free(struct selector *selector);

/* Does it select anything less than everything? */
bool selector_restricts(const struct selector *selector);
bool selector_matches(const struct selector *selector, const struct object *object);

#endif
