/*
 * deployments_api.c: the API of Deployments: defaults, refusals word by word, and the scale subresource.
 */
#include <string.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/replicas.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static int patch_scale(struct lab *lab, const char *target, int replicas, json_t **answer)
{
    json_t *scale = api(lab, "GET", target, NULL);

    json_object_set_new(json_object_get(scale, "spec"), "replicas", json_integer(replicas));
    return api_try(lab, "PUT", target, scale, answer);
}

static void scale_has_its_own_form(struct lab *lab)
{
    const char *target = deployments(lab, "/web/scale");
    json_t *scale, *answer = NULL, *expected;

    open_server(lab);
    make_deployment(lab, "web", 2, "");
    WAIT_UNTIL(count_in(lab, deployments(lab, "/web"), "replicas") == 2, "two");
    scale = api(lab, "GET", target, NULL);
    expected = json_of(
        "{'kind':'Scale','apiVersion':'autoscaling/v1','metadata':{'name':'web','namespace':'%s','uid':'%s',"
        "'resourceVersion':'%s','creationTimestamp':'%s'},'spec':{'replicas':2},'status':{'replicas':2,'selector':'app=web'}}",
        lab->id, member(scale, "metadata.uid"), member(scale, "metadata.resourceVersion"), member(scale, "metadata.creationTimestamp"));
    REQUIRE(json_equal(scale, expected), "%s", json_dumps(scale, JSON_COMPACT));
    json_object_set_new(json_object_get(scale, "metadata"), "resourceVersion", json_string("1"));
    REQUIRE(api_try(lab, "PUT", target, scale, NULL) == 409, "a stale one is taken");
    REQUIRE(patch_scale(lab, target, -4, &answer) == 422 &&
                !strcmp(member(answer, "message"),
                        "Scale.autoscaling \"web\" is invalid: spec.replicas: Invalid value: -4: must be greater "
                        "than or equal to 0"),
            "%s", member(answer, "message"));
    json_decref(answer);
    REQUIRE(patch_scale(lab, target, 4, NULL) == 200, "scale");
    WAIT_UNTIL(count_active(lab) == 4, "%zu pods", count_active(lab));
    REQUIRE(api_try(lab, "GET", deployments(lab, "/nope/scale"), NULL, NULL) == 404, "not there");
    REQUIRE(api_try(lab, "PUT", target, json_object(), &answer) == 400 &&
                !strcmp(member(answer, "message"), "the name of the object (web based on URL) was undeterminable: name must be provided"),
            "%s", member(answer, "message"));
    json_decref(answer);
    REQUIRE(api_try(lab, "POST", target, json_object(), NULL) == 405, "no such verb");
    json_decref(expected);
}

/* what is refused, and in which words: seen on kube-apiserver 1.34.4 */
static const struct refusal {
    const char *spec;
    int status;
    const char *message;
} refusals[] = {
    {"'selector':{'matchLabels':{'a':'b'}},'template':{'metadata':{'labels':{'a':'c'}},'spec':{'restartPolicy':'Never','containers':[]}}",
     422,
     "Deployment.apps \"bad\" is invalid: [spec.template.metadata.labels: Invalid value: {\"a\":\"c\"}: `selector` does not match template "
     "`labels`, spec.template.spec.containers: Required value, spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported "
     "values: \"Always\"]"},
    {"'replicas':-1,'minReadySeconds':-2,'strategy':{'type':'Recreate','rollingUpdate':{'maxSurge':1}},'template':{'metadata':{'labels':{"
     "'a':'c'}},'spec':{'containers':[{'name':'c'}]}}",
     422,
     "Deployment.apps \"bad\" is invalid: [spec.replicas: Invalid value: -1: must be greater than or equal to 0, spec.selector: Required "
     "value, spec.template.metadata.labels: Invalid value: {\"a\":\"c\"}: `selector` does not match template `labels`, "
     "spec.template.spec.containers[0].image: Required value, spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy "
     "`type` is 'Recreate', spec.minReadySeconds: Invalid value: -2: must be greater than or equal to 0]"},
    {"'selector':{},'strategy':{'type':'RollingUpdate','rollingUpdate':{'maxSurge':0,'maxUnavailable':'0%'}},'template':{'metadata':{"
     "'labels':{'a':'c'}},'spec':{'containers':[{'name':'c','image':'i'}]}}",
     422,
     "Deployment.apps \"bad\" is invalid: [spec.selector: Invalid value: {}: empty selector is invalid for deployment, "
     "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"0%\": may not be 0 when `maxSurge` is 0]"},
    {"'replicas':1", 422,
     "Deployment.apps \"bad\" is invalid: [spec.selector: Required value, spec.template.metadata.labels: Invalid value: null: `selector` "
     "does not match template `labels`, spec.template.spec.containers: Required value]"},
    {"'replicas':'three'", 400,
     "Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field "
     "DeploymentSpec.spec.replicas of type int32"},
    {"'selector':{'matchLabels':{'a':'c'}},'progressDeadlineSeconds':5,'minReadySeconds':5,'revisionHistoryLimit':-1,'strategy':{"
     "'rollingUpdate':{'maxUnavailable':'150%','maxSurge':-1}},'template':{'metadata':{'labels':{'a':'c'}},'spec':{'containers':[{"
     "'name':'c','image':'i'},{'name':'c','image':'i'}]}}",
     422,
     "Deployment.apps \"bad\" is invalid: [spec.template.spec.containers[1].name: Duplicate value: \"c\", "
     "spec.strategy.rollingUpdate.maxSurge: Invalid value: -1: must be greater than or equal to 0, "
     "spec.strategy.rollingUpdate.maxUnavailable: Invalid value: \"150%\": must not be greater than 100%, spec.revisionHistoryLimit: "
     "Invalid value: -1: must be greater than or equal to 0, spec.progressDeadlineSeconds: Invalid value: 5: must be greater than "
     "minReadySeconds]"},
    {"'selector':{'matchLabels':{'a':'c'}},'template':'x'", 400,
     "Deployment in version \"v1\" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field "
     "DeploymentSpec.spec.template of type v1.PodTemplateSpec"},
};

