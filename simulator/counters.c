/*
 * counters.c: one series for each set of labels, found by hash; sorted only when the page is asked for.
 */
#include "simulator/counters.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 8, FIRST_SIZE = 64 };

static const struct {
    const char *le;
    int64_t us;
} bounds[BUCKETS] = {{"0.001", 1000}, {"0.005", 5000}, {"0.025", 25000}, {"0.1", 100000},
                     {"0.4", 400000}, {"1", 1000000},  {"5", 5000000},   {"+Inf", INT64_MAX}};

enum kind { REQUESTS, DURATION, LONGRUNNING };

/* `labels` is the text between the braces, ready to print, so that sorting and printing need nothing else */
struct series {
    enum kind kind;
    uint64_t hash;
    int64_t value; /* of a counter or gauge; of a histogram: how many */
    int64_t sum_us;
    int64_t buckets[BUCKETS];
    char labels[];
};

struct counters {
    struct series **slots; /* open addressing, size a power of two */
    size_t size, used;
};

struct counters *counters_new(struct error *err)
{
    struct counters *c = calloc(1, sizeof *c);

    if (c)
        c->slots = calloc(FIRST_SIZE, sizeof *c->slots);
    if (!c || !c->slots) {
        free(c);
        error_no_memory(err);
        return NULL;
    }
    c->size = FIRST_SIZE;
    return c;
}

void counters_free(struct counters *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < c->size; i++)
        free(c->slots[i]);
    free(c->slots);
    free(c);
}

static uint64_t hash_of(enum kind kind, const char *labels)
{
    uint64_t h = 14695981039346656037u ^ (uint64_t)kind;

    for (; *labels; labels++)
        h = (h ^ (unsigned char)*labels) * 1099511628211u;
    return h;
}

static bool grow(struct counters *c)
{
    size_t size = c->size * 2;
    struct series **slots = calloc(size, sizeof *slots);

    if (!slots)
        return false;
    for (size_t i = 0; i < c->size; i++) {
        size_t at;

        if (!c->slots[i])
            continue;
        for (at = c->slots[i]->hash & (size - 1); slots[at];)
            at = (at + 1) & (size - 1);
        slots[at] = c->slots[i];
    }
    free(c->slots);
    c->slots = slots;
    c->size = size;
    return true;
}

/* the series, made when it is new; NULL without memory */
static struct series *series_of(struct counters *c, enum kind kind, const struct buffer *labels)
{
    uint64_t hash = hash_of(kind, labels->data);
    struct series *s;
    size_t at;

    if (c->used * 2 >= c->size && !grow(c))
        return NULL;
    for (at = hash & (c->size - 1); (s = c->slots[at]); at = (at + 1) & (c->size - 1))
        if (s->hash == hash && s->kind == kind && strcmp(s->labels, labels->data) == 0)
            return s;
    s = calloc(1, sizeof *s + labels->bytes + 1);
    if (!s)
        return NULL;
    s->kind = kind;
    s->hash = hash;
    memcpy(s->labels, labels->data, labels->bytes + 1);
    c->slots[at] = s;
    c->used++;
    return s;
}

/* as the real server names them: HTTP's word for a write, its own for a read of many */
static void verb_label(const char *verb, char *out, size_t size)
{
    static const char *const names[][2] = {{"create", "POST"}, {"update", "PUT"}};
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(verb, names[i][0]) == 0)
            verb = names[i][1];
    for (i = 0; verb[i] && i + 1 < size; i++)
        out[i] = (char)toupper((unsigned char)verb[i]);
    out[i] = '\0';
}

struct request {
    const char *verb, *group, *version, *resource, *subresource, *scope;
    int code;
};

static const char *text(const char *s)
{
    return s ? s : "";
}

/* name="value" pairs in the order of their names, as the Prometheus library of the real server writes them */
static int add_label(struct buffer *b, const char *name, const char *value, struct error *err)
{
    static const struct {
        char c;
        const char *escape;
    } escapes[] = {{'\\', "\\\\"}, {'"', "\\\""}, {'\n', "\\n"}};

    if (buffer_printf(b, err, "%s%s=\"", b->bytes ? "," : "", name) < 0)
        return -1;
    for (; *value; value++) {
        const char *escape = NULL;

        for (size_t i = 0; i < 3; i++)
            if (escapes[i].c == *value)
                escape = escapes[i].escape;
        if (buffer_add(b, escape ? escape : value, escape ? 2 : 1, err) < 0)
            return -1;
    }
    return buffer_add(b, "\"", 1, err);
}

