/*
 * clock.h: the first of the two seams. Nothing in common/ asks the system for the time but through one of these, so that a
 * test can run the same code on virtual time.
 */
#ifndef COMMON_CLOCK_H
#define COMMON_CLOCK_H

#include <stdint.h>

struct clock {
    void *impl;
    /* microseconds from an arbitrary start, never backwards */
    int64_t (*monotonic_us)(const struct clock *clock);
    /* microseconds since 1970-01-01 UTC; may step */
    int64_t (*wall_us)(const struct clock *clock);
};

/* The system's clock. Static: never freed. */
const struct clock *clock_system(void);

/* Writes a wall time as RFC 3339 in UTC. `digits` of the fraction: 0 (metav1.Time) or 6 (metav1.MicroTime). `out`: at least 32 bytes. */
void clock_format_rfc3339(int64_t wall_us, int digits, char *out);

/* Reads RFC 3339 ("2026-11-22T08:00:00Z", a fraction and an offset allowed) into microseconds since 1970. Returns 0, or -1 when it is none. */
int clock_parse_rfc3339(const char *text, int64_t *wall_us);

#endif
