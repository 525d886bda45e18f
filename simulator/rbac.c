/* rbac.c: grants: every rule that a user has, with the binding it comes from. */
#include "simulator/rbac.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/rbac_rules.h"

#define USERS_KEPT 64

/* a rule that somebody has, or, without one, a role that is not there */
struct grant {
    json_t *rule;     /* a reference; NULL: `why` says what is missing */
    char *namespace_; /* "": everywhere */
    char *why;        /* "ClusterRoleBinding "b" of ClusterRole "r" to User "u"" */
};

struct holder {
    char *name, *groups;
    struct grant *grants;
    size_t count, capacity;
};

struct rbac {
    struct holder *holders[USERS_KEPT];
    size_t count;
};

static void free_holder(struct holder *holder)
{
    for (size_t i = 0; i < holder->count; i++) {
        json_decref(holder->grants[i].rule);
        free(holder->grants[i].namespace_);
        free(holder->grants[i].why);
    }
    free(holder->grants);
    free(holder->name);
    free(holder->groups);
    free(holder);
}

static void forget_all(struct sim *sim)
{
    for (size_t i = 0; sim->rbac && i < sim->rbac->count; i++)
        free_holder(sim->rbac->holders[i]);
    if (sim->rbac)
        sim->rbac->count = 0;
}

void rbac_free(struct sim *sim)
{
    forget_all(sim);
    free(sim->rbac);
}

void rbac_change(struct sim *sim, const struct change *change)
{
    if (strcmp(change->object->resource->group, "rbac.authorization.k8s.io") == 0)
        forget_all(sim);
}

static int add_grant(struct holder *holder, json_t *rule, const char *namespace_, const char *why, struct error *err)
{
    struct grant grant = {json_incref(rule), strdup(namespace_), strdup(why)};

    if (holder->count == holder->capacity) {
        size_t capacity = holder->capacity ? holder->capacity * 2 : 16;
        struct grant *grown = realloc(holder->grants, capacity * sizeof *grown);

        if (grown) {
            holder->grants = grown;
            holder->capacity = capacity;
        }
    }
    if (grant.namespace_ && grant.why && holder->count < holder->capacity) {
        holder->grants[holder->count++] = grant;
        return 0;
    }
    json_decref(grant.rule);
    free(grant.namespace_);
    free(grant.why);
    return error_no_memory(err);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *value = json_string_value(json_object_get(object, key));

    return value ? value : "";
}

/* every rule of the role that a binding names */
static int grant_role(struct sim *sim, struct holder *holder, const struct object *binding, const json_t *role, const char *subject,
                      struct error *err)
{
    bool everywhere = binding->resource->slot == SLOT_CLUSTERROLEBINDINGS, cluster_role = !strcmp(text_of(role, "kind"), "ClusterRole");
    char key[600], why[1400];
    struct object *object;
    json_t *doc, *rule;
    size_t i;
    int ret = 0;

    snprintf(key, sizeof key, "%s%s%s", cluster_role ? "" : binding->namespace_, cluster_role ? "" : "/", text_of(role, "name"));
    object = store_get(&sim->store, cluster_role ? SLOT_CLUSTERROLES : SLOT_ROLES, key);
    if (!object) {
        snprintf(why, sizeof why, "%s.rbac.authorization.k8s.io \"%s\" not found", cluster_role ? "clusterrole" : "role",
                 text_of(role, "name"));
        return add_grant(holder, NULL, binding->namespace_, why, err);
    }
    snprintf(why, sizeof why, "%s \"%s%s%s\" of %s \"%s\" to %s", everywhere ? "ClusterRoleBinding" : "RoleBinding", binding->name,
             everywhere ? "" : "/", everywhere ? "" : binding->namespace_, text_of(role, "kind"), text_of(role, "name"), subject);
    doc = object_parse(object, err);
    if (!doc)
        return -1;
    json_array_foreach(json_object_get(doc, "rules"), i, rule)
    {
        if (ret == 0)
            ret = add_grant(holder, rule, binding->namespace_, why, err);
    }
    json_decref(doc);
    return ret;
}

static int grant_binding(struct sim *sim, struct holder *holder, struct object *binding, struct error *err)
{
    struct rbac_user user = {holder->name, holder->groups};
    json_t *doc = object_parse(binding, err), *subject;
    char described[700];
    size_t i;
    int ret = 0;

    if (!doc)
        return -1;
    json_array_foreach(json_object_get(doc, "subjects"), i, subject)
    {
        if (!rbac_is_subject(&user, subject, binding->namespace_, described, sizeof described))
            continue;
        ret = grant_role(sim, holder, binding, json_object_get(doc, "roleRef"), described, err);
        break;
    }
    json_decref(doc);
    return ret;
}

