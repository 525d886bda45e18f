/* scheduler_lab_observe.c: lab.h's two ways to learn of pods and nodes: lists, and watches. */
#include <stdlib.h>
#include <string.h>

#include "common/cluster/decode.h"
#include "common/kube/json_parse.h"
#include "common/scheduler_internal.h"
#include "common/scheduler_lab.h"

struct lab_pods lab_pods(const struct lab *lab)
{
    return (struct lab_pods){lab->known.pod_view, lab->known.pod_count};
}

struct lab_nodes lab_nodes(const struct lab *lab)
{
    return (struct lab_nodes){lab->known.node_view, lab->known.node_count};
}

static int take_pod(struct lab *lab, const json_t *object, struct known_pod **is, bool *is_new, struct error *err)
{
    const struct options *options = lab->s->options;
    struct pod *pod = pod_decode(object, options->scheduler_name, err);

    if (!pod)
        return -1;
    if (options->print_pods)
        log_bare(&lab->s->log, "pod: '%s', phase: '%s' %s.", pod->name, pod_phase_name(pod->phase), pod->scheduler_name);
    return known_set_pod(&lab->known, pod, is, is_new, err);
}

static int take_node(struct lab *lab, const json_t *object, struct known_node **is, bool *is_new, struct error *err)
{
    struct node_spec *spec = node_decode(object, err);

    return spec ? known_set_node(&lab->known, spec, is, is_new, err) : -1;
}

/* ---- what is gone: not in the list that has just come ---- */

static void tell_pod(struct lab *lab, enum lab_event event, struct known_pod *is)
{
    is->untold = false;
    lab->calling++;
    if (lab->on_pod && lab_running(lab))
        lab->on_pod(lab, event, is->pod);
    lab->calling--;
}

static void tell_node(struct lab *lab, enum lab_event event, const struct node_spec *spec)
{
    lab->calling++;
    if (lab->on_node && lab_running(lab))
        lab->on_node(lab, event, spec);
    lab->calling--;
}

static void remove_pod(struct lab *lab, const char *namespace_, const char *name)
{
    struct known_pod *is = known_take_pod(&lab->known, namespace_, name);

    if (is && !is->untold)
        tell_pod(lab, LAB_DELETED, is);
    known_pod_free(is);
}

static void remove_node(struct lab *lab, const char *name)
{
    struct known_node *is = known_node(&lab->known, name);
    bool untold = is && is->untold;
    struct node_spec *spec = known_take_node(&lab->known, name);

    if (spec && !untold)
        tell_node(lab, LAB_DELETED, spec);
    node_spec_free(spec);
}

static void remove_old_pods(struct lab *lab)
{
    for (size_t i = lab->known.pod_count; i-- > 0;)
        if (lab->known.pods[i]->generation != lab->known.pod_generation)
            remove_pod(lab, lab->known.pod_view[i]->namespace_, lab->known.pod_view[i]->name);
}

static void remove_old_nodes(struct lab *lab)
{
    for (size_t i = lab->known.node_count; i-- > 0;)
        if (lab->known.nodes[i].generation != lab->known.node_generation)
            remove_node(lab, lab->known.node_view[i]->name);
}

/* ---- lists ---- */

/* an object that makes no sense is left out with a warning; without memory the list is void */
static int on_item(void *ctx, const char *text, size_t bytes, struct error *err)
{
    struct lab_list_call *call = ctx;
    struct error problem = ERROR_INIT;
    json_t *object = kube_json_parse(text, bytes, &problem);
    struct known_pod *pod;
    struct known_node *node;
    bool is_new;
    int ret = -1;

    if (!object)
        error_prefix(&problem, "one of the %s is skipped", call->resource);
    else if (call == &call->lab->list_nodes)
        ret = take_node(call->lab, object, &node, &is_new, &problem);
    else
        ret = take_pod(call->lab, object, &pod, &is_new, &problem);
    json_decref(object);
    if (ret == 0)
        return 0;
    if (problem.kind == ERROR_NO_MEMORY)
        return error_no_memory(err);
    scheduler_warn(call->lab->s, "%s", problem.text);
    return 0;
}

