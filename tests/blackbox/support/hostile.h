/*
 * hostile.h: servers that are no API server, on loopback, in threads of the test itself.
 */
#ifndef TESTS_BLACKBOX_HOSTILE_H
#define TESTS_BLACKBOX_HOSTILE_H

#include "tests/blackbox/support/lab.h"

enum hostile_kind {
    SENDS_HTML,           /* 200 and a page for people, as a captive portal does */
    SENDS_HALF_A_BODY,    /* 200 and half of what Content-Length promises */
    SENDS_BROKEN_JSON,    /* 200 and JSON that ends in the middle, properly sent */
    SENDS_3_GB,           /* 200 and a body without an end: one string of a list */
    SENDS_ENDLESS_HEADER, /* a header line without an end */
    SENDS_NO_HTTP,        /* a greeting in another protocol */
    CLOSES_AT_ONCE,       /* reads the request and closes */
    NEVER_ANSWERS,        /* accepts, reads, says nothing */
    SENDS_401,            /* a Status, as for a token that has expired */
};

struct hostile {
    enum hostile_kind kind;
    int fd, port;
    volatile int connections; /* accepted so far */
};

/* Starts to listen, and lives as long as the case. */
void hostile_start(struct hostile *hostile, enum hostile_kind kind);
/* Waits until so many connections were accepted. */
void hostile_wait(struct hostile *hostile, int connections);

#endif
