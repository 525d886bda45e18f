#include "tests/blackbox/support/rights.h"

#include <string.h>

#include "tests/blackbox/support/account.h"
#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/yaml.h"

#define FOLDER "manifests/"
#define RBAC "/apis/rbac.authorization.k8s.io/v1"

/* ---- a role's rules ---- */

static const char *text_at(const json_t *rule, const char *list, size_t index)
{
    return json_string_value(json_array_get(json_object_get(rule, list), index));
}

/* visits each right of a role; the arrays of a rule are of strings */
static void each_right(const json_t *role, void (*visit)(void *ctx, const json_t *rule, struct right right), void *ctx)
{
    json_t *rule;
    size_t i;

    json_array_foreach(json_object_get(role, "rules"), i, rule)
    {
        for (size_t g = 0; g < json_array_size(json_object_get(rule, "apiGroups")); g++)
            for (size_t r = 0; r < json_array_size(json_object_get(rule, "resources")); r++)
                for (size_t v = 0; v < json_array_size(json_object_get(rule, "verbs")); v++)
                    visit(ctx, rule,
                          (struct right){NULL, member(role, "kind"), text_at(rule, "apiGroups", g), text_at(rule, "resources", r),
                                         text_at(rule, "verbs", v)});
    }
}

struct found {
    const char *file;
    struct right *rights;
    size_t count;
};

static void collect(void *ctx, const json_t *rule, struct right right)
{
    struct found *found = ctx;

    (void)rule;
    REQUIRE(found->count < RIGHTS_MAX, "%s: too many rights", found->file);
    found->rights[found->count++] = (struct right){found->file, textf("%s", right.kind), textf("%s", right.group),
                                                   textf("%s", right.resource), textf("%s", right.verb)};
}

size_t rights_of(const char *file, struct right rights[RIGHTS_MAX])
{
    json_t *objects = yaml_objects(textf(FOLDER "%s", file), NULL, NULL), *object;
    struct found found = {file, rights, 0};
    size_t i;

    json_array_foreach(objects, i, object) each_right(object, collect, &found);
    json_decref(objects);
    return found.count;
}

/* ---- without one ---- */

struct cut {
    const struct right *less;
    json_t *rules;
    int taken;
};

static void keep_others(void *ctx, const json_t *rule, struct right right)
{
    struct cut *cut = ctx;
    json_t *one;

    if (!strcmp(right.group, cut->less->group) && !strcmp(right.resource, cut->less->resource) && !strcmp(right.verb, cut->less->verb)) {
        cut->taken++;
        return;
    }
    one = json_pack("{s:[s], s:[s], s:[s]}", "apiGroups", right.group, "resources", right.resource, "verbs", right.verb);
    if (json_object_get(rule, "resourceNames"))
        json_object_set(one, "resourceNames", json_object_get(rule, "resourceNames"));
    json_array_append_new(cut->rules, one);
}

static void take_away(json_t *role, const struct right *less)
{
    struct cut cut = {less, json_array(), 0};

    each_right(role, keep_others, &cut);
    json_object_set_new(role, "rules", cut.rules);
    REQUIRE(cut.taken <= 1, "%s: %s of %s stands there %d times", less->file, less->verb, less->resource, cut.taken);
}

/* ---- given ---- */

struct recipient {
    struct lab *lab;
    const char *account;
};

static const char *renamed(void *ctx, const char *text)
{
    static const char *const ours[] = {"my-scheduler", "prgcontsched"};
    const struct recipient *to = ctx;

    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (!strncmp(text, ours[i], strlen(ours[i])))
            return textf("%s%s", to->account, text + strlen(ours[i]));
    if (!strcmp(text, "kube-system"))
        return to->lab->id;
    if (!strcmp(text, "workshop-node-reader"))
        return textf("%s-nodes", to->account);
    return text;
}

/* "every service account" would give to the other runs of the case as well */
static void narrow(const struct recipient *to, json_t *binding)
{
    if (!strcmp(member(json_array_get(json_object_get(binding, "subjects"), 0), "kind"), "Group"))
        json_object_set_new(binding, "subjects",
                            json_of("[{'kind':'ServiceAccount','name':'%s','namespace':'%s'}]", to->account, to->lab->id));
}

static const char *address_of(const struct recipient *to, const json_t *object)
{
    static const char *const kinds[][2] = {{"ClusterRole", "/clusterroles"},
                                           {"ClusterRoleBinding", "/clusterrolebindings"},
                                           {"Role", "/roles"},
                                           {"RoleBinding", "/rolebindings"}};

    for (size_t i = 0; i < 4; i++)
        if (!strcmp(member(object, "kind"), kinds[i][0]))
            return i < 2 ? textf(RBAC "%s", kinds[i][1]) : textf(RBAC "/namespaces/%s%s", to->lab->id, kinds[i][1]);
    REQUIRE(!strcmp(member(object, "kind"), "ServiceAccount"), "a %s among roles", member(object, "kind"));
    return accounts(to->lab, "");
}

/* "": kube-apiserver looks at roles through a watch, and takes a moment */
static bool may(struct lab *as, const char *namespace_, const char *name, const struct right *right)
{
    const char *resource = right->resource, *slash = strchr(resource, '/');
    json_t *answer = api(
        as, "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
        json_of(
            "{'spec':{'resourceAttributes':{'namespace':'%s','verb':'%s','group':'%s','resource':'%.*s','subresource':'%s','name':'%s'}}}",
            strcmp(resource, "nodes") ? namespace_ : "", right->verb, right->group, slash ? (int)(slash - resource) : 99, resource,
            slash ? slash + 1 : "", name));
    bool allowed = json_is_true(json_object_get(json_object_get(answer, "status"), "allowed"));

    json_decref(answer);
    return allowed;
}

static bool same(const struct right *a, const struct right *b)
{
    return b && !strcmp(a->file, b->file) && !strcmp(a->resource, b->resource) && !strcmp(a->verb, b->verb);
}

static void holds(const struct recipient *to, struct lab *as, const char *file, const struct right *less)
{
    struct right rights[RIGHTS_MAX];
    size_t count = rights_of(file, rights);

    for (size_t i = 0; i < count; i++) {
        const char *name = !strcmp(rights[i].resource, "leases") && strcmp(rights[i].verb, "create") ? to->account : "";

        WAIT_UNTIL(may(as, to->lab->id, name, &rights[i]) == !same(&rights[i], less), "%s: %s of %s does not hold", file, rights[i].verb,
                   rights[i].resource);
    }
}

void rights_give(struct lab *lab, const char *const *files, const char *account, const struct right *less)
{
    struct recipient to = {lab, account};
    struct error err = ERROR_INIT;
    struct lab as = *lab;

    for (const char *const *file = files; *file; file++) {
        json_t *objects = yaml_objects(textf(FOLDER "%s", *file), renamed, &to), *object;
        size_t i;

        json_array_foreach(objects, i, object)
        {
            if (less && !strcmp(less->file, *file))
                take_away(object, less);
            narrow(&to, object);
            json_decref(api(lab, "POST", address_of(&to, object), json_incref(object)));
        }
        json_decref(objects);
    }
    as.client = api_client_open(account_kubeconfig(lab, account), "lab-rights", &err);
    REQUIRE(as.client, "%s", err.text);
    for (const char *const *file = files; *file; file++)
        holds(&to, &as, *file, less);
    api_client_close(as.client);
}
