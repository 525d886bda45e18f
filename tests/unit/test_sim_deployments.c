/* Deployments on virtual time: how soon, how often, and what it costs. What they do is judged in tests/blackbox/, beside the real controllers. */

#include "sim_fixture.h"
#include "simulator/state.h"

#define DEPLOYMENTS "/apis/apps/v1/namespaces/default/deployments"
#define REPLICASETS "/apis/apps/v1/namespaces/default/replicasets"

static struct sim_options cluster(int nodes)
{
    struct sim_options options = lab_options();

    options.nodes = nodes;
    options.kubelet_start_ms = 200;
    options.default_scheduler = options.controllers = true;
    return options;
}

static void deployment(const char *name, int replicas, const char *spec_more, const char *pod_more)
{
    char body[2048];

    snprintf(body, sizeof body,
             "{\"metadata\":{\"name\":\"%s\"},\"spec\":{\"replicas\":%d,\"selector\":{\"matchLabels\":{\"app\":\"%s\"}},\"template\":{"
             "\"metadata\":{\"labels\":{\"app\":\"%s\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]%s}}%s}}",
             name, replicas, name, name, pod_more, spec_more);
    ck_assert_msg(lab_post(DEPLOYMENTS, body) == 201, "%s", lab.body);
}

static size_t count(const char *target)
{
    ck_assert_int_eq(lab_get(target), 200);
    return lab_count("items");
}

static const char *condition(const char *name, const char *type)
{
    static char text[128];
    const json_t *element;
    char target[256];
    size_t i;

    snprintf(target, sizeof target, DEPLOYMENTS "/%s", name);
    ck_assert_int_eq(lab_get(target), 200);
    *text = '\0';
    json_array_foreach(lab_at(lab.answer, "status.conditions"), i, element)
    {
        if (!strcmp(json_string_value(json_object_get(element, "type")), type))
            snprintf(text, sizeof text, "%s|%s", json_string_value(json_object_get(element, "status")),
                     json_string_value(json_object_get(element, "reason")));
    }
    return text;
}

START_TEST(a_deployment_runs_within_a_moment)
{
    lab_open(cluster(4));
    deployment("web", 3, "", "");
    lab_run_ms(10);
    ck_assert_uint_eq(count(PODS), 3);
    lab_run_ms(240);
    ck_assert_str_eq(condition("web", "Progressing"), "True|NewReplicaSetAvailable");
    ck_assert_int_eq(lab_integer("status.availableReplicas"), 3);
    ck_assert_uint_eq(count("/api/v1/pods?fieldSelector=status.phase=Running"), 3);
    ck_assert_uint_eq(count("/api/v1/events?fieldSelector=reason=Scheduled"), 3);
    ck_assert(sim_next_tick_us(lab.sim) == INT64_MAX); /* nothing is left to do */
}
END_TEST

START_TEST(without_controllers_nothing_happens)
{
    struct sim_options options = cluster(2);

    options.controllers = false;
    lab_open(options);
    deployment("web", 3, "", "");
    lab_run_ms(10000);
    ck_assert_uint_eq(count(PODS), 0);
    ck_assert_uint_eq(count(REPLICASETS), 0);
    ck_assert_uint_eq(count("/api/v1/serviceaccounts"), 0);
}
END_TEST

START_TEST(it_is_ready_for_long_enough)
{
    lab_open(cluster(2));
    deployment("web", 1, ",\"minReadySeconds\":30", "");
    lab_run_ms(29000);
    ck_assert_str_eq(condition("web", "Available"), "False|MinimumReplicasUnavailable");
    ck_assert_int_eq(lab_integer("status.readyReplicas"), 1);
    lab_run_ms(2000);
    ck_assert_str_eq(condition("web", "Available"), "True|MinimumReplicasAvailable");
    ck_assert_str_eq(condition("web", "Progressing"), "True|NewReplicaSetAvailable");
}
END_TEST

START_TEST(it_is_late_at_its_deadline)
{
    lab_open(cluster(2));
    deployment("web", 1, ",\"progressDeadlineSeconds\":60", ",\"nodeSelector\":{\"disk\":\"fast\"}");
    lab_run_ms(59000);
    ck_assert_str_eq(condition("web", "Progressing"), "True|ReplicaSetUpdated");
    lab_run_ms(2000);
    ck_assert_str_eq(condition("web", "Progressing"), "False|ProgressDeadlineExceeded");
    lab_request("PATCH", "/api/v1/nodes/sched-lab-worker", MERGE, "{\"metadata\":{\"labels\":{\"disk\":\"fast\"}}}");
    lab_run_ms(1000);
    ck_assert_str_eq(condition("web", "Progressing"), "True|NewReplicaSetAvailable");
}
END_TEST

