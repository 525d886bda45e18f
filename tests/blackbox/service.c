/*
 * service.c: the scheduler as a service: what /metrics and the health pages say, how it ends, and what a closed stdout does to it.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/pages.h"
#include "tests/blackbox/support/requests.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define END_MS 1000 /* a container must end so soon after TERM */

/* ---- pages ---- */

static void metrics_count_what_happened(struct lab *lab)
{
    const char *port = textf("%d", free_port()), *profile = textf("profile=\"%s\"", lab->id);
    struct process scheduler;

    use_nodes(lab, 2);
    scheduler_start(lab, &scheduler, "--metrics-port", port, NULL);
    make_pods(lab, "p", 7, NULL);
    make_pod(lab, "nowhere", "{'spec':{'nodeSelector':{'disk':'clay'}}}");
    WAIT_UNTIL(count_bound(lab) == 7 && !strncmp(pod_scheduled(lab, "nowhere"), "False|", 6), "%zu pods are bound", count_bound(lab));
    /* seven bindings, seven Scheduled events and one FailedScheduling; one condition */
    WAIT_UNTIL(metric_sum(port, "rest_client_requests_total", "code=\"201\"") == 15, "%g requests with code 201",
               metric_sum(port, "rest_client_requests_total", "code=\"201\""));
    WAIT_UNTIL(metric_sum(port, "rest_client_requests_total", "method=\"PATCH\"") == 1, "%g PATCH requests",
               metric_sum(port, "rest_client_requests_total", "method=\"PATCH\""));
    REQUIRE(metric_sum(port, "rest_client_requests_total", "method=\"POST\"") == 15, "other POST requests");
    REQUIRE(metric_value(port, textf("scheduler_schedule_attempts_total{%s,result=\"scheduled\"}", profile)) == 7, "attempts: scheduled");
    REQUIRE(metric_value(port, textf("scheduler_schedule_attempts_total{%s,result=\"unschedulable\"}", profile)) >= 1,
            "attempts: unschedulable");
    REQUIRE(metric_value(port, textf("scheduler_schedule_attempts_total{%s,result=\"error\"}", profile)) == 0, "attempts: error");
    REQUIRE(metric_value(port, textf("scheduler_scheduling_attempt_duration_seconds_count{%s,result=\"scheduled\"}", profile)) == 7,
            "attempt durations");
    REQUIRE(metric_value(port, "scheduler_pod_scheduling_attempts_count") == 7, "pod_scheduling_attempts");
    REQUIRE(metric_value(port, "scheduler_pod_scheduling_sli_duration_seconds_count{attempts=\"1\"}") == 7, "pod_scheduling_sli_duration");
    REQUIRE(!strcmp(lab->program, "polling") || metric_value(port, "scheduler_pending_pods{queue=\"unschedulable\"}") == 1,
            "pending_pods: unschedulable");
    REQUIRE(metric_value(port, "scheduler_pending_pods{queue=\"active\"}") == 0, "pending_pods: active");
    REQUIRE(metric_sum(port, "rest_client_request_duration_seconds_count", "verb=\"POST\"") == 15, "request durations");
    REQUIRE(metric_sum(port, "rest_client_request_size_bytes_sum", "verb=\"POST\"") > 15 * 100, "bytes sent");
    REQUIRE(metric_sum(port, "rest_client_response_size_bytes_sum", "verb=\"POST\"") > 15 * 10, "bytes received");
    process_stop(&scheduler);
}

