/*
 * request_log.c: a ring of finished lines.
 */
#include "simulator/request_log.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/request_info.h"

struct request_log {
    size_t max;
    uint64_t count; /* requests ever seen; request n is in lines[(n - 1) % max] */
    char *lines[];
};

struct request_log *request_log_new(size_t max, struct error *err)
{
    struct request_log *log = calloc(1, sizeof *log + max * sizeof log->lines[0]);

    if (!log) {
        error_no_memory(err);
        return NULL;
    }
    log->max = max;
    return log;
}

void request_log_free(struct request_log *log)
{
    if (!log)
        return;
    for (size_t i = 0; i < log->max; i++)
        free(log->lines[i]);
    free(log);
}

static int add_field(struct buffer *out, const char *key, const char *value, struct error *err)
{
    if (buffer_printf(out, err, ",\"%s\":", key) < 0)
        return -1;
    return buffer_add_json_string(out, value ? value : "", err);
}

static int render_line(struct buffer *out, uint64_t number, const struct request_seen *seen, struct error *err)
{
    struct request_info info;
    char path[LIMIT_TARGET_BYTES];
    size_t bytes = strcspn(seen->target, "?");

    request_info_read(seen->method, seen->target, &info);
    if (bytes >= sizeof path)
        bytes = sizeof path - 1;
    memcpy(path, seen->target, bytes);
    path[bytes] = '\0';
    if (buffer_printf(out, err, "{\"n\":%" PRIu64 ",\"t_us\":%" PRId64, number, seen->since_start_us) < 0 ||
        add_field(out, "verb", info.verb, err) < 0 || add_field(out, "method", seen->method, err) < 0 ||
        add_field(out, "path", path, err) < 0 || add_field(out, "query", seen->target[bytes] ? seen->target + bytes + 1 : "", err) < 0 ||
        add_field(out, "group", info.group, err) < 0 || add_field(out, "namespace", info.namespace_, err) < 0 ||
        add_field(out, "resource", info.resource, err) < 0 || add_field(out, "subresource", info.subresource, err) < 0 ||
        add_field(out, "name", info.name, err) < 0 || buffer_printf(out, err, ",\"code\":%d", seen->code) < 0 ||
        add_field(out, "user_agent", seen->user_agent, err) < 0 || add_field(out, "user", seen->user, err) < 0 ||
        (seen->fault && add_field(out, "fault", seen->fault, err) < 0))
        return -1;
    return buffer_add_string(out, "}\n", err);
}

void request_log_add(struct request_log *log, const struct request_seen *seen)
{
    struct error err = ERROR_INIT;
    struct buffer line;
    char **slot = &log->lines[log->count++ % log->max];

    free(*slot);
    *slot = NULL;
    buffer_init(&line, 8 * LIMIT_TARGET_BYTES);
    if (render_line(&line, log->count, seen, &err) == 0)
        *slot = buffer_steal(&line);
    buffer_free(&line);
}

int request_log_render(const struct request_log *log, uint64_t after, struct buffer *out, struct error *err)
{
    uint64_t first = log->count > log->max ? log->count - log->max : 0;

    for (uint64_t n = after > first ? after : first; n < log->count; n++)
        if (log->lines[n % log->max] && buffer_add_string(out, log->lines[n % log->max], err) < 0)
            return -1;
    return 0;
}
