/*
 * report_queue.h: reports that wait, as small as they can be: after a burst there is one for every pod. Shared by the files of the reporter only.
 */
#ifndef COMMON_KUBE_REPORT_QUEUE_H
#define COMMON_KUBE_REPORT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/kube/report_body.h"

#define REPORT_EVENT_NAME_BYTES 254 /* what a name of an object may have, and the NUL */

struct report_item {
    struct report_item *previous, *next;
    struct report_item *next_in_bucket; /* REPORT_STATUS */
    int64_t wall_us;
    unsigned long count;
    unsigned serial;    /* makes the event's name unique */
    unsigned char kind; /* enum report_kind */
    unsigned char attempts;
    bool obsolete;             /* on the wire when its pod was forgotten: not sent a second time */
    bool condition, nominates; /* REPORT_STATUS: what it holds */
    /*
     * one behind the other: uid, namespace, name, text (of a series: the event's name); then, of what has them, the condition's reason, the
     * nominated node, the cause's namespace, name and uid
     */
    char strings[];
};

#define REPORT_LIST_BUCKETS 1024

/* All zero is empty. */
struct report_list {
    struct report_item *first, *last;
    size_t count;
    struct report_item *statuses[REPORT_LIST_BUCKETS]; /* REPORT_STATUS by the pod's UID */
};

/* A copy of a report, in no list; free() ends it. NULL without memory. `report->event_name` is kept for REPORT_SERIES only: else it follows from name, time and serial. */
struct report_item *report_item_new(const struct report *report, unsigned serial);
/* The report again; its strings point into the item and into `event_name`, which has room for REPORT_EVENT_NAME_BYTES. */
void report_item_read(const struct report_item *item, char *event_name, struct report *report);

/* "<pod>.<16 hex digits>", as client-go names events; unique while this process lives and the clock goes on. `out` as above. */
void report_event_name(const char *pod, int64_t wall_us, unsigned serial, char *out);

/* The UID of the pod. */
const char *report_item_uid(const struct report_item *item);
/*
 * What is left to write when `newer` follows `older`, two reports REPORT_STATUS of one pod: of condition and node the newer one each. Strings are
 * those of the two.
 */
struct report report_merged(const struct report *older, const struct report *newer);

void report_list_add_last(struct report_list *list, struct report_item *item);
void report_list_add_first(struct report_list *list, struct report_item *item);
/* `item` must be in `list`. */
void report_list_remove(struct report_list *list, struct report_item *item);
/* `item` comes into the place of `old`, which is in no list then. */
void report_list_replace(struct report_list *list, struct report_item *old, struct report_item *item);
/* The REPORT_STATUS of the pod of that UID, or NULL. Of one pod, no more than one may be in a list. */
struct report_item *report_list_status(const struct report_list *list, const char *uid);

#endif
