/*
 * upstream.h: an API server as a proxy sees it from behind: it answers what the test wants, in a thread for each connection, and keeps what it was asked.
 *
 * Targets that begin with /api/v1/namespaces answer with UPSTREAM_BIG bytes. /version closes without an answer. A watch answers with headers, then with what
 * upstream_feed() gives it. Everything else answers 200 (a POST: 201) and {"kind":"Status"}.
 */
#ifndef TESTS_UNIT_SUPPORT_UPSTREAM_H
#define TESTS_UNIT_SUPPORT_UPSTREAM_H

#include <stdbool.h>
#include <stddef.h>

/* more than twice what the kernel buffers of two connections hold */
#define UPSTREAM_BIG ((size_t)96 << 20)
#define UPSTREAM_TOKEN "the-real-one"

/* Listens on a free port, which it returns. Lives until the test ends: tests fork. */
int upstream_start(void);

/* Sends these bytes to every open watch. */
void upstream_feed(const char *bytes);
/* Ends every open watch, whole or in the middle. */
void upstream_end_watches(bool torn);

/* How many requests have come whose head has these texts (NULL: any). */
size_t upstream_asked(const char *text, const char *other);
/* How many watches are open. */
size_t upstream_watches(void);
/* Bytes of the big answer that it got rid of. */
size_t upstream_sent(void);

#endif
