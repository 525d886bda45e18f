/*
 * admin.c: what the simulator offers beside the API: fault plans, compaction, what it saw.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/exchange.h"

static int page(struct sim_response *response, int status, const char *text, struct error *err)
{
    response->status = status;
    response->content_type = "text/plain; charset=utf-8";
    return buffer_add_string(&response->body, text, err);
}

static int set_faults(struct exchange_host *host, const char *plan, struct sim_response *response, struct error *err)
{
    struct error wrong = ERROR_INIT;

    if (sim_set_faults(host->sim, plan && *plan ? plan : NULL, &wrong) == 0)
        return page(response, 200, "ok\n", err);
    if (wrong.kind == ERROR_NO_MEMORY)
        return error_no_memory(err);
    return page(response, 400, wrong.text, err) < 0 || buffer_add_string(&response->body, "\n", err) < 0 ? -1 : 0;
}

static int show_requests(struct exchange_host *host, const char *query, struct sim_response *response, struct error *err)
{
    uint64_t after = strncmp(query, "?after=", 7) == 0 ? strtoull(query + 7, NULL, 10) : 0;

    response->status = 200;
    response->content_type = "application/x-ndjson";
    return request_log_render(host->log, after, &response->body, err);
}

static int show_metrics(struct exchange_host *host, struct sim_response *response, struct error *err)
{
    response->status = 200;
    response->content_type = "text/plain; version=0.0.4; charset=utf-8";
    return sim_metrics(host->sim, &response->body, err);
}

#define OUTAGE_MOST_MS 600000

static int begin_outage(struct exchange_host *host, const char *query, struct sim_response *response, struct error *err)
{
    long ms = strncmp(query, "?ms=", 4) == 0 ? strtol(query + 4, NULL, 10) : 0;

    if (ms < 1 || ms > OUTAGE_MOST_MS)
        return page(response, 400, "expected ?ms=1 to 600000\n", err);
    host->outage_ms = ms;
    return page(response, 200, "ok\n", err);
}

static bool is(const char *target, size_t bytes, const char *path)
{
    return strlen(path) == bytes && strncmp(target, path, bytes) == 0;
}

static int dispatch(struct exchange_host *host, const char *method, const char *target, const char *body, struct sim_response *response,
                    struct error *err)
{
    size_t bytes = strcspn(target, "?");
    bool get = strcmp(method, "GET") == 0, post = strcmp(method, "POST") == 0;

    if (get && is(target, bytes, "/metrics"))
        return show_metrics(host, response, err);
    if (get && is(target, bytes, "/simulator/requests"))
        return show_requests(host, target + bytes, response, err);
    if (post && is(target, bytes, "/simulator/faults"))
        return set_faults(host, body, response, err);
    if (post && is(target, bytes, "/simulator/compact")) {
        sim_compact(host->sim);
        return page(response, 200, "ok\n", err);
    }
    if (post && is(target, bytes, "/simulator/close-watches")) {
        sim_close_watches(host->sim);
        return page(response, 200, "ok\n", err);
    }
    if (post && is(target, bytes, "/simulator/outage"))
        return begin_outage(host, target + bytes, response, err);
    return page(response, 404,
                "there are POST /simulator/faults, /simulator/compact, /simulator/close-watches, /simulator/outage, GET "
                "/simulator/requests, /metrics\n",
                err);
}

int admin_handle(struct exchange_host *host, const char *method, const char *target, const char *body, struct sim_response *response,
                 struct error *err)
{
    if (strncmp(target, "/simulator/", 11) != 0 && !is(target, strcspn(target, "?"), "/metrics"))
        return 0;
    response->fault.cut_at_byte = -1;
    buffer_init(&response->body, LIMIT_LIST_BYTES);
    return dispatch(host, method, target, body, response, err) < 0 ? -1 : 1;
}
