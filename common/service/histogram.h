/*
 * histogram.h: one Prometheus histogram with fixed bucket boundaries. Values are whole numbers (microseconds, bytes, attempts), so that
 * sums are exact and the page does not depend on floating point. Private to metrics.c.
 */
#ifndef COMMON_SERVICE_HISTOGRAM_H
#define COMMON_SERVICE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"

#define HISTOGRAM_MAX_BUCKETS 20

struct bucket {
    uint64_t most;     /* a value counts here when it is not above */
    const char *label; /* of `le`, as Go's strconv writes it in kube-scheduler's own page */
};

struct histogram {
    uint64_t count[HISTOGRAM_MAX_BUCKETS + 1]; /* not cumulative; the last for what is above every boundary */
    uint64_t sum;
};

/* The boundaries of a metric. `scale`: how many of the value's units make one of the page's (1000000 for microseconds to seconds, else 1). */
struct histogram_shape {
    const struct bucket *buckets;
    size_t bucket_count;
    uint64_t scale;
};

extern const struct histogram_shape scheduling_attempt_shape; /* 0.001 s ×2, 15 */
extern const struct histogram_shape pod_scheduling_shape;     /* 0.01 s ×2, 20 */
extern const struct histogram_shape attempts_shape;           /* 1 ×2, 5 */
extern const struct histogram_shape victims_shape;            /* 1 ×2, 7 */
extern const struct histogram_shape request_duration_shape;   /* 0.005 s to 60 s */
extern const struct histogram_shape size_shape;               /* 64 bytes to 16 MiB */

void histogram_observe(struct histogram *histogram, const struct histogram_shape *shape, uint64_t value);

/* How many values it holds. */
uint64_t histogram_total(const struct histogram *histogram, const struct histogram_shape *shape);

/* Appends its _bucket, _sum and _count lines. `labels`: the inside of the braces, escaped, "" for none. */
int histogram_render(const struct histogram *histogram, const struct histogram_shape *shape, const char *name, const char *labels,
                     struct buffer *out, struct error *err);

/* Appends value/scale in decimal without trailing zeros. */
int histogram_render_scaled(uint64_t value, uint64_t scale, struct buffer *out, struct error *err);

#endif
