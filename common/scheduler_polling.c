/*
 * scheduler_polling.c: observing by polling. Every cycle starts from nothing: a new cache, filled by at most three lists.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cluster/decode.h"
#include "common/kube/json_parse.h"
#include "common/scheduler_internal.h"

#define ASSIGNED_PODS "spec.nodeName!=,status.phase!=Succeeded,status.phase!=Failed"

#define BACKOFF_FIRST_US 1000000
#define BACKOFF_MAX_US 30000000
/* nobody listens: a try costs the server nothing */
#define BACKOFF_MAX_REFUSED_US 2000000

/* ---- pods that were bound while a list was under way ---- */

static void clear_settled(struct uid_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->uid[i]);
    list->count = 0;
}

/* Without memory the pod may be bound a second time, which the API server refuses: nothing is lost. */
void scheduler_note_settled(struct scheduler *s, const char *uid)
{
    struct uid_list *list = &s->settled;
    char **grown, *copy;

    if (s->on_pod)
        return;
    if (list->count == list->capacity) {
        grown = realloc(list->uid, (list->capacity * 2 + 16) * sizeof *grown);
        if (!grown)
            return;
        list->uid = grown;
        list->capacity = list->capacity * 2 + 16;
    }
    copy = strdup(uid);
    if (copy)
        list->uid[list->count++] = copy;
}

static bool is_settled(const struct uid_list *list, const char *uid)
{
    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->uid[i], uid))
            return true;
    return false;
}

/* ---- one list ---- */

static int add_pending(struct scheduler *s, const struct pod *pod, struct error *err)
{
    const struct pod **grown;

    if (s->pending_count == s->pending_capacity) {
        grown = realloc(s->pending, (s->pending_capacity * 2 + 64) * sizeof *grown);
        if (!grown)
            return error_no_memory(err);
        s->pending = grown;
        s->pending_capacity = s->pending_capacity * 2 + 64;
    }
    s->pending[s->pending_count++] = pod;
    return 0;
}

static int take_pod(struct scheduler *s, const json_t *object, bool print, struct error *err)
{
    struct pod_update update;
    struct pod *pod = pod_decode(object, s->options->scheduler_name, err);

    if (!pod)
        return -1;
    if (print)
        log_bare(&s->log, "pod: '%s', phase: '%s' %s.", pod->name, pod_phase_name(pod->phase), pod->scheduler_name);
    return cache_set_pod(s->cache, pod, &update, err);
}

static int take_node(struct scheduler *s, const json_t *object, struct error *err)
{
    struct node_spec *spec = node_decode(object, err);
    bool helps;

    return spec ? cache_set_node(s->cache, spec, &helps, err) : -1;
}

/* an object that makes no sense is left out with a warning; without memory the list is void */
static int on_item(void *ctx, const char *text, size_t bytes, struct error *err)
{
    struct poll_list *list = ctx;
    struct scheduler *s = list->s;
    struct error problem = ERROR_INIT;
    json_t *object = kube_json_parse(text, bytes, &problem);
    int ret = -1;

    if (!object)
        error_prefix(&problem, "one of the %s is skipped", list->resource);
    else if (list == &s->poll_nodes)
        ret = take_node(s, object, &problem);
    else
        ret = take_pod(s, object, list == &s->poll_pending && s->options->print_pods, &problem);
    json_decref(object);
    if (ret == 0)
        return 0;
    if (problem.kind == ERROR_NO_MEMORY)
        return error_no_memory(err);
    scheduler_warn(s, "%s", problem.text);
    return 0;
}

static void back_off(struct scheduler *s, const struct kube_answer *answer)
{
    int64_t most = answer->unsent ? BACKOFF_MAX_REFUSED_US : BACKOFF_MAX_US;

    s->backoff_us = s->backoff_us ? s->backoff_us * 2 : BACKOFF_FIRST_US;
    if (s->backoff_us > most)
        s->backoff_us = most;
    if (s->backoff_us < answer->retry_after_ms * 1000)
        s->backoff_us = answer->retry_after_ms < BACKOFF_MAX_US / 1000 ? answer->retry_after_ms * 1000 : BACKOFF_MAX_US;
}

static void on_done(void *ctx, const struct kube_answer *answer, const char *resource_version)
{
    struct poll_list *list = ctx;
    struct scheduler *s = list->s;

    (void)resource_version;
    list->list = NULL;
    list->ok = answer->class_ == KUBE_OK;
    if (list->ok)
        return;
    back_off(s, answer);
    if (answer->class_ == KUBE_FORBIDDEN)
        scheduler_warn_forbidden(s, "list", list->resource, answer->message);
    else
        scheduler_warn(s, "cannot list %s: %s%s%s", list->resource, answer->reason, answer->reason[0] ? ": " : "", answer->message);
    scheduler_fail_once(s);
}

static void start(struct scheduler *s, struct poll_list *list, const char *resource, const char *path, const char *selector,
                  const struct json_field *schema)
{
    struct kube_list_options options = {.path = path,
                                        .field_selector = selector,
                                        .resource_version = "",
                                        .schema = schema,
                                        .on_item = on_item,
                                        .on_done = on_done,
                                        .ctx = list};
    struct kube_answer failed = {.class_ = KUBE_TRANSIENT, .retry_after_ms = -1, .reason = ""};
    struct error err = ERROR_INIT;

    *list = (struct poll_list){.s = s, .resource = resource};
    list->list = kube_list_start(s->client, &options, &err);
    if (list->list)
        return;
    failed.message = err.text;
    on_done(list, &failed, "");
}

