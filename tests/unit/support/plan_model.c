#include "tests/unit/support/plan_model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool model_is_live(const struct model_pod *pod)
{
    return pod->state == MODEL_BINDING || pod->state == MODEL_BOUND;
}

struct model_gang *model_gang_of(struct model *m, size_t pod)
{
    return m->pod[pod].gang < 0 ? NULL : &m->gang[pod % MODEL_NAMESPACES][m->pod[pod].gang];
}

void model_gang_changed(struct model *m, size_t pod)
{
    if (m->pod[pod].gang >= 0)
        model_gang_of(m, pod)->changed = m->now;
}

static bool is_member(const struct model *m, size_t pod, size_t ns, size_t gang)
{
    return m->pod[pod].state != MODEL_ABSENT && pod % MODEL_NAMESPACES == ns && m->pod[pod].gang == (int)gang;
}

static void settle_gang(struct model *m, size_t ns, size_t g)
{
    struct model_gang *gang = &m->gang[ns][g];
    size_t live = 0, leaving = 0, all = 0;

    for (size_t i = 0; i < m->pods; i++)
        if (is_member(m, i, ns, g)) {
            all++;
            live += model_is_live(&m->pod[i]);
            leaving += m->pod[i].state == MODEL_LEAVING && m->pod[i].node != NO_NODE;
        }
    if (gang->doomed && live + leaving == 0) {
        gang->doomed = false;
        gang->changed = m->now;
    }
    if (!gang->doomed && live > 0)
        gang->expected = 0;
    if (all == 0 && m->now >= gang->changed + 10 * m->settle)
        gang->expected = 0;
}

void model_settle_gangs(struct model *m)
{
    for (size_t ns = 0; ns < MODEL_NAMESPACES; ns++)
        for (size_t g = 0; g < MODEL_GANGS; g++)
            settle_gang(m, ns, g);
}

bool model_feasible(const struct model *m, size_t pod, size_t node)
{
    const struct model_pod *p = &m->pod[pod];
    const struct model_node *n = &m->node[node];

    return n->present && !n->cordoned && (!n->tainted || p->tolerates) && (!p->zone || p->zone == n->zone) && !(p->port && n->port) &&
           (p->cpu == 0 || p->cpu <= 4000 - n->used);
}

static bool node_is_free(const struct model *m, size_t node)
{
    for (size_t i = 0; i < m->pods; i++)
        if (m->pod[i].state != MODEL_ABSENT && m->pod[i].node == (int)node)
            return false;
    return true;
}

struct matching {
    const struct model *m;
    bool edge[MODEL_PODS][MODEL_NODES], seen[MODEL_NODES];
    int holder[MODEL_NODES];
};

static bool augment(struct matching *x, size_t pod)
{
    for (size_t n = 0; n < x->m->nodes; n++) {
        if (!x->edge[pod][n] || x->seen[n])
            continue;
        x->seen[n] = true;
        if (x->holder[n] < 0 || augment(x, (size_t)x->holder[n])) {
            x->holder[n] = (int)pod;
            return true;
        }
    }
    return false;
}

bool model_matches(const struct model *m, const size_t *pod, size_t pods, const bool *only_free, const bool *blocked)
{
    static struct matching x;

    x.m = m;
    for (size_t n = 0; n < m->nodes; n++)
        x.holder[n] = -1;
    for (size_t i = 0; i < pods; i++) {
        const struct model_pod *p = &m->pod[pod[i]];
        bool live = model_is_live(p);

        if (live && !m->node[p->node].present)
            continue; /* needs no room */
        for (size_t n = 0; n < m->nodes; n++) {
            x.edge[i][n] = live ? p->node == (int)n : model_feasible(m, pod[i], n);
            if (!live && ((only_free && only_free[i] && !node_is_free(m, n)) || (blocked && blocked[n])))
                x.edge[i][n] = false;
        }
        memset(x.seen, 0, sizeof x.seen);
        if (!augment(&x, i))
            return false;
    }
    return true;
}

static bool is_blocked(const struct model *m, const struct model_pod *p)
{
    return p->gated || p->retry > m->now;
}

static struct model_unit *add_unit(struct model *m, const char *name, bool gang)
{
    struct model_unit *u = &m->unit[m->units++];

