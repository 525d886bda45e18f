/*
 * rbac.c: what roles and bindings allow, and the words of a refusal: the same on the simulator with --rbac and on kube-apiserver. Who asks is a service account
 * with a token that the server gave out.
 */
#include <string.h>

#include "tests/blackbox/support/account.h"
#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define RBAC "/apis/rbac.authorization.k8s.io/v1"

static void open_server(struct lab *lab)
{
    static const char *const arguments[] = {"--rbac", NULL};

    if (lab->server == SIMULATOR)
        server_open_with(lab, arguments);
    else
        server_open(lab);
}

/* a second client beside the administrator's */
struct somebody {
    struct lab lab;
};

static void log_in(struct lab *lab, struct somebody *who, const char *account)
{
    struct error err = ERROR_INIT;

    who->lab = *lab;
    who->lab.client = api_client_open(account_kubeconfig(lab, account), "lab-somebody", &err);
    REQUIRE(who->lab.client, "%s", err.text);
}

static void log_out(struct somebody *who)
{
    api_client_close(who->lab.client);
}

static void make_role(struct lab *lab, const char *where, const char *name, const char *rules)
{
    json_decref(api(lab, "POST", textf(RBAC "%s", where), json_of("{'metadata':{'name':'%s'},'rules':[%s]}", name, rules)));
}

/* gives the role of that kind to a subject (JSON) in the namespace of the case */
static void give(struct lab *lab, const char *name, const char *kind, const char *role, const char *subject)
{
    json_decref(api(lab, "POST", textf(RBAC "/namespaces/%s/rolebindings", lab->id),
                    json_of("{'metadata':{'name':'%s'},'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'%s','name':'%s'},"
                            "'subjects':[%s]}",
                            name, kind, role, subject)));
}

static void give_everywhere(struct lab *lab, const char *subject)
{
    json_decref(api(lab, "POST", RBAC "/clusterrolebindings",
                    json_of("{'metadata':{'name':'%s'},'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'ClusterRole','name':'%s'},"
                            "'subjects':[%s]}",
                            lab->id, lab->id, subject)));
}

static const char *account_subject(struct lab *lab, const char *name)
{
    return textf("{'kind':'ServiceAccount','name':'%s','namespace':'%s'}", name, lab->id);
}

/* one request of somebody; NS in texts is the namespace of the case, USER his name */
struct request {
    const char *method, *target, *body;
    int status;
    const char *message; /* NULL: whatever it says */
};

static const char *filled_in(struct lab *lab, const char *text)
{
    const char *at = strstr(text, "NS");

    return at ? textf("%.*s%s%s", (int)(at - text), text, lab->id, filled_in(lab, at + 2)) : text;
}

static void ask(struct somebody *who, const struct request *request)
{
    json_t *answer = NULL;
    const char *expected = request->message ? filled_in(&who->lab, request->message) : "";
    int status = api_try(&who->lab, request->method, filled_in(&who->lab, request->target),
                         request->body ? json_of("%s", request->body) : NULL, &answer);

    REQUIRE(status == request->status && (!request->message || !strcmp(member(answer, "message"), expected)),
            "%s %s:\n  status   %d, expected %d\n  got      %s\n  expected %s", request->method, request->target, status, request->status,
            member(answer, "message"), expected);
    if (status == 403)
        REQUIRE(!strcmp(member(answer, "reason"), "Forbidden"), "reason %s", member(answer, "reason"));
    json_decref(answer);
}

#define WHO "User \"system:serviceaccount:NS:somebody\" cannot "

