/*
 * bind_op.c: the binds under way: each is in the list of its place and, by the pod's UID, in an index.
 */
#include <stdlib.h>
#include <string.h>

#include "common/kube/bind_internal.h"
#include "common/limits.h"

static void list_add(struct op *op, enum place place)
{
    struct op_list *list = &op->binder->lists[place];

    op->place = place;
    op->next = NULL;
    op->previous = list->last;
    if (list->last)
        list->last->next = op;
    else
        list->first = op;
    list->last = op;
    list->count++;
}

static void list_remove(struct op *op)
{
    struct op_list *list = &op->binder->lists[op->place];

    if (op->previous)
        op->previous->next = op->next;
    else
        list->first = op->next;
    if (op->next)
        op->next->previous = op->previous;
    else
        list->last = op->previous;
    list->count--;
}

void bind_op_move(struct op *op, enum place place)
{
    list_remove(op);
    list_add(op, place);
}

static unsigned bucket_of(const char *uid)
{
    unsigned hash = 2166136261u; /* FNV-1a */

    for (; *uid; uid++)
        hash = (hash ^ (unsigned char)*uid) * 16777619u;
    return hash % BIND_BUCKETS;
}

struct op *bind_op_find(const struct binder *binder, const char *uid)
{
    struct op *op = binder->buckets[bucket_of(uid)];

    while (op && strcmp(op->bind.uid, uid) != 0)
        op = op->next_in_bucket;
    return op;
}

/* copies a string behind the op and moves *room on */
static const char *pack(char **room, const char *text)
{
    size_t bytes = strlen(text) + 1;
    char *copy = *room;

    memcpy(copy, text, bytes);
    *room += bytes;
    return copy;
}

struct op *bind_op_new(struct binder *binder, const char *namespace_, const char *name, const char *uid, const char *node,
                       struct error *err)
{
    struct op *op = malloc(sizeof *op + strlen(namespace_) + strlen(name) + strlen(uid) + strlen(node) + 4);
    struct op **bucket = &binder->buckets[bucket_of(uid)];
    char *room;

    if (!op) {
        error_no_memory(err);
        return NULL;
    }
    room = (char *)(op + 1);
    *op = (struct op){.binder = binder};
    op->bind.namespace_ = pack(&room, namespace_);
    op->bind.name = pack(&room, name);
    op->bind.uid = pack(&room, uid);
    op->bind.node = pack(&room, node);
    buffer_init(&op->body, LIMIT_REQUEST_BODY_BYTES);
    op->next_in_bucket = *bucket;
    *bucket = op;
    list_add(op, WAITING_FOR_SLOT);
    return op;
}

void bind_op_unlink(struct op *op)
{
    struct op **link = &op->binder->buckets[bucket_of(op->bind.uid)];

    while (*link != op)
        link = &(*link)->next_in_bucket;
    *link = op->next_in_bucket;
    list_remove(op);
}

void bind_op_free(struct op *op)
{
    json_scan_free(op->scan);
    free(op->seen_uid);
    free(op->seen_node);
    buffer_free(&op->body);
    free(op);
}

void bind_op_free_all(struct op_list *list)
{
    while (list->first) {
        struct op *op = list->first;

        if (op->call)
            kube_cancel(op->binder->options.client, op->call);
        bind_op_unlink(op);
        bind_op_free(op);
    }
}
