#include "tests/unit/support/plan_world.h"

#include <stdlib.h>
#include <string.h>

static void names_of(size_t pod, char *ns, char *name)
{
    snprintf(ns, 8, "ns%zu", pod % MODEL_NAMESPACES);
    snprintf(name, 24, "p%02zu", pod);
}

static void ok(struct world *w, int ret, const struct error *err)
{
    world_must(w, ret == 0, "%s", err->text);
}

/* what the API server says of the pod; `assigned` false: news from before its bind */
void world_send_pod(struct world *w, struct plan *plan, size_t i, bool assigned)
{
    const struct model_pod *p = &w->m.pod[i];
    char ns[8], name[24], uid[16], node[16] = "", priority[24], size[24], group[8], zone[2] = {p->zone, 0};
    struct label annotations[3], selector = {"zone", zone};
    struct toleration toleration = {"k", "Exists", "", ""};
    struct host_port port = {"0.0.0.0", "TCP", 80};
    struct error err = ERROR_INIT;
    struct pod pod = {.namespace_ = ns,
                      .name = name,
                      .uid = uid,
                      .node_name = node,
                      .scheduler_name = "ours",
                      .nominated_node = "",
                      .deleting = p->deleting,
                      .gated = p->gated,
                      .created_us = p->created,
                      .annotations = annotations,
                      .node_selector = &selector,
                      .node_selector_count = p->zone != 0,
                      .tolerations = &toleration,
                      .toleration_count = p->tolerates,
                      .host_ports = &port,
                      .host_port_count = p->port};

    names_of(i, ns, name);
    snprintf(uid, sizeof uid, "u%u", p->uid);
    snprintf(priority, sizeof priority, "%lld", (long long)p->priority);
    snprintf(size, sizeof size, "%lld", (long long)p->size);
    snprintf(group, sizeof group, "g%d", p->gang);
    if (assigned && p->node != NO_NODE)
        snprintf(node, sizeof node, "n%02d", p->node);
    pod.requests.cpu_milli = p->cpu;
    if (p->wrong_priority)
        pod.priority = (int32_t)p->priority;
    annotations[pod.annotation_count++] = (struct label){"priority", p->wrong_priority ? "abc" : priority};
    if (p->gang >= 0)
        annotations[pod.annotation_count++] = (struct label){"pod-group", group};
    if (p->size > 0)
        annotations[pod.annotation_count++] = (struct label){"pod-group-size", size};
    ok(w, plan_pod_set(plan, &pod, &err), &err);
}

void world_send_gone(struct world *w, size_t i)
{
    struct error err = ERROR_INIT;
    char ns[8], name[24];

    names_of(i, ns, name);
    ok(w, plan_pod_gone(w->plan, ns, name, NULL, &err), &err);
}

void world_send_node(struct world *w, struct plan *plan, size_t i)
{
    const struct model_node *n = &w->m.node[i];
    char name[16], zone[2] = {n->zone, 0};
    struct label label = {"zone", zone};
    struct taint taint = {"k", "", "NoSchedule"};
    struct host_port port = {"0.0.0.0", "TCP", 80};
    struct resources used = {.cpu_milli = n->used, .pods = 1};
    struct error err = ERROR_INIT;
    struct node_spec spec = {.name = name,
                             .uid = name,
                             .traits = (n->cordoned ? NODE_UNSCHEDULABLE : 0u) | (n->tainted ? NODE_HAS_TAINTS : 0u),
                             .labels = &label,
                             .label_count = 1,
                             .taints = &taint,
                             .taint_count = n->tainted,
                             .allocatable = {.cpu_milli = 4000, .memory_bytes = 1, .pods = 110}};

    snprintf(name, sizeof name, "n%02zu", i);
    if (n->present)
        ok(w, plan_node_set(plan, &spec, &used, &port, n->port, &err), &err);
    else
        ok(w, plan_node_removed(plan, name, &err), &err);
}

/* what plan_explain() shows, against the model's units */
struct shown {
    struct world *w;
    size_t unit, member;
    bool given[MODEL_NODES];
};

