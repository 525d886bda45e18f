#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/grade/wrong/wrong.h"

static json_t *walk(const json_t *object, va_list path)
{
    const char *key;
    json_t *at = (json_t *)object;

    while (at && (key = va_arg(path, const char *)))
        at = json_object_get(at, key);
    return at;
}

json_t *json_at(const json_t *object, ...)
{
    va_list path;
    json_t *found;

    va_start(path, object);
    found = walk(object, path);
    va_end(path);
    return found;
}

const char *text_at(const json_t *object, ...)
{
    va_list path;
    const char *found;

    va_start(path, object);
    found = json_string_value(walk(object, path));
    va_end(path);
    return found ? found : "";
}

const char *object_key(const json_t *object, char *out)
{
    const char *namespace_ = text_at(object, "metadata", "namespace", NULL), *name = text_at(object, "metadata", "name", NULL);

    snprintf(out, 512, "%s%s%s", namespace_, *namespace_ ? "/" : "", name);
    return out;
}

bool pod_is_ours(const struct scheduler *s, const json_t *pod)
{
    if (strcmp(text_at(pod, "status", "phase", NULL), "Pending") != 0 || (defect != REBINDS && *text_at(pod, "spec", "nodeName", NULL)))
        return false;
    if (defect != FOREIGN_PODS && strcmp(text_at(pod, "spec", "schedulerName", NULL), s->name) != 0)
        return false;
    if (defect != DELETING_PODS && json_at(pod, "metadata", "deletionTimestamp", NULL))
        return false;
    if (defect == ONE_NAMESPACE && strcmp(text_at(pod, "metadata", "namespace", NULL), "default") != 0)
        return false;
    return defect == GATED_PODS || json_array_size(json_at(pod, "spec", "schedulingGates", NULL)) == 0;
}

bool pod_counts(const struct scheduler *s, const json_t *pod)
{
    const char *phase = text_at(pod, "status", "phase", NULL);

    if (defect == COUNTS_OWN && strcmp(text_at(pod, "spec", "schedulerName", NULL), s->name) != 0)
        return false;
    return defect == COUNTS_FINISHED || (strcmp(phase, "Succeeded") != 0 && strcmp(phase, "Failed") != 0);
}