static int grant_all(struct sim *sim, struct holder *holder, enum slot slot, struct error *err)
{
    struct store_view view;
    struct object *binding;
    int ret = 0;

    if (store_view_open(&view, &sim->store, slot, sim->store.rv, "", "", err) < 0)
        return -1;
    while (ret == 0 && (binding = store_view_next(&view)))
        ret = grant_binding(sim, holder, binding, err);
    store_view_close(&view);
    return ret;
}

static struct holder *new_holder(struct sim *sim, const struct rbac_user *user, struct error *err)
{
    struct holder *holder = calloc(1, sizeof *holder);

    if (!holder) {
        error_no_memory(err);
        return NULL;
    }
    holder->name = strdup(user->name);
    holder->groups = strdup(user->groups ? user->groups : "");
    if (holder->name && holder->groups) {
        if (grant_all(sim, holder, SLOT_CLUSTERROLEBINDINGS, err) == 0 && grant_all(sim, holder, SLOT_ROLEBINDINGS, err) == 0)
            return holder;
    } else {
        error_no_memory(err);
    }
    free_holder(holder);
    return NULL;
}

/* what was worked out for the user, or is now; borrowed until the next change; NULL: memory ran out */
static struct holder *holder_of(struct sim *sim, const struct rbac_user *user, struct error *err)
{
    struct holder *holder;

    if (!sim->rbac && !(sim->rbac = calloc(1, sizeof *sim->rbac))) {
        error_no_memory(err);
        return NULL;
    }
    for (size_t i = 0; i < sim->rbac->count; i++)
        if (!strcmp(sim->rbac->holders[i]->name, user->name) && !strcmp(sim->rbac->holders[i]->groups, user->groups ? user->groups : ""))
            return sim->rbac->holders[i];
    holder = new_holder(sim, user, err);
    if (!holder)
        return NULL;
    if (sim->rbac->count == USERS_KEPT)
        forget_all(sim);
    return sim->rbac->holders[sim->rbac->count++] = holder;
}

static bool holds_in(const struct grant *grant, const char *namespace_)
{
    return !*grant->namespace_ || !strcmp(grant->namespace_, namespace_);
}

/* the roles that are not there: one alone, or [a, b] */
static int add_missing(const struct holder *holder, const char *namespace_, struct buffer *reason, struct error *err)
{
    size_t missing = 0, said = 0;
    int ret = 0;

    for (size_t i = 0; i < holder->count; i++)
        missing += !holder->grants[i].rule && holds_in(&holder->grants[i], namespace_);
    if (missing)
        ret = buffer_printf(reason, err, "RBAC: %s", missing > 1 ? "[" : "");
    for (size_t i = 0; i < holder->count && ret == 0; i++)
        if (!holder->grants[i].rule && holds_in(&holder->grants[i], namespace_))
            ret = buffer_printf(reason, err, "%s%s", said++ ? ", " : "", holder->grants[i].why);
    return ret == 0 && missing > 1 ? buffer_add(reason, "]", 1, err) : ret;
}

int rbac_allows(struct sim *sim, const struct rbac_user *user, const struct rbac_attributes *attributes, bool *allowed,
                struct buffer *reason, struct error *err)
{
    struct holder *holder;

    *allowed = true;
    if (!sim->options.rbac || rbac_is_master(user))
        return 0;
    holder = holder_of(sim, user, err);
    if (!holder)
        return -1;
    for (size_t i = 0; i < holder->count; i++)
        if (holder->grants[i].rule && holds_in(&holder->grants[i], attributes->namespace_) &&
            rbac_rule_allows(holder->grants[i].rule, attributes))
            return reason ? buffer_printf(reason, err, "RBAC: allowed by %s", holder->grants[i].why) : 0;
    *allowed = false;
    return reason ? add_missing(holder, attributes->namespace_, reason, err) : 0;
}

json_t *rbac_rules(struct sim *sim, const struct rbac_user *user, const char *namespace_, struct error *err)
{
    json_t *rules = json_array();
    struct holder *holder = NULL;
    int bad = !rules;

    if (!sim->options.rbac || rbac_is_master(user)) {
        bad |= json_array_append_new(rules, json_pack("{s[s]s[s]s[s]}", "verbs", "*", "apiGroups", "*", "resources", "*"));
        bad |= json_array_append_new(rules, json_pack("{s[s]s[s]}", "verbs", "*", "nonResourceURLs", "*"));
    } else if (!(holder = holder_of(sim, user, err))) {
        json_decref(rules);
        return NULL;
    }
    for (size_t i = 0; holder && i < holder->count; i++)
        if (holder->grants[i].rule && holds_in(&holder->grants[i], namespace_))
            bad |= json_array_append(rules, holder->grants[i].rule);
    if (!bad)
        return rules;
    json_decref(rules);
    error_no_memory(err);
    return NULL;
}
