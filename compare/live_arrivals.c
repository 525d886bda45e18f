#include "compare/live_arrivals.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "compare/objects.h"

#define SLOTS 48 /* creations and deletions under way */
#define BLOCK 64 /* arrivals of an endless workload are drawn so many at a time */
#define RETRY_US 200000
#define CALL_MS 5000L
#define TURN_US 250000 /* how often old pods are looked for */

enum slot_state { FREE, SENT, AGAIN };

/* one pod that is being made or deleted */
struct slot {
    struct live_arrivals *arrivals;
    enum slot_state state;
    bool deletes;
    size_t side, number;
    int64_t retry_us;
};

struct live_arrivals {
    struct live_arrivals_options options;
    struct slot slots[SLOTS];
    int64_t start_us; /* NOT_SEEN: not begun */
    int64_t *at_us;   /* of the workload, or of the block; after start_us */
    size_t at_count, at_next;
    int64_t block_us;              /* when this block began, after start_us */
    int64_t held_us, paused_us;    /* paused so long in all; since when (NOT_SEEN: not) */
    size_t target;                 /* pods of each side that are due */
    size_t next[LIVE_SIDES_MAX];   /* the number of the next to be made */
    size_t oldest[LIVE_SIDES_MAX]; /* all before it are deleted */
    unsigned char *deleting[LIVE_SIDES_MAX];
    int64_t looked_us;
    bool full; /* there are LIVE_PODS_MAX */
    struct error failed;
};

static void draw_block(struct live_arrivals *a)
{
    workload_arrivals(&a->options.workload, a->at_us);
    a->at_count = a->options.workload.pods;
    a->at_next = 0;
}

struct live_arrivals *live_arrivals_open(const struct live_arrivals_options *options, struct error *err)
{
    struct live_arrivals *a = calloc(1, sizeof *a);
    size_t i;

    if (!a)
        goto failed;
    a->options = *options;
    a->start_us = a->paused_us = NOT_SEEN;
    if (options->endless)
        a->options.workload.pods = BLOCK;
    a->at_us = calloc(a->options.workload.pods, sizeof *a->at_us);
    if (!a->at_us)
        goto failed;
    for (i = 0; i < options->m->side_count; i++)
        if (!(a->deleting[i] = calloc(1, LIVE_PODS_MAX)))
            goto failed;
    for (i = 0; i < SLOTS; i++)
        a->slots[i].arrivals = a;
    draw_block(a);
    return a;
failed:
    live_arrivals_close(a);
    error_no_memory(err);
    return NULL;
}

void live_arrivals_close(struct live_arrivals *a)
{
    size_t i;

    if (!a)
        return;
    for (i = 0; i < LIVE_SIDES_MAX; i++)
        free(a->deleting[i]);
    free(a->at_us);
    free(a);
}

/* ---- requests ---- */

static void on_done(void *ctx, const struct live_answer *answer)
{
    struct slot *slot = ctx;
    struct live_arrivals *a = slot->arrivals;
    bool made = answer->status >= 200 && answer->status <= 299;

    slot->state = FREE;
    if (slot->deletes) {
        /* what is not gone yet is looked for again */
        if (!made && answer->status != 404)
            a->deleting[slot->side][slot->number] = 0;
        return;
    }
    /* 409: it was made, and the answer was lost */
    if (made)
        live_model_pod_accepted(a->options.m, slot->side, slot->number, answer->at_us, &a->failed);
    if (made || answer->status == 409)
        return;
    slot->state = AGAIN;
    slot->retry_us = answer->at_us + RETRY_US;
    if (answer->status)
        live_model_say(a->options.m, answer->at_us, "the API server refuses %s-%zu: status %d", a->options.m->sides[slot->side].name,
                       slot->number, answer->status);
}

static int send_slot(struct slot *slot, struct error *err)
{
    const struct live_arrivals_options *o = &slot->arrivals->options;
    const char *side = o->m->sides[slot->side].name;
    struct live_call call = {.method = "POST", .timeout_ms = CALL_MS, .on_done = on_done, .ctx = slot};
    char target[256], name[64];
    struct buffer body;
    int ret;

    buffer_init(&body, LIMIT_REQUEST_BODY_BYTES);
    snprintf(name, sizeof name, "%s-%zu", side, slot->number);
    snprintf(target, sizeof target, "/api/v1/namespaces/%s/pods%s%s", o->namespace_, slot->deletes ? "/" : "", slot->deletes ? name : "");
    call.method = slot->deletes ? "DELETE" : "POST";
    ret = slot->deletes ? buffer_add_string(&body, "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"v1\",\"gracePeriodSeconds\":0}", err)
                        : objects_pod_json(&body, name, o->schedulers[slot->side], NULL, err);
    call.target = target;
    call.body = body.data;
    if (ret == 0)
        ret = live_http_send(o->http, &call, err);
    if (ret == 0)
        slot->state = SENT;
    buffer_free(&body);
    return ret;
}

