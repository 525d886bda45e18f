/*
 * client_metrics.h: what a scheduler says of its own requests, on its /metrics under client-go's names. The second witness of the load,
 * and the only one of bytes.
 */
#ifndef COMPARE_CLIENT_METRICS_H
#define COMPARE_CLIENT_METRICS_H

#include <stdbool.h>
#include <stdint.h>

struct client_metrics {
    int64_t requests;  /* rest_client_requests_total; -1: it does not say */
    int64_t bytes_out; /* rest_client_request_size_bytes; -1: it does not say */
    int64_t bytes_in;  /* rest_client_response_size_bytes and lab_stream_received_bytes_total (watches); -1: it does not say both */
};

/* Reads the text of a /metrics page; all -1 when it has none of it. */
struct client_metrics client_metrics_parse(const char *text);

/* Asks http://127.0.0.1:PORT/metrics, at most 1 s. All -1 when nobody answers: a scheduler need not have such a page. */
struct client_metrics client_metrics_read(int port);

/* Whether http://127.0.0.1:PORT/PATH answers 200 within 1 s. */
bool client_metrics_answers(int port, const char *path);

/* A TCP port of loopback that is free now, or -1. */
int client_metrics_free_port(void);

#endif
