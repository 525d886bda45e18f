/* The simulated cluster's own life: birth, kubelet, default scheduler, faults of requests, counting, and that it can be repeated. */
#include <time.h>

#include "sim_fixture.h"

static struct sim_options cluster(int nodes)
{
    struct sim_options options = lab_options();

    options.nodes = nodes;
    options.kubelet_start_ms = 200;
    options.default_scheduler = true;
    return options;
}

static size_t pods_on(const char *node)
{
    char target[256];

    snprintf(target, sizeof target, "/api/v1/pods?fieldSelector=spec.nodeName=%s", node);
    ck_assert_int_eq(lab_get(target), 200);
    return lab_count("items");
}

START_TEST(it_is_born_as_kind_makes_it)
{
    struct sim_options options = cluster(4);

    options.system_pods = true;
    lab_open(options);
    lab_get("/api/v1/namespaces");
    ck_assert_str_eq(lab_names(), "default kube-node-lease kube-public kube-system local-path-storage");
    lab_get("/api/v1/nodes");
    ck_assert_str_eq(lab_names(), "sched-lab-control-plane sched-lab-worker sched-lab-worker2 sched-lab-worker3");
    ck_assert_str_eq(lab_text("items.0.spec.taints.0.key"), "node-role.kubernetes.io/control-plane");
    ck_assert_str_eq(lab_text("items.0.spec.taints.0.effect"), "NoSchedule");
    ck_assert_uint_eq(lab_count("items.1.spec.taints"), 0);
    ck_assert_str_eq(lab_text("items.1.status.allocatable.pods"), "110");
    ck_assert_uint_eq(lab_count("items.1.status.conditions"), 4);
    ck_assert_str_eq(lab_text("items.1.status.conditions.3.type"), "Ready");
    ck_assert_str_eq(lab_text("items.1.status.conditions.3.status"), "True");
    lab_get("/api/v1/nodes?labelSelector=node-role.kubernetes.io/control-plane");
    ck_assert_str_eq(lab_names(), "sched-lab-control-plane");
    lab_get("/api/v1/nodes?labelSelector=kubernetes.io/hostname=sched-lab-worker2,kubernetes.io/os=linux");
    ck_assert_str_eq(lab_names(), "sched-lab-worker2");
    ck_assert_uint_eq(pods_on("sched-lab-control-plane"), 9);
    ck_assert_uint_eq(pods_on("sched-lab-worker"), 2);
    ck_assert_uint_eq(pods_on("sched-lab-worker3"), 2);
    lab_get("/api/v1/pods?fieldSelector=status.phase=Running");
    ck_assert_uint_eq(lab_count("items"), 15);
    lab_get("/api/v1/namespaces/local-path-storage/pods");
    ck_assert_uint_eq(lab_count("items"), 1);
}
END_TEST

START_TEST(one_node_alone_has_no_taint)
{
    struct sim_options options = lab_options();

    options.nodes = 1;
    options.cluster_name = "mine";
    lab_open(options);
    lab_get("/api/v1/nodes");
    ck_assert_str_eq(lab_names(), "mine-control-plane");
    ck_assert_uint_eq(lab_count("items.0.spec.taints"), 0);
}
END_TEST

START_TEST(a_bound_pod_runs_after_a_while)
{
    lab_open(cluster(2));
    lab_pod("p", "", ",\"schedulerName\":\"mine\"");
    lab_run_ms(1000);
    ck_assert_int_eq(lab_bind("p", "sched-lab-worker"), 201);
    lab_run_ms(199);
    lab_get(PODS "/p");
    ck_assert_str_eq(lab_text("status.phase"), "Pending");
    lab_run_ms(1);
    lab_get(PODS "/p");
    ck_assert_str_eq(lab_text("status.phase"), "Running");
    ck_assert_int_eq(strncmp(lab_text("status.podIP"), "10.244.", 7), 0);
    ck_assert_str_eq(lab_text("status.hostIP"), "172.18.0.3");
    ck_assert_str_eq(lab_text("status.startTime"), "2025-11-22T08:00:01Z");
    ck_assert_uint_eq(lab_count("status.conditions"), 5);
    ck_assert_str_eq(lab_text("status.conditions.4.type"), "PodScheduled");
    ck_assert_str_eq(lab_text("status.containerStatuses.0.name"), "c");
    ck_assert(json_is_true(lab_at(lab.answer, "status.containerStatuses.0.ready")));
    ck_assert_str_eq(lab_text("status.qosClass"), "BestEffort");
    ck_assert_str_eq(lab_text("spec.nodeName"), "sched-lab-worker");
}
END_TEST

