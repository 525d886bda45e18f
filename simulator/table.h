/*
 * table.h: meta.k8s.io/v1 Table, what `kubectl get` asks for: columns and cells as kube-apiserver prints them
 * (pkg/printers/internalversion/printers.go).
 */
#ifndef SIMULATOR_TABLE_H
#define SIMULATOR_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"

/* Whether an Accept header asks for a Table in JSON before it accepts anything else that we have. NULL: no. */
bool table_wanted(const char *accept);

/*
 * Appends one Table. `resource`: the plural with its group when it has one ("pods", "events", "events.events.k8s.io",
 * "leases.coordination.k8s.io"); kinds without columns of their own get Name and Created At. `objects`: `count` serialized JSON
 * objects, borrowed; an object that is no JSON is ERROR_RUNTIME. `list_metadata_json`: the Table's metadata as a JSON object
 * ({"resourceVersion":"7","continue":…}); NULL: {"resourceVersion":"…"} of the last object, or {}. `with_columns`: false leaves columnDefinitions
 * null (the second and later frames of a watch). `include_object`: the query parameter includeObject: "None", "Object", else (NULL, "",
 * "Metadata") PartialObjectMetadata. `now_wall_us`: for ages. A watch frame is {"type":…,"object":<this with count 1>}.
 */
int table_render(const char *resource, const char *const *objects, size_t count, const char *list_metadata_json, bool with_columns,
                 const char *include_object, int64_t now_wall_us, struct buffer *out, struct error *err);

/* An age as kubectl writes it (k8s.io/apimachinery/pkg/util/duration.HumanDuration): "5s", "2m30s", "3h10m", "2d4h". `out`: at least 24 bytes. */
void table_human_duration(int64_t duration_us, char *out);

#endif
