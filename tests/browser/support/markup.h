/*
 * markup.h: as much of a reader of HTML and XML as a report needs: the tags of a page one by one, their attributes, and whether a drawing in it is
 * well-formed XML.
 */
#ifndef TESTS_BROWSER_MARKUP_H
#define TESTS_BROWSER_MARKUP_H

#include <stdbool.h>
#include <stddef.h>

/* A start tag; it points into the page. */
struct tag {
    const char *name, *attributes, *end; /* of the tag: behind its ">" */
    size_t name_bytes;
};

/* The next start tag from *at on, before `end`; *at is then behind it. False when there is none. */
bool markup_next(const char **at, const char *end, struct tag *tag);

bool markup_is(const struct tag *tag, const char *name);
/* The value of an attribute, entities resolved; false when the tag has none of that name. Cut to `size`. */
bool markup_attribute(const struct tag *tag, const char *name, char *out, size_t size);
/* The same as a number; NAN. */
double markup_number(const struct tag *tag, const char *name);
/* Whether `word` is one of its classes. */
bool markup_has_class(const struct tag *tag, const char *word);

/* The element with that id: its tag, and where its content ends (at the next end tag of its name: none is inside itself). False: not there. */
bool markup_by_id(const char *page, const char *id, struct tag *tag, const char **end);

/* Whether the text up to `end` is one well-formed XML element (no DTD, no CDATA); if not, `why` (200 bytes) says so. */
bool markup_is_well_formed(const char *text, const char *end, char *why);

#endif
