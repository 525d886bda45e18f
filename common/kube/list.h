/*
 * list.h: one paged list, item by item as the bytes come. Follows client-go's tools/pager: pages of 500, only metadata.continue
 * signals more, a continue token that has expired (410) leads to one list without pages.
 */
#ifndef COMMON_KUBE_LIST_H
#define COMMON_KUBE_LIST_H

#include "common/kube/client.h"
#include "common/kube/json_scan.h"

struct kube_list;

struct kube_list_options {
    const char *path;                /* "/api/v1/pods"; borrowed until the end */
    const char *field_selector;      /* NULL: none; borrowed until the end */
    const char *resource_version;    /* "": the newest; "0": whatever the server has at hand; copied */
    const struct json_field *schema; /* of one item; borrowed until the end; NULL: items whole */
    void (*on_start)(void *ctx);     /* the list begins, or begins again: what came so far does not count. May be NULL */
    /* One item, projected JSON, NUL-terminated, valid during the call. Return 0, or -1 with *err filled to give the list up. Must not cancel the list. */
    int (*on_item)(void *ctx, const char *text, size_t bytes, struct error *err);
    /*
     * Exactly once unless cancelled; the list is gone then. On KUBE_OK resource_version is the list's, never "". What was sent and is no list
     * (HTML, cut, no end) is KUBE_TRANSIENT with status 200. `answer` is valid during the call. May start another list.
     */
    void (*on_done)(void *ctx, const struct kube_answer *answer, const char *resource_version);
    void *ctx;
};

/* Starts a list. on_start is called from inside. NULL on failure (ERROR_NO_MEMORY, too long a target), then no other callback comes. A list that
 * gets no byte for 60 s fails. */
struct kube_list *kube_list_start(struct kube_client *client, const struct kube_list_options *options, struct error *err);
/* Ends a list without on_done; it is gone. Not from inside its own callbacks. */
void kube_list_cancel(struct kube_list *list);

#define KUBE_LIST_PAGE 500
#define KUBE_LIST_MAX_PAGES 20000 /* ten million objects: a server that never ends a list */
#define KUBE_LIST_IDLE_TIMEOUT_MS 60000

#endif
