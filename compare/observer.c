#include "compare/observer.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/limits.h"
#include "compare/api_client.h"
#include "compare/process.h"
#include "compare/verdict.h"

#define WATCH_SECONDS 7200 /* longer than any run: the API server is not to end it */
#define OPEN_TIMEOUT_MS 10000
#define LOOKS_MOST 100
#define TICK_MS 20
#define READ_BYTES (256 * 1024L) /* of one read: a burst is to be taken in few of them */

struct observer {
    const struct clock *clock;
    struct api_client *client; /* the thread's while the watch is on */
    char *namespace_;
    struct buffer url;
    CURLM *multi;
    CURL *easy;
    pthread_t thread;
    bool thread_runs;
    int64_t caught_up_us; /* the thread's: all that had come before was read */
    struct clock_watch clock_watch;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t changed;
    struct observation *seen;
    bool accepted, stop, ended;
};

static int64_t now_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

/* The time is taken first: what decoding takes is not to be on the scheduler's bill. */
static size_t on_data(char *data, size_t size, size_t count, void *ctx)
{
    int64_t arrived_us = now_us();
    struct observer *observer = ctx;
    struct error err = ERROR_INIT;
    long status = 0;

    curl_easy_getinfo(observer->easy, CURLINFO_RESPONSE_CODE, &status);
    pthread_mutex_lock(&observer->lock);
    if (status == 200) {
        observation_set_delay(observer->seen, arrived_us - observer->caught_up_us);
        observation_feed(observer->seen, data, size * count, arrived_us, &err);
    }
    pthread_cond_broadcast(&observer->changed);
    pthread_mutex_unlock(&observer->lock);
    return size * count;
}

static size_t on_header(char *data, size_t size, size_t count, void *ctx)
{
    struct observer *observer = ctx;
    long status = 0;

    (void)data;
    curl_easy_getinfo(observer->easy, CURLINFO_RESPONSE_CODE, &status);
    pthread_mutex_lock(&observer->lock);
    /* the empty line that ends the headers */
    if (size * count <= 2 && status == 200)
        observer->accepted = true;
    pthread_cond_broadcast(&observer->changed);
    pthread_mutex_unlock(&observer->lock);
    return size * count;
}

static void watch_ended(struct observer *observer)
{
    CURLMsg *message;
    char why[160] = "the connection ended";
    long status = 0;
    int left;

    curl_easy_getinfo(observer->easy, CURLINFO_RESPONSE_CODE, &status);
    while ((message = curl_multi_info_read(observer->multi, &left)) != NULL)
        if (message->msg == CURLMSG_DONE && message->data.result)
            snprintf(why, sizeof why, "%s", curl_easy_strerror(message->data.result));
        else if (status != 200)
            snprintf(why, sizeof why, "the API server answered the watch with status %ld", status);
    pthread_mutex_lock(&observer->lock);
    if (!observer->stop)
        observation_interrupted(observer->seen, why);
    observer->ended = true;
    pthread_cond_broadcast(&observer->changed);
    pthread_mutex_unlock(&observer->lock);
}

static bool look_at_clocks(struct observer *observer)
{
    const struct clock *clock = observer->clock;
    int64_t before = clock->monotonic_us(clock), wall = clock->wall_us(clock);

    return clock_watch_look(&observer->clock_watch, before, wall, clock->monotonic_us(clock));
}

/* the first and the last look hold all that lies between: a busy machine may interrupt one, and hardly so many */
static void look_at_clocks_well(struct observer *observer)
{
    int left = LOOKS_MOST;

    while (left-- > 0 && !look_at_clocks(observer))
        continue;
}

/*
 * Waits for something to read. If there is nothing at first, all was read up to now. A wait that took longer than it was asked to means that the
 * thread was not let run, and what came may have waited since.
 */
static bool wait_for_data(struct observer *observer)
{
    int64_t asked_us, over_us;
    int ready = 0;

    if (curl_multi_poll(observer->multi, NULL, 0, 0, &ready))
        return false;
    if (ready)
        return true;
    asked_us = now_us();
    if (curl_multi_poll(observer->multi, NULL, 0, TICK_MS, &ready))
        return false;
    observer->caught_up_us = now_us();
    over_us = observer->caught_up_us - asked_us - TICK_MS * 1000;
    if (over_us > 0)
        observer->caught_up_us -= over_us;
    return true;
}

