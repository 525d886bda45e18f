/*
 * metrics.c: the counters, and the page that shows them. Each family is one function; the page is their table, in name order. HELP texts
 * say what kube-scheduler's and client-go's say, in our words.
 */
#include "common/service/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/service/histogram.h"
#include "common/service/process.h"

#define LABELS_BYTES 64   /* the fixed part of a series' labels: names and values of ours */
#define CODE_COUNT 501    /* "<error>", then 100 to 599 */
#define ATTEMPTS_COUNT 15 /* 1 to 14, "15+" */
#define RESULT_COUNT 3
#define QUEUE_COUNT 4

/* in the order of the page */
static const char *const verbs[] = {"DELETE", "GET", "OTHER", "PATCH", "POST", "PUT"};
#define VERB_COUNT (sizeof verbs / sizeof verbs[0])
#define VERB_OTHER 2

struct metrics {
    char *profile, *host; /* escaped as label values */
    struct histogram attempts[RESULT_COUNT];
    struct histogram pod_scheduling[ATTEMPTS_COUNT];
    struct histogram pod_attempts;
    size_t pending[QUEUE_COUNT]; /* in the order of `queues` */
    uint64_t requests[CODE_COUNT][VERB_COUNT];
    struct histogram request_duration[VERB_COUNT], request_size[VERB_COUNT], response_size[VERB_COUNT];
    uint64_t stream_bytes[VERB_COUNT];
    uint64_t events_dropped;
    struct histogram victims; /* one observation for each attempt */
};

static const char *const queues[QUEUE_COUNT] = {"active", "backoff", "gated", "unschedulable"};

/* in the order of the page, and the result each stands for */
static const struct {
    const char *label;
    enum attempt_result result;
} results[RESULT_COUNT] = {{"error", ATTEMPT_ERROR}, {"scheduled", ATTEMPT_SCHEDULED}, {"unschedulable", ATTEMPT_UNSCHEDULABLE}};

/* A label value with its escapes (backslash, quote, newline), malloc'd; NULL without memory. */
static char *escape_label(const char *value)
{
    char *out = malloc(strlen(value) * 2 + 1), *p = out;

    if (!out)
        return NULL;
    for (; *value; value++) {
        if (*value == '\\' || *value == '"' || *value == '\n')
            *p++ = '\\';
        *p++ = *value == '\n' ? 'n' : *value;
    }
    *p = '\0';
    return out;
}

struct metrics *metrics_new(const char *profile, const char *host, struct error *err)
{
    struct metrics *metrics = calloc(1, sizeof *metrics);

    if (metrics) {
        metrics->profile = escape_label(profile);
        metrics->host = escape_label(host);
    }
    if (!metrics || !metrics->profile || !metrics->host) {
        metrics_free(metrics);
        error_no_memory(err);
        return NULL;
    }
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    if (!metrics)
        return;
    free(metrics->profile);
    free(metrics->host);
    free(metrics);
}

/* a duration that a stepped clock made negative counts as none */
static uint64_t not_negative(int64_t value)
{
    return value > 0 ? (uint64_t)value : 0;
}

static size_t verb_index(const char *verb)
{
    size_t i;

    for (i = 0; i < VERB_COUNT; i++)
        if (strcmp(verbs[i], verb) == 0)
            return i;
    return VERB_OTHER;
}

void metrics_attempt(struct metrics *metrics, enum attempt_result result, int64_t duration_us)
{
    histogram_observe(&metrics->attempts[result], &scheduling_attempt_shape, not_negative(duration_us));
}

void metrics_pod_scheduled(struct metrics *metrics, int attempts, int64_t since_first_seen_us)
{
    int counted = attempts < 1 ? 1 : attempts;
    int label = counted > ATTEMPTS_COUNT ? ATTEMPTS_COUNT : counted;

    histogram_observe(&metrics->pod_scheduling[label - 1], &pod_scheduling_shape, not_negative(since_first_seen_us));
    histogram_observe(&metrics->pod_attempts, &attempts_shape, (uint64_t)counted);
}