static void on_done(void *ctx, const struct kube_answer *answer, const char *resource_version)
{
    struct lab_list_call *call = ctx;
    struct scheduler *s = call->lab->s;

    (void)resource_version;
    call->list = NULL;
    call->ok = answer->class_ == KUBE_OK;
    if (call->ok)
        return;
    if (answer->class_ == KUBE_FORBIDDEN)
        scheduler_warn_forbidden(s, "list", call->resource, answer->message);
    else
        scheduler_warn(s, "cannot list %s: %s%s%s", call->resource, answer->reason, answer->reason[0] ? ": " : "", answer->message);
    scheduler_fail_once(s);
}

/* lists, and waits for the end of it */
static bool list(struct lab *lab, struct lab_list_call *call, const char *resource, const char *path, const struct json_field *schema)
{
    struct kube_list_options options = {
        .path = path, .resource_version = "", .schema = schema, .on_item = on_item, .on_done = on_done, .ctx = call};
    struct error err = ERROR_INIT;

    *call = (struct lab_list_call){.lab = lab, .resource = resource};
    call->list = kube_list_start(lab->s->client, &options, &err);
    if (!call->list) {
        scheduler_warn(lab->s, "cannot list %s: %s", resource, err.text);
        return false;
    }
    while (lab_running(lab) && call->list)
        scheduler_turn(lab->s, -1);
    return call->ok;
}

/* for --once: nothing is under way, and nothing will come by itself */
static bool is_idle(const struct lab *lab)
{
    return !binder_count(lab->binder) && lab->timer.due_us == TIMER_NEVER && scheduler_idle(lab->s);
}

static bool any_unassigned(const struct lab *lab)
{
    for (size_t i = 0; i < lab->known.pod_count; i++)
        if (!lab->known.pod_view[i]->node_name[0])
            return true;
    return false;
}

bool lab_list(struct lab *lab)
{
    if (!scheduler_lab_may_wait(lab, "lab_list"))
        return false;
    lab->listed_us = scheduler_now_us(lab->s);
    lab->known.pod_generation++;
    if (!list(lab, &lab->list_pods, "pods", lab->s->pods_path, pod_schema))
        return false;
    remove_old_pods(lab);
    lab->s->state.ready = true;
    if (!any_unassigned(lab))
        return true;
    lab->known.node_generation++;
    if (!list(lab, &lab->list_nodes, "nodes", "/api/v1/nodes", node_schema))
        return false;
    remove_old_nodes(lab);
    return true;
}

void lab_sleep(struct lab *lab)
{
    struct scheduler *s = lab->s;
    int64_t due = lab->listed_us + s->options->interval_ms * 1000, now;

    while (scheduler_lab_may_wait(lab, "lab_sleep") && lab_running(lab)) {
        now = scheduler_now_us(s);
        if (s->options->once && is_idle(lab))
            scheduler_stop(s);
        else if (!s->options->once && now >= due && !binder_count(lab->binder))
            return;
        else
            scheduler_turn(s, s->options->once || now >= due ? -1 : (due - now + 999) / 1000);
    }
}

/* ---- watches ---- */

static bool synced(const struct lab *lab)
{
    return lab->pods_synced && lab->nodes_synced;
}

/* Both lists are whole: what came while they were not is told now. A handler changes nothing of what is known. */
static void tell_all(struct lab *lab)
{
    lab->s->state.ready = true;
    for (size_t i = 0; i < lab->known.node_count; i++)
        if (lab->known.nodes[i].untold) {
            lab->known.nodes[i].untold = false;
            tell_node(lab, LAB_ADDED, lab->known.nodes[i].spec);
        }
    for (size_t i = 0; i < lab->known.pod_count; i++)
        if (lab->known.pods[i]->untold)
            tell_pod(lab, LAB_ADDED, lab->known.pods[i]);
}

static const char *metadata(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(json_object_get(object, "metadata"), key));

    return text ? text : "";
}

static void begin_pods(void *ctx)
{
    ((struct lab *)ctx)->known.pod_generation++;
}

static void begin_nodes(void *ctx)
{
    ((struct lab *)ctx)->known.node_generation++;
}

