/*
 * eviction.c: the requests of a preemption, sent to the API server as the schedulers send them: what it makes of them, and that no other pod is touched.
 */
#include <signal.h>
#include <string.h>

#include "common/kube/curl_transport.h"
#include "common/kube/evict.h"
#include "common/kube/report.h"
#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/server.h"

/* ---- a client of our own ---- */

static struct {
    struct kube_timers timers;
    struct kube_config config;
    struct kube_credentials *credentials;
    struct transport *transport;
    struct kube_client *client;
    struct evictor *evictor;
    struct reporter *reporter;
} c;

static struct {
    bool done;
    enum evict_result result;
    char right[40], message[400];
} end;

static void on_done(void *ctx, const struct eviction *eviction, enum evict_result result, const char *verb, const char *resource,
                    int64_t retry_after_ms, const char *message)
{
    (void)ctx, (void)eviction, (void)retry_after_ms;
    end.done = true;
    end.result = result;
    snprintf(end.right, sizeof end.right, "%s %s", verb, resource);
    snprintf(end.message, sizeof end.message, "%s", message);
}

static bool may_send(void *ctx)
{
    (void)ctx;
    return true;
}

static void warn(void *ctx, const char *text)
{
    lab_fail(__FILE__, __LINE__, "%s: a warning: %s", (const char *)ctx, text);
}

static void connect_as(struct lab *lab, const char *kubeconfig)
{
    struct kube_config_source source = kube_config_source_from_env(kubeconfig, NULL);
    struct kube_client_options client = {.clock = clock_system(), .timers = &c.timers, .seed = 1, .warn = warn, .warn_ctx = lab->id};
    struct evictor_options evictor = {.max_inflight = 4, .max_attempts = 3, .backoff_ms = 100, .on_done = on_done};
    struct reporter_options reporter = {.scheduler_name = lab->id, .instance = "test", .may_send = may_send};
    struct error err = ERROR_INIT;

    memset(&c, 0, sizeof c);
    signal(SIGPIPE, SIG_IGN);
    REQUIRE(kube_config_load(&source, &c.config, &err) == 0, "%s", err.text);
    REQUIRE((c.credentials = kube_credentials_new(&c.config, clock_system(), &err)), "%s", err.text);
    REQUIRE((c.transport = curl_transport_open(&c.config, "eviction/test", &err)), "%s", err.text);
    client.transport = c.transport;
    client.credentials = c.credentials;
    REQUIRE((c.client = kube_client_new(&client, &err)), "%s", err.text);
    evictor.client = reporter.client = c.client;
    REQUIRE((c.evictor = evictor_new(&evictor, &err)), "%s", err.text);
    REQUIRE((c.reporter = reporter_new(&reporter, &err)), "%s", err.text);
}

static void disconnect(void)
{
    evictor_free(c.evictor);
    reporter_free(c.reporter);
    kube_client_free(c.client);
    c.transport->close(c.transport);
    kube_credentials_free(c.credentials);
    kube_config_free(&c.config);
}

/* one turn of the loop, at most 50 ms. Returns whether something is still to be done */
static bool turn(void)
{
    struct error err = ERROR_INIT;

    kube_timers_fire(&c.timers, clock_system()->monotonic_us(clock_system()));
    reporter_pump(c.reporter);
    if (!evictor_count(c.evictor) && !reporter_pending(c.reporter))
        return false;
    REQUIRE(c.transport->wait(c.transport, 50, &err) == 0, "%s", err.text);
    return true;
}

static void finish(void)
{
    WAIT_UNTIL(!turn(), "requests without an end");
}

static const char *namespace_of(struct lab *lab)
{
    return lab->id;
}

static void evict(struct lab *lab, const char *name, const char *uid)
{
    struct error err = ERROR_INIT;

    memset(&end, 0, sizeof end);
    REQUIRE(evict_start(c.evictor, namespace_of(lab), name, uid, "s: preempting to accommodate a higher priority pod", &err) == 0, "%s",
            err.text);
    finish();
    REQUIRE(end.done, "no end");
}

static void evict_for(struct lab *lab, const char *name, const char *uid, enum evict_result result, const char *right)
{
    evict(lab, name, uid);
    REQUIRE(end.result == result && !strcmp(end.right, right), "%s: %d: %s", end.right, (int)end.result, end.message);
}