/* what the client says it sent is what the server says it got */
static void client_and_server_count_the_same(struct lab *lab)
{
    const char *port = textf("%d", free_port());
    struct process scheduler;
    long asked;

    use_nodes(lab, 2);
    scheduler_start(lab, &scheduler, "--metrics-port", port, NULL);
    make_pods(lab, "p", 20, NULL);
    WAIT_UNTIL(metric_sum(port, "rest_client_requests_total", "method=\"POST\"") == 40, "%g POST requests",
               metric_sum(port, "rest_client_requests_total", "method=\"POST\""));
    REQUIRE(requests_with(lab, "\"method\":\"POST\"", NULL) == 40, "the server saw %ld POST requests",
            requests_with(lab, "\"method\":\"POST\"", NULL));
    /* polling goes on asking between two looks */
    asked = requests_with(lab, "\"method\":\"GET\"", NULL);
    WAIT_UNTIL(metric_sum(port, "rest_client_requests_total", "method=\"GET\"") >= asked, "fewer GET requests than the server saw");
    asked = (long)metric_sum(port, "rest_client_requests_total", "method=\"GET\"");
    WAIT_UNTIL(requests_with(lab, "\"method\":\"GET\"", NULL) >= asked, "more GET requests than the server saw");
    process_stop(&scheduler);
}

static void health_pages(struct lab *lab)
{
    const char *port = textf("%d", free_port());
    struct process scheduler;

    scheduler_start(lab, &scheduler, "--metrics-port", port, NULL);
    WAIT_UNTIL(page_status(port, "/readyz") == 200, "/readyz says %d", page_status(port, "/readyz"));
    REQUIRE(page_status(port, "/livez") == 200 && page_status(port, "/healthz") == 200, "not alive");
    REQUIRE(page_status(port, "/nothing") == 404, "/nothing says %d", page_status(port, "/nothing"));
    process_stop(&scheduler);
    REQUIRE(page_status(port, "/livez") == 0, "somebody answers after the end");
}

/* alive, and not ready before it has seen the cluster */
static void not_ready_without_a_server(struct lab *lab)
{
    const char *port = textf("%d", free_port());
    struct process scheduler;

    strcpy(lab->kubeconfig,
           lab_write(lab, "config",
                     "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: \"http://127.0.0.1:9\"}}]\n"
                     "users: [{name: u, user: {}}]\ncontexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n"));
    scheduler_start(lab, &scheduler, "--metrics-port", port, NULL);
    wait_for_line(&scheduler, scheduler.err, "connection refused");
    REQUIRE(page_status(port, "/livez") == 200, "/livez says %d", page_status(port, "/livez"));
    REQUIRE(page_status(port, "/readyz") == 500, "/readyz says %d", page_status(port, "/readyz"));
    process_stop(&scheduler);
}

/* ---- the end ---- */

static void ends_with(struct process *process, int number)
{
    REQUIRE(process_running(process), "it ended with exit code %d", process->exit_code);
    process_signal(process, number);
    REQUIRE(process_ends(process, END_MS), "signal %d does not end it within %d ms", number, END_MS);
    REQUIRE(process->exit_code == 0, "exit code %d after signal %d", process->exit_code, number);
}

static void term_and_int_end_it(struct lab *lab)
{
    struct process scheduler;

    use_nodes(lab, 1);
    scheduler_start(lab, &scheduler, NULL);
    make_pod(lab, "a", NULL);
    WAIT_UNTIL(*node_of(lab, "a"), "not bound");
    ends_with(&scheduler, SIGTERM);
    scheduler_start(lab, &scheduler, NULL);
    make_pod(lab, "b", NULL);
    WAIT_UNTIL(*node_of(lab, "b"), "not bound");
    ends_with(&scheduler, SIGINT);
}

/* the answers are on their way when it is told to end */
static void binds_in_flight_are_finished(struct lab *lab)
{
    static const int numbers[] = {SIGTERM, SIGINT};
    struct process scheduler;

    use_nodes(lab, 1);
    for (size_t i = 0; i < LENGTH(numbers); i++) {
        server_faults(lab, "[{'verb':'create','resource':'pods','subresource':'binding','count':-1,'do':{'delay_ms':300}}]");
        scheduler_start(lab, &scheduler, NULL);
        make_pods(lab, textf("p%zu-", i), 5, NULL);
        WAIT_UNTIL(count_bound(lab) == 5 * (i + 1), "%zu pods are bound", count_bound(lab));
        REQUIRE(process_count(scheduler.out, "] Bound ") < 5, "the answers have come already: the case shows nothing");
        ends_with(&scheduler, numbers[i]);
        REQUIRE(process_count(scheduler.out, "] Bound ") == 5, "%d of 5 Bound lines", process_count(scheduler.out, "] Bound "));
    }
}

