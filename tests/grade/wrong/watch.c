/*
 * watch.c: list once, then follow what the API server tells; built right or with one defect (defect.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/grade/wrong/wrong.h"

enum { MAX_FRAME = 16 << 20, HEALTHY_MS = 1000, FIRST_PAUSE_MS = 200, LAST_PAUSE_MS = 2000 };

/* One resource that is followed. */
struct stream {
    struct scheduler *s;
    const char *path;
    json_t **objects; /* of the scheduler, kept as the events say */
    CURL *easy;       /* NULL: not open */
    char version[64]; /* watch from here; empty: list first */
    char *frame;
    size_t used;
    int64_t opened, not_before, pause;
    bool gone, ended_once;
    int events;
};

static void take_event(struct stream *stream, json_t *event)
{
    const char *type = text_at(event, "type", NULL), *version = text_at(event, "object", "metadata", "resourceVersion", NULL);
    json_t *object = json_object_get(event, "object");
    char key[512];

    if (!strcmp(type, "ERROR")) {
        stream->gone = json_integer_value(json_object_get(object, "code")) == 410;
        return;
    }
    if (*version)
        snprintf(stream->version, sizeof stream->version, "%s", version);
    if (!strcmp(type, "ADDED") || !strcmp(type, "MODIFIED"))
        json_object_set(*stream->objects, object_key(object, key), object);
    else if (!strcmp(type, "DELETED"))
        json_object_del(*stream->objects, object_key(object, key));
    stream->events += strcmp(type, "BOOKMARK") != 0;
}

static size_t take_bytes(char *bytes, size_t one, size_t count, void *ctx)
{
    struct stream *stream = ctx;
    char *grown, *end;
    json_t *event;
    size_t length;

    if (stream->used + one * count > MAX_FRAME || !(grown = realloc(stream->frame, stream->used + one * count)))
        return 0;
    stream->frame = grown;
    memcpy(grown + stream->used, bytes, one * count);
    stream->used += one * count;
    while ((end = memchr(stream->frame, '\n', stream->used))) {
        length = (size_t)(end - stream->frame);
        if ((event = json_loadb(stream->frame, length, 0, NULL)))
            take_event(stream, event);
        json_decref(event);
        stream->used -= length + 1;
        memmove(stream->frame, end + 1, stream->used);
    }
    return one * count;
}

static void pause_stream(struct stream *stream)
{
    stream->pause = stream->pause ? stream->pause * 2 : FIRST_PAUSE_MS;
    if (stream->pause > LAST_PAUSE_MS)
        stream->pause = LAST_PAUSE_MS;
    if (defect != HOT_LOOP)
        stream->not_before = now_ms() + stream->pause;
}

/* Pods that were there before the watch began are never looked at by some. */
static void overlook_pods(struct scheduler *s)
{
    const char *key;
    json_t *pod;

    json_object_foreach(s->pods, key, pod)
    {
        if (pod_is_ours(s, pod))
            json_object_set_new(s->waiting, key, json_pack("[i, I]", 0, now_ms() + 3600 * 1000));
    }
}

static void open_stream(struct stream *stream, CURLM *multi)
{
    char path[512];

    if (!*stream->version) {
        if (api_list(&stream->s->api, stream->path, stream->objects, stream->version) != 200) {
            pause_stream(stream);
            return;
        }
        stream->events++;
        if (defect == ONLY_NEW && stream->objects == &stream->s->pods)
            overlook_pods(stream->s);
    }
    snprintf(path, sizeof path, "%s?watch=true&allowWatchBookmarks=true&timeoutSeconds=300&resourceVersion=%s", stream->path,
             stream->version);
    stream->easy = curl_easy_init();
    stream->opened = now_ms();
    stream->used = 0;
    stream->gone = false;
    api_prepare(&stream->s->api, stream->easy, path);
    curl_easy_setopt(stream->easy, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(stream->easy, CURLOPT_WRITEDATA, stream);
    curl_easy_setopt(stream->easy, CURLOPT_PRIVATE, stream);
    curl_multi_add_handle(multi, stream->easy);
}

static void stream_ended(struct stream *stream, CURLM *multi)
{
    long status = 0;

    curl_easy_getinfo(stream->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_multi_remove_handle(multi, stream->easy);
    curl_easy_cleanup(stream->easy);
    stream->easy = NULL;
    stream->gone = stream->gone || status == 410;
    if (defect == (stream->gone ? DIES_ON_410 : DIES_ON_CLOSE))
        exit(1);
    stream->ended_once = true;
    if (now_ms() - stream->opened < HEALTHY_MS || status != 200)
        pause_stream(stream);
    else
        stream->pause = 0;
    if (stream->gone && defect != IGNORES_410)
        *stream->version = '\0';
}

static void follow(struct stream *streams, CURLM *multi, int timeout_ms)
{
    struct stream *stream;
    CURLMsg *message;
    int left, open = 0;

    for (int i = 0; i < 2; i++) {
        stream = &streams[i];
        if (!stream->easy && stream->not_before <= now_ms() && !(defect == DEAF_AFTER_CLOSE && stream->ended_once))
            open_stream(stream, multi);
        if (!stream->easy && timeout_ms > 100)
            timeout_ms = 100;
        open += stream->easy != NULL;
    }
    curl_multi_perform(multi, &left);
    /* one that has ended already wakes nobody up */
    if (streams[0].events + streams[1].events == 0 && left == open)
        curl_multi_poll(multi, NULL, 0, timeout_ms, NULL);
    curl_multi_perform(multi, &left);
    while ((message = curl_multi_info_read(multi, &left))) {
        if (message->msg != CURLMSG_DONE)
            continue;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&stream);
        stream_ended(stream, multi);
    }
}

static void list_all(struct scheduler *s)
{
    api_list(&s->api, "/api/v1/nodes", &s->nodes, NULL);
    api_list(&s->api, "/api/v1/pods", &s->pods, NULL);
}

static void be_slow(struct scheduler *s)
{
    const char *key;
    json_t *pod;
    bool work = false;

    json_object_foreach(s->pods, key, pod) work = work || (pod_is_ours(s, pod) && !json_object_get(s->waiting, key));
    if (work)
        nanosleep(&(struct timespec){.tv_sec = 3}, NULL);
}

int main(int argc, char **argv)
{
    struct scheduler s = {.prefix = "watch-scheduler"};
    struct stream streams[2] = {{.s = &s, .path = "/api/v1/nodes", .objects = &s.nodes},
                                {.s = &s, .path = "/api/v1/pods", .objects = &s.pods}};
    CURLM *multi;
    int64_t retry;

    parse_options(&s, argc, argv);
    api_open(&s);
    multi = curl_multi_init();
    for (;;) {
        if (defect == LISTS) {
            list_all(&s);
            nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
        } else {
            retry = next_retry_ms(&s);
            follow(streams, multi, retry >= 0 && retry < 1000 ? (int)retry + 1 : 1000);
        }
        for (int i = 0; defect == RELISTS && i < streams[0].events + streams[1].events; i++)
            list_all(&s);
        if (defect == SLOW && streams[0].events + streams[1].events)
            be_slow(&s);
        streams[0].events = streams[1].events = 0;
        bind_pending(&s);
    }
}