static void the_words_of_a_refusal(struct lab *lab)
{
    static const struct request requests[] = {
        {"GET", "/api/v1/pods", NULL, 403, "pods is forbidden: " WHO "list resource \"pods\" in API group \"\" at the cluster scope"},
        {"GET", "/api/v1/namespaces/NS/pods/x", NULL, 403,
         "pods \"x\" is forbidden: " WHO "get resource \"pods\" in API group \"\" in the namespace \"NS\""},
        {"POST", "/api/v1/namespaces/NS/pods", "{'metadata':{'name':'p'}}", 403,
         "pods is forbidden: " WHO "create resource \"pods\" in API group \"\" in the namespace \"NS\""},
        {"DELETE", "/api/v1/namespaces/NS/pods", NULL, 403,
         "pods is forbidden: " WHO "deletecollection resource \"pods\" in API group \"\" in the namespace \"NS\""},
        {"DELETE", "/api/v1/nodes/n", NULL, 403,
         "nodes \"n\" is forbidden: " WHO "delete resource \"nodes\" in API group \"\" at the cluster scope"},
        {"POST", "/api/v1/namespaces/NS/pods/x/binding", "{}", 403,
         "pods \"x\" is forbidden: " WHO "create resource \"pods/binding\" in API group \"\" in the namespace \"NS\""},
        {"PUT", "/api/v1/namespaces/NS/pods/x/status", "{}", 403,
         "pods \"x\" is forbidden: " WHO "update resource \"pods/status\" in API group \"\" in the namespace \"NS\""},
        {"GET", "/apis/apps/v1/deployments", NULL, 403,
         "deployments.apps is forbidden: " WHO "list resource \"deployments\" in API group \"apps\" at the cluster scope"},
        {"GET", "/apis/apps/v1/namespaces/NS/deployments/web/scale", NULL, 403,
         "deployments.apps \"web\" is forbidden: " WHO "get resource \"deployments/scale\" in API group \"apps\" in the namespace \"NS\""},
        {"GET", "/api/v1/namespaces/NS/pods?watch=1", NULL, 403,
         "pods is forbidden: " WHO "watch resource \"pods\" in API group \"\" in the namespace \"NS\""},
        {"GET", "/api/v1/namespaces/NS/configmaps?fieldSelector=metadata.name%3Dfoo", NULL, 403,
         "configmaps \"foo\" is forbidden: " WHO "list resource \"configmaps\" in API group \"\" in the namespace \"NS\""},
        {"GET", "/api/v1/namespaces/other", NULL, 403,
         "namespaces \"other\" is forbidden: " WHO "get resource \"namespaces\" in API group \"\" in the namespace \"other\""},
        {"GET", "/api/v1/namespaces", NULL, 403,
         "namespaces is forbidden: " WHO "list resource \"namespaces\" in API group \"\" at the cluster scope"},
        {"GET", "/apis/foo.bar/v1/things", NULL, 403,
         "things.foo.bar is forbidden: " WHO "list resource \"things\" in API group \"foo.bar\" at the cluster scope"},
        {"GET", "/metrics", NULL, 403, "forbidden: " WHO "get path \"/metrics\""},
        {"GET", "/nope", NULL, 403, "forbidden: " WHO "get path \"/nope\""},
        /* what everybody may */
        {"GET", "/version", NULL, 200, NULL},
        {"GET", "/api", NULL, 200, NULL},
        {"GET", "/apis/apps/v1", NULL, 200, NULL},
        {"POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
         "{'spec':{'resourceAttributes':{'verb':'get','resource':'pods'}}}", 201, NULL},
        {"POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", "{'spec':{}}", 422,
         ".authorization.k8s.io \"\" is invalid: spec.resourceAttributes: Invalid value: null: exactly one of nonResourceAttributes or "
         "resourceAttributes must be specified"},
    };
    struct somebody who;

    open_server(lab);
    account_make(lab, "somebody");
    log_in(lab, &who, "somebody");
    for (size_t i = 0; i < LENGTH(requests); i++)
        ask(&who, &requests[i]);
    log_out(&who);
}

/* what `kubectl auth can-i` asks; compares the answer and its reason */
static void can_i(struct somebody *who, const char *attributes, bool allowed, const char *reason)
{
    json_t *review = api(&who->lab, "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", json_of("{'spec':{%s}}", attributes));
    json_t *status = json_object_get(review, "status");

    REQUIRE(json_is_true(json_object_get(status, "allowed")) == allowed && !strcmp(member(status, "reason"), filled_in(&who->lab, reason)),
            "%s: %s", attributes, json_dumps(status, JSON_COMPACT));
    json_decref(review);
}