START_TEST(what_is_refused_is_tried_less_and_less_often)
{
    struct sim_options options = cluster(2);

    options.rbac = true;
    lab_open(options);
    deployment("web", 2, "", ",\"serviceAccountName\":\"bot\"");
    lab_run_ms(10000); /* after 5, 10, 20 … ms */
    ck_assert_uint_eq(count(PODS), 0);
    ck_assert_uint_eq(count("/api/v1/events?fieldSelector=reason=FailedCreate"), 11);
    ck_assert_ptr_nonnull(strstr(lab_text("items.0.message"),
                                 "-\" is forbidden: error looking up service account default/bot: serviceaccount \"bot\" not found"));
    ck_assert_str_eq(condition("web", "ReplicaFailure"), "True|FailedCreate");
    lab_post("/api/v1/namespaces/default/serviceaccounts", "{\"metadata\":{\"name\":\"bot\"}}");
    lab_run_ms(11000);
    ck_assert_uint_eq(count(PODS), 2);
    ck_assert_str_eq(condition("web", "ReplicaFailure"), "");
}
END_TEST

START_TEST(a_name_that_is_taken_is_not_the_end)
{
    char body[1024], name[256];

    lab_open(cluster(2));
    deployment("web", 1, "", "");
    lab_run_ms(100);
    ck_assert_uint_eq(count(REPLICASETS), 1);
    snprintf(name, sizeof name, "%s", lab_text("items.0.metadata.name"));
    lab_delete(DEPLOYMENTS "/web", NULL);
    lab_run_ms(1000);
    ck_assert_uint_eq(count(REPLICASETS), 0);
    ck_assert_uint_eq(count(PODS), 0);
    snprintf(body, sizeof body,
             "{\"metadata\":{\"name\":\"%s\"},\"spec\":{\"replicas\":0,\"selector\":{\"matchLabels\":{\"x\":\"y\"}},\"template\":{"
             "\"metadata\":{\"labels\":{\"x\":\"y\"}},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}}}",
             name);
    ck_assert_int_eq(lab_post(REPLICASETS, body), 201);
    deployment("web", 1, "", "");
    lab_run_ms(1000);
    ck_assert_uint_eq(count(REPLICASETS), 2);
    ck_assert_uint_eq(count(PODS), 1);
    lab_get(DEPLOYMENTS "/web");
    ck_assert_int_eq(lab_integer("status.collisionCount"), 1);
}
END_TEST

START_TEST(old_replica_sets_are_forgotten)
{
    char patch[256];

    lab_open(cluster(2));
    deployment("web", 1, ",\"revisionHistoryLimit\":2", "");
    for (int i = 0; i < 6; i++) {
        snprintf(patch, sizeof patch, "{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i:%d\"}]}}}}", i);
        lab_request("PATCH", DEPLOYMENTS "/web", STRATEGIC, patch);
        lab_run_ms(1000);
        ck_assert_str_eq(condition("web", "Progressing"), "True|NewReplicaSetAvailable");
    }
    ck_assert_uint_eq(count(REPLICASETS), 3);
}
END_TEST

START_TEST(a_generated_name_fits_into_a_label)
{
    char name[64], target[256];

    memset(name, 'n', 60);
    name[60] = '\0';
    lab_open(cluster(2));
    deployment(name, 1, "", "");
    lab_run_ms(100);
    snprintf(target, sizeof target, "%s", PODS);
    ck_assert_uint_eq(count(target), 1);
    ck_assert_uint_eq(strlen(lab_text("items.0.metadata.name")), 63);
}
END_TEST

START_TEST(a_namespace_has_its_account)
{
    lab_open(cluster(0));
    ck_assert_int_eq(lab_get("/api/v1/namespaces/default/serviceaccounts/default"), 200);
    lab_post("/api/v1/namespaces", "{\"metadata\":{\"name\":\"n\"}}");
    lab_run_ms(10);
    ck_assert_int_eq(lab_get("/api/v1/namespaces/n/serviceaccounts/default"), 200);
    lab_delete("/api/v1/namespaces/n/serviceaccounts/default", NULL);
    lab_run_ms(10);
    ck_assert_int_eq(lab_get("/api/v1/namespaces/n/serviceaccounts/default"), 200);
    lab_delete("/api/v1/namespaces/n", NULL);
    lab_run_ms(10);
    ck_assert_int_eq(lab_get("/api/v1/namespaces/n"), 404);
}
END_TEST