static void compare_entry(void *ctx, const struct plan_entry *entry)
{
    struct shown *s = ctx;
    struct world *w = s->w;
    const struct model_unit *u = &w->m.unit[s->unit];
    char ns[8], name[24];
    size_t pod, node;

    world_must(w, s->unit < w->m.units, "%s is in no unit of the model", entry->name);
    pod = u->member[s->member];
    names_of(pod, ns, name);
    world_must(w, strcmp(entry->namespace_, ns) == 0 && strcmp(entry->name, name) == 0, "%s/%s where the model has %s/%s",
               entry->namespace_, entry->name, ns, name);
    world_must(w, (entry->node != NULL) == u->taken, "%s is %s the plan", name, entry->node ? "in" : "not in");
    world_must(w, entry->placed == u->placed && entry->priority == u->priority, "%s: placed %d, priority %lld", name, entry->placed,
               (long long)entry->priority);
    if (entry->node) {
        node = (size_t)atoi(entry->node + 1);
        world_must(w, u->placed ? w->m.pod[pod].node == (int)node : model_feasible(&w->m, pod, node), "%s is to be on %s", name,
                   entry->node);
        world_must(w, !s->given[node] || !w->m.node[node].present, "%s is given twice", entry->node);
        s->given[node] = true;
    }
    if (++s->member == u->members) {
        s->member = 0;
        s->unit++;
    }
}

void world_check_plan(struct world *w)
{
    struct shown s = {.w = w};
    struct error err = ERROR_INIT;

    model_settle_gangs(&w->m);
    model_plan(&w->m);
    ok(w, plan_explain(w->plan, compare_entry, &s, &err), &err);
    world_must(w, s.unit == w->m.units, "%zu units shown, the model has %zu", s.unit, w->m.units);
}

static void collect(void *ctx, const struct plan_action *action)
{
    struct world *w = ctx;

    world_must(w, w->actions < sizeof w->action / sizeof w->action[0], "too many actions");
    world_must(w, action->act != PLAN_PREEMPT || w->actions == 0 || w->action[w->actions - 1].act == PLAN_PREEMPT, "a victim after a bind");
    w->action[w->actions++] = *action;
}

static const struct model_unit *unit_of(const struct model *m, size_t pod)
{
    for (size_t u = 0; u < m->units; u++)
        for (size_t i = 0; i < m->unit[u].members; i++)
            if (m->unit[u].member[i] == pod)
                return &m->unit[u];
    return NULL;
}

struct victims {
    bool is[MODEL_PODS];
    int64_t priority[MODEL_PODS]; /* of its unit */
    int reason[MODEL_PODS];
    bool shared[MODEL_PODS]; /* a member of its unit has another of our pods on its node */
    size_t count;
};

static void leave(struct world *w, struct victims *v, size_t pod, int64_t priority, int reason)
{
    struct model_pod *p = &w->m.pod[pod];

    if (p->state != MODEL_BOUND)
        return;
    p->state = MODEL_LEAVING;
    p->retry = 0;
    v->is[pod] = true;
    v->priority[pod] = priority;
    v->reason[pod] = reason;
    v->count++;
}

static bool shares_node(const struct model *m, const struct model_unit *u)
{
    for (size_t k = 0; k < u->members; k++)
        for (size_t i = 0; i < m->pods; i++)
            if (i != u->member[k] && model_is_live(&m->pod[i]) && m->pod[i].node == m->pod[u->member[k]].node)
                return true;
    return false;
}

/* the first unit that must leave, if any, leaves; then all is planned anew */
static bool evict_first(struct world *w, struct victims *v)
{
    struct model *m = &w->m;

    model_settle_gangs(m);
    model_plan(m);
    for (size_t i = 0; i < m->units; i++) {
        const struct model_unit *u = &m->unit[i];

        if (!u->placed || u->taken || (!u->gang && m->pod[u->member[0]].state != MODEL_BOUND))
            continue;
        for (size_t k = 0; k < u->members; k++)
            v->shared[u->member[k]] = shares_node(m, u);
        for (size_t k = 0; k < u->members; k++)
            leave(w, v, u->member[k], u->priority, PLAN_FOR_PRIORITY);
        if (u->gang) {
            struct model_gang *gang = model_gang_of(m, u->member[0]);

            *gang = (struct model_gang){true, u->members, gang->changed, PLAN_GANG_EVICTED};
        }
        return true;
    }
    return false;
}

static void predict_victims(struct world *w, struct victims *v)
{
    for (size_t i = 0; i < w->m.pods; i++) {
        const struct model_gang *gang = model_gang_of(&w->m, i);

        if (w->m.pod[i].state != MODEL_ABSENT && gang && gang->doomed)
            leave(w, v, i, 0, gang->reason);
    }
    while (evict_first(w, v))
        ;
}

