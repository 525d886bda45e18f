#include "compare/live_requests.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/json_peek.h"

#define EVERY_US 1000000
#define EAGER_US 100000 /* while a scheduler starts: its first request is awaited */
#define CALL_MS 3000L

enum { LISTS, WATCHES, GETS, BINDS, EVENTS, OTHERS, KINDS };

static const char *const kind_names[KINDS] = {"list", "watch", "get", "bind", "event", "other"};

void live_requests_init(struct live_requests *r, struct live_http *http, struct live_model *m, const int *ports)
{
    size_t i, kind;

    memset(r, 0, sizeof *r);
    r->http = http;
    r->m = m;
    r->ports = ports;
    for (i = 0; i < m->side_count; i++) {
        r->sides[i] = (struct live_requests_side){r, i};
        for (kind = 0; kind < KINDS; kind++)
            snprintf(r->counts[i][kind].name, sizeof r->counts[i][kind].name, "%s", kind_names[kind]);
    }
}

/* ---- the simulator's log ---- */

static int kind_of(const char *line)
{
    struct json_piece verb = json_peek(line, "verb"), resource = json_peek(line, "resource");

    if (json_piece_is(verb, "\"list\""))
        return LISTS;
    if (json_piece_is(verb, "\"watch\""))
        return WATCHES;
    if (json_piece_is(verb, "\"get\""))
        return GETS;
    if (json_piece_is(json_peek(line, "subresource"), "\"binding\""))
        return BINDS;
    return json_piece_is(resource, "\"events\"") ? EVENTS : OTHERS;
}

static void take_line(struct live_requests *r, const char *line)
{
    struct json_piece number = json_peek(line, "n"), user;
    unsigned long long n = number.at ? strtoull(number.at, NULL, 10) : 0;
    size_t i;

    if (n <= r->seen || !json_peek_string(json_peek(line, "user"), &user))
        return;
    r->seen = n;
    for (i = 0; i < r->m->side_count; i++)
        if (strlen(r->m->sides[i].name) == user.bytes && !memcmp(r->m->sides[i].name, user.at, user.bytes))
            r->counts[i][kind_of(line)].count++;
}

void live_requests_take_log(struct live_requests *r, const char *lines, int64_t at_us)
{
    size_t i;

    while (lines && *lines) {
        take_line(r, lines);
        lines = strchr(lines, '\n');
        lines += lines != NULL;
    }
    for (i = 0; i < r->m->side_count; i++)
        live_model_requests(r->m, i, r->counts[i], KINDS, at_us);
}

/* ---- a scheduler's own page ---- */

void live_requests_take_page(struct live_requests *r, size_t side, const char *page, int64_t at_us)
{
    struct live_count counts[LIVE_COUNTS_MAX];
    static const char metric[] = "rest_client_requests_total{";
    size_t count = 0, i;

    for (; page && *page; page = strchr(page, '\n'), page += page != NULL) {
        const char *method, *value;
        size_t bytes;

        if (strncmp(page, metric, sizeof metric - 1) || !(method = strstr(page, "method=\"")) || !(value = strstr(method, "} ")))
            continue;
        method += strlen("method=\"");
        bytes = strcspn(method, "\"");
        for (i = 0; i < count && (strlen(counts[i].name) != bytes || strncmp(counts[i].name, method, bytes)); i++)
            ;
        if (i == LIVE_COUNTS_MAX)
            continue;
        if (i == count) {
            counts[count++].count = 0;
            snprintf(counts[i].name, sizeof counts[i].name, "%.*s", (int)bytes, method);
        }
        counts[i].count += (int64_t)strtod(value + 2, NULL);
    }
    if (count)
        live_model_requests(r->m, side, counts, count, at_us);
}

/* ---- asking ---- */

static void on_log(void *ctx, const struct live_answer *answer)
{
    struct live_requests *r = ctx;

    r->asked[0] = false;
    if (answer->status == 200)
        live_requests_take_log(r, answer->body, answer->at_us);
}

static void on_page(void *ctx, const struct live_answer *answer)
{
    struct live_requests_side *side = ctx;

    side->requests->asked[side->side] = false;
    if (answer->status == 200)
        live_requests_take_page(side->requests, side->side, answer->body, answer->at_us);
}

static int ask_side(struct live_requests *r, size_t side, struct error *err)
{
    char target[96];
    struct live_call call = {.method = "GET", .target = target, .timeout_ms = CALL_MS};

    if (r->asked[side] || r->m->sides[side].state == LIVE_ENDED)
        return 0;
    snprintf(target, sizeof target, "http://127.0.0.1:%d/metrics", r->ports[side]);
    call.on_done = on_page;
    call.ctx = &r->sides[side];
    r->asked[side] = true;
    return live_http_send(r->http, &call, err);
}

static int ask_simulator(struct live_requests *r, struct error *err)
{
    char target[64];
    struct live_call call = {.method = "GET", .target = target, .timeout_ms = CALL_MS, .on_done = on_log, .ctx = r};

    if (r->asked[0])
        return 0;
    snprintf(target, sizeof target, "/simulator/requests?after=%llu", r->seen);
    r->asked[0] = true;
    return live_http_send(r->http, &call, err);
}

int live_requests_turn(struct live_requests *r, int64_t now_us, struct error *err)
{
    size_t i;

    if (now_us < r->next_us)
        return 0;
    r->next_us = now_us + EVERY_US;
    for (i = 0; i < r->m->side_count; i++)
        if (r->m->sides[i].state == LIVE_STARTING)
            r->next_us = now_us + EAGER_US;
    if (!r->ports)
        return ask_simulator(r, err);
    for (i = 0; i < r->m->side_count; i++)
        if (ask_side(r, i, err) < 0)
            return -1;
    return 0;
}
