/*
 * label_selector.h: metav1.LabelSelector, the selector that stands in an object (k8s.io/apimachinery/pkg/apis/meta/v1/helpers.go).
 */
#ifndef SIMULATOR_LABEL_SELECTOR_H
#define SIMULATOR_LABEL_SELECTOR_H

#include <jansson.h>
#include <stdbool.h>

#include "common/buffer.h"
#include "common/error.h"

/* Appends it as a query has it ("app=web,tier in (a,b),!old"), sorted by key: metav1.FormatLabelSelector, without its "<none>". */
int label_selector_format(const json_t *selector, struct buffer *out, struct error *err);

/* Does it select an object with these labels? Both may be NULL; an empty selector selects everything. */
bool label_selector_matches(const json_t *selector, const json_t *labels);

/* Has it no requirement at all? */
bool label_selector_empty(const json_t *selector);

#endif
