#include "simulator/render.h"

#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/event_view.h"
#include "simulator/status.h"
#include "simulator/table.h"

enum form render_form(const char *accept)
{
    if (!accept)
        return FORM_OBJECT;
    if (table_wanted(accept))
        return FORM_TABLE;
    accept += strspn(accept, " ");
    return strncmp(accept, "application/json", 16) == 0 && strstr(accept, "as=PartialObjectMetadata") &&
                   (!strchr(accept, ',') || strstr(accept, "as=PartialObjectMetadata") < strchr(accept, ','))
               ? FORM_PARTIAL
               : FORM_OBJECT;
}

static bool foreign(const struct resource *resource)
{
    return resource_of_slot(resource->slot) != resource;
}

bool render_is_plain(const struct resource *resource, enum form form)
{
    return form == FORM_OBJECT && !foreign(resource);
}

/* the text of the object as the other API has it, malloc'd */
static char *convert_text(const struct resource *resource, const struct object *object, struct error *err)
{
    json_t *stored = object_parse(object, err), *shown = stored ? event_view_out(resource, stored, err) : NULL;
    char *text = shown ? json_dumps(shown, JSON_COMPACT) : NULL;

    if (shown && !text)
        error_no_memory(err);
    json_decref(stored);
    json_decref(shown);
    return text;
}

static int render_partial(const struct object *object, struct buffer *out, struct error *err)
{
    if (buffer_add_string(out, "{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":", err) < 0 ||
        buffer_add(out, object->metadata.at, object->metadata.bytes, err) < 0)
        return -1;
    return buffer_add(out, "}", 1, err);
}

static const char *table_name(const struct resource *resource, char out[64])
{
    return resource_qualified(resource, out);
}

int render_object(const struct sim *sim, const struct resource *resource, enum form form, const char *include_object, bool with_columns,
                  const struct object *object, struct buffer *out, struct error *err)
{
    char *converted = NULL, name[64];
    const char *text = object->text;
    int ret = -1;

    if (form == FORM_PARTIAL)
        return render_partial(object, out, err);
    if (foreign(resource)) {
        converted = convert_text(resource, object, err);
        if (!converted)
            return -1;
        text = converted;
    }
    if (form == FORM_TABLE)
        ret = table_render(table_name(resource, name), &text, 1, NULL, with_columns, include_object, sim_wall_us(sim), out, err);
    else
        ret = buffer_add_string(out, text, err);
    free(converted);
    return ret;
}

int render_answer(struct call *call, int code, const struct object *object, struct error *err)
{
    struct sim_response *response = call->response;
    const char *include = target_parameter(&call->target, "includeObject");

    response->status = code;
    response->content_type = "application/json";
    buffer_clear(&response->body);
    if (render_object(call->sim, call->target.resource, render_form(call->request->accept), include, true, object, &response->body, err) <
        0)
        return -1;
    return buffer_add(&response->body, "\n", 1, err);
}