static struct slot *free_slot(struct live_arrivals *a)
{
    size_t i;

    if (live_http_room(a->options.http) < LIVE_CALLS_MAX / 2)
        return NULL;
    for (i = 0; i < SLOTS; i++)
        if (a->slots[i].state == FREE)
            return &a->slots[i];
    return NULL;
}

/* ---- what is due ---- */

/* counts the arrivals up to now; returns when the next one is, NOT_SEEN: never, or nobody knows */
static int64_t count_due(struct live_arrivals *a, int64_t now_us)
{
    int64_t base_us = a->start_us + a->held_us;

    if (a->paused_us != NOT_SEEN)
        return NOT_SEEN;
    for (;;) {
        if (a->at_next == a->at_count) {
            if (!a->options.endless)
                return NOT_SEEN;
            /* the first of a block comes a mean gap after the last of the one before */
            a->block_us += a->at_us[a->at_count - 1] + (int64_t)(1e6 / a->options.workload.rate);
            a->options.workload.seed++;
            draw_block(a);
        }
        if (base_us + a->block_us + a->at_us[a->at_next] > now_us)
            return base_us + a->block_us + a->at_us[a->at_next];
        a->at_next++;
        a->target++;
    }
}

static int make_due(struct live_arrivals *a, int64_t now_us, struct error *err)
{
    size_t i, side = 0, least;
    struct slot *slot;

    for (i = 0; i < SLOTS; i++)
        if (a->slots[i].state == AGAIN && a->slots[i].retry_us <= now_us && send_slot(&a->slots[i], err) < 0)
            return -1;
    if (a->target > LIVE_PODS_MAX) {
        a->target = LIVE_PODS_MAX;
        if (!a->full)
            live_model_say(a->options.m, now_us, "%d pods for each: no more are made", LIVE_PODS_MAX);
        a->full = true;
    }
    /* in turn, so that nobody's come first */
    for (;;) {
        least = SIZE_MAX;
        for (i = 0; i < a->options.m->side_count; i++)
            if (a->next[i] < least) {
                least = a->next[i];
                side = i;
            }
        if (least >= a->target || !(slot = free_slot(a)))
            return 0;
        slot->deletes = false;
        slot->side = side;
        slot->number = a->next[side]++;
        if (send_slot(slot, err) < 0)
            return -1;
    }
}

/* a pod is old a while after it was bound; when that was not seen, a while after it was made */
static bool is_old(const struct live_pod *pod, int64_t now_us)
{
    int64_t since_us = pod->bound_us != NOT_SEEN ? pod->bound_us : pod->accepted_us;

    return pod->known && pod->node >= 0 && pod->gone_us == NOT_SEEN && since_us != NOT_SEEN && now_us - since_us > LIVE_POD_LIFE_US;
}

static int delete_old(struct live_arrivals *a, int64_t now_us, struct error *err)
{
    struct slot *slot = NULL;
    size_t side, i;

    if (!a->options.endless || now_us - a->looked_us < TURN_US)
        return 0;
    a->looked_us = now_us;
    for (side = 0; side < a->options.m->side_count; side++) {
        const struct live_side *s = &a->options.m->sides[side];

        while (a->oldest[side] < s->pod_count && s->pods[a->oldest[side]].gone_us != NOT_SEEN)
            a->oldest[side]++;
        for (i = a->oldest[side]; i < s->pod_count; i++) {
            if (a->deleting[side][i] || !is_old(&s->pods[i], now_us))
                continue;
            if (!(slot = free_slot(a)))
                return 0;
            slot->deletes = true;
            slot->side = side;
            slot->number = i;
            a->deleting[side][i] = 1;
            if (send_slot(slot, err) < 0)
                return -1;
        }
    }
    return 0;
}

int live_arrivals_turn(struct live_arrivals *a, int64_t now_us, int64_t *due_us, struct error *err)
{
    int64_t next_us;

    if (a->start_us == NOT_SEEN)
        a->start_us = now_us - (a->paused_us == NOT_SEEN ? 0 : now_us - a->paused_us);
    next_us = count_due(a, now_us);
    if (next_us != NOT_SEEN && next_us < *due_us)
        *due_us = next_us;
    if (a->failed.kind == ERROR_NO_MEMORY)
        return error_no_memory(err);
    return make_due(a, now_us, err) < 0 ? -1 : delete_old(a, now_us, err);
}

void live_arrivals_burst(struct live_arrivals *a, size_t pods)
{
    a->target += pods;
}

void live_arrivals_pause(struct live_arrivals *a, bool paused, int64_t now_us)
{
    if (paused == (a->paused_us != NOT_SEEN))
        return;
    if (!paused)
        a->held_us += now_us - a->paused_us;
    a->paused_us = paused ? now_us : NOT_SEEN;
}

size_t live_arrivals_left(const struct live_arrivals *a)
{
    return a->options.endless ? SIZE_MAX : a->at_count - a->at_next;
}
