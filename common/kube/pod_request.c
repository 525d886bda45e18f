#include "common/kube/pod_request.h"

#include <string.h>

#include "common/clock.h"

int pod_target(const char *namespace_, const char *name, const char *suffix, struct buffer *target, struct error *err)
{
    if (buffer_add_string(target, "/api/v1/namespaces/", err) < 0 || buffer_add_query_escaped(target, namespace_, err) < 0 ||
        buffer_add_string(target, "/pods/", err) < 0 || buffer_add_query_escaped(target, name, err) < 0)
        return -1;
    return buffer_add_string(target, suffix, err);
}

static int add_condition(const struct pod_status_patch *patch, struct buffer *out, struct error *err)
{
    char time[32];

    clock_format_rfc3339(patch->wall_us, 0, time);
    if (buffer_printf(out, err,
                      "\"conditions\":[{\"type\":\"%s\",\"status\":\"%s\",\"lastProbeTime\":null,\"lastTransitionTime\":\"%s\",\"reason\":",
                      patch->condition, patch->status, time) < 0 ||
        buffer_add_json_string(out, patch->reason, err) < 0 || buffer_add_string(out, ",\"message\":", err) < 0 ||
        buffer_add_json_string(out, patch->message, err) < 0)
        return -1;
    return buffer_add_string(out, "}]", err);
}

/* cleared as the field is left out: null takes a member away */
static int add_nominated_node(const char *node, struct buffer *out, struct error *err)
{
    if (buffer_add_string(out, "\"nominatedNodeName\":", err) < 0)
        return -1;
    return *node ? buffer_add_json_string(out, node, err) : buffer_add_string(out, "null", err);
}

int pod_status_patch(const struct pod_status_patch *patch, struct buffer *out, struct error *err)
{
    if (buffer_add_string(out, "{\"metadata\":{\"uid\":", err) < 0 || buffer_add_json_string(out, patch->uid, err) < 0 ||
        buffer_add_string(out, "},\"status\":{", err) < 0 || (patch->condition && add_condition(patch, out, err) < 0) ||
        (patch->condition && patch->nominated_node && buffer_add_string(out, ",", err) < 0) ||
        (patch->nominated_node && add_nominated_node(patch->nominated_node, out, err) < 0))
        return -1;
    return buffer_add_string(out, "}}", err);
}

bool pod_is_another(const struct kube_answer *answer)
{
    if (answer->class_ == KUBE_CONFLICT)
        return strstr(answer->message, "UID") != NULL;
    return answer->status == 422 && strstr(answer->message, "metadata.uid: ") != NULL;
}
