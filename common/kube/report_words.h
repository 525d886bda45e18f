/*
 * report_words.h: the last thing said of each pod that could not be scheduled, so that it is not said again and again. For report.c only.
 */
#ifndef COMMON_KUBE_REPORT_WORDS_H
#define COMMON_KUBE_REPORT_WORDS_H

#include <stdbool.h>
#include <stdint.h>

struct last_word {
    uint64_t message_hash;
    unsigned long count;
    int64_t written_us, seen_us; /* monotonic: when it was last put into the event, and last said */
    char *uid, *event_name;
    struct last_word *next;
};

#define REPORT_WORD_BUCKETS 1024

/* All zero is empty. */
struct report_words {
    struct last_word *buckets[REPORT_WORD_BUCKETS];
};

uint64_t report_words_hash(const char *text);
/* What was said last of the pod of that UID, or NULL; valid until the next change. */
struct last_word *report_words_find(const struct report_words *words, const char *uid);
/* Remembers; strings are copied. Returns false without memory: then nothing is remembered of the pod, and it will be said again. */
bool report_words_set(struct report_words *words, const char *uid, const char *message, const char *event_name, int64_t now_us);
void report_words_forget(struct report_words *words, const char *uid);
/* Forgets some of the pods that nobody spoke of since `before_us`: they are gone, and polling does not see them leave. Called with each word, it reaches all. */
void report_words_sweep(struct report_words *words, const char *uid, int64_t before_us);
/* Forgets all. */
void report_words_clear(struct report_words *words);

#endif