/* these, and no others */
static void check_victims(struct world *w, struct victims *v)
{
    size_t count = 0;

    for (; count < w->actions && w->action[count].act == PLAN_PREEMPT; count++) {
        const struct plan_action *act = &w->action[count];
        size_t i = (size_t)atoi(act->name + 1);

        world_must(w, v->is[i], "%s is evicted", act->name);
        v->is[i] = false;
        world_must(w, atoi(act->node + 1) == w->m.pod[i].node, "%s is evicted from %s", act->name, act->node);
        world_must(w,
                   (int)act->reason == v->reason[i] || ((act->reason == PLAN_SHARED_NODE || act->reason == PLAN_GANG_EVICTED) &&
                                                        v->reason[i] == PLAN_FOR_PRIORITY && v->shared[i]),
                   "%s is evicted as %s", act->name, plan_reason_text(act->reason));
    }
    world_must(w, count == v->count, "%zu victims, the model has %zu", count, v->count);
}

/* each makes room for somebody of higher priority who waits for it */
static void check_causes(struct world *w, const struct victims *v)
{
    for (size_t a = 0; a < w->actions; a++) {
        const struct plan_action *act = &w->action[a];
        size_t i = (size_t)atoi(act->name + 1), c;
        const struct model_unit *cause;

        if (act->act == PLAN_BIND || act->reason != PLAN_FOR_PRIORITY)
            continue;
        world_must(w, *act->cause_name, "%s is evicted for nobody", act->name);
        c = (size_t)atoi(act->cause_name + 1);
        cause = unit_of(&w->m, c);
        world_must(w, cause && cause->taken && w->m.pod[c].state == MODEL_WAITING && cause->priority > v->priority[i],
                   "%s (%lld) is evicted for %s: state %d, taken %d, priority %lld", act->name, (long long)v->priority[i], act->cause_name,
                   w->m.pod[c].state, cause && cause->taken, cause ? (long long)cause->priority : 0);
    }
}

static bool in_use(const struct model *m, int node)
{
    for (size_t i = 0; i < m->pods; i++)
        if (m->pod[i].state != MODEL_ABSENT && m->pod[i].node == node)
            return true;
    return false;
}

static void apply_binds(struct world *w)
{
    struct model *m = &w->m;

    for (size_t a = 0; a < w->actions; a++) {
        const struct plan_action *act = &w->action[a];
        size_t i = (size_t)atoi(act->name + 1), n;
        const struct model_unit *u;

        if (act->act != PLAN_BIND)
            continue;
        u = unit_of(m, i);
        n = (size_t)atoi(act->node + 1);
        world_must(w, u && u->taken && !u->placed && m->pod[i].state == MODEL_WAITING, "%s is bound", act->name);
        world_must(w, model_feasible(m, i, n) && !in_use(m, (int)n), "%s is bound to %s", act->name, act->node);
        m->pod[i].state = MODEL_BINDING;
        m->pod[i].node = (int)n;
        m->pod[i].late = m->pod[i].gang >= 0 && !u->gang;
    }
}

/* whole units, the rest still fits, and none that could go is left */
static void check_binds(struct world *w)
{
    struct model *m = &w->m;
    size_t taken[MODEL_PODS], count = 0;

    for (size_t u = 0; u < m->units; u++)
        for (size_t i = 0; m->unit[u].taken && i < m->unit[u].members; i++) {
            const struct model_unit *unit = &m->unit[u];

            world_must(w, m->pod[unit->member[i]].state == m->pod[unit->member[0]].state || unit->placed, "%s is bound in part",
                       unit->name);
            taken[count++] = unit->member[i];
        }
    world_must(w, model_matches(m, taken, count, NULL, NULL), "the binds leave no room for the rest of the plan");
    for (size_t u = 0; u < m->units; u++) {
        bool only_free[MODEL_PODS] = {false};

        if (!m->unit[u].taken || m->pod[m->unit[u].member[0]].state != MODEL_WAITING)
            continue;
        for (size_t i = 0; i < count; i++)
            only_free[i] = unit_of(m, taken[i]) == &m->unit[u];
        world_must(w, !model_matches(m, taken, count, only_free, NULL), "%s could be bound", m->unit[u].name);
    }
}

size_t world_act(struct world *w)
{
    struct error err = ERROR_INIT;
    struct victims v = {.count = 0};

    world_check_plan(w);
    w->actions = 0;
    ok(w, plan_actions(w->plan, collect, w, &err), &err);
    predict_victims(w, &v);
    apply_binds(w);
    check_binds(w);
    predict_victims(w, &v); /* a late member that was bound makes its gang larger */
    check_victims(w, &v);
    check_causes(w, &v);
    model_settle_gangs(&w->m);
    return w->actions;
}
