/* What a rule allows, whom a subject means, and what is kept of it. Whole requests are judged in tests/blackbox/rbac.c, beside kube-apiserver. */
#include "sim_fixture.h"
#include "simulator/identity.h"
#include "simulator/rbac_rules.h"

#define RBAC "/apis/rbac.authorization.k8s.io/v1"

static bool allows(const char *rule_text, struct rbac_attributes attributes)
{
    char text[512];
    json_t *rule;
    bool allowed;

    snprintf(text, sizeof text, "%s", rule_text);
    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    rule = json_loads(text, 0, NULL);
    ck_assert_msg(rule != NULL, "%s", text);
    allowed = rbac_rule_allows(rule, &attributes);
    json_decref(rule);
    return allowed;
}

static struct rbac_attributes resource(const char *verb, const char *group, const char *name, const char *subresource, const char *object)
{
    return (struct rbac_attributes){verb, group, name, subresource, "default", object, ""};
}

START_TEST(a_rule_allows_what_it_lists)
{
    static const char rule[] = "{'apiGroups':['','apps'],'resources':['pods','deployments/scale'],'verbs':['get','list']}";

    ck_assert(allows(rule, resource("get", "", "pods", "", "x")));
    ck_assert(allows(rule, resource("list", "apps", "pods", "", "")));
    ck_assert(allows(rule, resource("get", "apps", "deployments", "scale", "x")));
    ck_assert(!allows(rule, resource("get", "", "pods", "status", "x")));
    ck_assert(!allows(rule, resource("get", "apps", "deployments", "", "x")));
    ck_assert(!allows(rule, resource("watch", "", "pods", "", "")));
    ck_assert(!allows(rule, resource("get", "batch", "pods", "", "x")));
    ck_assert(!allows(rule, resource("get", "", "pod", "", "x")));
    ck_assert(!allows(rule, (struct rbac_attributes){"get", "", "", "", "", "", "/metrics"}));
}
END_TEST

START_TEST(stars_stand_for_anything)
{
    ck_assert(allows("{'apiGroups':['*'],'resources':['*'],'verbs':['*']}", resource("any", "any", "thing", "sub", "x")));
    ck_assert(!allows("{'apiGroups':['*'],'resources':['*'],'verbs':['*']}", (struct rbac_attributes){"get", "", "", "", "", "", "/x"}));
    ck_assert(allows("{'apiGroups':['*'],'resources':['*/scale'],'verbs':['get']}", resource("get", "apps", "deployments", "scale", "")));
    ck_assert(!allows("{'apiGroups':['*'],'resources':['*/scale'],'verbs':['get']}", resource("get", "apps", "deployments", "", "")));
    ck_assert(
        !allows("{'apiGroups':['*'],'resources':['pods/*'],'verbs':['get']}", resource("get", "", "pods", "log", ""))); /* no such thing */
}
END_TEST

START_TEST(names_narrow_a_rule)
{
    static const char rule[] = "{'apiGroups':[''],'resources':['leases'],'resourceNames':['a','b'],'verbs':['get','create']}";

    ck_assert(allows(rule, resource("get", "", "leases", "", "b")));
    ck_assert(!allows(rule, resource("get", "", "leases", "", "c")));
    ck_assert(!allows(rule, resource("create", "", "leases", "", ""))); /* a name is not known when an object is made */
}
END_TEST

START_TEST(paths_match_to_their_star)
{
    static const char rule[] = "{'nonResourceURLs':['/healthz','/logs/*'],'verbs':['get']}";

    ck_assert(allows(rule, (struct rbac_attributes){"get", "", "", "", "", "", "/healthz"}));
    ck_assert(allows(rule, (struct rbac_attributes){"get", "", "", "", "", "", "/logs/a/b"}));
    ck_assert(!allows(rule, (struct rbac_attributes){"get", "", "", "", "", "", "/logs"}));
    ck_assert(!allows(rule, (struct rbac_attributes){"get", "", "", "", "", "", "/healthz/x"}));
    ck_assert(!allows(rule, (struct rbac_attributes){"post", "", "", "", "", "", "/healthz"}));
    ck_assert(!allows(rule, resource("get", "", "pods", "", "")));
    ck_assert(allows("{'nonResourceURLs':['*'],'verbs':['get']}", (struct rbac_attributes){"get", "", "", "", "", "", "/x"}));
}
END_TEST

static bool means(const char *kind, const char *name, const char *namespace_, const char *binding_namespace, const char *user,
                  const char *groups)
{
    json_t *subject = json_pack("{ssssss}", "kind", kind, "name", name, "namespace", namespace_);
    struct rbac_user who = {user, groups};
    char described[200];
    bool is = rbac_is_subject(&who, subject, binding_namespace, described, sizeof described);

    json_decref(subject);
    return is;
}

