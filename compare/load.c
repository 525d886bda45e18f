#include "compare/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS "apiserver_request_total{"
#define OPEN_NOW "apiserver_longrunning_requests{"

static const struct {
    const char *name, *verb, *resource;
} kinds[LOAD_KINDS] = {[LOAD_PODS_LIST] = {"list pods", "list", "pods"},
                       [LOAD_NODES_LIST] = {"list nodes", "list", "nodes"},
                       [LOAD_PODS_WATCH] = {"watch pods", "watch", "pods"},
                       [LOAD_NODES_WATCH] = {"watch nodes", "watch", "nodes"},
                       [LOAD_PODS_GET] = {"get pod", "get", "pods"},
                       [LOAD_BIND] = {"bind", "create", "pods/binding"},
                       [LOAD_BIND_REFUSED] = {"bind refused", "create refused", "pods/binding"},
                       [LOAD_STATUS] = {"pod status", "*", "pods/status"},
                       [LOAD_EVENTS] = {"write event", "*", "events"},
                       [LOAD_PODS_CREATE] = {"create pod", "create", "pods"},
                       [LOAD_PODS_DELETE] = {"delete pod", "delete", "pods"},
                       [LOAD_NODES_OTHER] = {"other of nodes", "*", "nodes"}};

const char *load_kind_name(enum load_kind kind)
{
    return kinds[kind].name;
}

const char *load_kind_verb(enum load_kind kind)
{
    return kinds[kind].verb;
}

const char *load_kind_resource(enum load_kind kind)
{
    return kinds[kind].resource;
}

static bool is_one_of(const char *word, const char *a, const char *b)
{
    return !strcmp(word, a) || !strcmp(word, b);
}

static int classify_pods(const char *verb, const char *subresource)
{
    if (!strcmp(subresource, "binding"))
        return LOAD_BIND;
    if (!strcmp(subresource, "status"))
        return LOAD_STATUS;
    if (*subresource)
        return -1;
    if (!strcmp(verb, "LIST"))
        return LOAD_PODS_LIST;
    if (is_one_of(verb, "WATCH", "WATCHLIST"))
        return LOAD_PODS_WATCH;
    if (!strcmp(verb, "GET"))
        return LOAD_PODS_GET;
    if (!strcmp(verb, "POST"))
        return LOAD_PODS_CREATE;
    return is_one_of(verb, "DELETE", "DELETECOLLECTION") ? LOAD_PODS_DELETE : -1;
}

int load_classify(const char *verb, const char *resource, const char *subresource)
{
    if (!strcmp(resource, "pods"))
        return classify_pods(verb, subresource);
    if (!strcmp(resource, "events"))
        return is_one_of(verb, "POST", "PATCH") || !strcmp(verb, "PUT") ? LOAD_EVENTS : -1;
    if (strcmp(resource, "nodes"))
        return -1;
    if (!strcmp(verb, "LIST"))
        return LOAD_NODES_LIST;
    return is_one_of(verb, "WATCH", "WATCHLIST") ? LOAD_NODES_WATCH : LOAD_NODES_OTHER;
}

/* copies the next part of a path into word and returns what follows it */
static const char *next_part(const char *path, char *word, size_t size)
{
    size_t length;

    path += *path == '/';
    length = strcspn(path, "/?");
    snprintf(word, size, "%.*s", (int)length, path);
    return path + length;
}

void load_count_request(struct load *load, const char *method, const char *target)
{
    char part[4][64] = {""}, *resource = part[0], *name = part[1], *subresource = part[2];
    bool watch = strstr(target, "watch=true") != NULL;
    const char *verb = method;
    int kind;

    if (strncmp(target, "/api/v1/", 8))
        return;
    target = next_part(target + 8, resource, sizeof part[0]);
    if (!strcmp(resource, "namespaces") && *target == '/') {
        target = next_part(target, part[3], sizeof part[3]);
        target = next_part(target, resource, sizeof part[0]);
    }
    target = next_part(target, name, sizeof part[1]);
    next_part(target, subresource, sizeof part[2]);
    if (!strcmp(method, "GET") && !*name)
        verb = watch ? "WATCH" : "LIST";
    kind = load_classify(verb, resource, subresource);
    if (kind >= 0)
        load->count[kind]++;
}

/* the value of a label in `labels` (up to its closing brace), "" when there is none */
static void read_label(const char *labels, const char *end, const char *name, char *value, size_t size)
{
    size_t length = strlen(name);
    const char *at = labels;

    *value = '\0';
    while (at < end && (at = strstr(at, name)) != NULL && at < end) {
        bool whole = (at == labels || at[-1] == ',') && !strncmp(at + length, "=\"", 2);

        at += length;
        if (!whole)
            continue;
        at += 2;
        snprintf(value, size, "%.*s", (int)strcspn(at, "\""), at);
        return;
    }
}

/* adds the value of a line of `metric` to its kind; false when the line is of another metric */
static bool parse_line(const char *line, const char *metric, struct load *load)
{
    const char *labels = line + strlen(metric), *end;
    char verb[32], resource[64], subresource[64], code[16];
    int kind;

    if (strncmp(line, metric, strlen(metric)))
        return false;
    end = strchr(labels, '}');
    if (!end)
        return true;
    read_label(labels, end, "verb", verb, sizeof verb);
    read_label(labels, end, "resource", resource, sizeof resource);
    read_label(labels, end, "subresource", subresource, sizeof subresource);
    read_label(labels, end, "code", code, sizeof code);
    kind = load_classify(verb, resource, subresource);
    if (kind >= 0)
        load->count[kind] += (int64_t)strtod(end + 1, NULL);
    if (kind == LOAD_BIND && !strcmp(code, "409"))
        load->count[LOAD_BIND_REFUSED] += (int64_t)strtod(end + 1, NULL);
    return true;
}

int load_parse_metrics(const char *text, struct load *load, struct error *err)
{
    struct load read = {{0}}, open = {{0}};
    bool any = false;

    while (text && *text) {
        if (parse_line(text, REQUESTS, &read))
            any = true;
        else
            parse_line(text, OPEN_NOW, &open);
        text = strchr(text, '\n');
        text += text != NULL;
    }
    if (!any)
        return error_set(err, ERROR_RUNTIME, "/metrics of the API server has no apiserver_request_total");
    read.count[LOAD_PODS_WATCH] += open.count[LOAD_PODS_WATCH];
    read.count[LOAD_NODES_WATCH] += open.count[LOAD_NODES_WATCH];
    *load = read;
    return 0;
}

bool load_between(const struct load *before, const struct load *after, const struct load *own_before, const struct load *own_after,
                  struct load *out)
{
    int kind;

    for (kind = 0; kind < LOAD_KINDS; kind++) {
        out->count[kind] = after->count[kind] - before->count[kind] - (own_after->count[kind] - own_before->count[kind]);
        if (out->count[kind] < 0)
            return false;
    }
    return true;
}

void load_add(struct load *sum, const struct load *part)
{
    int kind;

    for (kind = 0; kind < LOAD_KINDS; kind++)
        sum->count[kind] += part->count[kind];
}

int64_t load_sum(const struct load *load)
{
    int64_t sum = 0;
    int kind;

    for (kind = 0; kind < LOAD_KINDS; kind++)
        if (kind != LOAD_PODS_CREATE && kind != LOAD_PODS_DELETE && kind != LOAD_BIND_REFUSED)
            sum += load->count[kind];
    return sum;
}

int64_t load_watches(const struct load *load)
{
    return load->count[LOAD_PODS_WATCH] + load->count[LOAD_NODES_WATCH];
}