void metrics_pending(struct metrics *metrics, size_t active, size_t backoff, size_t unschedulable, size_t gated)
{
    metrics->pending[0] = active;
    metrics->pending[1] = backoff;
    metrics->pending[2] = gated;
    metrics->pending[3] = unschedulable;
}

void metrics_request(struct metrics *metrics, const char *verb, int code, int64_t duration_us, uint64_t bytes_out, uint64_t bytes_in)
{
    size_t v = verb_index(verb);

    metrics->requests[code >= 100 && code < 600 ? code - 99 : 0][v]++;
    if (duration_us < 0)
        return;
    histogram_observe(&metrics->request_duration[v], &request_duration_shape, (uint64_t)duration_us);
    histogram_observe(&metrics->request_size[v], &size_shape, bytes_out);
    histogram_observe(&metrics->response_size[v], &size_shape, bytes_in);
}

void metrics_stream_bytes(struct metrics *metrics, const char *verb, uint64_t bytes_in)
{
    metrics->stream_bytes[verb_index(verb)] += bytes_in;
}

void metrics_preemption(struct metrics *metrics, size_t victims)
{
    histogram_observe(&metrics->victims, &victims_shape, victims);
}

void metrics_event_dropped(struct metrics *metrics)
{
    metrics->events_dropped++;
}

uint64_t metrics_requests(const struct metrics *metrics, const char *verb)
{
    size_t v = verb_index(verb), code;
    uint64_t sum = 0;

    for (code = 0; code < CODE_COUNT; code++)
        sum += metrics->requests[code][v];
    return sum;
}

static int render_build_info(const struct metrics *metrics, const char *name, struct buffer *out, struct error *err)
{
    (void)metrics;
    return buffer_printf(out, err, "%s{version=\"%s\"} 1\n", name, LAB_VERSION);
}

static int render_stream_bytes(const struct metrics *metrics, const char *name, struct buffer *out, struct error *err)
{
    size_t v;

    for (v = 0; v < VERB_COUNT; v++)
        if (metrics->stream_bytes[v] && buffer_printf(out, err, "%s{host=\"%s\",verb=\"%s\"} %llu\n", name, metrics->host, verbs[v],
                                                      (unsigned long long)metrics->stream_bytes[v]) < 0)
            return -1;
    return 0;
}

/* a number of the system's; negative: it did not tell, and the series is left out */
static int render_system(int64_t value, uint64_t scale, const char *name, struct buffer *out, struct error *err)
{
    if (value < 0)
        return 0;
    if (buffer_printf(out, err, "%s ", name) < 0 || histogram_render_scaled((uint64_t)value, scale, out, err) < 0)
        return -1;
    return buffer_add_string(out, "\n", err);
}

static int render_cpu(const struct metrics *metrics, const char *name, struct buffer *out, struct error *err)
{
    (void)metrics;
    return render_system(process_cpu_us(), 1000000, name, out, err);
}

static int render_memory(const struct metrics *metrics, const char *name, struct buffer *out, struct error *err)
{
    (void)metrics;
    return render_system(process_resident_bytes(), 1, name, out, err);
}

static int render_start(const struct metrics *metrics, const char *name, struct buffer *out, struct error *err)
{
    (void)metrics;
    return render_system(process_start_us(), 1000000, name, out, err);
}

/* One series of a family with two labels; nothing when nothing was observed. */
static int render_labelled(const struct histogram *histogram, const struct histogram_shape *shape, const char *name, const char *first,
                           const char *first_value, const char *second, const char *second_value, struct buffer *out, struct error *err)
{
    struct buffer labels;
    int ret = -1;

    if (!histogram_total(histogram, shape))
        return 0;
    buffer_init(&labels, strlen(first_value) + strlen(second_value) + LABELS_BYTES);
    if (buffer_printf(&labels, err, "%s=\"%s\",%s=\"%s\"", first, first_value, second, second_value) < 0)
        goto cleanup;
    ret = histogram_render(histogram, shape, name, labels.data, out, err);
cleanup:
    buffer_free(&labels);
    return ret;
}