START_TEST(a_subject_means_users_groups_and_accounts)
{
    static const char bot[] = "system:serviceaccount:ops:bot";

    ck_assert(means("User", "bob", "", "", "bob", NULL));
    ck_assert(!means("User", "bo", "", "", "bob", NULL));
    ck_assert(means("User", bot, "", "", bot, NULL));
    ck_assert(means("Group", "b", "", "", "bob", "a,b,c"));
    ck_assert(!means("Group", "ab", "", "", "bob", "a,b,abc"));
    ck_assert(means("Group", "system:authenticated", "", "", "bob", NULL));
    ck_assert(!means("Group", "system:authenticated", "", "", "system:anonymous", NULL));
    ck_assert(means("Group", "system:unauthenticated", "", "", "system:anonymous", NULL));
    ck_assert(!means("Group", "system:unauthenticated", "", "", "bob", NULL));
    ck_assert(means("Group", "system:serviceaccounts", "", "", bot, NULL));
    ck_assert(means("Group", "system:serviceaccounts:ops", "", "", bot, NULL));
    ck_assert(!means("Group", "system:serviceaccounts:op", "", "", bot, NULL));
    ck_assert(!means("Group", "system:serviceaccounts:ops2", "", "", bot, NULL));
    ck_assert(!means("Group", "system:serviceaccounts", "", "", "bob", NULL));
    ck_assert(means("ServiceAccount", "bot", "ops", "", bot, NULL));
    ck_assert(means("ServiceAccount", "bot", "", "ops", bot, NULL)); /* a RoleBinding's own namespace */
    ck_assert(!means("ServiceAccount", "bot", "", "dev", bot, NULL));
    ck_assert(!means("ServiceAccount", "bot", "", "", bot, NULL));
    ck_assert(!means("ServiceAccount", "bob", "ops", "", "bob", NULL));
    ck_assert(!means("Robot", "bob", "", "", "bob", NULL));
}
END_TEST

static void open_with_roles(void)
{
    struct sim_options options = lab_options();

    options.rbac = true;
    lab_open(options);
}

static int ask_as(const char *user, const char *groups, const char *method, const char *target)
{
    struct sim_request request = {.method = method, .target = target, .user = user, .groups = groups};
    struct sim_response response;
    struct error err = ERROR_INIT;
    int status;

    ck_assert_int_eq(sim_handle(lab.sim, &request, &response, &err), 0);
    status = response.status;
    ck_assert_ptr_null(response.watch);
    sim_response_free(&response);
    return status;
}

START_TEST(masters_and_the_administrator_may_do_everything)
{
    open_with_roles();
    ck_assert_int_eq(ask_as(NULL, NULL, "GET", "/api/v1/nodes"), 200);
    ck_assert_int_eq(ask_as("root", "dev,system:masters", "GET", "/api/v1/nodes"), 200);
    ck_assert_int_eq(ask_as("root", "dev,system:master", "GET", "/api/v1/nodes"), 403);
    ck_assert_int_eq(ask_as("system:kube-scheduler", NULL, "GET", "/api/v1/nodes"), 200); /* one of the roles a cluster is born with */
    ck_assert_int_eq(ask_as("system:kube-scheduler", NULL, "DELETE", "/api/v1/nodes/x"), 403);
}
END_TEST

START_TEST(without_roles_everybody_may_do_everything)
{
    ck_assert_int_eq(ask_as("bob", NULL, "GET", "/api/v1/nodes"), 200);
    ck_assert_int_eq(lab_get(RBAC "/clusterroles"), 200);
    ck_assert_uint_eq(lab_count("items"), 0);
}
END_TEST

static void grant(const char *user, const char *role)
{
    char body[512];

    snprintf(body, sizeof body,
             "{\"metadata\":{\"name\":\"%s\"},\"roleRef\":{\"kind\":\"ClusterRole\",\"name\":\"%s\"},\"subjects\":[{\"kind\":\"User\","
             "\"name\":\"%s\"}]}",
             user, role, user);
    ck_assert_msg(lab_post(RBAC "/clusterrolebindings", body) == 201, "%s", lab.body);
}

START_TEST(a_change_of_roles_counts_at_once)
{
    open_with_roles();
    ck_assert_int_eq(ask_as("bob", NULL, "GET", "/api/v1/pods"), 403);
    grant("bob", "reader");
    ck_assert_int_eq(ask_as("bob", NULL, "GET", "/api/v1/pods"), 403);
    lab_post(RBAC "/clusterroles",
             "{\"metadata\":{\"name\":\"reader\"},\"rules\":[{\"apiGroups\":[\"\"],\"resources\":[\"pods\"],\"verbs\":[\"list\"]}]}");
    ck_assert_int_eq(ask_as("bob", NULL, "GET", "/api/v1/pods"), 200);
    lab_request("PATCH", RBAC "/clusterroles/reader", MERGE, "{\"rules\":[]}");
    ck_assert_int_eq(ask_as("bob", NULL, "GET", "/api/v1/pods"), 403);
    lab_delete(RBAC "/clusterrolebindings/bob", NULL);
    grant("bob", "view");
    ck_assert_int_eq(ask_as("bob", NULL, "GET", "/apis/apps/v1/deployments"), 200);
    ck_assert_int_eq(ask_as("bob", NULL, "GET", "/api/v1/nodes"), 403);
}
END_TEST

