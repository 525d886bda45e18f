/*
 * access_review.c: see access_review.h.
 */
#include "simulator/access_review.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/exchange.h"

static const char path[] = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

int access_review_handle(const char *method, const char *target, const char *body, struct sim_response *response, struct error *err)
{
    size_t bytes = strcspn(target, "?");
    json_t *review, *spec;
    char *text;
    int ret;

    if (bytes != sizeof path - 1 || strncmp(target, path, bytes) != 0 || strcmp(method, "POST") != 0)
        return 0;
    review = json_loads(body ? body : "", 0, NULL);
    spec = json_object_get(review, "spec");
    if (!json_is_object(spec)) {
        json_decref(review);
        return exchange_failure(response, 400, "BadRequest", "spec: Required value", err) < 0 ? -1 : 1;
    }
    text = json_dumps(spec, JSON_COMPACT);
    json_decref(review);
    response->status = 201;
    response->content_type = "application/json";
    response->fault.cut_at_byte = -1;
    buffer_init(&response->body, LIMIT_OBJECT_BYTES);
    ret = text ? buffer_printf(&response->body, err,
                               "{\"kind\":\"SelfSubjectAccessReview\",\"apiVersion\":\"authorization.k8s.io/v1\","
                               "\"metadata\":{},\"spec\":%s,\"status\":{\"allowed\":true}}\n",
                               text)
               : error_no_memory(err);
    free(text);
    return ret < 0 ? -1 : 1;
}
