/*
 * live_web_stream.c: server-sent events: snapshots shared by the clients that are being sent them.
 */
#include <stdlib.h>
#include <string.h>

#include "compare/live_web_internal.h"

#define BLOCK_BYTES ((size_t)32 << 10)

static void release(struct snapshot *snapshot)
{
    if (snapshot && !--snapshot->users)
        free(snapshot);
}

void live_web_wake_all(struct live_web *web)
{
    struct client *client;

    for (client = web->clients; client; client = client->next)
        if (client->suspended) {
            client->suspended = false;
            MHD_resume_connection(client->connection);
        }
}

int live_web_publish(struct live_web *web, const char *json, size_t bytes, struct error *err)
{
    static const char before[] = "data: ", after[] = "\n\n";
    size_t whole = sizeof before - 1 + bytes + sizeof after - 1;
    struct snapshot *snapshot = malloc(sizeof *snapshot + whole);

    if (!snapshot)
        return error_no_memory(err);
    snapshot->users = 1;
    snapshot->bytes = whole;
    snapshot->number = ++web->published;
    memcpy(snapshot->data, before, sizeof before - 1);
    memcpy(snapshot->data + sizeof before - 1, json, bytes);
    memcpy(snapshot->data + sizeof before - 1 + bytes, after, sizeof after - 1);
    release(web->latest);
    web->latest = snapshot;
    live_web_wake_all(web);
    return 0;
}

static ssize_t read_events(void *ctx, uint64_t position, char *out, size_t max)
{
    struct client *client = ctx;
    struct live_web *web = client->web;
    size_t left;

    (void)position;
    if (!client->snapshot) {
        if (web->latest && web->latest->number > client->last) {
            client->snapshot = web->latest;
            client->snapshot->users++;
            client->sent = 0;
        } else if (web->ends) {
            return MHD_CONTENT_READER_END_OF_STREAM;
        } else {
            client->suspended = true;
            MHD_suspend_connection(client->connection);
            return 0;
        }
    }
    left = client->snapshot->bytes - client->sent;
    if (left < max)
        max = left;
    memcpy(out, client->snapshot->data + client->sent, max);
    client->sent += max;
    if (client->sent == client->snapshot->bytes) {
        client->last = client->snapshot->number;
        release(client->snapshot);
        client->snapshot = NULL;
    }
    return (ssize_t)max;
}

static void forget_client(void *ctx)
{
    struct client *client = ctx;
    struct live_web *web = client->web;

    release(client->snapshot);
    if (client->next)
        client->next->previous = client->previous;
    if (client->previous)
        client->previous->next = client->next;
    else
        web->clients = client->next;
    web->client_count--;
    free(client);
}

struct MHD_Response *live_web_new_client(struct live_web *web, struct MHD_Connection *connection)
{
    struct client *client = calloc(1, sizeof *client);
    struct MHD_Response *response = NULL;

    if (client)
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK_BYTES, read_events, client, forget_client);
    if (!response) {
        free(client);
        return NULL;
    }
    client->web = web;
    client->connection = connection;
    client->next = web->clients;
    if (client->next)
        client->next->previous = client;
    web->clients = client;
    web->client_count++;
    return response;
}

void live_web_forget(struct live_web *web)
{
    release(web->latest);
    web->latest = NULL;
}

size_t live_web_clients(const struct live_web *web)
{
    return web->client_count;
}

bool live_web_sent(const struct live_web *web)
{
    const struct client *client;

    for (client = web->clients; client; client = client->next)
        if (client->last < web->published)
            return false;
    return true;
}
