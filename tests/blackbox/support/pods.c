/*
 * pods.c: what the API server says of a case's pods, see api.h.
 */
#include <stdio.h>
#include <string.h>

#include "tests/blackbox/support/api.h"

json_t *get_pod(struct lab *lab, const char *name)
{
    json_t *pod = NULL;
    int status = api_try(lab, "GET", textf("/api/v1/namespaces/%s/pods/%s", lab->id, name), NULL, &pod);

    if (status == 404) {
        json_decref(pod);
        return NULL;
    }
    REQUIRE(status == 200, "GET of pod %s: status %d: %s", name, status, member(pod, "message"));
    return pod;
}

const char *text_of(struct lab *lab, const char *name, const char *path)
{
    json_t *pod = get_pod(lab, name);
    const char *value = textf("%s", member(pod, path));

    json_decref(pod);
    return value;
}

const char *node_of(struct lab *lab, const char *name)
{
    return text_of(lab, name, "spec.nodeName");
}

const char *uid_of(struct lab *lab, const char *name)
{
    return text_of(lab, name, "metadata.uid");
}

const char *version_of(struct lab *lab, const char *name)
{
    return text_of(lab, name, "metadata.resourceVersion");
}

json_t *list_pods(struct lab *lab)
{
    return list_items(lab, textf("/api/v1/namespaces/%s/pods", lab->id));
}

static size_t count_where(struct lab *lab, const char *selector)
{
    json_t *items = list_items(lab, textf("/api/v1/namespaces/%s/pods?fieldSelector=%s", lab->id, selector));
    size_t count = json_array_size(items);

    json_decref(items);
    return count;
}

size_t count_on(struct lab *lab, const char *node)
{
    return count_where(lab, textf("spec.nodeName%%3D%s", node));
}

size_t count_bound(struct lab *lab)
{
    return count_where(lab, "spec.nodeName!%3D");
}

void count_each(struct lab *lab, size_t *counts)
{
    json_t *pods = list_pods(lab), *pod;
    size_t i, n;

    memset(counts, 0, lab->nodes * sizeof *counts);
    json_array_foreach(pods, i, pod) for (n = 0; n < lab->nodes; n++) counts[n] += !strcmp(member(pod, "spec.nodeName"), lab->node[n]);
    json_decref(pods);
}

const char *condition_in(const json_t *pod, const char *type)
{
    const json_t *condition;
    const char *found = "";
    size_t i;

    json_array_foreach(json_object_get(json_object_get(pod, "status"), "conditions"), i, condition)
    {
        if (!strcmp(member(condition, "type"), type))
            found = textf("%s|%s|%s", member(condition, "status"), member(condition, "reason"), member(condition, "message"));
    }
    return found;
}

const char *condition_of(struct lab *lab, const char *name, const char *type)
{
    json_t *pod = get_pod(lab, name);
    const char *found = condition_in(pod, type);

    json_decref(pod);
    return found;
}

const char *pod_scheduled(struct lab *lab, const char *name)
{
    return condition_of(lab, name, "PodScheduled");
}

json_t *events_of(struct lab *lab, const char *pod, const char *reason)
{
    json_t *events = list_items(lab, textf("/apis/events.k8s.io/v1/namespaces/%s/events", lab->id)), *event, *found = json_array();
    size_t i;

    json_array_foreach(events, i, event)
    {
        if (!strcmp(member(event, "regarding.name"), pod) && !strcmp(member(event, "reason"), reason))
            json_array_append(found, event);
    }
    json_decref(events);
    return found;
}

size_t count_events(struct lab *lab, const char *pod, const char *reason)
{
    json_t *events = events_of(lab, pod, reason);
    size_t count = json_array_size(events);

    json_decref(events);
    return count;
}

/* "… Bound NS/POD -> NODE" and "… bind OK NS/POD -> NODE (attempt=N)" */
static void check_line(const char *line, const json_t *nodes, const char *mark)
{
    const char *pod = strstr(line, mark), *arrow = strstr(line, " -> ");
    char name[64], node[128];
    const char *is;

    if (!pod || !arrow)
        return;
    pod += strlen(mark);
    snprintf(name, sizeof name, "%.*s", (int)(arrow - pod), pod);
    snprintf(node, sizeof node, "%.*s", (int)strcspn(arrow + 4, " \n"), arrow + 4);
    is = member(nodes, name);
    REQUIRE(!strcmp(is, node), "it says that %s is on %s, and it is on \"%s\"", name, node, is);
}

void lines_are_true(struct lab *lab, const struct process *scheduler)
{
    json_t *pods = list_pods(lab), *nodes = json_object(), *pod;
    const char *bound = textf("] Bound %s/", lab->id), *ok = textf("] bind OK %s/", lab->id);
    size_t i;

    json_array_foreach(pods, i, pod) json_object_set_new(nodes, member(pod, "metadata.name"), json_string(member(pod, "spec.nodeName")));
    for (const char *line = process_text(scheduler->out); line && *line; line = strchr(line, '\n'), line += line != NULL) {
        const char *one = textf("%.*s", (int)strcspn(line, "\n"), line);

        check_line(one, nodes, bound);
        check_line(one, nodes, ok);
    }
    json_decref(nodes);
    json_decref(pods);
}
