/*
 * limits.h: every ceiling of the project in one place. A buffer that grows is born with one of these.
 * What passes a limit is an error with one clear line, never a crash and never an unbounded buffer.
 */
#ifndef COMMON_LIMITS_H
#define COMMON_LIMITS_H

#define LIMIT_OBJECT_BYTES (4u << 20)       /* one JSON object as it came: the API server refuses more than 3 MiB */
#define LIMIT_LIST_BYTES (2ull << 30)       /* one whole list answer, all items, read as a stream and never held */
#define LIMIT_STATE_BYTES (1ull << 30)      /* a saved state of a cluster: a list of 100,000 pods */
#define LIMIT_ERROR_BODY_BYTES (16u << 10)  /* what is kept of an error answer */
#define LIMIT_CONFIG_FILE_BYTES (4u << 20)  /* a kubeconfig, a token, a certificate */
#define LIMIT_EXEC_OUTPUT_BYTES (1u << 20)  /* what a credential plugin may print */
#define LIMIT_EXEC_MS 60000                 /* how long a credential plugin may run */
#define LIMIT_TOKEN_BYTES (64u << 10)       /* a bearer token: API servers refuse longer headers */
#define LIMIT_YAML_DEPTH 64u                /* nesting of a kubeconfig; it needs 8 */
#define LIMIT_YAML_NODES 200000u            /* keys and values of a kubeconfig */
#define LIMIT_YAML_ANCHORS 1000u            /* anchors of a kubeconfig */
#define LIMIT_RESOURCE_VERSION_BYTES 1024u  /* a resourceVersion with its NUL; opaque, but nobody has long ones */
#define LIMIT_TARGET_BYTES (8u << 10)       /* path and query of one request */
#define LIMIT_REQUEST_BODY_BYTES (3u << 20) /* the API server's own limit */
#define LIMIT_EVENT_QUEUE 50000u            /* events waiting to be written; the oldest are dropped beyond */
#define LIMIT_EVENT_NOTE_BYTES 1024u        /* Kubernetes cuts the note of an event there */
#define LIMIT_METRICS_PAGE_BYTES (1u << 20) /* the /metrics page */
#define LIMIT_JSON_DEPTH 128u               /* nesting of a JSON object; no Kubernetes object comes near */
#define LIMIT_GRADE_TEXT_BYTES 2048u        /* what a test of a grading expected, and what it found */
#define LIMIT_GRADE_LINE_BYTES 4096u        /* a line that a submission printed */
#define LIMIT_GRADE_BODY_BYTES 4096u        /* what is kept of a submission's write */
#define LIMIT_GRADE_REQUESTS 20000u         /* requests of one scene that are kept */
#define LIMIT_GRADE_LINES 4000u             /* lines of one scene that are kept */
#define LIMIT_GRADE_STATES 200000u          /* states of pods that are kept in one grading */
#define LIMIT_SUBMISSIONS 10000u            /* of a class */
#define LIMIT_BUNDLE_BYTES (256ll << 20)    /* a file of evidence */

#endif
