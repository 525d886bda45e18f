/*
 * render.h: how one object of the store goes out: as it is, as the other API's event, as PartialObjectMetadata or as a Table.
 */
#ifndef SIMULATOR_RENDER_H
#define SIMULATOR_RENDER_H

#include "simulator/internal.h"

enum form { FORM_OBJECT, FORM_PARTIAL, FORM_TABLE };

/* What an Accept header asks for. */
enum form render_form(const char *accept);

/* Appends one object as `resource` (which may be the other API of its slot) in that form. */
int render_object(const struct sim *sim, const struct resource *resource, enum form form, const char *include_object, bool with_columns,
                  const struct object *object, struct buffer *out, struct error *err);
/* Does render_object() only copy the text? Then a stream may send the text itself. */
bool render_is_plain(const struct resource *resource, enum form form);
/* Answers with one object; 0 or -1. */
int render_answer(struct call *call, int code, const struct object *object, struct error *err);

#endif
