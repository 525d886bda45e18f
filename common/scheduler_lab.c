/*
 * scheduler_lab.c: lab.h but for observing (scheduler_lab_observe.c): the program's life, binds and their answers, later.
 */
#include "common/scheduler_lab.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/scheduler_internal.h"

/* ---- birth ---- */

static void on_sent(void *ctx, const struct bind *bind)
{
    struct lab *lab = ctx;

    trace_pod(lab->s->trace, "bind", bind->namespace_, bind->name, bind->uid);
}

static void on_transient(void *ctx, const struct bind *bind, int status, const char *reason)
{
    struct lab *lab = ctx;

    (void)bind;
    (void)reason;
    lab->status = status;
}

static void on_timer(void *ctx);
static void on_bound(void *ctx, const struct bind *bind, enum bind_result result, int64_t retry_after_ms, const char *message);

static int open_lab(struct lab *lab, struct error *err)
{
    const struct options *options = lab->s->options;
    struct binder_options binder = {.client = lab->s->client,
                                    .max_inflight = options->max_inflight,
                                    .max_attempts = 1,
                                    .backoff_ms = options->bind_backoff_ms,
                                    .simulate_errors = options->simulate_bind_errors,
                                    .on_sent = on_sent,
                                    .on_transient = on_transient,
                                    .on_done = on_bound,
                                    .ctx = lab};
    size_t count = options->policy.filters.required_label_count;

    if (options->preemption || options->dry_run || options->policy.policy->plans)
        return error_set(err, ERROR_USAGE, "--preemption, --dry-run and --policy %s are for the lab's own schedulers",
                         options->policy.policy->name);
    lab->required_labels = calloc(count + 1, sizeof *lab->required_labels);
    if (!lab->required_labels)
        return error_no_memory(err);
    for (size_t i = 0; i < count; i++)
        lab->required_labels[i] = (struct label){options->required_labels[i].key, options->required_labels[i].value};
    lab->binder = binder_new(&binder, err);
    kube_timer_add(&lab->s->timers, &lab->timer, on_timer, lab);
    return lab->binder ? 0 : -1;
}

struct lab *scheduler_lab_open(struct scheduler *s, struct error *err)
{
    struct lab *lab = calloc(1, sizeof *lab);

    if (!lab) {
        error_no_memory(err);
        return NULL;
    }
    lab->s = s;
    if (open_lab(lab, err) == 0)
        return lab;
    scheduler_lab_close(lab);
    return NULL;
}

struct lab *lab_start(const char *program, int argc, char **argv)
{
    struct scheduler *s = scheduler_start(program, argc, argv);
    struct error err = ERROR_INIT;
    struct lab *lab = scheduler_lab_open(s, &err);

    if (lab)
        return lab;
    fprintf(stderr, "%s: %s\n", program, err.text);
    scheduler_finish(s);
    exit(error_exit_code(&err));
}

bool lab_running(const struct lab *lab)
{
    return scheduler_running(lab->s);
}

static void free_calls(struct lab *lab)
{
    while (lab->binds) {
        struct lab_bind_call *call = lab->binds;

        lab->binds = call->next;
        free(call);
    }
}

void scheduler_lab_close(struct lab *lab)
{
    struct scheduler *s = lab->s;
    int64_t deadline = scheduler_now_us(s) + SHUTDOWN_US, left;

    scheduler_lab_close_observe(lab);
    kube_timer_remove(&s->timers, &lab->timer);
    scheduler_stop(s);
    if (lab->binder)
        binder_drain(lab->binder);
    while (lab->binder && !s->failed && binder_inflight(lab->binder) && (left = (deadline - scheduler_now_us(s)) / 1000) > 0)
        scheduler_turn(s, left);
    binder_free(lab->binder);
    free_calls(lab);
    known_free(&lab->known);
    free(lab->required_labels);
    free(lab);
}

int lab_finish(struct lab *lab)
{
    struct scheduler *s = lab->s;

    scheduler_lab_close(lab);
    return scheduler_finish(s);
}

bool scheduler_lab_may_wait(struct lab *lab, const char *function)
{
    if (lab->calling)
        scheduler_warn(lab->s, "%s() waits, and a function that was called from a wait must not: nothing is done", function);
    return !lab->calling;
}

/* ---- what it was told, and what it tells ---- */

const char *lab_scheduler_name(const struct lab *lab)
{
    return lab->s->options->scheduler_name;
}

const char *lab_policy(const struct lab *lab)
{
    return lab->s->options->policy.policy->name;
}

const struct label *lab_required_labels(const struct lab *lab, size_t *count)
{
    *count = lab->s->options->policy.filters.required_label_count;
    return lab->required_labels;
}

