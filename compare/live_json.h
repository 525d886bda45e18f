/*
 * live_json.h: the live view's model as JSON, for the page in the browser: all of it each time, so that who comes late, or missed some, needs no past.
 */
#ifndef COMPARE_LIVE_JSON_H
#define COMPARE_LIVE_JSON_H

#include "common/buffer.h"
#include "compare/live_frame.h"

/* Appends one object on one line. `ended`: what is said at the end; NULL: it goes on. */
int live_json_render(const struct live_model *m, const struct live_view *view, const char *ended, struct buffer *out, struct error *err);

#endif
