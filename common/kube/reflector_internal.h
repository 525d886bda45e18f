/*
 * reflector_internal.h: what the files of the reflector share; nobody else includes it. reflector.c is its life: lists, backoff, what comes next;
 * reflector_watch.c is one watch from its start to its end.
 */
#ifndef COMMON_KUBE_REFLECTOR_INTERNAL_H
#define COMMON_KUBE_REFLECTOR_INTERNAL_H

#include "common/kube/list.h"
#include "common/kube/reflector.h"

/* why a watch was ended by us: an ERROR frame, or bytes that are no watch */
struct watch_problem {
    enum kube_class class_; /* KUBE_OK: none */
    int64_t retry_after_ms;
    char message[384];
};

struct reflector {
    struct kube_client *client;
    struct reflector_options options;
    struct json_field *frame_schema;
    struct json_scan *scan; /* of the watch */
    struct kube_list *list;
    struct kube_call *watch;
    struct kube_timer timer;
    char *resource_version; /* of what the store has; "" when it must be listed afresh */
    bool synced;            /* a whole list came at least once */
    bool must_list;         /* the next step is a list, not a watch */
    bool watch_list;        /* the server takes WatchList, as far as we know */
    bool initial;           /* the open watch is still sending its initial state */
    int64_t watch_started_us, backoff_us, failed_us;
    bool refused;         /* the last failure: nobody listened */
    unsigned long events; /* of the open watch */
    struct watch_problem problem;
};

/* ---- reflector.c ---- */

int64_t reflector_now_us(const struct reflector *r);
/* Remembers a resourceVersion. -1: ERROR_NO_MEMORY, or one that is absurdly long; the old one stays. */
int reflector_keep_version(struct reflector *r, const char *version, struct error *err);
/* The whole state has come. */
void reflector_end_replace(struct reflector *r);
/* The next step comes with the next turn of the loop. */
void reflector_run_at_once(struct reflector *r);
/* Says what failed ("list", "watch"), and sets the timer for another try. */
void reflector_back_off(struct reflector *r, const char *verb, const struct kube_answer *answer);
/*
 * Hands an object to the owner. One that makes no sense is reported and skipped; without memory the store would be wrong, so that is -1 and
 * ends the list or watch.
 */
int reflector_hand_over(struct reflector *r, enum watch_event event, const json_t *object, struct error *err);
/* The same for what went wrong before that. */
int reflector_skip(struct reflector *r, const struct error *problem, struct error *err);

/* ---- reflector_watch.c ---- */

void reflector_start_watch(struct reflector *r);
/* For json_scan: one frame of the open watch. */
int reflector_on_frame(void *ctx, const char *text, size_t bytes, size_t raw_bytes, struct error *err);
/* The server accepted WatchList and then does not say where the initial state ends: the open watch is dropped, the paged list serves. */
void reflector_give_up_watch_list(struct reflector *r);

#endif
