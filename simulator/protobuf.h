/*
 * protobuf.h: reads the few objects that kubectl and Go's typed clients write as protobuf (application/vnd.kubernetes.protobuf), so that
 * the rest of the simulator knows JSON only. Answers are always JSON, which those clients accept.
 */
#ifndef SIMULATOR_PROTOBUF_H
#define SIMULATOR_PROTOBUF_H

#include <stddef.h>

#include "common/buffer.h"
#include "common/error.h"

/*
 * Appends the object as JSON. Namespace, ConfigMap, ServiceAccount, Binding, Lease, SelfSubjectAccessReview and DeleteOptions are known. Returns 1; 0 when it is
 * no such object, is broken, or holds a field that is not known (nothing is dropped silently); -1 on an error.
 */
int protobuf_to_json(const char *data, size_t bytes, struct buffer *out, struct error *err);

#endif