START_TEST(a_deleted_pod_goes_and_its_successor_is_not_mistaken_for_it)
{
    lab_open(cluster(2));
    lab_pod("p", "", ",\"schedulerName\":\"mine\"");
    lab_bind("p", "sched-lab-worker");
    lab_run_ms(300);
    lab_delete(PODS "/p", NULL);
    ck_assert_int_eq(lab_get(PODS "/p"), 200);
    ck_assert_str_ne(lab_text("metadata.deletionTimestamp"), "");
    lab_run_ms(100);
    ck_assert_int_eq(lab_get(PODS "/p"), 404);
    lab_pod("p", "", ",\"schedulerName\":\"mine\"");
    lab_bind("p", "sched-lab-worker");
    lab_run_ms(100);
    lab_delete(PODS "/p", "{\"gracePeriodSeconds\":0}");
    lab_pod("p", "", ",\"schedulerName\":\"mine\"");
    lab_bind("p", "sched-lab-worker");
    lab_run_ms(199);
    lab_get(PODS "/p");
    ck_assert_str_eq(lab_text("status.phase"), "Pending");
    lab_run_ms(1);
    lab_get(PODS "/p");
    ck_assert_str_eq(lab_text("status.phase"), "Running");
}
END_TEST

START_TEST(a_deleted_pod_takes_its_time_and_its_grace_period_at_most)
{
    struct sim_options options = cluster(2);

    options.kubelet_stop_ms = 3000;
    lab_open(options);
    lab_pod("p", "", ",\"schedulerName\":\"mine\"");
    lab_pod("q", "", ",\"schedulerName\":\"mine\",\"terminationGracePeriodSeconds\":1");
    lab_bind("p", "sched-lab-worker");
    lab_bind("q", "sched-lab-worker");
    lab_delete(PODS "/p", NULL);
    lab_delete(PODS "/q", NULL);
    lab_run_ms(999);
    ck_assert_int_eq(lab_get(PODS "/q"), 200);
    lab_run_ms(1);
    ck_assert_int_eq(lab_get(PODS "/q"), 404);
    lab_run_ms(1999);
    ck_assert_int_eq(lab_get(PODS "/p"), 200);
    lab_run_ms(1);
    ck_assert_int_eq(lab_get(PODS "/p"), 404);
}
END_TEST

START_TEST(a_grace_period_can_be_cut_short)
{
    struct sim_options options = cluster(2);

    options.kubelet_stop_ms = 20000;
    lab_open(options);
    lab_pod("p", "", ",\"schedulerName\":\"mine\"");
    lab_bind("p", "sched-lab-worker");
    lab_delete(PODS "/p", NULL);
    lab_run_ms(5000);
    lab_delete(PODS "/p", "{\"gracePeriodSeconds\":2}");
    lab_run_ms(1999);
    ck_assert_int_eq(lab_get(PODS "/p"), 200);
    lab_run_ms(1);
    ck_assert_int_eq(lab_get(PODS "/p"), 404);
}
END_TEST

START_TEST(without_a_kubelet_pods_stay_pending_and_terminating)
{
    lab_pod("p", "", "");
    lab_bind("p", "n1");
    lab_delete(PODS "/p", NULL);
    lab_run_ms(600000);
    ck_assert_int_eq(lab_get(PODS "/p"), 200);
    ck_assert_str_eq(lab_text("status.phase"), "Pending");
    ck_assert(sim_next_tick_us(lab.sim) == INT64_MAX);
}
END_TEST

START_TEST(a_pod_on_a_node_that_does_not_exist_waits_for_it)
{
    lab_open(cluster(0));
    lab_pod("p", "", ",\"schedulerName\":\"mine\"");
    ck_assert_int_eq(lab_bind("p", "late"), 201);
    lab_run_ms(1000);
    lab_get(PODS "/p");
    ck_assert_str_eq(lab_text("status.phase"), "Pending");
    lab_post("/api/v1/nodes", "{\"metadata\":{\"name\":\"late\"}}");
    lab_run_ms(1000);
    lab_get(PODS "/p");
    ck_assert_str_eq(lab_text("status.phase"), "Running");
}
END_TEST