static const char *resource_of(struct lab *lab, const char *verb, const char *group, const char *resource, const char *subresource,
                               const char *name)
{
    return textf("'resourceAttributes':{'namespace':'%s','verb':'%s','group':'%s','resource':'%s','subresource':'%s','name':'%s'}", lab->id,
                 verb, group, resource, subresource, name);
}

static void rules_allow_what_they_say(struct lab *lab)
{
    static const struct request requests[] = {
        {"GET", "/api/v1/namespaces/NS/pods", NULL, 200, NULL},
        {"GET", "/api/v1/namespaces/NS/pods/x", NULL, 403, NULL}, /* list is not get */
        {"GET", "/api/v1/namespaces/default/pods", NULL, 403, NULL},
        {"GET", "/api/v1/pods", NULL, 403, NULL},
        {"GET", "/api/v1/namespaces/NS/configmaps/mine", NULL, 404, NULL},
        {"GET", "/api/v1/namespaces/NS/configmaps/other", NULL, 403, NULL},
        {"GET", "/api/v1/namespaces/NS/configmaps?fieldSelector=metadata.name%3Dmine", NULL, 200, NULL},
        {"GET", "/api/v1/namespaces/NS/configmaps", NULL, 403, NULL},
        {"PUT", "/apis/apps/v1/namespaces/NS/deployments/x/scale", "{'metadata':{'name':'x'}}", 404, NULL}, /* any resource's scale */
        {"PUT", "/apis/apps/v1/namespaces/NS/deployments/x", "{}", 403, NULL},
        {"DELETE", "/apis/coordination.k8s.io/v1/namespaces/NS/leases/x", NULL, 404, NULL}, /* any verb */
        {"DELETE", "/apis/events.k8s.io/v1/namespaces/NS/events/x", NULL, 404, NULL},       /* any group */
        {"DELETE", "/api/v1/namespaces/NS/events/x", NULL, 404, NULL},
    };
    struct somebody who;

    open_server(lab);
    account_make(lab, "somebody");
    log_in(lab, &who, "somebody");
    make_role(lab, textf("/namespaces/%s/roles", lab->id), "r",
              "{'apiGroups':[''],'resources':['pods'],'verbs':['list','watch']},"
              "{'apiGroups':[''],'resources':['configmaps'],'resourceNames':['mine'],'verbs':['get','list']},"
              "{'apiGroups':['apps'],'resources':['*/scale'],'verbs':['update']},"
              "{'apiGroups':['coordination.k8s.io'],'resources':['leases'],'verbs':['*']},"
              "{'apiGroups':['*'],'resources':['events'],'verbs':['delete']}");
    ask(&who, &(struct request){"GET", "/api/v1/namespaces/NS/pods", NULL, 403, NULL});
    give(lab, "b", "Role", "r", account_subject(lab, "somebody"));
    /* kube-apiserver looks at roles through a watch */
    WAIT_UNTIL(api_try(&who.lab, "GET", textf("/api/v1/namespaces/%s/pods", lab->id), NULL, NULL) == 200, "the binding does not hold");
    for (size_t i = 0; i < LENGTH(requests); i++)
        ask(&who, &requests[i]);
    can_i(&who, resource_of(lab, "list", "", "pods", "", ""), true,
          "RBAC: allowed by RoleBinding \"b/NS\" of Role \"r\" to ServiceAccount \"somebody/NS\"");
    can_i(&who, resource_of(lab, "delete", "", "pods", "", ""), false, "");
    can_i(&who, resource_of(lab, "get", "", "configmaps", "", "mine"), true,
          "RBAC: allowed by RoleBinding \"b/NS\" of Role \"r\" to ServiceAccount \"somebody/NS\"");
    can_i(&who, resource_of(lab, "get", "", "configmaps", "", ""), false, "");
    can_i(&who, resource_of(lab, "update", "apps", "replicasets", "scale", "x"), true,
          "RBAC: allowed by RoleBinding \"b/NS\" of Role \"r\" to ServiceAccount \"somebody/NS\"");
    json_decref(api(lab, "DELETE", textf(RBAC "/namespaces/%s/rolebindings/b", lab->id), NULL));
    WAIT_UNTIL(api_try(&who.lab, "GET", textf("/api/v1/namespaces/%s/pods", lab->id), NULL, NULL) == 403, "it holds for ever");
    log_out(&who);
}

