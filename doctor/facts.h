/*
 * facts.h: what was seen, as JSON, and how the judges read it. One object with "laptop" and "cluster" (absent: not looked at); who looks is look_*.c,
 * who judges is judge_*.c, and between them is nothing but this object: a test writes it down.
 *
 * A list of the cluster's is {"status": 200, "items": […]}, or the status and "message" of a refusal; status 0: no answer, "message" says why.
 * A program's run is {"found": bool, "problem": "…" or absent, "output": "…"}.
 */
#ifndef DOCTOR_FACTS_H
#define DOCTOR_FACTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* The member of nested objects, "spec.nodeName" for one; NULL when there is none. Borrowed; `object` may be NULL. */
const json_t *fact(const json_t *object, const char *path);
/* As fact(), of a kind: "" , `absent`, false where there is none of it. */
const char *fact_text(const json_t *object, const char *path);
int64_t fact_number(const json_t *object, const char *path, int64_t absent);
bool fact_true(const json_t *object, const char *path);
/* Microseconds since 1970 of an RFC 3339 time; 0 when there is none. */
int64_t fact_time(const json_t *object, const char *path);

/* A new string of at most FACT_BYTES bytes, without white space at its end; what is no UTF-8 is '?', which JSON does not take. NULL: no memory. */
json_t *fact_new(const char *text, size_t bytes);
#define FACT_BYTES 4096

/* A list that came. */
bool fact_listed(const json_t *list);

#endif
