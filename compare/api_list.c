/*
 * api_list.c: a list of any length, page by page.
 */
#include <string.h>

#include "common/limits.h"
#include "compare/api_client.h"

#define PAGE_BYTES ((size_t)64 << 20)

struct listing {
    struct api_client *client;
    const struct api_list *list;
    struct buffer next; /* the continue token; empty at the end */
};

static int read_page(struct listing *listing, struct error *err)
{
    const struct api_list *list = listing->list;
    struct buffer *next = &listing->next, target, answer;
    const char *token = NULL;
    json_t *page = NULL;
    int ret = -1;

    buffer_init(&target, LIMIT_TARGET_BYTES);
    buffer_init(&answer, PAGE_BYTES);
    if (buffer_printf(&target, err, "%s%climit=%d", list->target, strchr(list->target, '?') ? '&' : '?', list->page_items) < 0 ||
        (next->bytes && (buffer_add_string(&target, "&continue=", err) < 0 || buffer_add_query_escaped(&target, next->data, err) < 0)) ||
        api_client_need(listing->client, "GET", target.data, NULL, &answer, err) < 0)
        goto cleanup;
    page = json_loadb(answer.data ? answer.data : "", answer.bytes, 0, NULL);
    if (list->on_page(list->ctx, target.data, page, err) < 0)
        goto cleanup;
    buffer_clear(next);
    json_unpack(page, "{s:{s?s}}", "metadata", "continue", &token);
    ret = token ? buffer_add_string(next, token, err) : 0;
cleanup:
    json_decref(page);
    buffer_free(&target);
    buffer_free(&answer);
    return ret;
}

int api_client_list(struct api_client *client, const struct api_list *list, struct error *err)
{
    struct listing listing = {.client = client, .list = list};
    int ret;

    buffer_init(&listing.next, LIMIT_TARGET_BYTES);
    do
        ret = read_page(&listing, err);
    while (ret == 0 && listing.next.bytes);
    buffer_free(&listing.next);
    return ret;
}
