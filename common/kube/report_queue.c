#include "common/kube/report_queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *put(char *room, const char *text)
{
    size_t bytes = strlen(text) + 1;

    memcpy(room, text, bytes);
    return room + bytes;
}

static const char *get(const char **strings)
{
    const char *text = *strings;

    *strings += strlen(text) + 1;
    return text;
}

struct report_item *report_item_new(const struct report *report, unsigned serial)
{
    const char *text = report->kind == REPORT_SERIES ? report->event_name : report->text;
    size_t bytes = strlen(report->namespace_) + strlen(report->name) + strlen(report->uid) + strlen(text) + strlen(report->reason) + 5;
    struct report_item *item = malloc(sizeof *item + bytes);

    if (!item)
        return NULL;
    *item = (struct report_item){.wall_us = report->wall_us, .count = report->count, .serial = serial, .kind = (unsigned char)report->kind};
    put(put(put(put(put(item->strings, report->namespace_), report->name), report->uid), text), report->reason);
    return item;
}

void report_item_read(const struct report_item *item, char *event_name, struct report *report)
{
    const char *strings = item->strings;

    *report = (struct report){.kind = (enum report_kind)item->kind, .wall_us = item->wall_us, .count = item->count};
    report->namespace_ = get(&strings);
    report->name = get(&strings);
    report->uid = get(&strings);
    report->text = get(&strings);
    report->reason = get(&strings);
    report->event_name = event_name;
    if (report->kind == REPORT_SERIES) {
        report->event_name = report->text;
        report->text = "";
    } else {
        report_event_name(report->name, report->wall_us, item->serial, event_name);
    }
}

void report_event_name(const char *pod, int64_t wall_us, unsigned serial, char *out)
{
    size_t length = report_cut(pod, REPORT_EVENT_NAME_BYTES - 18);

    while (length && (pod[length - 1] == '.' || pod[length - 1] == '-')) /* a name of an object may not have them before a dot */
        length--;
    snprintf(out, REPORT_EVENT_NAME_BYTES, "%.*s.%016" PRIx64, (int)length, pod, (uint64_t)wall_us * 1000 + serial % 1000);
}

void report_list_add_last(struct report_list *list, struct report_item *item)
{
    item->next = NULL;
    item->previous = list->last;
    *(list->last ? &list->last->next : &list->first) = item;
    list->last = item;
    list->count++;
}

void report_list_add_first(struct report_list *list, struct report_item *item)
{
    item->previous = NULL;
    item->next = list->first;
    *(list->first ? &list->first->previous : &list->last) = item;
    list->first = item;
    list->count++;
}

void report_list_remove(struct report_list *list, struct report_item *item)
{
    *(item->previous ? &item->previous->next : &list->first) = item->next;
    *(item->next ? &item->next->previous : &list->last) = item->previous;
    list->count--;
}
