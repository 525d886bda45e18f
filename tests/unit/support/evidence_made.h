/*
 * evidence_made.h: evidence made by hand: what a grading of two right schedulers would have seen, to be spoiled by a test. JSON is written with ' for ".
 */
#ifndef TESTS_UNIT_SUPPORT_EVIDENCE_MADE_H
#define TESTS_UNIT_SUPPORT_EVIDENCE_MADE_H

#include <jansson.h>
#include <stdint.h>

#include "grade/evidence.h"

/* Times in it are milliseconds; evidence has microseconds. */
#define MADE_NAMESPACE "grading"

/* JSON of a format with ' for "; a new reference. */
json_t *made_json(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* An empty piece: its setup has the scheduler "mine", its process was started at 100 and stopped at 20000. New reference. */
json_t *made_piece(const char *scene, int checkpoint, const char *program);

void made_node(json_t *piece, const char *name, const char *more); /* more: members of the node, ",'taints':[…]", or "" */
/* A pod; it was created at t_ms, on `node` ("": on none). `more`: members of its first state. */
void made_pod(json_t *piece, const char *name, const char *scheduler, int64_t t_ms, const char *node, const char *more);
/* A later state of it. */
void made_state(json_t *piece, const char *name, int64_t t_ms, const char *type, const char *node, const char *more);
/* A request that took 1 ms. `more`: more members. Borrowed. */
json_t *made_request(json_t *piece, int64_t t_ms, const char *verb, const char *resource, int code, const char *more);
/* A Binding that was carried out: the request, the state, and the line. */
void made_bind(json_t *piece, const char *pod, int64_t t_ms, const char *node);
void made_line(json_t *piece, int64_t t_ms, int fd, const char *line);
void made_setup(json_t *piece, const char *key, json_t *value); /* stolen */

/* The pieces of every scene, played by a right polling scheduler and a right watch scheduler; what scene it is, is in name and program. New reference. */
json_t *made_good(void);
/* A bundle of such pieces, which may have been spoiled since; options are stolen. To be freed with bundle_free(). */
struct evidence_bundle *made_bundle(json_t *pieces, json_t *options);
/* One of them, borrowed. */
json_t *made_find(json_t *pieces, const char *scene, const char *program);

#endif