/* a burst under way: what was begun is finished, the rest is left to the next one */
static void term_in_a_burst_loses_nothing(struct lab *lab)
{
    size_t pods = lab_sized(lab, 300, 60), bound;
    struct process scheduler;

    use_nodes(lab, 5);
    make_pods(lab, "p", pods, NULL);
    scheduler_start(lab, &scheduler, "--max-inflight", "2", NULL);
    WAIT_UNTIL(count_bound(lab) >= 10, "%zu pods are bound", count_bound(lab));
    ends_with(&scheduler, SIGTERM);
    bound = count_bound(lab);
    REQUIRE((size_t)process_count(scheduler.out, "] Bound ") == bound, "%d Bound lines for %zu pods",
            process_count(scheduler.out, "] Bound "), bound);
    scheduler_start(lab, &scheduler, NULL);
    WAIT_UNTIL(count_bound(lab) == pods, "%zu of %zu pods are bound", count_bound(lab), pods);
    process_stop(&scheduler);
}

/* ---- stdout ---- */

static void stdout_is_closed(struct lab *lab)
{
    struct process scheduler;
    int ends[2];

    use_nodes(lab, 1);
    REQUIRE(pipe(ends) == 0, "no pipe");
    close(ends[0]);
    scheduler_start_as(lab, &scheduler, lab->program, lab->program, ends[1], NULL);
    close(ends[1]);
    make_pods(lab, "p", 5, NULL);
    WAIT_UNTIL(count_bound(lab) == 5, "%zu of 5 pods are bound", count_bound(lab));
    ends_with(&scheduler, SIGTERM);
}

static void idle_costs_nothing(struct lab *lab)
{
    struct process scheduler;
    struct wait idle;

    use_nodes(lab, 1);
    scheduler_start(lab, &scheduler, "--metrics-port", textf("%d", free_port()), NULL);
    make_pod(lab, "p", NULL);
    WAIT_UNTIL(*node_of(lab, "p"), "not bound");
    idle = (struct wait){now_us() + 1500000, 1000};
    while (wait_more(&idle))
        continue;
    ends_with(&scheduler, SIGTERM);
    REQUIRE(!lab_measures() || scheduler.cpu_us < 300000, "%lld ms of CPU in 1.5 s without work", (long long)scheduler.cpu_us / 1000);
    REQUIRE(!lab_measures() || scheduler.peak_bytes < (32 << 20), "%lld KiB of memory", (long long)scheduler.peak_bytes / 1024);
}

int main(void)
{
    static const struct lab_case cases[] = {
        {"metrics count what happened", metrics_count_what_happened, EACH, 0},
        {"client and server count the same", client_and_server_count_the_same, EACH, NEEDS_SIMULATOR},
        {"health pages", health_pages, EACH, 0},
        {"not ready without a server", not_ready_without_a_server, EACH, STARTS_NO_SERVER},
        {"TERM and INT end it", term_and_int_end_it, EACH, 0},
        {"binds in flight are finished", binds_in_flight_are_finished, EACH, NEEDS_SIMULATOR},
        {"TERM in a burst loses nothing", term_in_a_burst_loses_nothing, EACH, 0},
        {"stdout is closed", stdout_is_closed, EACH, 0},
        {"idle costs nothing", idle_costs_nothing, EACH, 0},
    };

    return lab_main("service", cases, LENGTH(cases));
}
