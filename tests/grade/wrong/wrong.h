/*
 * wrong.h: a small scheduler that shares no line with common/, so that a mistake there does not hide here. Built right it does all that the lab asks
 * for; built with a defect (defect.h) it is what the grader has to see through. One thread; all it knows stands in two JSON objects.
 */
#ifndef WRONG_WRONG_H
#define WRONG_WRONG_H

#include <curl/curl.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "tests/grade/wrong/defect.h"

struct api {
    char server[512]; /* "http://127.0.0.1:8001" */
    struct curl_slist *headers;
    CURL *easy;
};

struct scheduler {
    struct api api;
    const char *prefix, *name, *kubeconfig; /* prefix: of what it prints */
    int64_t interval_ms;
    char label_key[256];                 /* --require-node-label; empty: none */
    const char *label_value;             /* NULL: any */
    bool spread;                         /* --policy spread */
    json_t *nodes, *pods;                /* Node by name, Pod by "namespace/name", as the API server last told */
    json_t *waiting;                     /* by "namespace/name": [attempts so far, not before this time] */
    json_t *first_counts, *first_choice; /* of the defects that never look again */
};

/* api.c. Requests end within 10 s. */
void api_open(struct scheduler *s); /* exits 2 with a line on stderr when the kubeconfig is of no use */
/* One request; `body` is stolen, NULL: none. Returns the HTTP status, 0 when no answer came; *answer gets a new reference, or NULL. */
long api_call(struct api *api, const char *method, const char *path, json_t *body, json_t **answer);
/* Replaces *objects with a list; `version` (64 bytes, NULL allowed) gets its resourceVersion. Returns the HTTP status. */
long api_list(struct api *api, const char *path, json_t **objects, char *version);
void api_prepare(const struct api *api, CURL *easy, const char *path); /* for the streams of watch */

/* objects.c: a string or object below, by path: json_at(pod, "spec", "nodeName", NULL). "" and NULL when there is none. */
json_t *json_at(const json_t *object, ...);
const char *text_at(const json_t *object, ...);
/* "namespace/name", or the name of what has no namespace; `out` holds 512 bytes. */
const char *object_key(const json_t *object, char *out);
bool pod_is_ours(const struct scheduler *s, const json_t *pod); /* pending, and for us to bind now */
bool pod_counts(const struct scheduler *s, const json_t *pod);  /* takes room on its node */

/* decide.c: the node for a pod, or NULL. Borrowed from s->nodes. */
const char *choose_node(struct scheduler *s, const json_t *pod);

/* act.c: binds every pod of s->pods that is ours and whose time has come. */
void bind_pending(struct scheduler *s);
int64_t next_retry_ms(const struct scheduler *s); /* until then, or -1 */
int64_t now_ms(void);

/* options.c: exits 2 on a flag it does not know. */
void parse_options(struct scheduler *s, int argc, char **argv);

#endif