/* ---- a cycle ---- */

static bool renew_cache(struct scheduler *s)
{
    struct error err = ERROR_INIT;
    struct cache *fresh = cache_new(s->options->scheduler_name, &err);

    if (!fresh) {
        scheduler_warn(s, "cannot begin a cycle: %s", err.text);
        return false;
    }
    cache_free(s->cache);
    s->cache = fresh;
    return true;
}

static void on_pending_pod(void *ctx, struct cached_pod *cached)
{
    struct scheduler *s = ctx;
    struct error err = ERROR_INIT;

    preempt_note_nominated(s, cached->pod);
    if (cached->node || cached->assumed || !is_pending_for_us(s, cached->pod) || is_settled(&s->settled, cached->pod->uid))
        return;
    trace_pod(s->trace, "seen", cached->pod->namespace_, cached->pod->name, cached->pod->uid);
    if (add_pending(s, cached->pod, &err) < 0)
        scheduler_warn(s, "%s/%s waits for the next cycle: %s", cached->pod->namespace_, cached->pod->name, err.text);
}

/* binds that outlive their cycle (they wait for another attempt) count on their node */
static void count_bind(void *ctx, const struct bind *bind)
{
    struct scheduler *s = ctx;
    struct cached_pod *cached = cache_pod(s->cache, bind->namespace_, bind->name);
    struct node *node = cache_node(s->cache, bind->node);

    if (cached && node && !cached->node && !cached->assumed && !strcmp(cached->pod->uid, bind->uid))
        cache_assume(s->cache, cached, node);
}

static int by_priority_then_age(const void *a, const void *b)
{
    const struct pod *x = *(const struct pod *const *)a, *y = *(const struct pod *const *)b;
    int names;

    if (x->priority != y->priority)
        return x->priority > y->priority ? -1 : 1;
    if (x->created_us != y->created_us)
        return x->created_us < y->created_us ? -1 : 1;
    names = strcmp(x->namespace_, y->namespace_);
    return names ? names : strcmp(x->name, y->name);
}

static bool wait_for_lists(struct scheduler *s)
{
    while (scheduler_running(s) && (s->poll_pending.list || s->poll_nodes.list || s->poll_assigned.list))
        scheduler_turn(s, -1);
    return scheduler_running(s);
}

static void find_pending(struct scheduler *s)
{
    s->pending_count = 0;
    cache_each_pod(s->cache, on_pending_pod, s);
}

/* fills s->pending; leaves it empty when a list failed */
static void observe(struct scheduler *s)
{
    start(s, &s->poll_pending, "pods", s->pods_path, s->pending_selector, pod_schema);
    if (!wait_for_lists(s) || !s->poll_pending.ok)
        return;
    s->state.ready = true;
    find_pending(s);
    if (s->pending_count || planner_is_evicting(s)) {
        start(s, &s->poll_nodes, "nodes", "/api/v1/nodes", NULL, node_schema);
        start(s, &s->poll_assigned, "pods", s->pods_path, ASSIGNED_PODS, pod_schema);
        if (!wait_for_lists(s) || !s->poll_nodes.ok || !s->poll_assigned.ok) {
            s->pending_count = 0;
            return;
        }
        bind_each(s->binder, count_bind, s);
        find_pending(s);
        planner_begin_cycle(s);
        if (s->pending_count)
            qsort(s->pending, s->pending_count, sizeof *s->pending, by_priority_then_age);
    }
    s->backoff_us = 0;
}

void list_pending_pods(struct scheduler *s, struct pod_list *pending)
{
    snprintf(s->pending_selector, sizeof s->pending_selector, "spec.nodeName=,spec.schedulerName=%s,status.phase=Pending",
             s->options->scheduler_name);
    s->cycle_us = scheduler_now_us(s);
    s->pending_count = 0;
    clear_settled(&s->settled);
    planner_end_cycle(s);
    if (renew_cache(s))
        observe(s);
    pending->pod = s->pending;
    pending->count = s->pending_count;
}

/*
 * Binds that are on the wire or about to be; those that wait for another attempt do not hold up the next cycle. A plan is seen through to its end, as
 * the next cycle's knows nothing of it.
 */
static bool binds_are_going_out(const struct scheduler *s)
{
    if (s->planner)
        return binder_count(s->binder) + victims_count(s->victims) > 0;
    return binder_inflight(s->binder) || binder_sending(s->binder);
}

void sleep_until_next_poll(struct scheduler *s)
{
    int64_t interval = s->options->interval_ms * 1000, due = s->cycle_us + interval, now;

    if (s->backoff_us > interval)
        due = scheduler_now_us(s) + s->backoff_us;
    for (;;) {
        if (!scheduler_running(s))
            return;
        planner_turn(s); /* what an answer made necessary begins before the cycle may end */
        now = scheduler_now_us(s);
        if (s->options->once && scheduler_idle(s))
            s->stopping = true;
        else if (!s->options->once && now >= due && !binds_are_going_out(s))
            return;
        else
            scheduler_turn(s, s->options->once ? 1000 : now >= due ? -1 : (due - now + 999) / 1000);
    }
}

void scheduler_close_polling(struct scheduler *s)
{
    struct poll_list *const lists[] = {&s->poll_pending, &s->poll_nodes, &s->poll_assigned};

    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (lists[i]->list)
            kube_list_cancel(lists[i]->list);
    clear_settled(&s->settled);
    free(s->settled.uid);
    free(s->pending);
}
