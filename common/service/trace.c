#include "common/service/trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct trace {
    FILE *file;
    const struct clock *clock;
};

struct trace *trace_open(const char *path, const struct clock *clock, struct error *err)
{
    struct trace *trace = calloc(1, sizeof *trace);

    if (!trace) {
        error_no_memory(err);
        return NULL;
    }
    trace->clock = clock;
    trace->file = fopen(path, "w");
    if (trace->file)
        return trace;
    error_set(err, ERROR_USAGE, "--trace-file: %s: %s", path, strerror(errno));
    free(trace);
    return NULL;
}

void trace_close(struct trace *trace)
{
    if (!trace)
        return;
    fclose(trace->file);
    free(trace);
}

void trace_pod(struct trace *trace, const char *what, const char *namespace_, const char *name, const char *uid)
{
    if (trace)
        fprintf(trace->file, "%s %lld %s/%s %s\n", what, (long long)trace->clock->monotonic_us(trace->clock), namespace_, name, uid);
}