static void *watch_loop(void *ctx)
{
    struct observer *observer = ctx;
    int running = 1;
    bool stop = false;

    thread_goes_first();
    look_at_clocks_well(observer);
    observer->caught_up_us = now_us();
    while (running && !stop) {
        look_at_clocks(observer);
        if (curl_multi_perform(observer->multi, &running) || (running && !wait_for_data(observer)))
            break;
        pthread_mutex_lock(&observer->lock);
        stop = observer->stop;
        pthread_mutex_unlock(&observer->lock);
    }
    look_at_clocks_well(observer);
    watch_ended(observer);
    return NULL;
}

/* the resourceVersion from which to watch: the state of now */
static int find_start(struct observer *observer, char *version, size_t size, struct error *err)
{
    const char *text = NULL;
    struct buffer answer;
    char target[256];
    json_t *list = NULL;
    int ret = -1;

    buffer_init(&answer, LIMIT_OBJECT_BYTES);
    snprintf(target, sizeof target, "/api/v1/namespaces/%s/pods?limit=1", observer->namespace_);
    if (api_client_need(observer->client, "GET", target, NULL, &answer, err) < 0)
        goto cleanup;
    list = json_loadb(answer.data ? answer.data : "", answer.bytes, 0, NULL);
    if (!list || json_unpack(list, "{s:{s:s}}", "metadata", "resourceVersion", &text) < 0) {
        error_set(err, ERROR_RUNTIME, "GET %s: the answer is no list", target);
        goto cleanup;
    }
    snprintf(version, size, "%s", text);
    ret = 0;
cleanup:
    json_decref(list);
    buffer_free(&answer);
    return ret;
}

