/*
 * report_internal.h: what the files of the reporter share; nobody else includes it. report_say.c decides what is said and queues it, report.c sends it.
 */
#ifndef COMMON_KUBE_REPORT_INTERNAL_H
#define COMMON_KUBE_REPORT_INTERNAL_H

#include "common/kube/report.h"
#include "common/kube/report_queue.h"
#include "common/kube/report_words.h"

/* a report on the wire */
struct sending {
    struct reporter *reporter;
    struct report_item *item;
    struct kube_call *call;
    struct buffer body;
    struct sending *next;
};

struct reporter {
    struct reporter_options options;
    char *scheduler_name, *instance;
    struct report_list waiting;
    struct sending *inflight;
    size_t inflight_count;
    struct report_words words;
    struct kube_timer timer; /* ends a pause */
    bool paused;
    unsigned serial;
    bool forbidden[3]; /* already said, by right */
};

int64_t report_now_us(const struct reporter *reporter);

/* Queues a copy of a report; the oldest gives way when the queue is full. What waits of the same pod's status becomes one with it. */
void report_enqueue(struct reporter *reporter, const struct report *report, unsigned serial);

#endif