#define MARKED "True|PreemptionByScheduler|s: preempting to accommodate a higher priority pod"

/* a pod on the first node; a finalizer keeps it to be looked at */
static void make_victim(struct lab *lab, const char *name)
{
    make_pod(
        lab, name,
        textf("{'metadata':{'finalizers':['lab.test/held']},'spec':{'nodeName':'%s','terminationGracePeriodSeconds':7}}", lab->node[0]));
}

static void release(struct lab *lab, const char *name)
{
    change_pod(lab, name, "{'metadata':{'finalizers':null}}");
}

/* ---- victims ---- */

static void victim_is_marked_then_deleted(struct lab *lab)
{
    const char *uid;
    json_t *pod;

    use_nodes(lab, 1);
    connect_as(lab, lab->admin);
    make_victim(lab, "v");
    uid = uid_of(lab, "v");
    evict_for(lab, "v", uid, EVICT_OK, "delete pods");
    REQUIRE(!strcmp(condition_of(lab, "v", "DisruptionTarget"), MARKED), "marked as %s", condition_of(lab, "v", "DisruptionTarget"));
    pod = get_pod(lab, "v");
    REQUIRE(*member(pod, "metadata.deletionTimestamp"), "it is not being deleted");
    REQUIRE(json_integer_value(json_object_get(json_object_get(pod, "metadata"), "deletionGracePeriodSeconds")) == 7,
            "not the pod's own grace period");
    json_decref(pod);
    evict_for(lab, "v", uid, EVICT_OK, "delete pods"); /* as after a lost answer */
    pod = get_pod(lab, "v");
    REQUIRE(json_integer_value(json_object_get(json_object_get(pod, "metadata"), "deletionGracePeriodSeconds")) == 7,
            "the second DELETE changed the grace period");
    json_decref(pod);
    release(lab, "v");
    delete_pod(lab, "v");
    evict_for(lab, "v", uid, EVICT_GONE, "patch pods/status");
    disconnect();
}

static void pod_without_a_node_goes_at_once(struct lab *lab)
{
    json_t *pod;

    connect_as(lab, lab->admin);
    make_pod(lab, "v", NULL);
    evict_for(lab, "v", uid_of(lab, "v"), EVICT_OK, "delete pods");
    pod = get_pod(lab, "v");
    REQUIRE(!pod, "it is still there");
    disconnect();
}

/* the name is given again between a scheduler's look and its requests */
static void another_pod_of_the_name_is_left_alone(struct lab *lab)
{
    const char *uid, *version;
    json_t *answer;
    int status;

    use_nodes(lab, 1);
    connect_as(lab, lab->admin);
    make_pod(lab, "v", NULL);
    uid = uid_of(lab, "v");
    delete_pod(lab, "v");
    make_pod(lab, "v", "{'spec':{'schedulerName':'nobody'}}");
    version = version_of(lab, "v");
    evict_for(lab, "v", uid, EVICT_GONE, "patch pods/status");
    REQUIRE(strstr(end.message, "Pod \"v\" is invalid: metadata.uid: "), "%s", end.message);
    report_nominated(c.reporter, namespace_of(lab), "v", uid, "n1");
    report_failed(c.reporter, namespace_of(lab), "v", uid, "Unschedulable", "m");
    finish();
    status = api_try(lab, "DELETE", textf("/api/v1/namespaces/%s/pods/v", namespace_of(lab)),
                     json_of("{'preconditions':{'uid':'%s'}}", uid), &answer);
    REQUIRE(status == 409 && strstr(member(answer, "message"), "the UID in the precondition"), "%d: %s", status, member(answer, "message"));
    json_decref(answer);
    REQUIRE(!strcmp(version_of(lab, "v"), version), "it was touched");
    disconnect();
}

/* ---- the pod that room is made for ---- */

