#include "common/kube/report_words.h"

#include <stdlib.h>
#include <string.h>

uint64_t report_words_hash(const char *text)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */

    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash;
}

static size_t bucket_of(const char *uid)
{
    return report_words_hash(uid) % REPORT_WORD_BUCKETS;
}

static struct last_word **find_link(struct report_words *words, const char *uid)
{
    struct last_word **link = &words->buckets[bucket_of(uid)];

    while (*link && strcmp((*link)->uid, uid) != 0)
        link = &(*link)->next;
    return link;
}

struct last_word *report_words_find(const struct report_words *words, const char *uid)
{
    struct last_word *word = words->buckets[bucket_of(uid)];

    while (word && strcmp(word->uid, uid) != 0)
        word = word->next;
    return word;
}

static void free_word(struct last_word *word)
{
    free(word->uid);
    free(word->event_name);
    free(word);
}

static void drop(struct last_word **link)
{
    struct last_word *word = *link;

    *link = word->next;
    free_word(word);
}

bool report_words_set(struct report_words *words, const char *uid, const char *message, const char *event_name, int64_t now_us)
{
    struct last_word **link = find_link(words, uid);
    struct last_word *word = calloc(1, sizeof *word);

    if (*link)
        drop(link);
    if (!word)
        return false;
    word->uid = strdup(uid);
    word->event_name = strdup(event_name);
    if (!word->uid || !word->event_name) {
        free_word(word);
        return false;
    }
    word->message_hash = report_words_hash(message);
    word->count = 1;
    word->written_us = word->seen_us = now_us;
    word->next = *link;
    *link = word;
    return true;
}

void report_words_forget(struct report_words *words, const char *uid)
{
    struct last_word **link = find_link(words, uid);

    if (*link)
        drop(link);
}

/* only the bucket that is touched anyway: each is, in time */
void report_words_sweep(struct report_words *words, const char *uid, int64_t before_us)
{
    struct last_word **link = &words->buckets[bucket_of(uid)];

    while (*link)
        if ((*link)->seen_us < before_us)
            drop(link);
        else
            link = &(*link)->next;
}

void report_words_clear(struct report_words *words)
{
    for (size_t i = 0; i < REPORT_WORD_BUCKETS; i++)
        while (words->buckets[i])
            drop(&words->buckets[i]);
}