static int render_by_verb(const struct metrics *metrics, const struct histogram *by_verb, const struct histogram_shape *shape,
                          const char *name, struct buffer *out, struct error *err)
{
    size_t v;

    for (v = 0; v < VERB_COUNT; v++)
        if (render_labelled(&by_verb[v], shape, name, "host", metrics->host, "verb", verbs[v], out, err) < 0)
            return -1;
    return 0;
}

static int render_request_duration(const struct metrics *metrics, const char *name, struct buffer *out, struct error *err)
{
    return render_by_verb(metrics, metrics->request_duration, &request_duration_shape, name, out, err);
}

static int render_request_size(const struct metrics *metrics, const char *name, struct buffer *out, struct error *err)
{
    return render_by_verb(metrics, metrics->request_size, &size_shape, name, out, err);
}

static int render_response_size(const struct metrics *metrics, const char *name, struct buffer *out, struct error *err)
{
    return render_by_verb(metrics, metrics->response_size, &size_shape, name, out, err);
}

/* the series of one code; 0 is "<error>" */
static int render_code(const struct metrics *metrics, size_t code, const char *name, struct buffer *out, struct error *err)
{
    size_t v;

    for (v = 0; v < VERB_COUNT; v++) {
        if (!metrics->requests[code][v])
            continue;
        if ((code ? buffer_printf(out, err, "%s{code=\"%zu\",", name, code + 99) : buffer_printf(out, err, "%s{code=\"<error>\",", name)) <
            0)
            return -1;
        if (buffer_printf(out, err, "host=\"%s\",method=\"%s\"} %llu\n", metrics->host, verbs[v],
                          (unsigned long long)metrics->requests[code][v]) < 0)
            return -1;
    }
    return 0;
}

static int render_requests(const struct metrics *metrics, const char *name, struct buffer *out, struct error *err)
{
    size_t code;

    for (code = 1; code < CODE_COUNT; code++)
        if (render_code(metrics, code, name, out, err) < 0)
            return -1;
    /* '<' sorts after the digits */
    return render_code(metrics, 0, name, out, err);
}

static int render_dropped(const struct metrics *metrics, const char *name, struct buffer *out, struct error *err)
{
    return buffer_printf(out, err, "%s %llu\n", name, (unsigned long long)metrics->events_dropped);
}

static int render_preemptions(const struct metrics *metrics, const char *name, struct buffer *out, struct error *err)
{
    return buffer_printf(out, err, "%s %llu\n", name, (unsigned long long)histogram_total(&metrics->victims, &victims_shape));
}

static int render_victims(const struct metrics *metrics, const char *name, struct buffer *out, struct error *err)
{
    return histogram_render(&metrics->victims, &victims_shape, name, "", out, err);
}

static int render_pending(const struct metrics *metrics, const char *name, struct buffer *out, struct error *err)
{
    size_t i;

    for (i = 0; i < QUEUE_COUNT; i++)
        if (buffer_printf(out, err, "%s{queue=\"%s\"} %zu\n", name, queues[i], metrics->pending[i]) < 0)
            return -1;
    return 0;
}

static int render_pod_attempts(const struct metrics *metrics, const char *name, struct buffer *out, struct error *err)
{
    return histogram_render(&metrics->pod_attempts, &attempts_shape, name, "", out, err);
}

static int render_pod_scheduling(const struct metrics *metrics, const char *name, struct buffer *out, struct error *err)
{
    char labels[LABELS_BYTES];
    int i;

    for (i = 0; i < ATTEMPTS_COUNT; i++) {
        const struct histogram *histogram = &metrics->pod_scheduling[i];

        if (!histogram_total(histogram, &pod_scheduling_shape))
            continue;
        snprintf(labels, sizeof labels, "attempts=\"%d%s\"", i + 1, i + 1 == ATTEMPTS_COUNT ? "+" : "");
        if (histogram_render(histogram, &pod_scheduling_shape, name, labels, out, err) < 0)
            return -1;
    }
    return 0;
}

