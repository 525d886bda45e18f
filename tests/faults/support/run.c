#include "tests/faults/support/run.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

const char *const cast_names[CAST_COUNT] = {"polling", "watch", "watch+watch", "polling+watch"};

struct run *now_running;
jmp_buf failed;
int verbose;

void fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fprintf(stderr, "seed %" PRIu64 " (%s), t=%.6f s: ", now_running->seed, cast_names[now_running->cast],
            (double)now_running->world.now_us / 1e6);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n  replay: build/tests/faults/chaos --seed %" PRIu64 " -v\n", now_running->seed);
    va_end(args);
    longjmp(failed, 1);
}

void say(const char *format, ...)
{
    va_list args;

    if (!verbose)
        return;
    va_start(args, format);
    printf("%10.6f ", (double)now_running->world.now_us / 1e6);
    vprintf(format, args);
    printf("\n");
    va_end(args);
}

int request(struct run *run, const char *method, const char *type, struct buffer *answer, const char *body, const char *target, ...)
{
    char path[256];
    va_list args;

    va_start(args, target);
    vsnprintf(path, sizeof path, target, args);
    va_end(args);
    return world_request(&run->world, method, path, type, body, answer);
}