static void end_pods(void *ctx)
{
    struct lab *lab = ctx;

    remove_old_pods(lab);
    lab->pods_synced = true;
    if (synced(lab))
        tell_all(lab);
}

static void end_nodes(void *ctx)
{
    struct lab *lab = ctx;

    remove_old_nodes(lab);
    lab->nodes_synced = true;
    if (synced(lab))
        tell_all(lab);
}

static int on_pod_object(void *ctx, enum watch_event event, const json_t *object, struct error *err)
{
    struct lab *lab = ctx;
    const char *namespace_ = metadata(object, "namespace"), *name = metadata(object, "name");
    struct known_pod *is = known_pod(&lab->known, namespace_, name);
    bool is_new;

    if (event == WATCH_DELETED) {
        if (is && !strcmp(is->pod->uid, metadata(object, "uid")))
            remove_pod(lab, namespace_, name);
        return 0;
    }
    if (take_pod(lab, object, &is, &is_new, err) < 0)
        return -1;
    is->untold |= is_new;
    if (synced(lab))
        tell_pod(lab, is->untold ? LAB_ADDED : LAB_MODIFIED, is);
    return 0;
}

static int on_node_object(void *ctx, enum watch_event event, const json_t *object, struct error *err)
{
    struct lab *lab = ctx;
    struct known_node *is;
    bool is_new;

    if (event == WATCH_DELETED) {
        remove_node(lab, metadata(object, "name"));
        return 0;
    }
    if (take_node(lab, object, &is, &is_new, err) < 0)
        return -1;
    is->untold |= is_new;
    if (synced(lab)) {
        enum lab_event what = is->untold ? LAB_ADDED : LAB_MODIFIED;

        is->untold = false;
        tell_node(lab, what, is->spec);
    }
    return 0;
}

static void on_forbidden(void *ctx, const char *verb, const char *resource, const char *message)
{
    struct lab *lab = ctx;

    scheduler_warn_forbidden(lab->s, verb, resource, message);
    scheduler_fail_once(lab->s);
}

void lab_watch(struct lab *lab, lab_on_pod on_pod, lab_on_node on_node)
{
    struct reflector_options nodes = {.path = "/api/v1/nodes",
                                      .resource = "nodes",
                                      .schema = node_schema,
                                      .watch_list = true,
                                      .begin_replace = begin_nodes,
                                      .on_object = on_node_object,
                                      .end_replace = end_nodes,
                                      .on_forbidden = on_forbidden,
                                      .ctx = lab};
    struct reflector_options pods = {.path = lab->s->pods_path,
                                     .resource = "pods",
                                     .schema = pod_schema,
                                     .watch_list = true,
                                     .begin_replace = begin_pods,
                                     .on_object = on_pod_object,
                                     .end_replace = end_pods,
                                     .on_forbidden = on_forbidden,
                                     .ctx = lab};
    struct error err = ERROR_INIT;

    if (lab->nodes)
        return;
    lab->on_pod = on_pod;
    lab->on_node = on_node;
    lab->nodes = reflector_start(lab->s->client, &nodes, &err);
    lab->pods = lab->nodes ? reflector_start(lab->s->client, &pods, &err) : NULL;
    if (lab->pods)
        return;
    scheduler_warn(lab->s, "cannot start: %s", err.text);
    lab->s->failed = true;
    scheduler_stop(lab->s);
}

void lab_run(struct lab *lab)
{
    while (scheduler_lab_may_wait(lab, "lab_run") && lab_running(lab)) {
        scheduler_turn(lab->s, -1);
        if (lab->s->options->once && (synced(lab) || !lab->nodes) && is_idle(lab))
            scheduler_stop(lab->s);
    }
}

void scheduler_lab_close_observe(struct lab *lab)
{
    struct lab_list_call *const calls[] = {&lab->list_pods, &lab->list_nodes};

    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (calls[i]->list) {
            kube_list_cancel(calls[i]->list);
            calls[i]->list = NULL;
        }
    reflector_stop(lab->pods);
    reflector_stop(lab->nodes);
    lab->pods = lab->nodes = NULL;
    lab->on_pod = NULL;
    lab->on_node = NULL;
}