START_TEST(the_default_scheduler_serves_its_pods_only)
{
    lab_open(cluster(3));
    lab_pod("mine", "", ",\"schedulerName\":\"mine\"");
    for (int i = 0; i < 4; i++) {
        char name[8];

        snprintf(name, sizeof name, "p%d", i);
        lab_pod(name, "", "");
    }
    lab_run_ms(0);
    lab_get("/api/v1/pods?fieldSelector=spec.nodeName=");
    ck_assert_str_eq(lab_names(), "mine");
    ck_assert_uint_eq(pods_on("sched-lab-worker"), 2);
    ck_assert_uint_eq(pods_on("sched-lab-worker2"), 2);
    lab_get("/api/v1/namespaces/default/events?fieldSelector=reason=Scheduled,involvedObject.name=p0");
    ck_assert_uint_eq(lab_count("items"), 1);
    ck_assert_str_eq(lab_text("items.0.message"), "Successfully assigned default/p0 to sched-lab-worker");
    ck_assert_str_eq(lab_text("items.0.reportingComponent"), "default-scheduler");
}
END_TEST

START_TEST(what_fits_nowhere_waits_until_it_fits)
{
    lab_open(cluster(2));
    lab_pod("p", "", ",\"nodeSelector\":{\"disk\":\"fast\"}");
    lab_run_ms(0);
    lab_get(PODS "/p");
    ck_assert_str_eq(lab_text("spec.nodeName"), "");
    ck_assert_str_eq(lab_text("status.conditions.0.type"), "PodScheduled");
    ck_assert_str_eq(lab_text("status.conditions.0.status"), "False");
    ck_assert_str_eq(lab_text("status.conditions.0.reason"), "Unschedulable");
    ck_assert_int_eq(lab_integer("status.conditions.0.observedGeneration"), 1);
    ck_assert_ptr_nonnull(strstr(lab_text("status.conditions.0.message"), "0/2 nodes are available: "));
    lab_get("/api/v1/events?fieldSelector=reason=FailedScheduling");
    ck_assert_uint_eq(lab_count("items"), 1);
    ck_assert_str_eq(lab_text("items.0.type"), "Warning");
    lab_run_ms(5000);
    lab_request("PATCH", "/api/v1/nodes/sched-lab-worker", MERGE, "{\"metadata\":{\"labels\":{\"disk\":\"fast\"}}}");
    lab_run_ms(1000);
    lab_get(PODS "/p");
    ck_assert_str_eq(lab_text("spec.nodeName"), "sched-lab-worker");
    ck_assert_str_eq(lab_text("status.phase"), "Running");
}
END_TEST

static void set_faults(const char *plan)
{
    struct error err = ERROR_INIT;

    ck_assert_msg(sim_set_faults(lab.sim, plan, &err) == 0, "%s", err.text);
}

START_TEST(faults_come_instead_of_an_answer_or_with_it)
{
    lab_pod("p", "", "");
    set_faults(
        "[{\"verb\":\"create\",\"resource\":\"pods\",\"subresource\":\"binding\",\"count\":1,\"do\":{\"status\":500,\"message\":\"boom\"}},"
        "{\"verb\":\"create\",\"resource\":\"pods\",\"subresource\":\"binding\",\"count\":1,\"do\":{\"status\":429,\"retry_after_s\":3}},"
        "{\"verb\":\"create\",\"resource\":\"pods\",\"subresource\":\"binding\",\"count\":1,\"do\":{\"reset\":true}},"
        "{\"verb\":\"create\",\"resource\":\"pods\",\"subresource\":\"binding\",\"count\":1,\"do\":{\"lost_answer\":true,\"delay_ms\":5}}"
        "]");
    ck_assert_int_eq(lab_bind("p", "n1"), 500);
    ck_assert_str_eq(lab_text("message"), "boom");
    ck_assert_str_eq(lab_text("reason"), "InternalError");
    ck_assert_int_eq(lab_bind("p", "n1"), 429);
    ck_assert_int_eq(lab.retry_after_s, 3);
    ck_assert_ptr_null(lab.answer);
    lab_bind("p", "n1");
    ck_assert(lab.fault.reset);
    lab_get(PODS "/p");
    ck_assert_str_eq(lab_text("spec.nodeName"), "");
    lab_bind("p", "n1");
    ck_assert(lab.fault.lost_answer);
    ck_assert_int_eq(lab.fault.delay_ms, 5);
    lab_get(PODS "/p");
    ck_assert_str_eq(lab_text("spec.nodeName"), "n1");
    ck_assert(!lab.fault.lost_answer);
    ck_assert_int_eq(lab.fault.cut_at_byte, -1);
}
END_TEST