static void what_is_wrong_is_refused(struct lab *lab)
{
    json_t *answer = NULL, *deployment;

    open_server(lab);
    for (size_t i = 0; i < LENGTH(refusals); i++) {
        const char *body = textf("{'metadata':{'name':'bad'},'spec':{%s}}", refusals[i].spec);
        int status = api_try(lab, "POST", deployments(lab, ""), json_of("%s", body), &answer);

        REQUIRE(status == refusals[i].status && !strcmp(member(answer, "message"), refusals[i].message),
                "refusal %zu:\n  status %d\n  got      %s\n  expected %s", i, status, member(answer, "message"), refusals[i].message);
        json_decref(answer);
    }
    make_deployment(lab, "web", 0, "");
    deployment = api(lab, "GET", deployments(lab, "/web"), NULL);
    json_object_del(json_object_get(deployment, "metadata"), "resourceVersion");
    json_object_set_new(json_object_get(json_object_get(deployment, "spec"), "selector"), "matchLabels", json_of("{'app':'x'}"));
    REQUIRE(
        api_try(lab, "PUT", deployments(lab, "/web"), deployment, &answer) == 422 &&
            !strcmp(member(answer, "message"),
                    "Deployment.apps \"web\" is invalid: [spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` does "
                    "not match template `labels`, spec.selector: Invalid value: {\"matchLabels\":{\"app\":\"x\"}}: field is immutable]"),
        "%s", member(answer, "message"));
    json_decref(answer);
}

static void defaults_are_filled_in(struct lab *lab)
{
    json_t *deployment, *spec, *expected;

    open_server(lab);
    json_decref(
        api(lab, "POST", deployments(lab, ""),
            json_of("{'metadata':{'name':'web'},'spec':{'replicas':0,'selector':{'matchLabels':{'app':'web'}},'template':{'metadata':{"
                    "'labels':{'app':'web'}},'spec':{'serviceAccountName':'bot','containers':[{'name':'c','image':'i','ports':[{"
                    "'containerPort':80}],'readinessProbe':{'httpGet':{'port':80}},'resources':{'limits':{'cpu':'1'}}}]}}}}")));
    deployment = api(lab, "GET", deployments(lab, "/web"), NULL);
    spec = json_object_get(deployment, "spec");
    expected = json_of(
        "{'replicas':0,'selector':{'matchLabels':{'app':'web'}},'template':{'metadata':{'labels':{'app':'web'}},'spec':{"
        "'containers':[{'name':'c','image':'i','ports':[{'containerPort':80,'protocol':'TCP'}],'resources':{'limits':{'cpu':'1'}},"
        "'readinessProbe':{'httpGet':{'path':'/','port':80,'scheme':'HTTP'},'timeoutSeconds':1,'periodSeconds':10,'successThreshold':1,"
        "'failureThreshold':3},'terminationMessagePath':'/dev/"
        "termination-log','terminationMessagePolicy':'File','imagePullPolicy':'Always'}],"
        "'restartPolicy':'Always','terminationGracePeriodSeconds':30,'dnsPolicy':'ClusterFirst','serviceAccountName':'bot',"
        "'serviceAccount':'bot','securityContext':{},'schedulerName':'default-scheduler'}},'strategy':{'type':'RollingUpdate','"
        "rollingUpdate':{"
        "'maxUnavailable':'25%%','maxSurge':'25%%'}},'revisionHistoryLimit':10,'progressDeadlineSeconds':600}");
    REQUIRE(json_equal(spec, expected), "spec: %s\nexpected: %s", json_dumps(spec, JSON_COMPACT | JSON_SORT_KEYS),
            json_dumps(expected, JSON_COMPACT | JSON_SORT_KEYS));
    REQUIRE(json_integer_value(json_object_get(json_object_get(deployment, "metadata"), "generation")) == 1, "generation");
    json_decref(expected);
    json_decref(deployment);
}

static const struct lab_case cases[] = {
    {"scale has its own form", scale_has_its_own_form, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES | NEEDS_DEPLOYMENTS},
    {"what is wrong is refused", what_is_wrong_is_refused, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES | NEEDS_DEPLOYMENTS},
    {"defaults are filled in", defaults_are_filled_in, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES | NEEDS_DEPLOYMENTS},
};

int main(void)
{
    return lab_main("deployments_api", cases, LENGTH(cases));
}