    *u = (struct model_unit){.priority = INT64_MAX, .created = INT64_MAX, .gang = gang};
    snprintf(u->name, sizeof u->name, "%s", name);
    return u;
}

static void add_member(struct model *m, struct model_unit *u, size_t pod)
{
    const struct model_pod *p = &m->pod[pod];

    u->member[u->members++] = pod;
    u->placed = model_is_live(p);
    if (p->priority < u->priority)
        u->priority = p->priority;
    if (p->created < u->created)
        u->created = p->created;
}

static struct model_unit *add_single(struct model *m, size_t pod)
{
    struct model_unit *u;
    char name[32];

    snprintf(name, sizeof name, "ns%zu/p%02zu", pod % MODEL_NAMESPACES, pod);
    u = add_unit(m, name, false);
    add_member(m, u, pod);
    return u;
}

static bool is_complete(const struct model *m, size_t ns, size_t g, size_t waiting, size_t leaving)
{
    const struct model_gang *gang = &m->gang[ns][g];
    int64_t size = 0;

    for (size_t i = 0; i < m->pods; i++)
        if (is_member(m, i, ns, g) && m->pod[i].state != MODEL_LEAVING) {
            if (m->pod[i].state == MODEL_WAITING && is_blocked(m, &m->pod[i]))
                return false;
            if (m->pod[i].size > size)
                size = m->pod[i].size;
        }
    if (waiting == 0 || size > 0)
        return waiting > 0 && (int64_t)waiting >= size;
    return leaving == 0 && m->now >= gang->changed + (waiting < gang->expected ? 10 : 1) * m->settle;
}

static void gang_units(struct model *m, size_t ns, size_t g)
{
    struct model_unit *u = NULL;
    size_t live = 0, waiting = 0, leaving = 0;
    char name[32];

    for (size_t i = 0; i < m->pods; i++)
        if (is_member(m, i, ns, g)) {
            live += model_is_live(&m->pod[i]);
            waiting += m->pod[i].state == MODEL_WAITING;
            leaving += m->pod[i].state == MODEL_LEAVING && m->pod[i].node != NO_NODE;
        }
    if (m->gang[ns][g].doomed || (live == 0 && !is_complete(m, ns, g, waiting, leaving)))
        return;
    snprintf(name, sizeof name, "ns%zu/g%zu", ns, g);
    u = add_unit(m, name, true);
    for (size_t i = 0; i < m->pods; i++)
        if (is_member(m, i, ns, g) && (live ? model_is_live(&m->pod[i]) : m->pod[i].state == MODEL_WAITING))
            add_member(m, u, i);
    for (size_t i = 0; live > 0 && i < m->pods; i++)
        if (is_member(m, i, ns, g) && m->pod[i].state == MODEL_WAITING && !is_blocked(m, &m->pod[i]) && m->pod[i].priority >= u->priority)
            add_single(m, i)->priority = u->priority;
}

static int in_order(const void *a, const void *b)
{
    const struct model_unit *l = a, *r = b;

    if (l->priority != r->priority)
        return l->priority > r->priority ? -1 : 1;
    if (l->placed != r->placed)
        return l->placed ? -1 : 1;
    if (l->members != r->members)
        return l->members < r->members ? -1 : 1;
    if (l->created != r->created)
        return l->created < r->created ? -1 : 1;
    return strcmp(l->name, r->name);
}

void model_plan(struct model *m)
{
    size_t taken[MODEL_PODS], count = 0;

    m->units = 0;
    for (size_t i = 0; i < m->pods; i++)
        if (m->pod[i].gang < 0 && (model_is_live(&m->pod[i]) || (m->pod[i].state == MODEL_WAITING && !is_blocked(m, &m->pod[i]))))
            add_single(m, i);
    for (size_t ns = 0; ns < MODEL_NAMESPACES; ns++)
        for (size_t g = 0; g < MODEL_GANGS; g++)
            gang_units(m, ns, g);
    qsort(m->unit, m->units, sizeof *m->unit, in_order);
    for (size_t u = 0; u < m->units; u++) {
        memcpy(taken + count, m->unit[u].member, m->unit[u].members * sizeof *taken);
        m->unit[u].taken = model_matches(m, taken, count + m->unit[u].members, NULL, NULL);
        if (m->unit[u].taken)
            count += m->unit[u].members;
    }
}
