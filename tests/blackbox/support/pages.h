/*
 * pages.h: what a scheduler serves on its --metrics-port.
 */
#ifndef TESTS_BLACKBOX_PAGES_H
#define TESTS_BLACKBOX_PAGES_H

#include "tests/blackbox/support/lab.h"

/* The status of http://127.0.0.1:PORT/path; 0 when nobody answers. */
int page_status(const char *port, const char *path);

/* The value of one series of /metrics, as it is written there: "name{label=\"value\"}"; -1 when there is none. Waits until the page is served. */
double metric_value(const char *port, const char *series);
/* The sum over all series of a family that have this text in their labels. */
double metric_sum(const char *port, const char *family, const char *part);

#endif
