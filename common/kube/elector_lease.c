/* elector_lease.c: reading and writing a Lease. */
#include "common/kube/elector_lease.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/kube/json_parse.h"

static const json_t *spec_of(const json_t *lease)
{
    return json_object_get(lease, "spec");
}

json_t *lease_parse(const struct buffer *body, struct error *err)
{
    json_t *lease = body->data ? kube_json_parse(body->data, body->bytes, err) : NULL;

    if (lease && json_is_object(lease) && json_is_object(json_object_get(lease, "metadata")))
        return lease;
    json_decref(lease);
    return NULL;
}

const char *lease_holder(const json_t *lease)
{
    return kube_json_text(spec_of(lease), "holderIdentity");
}

int64_t lease_duration_s(const json_t *lease)
{
    return json_integer_value(json_object_get(spec_of(lease), "leaseDurationSeconds"));
}

bool lease_same(const json_t *a, const json_t *b)
{
    return json_equal(spec_of(a), spec_of(b));
}

/* "spec" of the new object: what stands in the old one stays, but for what we say */
static json_t *new_spec(const json_t *was, const struct lease_words *words)
{
    json_t *spec = spec_of(was) ? json_deep_copy(spec_of(was)) : json_object();
    bool same_holder = was && !strcmp(lease_holder(was), words->identity);
    json_int_t transitions = json_integer_value(json_object_get(spec_of(was), "leaseTransitions"));
    char time[32];
    int bad;

    clock_format_rfc3339(words->wall_us, 6, time);
    bad = json_object_set_new(spec, "holderIdentity", json_string(words->identity));
    bad |= json_object_set_new(spec, "leaseDurationSeconds", json_integer(words->duration_s));
    bad |= json_object_set_new(spec, "renewTime", json_string(time));
    if (!same_holder || !json_object_get(spec, "acquireTime"))
        bad |= json_object_set_new(spec, "acquireTime", json_string(time));
    bad |= json_object_set_new(spec, "leaseTransitions", json_integer(transitions + (was && !same_holder && *words->identity)));
    if (!bad)
        return spec;
    json_decref(spec);
    return NULL;
}

static json_t *new_lease(const json_t *was, const struct lease_words *words)
{
    json_t *lease = was ? json_copy((json_t *)(uintptr_t)was)
                        : json_pack("{s:s, s:s, s:{s:s, s:s}}", "apiVersion", "coordination.k8s.io/v1", "kind", "Lease", "metadata", "name",
                                    words->name, "namespace", words->namespace_);

    if (lease && json_object_set_new(lease, "spec", new_spec(was, words)) == 0)
        return lease;
    json_decref(lease);
    return NULL;
}

int lease_write(const json_t *was, const struct lease_words *words, struct buffer *out, struct error *err)
{
    json_t *lease = new_lease(was, words);
    char *text = lease ? json_dumps(lease, JSON_COMPACT) : NULL;
    int ret = text ? buffer_add_string(out, text, err) : error_no_memory(err);

    free(text);
    json_decref(lease);
    return ret;
}