static void check_counted(const char *series)
{
    struct buffer page;
    struct error err = ERROR_INIT;

    buffer_init(&page, 1u << 20);
    ck_assert_int_eq(sim_metrics(lab.sim, &page, &err), 0);
    ck_assert_msg(strstr(page.data, series) != NULL, "%s is not in\n%s", series, page.data);
    buffer_free(&page);
}

START_TEST(requests_are_counted_as_the_real_server_counts)
{
    struct sim_watch *watch;

    lab_pod("p", "", "");
    lab_bind("p", "n1");
    lab_get("/api/v1/pods");
    lab_get("/api/v1/nodes/x");
    watch = lab_watch("/api/v1/namespaces/default/pods?watch=1");
    check_counted("code=\"201\",component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"pods\",scope=\"resource\",subresource="
                  "\"binding\",verb=\"POST\",version=\"v1\"} 1\n");
    check_counted("code=\"200\",component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"pods\",scope=\"cluster\",subresource=\"\",verb="
                  "\"LIST\",version=\"v1\"} 1\n");
    check_counted("code=\"404\",component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"nodes\",scope=\"resource\",subresource=\"\","
                  "verb=\"GET\",version=\"v1\"} 1\n");
    lab_delete(PODS "?labelSelector=none", NULL);
    check_counted("scope=\"namespace\",subresource=\"\",verb=\"DELETE\",version=\"v1\"} 1\n"); /* seen so on 1.34.4 */
    sim_watch_close(watch);
    check_counted("resource=\"pods\",scope=\"namespace\",subresource=\"\",verb=\"WATCH\",version=\"v1\"} 1\n");
}
END_TEST

/* everything a cluster says in a small life */
static char *life(void)
{
    struct sim_watch *watch;
    char *said, *all;
    struct sim_options options = cluster(3);

    options.system_pods = true;
    lab_open(options);
    watch = lab_watch("/api/v1/pods?watch=1");
    lab_pod("a", "", "");
    lab_post(PODS, "{\"metadata\":{\"generateName\":\"x-\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}");
    lab_run_ms(5000);
    said = lab_read(watch, 4096);
    sim_watch_close(watch);
    lab_get("/api/v1/events");
    all = malloc(strlen(said) + strlen(lab.body) + 1);
    strcpy(all, said);
    strcat(all, lab.body);
    free(said);
    return all;
}

START_TEST(the_same_seed_tells_the_same_story)
{
    char *once = life(), *again = life();

    ck_assert_str_eq(once, again);
    free(once);
    free(again);
}
END_TEST

START_TEST(it_is_quick_enough_for_thousands_of_clusters_and_pods)
{
    struct sim_options options = lab_options();
    double started = cpu_us();
    char name[16];

    options.nodes = 8;
    for (int i = 0; i < 200; i++)
        lab_open(options);
    printf("a cluster of 8 nodes: %.0f us\n", (cpu_us() - started) / 200);
    lab_costs((cpu_us() - started) / 200, 10000);
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "p%d", i);
        lab_pod(name, "\"app\":\"x\"", "");
    }
    started = cpu_us();
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof name, "p%d", i);
        ck_assert_int_eq(lab_bind(name, "sched-lab-worker"), 201);
    }
    printf("a bind among 5000 pods: %.1f us\n", (cpu_us() - started) / 5000);
    lab_costs((cpu_us() - started) / 5000, 1000);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_life");

    LAB_CASE(suite, "birth", it_is_born_as_kind_makes_it, one_node_alone_has_no_taint);
    LAB_CASE(suite, "kubelet", a_bound_pod_runs_after_a_while, a_deleted_pod_goes_and_its_successor_is_not_mistaken_for_it,
             a_deleted_pod_takes_its_time_and_its_grace_period_at_most, a_grace_period_can_be_cut_short,
             without_a_kubelet_pods_stay_pending_and_terminating, a_pod_on_a_node_that_does_not_exist_waits_for_it);
    LAB_CASE(suite, "default scheduler", the_default_scheduler_serves_its_pods_only, what_fits_nowhere_waits_until_it_fits);
    LAB_CASE(suite, "faults and counts", faults_come_instead_of_an_answer_or_with_it, requests_are_counted_as_the_real_server_counts);
    LAB_CASE(suite, "whole", the_same_seed_tells_the_same_story, it_is_quick_enough_for_thousands_of_clusters_and_pods);
    return lab_run_suite(suite);
}