START_TEST(it_goes_on_from_a_saved_state)
{
    struct buffer state;
    struct error err = ERROR_INIT;

    lab_open(cluster(2));
    deployment("web", 2, "", "");
    lab_run_ms(1000);
    buffer_init(&state, 1u << 24);
    ck_assert_int_eq(sim_save(lab.sim, &state, &err), 0);
    lab_open(cluster(2));
    ck_assert_msg(sim_load(lab.sim, state.data, &err) == 0, "%s", err.text);
    buffer_free(&state);
    lab_run_ms(1000);
    ck_assert_uint_eq(count(PODS), 2);
    lab_request("PATCH", DEPLOYMENTS "/web/scale", MERGE, "{\"spec\":{\"replicas\":3}}");
    lab_run_ms(1000);
    ck_assert_uint_eq(count(PODS), 3);
    lab_delete(DEPLOYMENTS "/web", NULL);
    lab_run_ms(1000);
    ck_assert_uint_eq(count(PODS), 0);
}
END_TEST

START_TEST(the_scheduler_goes_where_it_would_rather_be)
{
    static const char taint_and_wish[] =
        ",\"tolerations\":[{\"key\":\"node-role.kubernetes.io/control-plane\",\"operator\":\"Exists\"}],\"affinity\":{\"nodeAffinity\":{"
        "\"preferredDuringSchedulingIgnoredDuringExecution\":[{\"weight\":1,\"preference\":{\"matchExpressions\":[{\"key\":"
        "\"node-role.kubernetes.io/"
        "control-plane\",\"operator\":\"Exists\"}]}},{\"weight\":2,\"preference\":{\"matchExpressions\":[{\"key\":"
        "\"disk\",\"operator\":\"In\",\"values\":[\"fast\"]}]}}]}}";
    struct sim_options options = cluster(4);

    options.system_pods = true;
    lab_open(options);
    deployment("web", 1, "", taint_and_wish);
    lab_run_ms(1000);
    ck_assert_uint_eq(count(PODS "?fieldSelector=spec.nodeName=sched-lab-control-plane"), 1);
    lab_request("PATCH", "/api/v1/nodes/sched-lab-worker2", MERGE, "{\"metadata\":{\"labels\":{\"disk\":\"fast\"}}}");
    lab_delete(PODS, NULL);
    lab_run_ms(1000);
    ck_assert_uint_eq(count(PODS "?fieldSelector=spec.nodeName=sched-lab-worker2"), 1);
}
END_TEST

START_TEST(a_pod_without_gates_is_looked_at_again)
{
    lab_open(cluster(2));
    lab_pod("p", "", ",\"schedulingGates\":[{\"name\":\"lab/wait\"}]");
    lab_run_ms(1000);
    lab_get(PODS "/p");
    ck_assert_str_eq(lab_text("spec.nodeName"), "");
    ck_assert_int_eq(lab_request("PATCH", PODS "/p", MERGE, "{\"spec\":{\"schedulingGates\":null}}"), 200);
    lab_run_ms(1000);
    lab_get(PODS "/p");
    ck_assert_str_eq(lab_text("status.phase"), "Running");
}
END_TEST

/* in place of "@": the middle of a Deployment */
static int post_odd(const char *format, const char *odd)
{
    char body[2048];
    const char *at = strchr(format, '@');

    snprintf(body, sizeof body, "%.*s%s%s", (int)(at - format), format, odd, at + 1);
    return lab_post(DEPLOYMENTS, body);
}