static void cluster_roles_and_groups(struct lab *lab)
{
    struct somebody who;

    open_server(lab);
    account_make(lab, "somebody");
    log_in(lab, &who, "somebody");
    make_role(lab, "/clusterroles", lab->id,
              "{'apiGroups':[''],'resources':['nodes','pods'],'verbs':['get','list']},{'nonResourceURLs':['/metrics','/logs/"
              "*'],'verbs':['get']}");
    give(lab, "b", "ClusterRole", lab->id,
         textf("{'kind':'Group','apiGroup':'rbac.authorization.k8s.io','name':'system:serviceaccounts:%s'}", lab->id));
    WAIT_UNTIL(api_try(&who.lab, "GET", textf("/api/v1/namespaces/%s/pods", lab->id), NULL, NULL) == 200, "the binding does not hold");
    can_i(&who, resource_of(lab, "list", "", "pods", "", ""), true,
          textf("RBAC: allowed by RoleBinding \"b/NS\" of ClusterRole \"%s\" to Group \"system:serviceaccounts:NS\"", lab->id));
    /* in one namespace it is about nothing outside */
    ask(&who, &(struct request){"GET", "/api/v1/nodes", NULL, 403, NULL});
    ask(&who, &(struct request){"GET", "/metrics", NULL, 403, NULL});
    give_everywhere(lab, account_subject(lab, "somebody"));
    WAIT_UNTIL(api_try(&who.lab, "GET", "/api/v1/nodes", NULL, NULL) == 200, "the binding does not hold");
    ask(&who, &(struct request){"GET", "/metrics", NULL, 200, NULL});
    ask(&who, &(struct request){"GET", "/api/v1/pods", NULL, 200, NULL});
    can_i(&who, "'nonResourceAttributes':{'verb':'get','path':'/logs/any'}", true,
          textf("RBAC: allowed by ClusterRoleBinding \"%s\" of ClusterRole \"%s\" to ServiceAccount \"somebody/NS\"", lab->id, lab->id));
    can_i(&who, "'nonResourceAttributes':{'verb':'get','path':'/debug'}", false, "");
    log_out(&who);
}

/* what programs ask about others; the words of what is refused */
static void reviews_of_others(struct lab *lab)
{
    static const char *const reviews[] = {"/apis/authorization.k8s.io/v1/subjectaccessreviews",
                                          "/apis/authorization.k8s.io/v1/namespaces/NS/localsubjectaccessreviews"};
    const char *user = textf("system:serviceaccount:%s:somebody", lab->id);
    struct somebody who;
    json_t *answer = NULL;

    open_server(lab);
    account_make(lab, "somebody");
    make_role(lab, textf("/namespaces/%s/roles", lab->id), "r", "{'apiGroups':[''],'resources':['pods'],'verbs':['get']}");
    give(lab, "b", "Role", "r", account_subject(lab, "somebody"));
    for (size_t i = 0; i < LENGTH(reviews); i++) {
        const char *target = filled_in(lab, reviews[i]);

        for (int allowed = 0; allowed < 2; allowed++)
            WAIT_UNTIL((json_decref(answer),
                        answer = api(lab, "POST", target,
                                     json_of("{'spec':{'user':'%s','resourceAttributes':{'verb':'%s','resource':'pods','namespace':'%s'}}}",
                                             user, allowed ? "get" : "list", lab->id))) &&
                           json_is_true(json_object_get(json_object_get(answer, "status"), "allowed")) == allowed,
                       "%s: %s", target, json_dumps(answer, JSON_COMPACT));
        json_decref(answer);
        answer = NULL;
        REQUIRE(api_try(lab, "POST", target,
                        json_of("{'spec':{'resourceAttributes':{'verb':'get','resource':'pods','namespace':'%s'}}}", lab->id),
                        &answer) == 422 &&
                    strstr(member(answer, "message"), "spec.user: Invalid value: \"\": at least one of user or group must be specified"),
                "%s: %s", target, json_dumps(answer, JSON_COMPACT));
    }
    json_decref(answer);
    REQUIRE(
        api_try(lab, "POST", filled_in(lab, reviews[1]),
                json_of("{'spec':{'user':'u','resourceAttributes':{'verb':'get','resource':'pods','namespace':'other'}}}"),
                &answer) == 422 &&
            strstr(member(answer, "message"), "spec.resourceAttributes.namespace: Invalid value: \"other\": must match metadata.namespace"),
        "%s", json_dumps(answer, JSON_COMPACT));
    json_decref(answer);
    /* not everybody may ask about others */
    log_in(lab, &who, "somebody");
    ask(&who,
        &(struct request){"POST", reviews[0], "{'spec':{'user':'u','resourceAttributes':{'verb':'get','resource':'pods'}}}", 403, NULL});
    log_out(&who);
}

