/*
 * waits.c: how long a submission waits before it tries a bind again.
 */
#include "grade/waits.h"

#include <string.h>

#include "grade/judge.h"

#define GROWTH 1.2

/* the next attempt at a pod */
static void take_wait(struct waits *waits, size_t nth, int64_t wait_us)
{
    int64_t *shortest = &waits->shortest_us[nth];

    wait_us = wait_us > 0 ? wait_us : 0;
    *shortest = nth >= waits->count || wait_us < *shortest ? wait_us : *shortest;
    waits->count = nth >= waits->count ? nth + 1 : waits->count;
}

static void read_pod(struct waits *waits, const json_t *requests, const char *pod)
{
    const json_t *request, *before = NULL;
    size_t i, nth = 0;

    json_array_foreach(requests, i, request)
    {
        if (!is_bind(request) || strcmp(text_at(request, "name"), pod) != 0)
            continue;
        if (before && answered_us(before) != INT64_MAX && nth < WAITS_MAX)
            take_wait(waits, nth++, number_at(request, "t") - answered_us(before));
        before = request;
    }
}

struct waits waits_read(const json_t *requests, const json_t *pods)
{
    struct waits waits = {0};
    const json_t *pod;
    size_t i;

    json_array_foreach(pods, i, pod)
    {
        read_pod(&waits, requests, word(pod));
    }
    for (i = 1; i < waits.count; i++)
        waits.longest_us = waits.shortest_us[i] > waits.longest_us ? waits.shortest_us[i] : waits.longest_us;
    return waits;
}

bool waits_grow(const struct waits *waits)
{
    return waits->count >= 2 && (double)waits->longest_us >= GROWTH * (double)waits->shortest_us[0];
}