/* more users than are kept */
START_TEST(many_users_are_told_apart)
{
    char name[32];

    open_with_roles();
    for (int i = 0; i < 200; i += 2) {
        snprintf(name, sizeof name, "user%d", i);
        grant(name, "view");
    }
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 200; i++) {
            snprintf(name, sizeof name, "user%d", i);
            ck_assert_int_eq(ask_as(name, NULL, "GET", "/api/v1/pods"), i % 2 ? 403 : 200);
        }
}
END_TEST

static const char *request_token(void)
{
    ck_assert_int_eq(lab_post("/api/v1/namespaces/default/serviceaccounts/bot/token", "{\"spec\":{\"expirationSeconds\":600}}"), 201);
    return lab_text("status.token");
}

START_TEST(a_token_ends)
{
    char token[128], other[128], user[SIM_USER_BYTES];

    lab_post("/api/v1/namespaces/default/serviceaccounts", "{\"metadata\":{\"name\":\"bot\"}}");
    snprintf(token, sizeof token, "%s", request_token());
    ck_assert_str_eq(lab_text("status.expirationTimestamp"), "2025-11-22T08:10:00Z");
    snprintf(other, sizeof other, "%s", request_token());
    ck_assert_str_ne(token, other);
    ck_assert(sim_token_user(lab.sim, token, user));
    ck_assert_str_eq(user, "system:serviceaccount:default:bot");
    ck_assert(!sim_token_user(lab.sim, "x", user));
    lab_tick_at(599999999);
    ck_assert(sim_token_user(lab.sim, token, user));
    lab_tick_at(600000000);
    ck_assert(!sim_token_user(lab.sim, token, user));
}
END_TEST

static struct identity who(const struct tokens *tokens, bool rbac, const char *header)
{
    struct identity identity;

    identity_read(&identity, tokens, lab.sim, rbac, header);
    return identity;
}

START_TEST(headers_say_who_it_is)
{
    struct error err = ERROR_INIT;
    struct tokens *none = tokens_new(&err), *some = tokens_new(&err);

    ck_assert_int_eq(tokens_add(some, "a=ann,dev,ops", &err), 0);
    ck_assert_int_eq(tokens_add(some, "b=bob", &err), 0);
    ck_assert(who(none, false, "Bearer x").known);
    ck_assert_ptr_null(who(none, false, NULL).user);
    ck_assert_str_eq(who(some, false, "Bearer a").user, "ann");
    ck_assert_str_eq(who(some, false, "Bearer a").groups, "dev,ops");
    ck_assert_str_eq(who(some, false, "Bearer b").groups, "");
    ck_assert(!who(some, false, "Bearer c").known);
    ck_assert(!who(some, true, "Basic a").known);
    ck_assert(!who(some, false, NULL).known);
    ck_assert(who(some, true, NULL).known);
    ck_assert_str_eq(who(some, true, NULL).user, "system:anonymous");
    tokens_free(none);
    tokens_free(some);
}
END_TEST

static int impersonate(const char *as, const char *user, const char *groups, struct identity *identity)
{
    struct sim_response response = {.status = 0};
    struct error err = ERROR_INIT;
    int ret;

    *identity = (struct identity){.known = true, .user = as};
    ret = identity_impersonate(identity, lab.sim, user, groups, &response, &err);
    ck_assert_int_eq(response.status, ret ? 403 : 0);
    sim_response_free(&response);
    return ret;
}

START_TEST(only_who_may_speaks_for_others)
{
    struct identity identity;

    open_with_roles();
    ck_assert_int_eq(impersonate(NULL, "bob", "dev", &identity), 0);
    ck_assert_str_eq(identity.user, "bob");
    ck_assert_str_eq(identity.groups, "dev");
    ck_assert_int_eq(impersonate("ann", "bob", NULL, &identity), 1);
    lab_post(RBAC "/clusterroles",
             "{\"metadata\":{\"name\":\"as\"},\"rules\":[{\"apiGroups\":[\"\"],\"resources\":[\"users\",\"serviceaccounts\"],\"verbs\":"
             "[\"impersonate\"]}]}");
    grant("ann", "as");
    ck_assert_int_eq(impersonate("ann", "bob", NULL, &identity), 0);
    ck_assert_int_eq(impersonate("ann", "system:serviceaccount:default:x", NULL, &identity), 0);
    ck_assert_int_eq(impersonate("ann", "bob", "system:masters", &identity), 1);
    ck_assert_int_eq(impersonate("bob", "ann", NULL, &identity), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_rbac");

    LAB_CASE(suite, "rules", a_rule_allows_what_it_lists, stars_stand_for_anything, names_narrow_a_rule, paths_match_to_their_star,
             a_subject_means_users_groups_and_accounts);
    LAB_CASE(suite, "users", masters_and_the_administrator_may_do_everything, without_roles_everybody_may_do_everything,
             a_change_of_roles_counts_at_once, many_users_are_told_apart);
    LAB_CASE(suite, "identity", a_token_ends, headers_say_who_it_is, only_who_may_speaks_for_others);
    return lab_run_suite(suite);
}
