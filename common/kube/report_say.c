/*
 * report_say.c: what is said of a pod, and what was said last.
 */
#include <stdlib.h>
#include <string.h>

#include "common/kube/report_internal.h"

static int64_t wall_us(const struct reporter *reporter)
{
    const struct clock *clock = kube_client_clock(reporter->options.client);

    return clock->wall_us(clock);
}

void report_scheduled(struct reporter *reporter, const char *namespace_, const char *name, const char *uid, const char *node)
{
    struct report report = {
        .kind = REPORT_SCHEDULED, .namespace_ = namespace_, .name = name, .uid = uid, .text = node, .wall_us = wall_us(reporter)};

    report_enqueue(reporter, &report, reporter->serial++);
}

void report_preempted(struct reporter *reporter, const char *namespace_, const char *name, const char *uid, const char *cause_namespace,
                      const char *cause_name, const char *cause_uid, const char *node, const char *note)
{
    struct report report = {.kind = REPORT_PREEMPTED,
                            .namespace_ = namespace_,
                            .name = name,
                            .uid = uid,
                            .text = *cause_uid ? node : note,
                            .cause_namespace = cause_namespace,
                            .cause_name = cause_name,
                            .cause_uid = cause_uid,
                            .wall_us = wall_us(reporter)};

    report_enqueue(reporter, &report, reporter->serial++);
}

void report_nominated(struct reporter *reporter, const char *namespace_, const char *name, const char *uid, const char *node)
{
    struct report report = {.kind = REPORT_STATUS, .namespace_ = namespace_, .name = name, .uid = uid, .text = "", .node = node};

    report_enqueue(reporter, &report, 0);
}

/* the same message again: counted, and written at most every five minutes. Returns whether it was the same */
static bool say_again(struct reporter *reporter, struct last_word *word, struct report *report)
{
    if (!word || word->message_hash != report_words_hash(report->text))
        return false;
    word->count++;
    word->seen_us = report_now_us(reporter);
    if (word->seen_us - word->written_us < REPORT_SERIES_US)
        return true;
    word->written_us = word->seen_us;
    report->kind = REPORT_SERIES;
    report->event_name = word->event_name;
    report->count = word->count;
    report_enqueue(reporter, report, 0);
    return true;
}

bool report_failed(struct reporter *reporter, const char *namespace_, const char *name, const char *uid, const char *reason,
                   const char *message)
{
    char event_name[REPORT_EVENT_NAME_BYTES];
    struct report report = {.kind = REPORT_FAILED,
                            .namespace_ = namespace_,
                            .name = name,
                            .uid = uid,
                            .text = message,
                            .reason = reason,
                            .wall_us = wall_us(reporter)};

    report_words_sweep(&reporter->words, uid, report_now_us(reporter) - 2 * (int64_t)REPORT_SERIES_US);
    if (say_again(reporter, report_words_find(&reporter->words, uid), &report))
        return false;
    report_event_name(name, report.wall_us, reporter->serial, event_name);
    report_enqueue(reporter, &report, reporter->serial++);
    report.kind = REPORT_STATUS;
    report_enqueue(reporter, &report, 0);
    report_words_set(&reporter->words, uid, message, event_name, report_now_us(reporter));
    return true;
}

/* a condition written after the binding would say False of a pod that is placed */
void report_forget(struct reporter *reporter, const char *uid)
{
    struct report_item *item = report_list_status(&reporter->waiting, uid);

    report_words_forget(&reporter->words, uid);
    if (item) {
        report_list_remove(&reporter->waiting, item);
        free(item);
    }
    for (struct sending *sending = reporter->inflight; sending; sending = sending->next)
        sending->item->obsolete |= sending->item->kind == REPORT_STATUS && !strcmp(report_item_uid(sending->item), uid);
}
