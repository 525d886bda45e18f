/*
 * curl_parts.h: what the files of the curl transport share; nobody else includes it. curl_transport.c has the calls, curl_loop.c
 * waits for them, curl_setup.c reads the configuration and makes headers, curl_call.c sets an easy handle up, curl_pool.c keeps it for the
 * next call, curl_problem.c puts a failure into words.
 */
#ifndef COMMON_KUBE_CURL_PARTS_H
#define COMMON_KUBE_CURL_PARTS_H

#include <curl/curl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "common/kube/kubeconfig.h"
#include "common/kube/transport.h"

#define CONNECT_TIMEOUT_S 10
#define LOOP_SOURCES_MAX 4
#define LOOP_SOURCE_FDS_MAX 64 /* entries that one source may fill */
#define NEVER INT64_MAX        /* of a time in microseconds */

struct curl_transport;
struct curl_setup;
struct header_list;

/* One request and its easy handle. Both are used again and again. */
struct transport_call {
    struct curl_transport *owner;
    CURL *easy;
    unsigned identity;                      /* the setup's, when the handle was made */
    struct transport_call *next, *previous; /* among the active, or the pooled */
    struct transport_call *deferred;        /* among those that start once libcurl has returned */
    struct transport_request request;       /* its target is NULL: curl has a copy */
    bool added;                             /* to the multi handle */
    bool cancelled, aborted;
    bool resend;        /* curl wanted to send the request a second time, and was stopped */
    bool headers_began; /* a status line came */
    bool headers_ended; /* the empty line behind them came */
    CURLcode failed;    /* why it could not be given to curl */
    int status;
    uint64_t bytes_in;
    int64_t started_us, last_byte_us;
    char *body; /* copied, as libcurl may look at it after a cancel inside a callback */
    size_t body_bytes, body_read, body_capacity;
    struct header_list *headers;
    const char *method; /* the easy handle is set up for; NULL: fresh */
    bool with_body;
    char error_text[CURL_ERROR_SIZE];
    char problem[512];
    char date[40]; /* the Date header of the answer; "": none */
};

/* Calls that wait to be used again. All zero to begin. */
struct curl_pool {
    struct transport_call *first;
    size_t count;
};

/* libcurl's file descriptors and timer, and the sources. All zero before curl_loop_open(). */
struct curl_loop {
    CURLM *multi;
    bool http2;
    bool inside;          /* libcurl is on the stack: it can neither be given handles nor lose them */
    bool progress;        /* something was done in this wait() */
    int64_t now_us;       /* read once a turn */
    int64_t due_us;       /* when libcurl wants to be called; NEVER: not */
    struct pollfd *fds;   /* libcurl's, and behind them the sources' while polling */
    struct pollfd *ready; /* a copy of libcurl's, as the table changes while they are served */
    int fd_count, fd_capacity;
    struct transport_source sources[LOOP_SOURCES_MAX];
    int source_count, source_counts[LOOP_SOURCES_MAX];
    struct pollfd source_fds[LOOP_SOURCES_MAX * LOOP_SOURCE_FDS_MAX];
};

/* Which time limit a call ran into. */
enum call_limit { LIMIT_NONE, LIMIT_TOTAL, LIMIT_IDLE };

/* a PEM text for libcurl: in memory, or, where the TLS library wants it so, in a private file */
struct pem {
    char *text;
    char *path;
};

/* What the configuration means for every request. */
struct curl_setup {
    char *origin;      /* for messages */
    char *server;      /* "127.0.0.1:6443" */
    char *url;         /* of the server, without a path */
    char *prefix;      /* the path that the server's URL has, without a slash at the end; mostly "" */
    char *host_header; /* where the URL is made of another name; else NULL */
    char *proxy, *user_agent, *token, *username, *password, *impersonate;
    struct curl_slist *connect_to;
    bool https, http2, insecure;
    bool full_url; /* the URL goes with each request, target included */
    struct pem ca, cert, key;
    unsigned identity;   /* goes up with each new client certificate */
    struct pem first[2]; /* the configuration's certificate and key once others serve: handles of that time still point there */
    struct header_list *headers;
};

/* `config` and `user_agent` as curl_transport_open() has them. NULL on failure. */
struct curl_setup *curl_setup_open(const struct kube_config *config, const char *user_agent, struct error *err);
void curl_setup_free(struct curl_setup *setup);

/* The token for requests from now on, copied; NULL: none. */
int curl_setup_token(struct curl_setup *setup, const char *token, struct error *err);

/* Certificate and key for handles made from now on, copied; those made before are to be made anew (call->identity). */
int curl_setup_certificate(struct curl_setup *setup, const char *cert_pem, const char *key_pem, struct error *err);

/*
 * The headers for a request with a body of this type (NULL: without), borrowed until curl_setup_release(), which may be called
 * at any time and more than once. NULL: out of memory.
 */
struct curl_slist *curl_setup_headers(struct curl_setup *setup, struct transport_call *call, const char *content_type);
void curl_setup_release(struct curl_setup *setup, struct transport_call *call);

/* Makes call->easy, with all that is the same for every request. On failure it may be set: the call is to be freed. */
int curl_call_new(struct curl_setup *setup, struct transport_call *call, curl_write_callback on_header, curl_write_callback on_write,
                  struct error *err);

/* Sets the handle up for one request; curl_setup_release() goes with it. */
int curl_call_set(struct curl_setup *setup, struct transport_call *call, const struct transport_request *request, struct error *err);

/* A call out of the pool, or a new one as curl_call_new() makes it; the caller's until curl_pool_give(). NULL on failure. */
struct transport_call *curl_pool_take(struct curl_pool *pool, struct curl_setup *setup, curl_write_callback on_header,
                                      curl_write_callback on_write, struct error *err);
/* Takes back a call that is linked nowhere; its headers go. */
void curl_pool_give(struct curl_pool *pool, struct curl_setup *setup, struct transport_call *call);
/* Frees the calls in it. */
void curl_pool_free(struct curl_pool *pool);

/* "127.0.0.1:6443", and the kubeconfig's name; owned by `setup`. */
const char *curl_setup_server(const struct curl_setup *setup);
const char *curl_setup_origin(const struct curl_setup *setup);

/* Makes loop->multi. On failure the loop is still to be closed. */
int curl_loop_open(struct curl_loop *loop, bool http2, struct error *err);
void curl_loop_close(struct curl_loop *loop);

int curl_loop_add_source(struct curl_loop *loop, const struct transport_source *source, struct error *err);
void curl_loop_read_clock(struct curl_loop *loop);

/* Lets libcurl do what its timer asks for: new requests are sent here. */
int curl_loop_run_due(struct curl_loop *loop, struct error *err);

/* One poll(2), until `until_us` or libcurl's timer at the latest, and libcurl's part of what it brings. The sources' is curl_loop_dispatch(). */
int curl_loop_poll(struct curl_loop *loop, int64_t until_us, struct error *err);
void curl_loop_dispatch(struct curl_loop *loop);

/* libcurl's header callback: where the headers begin and end, and the Date. `ctx`: the call. */
size_t curl_header_take(char *data, size_t size, size_t count, void *ctx);

/* Fills result->problem (call->problem), complete, aborted and unsent for a transfer that ended with `code`, or at a time limit. */
void curl_problem_fill(const struct curl_setup *setup, struct transport_call *call, CURLcode code, enum call_limit limit,
                       struct transport_result *result);

#endif