static int render_attempts(const struct metrics *metrics, const char *name, struct buffer *out, struct error *err)
{
    size_t i;

    for (i = 0; i < RESULT_COUNT; i++) {
        const struct histogram *histogram = &metrics->attempts[results[i].result];
        uint64_t total = histogram_total(histogram, &scheduling_attempt_shape);

        if (buffer_printf(out, err, "%s{profile=\"%s\",result=\"%s\"} %llu\n", name, metrics->profile, results[i].label,
                          (unsigned long long)total) < 0)
            return -1;
    }
    return 0;
}

static int render_attempt_duration(const struct metrics *metrics, const char *name, struct buffer *out, struct error *err)
{
    size_t i;

    for (i = 0; i < RESULT_COUNT; i++)
        if (render_labelled(&metrics->attempts[results[i].result], &scheduling_attempt_shape, name, "profile", metrics->profile, "result",
                            results[i].label, out, err) < 0)
            return -1;
    return 0;
}

static const struct family {
    const char *name, *type, *help;
    int (*render)(const struct metrics *metrics, const char *name, struct buffer *out, struct error *err);
} families[] = {
    {"lab_build_info", "gauge", "Always 1; the label says which version runs.", render_build_info},
    {"lab_stream_received_bytes_total", "counter", "Body bytes of watches as they came, by verb and host.", render_stream_bytes},
    {"process_cpu_seconds_total", "counter", "CPU time of this process, user and system, in seconds.", render_cpu},
    {"process_resident_memory_bytes", "gauge", "Memory of this process in RAM now, in bytes.", render_memory},
    {"process_start_time_seconds", "gauge", "When this process started, in seconds since 1970.", render_start},
    {"rest_client_request_duration_seconds", "histogram", "How long requests to the API server took, by verb and host.",
     render_request_duration},
    {"rest_client_request_size_bytes", "histogram", "Body bytes sent per request, by verb and host.", render_request_size},
    {"rest_client_requests_total", "counter", "Requests to the API server, by status code, method and host.", render_requests},
    {"rest_client_response_size_bytes", "histogram", "Body bytes received per request, by verb and host.", render_response_size},
    {"scheduler_event_recorder_dropped_total", "counter", "Events that were given up because too many were waiting.", render_dropped},
    {"scheduler_pending_pods", "gauge",
     "Pods not yet bound, by queue: active waits to be tried, backoff waits after a failure, unschedulable fitted nowhere, gated has "
     "scheduling gates.",
     render_pending},
    {"scheduler_pod_scheduling_attempts", "histogram", "How many attempts a pod took until it was bound.", render_pod_attempts},
    {"scheduler_pod_scheduling_sli_duration_seconds", "histogram",
     "From the first sight of a pod until it was bound, over all its attempts, by their number.", render_pod_scheduling},
    {"scheduler_preemption_attempts_total", "counter", "How often pods were preempted to make room.", render_preemptions},
    {"scheduler_preemption_victims", "histogram", "How many pods were preempted at a time.", render_victims},
    {"scheduler_schedule_attempts_total", "counter",
     "Attempts to schedule a pod, by result: unschedulable means that it fitted nowhere, error that something went wrong.",
     render_attempts},
    {"scheduler_scheduling_attempt_duration_seconds", "histogram", "How long an attempt took, choice and bind together.",
     render_attempt_duration},
};

int metrics_render(const struct metrics *metrics, struct buffer *out, struct error *err)
{
    size_t before = out->bytes, i;

    for (i = 0; i < sizeof families / sizeof families[0]; i++) {
        const struct family *family = &families[i];

        if (buffer_printf(out, err, "# HELP %s %s\n# TYPE %s %s\n", family->name, family->help, family->name, family->type) < 0 ||
            family->render(metrics, family->name, out, err) < 0) {
            out->bytes = before;
            if (out->data)
                out->data[before] = '\0';
            return -1;
        }
    }
    return 0;
}
