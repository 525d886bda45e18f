/*
 * strict.h: fields that no object of the kind has: refused with fieldValidation=Strict, which kubectl asks for, else dropped.
 */
#ifndef SIMULATOR_STRICT_H
#define SIMULATOR_STRICT_H

#include "simulator/internal.h"

/* Looks at an object as it was sent, of the call's resource. 0: go on; 1: a Status was answered; -1: ERROR_NO_MEMORY. */
int strict_check(struct call *call, json_t *doc, struct error *err);
/* The same of what a patch made of an object; the refusal shows the patch. */
int strict_check_patched(struct call *call, json_t *doc, const json_t *patch, struct error *err);

#endif
