/*
 * discovery.h: what a client asks before it asks for objects: which groups, versions and resources there are, their OpenAPI documents,
 * the server's version and its health.
 */
#ifndef SIMULATOR_DISCOVERY_H
#define SIMULATOR_DISCOVERY_H

#include "common/buffer.h"
#include "common/error.h"

/*
 * Answers a GET of /api, /apis, /api/v1, /apis/GROUP, /apis/GROUP/VERSION, /version, /openapi/v2, /openapi/v3 and below, /livez, /readyz, /healthz.
 * `path`: without the query. `accept` may be NULL. Returns 1 when it is one of its paths (the body was appended to out, *content_type
 * is a static string, *status is the HTTP status), 0 when it is not (nothing touched), -1 on an error.
 */
int discovery_handle(const char *path, const char *accept, struct buffer *out, const char **content_type, int *status, struct error *err);

#endif
