/*
 * openapi.h: the least of OpenAPI that kubectl 1.34 needs. `apply` and `create` look in the v3 document of a group for the query
 * parameter fieldValidation of a PATCH (cli-runtime/pkg/resource/query_param_verifier_v3.go) and leave validation to the server then.
 * No schemas: kubectl computes patches of kinds it knows from its own types (kubectl/pkg/cmd/apply/patcher.go).
 */
#ifndef SIMULATOR_OPENAPI_H
#define SIMULATOR_OPENAPI_H

#include <stdbool.h>

#include "common/buffer.h"
#include "common/error.h"

/* Appends the list of documents (/openapi/v3). */
int openapi_v3_index(struct buffer *out, struct error *err);

/* Appends the v3 document of a group ("" is core) and version. Returns 1, 0 when there is no such group, -1 on an error. */
int openapi_v3_document(const char *group, const char *version, struct buffer *out, struct error *err);

/* Appends the v2 document, which defines nothing: as protobuf (gnostic's openapi.v2.Document) or as JSON. */
int openapi_v2_document(bool protobuf, struct buffer *out, struct error *err);

#endif
