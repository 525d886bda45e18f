/*
 * report.h: what a scheduler writes back about a pod besides the binding: kube-scheduler's events (events.k8s.io/v1, in its words) and
 * the PodScheduled condition. Best effort, always after the binds: a report is only sent while no bind waits for a slot.
 */
#ifndef COMMON_KUBE_REPORT_H
#define COMMON_KUBE_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/kube/client.h"

struct reporter;

struct reporter_options {
    struct kube_client *client; /* borrowed */
    const char *scheduler_name; /* reportingController; copied */
    const char *instance;       /* reportingInstance, "<name>-<hostname>"; copied */
    struct metrics *metrics;    /* borrowed; NULL: drops are not counted */
    /* Whether a report may be sent now: nothing more important waits. */
    bool (*may_send)(void *ctx);
    /* The server says that we may not: `what` is "create events", "patch events" or "patch pods/status"; each once. May be NULL. */
    void (*on_forbidden)(void *ctx, const char *what, const char *message);
    void *ctx;
};

/* NULL on ERROR_NO_MEMORY. */
struct reporter *reporter_new(const struct reporter_options *options, struct error *err);
/* Cancels what is under way and drops what waits. NULL is allowed. */
void reporter_free(struct reporter *reporter);

/*
 * Event Scheduled: "Successfully assigned NS/NAME to NODE". Strings are copied. Sent by reporter_pump(), in order; beyond LIMIT_EVENT_QUEUE the
 * oldest is dropped. What is dropped (that, no memory, no right, failed REPORT_MAX_ATTEMPTS times) is counted as scheduler_event_recorder_dropped_total.
 */
void report_scheduled(struct reporter *reporter, const char *namespace_, const char *name, const char *uid, const char *node);

/*
 * Event FailedScheduling with `message` (cut to 1024 bytes), and the condition PodScheduled=False with `reason` ("Unschedulable" or
 * "SchedulerError") and the whole message. The same message for the same pod again is not written again, but counted in the event's series
 * every 5 minutes at the most. Returns whether the message was new.
 */
bool report_failed(struct reporter *reporter, const char *namespace_, const char *name, const char *uid, const char *reason,
                   const char *message);

/*
 * Event Preempted (Normal, action Preempting) on the victim NS/NAME, related to the preemptor: "Preempted by pod CAUSE_UID on node NODE", as
 * kube-scheduler says it. With "" as cause_uid nothing is related, and `note` is what is said. Queued, sent and dropped as report_scheduled().
 */
void report_preempted(struct reporter *reporter, const char *namespace_, const char *name, const char *uid, const char *cause_namespace,
                      const char *cause_name, const char *cause_uid, const char *node, const char *note);

/*
 * status.nominatedNodeName of a pending pod; node "" clears it. What waits of an earlier node of that pod is not sent any more. Goes into the same
 * request as the pod's condition when that waits too.
 */
void report_nominated(struct reporter *reporter, const char *namespace_, const char *name, const char *uid, const char *node);

/*
 * The pod is being bound, or gone: what is remembered of it is dropped, and a condition or a nominated node that waits or would be sent again, as
 * after the binding it would be wrong. Events stay: they tell what has been.
 */
void report_forget(struct reporter *reporter, const char *uid);

/* Sends what may be sent, at most REPORT_MAX_INFLIGHT at a time; nothing during the pause that a server asked for. Called once per turn of the loop. */
void reporter_pump(struct reporter *reporter);
/* Reports that wait or are on the wire; those on the wire. */
size_t reporter_pending(const struct reporter *reporter);
size_t reporter_inflight(const struct reporter *reporter);

#define REPORT_MAX_INFLIGHT 16
#define REPORT_TIMEOUT_MS 10000
#define REPORT_MAX_ATTEMPTS 3
#define REPORT_SERIES_US 300000000

#endif
