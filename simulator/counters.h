/*
 * counters.h: counts requests as kube-apiserver does and prints them under its metric names
 * (k8s.io/apiserver/pkg/endpoints/metrics).
 */
#ifndef SIMULATOR_COUNTERS_H
#define SIMULATOR_COUNTERS_H

#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"

struct counters;

/* NULL on ERROR_NO_MEMORY. Free with counters_free(). */
struct counters *counters_new(struct error *err);
void counters_free(struct counters *counters); /* NULL allowed */

/*
 * One request has ended: apiserver_request_total and apiserver_request_duration_seconds. All strings are copied; NULL is "".
 * `verb`: as RBAC writes it (get list watch create update patch delete deletecollection), printed as the real server prints it (GET
 * LIST WATCH POST PUT PATCH DELETE DELETECOLLECTION); any other is printed in capitals. `group` "" is core. `scope`: "resource" (a name
 * is in the path, or it is a create), "namespace", "cluster", or "" for what is no resource (then `subresource` is the path).
 * `code`: the HTTP status. A watch is counted when it ends, with code 200, as in kube-apiserver; its duration is how long it was
 * open. Labels that were never seen cost memory; when that is not to be had, the count is dropped silently.
 */
void counters_request(struct counters *counters, const char *verb, const char *group, const char *version, const char *resource,
                      const char *subresource, const char *scope, int code, int64_t duration_us);

/* apiserver_longrunning_requests: a watch has begun (delta 1) or ended (delta -1). Same strings as counters_request. */
void counters_longrunning(struct counters *counters, const char *verb, const char *group, const char *version, const char *resource,
                          const char *subresource, const char *scope, int delta);

/* Appends the page in Prometheus text format 0.0.4, series sorted. */
int counters_render(const struct counters *counters, struct buffer *out, struct error *err);

#endif
