/*
 * progress.h: what is going on, while it goes on, on stderr: stdout holds the result alone. On a terminal the last line is written over; else
 * only what has ended gets a line.
 */
#ifndef COMPARE_PROGRESS_H
#define COMPARE_PROGRESS_H

#include <stddef.h>

#include "compare/contest.h"

/* A line that stays. `ctx` is not used. */
void progress_line(void *ctx, const char *line);

/* Where the schedulers are now. */
void progress_stages(void *ctx, const struct stage *stages, size_t count);

#endif
