/*
 * live_web_internal.h: the page's server from the inside. Private to live_web.c and live_web_stream.c.
 */
#ifndef COMPARE_LIVE_WEB_INTERNAL_H
#define COMPARE_LIVE_WEB_INTERNAL_H

#include <microhttpd.h>

#include "compare/live_web.h"

#define LIVE_WEB_TOKEN_BYTES 33

/* one line of JSON as an event, shared by the clients that are being sent it */
struct snapshot {
    size_t users, bytes;
    unsigned long long number;
    char data[];
};

struct client {
    struct live_web *web;
    struct MHD_Connection *connection;
    struct snapshot *snapshot; /* NULL: nothing is being sent */
    size_t sent;
    unsigned long long last; /* the number of the snapshot that was sent last */
    bool suspended;
    struct client *next, *previous;
};

struct live_web {
    struct MHD_Daemon *daemon;
    void (*on_key)(void *ctx, char key);
    void *ctx;
    int port;
    char url[64], token[LIVE_WEB_TOKEN_BYTES];
    char *page; /* live.html with the token */
    struct snapshot *latest;
    unsigned long long published;
    struct client *clients;
    size_t client_count;
    bool ends;
};

/* The answer that is a client's stream; NULL for want of memory. */
struct MHD_Response *live_web_new_client(struct live_web *web, struct MHD_Connection *connection);
/* Lets every stream go on: there is something new, or it is the end. */
void live_web_wake_all(struct live_web *web);
/* Lets go of the last snapshot. */
void live_web_forget(struct live_web *web);

#endif
