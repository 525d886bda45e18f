/*
 * record.h: the requests of a scene, as they went through the proxy. Not locked: the proxy sees to that.
 */
#ifndef GRADE_RECORD_H
#define GRADE_RECORD_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "common/error.h"
#include "grade/route.h"

struct record {
    int64_t t_us;    /* when it was here whole, since the scene began */
    int64_t took_us; /* until its answer began to go out, of a watch until its end; -1: not yet */
    int code;        /* of the answer; 0: none yet, or the client did not wait for it */
    bool watch;
    struct route route;
    char *query, *user_agent; /* NULL: none */
    char *body;               /* of a write, cut at LIMIT_GRADE_BODY_BYTES; NULL: none */
    char *node;               /* of a bind, or of a patch that is one: where to; NULL: none */
    const char *fault;        /* what the proxy played, static; NULL: nothing */
};

struct records {
    struct record *items;
    size_t count, capacity;
    bool truncated; /* there were more than LIMIT_GRADE_REQUESTS */
};

/*
 * Adds a request and returns its index. What cannot be kept (the ceiling, memory) is left out, `truncated` is set, and SIZE_MAX returned: a record is no
 * reason to fail a request.
 */
size_t records_add(struct records *records, int64_t t_us, const struct route *route, const char *target, const char *user_agent,
                   const char *body, size_t body_bytes, const char *node);

/* Empties it. */
void records_clear(struct records *records);

/* The requests as evidence has them; a new reference, NULL when there is no memory. */
json_t *records_json(const struct records *records);

#endif
