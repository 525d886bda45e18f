/*
 * bind_simulate.c: --simulate-bind-errors: the first attempts of each pod fail and are never sent. They are counted over all of its binds.
 */
#include <stdlib.h>
#include <string.h>

#include "common/kube/bind_internal.h"

struct spent {
    int count;
    struct spent *next;
    char uid[];
};

static void drop(struct binder *binder, struct spent **link)
{
    struct spent *spent = *link;

    *link = spent->next;
    free(spent);
    binder->spent_count--;
}

static struct spent **find(struct binder *binder, const char *uid)
{
    struct spent **link = &binder->spent;

    while (*link && strcmp((*link)->uid, uid) != 0)
        link = &(*link)->next;
    return link;
}

static struct spent *add(struct binder *binder, const char *uid)
{
    struct spent *spent = calloc(1, sizeof *spent + strlen(uid) + 1);
    struct spent **last = &binder->spent;

    if (!spent)
        return NULL;
    memcpy(spent->uid, uid, strlen(uid) + 1);
    spent->next = binder->spent;
    binder->spent = spent;
    if (++binder->spent_count > BIND_SIMULATE_PODS) {
        while ((*last)->next)
            last = &(*last)->next;
        drop(binder, last);
    }
    return spent;
}

bool bind_simulate(struct binder *binder, const char *uid)
{
    struct spent *spent;

    if (!binder->options.simulate_errors)
        return false;
    spent = *find(binder, uid);
    if (!spent)
        spent = add(binder, uid);
    return spent && spent->count < binder->options.simulate_errors && ++spent->count;
}

void bind_simulate_forget(struct binder *binder, const char *uid)
{
    struct spent **link = find(binder, uid);

    if (*link)
        drop(binder, link);
}

void bind_simulate_free(struct binder *binder)
{
    while (binder->spent)
        drop(binder, &binder->spent);
}
