/*
 * create.h: what the verb update needs of create: it creates what does not exist where the resource has it so.
 */
#ifndef SIMULATOR_CREATE_H
#define SIMULATOR_CREATE_H

#include "simulator/internal.h"

/* Creates the object in `doc` and answers. 0, 1 or -1. */
int create_from(struct call *call, json_t *doc, struct error *err);
/* Is it of the kind that the path says? 0; 1 when a Status was answered; -1. */
int create_check_kind(struct call *call, json_t *doc, struct error *err);

#endif