/* what nobody would write by hand is refused, or does no harm: a controller that gave up would end the simulator */
START_TEST(odd_objects_do_no_harm)
{
    static const char *const spec[] = {"5",
                                       "[]",
                                       "{\"selector\":5}",
                                       "{\"template\":[]}",
                                       "{\"replicas\":99999999999}",
                                       "{\"strategy\":\"x\"}",
                                       "{\"selector\":{\"matchLabels\":{\"a\":5}},\"template\":{\"metadata\":{\"labels\":{\"a\":5}}}}"};
    static const char whole[] =
        "{\"metadata\":{\"name\":\"odd\"},\"spec\":{\"replicas\":1,\"selector\":{\"matchExpressions\":[{\"key\":\"x\",\"operator\":"
        "\"DoesNotExist\"}]},\"template\":{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"@}]}}}}";
    static const char *const pod[] = {",\"resources\":{\"limits\":{\"cpu\":1},\"requests\":\"x\"}", ",\"ports\":[5]",
                                      ",\"livenessProbe\":[]", ",\"resources\":7,\"env\":{}"};
    static const char *const status[] = {"null", "{\"conditions\":null}", "{\"conditions\":[{\"type\":5,\"status\":[]}]}"};
    char body[512];

    lab_open(cluster(2));
    for (size_t i = 0; i < sizeof spec / sizeof spec[0]; i++)
        ck_assert_msg(post_odd("{\"metadata\":{\"name\":\"odd\"},\"spec\":@}", spec[i]) == 400, "%s: %s", spec[i], lab.body);
    ck_assert_int_eq(post_odd("{\"metadata\":{\"name\":\"odd\",\"annotations\":@},\"spec\":{}}", "{\"a\":{}}"), 400);
    for (size_t i = 0; i < sizeof pod / sizeof pod[0]; i++) {
        ck_assert_msg(post_odd(whole, pod[i]) == 201, "%s", lab.body);
        lab_run_ms(2000);
        lab_delete(DEPLOYMENTS "/odd", NULL);
        lab_run_ms(2000);
    }
    deployment("web", 1, "", "");
    for (size_t i = 0; i < sizeof status / sizeof status[0]; i++) {
        snprintf(body, sizeof body, "{\"status\":%s}", status[i]);
        ck_assert_int_eq(lab_request("PATCH", DEPLOYMENTS "/web/status", MERGE, body), 200);
        lab_run_ms(2000);
        ck_assert_int_eq(lab_get(DEPLOYMENTS "/web"), 200);
        ck_assert_int_eq(lab_integer("status.availableReplicas"), 1);
    }
}
END_TEST

static char *story(void)
{
    char *pods;

    lab_open(cluster(3));
    deployment("web", 3, "", "");
    lab_run_ms(1000);
    lab_request("PATCH", DEPLOYMENTS "/web", MERGE, "{\"spec\":{\"replicas\":5,\"template\":{\"metadata\":{\"labels\":{\"v\":\"2\"}}}}}");
    lab_run_ms(1000);
    lab_get("/api/v1/pods");
    pods = strdup(lab.body);
    lab_get("/api/v1/events");
    pods = realloc(pods, strlen(pods) + strlen(lab.body) + 1);
    return strcat(pods, lab.body);
}

START_TEST(the_same_seed_makes_the_same_pods)
{
    char *once = story(), *again = story();

    ck_assert_str_eq(once, again);
    free(once);
    free(again);
}
END_TEST

/* what a binding costs with the look of the controllers that it causes */
START_TEST(a_thousand_pods_of_one_replica_set)
{
    struct sim_options options = cluster(4);
    double started;
    json_t *names;
    const json_t *name;
    size_t i;

    options.kubelet_start_ms = -1;
    lab_open(options);
    started = cpu_us();
    deployment("web", 1000, "", ",\"schedulerName\":\"nobody\"");
    lab_run_ms(1000);
    printf("a pod of a ReplicaSet: %.0f us\n", (cpu_us() - started) / 1000);
    ck_assert_uint_eq(count(PODS), 1000);
    names = json_incref(json_object_get(lab.answer, "items"));
    started = cpu_us();
    json_array_foreach(names, i, name)
    {
        lab_bind(json_string_value(lab_at(name, "metadata.name")), "sched-lab-worker");
        lab_run_ms(1); /* a thousand a second */
    }
    printf("a bind among 1000 of them: %.0f us\n", (cpu_us() - started) / 1000);
    lab_costs((cpu_us() - started) / 1000, 1000);
    json_decref(names);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_deployments");

    LAB_CASE(suite, "time", a_deployment_runs_within_a_moment, without_controllers_nothing_happens, it_is_ready_for_long_enough,
             it_is_late_at_its_deadline, what_is_refused_is_tried_less_and_less_often);
    LAB_CASE(suite, "replica sets", a_name_that_is_taken_is_not_the_end, old_replica_sets_are_forgotten, a_generated_name_fits_into_a_label,
             a_namespace_has_its_account, it_goes_on_from_a_saved_state);
    LAB_CASE(suite, "default scheduler", the_scheduler_goes_where_it_would_rather_be, a_pod_without_gates_is_looked_at_again);
    LAB_CASE(suite, "whole", odd_objects_do_no_harm, the_same_seed_makes_the_same_pods, a_thousand_pods_of_one_replica_set);
    return lab_run_suite(suite);
}
