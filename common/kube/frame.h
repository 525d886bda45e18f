/*
 * frame.h: what a watch frame says. Splits the frames of kubernetes-style watches: {"type":…,"object":{…}}.
 */
#ifndef COMMON_KUBE_FRAME_H
#define COMMON_KUBE_FRAME_H

#include <jansson.h>
#include <stdbool.h>

#include "common/error.h"
#include "common/kube/json_scan.h"

enum frame_type { FRAME_ADDED, FRAME_MODIFIED, FRAME_DELETED, FRAME_BOOKMARK, FRAME_ERROR, FRAME_UNKNOWN };

struct frame {
    enum frame_type type;
    const char *type_text;
    const json_t *object;
    const char *resource_version; /* metadata.resourceVersion, "" when absent */
    bool initial_events_end;      /* the bookmark that ends the initial state of a WatchList */
    /* of an ERROR's Status */
    int code;                     /* 0 when absent or no HTTP status */
    int64_t retry_after_ms;       /* details.retryAfterSeconds, at most KUBE_RETRY_AFTER_MAX_MS; -1: none */
    const char *reason, *message; /* "" when absent */
    bool too_large_rv;
};

/* Fills *frame from parsed JSON (which may be NULL); its pointers live as long as `json`. -1 when it is no frame (no type, no object): ERROR_RUNTIME. */
int frame_read(const json_t *json, struct frame *frame, struct error *err);

/*
 * The schema of frames whose objects have `object_schema` (NULL: objects whole), with what frame_read needs added: metadata.resourceVersion, the
 * annotation that ends the initial state, and the fields of a Status. One allocation, the caller free()s it;
 * `object_schema` is borrowed by it. NULL on ERROR_NO_MEMORY.
 */
struct json_field *frame_schema_new(const struct json_field *object_schema, struct error *err);

#endif