static int add_labels(struct buffer *b, enum kind kind, const struct request *r, struct error *err)
{
    char verb[24], code[16];

    verb_label(text(r->verb), verb, sizeof verb);
    snprintf(code, sizeof code, "%d", r->code);
    if ((kind == REQUESTS && add_label(b, "code", code, err) < 0) ||
        add_label(b, "component", *text(r->resource) ? "apiserver" : "", err) < 0 ||
        (kind != LONGRUNNING && add_label(b, "dry_run", "", err) < 0) || add_label(b, "group", text(r->group), err) < 0 ||
        add_label(b, "resource", text(r->resource), err) < 0 || add_label(b, "scope", text(r->scope), err) < 0 ||
        add_label(b, "subresource", text(r->subresource), err) < 0 || add_label(b, "verb", verb, err) < 0)
        return -1;
    return add_label(b, "version", text(r->version), err);
}

static struct series *find(struct counters *c, enum kind kind, const struct request *r)
{
    struct error err = ERROR_INIT;
    struct buffer labels;
    struct series *s = NULL;

    buffer_init(&labels, 4096);
    if (add_labels(&labels, kind, r, &err) == 0)
        s = series_of(c, kind, &labels);
    buffer_free(&labels);
    return s;
}

void counters_request(struct counters *c, const char *verb, const char *group, const char *version, const char *resource,
                      const char *subresource, const char *scope, int code, int64_t duration_us)
{
    struct request r = {verb, group, version, resource, subresource, scope, code};
    struct series *s = find(c, REQUESTS, &r);

    if (s)
        s->value++;
    s = find(c, DURATION, &r);
    if (!s)
        return;
    s->value++;
    s->sum_us += duration_us;
    for (size_t i = 0; i < BUCKETS; i++)
        s->buckets[i] += duration_us <= bounds[i].us;
}

void counters_longrunning(struct counters *c, const char *verb, const char *group, const char *version, const char *resource,
                          const char *subresource, const char *scope, int delta)
{
    struct request r = {verb, group, version, resource, subresource, scope, 0};
    struct series *s = find(c, LONGRUNNING, &r);

    if (s)
        s->value += delta;
}

static int compare_series(const void *a, const void *b)
{
    const struct series *x = *(struct series *const *)a, *y = *(struct series *const *)b;

    return x->kind != y->kind ? (x->kind < y->kind ? -1 : 1) : strcmp(x->labels, y->labels);
}

static int render_histogram(const char *name, const struct series *s, struct buffer *out, struct error *err)
{
    for (size_t i = 0; i < BUCKETS; i++)
        if (buffer_printf(out, err, "%s_bucket{%s,le=\"%s\"} %" PRId64 "\n", name, s->labels, bounds[i].le, s->buckets[i]) < 0)
            return -1;
    return buffer_printf(out, err, "%s_sum{%s} %" PRId64 ".%06d\n%s_count{%s} %" PRId64 "\n", name, s->labels, s->sum_us / 1000000,
                         (int)(s->sum_us % 1000000), name, s->labels, s->value);
}

static int render_kind(enum kind kind, struct series *const *sorted, size_t count, struct buffer *out, struct error *err)
{
    static const struct {
        const char *name, *type, *help;
    } metrics[] = {
        [REQUESTS] = {"apiserver_request_total", "counter", "Requests answered, by what they asked for and the status code."},
        [DURATION] = {"apiserver_request_duration_seconds", "histogram", "Time to answer a request; of a watch, how long it was open."},
        [LONGRUNNING] = {"apiserver_longrunning_requests", "gauge", "Watches open now."},
    };

    if (buffer_printf(out, err, "# HELP %s %s\n# TYPE %s %s\n", metrics[kind].name, metrics[kind].help, metrics[kind].name,
                      metrics[kind].type) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        if (sorted[i]->kind != kind)
            continue;
        if (kind == DURATION ? render_histogram(metrics[kind].name, sorted[i], out, err) < 0
                             : buffer_printf(out, err, "%s{%s} %" PRId64 "\n", metrics[kind].name, sorted[i]->labels, sorted[i]->value) < 0)
            return -1;
    }
    return 0;
}

int counters_render(const struct counters *c, struct buffer *out, struct error *err)
{
    struct series **sorted = malloc((c->used + 1) * sizeof(*sorted));
    size_t count = 0;
    int ret = -1;

    if (!sorted)
        return error_no_memory(err);
    for (size_t i = 0; i < c->size; i++)
        if (c->slots[i])
            sorted[count++] = c->slots[i];
    qsort(sorted, count, sizeof(*sorted), compare_series);
    for (int kind = REQUESTS; kind <= LONGRUNNING; kind++)
        if (render_kind((enum kind)kind, sorted, count, out, err) < 0)
            goto cleanup;
    ret = 0;
cleanup:
    free(sorted);
    return ret;
}