void lab_print(struct lab *lab, const char *format, ...)
{
    char text[LOG_TEXT_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log_line(&lab->s->log, "%s", text);
}

/* ---- later ---- */

/* the timer stands for the earliest of them */
static void set_timer(struct lab *lab)
{
    lab->timer.due_us = TIMER_NEVER;
    for (size_t i = 0; i < lab->known.pod_count; i++)
        if (lab->known.pods[i]->due_us < lab->timer.due_us)
            lab->timer.due_us = lab->known.pods[i]->due_us;
}

static struct known_pod *next_due(struct lab *lab, int64_t now_us)
{
    struct known_pod *first = NULL;

    for (size_t i = 0; i < lab->known.pod_count; i++) {
        struct known_pod *is = lab->known.pods[i];

        if (is->due_us <= now_us && (!first || is->due_us < first->due_us))
            first = is;
    }
    return first;
}

/* those that are due now; what they ask for anew, be it at once, has its turn next time */
static void on_timer(void *ctx)
{
    struct lab *lab = ctx;
    int64_t now = scheduler_now_us(lab->s);
    struct known_pod *is;

    while (lab_running(lab) && (is = next_due(lab, now))) {
        is->due_us = TIMER_NEVER;
        lab->calling++;
        is->later(lab, is->pod);
        lab->calling--;
    }
    set_timer(lab);
}

static struct known_pod *known_as(const struct lab *lab, const char *namespace_, const char *name, const char *uid)
{
    struct known_pod *is = known_pod(&lab->known, namespace_, name);

    return is && !strcmp(is->pod->uid, uid) ? is : NULL;
}

void lab_after(struct lab *lab, const struct pod *pod, int64_t delay_ms, void (*later)(struct lab *lab, const struct pod *pod))
{
    struct known_pod *is = known_as(lab, pod->namespace_, pod->name, pod->uid);
    int64_t now = scheduler_now_us(lab->s);

    if (!is || !lab_running(lab))
        return;
    is->due_us = now + (delay_ms > 0 ? delay_ms * 1000 : 0) + 1; /* in the future: see on_timer() */
    if (is->due_us < is->not_before_us)
        is->due_us = is->not_before_us;
    is->later = later;
    if (is->due_us < lab->timer.due_us)
        lab->timer.due_us = is->due_us;
}

/* ---- act ---- */

const char *lab_node_name(const struct lab *lab, const struct pod *pod)
{
    const struct known_pod *is;

    if (pod->node_name[0])
        return pod->node_name;
    is = known_as(lab, pod->namespace_, pod->name, pod->uid);
    return is && is->assumed ? is->assumed : "";
}

bool lab_busy(const struct lab *lab, const struct pod *pod)
{
    const struct known_pod *is = known_as(lab, pod->namespace_, pod->name, pod->uid);

    return bind_find(lab->binder, pod->uid) || (is && is->due_us != TIMER_NEVER);
}

static int start_bind(struct lab *lab, struct known_pod *is, const char *node, lab_on_answer on_answer, struct error *err)
{
    const struct pod *pod = is->pod;
    size_t bytes = strlen(pod->uid) + 1;
    struct lab_bind_call *call = malloc(sizeof *call + bytes);
    char *assumed = strdup(node);

    if (!call || !assumed) {
        error_no_memory(err);
        goto fail;
    }
    if (bind_start(lab->binder, pod->namespace_, pod->name, pod->uid, node, err) < 0)
        goto fail;
    *call = (struct lab_bind_call){lab->binds, on_answer};
    memcpy(call->uid, pod->uid, bytes);
    lab->binds = call;
    free(is->assumed);
    is->assumed = assumed;
    return 0;
fail:
    free(call);
    free(assumed);
    return -1;
}

void lab_bind(struct lab *lab, const struct pod *pod, const struct node_spec *node, lab_on_answer on_answer)
{
    struct known_pod *is = known_as(lab, pod->namespace_, pod->name, pod->uid);
    struct error err = ERROR_INIT;

    if (!is || !lab_running(lab))
        return;
    is->due_us = TIMER_NEVER;
    if (start_bind(lab, is, node->name, on_answer, &err) < 0)
        scheduler_warn(lab->s, "cannot bind %s/%s: %s", pod->namespace_, pod->name, err.text);
}

static lab_on_answer take_call(struct lab *lab, const char *uid)
{
    for (struct lab_bind_call **link = &lab->binds; *link; link = &(*link)->next)
        if (!strcmp((*link)->uid, uid)) {
            struct lab_bind_call *call = *link;
            lab_on_answer on_answer = call->on_answer;

            *link = call->next;
            free(call);
            return on_answer;
        }
    return NULL;
}

static enum lab_result result_of(enum bind_result result)
{
    static const enum lab_result results[] = {
        [BIND_OK] = LAB_BOUND,         [BIND_CONFLICT] = LAB_CONFLICT,   [BIND_POD_GONE] = LAB_GONE,
        [BIND_FAILED] = LAB_TRANSIENT, [BIND_FORBIDDEN] = LAB_FORBIDDEN, [BIND_REJECTED] = LAB_REJECTED,
    };

    return results[result];
}

static void on_bound(void *ctx, const struct bind *bind, enum bind_result result, int64_t retry_after_ms, const char *message)
{
    struct lab *lab = ctx;
    struct known_pod *is = known_as(lab, bind->namespace_, bind->name, bind->uid);
    struct lab_answer answer = {.result = result_of(result),
                                .namespace_ = bind->namespace_,
                                .name = bind->name,
                                .node = bind->node,
                                .pod = is ? is->pod : NULL,
                                .attempt = is ? is->attempts + 1 : 1,
                                .status = result == BIND_FAILED ? lab->status : 0,
                                .reason = message};
    lab_on_answer on_answer = take_call(lab, bind->uid);

    if (result == BIND_FORBIDDEN)
        scheduler_warn_forbidden(lab->s, "create", "pods/binding", message);
    if (is && result != BIND_OK) {
        free(is->assumed);
        is->assumed = NULL;
        is->attempts++;
        is->not_before_us = retry_after_ms > 0 ? scheduler_now_us(lab->s) + retry_after_ms * 1000 : 0;
    } else if (is) {
        is->attempts = 0;
    }
    if (result == BIND_OK)
        report_scheduled(lab->s->reporter, bind->namespace_, bind->name, bind->uid, bind->node);
    lab->calling++;
    if (on_answer)
        on_answer(lab, &answer);
    lab->calling--;
}