static void node_is_nominated_and_not(struct lab *lab)
{
    const char *uid;

    connect_as(lab, lab->admin);
    make_pod(lab, "p", "{'spec':{'schedulerName':'nobody'}}");
    uid = uid_of(lab, "p");
    report_failed(c.reporter, namespace_of(lab), "p", uid, "Unschedulable", "0/1 nodes");
    report_nominated(c.reporter, namespace_of(lab), "p", uid, "n1");
    finish();
    REQUIRE(!strcmp(text_of(lab, "p", "status.nominatedNodeName"), "n1"), "nominated is \"%s\"",
            text_of(lab, "p", "status.nominatedNodeName"));
    REQUIRE(!strcmp(pod_scheduled(lab, "p"), "False|Unschedulable|0/1 nodes"), "%s", pod_scheduled(lab, "p"));
    report_nominated(c.reporter, namespace_of(lab), "p", uid, "n2");
    finish();
    REQUIRE(!strcmp(text_of(lab, "p", "status.nominatedNodeName"), "n2"), "not changed");
    report_nominated(c.reporter, namespace_of(lab), "p", uid, "");
    finish();
    REQUIRE(!*text_of(lab, "p", "status.nominatedNodeName"), "not cleared");
    REQUIRE(!strcmp(pod_scheduled(lab, "p"), "False|Unschedulable|0/1 nodes"), "the condition went with it");
    disconnect();
}

static void event_names_both_pods(struct lab *lab)
{
    const char *victim, *cause;
    json_t *events, *event;

    connect_as(lab, lab->admin);
    make_pod(lab, "v", "{'spec':{'schedulerName':'nobody'}}");
    make_pod(lab, "p", "{'spec':{'schedulerName':'nobody'}}");
    victim = uid_of(lab, "v");
    cause = uid_of(lab, "p");
    report_preempted(c.reporter, namespace_of(lab), "v", victim, namespace_of(lab), "p", cause, "n1", "");
    finish();
    events = events_of(lab, "v", "Preempted");
    REQUIRE(json_array_size(events) == 1, "%zu events", json_array_size(events));
    event = json_array_get(events, 0);
    REQUIRE(!strcmp(member(event, "note"), textf("Preempted by pod %s on node n1", cause)), "%s", member(event, "note"));
    REQUIRE(!strcmp(member(event, "type"), "Normal") && !strcmp(member(event, "action"), "Preempting"), "type or action");
    REQUIRE(!strcmp(member(event, "regarding.uid"), victim) && !strcmp(member(event, "related.uid"), cause) &&
                !strcmp(member(event, "related.name"), "p"),
            "regarding or related");
    json_decref(events);
    disconnect();
}

/* ---- rights ---- */

static void right_to_delete_is_in_a_file_of_its_own(struct lab *lab)
{
    use_nodes(lab, 1);
    server_control(lab, "forbid", "rbac-preemption.yaml");
    connect_as(lab, lab->kubeconfig);
    make_victim(lab, "v");
    evict_for(lab, "v", uid_of(lab, "v"), EVICT_FORBIDDEN, "delete pods");
    REQUIRE(strstr(end.message, "cannot delete resource \"pods\""), "%s", end.message);
    REQUIRE(!*text_of(lab, "v", "metadata.deletionTimestamp"), "deleted without the right to");
    server_control(lab, "allow", "rbac-preemption.yaml");
    WAIT_UNTIL((evict(lab, "v", uid_of(lab, "v")), end.result == EVICT_OK), "%s: %s", end.right, end.message);
    server_control(lab, "forbid", "rbac-preemption.yaml");
    disconnect();
}

int main(void)
{
    static const struct lab_case cases[] = {
        {"a victim is marked, then deleted in its own time", victim_is_marked_then_deleted, WATCH, NEEDS_OWN_NODES},
        {"a pod without a node goes at once", pod_without_a_node_goes_at_once, WATCH, NEEDS_NOTHING},
        {"another pod of the name is left alone", another_pod_of_the_name_is_left_alone, WATCH, NEEDS_NOTHING},
        {"a node is nominated, and not any more", node_is_nominated_and_not, WATCH, NEEDS_NOTHING},
        {"the event names both pods", event_names_both_pods, WATCH, NEEDS_NOTHING},
        {"the right to delete is in a file of its own", right_to_delete_is_in_a_file_of_its_own, WATCH, NEEDS_USERS},
    };

    return lab_main("eviction", cases, sizeof cases / sizeof *cases);
}
