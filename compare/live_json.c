#include "compare/live_json.h"

#include <stdio.h>

static double seconds_of(const struct live_model *m, int64_t at_us)
{
    return (double)(at_us - m->began_us) / 1e6;
}

/* a latency in ms, or null */
static int add_ms(struct buffer *out, const char *key, int64_t us, struct error *err)
{
    if (us == NOT_SEEN)
        return buffer_printf(out, err, ",\"%s\":null", key);
    return buffer_printf(out, err, ",\"%s\":%.3f", key, (double)us / 1e3);
}

static int add_text(struct buffer *out, const char *key, const char *text, struct error *err)
{
    if (buffer_printf(out, err, ",\"%s\":", key) < 0)
        return -1;
    return text ? buffer_add_json_string(out, text, err) : buffer_add_string(out, "null", err);
}

static int add_latencies(const struct live_model *m, const struct live_side *side, struct buffer *out, struct error *err)
{
    struct statistics s = live_model_latency(side);
    size_t kept = side->sample_count < LIVE_WINDOW ? side->sample_count : LIVE_WINDOW, i;

    if (add_ms(out, "last_ms", live_model_last_latency(side), err) < 0 ||
        add_ms(out, "median_ms", s.count ? s.median : NOT_SEEN, err) < 0 || add_ms(out, "p95_ms", s.count ? s.p95 : NOT_SEEN, err) < 0 ||
        buffer_add_string(out, ",\"points\":[", err) < 0)
        return -1;
    for (i = 0; i < kept; i++) {
        const struct live_sample *sample = &side->samples[(side->sample_count - kept + i) % LIVE_WINDOW];

        if (buffer_printf(out, err, "%s[%.2f,%.3f]", i ? "," : "", seconds_of(m, sample->at_us), (double)sample->latency_us / 1e3) < 0)
            return -1;
    }
    return buffer_add_string(out, "]", err);
}

static int add_requests(const struct live_side *side, struct buffer *out, struct error *err)
{
    double rate = live_model_per_minute(side);
    size_t i;

    if ((side->count_count ? buffer_printf(out, err, ",\"requests\":%lld", (long long)side->requests)
                           : buffer_add_string(out, ",\"requests\":null", err)) < 0 ||
        (rate < 0 ? buffer_add_string(out, ",\"per_minute\":null", err) : buffer_printf(out, err, ",\"per_minute\":%.0f", rate)) < 0 ||
        buffer_add_string(out, ",\"counts\":[", err) < 0)
        return -1;
    for (i = 0; i < side->count_count; i++)
        if (buffer_add_string(out, i ? ",[" : "[", err) < 0 || buffer_add_json_string(out, side->counts[i].name, err) < 0 ||
            buffer_printf(out, err, ",%lld]", (long long)side->counts[i].count) < 0)
            return -1;
    return buffer_add_string(out, "]", err);
}

static int add_side(const struct live_model *m, const struct live_side *side, struct buffer *out, struct error *err)
{
    static const char *const states[] = {"starting", "running", "ended"};

    if (buffer_add_string(out, "{\"name\":", err) < 0 || buffer_add_json_string(out, side->name, err) < 0 ||
        buffer_printf(out, err, ",\"interval_s\":%g,\"state\":\"%s\"", side->interval_s, states[side->state]) < 0 ||
        add_text(out, "end", *side->end ? side->end : NULL, err) < 0 ||
        buffer_printf(out, err, ",\"waiting\":%zu,\"bound\":%zu,\"placed\":%zu", side->waiting, side->bound, side->placed) < 0 ||
        add_latencies(m, side, out, err) < 0 || add_requests(side, out, err) < 0)
        return -1;
    return buffer_add_string(out, "}", err);
}

static int add_node(const struct live_model *m, const struct live_node *node, size_t prefix, struct buffer *out, struct error *err)
{
    const char *word = node->cordoned ? "cordoned" : !node->ready ? "not ready" : node->tainted ? "tainted" : "";
    size_t i;

    if (buffer_add_string(out, "[", err) < 0 || buffer_add_json_string(out, node->name + prefix, err) < 0 ||
        buffer_printf(out, err, ",\"%s\"", word) < 0)
        return -1;
    for (i = 0; i < m->side_count; i++)
        if (buffer_printf(out, err, ",%zu", node->pods[i]) < 0)
            return -1;
    return buffer_add_string(out, "]", err);
}

static int add_nodes(const struct live_model *m, struct buffer *out, struct error *err)
{
    size_t prefix = live_model_node_prefix(m), i;

    if (buffer_add_string(out, "],\"nodes\":[", err) < 0)
        return -1;
    for (i = 0; i < m->node_there; i++)
        if ((i && buffer_add_string(out, ",", err) < 0) || add_node(m, &m->nodes[m->node_order[i]], prefix, out, err) < 0)
            return -1;
    return 0;
}

static int add_log(const struct live_model *m, struct buffer *out, struct error *err)
{
    size_t kept = m->log_count < LIVE_LOG_LINES ? m->log_count : LIVE_LOG_LINES, i;

    if (buffer_add_string(out, "],\"log\":[", err) < 0)
        return -1;
    for (i = 0; i < kept; i++) {
        const struct live_line *line = &m->log[(m->log_count - kept + i) % LIVE_LOG_LINES];

        if (buffer_printf(out, err, "%s[%.1f,", i ? "," : "", seconds_of(m, line->at_us)) < 0 ||
            buffer_add_json_string(out, line->text, err) < 0 || buffer_add_string(out, "]", err) < 0)
            return -1;
    }
    return buffer_add_string(out, "]", err);
}

int live_json_render(const struct live_model *m, const struct live_view *view, const char *ended, struct buffer *out, struct error *err)
{
    double cut_s = view->cut_until_us > view->now_us ? (double)(view->cut_until_us - view->now_us) / 1e6 : 0;
    size_t i;

    if (buffer_printf(out, err, "{\"elapsed_s\":%.2f,\"paused\":%s,\"connected\":%s,\"cut_s\":%.1f,\"can_cut\":%s,\"burst\":%d",
                      seconds_of(m, view->now_us), m->paused ? "true" : "false", m->connected ? "true" : "false", cut_s,
                      view->can_cut ? "true" : "false", view->burst) < 0 ||
        add_text(out, "where", view->where, err) < 0 || add_text(out, "workload", view->workload, err) < 0 ||
        add_text(out, "cordoned", view->cordoned, err) < 0 || add_text(out, "ended", ended, err) < 0 ||
        buffer_add_string(out, ",\"sides\":[", err) < 0)
        return -1;
    for (i = 0; i < m->side_count; i++)
        if ((i && buffer_add_string(out, ",", err) < 0) || add_side(m, &m->sides[i], out, err) < 0)
            return -1;
    if (add_nodes(m, out, err) < 0 || add_log(m, out, err) < 0)
        return -1;
    return buffer_add_string(out, "}", err);
}
