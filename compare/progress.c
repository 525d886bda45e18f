#include "compare/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "common/clock.h"

#define ANEW_US 100000

static bool line_is_open;

static double seconds(void)
{
    static int64_t began_us;
    int64_t now_us = clock_system()->monotonic_us(clock_system());

    if (!began_us)
        began_us = now_us;
    return (double)(now_us - began_us) / 1e6;
}

void progress_line(void *ctx, const char *line)
{
    (void)ctx;
    fprintf(stderr, "%s[%5.1f s] %s\n", line_is_open ? "\r\033[K" : "", seconds(), line);
    line_is_open = false;
}

void progress_stages(void *ctx, const struct stage *stages, size_t count)
{
    static int64_t last_us;
    int64_t now_us = clock_system()->monotonic_us(clock_system());
    size_t i;

    (void)ctx;
    if (now_us - last_us < ANEW_US || !isatty(STDERR_FILENO))
        return;
    last_us = now_us;
    fprintf(stderr, "\r\033[K[%5.1f s]", seconds());
    for (i = 0; i < count; i++)
        fprintf(stderr, " %s: %s, %zu of %zu bound, %zu wait;", stages[i].name, stages[i].doing, stages[i].bound, stages[i].pods,
                stages[i].added - stages[i].bound);
    line_is_open = true;
}
