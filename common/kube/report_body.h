/*
 * report_body.h: the requests of report.c as text.
 */
#ifndef COMMON_KUBE_REPORT_BODY_H
#define COMMON_KUBE_REPORT_BODY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buffer.h"

enum report_kind { REPORT_SCHEDULED, REPORT_FAILED, REPORT_PREEMPTED, REPORT_SERIES, REPORT_STATUS };

struct report {
    enum report_kind kind;
    const char *namespace_, *name, *uid; /* of the pod */
    /* the node for REPORT_SCHEDULED and, when there is a cause, REPORT_PREEMPTED; else the message */
    const char *text;
    const char *reason;                                   /* of the condition; NULL: REPORT_STATUS has none */
    const char *node;                                     /* REPORT_STATUS: nominatedNodeName, "" clears it; NULL: it stays */
    const char *cause_namespace, *cause_name, *cause_uid; /* REPORT_PREEMPTED: the preemptor; "" as UID: none */
    const char *event_name;                               /* of the event that is written or counted up */
    int64_t wall_us;                                      /* when it happened */
    unsigned long count;                                  /* REPORT_SERIES */
};

/* The method and content type of a report; static strings. */
const char *report_method(enum report_kind kind);
const char *report_content_type(enum report_kind kind);

/*
 * Append path, or body, of a request; the note of an event is cut to LIMIT_EVENT_NOTE_BYTES. On failure (ERROR_NO_MEMORY, out's ceiling) out may hold a
 * part. Sources: the event of kube-scheduler's events recorder (events.k8s.io/v1), podutil.UpdatePodCondition().
 */
int report_target(const struct report *report, struct buffer *out, struct error *err);
int report_body(const struct report *report, const char *scheduler_name, const char *instance, struct buffer *out, struct error *err);

/* The length of `text`, cut to at most `max` bytes without splitting a UTF-8 character. */
size_t report_cut(const char *text, size_t max);

#endif