static void a_missing_role_is_named(struct lab *lab)
{
    const char *target = textf("/api/v1/namespaces/%s/pods/x", lab->id);
    struct somebody who;
    json_t *answer = NULL;

    open_server(lab);
    account_make(lab, "somebody");
    log_in(lab, &who, "somebody");
    give(lab, "b", "Role", "nope", account_subject(lab, "somebody"));
    give(lab, "c", "ClusterRole", "neither", account_subject(lab, "somebody"));
    WAIT_UNTIL((json_decref(answer), api_try(&who.lab, "GET", target, NULL, &answer) == 403) &&
                   strstr(member(answer, "message"), "neither"),
               "%s", member(answer, "message"));
    REQUIRE(strstr(member(answer, "message"), "\": RBAC: [") &&
                strstr(member(answer, "message"), "role.rbac.authorization.k8s.io \"nope\" not found") &&
                strstr(member(answer, "message"), "clusterrole.rbac.authorization.k8s.io \"neither\" not found"),
            "%s", member(answer, "message"));
    json_decref(answer);
    log_out(&who);
}

static void tokens_end_with_their_account(struct lab *lab)
{
    struct somebody who;
    json_t *answer = NULL, *review;

    open_server(lab);
    account_make(lab, "somebody");
    log_in(lab, &who, "somebody");
    review = api(&who.lab, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", json_object());
    REQUIRE(!strcmp(member(review, "status.userInfo.username"), textf("system:serviceaccount:%s:somebody", lab->id)), "%s",
            member(review, "status.userInfo.username"));
    json_decref(review);
    REQUIRE(api_try(lab, "POST", accounts(lab, "/somebody/token"), json_of("{'spec':{'expirationSeconds':3}}"), &answer) == 422 &&
                !strcmp(member(answer, "message"),
                        "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: "
                        "3: may not specify a duration less than 10 minutes"),
            "%s", member(answer, "message"));
    json_decref(answer);
    REQUIRE(api_try(lab, "POST", accounts(lab, "/nobody/token"), json_object(), &answer) == 404 &&
                !strcmp(member(answer, "message"), "serviceaccounts \"nobody\" not found"),
            "%s", member(answer, "message"));
    json_decref(answer);
    json_decref(api(lab, "DELETE", accounts(lab, "/somebody"), NULL));
    WAIT_UNTIL(api_try(&who.lab, "GET", "/version", NULL, NULL) == 401, "the token outlives its account");
    account_make(lab, "somebody"); /* another one of that name */
    REQUIRE(api_try(&who.lab, "GET", "/version", NULL, NULL) == 401, "the token is another account's");
    log_out(&who);
}

static void bad_roles_are_refused(struct lab *lab)
{
    static const struct request requests[] = {
        {"POST", RBAC "/namespaces/NS/roles",
         "{'metadata':{'name':'r'},'rules':[{'apiGroups':[''],'resources':['pods']},{'verbs':['get']},{'verbs':['get'],'nonResourceURLs':['"
         "/x']}]}",
         422,
         "Role.rbac.authorization.k8s.io \"r\" is invalid: [rules[0].verbs: Required value: verbs must contain at least one value, "
         "rules[1].apiGroups: Required value: resource rules must supply at least one api group, rules[1].resources: Required value: "
         "resource "
         "rules must supply at least one resource, rules[2].nonResourceURLs: Invalid value: [\"/x\"]: namespaced rules cannot apply to "
         "non-resource URLs]"},
        {"POST", RBAC "/namespaces/NS/rolebindings", "{'metadata':{'name':'r'}}", 422,
         "RoleBinding.rbac.authorization.k8s.io \"r\" is invalid: [roleRef.kind: Unsupported value: \"\": supported values: \"Role\", "
         "\"ClusterRole\", roleRef.name: Required value]"},
        {"POST", RBAC "/namespaces/NS/rolebindings",
         "{'metadata':{'name':'r'},'roleRef':{'kind':'Role','name':'x'},'subjects':[{'kind':'ServiceAccount','name':'x'},{'kind':'User','"
         "name':"
         "'u'},{'kind':'Foo','name':'u'}]}",
         422,
         "RoleBinding.rbac.authorization.k8s.io \"r\" is invalid: subjects[2].kind: Unsupported value: \"Foo\": supported values: "
         "\"ServiceAccount\", \"User\", \"Group\""},
        {"POST", RBAC "/clusterrolebindings",
         "{'metadata':{'name':'lab-bad'},'roleRef':{'kind':'Role','name':'x'},'subjects':[{'kind':'ServiceAccount','name':'x'}]}", 422,
         "ClusterRoleBinding.rbac.authorization.k8s.io \"lab-bad\" is invalid: [roleRef.kind: Unsupported value: \"Role\": supported "
         "values: "
         "\"ClusterRole\", subjects[0].namespace: Required value]"},
        {"POST", RBAC "/namespaces/NS/roles", "{'metadata':{'name':'a/b'},'rules':[]}", 422,
         "Role.rbac.authorization.k8s.io \"a/b\" is invalid: metadata.name: Invalid value: \"a/b\": may not contain '/'"},
        {"POST", RBAC "/namespaces/NS/rolebindings", "{'metadata':{'name':'good:one'},'roleRef':{'kind':'Role','name':'x'}}", 201, NULL},
        {"PUT", RBAC "/namespaces/NS/rolebindings/good:one", "{'metadata':{'name':'good:one'},'roleRef':{'kind':'Role','name':'y'}}", 422,
         "RoleBinding.rbac.authorization.k8s.io \"good:one\" is invalid: roleRef: Invalid value: "
         "{\"APIGroup\":\"rbac.authorization.k8s.io\","
         "\"Kind\":\"Role\",\"Name\":\"y\"}: cannot change roleRef"},
        {"POST", RBAC "/namespaces/NS/roles", "{'metadata':{'name':'r'},'rules':['x']}", 400,
         "Role in version \"v1\" cannot be handled as a Role: json: cannot unmarshal string into Go struct field Role.rules of type "
         "v1.PolicyRule"},
        {"DELETE", RBAC "/clusterroles/nope", NULL, 404, "clusterroles.rbac.authorization.k8s.io \"nope\" not found"},
    };
    struct somebody who;

    open_server(lab);
    who.lab = *lab;
    for (size_t i = 0; i < LENGTH(requests); i++)
        ask(&who, &requests[i]);
}

static const struct lab_case cases[] = {
    {"the words of a refusal", the_words_of_a_refusal, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
    {"rules allow what they say", rules_allow_what_they_say, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
    {"cluster roles and groups", cluster_roles_and_groups, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
    {"reviews of others", reviews_of_others, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
    {"a missing role is named", a_missing_role_is_named, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
    {"tokens end with their account", tokens_end_with_their_account, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
    {"bad roles are refused", bad_roles_are_refused, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
};

int main(void)
{
    return lab_main("rbac", cases, LENGTH(cases));
}
