/*
 * metrics.h: what a scheduler counts, under kube-scheduler's and client-go's metric names, in Prometheus' text format.
 *
 * Names, labels and bucket boundaries follow kube-scheduler (pkg/scheduler/metrics/metrics.go) and client-go
 * (component-base/metrics/prometheus/restclient/metrics.go), so that their dashboards read ours. What has no name there begins
 * with lab_. Observing never fails and allocates nothing; memory is fixed (about 30 KiB): verbs are the five of the API and
 * "OTHER", codes 100 to 599 and "<error>".
 */
#ifndef COMMON_SERVICE_METRICS_H
#define COMMON_SERVICE_METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "common/buffer.h"

struct metrics;

enum attempt_result { ATTEMPT_SCHEDULED, ATTEMPT_UNSCHEDULABLE, ATTEMPT_ERROR };

/* `profile` is the scheduler's name, `host` the API server's host:port; both copied. NULL on ERROR_NO_MEMORY. */
struct metrics *metrics_new(const char *profile, const char *host, struct error *err);
void metrics_free(struct metrics *metrics);

/* scheduler_schedule_attempts_total and scheduler_scheduling_attempt_duration_seconds */
void metrics_attempt(struct metrics *metrics, enum attempt_result result, int64_t duration_us);
/* scheduler_pod_scheduling_sli_duration_seconds and scheduler_pod_scheduling_attempts: a pod was bound after `attempts`, 1 or more */
void metrics_pod_scheduled(struct metrics *metrics, int attempts, int64_t since_first_seen_us);
/* scheduler_preemption_attempts_total and scheduler_preemption_victims: room was made by so many victims, 1 or more */
void metrics_preemption(struct metrics *metrics, size_t victims);
/* scheduler_pending_pods{queue=…} */
void metrics_pending(struct metrics *metrics, size_t active, size_t backoff, size_t unschedulable, size_t gated);
/*
 * rest_client_requests_total, _request_duration_seconds, _request_size_bytes, _response_size_bytes. `code` 0 counts as "<error>" as
 * client-go writes it. `verb`: GET, POST, …; static strings. A stream (a watch) is counted once, with duration_us -1: its requests_total
 * goes up and nothing else, as in client-go; its bytes come through metrics_stream_bytes().
 */
void metrics_request(struct metrics *metrics, const char *verb, int code, int64_t duration_us, uint64_t bytes_out, uint64_t bytes_in);
/*
 * Bytes of a stream that goes on (a watch), added as they come: lab_stream_received_bytes_total{verb,host}. All bytes that came in are
 * this and the sum of rest_client_response_size_bytes.
 */
void metrics_stream_bytes(struct metrics *metrics, const char *verb, uint64_t bytes_in);
/* scheduler_event_recorder_dropped_total */
void metrics_event_dropped(struct metrics *metrics);

/*
 * The whole page, Prometheus text format 0.0.4, families in name order, process_* included (cpu seconds, resident memory, start time; what the
 * system does not tell is left out). Appends to out; on failure (ERROR_NO_MEMORY, or out's ceiling) out is as before.
 */
int metrics_render(const struct metrics *metrics, struct buffer *out, struct error *err);

/* Reading back, for tests and compare: the sum over codes of rest_client_requests_total of a verb. */
uint64_t metrics_requests(const struct metrics *metrics, const char *verb);

#endif
