#include "tests/blackbox/support/requests.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "tests/blackbox/support/api.h"

#define PAGE_MAX ((size_t)256 << 20)
#define PARTS_MAX 8

static void fetch(struct lab *lab, const char *target, struct buffer *page)
{
    struct error err = ERROR_INIT;

    buffer_init(page, PAGE_MAX);
    REQUIRE(api_client_need(lab->client, "GET", target, NULL, page, &err) == 0, "%s", err.text);
    REQUIRE(buffer_add_string(page, "", &err) == 0, "%s", err.text);
}

/* calls visit for each line of the log that a scheduler of ours, explain or doctor caused */
static void each_request(struct lab *lab, void (*visit)(void *ctx, const char *line), void *ctx)
{
    struct buffer page;
    char *line, *end;

    fetch(lab, "/simulator/requests", &page);
    for (line = page.data; line && *line; line = end + 1) {
        end = strchr(line, '\n');
        if (!end)
            break;
        *end = '\0';
        if (strstr(line, "\"user_agent\":\"polling-scheduler/") || strstr(line, "\"user_agent\":\"watch-scheduler/") ||
            strstr(line, "\"user_agent\":\"explain/") || strstr(line, "\"user_agent\":\"doctor/"))
            visit(ctx, line);
    }
    buffer_free(&page);
}

/* the metric's word for the log's */
static const char *metric_verb(const char *verb)
{
    static const char *const words[][2] = {{"list", "LIST"},  {"watch", "WATCH"}, {"create", "POST"},  {"get", "GET"},
                                           {"update", "PUT"}, {"patch", "PATCH"}, {"delete", "DELETE"}};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (!strcmp(words[i][0], verb))
            return words[i][1];
    return verb;
}

static void count_line(void *ctx, const char *line)
{
    struct load *load = ctx;
    json_t *json = json_loads(line, 0, NULL);
    int kind = load_classify(metric_verb(member(json, "verb")), member(json, "resource"), member(json, "subresource"));

    if (kind >= 0)
        load->count[kind]++;
    json_decref(json);
}

struct load requests_so_far(struct lab *lab)
{
    struct error err = ERROR_INIT;
    struct load load = {{0}};
    const struct load *own;
    struct buffer page;

    if (lab->server == SIMULATOR) {
        each_request(lab, count_line, &load);
        return load;
    }
    fetch(lab, "/metrics", &page);
    REQUIRE(load_parse_metrics(page.data, &load, &err) == 0, "%s", err.text);
    buffer_free(&page);
    own = api_client_own_load(lab->client);
    for (int kind = 0; kind < LOAD_KINDS; kind++)
        load.count[kind] -= own->count[kind];
    return load;
}

long requests_between(const struct load *before, const struct load *after, enum load_kind kind)
{
    return (long)(after->count[kind] - before->count[kind]);
}

bool requests_are_ours(const struct lab *lab)
{
    return lab->server != CLUSTER;
}

struct search {
    const char *part[PARTS_MAX];
    long found;
};

static void match_line(void *ctx, const char *line)
{
    struct search *search = ctx;

    for (size_t i = 0; search->part[i]; i++)
        if (!strstr(line, search->part[i]))
            return;
    search->found++;
}

long requests_with(struct lab *lab, ...)
{
    struct search search = {{NULL}, 0};
    size_t n = 0;
    va_list args;

    va_start(args, lab);
    while (n < PARTS_MAX - 1 && (search.part[n] = va_arg(args, const char *)))
        n++;
    va_end(args);
    each_request(lab, match_line, &search);
    return search.found;
}

/* ---- Bindings ---- */

#define AUDIT "LAB_AUDIT" /* the file of the audit log */

bool bindings_are_known(const struct lab *lab)
{
    return lab->server == SIMULATOR || getenv(AUDIT);
}

/* one line of the audit log: a Binding of this pod that was taken */
static bool took_binding(struct lab *lab, const char *line, size_t bytes, const char *pod)
{
    json_t *event = json_loadb(line, bytes, 0, NULL);
    bool took = !strcmp(member(event, "verb"), "create") && !strcmp(member(event, "objectRef.subresource"), "binding") &&
                !strcmp(member(event, "objectRef.namespace"), lab->id) && !strcmp(member(event, "objectRef.name"), pod) &&
                json_integer_value(json_object_get(json_object_get(event, "responseStatus"), "code")) == 201;

    json_decref(event);
    return took;
}

long bindings_of(struct lab *lab, const char *pod)
{
    const char *name = textf("\"name\":\"%s\"", pod), *log, *at, *line, *end;
    long count = 0;

    if (lab->server == SIMULATOR)
        return requests_with(lab, "\"verb\":\"create\"", "\"subresource\":\"binding\"", name, "\"code\":201", NULL);
    REQUIRE(getenv(AUDIT), "no " AUDIT);
    log = process_text(getenv(AUDIT));
    for (at = strstr(log, name); at; at = strstr(end, name)) {
        for (line = at; line > log && line[-1] != '\n'; line--)
            ;
        end = at + strcspn(at, "\n");
        count += took_binding(lab, line, (size_t)(end - line), pod);
    }
    return count;
}
