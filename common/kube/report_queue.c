#include "common/kube/report_queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/report_words.h"

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

#define MAX_STRINGS 9

/* in the order of report_item.strings; returns how many */
static size_t strings_of(const struct report *report, const char *strings[MAX_STRINGS])
{
    const char *all[MAX_STRINGS] = {report->uid,
                                    report->namespace_,
                                    report->name,
                                    report->kind == REPORT_SERIES ? report->event_name : report->text,
                                    report->kind == REPORT_STATUS ? report->reason : NULL,
                                    report->kind == REPORT_STATUS ? report->node : NULL};
    size_t count = 0;

    if (report->kind == REPORT_PREEMPTED) {
        all[6] = report->cause_namespace;
        all[7] = report->cause_name;
        all[8] = report->cause_uid;
    }
    for (size_t i = 0; i < MAX_STRINGS; i++)
        if (all[i])
            strings[count++] = all[i];
    return count;
}

struct report_item *report_item_new(const struct report *report, unsigned serial)
{
    const char *strings[MAX_STRINGS];
    size_t count = strings_of(report, strings), bytes = 0;
    struct report_item *item;
    char *room;

    for (size_t i = 0; i < count; i++)
        bytes += strlen(strings[i]) + 1;
    item = malloc(sizeof *item + bytes);
    if (!item)
        return NULL;
    *item = (struct report_item){.wall_us = report->wall_us,
                                 .count = report->count,
                                 .serial = serial,
                                 .kind = (unsigned char)report->kind,
                                 .condition = report->kind == REPORT_STATUS && report->reason,
                                 .nominates = report->kind == REPORT_STATUS && report->node};
    room = item->strings;
    for (size_t i = 0; i < count; i++)
        room = put(room, strings[i]);
    return item;
}

void report_item_read(const struct report_item *item, char *event_name, struct report *report)
{
    const char *strings = item->strings;

    *report = (struct report){.kind = (enum report_kind)item->kind, .wall_us = item->wall_us, .count = item->count};
    report->uid = get(&strings);
    report->namespace_ = get(&strings);
    report->name = get(&strings);
    report->text = get(&strings);
    if (item->condition)
        report->reason = get(&strings);
    if (item->nominates)
        report->node = get(&strings);
    if (report->kind == REPORT_PREEMPTED) {
        report->cause_namespace = get(&strings);
        report->cause_name = get(&strings);
        report->cause_uid = get(&strings);
    }
    report->event_name = event_name;
    if (report->kind == REPORT_SERIES) {
        report->event_name = report->text;
        report->text = "";
    } else {
        report_event_name(report->name, report->wall_us, item->serial, event_name);
    }
}

const char *report_item_uid(const struct report_item *item)
{
    return item->strings;
}

struct report report_merged(const struct report *older, const struct report *newer)
{
    struct report merged = *newer;

    if (!newer->reason) {
        merged.reason = older->reason;
        merged.text = older->text;
        merged.wall_us = older->wall_us;
    }
    if (!newer->node)
        merged.node = older->node;
    return merged;
}

void report_event_name(const char *pod, int64_t wall_us, unsigned serial, char *out)
{
    size_t length = report_cut(pod, REPORT_EVENT_NAME_BYTES - 18);

    while (length && (pod[length - 1] == '.' || pod[length - 1] == '-')) /* a name of an object may not have them before a dot */
        length--;
    snprintf(out, REPORT_EVENT_NAME_BYTES, "%.*s.%016" PRIx64, (int)length, pod, (uint64_t)wall_us * 1000 + serial % 1000);
}

/* ---- the list ---- */

static size_t bucket_of(const char *uid)
{
    return report_words_hash(uid) % REPORT_LIST_BUCKETS;
}

static void index_add(struct report_list *list, struct report_item *item)
{
    struct report_item **bucket = &list->statuses[bucket_of(report_item_uid(item))];

    if (item->kind != REPORT_STATUS)
        return;
    item->next_in_bucket = *bucket;
    *bucket = item;
}

static void index_remove(struct report_list *list, struct report_item *item)
{
    struct report_item **link = &list->statuses[bucket_of(report_item_uid(item))];

    if (item->kind != REPORT_STATUS)
        return;
    while (*link != item)
        link = &(*link)->next_in_bucket;
    *link = item->next_in_bucket;
}

struct report_item *report_list_status(const struct report_list *list, const char *uid)
{
    struct report_item *item = list->statuses[bucket_of(uid)];

    while (item && strcmp(report_item_uid(item), uid) != 0)
        item = item->next_in_bucket;
    return item;
}

/* between two neighbours, of which either may be NULL */
static void put_between(struct report_list *list, struct report_item *previous, struct report_item *item, struct report_item *next)
{
    item->previous = previous;
    item->next = next;
    *(previous ? &previous->next : &list->first) = item;
    *(next ? &next->previous : &list->last) = item;
    list->count++;
    index_add(list, item);
}

void report_list_add_last(struct report_list *list, struct report_item *item)
{
    put_between(list, list->last, item, NULL);
}

void report_list_add_first(struct report_list *list, struct report_item *item)
{
    put_between(list, NULL, item, list->first);
}

void report_list_remove(struct report_list *list, struct report_item *item)
{
    *(item->previous ? &item->previous->next : &list->first) = item->next;
    *(item->next ? &item->next->previous : &list->last) = item->previous;
    list->count--;
    index_remove(list, item);
}

void report_list_replace(struct report_list *list, struct report_item *old, struct report_item *item)
{
    struct report_item *previous = old->previous, *next = old->next;

    report_list_remove(list, old);
    put_between(list, previous, item, next);
}
