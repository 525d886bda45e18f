/*
 * api_client.h: a small client of the API server for the tools that measure: it makes pods and nodes, reads /metrics, and lends its
 * connection settings to the observer. It stands on libcurl alone and not on common's transport: the instrument shares no request
 * code with what it measures. One thread at a time.
 */
#ifndef COMPARE_API_CLIENT_H
#define COMPARE_API_CLIENT_H

#include <curl/curl.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"
#include "common/error.h"
#include "compare/load.h"

struct api_client;

/*
 * Reads the configuration as the schedulers do (kubeconfig.h); `kubeconfig` NULL: from the environment. Connects to nothing yet.
 * `user_agent` is copied. ERROR_USAGE when the configuration is wrong. End with api_client_close().
 */
struct api_client *api_client_open(const char *kubeconfig, const char *user_agent, struct error *err);
void api_client_close(struct api_client *client);

/* Pod and node requests this client has sent, to be taken off what the server counted. */
const struct load *api_client_own_load(const struct api_client *client);
/* Adds a request that the caller sends itself. */
void api_client_count(struct api_client *client, const char *method, const char *target);

/*
 * Sets on an easy handle everything that does not change from request to request: TLS, credentials, user agent, no redirects, no
 * signals. The caller sets URL (api_client_url), method, body and callbacks. The handle must not outlive the client.
 */
int api_client_configure(struct api_client *client, CURL *easy, struct error *err);

/* As api_client_configure(), with another Content-Type and Accept (NULL: JSON). *headers is the caller's, to be freed after the handle. */
int api_client_configure_as(struct api_client *client, CURL *easy, const char *content_type, const char *accept,
                            struct curl_slist **headers, struct error *err);

/* "https://127.0.0.1:6443", no slash at the end; the client's. */
const char *api_client_url(const struct api_client *client);

/*
 * One request, waited for, at most timeout_ms. `body` may be NULL. *status gets the HTTP status, whatever it is; the answer is
 * appended to `answer` (the caller's; NULL: dropped). Fails when no whole answer came, with method, target and libcurl's words.
 */
int api_client_call(struct api_client *client, const char *method, const char *target, const char *body, int64_t timeout_ms, int *status,
                    struct buffer *answer, struct error *err);

/* As api_client_call, but anything but a 2xx is a failure, with the server's own message. */
int api_client_need(struct api_client *client, const char *method, const char *target, const char *body, struct buffer *answer,
                    struct error *err);

/* A list of any length, read page by page. */
struct api_list {
    const char *target; /* without limit and continue */
    int page_items;
    /* Sees each page in order: the target that was asked for, and the answer, borrowed; NULL when it is no JSON. -1 ends the list. */
    int (*on_page)(void *ctx, const char *target, json_t *page, struct error *err);
    void *ctx;
};

/* Reads the list to its end. Fails as api_client_need does, or with what on_page says. */
int api_client_list(struct api_client *client, const struct api_list *list, struct error *err);

/* Many requests of one method, several at a time, started in order of their index. */
struct api_batch {
    const char *method;
    size_t count;
    int inflight; /* at most so many at once, 1 to 256 */
    /* Appends target and body (may be left empty) of one request to the two empty buffers. */
    int (*fill)(void *ctx, size_t index, struct buffer *target, struct buffer *body, struct error *err);
    /* When to send it, on the monotonic clock, ascending; NULL: at once. */
    int64_t (*due_us)(void *ctx, size_t index);
    int accept_status; /* a status outside 2xx that is fine too (404 of a delete), or 0 */
    void *ctx;
    const volatile sig_atomic_t *stop;          /* when it turns non-zero the batch fails with "interrupted"; NULL: never */
    void (*on_answer)(void *ctx, size_t index); /* the request has succeeded; NULL: nobody asks */
    void (*on_turn)(void *ctx);                 /* now and then, at least five times a second while it waits; NULL: nobody asks */
};

/* Sends the batch. Stops at the first failure, which names the request. Requests under way are then abandoned. */
int api_client_run(struct api_client *client, const struct api_batch *batch, struct error *err);

/* Fills *err from an answer that is not 2xx: "METHOD TARGET: 403: pods is forbidden…". Returns -1. */
int api_error(struct error *err, const char *method, const char *target, int status, const struct buffer *answer);

#endif