static int start_watch(struct observer *observer, struct error *err)
{
    char version[64];

    if (find_start(observer, version, sizeof version, err) < 0 ||
        buffer_printf(&observer->url, err,
                      "%s/api/v1/namespaces/%s/pods?watch=true&allowWatchBookmarks=true&timeoutSeconds=%d&resourceVersion=%s",
                      api_client_url(observer->client), observer->namespace_, WATCH_SECONDS, version) < 0)
        return -1;
    observer->multi = curl_multi_init();
    observer->easy = curl_easy_init();
    if (!observer->multi || !observer->easy)
        return error_no_memory(err);
    if (api_client_configure(observer->client, observer->easy, err) < 0)
        return -1;
    curl_easy_setopt(observer->easy, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(observer->easy, CURLOPT_WRITEDATA, observer);
    curl_easy_setopt(observer->easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(observer->easy, CURLOPT_HEADERDATA, observer);
    curl_easy_setopt(observer->easy, CURLOPT_BUFFERSIZE, READ_BYTES);
    if (curl_easy_setopt(observer->easy, CURLOPT_URL, observer->url.data) || curl_multi_add_handle(observer->multi, observer->easy))
        return error_no_memory(err);
    if (pthread_create(&observer->thread, NULL, watch_loop, observer))
        return error_set(err, ERROR_RUNTIME, "the observer's thread cannot be started");
    observer->thread_runs = true;
    return 0;
}

/* waits for a change, with the lock held; false when the deadline (monotonic) has passed */
static bool wait_for_change(struct observer *observer, int64_t deadline_us)
{
    int64_t left_us = deadline_us - now_us(), until_us;
    struct timespec until;

    if (left_us <= 0)
        return false;
    /* condition variables wait by the wall clock, which may step: look again at least every 100 ms */
    until_us = clock_system()->wall_us(clock_system()) + (left_us < 100000 ? left_us : 100000);
    until.tv_sec = (time_t)(until_us / 1000000);
    until.tv_nsec = (long)(until_us % 1000000) * 1000;
    pthread_cond_timedwait(&observer->changed, &observer->lock, &until);
    return true;
}

static int wait_accepted(struct observer *observer, struct error *err)
{
    int64_t deadline = now_us() + (int64_t)OPEN_TIMEOUT_MS * 1000;
    int ret = -1;

    pthread_mutex_lock(&observer->lock);
    while (!observer->accepted && !observer->ended && wait_for_change(observer, deadline))
        ;
    if (observer->accepted)
        ret = 0;
    else
        error_set(err, ERROR_RUNTIME, "%s",
                  observer->ended ? observer->seen->reason : "the API server did not accept the observer's watch in 10 s");
    pthread_mutex_unlock(&observer->lock);
    return ret;
}

struct observer *observer_open(const char *kubeconfig, const char *namespace_, const char *prefix, size_t count, struct error *err)
{
    return observer_open_with_clock(kubeconfig, namespace_, prefix, count, clock_system(), err);
}

struct observer *observer_open_with_clock(const char *kubeconfig, const char *namespace_, const char *prefix, size_t count,
                                          const struct clock *clock, struct error *err)
{
    struct observer *observer = calloc(1, sizeof *observer);

    if (!observer) {
        error_no_memory(err);
        return NULL;
    }
    observer->clock = clock;
    buffer_init(&observer->url, LIMIT_TARGET_BYTES);
    pthread_mutex_init(&observer->lock, NULL);
    pthread_cond_init(&observer->changed, NULL);
    observer->namespace_ = strdup(namespace_);
    observer->seen = observation_new(prefix, count, err);
    if (!observer->namespace_ || !observer->seen) {
        error_no_memory(err);
        goto failed;
    }
    observer->client = api_client_open(kubeconfig, "observer/" LAB_VERSION, err);
    if (!observer->client || start_watch(observer, err) < 0 || wait_accepted(observer, err) < 0)
        goto failed;
    return observer;
failed:
    observer_close(observer);
    return NULL;
}

static void end_watch(struct observer *observer)
{
    if (!observer->thread_runs)
        return;
    pthread_mutex_lock(&observer->lock);
    observer->stop = true;
    pthread_mutex_unlock(&observer->lock);
    curl_multi_wakeup(observer->multi);
    pthread_join(observer->thread, NULL);
    observer->thread_runs = false;
}

void observer_close(struct observer *observer)
{
    if (!observer)
        return;
    end_watch(observer);
    if (observer->multi && observer->easy)
        curl_multi_remove_handle(observer->multi, observer->easy);
    curl_easy_cleanup(observer->easy);
    if (observer->multi)
        curl_multi_cleanup(observer->multi);
    api_client_close(observer->client);
    observation_free(observer->seen);
    buffer_free(&observer->url);
    free(observer->namespace_);
    pthread_cond_destroy(&observer->changed);
    pthread_mutex_destroy(&observer->lock);
    free(observer);
}

static struct observer_counts counts_of(const struct observation *seen)
{
    struct observer_counts counts = {seen->added, seen->bound, seen->gone, seen->first_bound_us, seen->last_bound_us, seen->invalid};

    return counts;
}

struct observer_counts observer_counts(struct observer *observer)
{
    struct observer_counts counts;

    pthread_mutex_lock(&observer->lock);
    counts = counts_of(observer->seen);
    pthread_mutex_unlock(&observer->lock);
    return counts;
}

static size_t count_of(const struct observation *seen, enum observer_event event)
{
    return event == OBSERVER_ADDED ? seen->added : event == OBSERVER_BOUND ? seen->bound : seen->gone;
}

bool observer_wait(struct observer *observer, enum observer_event event, size_t count, int64_t timeout_ms)
{
    int64_t deadline = now_us() + timeout_ms * 1000;
    bool reached;

    pthread_mutex_lock(&observer->lock);
    while (count_of(observer->seen, event) < count && !observer->seen->invalid && wait_for_change(observer, deadline))
        ;
    reached = count_of(observer->seen, event) >= count;
    pthread_mutex_unlock(&observer->lock);
    return reached;
}

static int audit_page(void *ctx, const char *target, json_t *list, struct error *err)
{
    struct observer *observer = ctx;
    json_t *items = json_object_get(list, "items"), *item;
    size_t i;

    (void)target;
    if (!json_is_array(items))
        return error_set(err, ERROR_RUNTIME, "the list of pods has no items");
    json_array_foreach(items, i, item)
    {
        const char *name = NULL, *uid = NULL, *node = NULL;

        if (json_unpack(item, "{s:{s:s, s:s}, s?{s?s}}", "metadata", "name", &name, "uid", &uid, "spec", "nodeName", &node) < 0)
            return error_set(err, ERROR_RUNTIME, "the list of pods has an item without name or uid");
        observation_audit(observer->seen, name, uid, node && *node ? node : NULL);
    }
    return 0;
}

/* the list at the end, against what the watch said */
static int audit(struct observer *observer, struct error *err)
{
    struct api_list list = {.page_items = 500, .on_page = audit_page, .ctx = observer};
    struct buffer target;
    int ret = -1;

    buffer_init(&target, LIMIT_TARGET_BYTES);
    if (buffer_printf(&target, err, "/api/v1/namespaces/%s/pods", observer->namespace_) == 0) {
        list.target = target.data;
        ret = api_client_list(observer->client, &list, err);
    }
    buffer_free(&target);
    return ret;
}

struct observation *observer_finish(struct observer *observer, struct error *err)
{
    struct observation *seen = observer->seen;

    end_watch(observer);
    if (audit(observer, err) < 0)
        return NULL;
    observation_finish(seen);
    seen->clock_step_us = observer->clock_watch.step_us;
    observer->seen = NULL;
    return seen;
}
