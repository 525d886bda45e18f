/* inside.c: see inside.h. */
#include "simulator/inside.h"

#include <stdio.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/create.h"

static void read_message(const struct buffer *body, char problem[INSIDE_PROBLEM_BYTES])
{
    json_t *status = json_loadb(body->data ? body->data : "", body->bytes, 0, NULL);
    const char *message = json_string_value(json_object_get(status, "message"));

    snprintf(problem, INSIDE_PROBLEM_BYTES, "%s", message ? message : "");
    json_decref(status);
}

int inside_create(struct sim *sim, const struct resource *resource, const char *namespace_, json_t *doc, struct object **made,
                  char problem[INSIDE_PROBLEM_BYTES], struct error *err)
{
    struct sim_request request = {.method = "POST"};
    struct sim_response response = {.status = 0};
    struct call call = {.sim = sim, .request = &request, .response = &response, .verb = "create"};
    char key[600];
    int ret;

    call.target.resource = resource;
    call.target.namespace_ = namespace_;
    call.target.name = call.target.subresource = call.target.path = "";
    buffer_init(&response.body, LIMIT_OBJECT_BYTES);
    ret = create_from(&call, doc, err);
    if (ret >= 0 && response.status != 201) {
        read_message(&response.body, problem);
        ret = response.status;
    } else if (ret >= 0) {
        snprintf(key, sizeof key, "%s%s%s", namespace_, *namespace_ ? "/" : "",
                 json_string_value(json_object_get(json_object_get(doc, "metadata"), "name")));
        if (made)
            *made = object_ref(store_get(&sim->store, resource->slot, key));
        ret = 0;
    }
    buffer_free(&response.body);
    return ret;
}

int inside_event(struct sim *sim, const struct object *about, const char *component, const char *type, const char *reason,
                 const char *message, struct error *err)
{
    const char *namespace_ = *about->namespace_ ? about->namespace_ : "default";
    char name[400], now[32], uid[37], version[64];
    struct buffer text;
    int ret = -1;

    buffer_init(&text, LIMIT_OBJECT_BYTES);
    snprintf(name, sizeof name, "%s.%016llx", about->name, (unsigned long long)sim_wall_us(sim) * 1000 + (sim_random(sim) & 1023));
    sim_now_text(sim, now);
    sim_uuid(sim, uid);
    if (buffer_printf(&text, err,
                      "%s\"metadata\":{\"name\":\"%s\",\"namespace\":\"%s\",\"uid\":\"%s\",\"resourceVersion\":\"%lld\","
                      "\"creationTimestamp\":\"%s\"},\"involvedObject\":{\"kind\":\"%s\",\"namespace\":\"%s\",\"name\":\"%s\",\"uid\":"
                      "\"%s\",\"apiVersion\":\"%s\",\"resourceVersion\":\"%lld\"},\"reason\":\"%s\",\"message\":",
                      resource_of_slot(SLOT_EVENTS)->prefix, name, namespace_, uid, (long long)sim->store.rv + 1, now,
                      about->resource->kind, about->namespace_, about->name, about->uid, resource_api_version(about->resource, version),
                      (long long)about->rv, reason) < 0 ||
        buffer_add_json_string(&text, message, err) < 0 ||
        buffer_printf(&text, err,
                      ",\"source\":{\"component\":\"%s\"},\"firstTimestamp\":\"%s\",\"lastTimestamp\":\"%s\",\"count\":1,\"type\":\"%s\","
                      "\"eventTime\":null,\"reportingComponent\":\"%s\",\"reportingInstance\":\"\"}",
                      component, now, now, type, component) < 0)
        goto cleanup;
    ret = write_text(sim, resource_of_slot(SLOT_EVENTS), text_span(text.data, text.bytes), err);
cleanup:
    buffer_free(&text);
    return ret;
}
