/*
 * doctor.c: each fault is put into a cluster, or into what docker, kind and kubectl say, and the doctor names it and what mends it; it changes nothing,
 * ends by itself and tells no token. tests/unit/test_doctor.c has the rest of what it can say.
 */
#include "tests/blackbox/support/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/hostile.h"
#include "tests/blackbox/support/requests.h"
#include "tests/blackbox/support/scene.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define NO_MORE ((const char *)NULL)

/* sees the doctor once; ends the case unless it says so at once */
static void says_now(struct lab *lab, const json_t *page, const char *level, const char *check, const char *found, const char *mend)
{
    const char *said = "";

    (void)lab;
    REQUIRE(doctor_says(page, level, check, found, &said), "not told: %s %s: %s", level, check, found);
    REQUIRE(strstr(said, mend), "%s: %s: the mend is '%s', expected '%s'", check, found, said, mend);
}

static void a_lab_that_is_ready(struct lab *lab)
{
    json_t *page;

    doctor_open(lab);
    make_ready_lab(lab);
    WAIT_UNTIL((page = see_doctor(lab, NULL, NO_MORE),
                doctor_says(page, "ok", "RBAC", textf("%s/my-scheduler may do what it needs", lab->id), NULL)),
               "the rights do not hold");
    REQUIRE(doctor_counts(page, "fail") == 0 && doctor_counts(page, "warn") == 0, "%s", json_dumps(page, JSON_INDENT(1)));
    REQUIRE(doctor_says(page, "ok", "nodes", "4:", NULL) && doctor_says(page, "ok", "image", "my-scheduler:dev is on every node", NULL) &&
                doctor_says(page, "ok", "deployment", textf("%s/watch-scheduler: 1 of 1 ready", lab->id), NULL) &&
                doctor_says(page, "ok", "pods", "none is stuck", NULL) && doctor_says(page, "ok", "clock", "", NULL) &&
                doctor_says(page, "ok", "credential", "accepted", NULL) && doctor_says(page, "ok", "your rights", "", NULL),
            "%s", json_dumps(page, JSON_INDENT(1)));
    json_decref(page);
}

static void each_missing_rule_is_named(struct lab *lab)
{
    const char *rule, *mend = "";

    doctor_open(lab);
    make_ready_lab(lab);
    for (size_t i = 0; (rule = role_rule(i)); i++) {
        json_t *page;

        change_role(lab, (int)i);
        /* an authorizer needs a moment to learn, and to forget */
        WAIT_UNTIL((page = see_doctor(lab, NULL, NO_MORE),
                    doctor_counts(page, "fail") == 1 &&
                        doctor_says(page, "fail", "RBAC", textf("%s/my-scheduler may not %s", lab->id, rule), &mend)),
                   "not told, or more than '%s': %s", rule, json_dumps(page, JSON_INDENT(1)));
        REQUIRE(strstr(mend, " apply -f manifests/rbac.yaml"), "%s: '%s'", rule, mend);
        json_decref(page);
    }
    json_decref(api(lab, "DELETE", textf("/api/v1/namespaces/%s/serviceaccounts/my-scheduler", lab->id), NULL));
    doctor_tells(lab, "fail", "RBAC", textf("%s/my-scheduler does not exist", lab->id), " apply -f manifests/rbac.yaml");
}

static void names_that_nobody_serves(struct lab *lab)
{
    const char *typing_error = textf("%sx", lab->id);

    doctor_open(lab);
    make_ready_lab(lab);
    make_pod(lab, "typo", textf("{'spec':{'schedulerName':'%s'}}", typing_error));
    make_pod(lab, "far", "{'spec':{'schedulerName':'quite-another'}}");
    make_pod(lab, "gated", "{'spec':{'schedulerName':'quite-another','schedulingGates':[{'name':'lab/hold'}]}}");
    doctor_tells(lab, "fail", "scheduler",
                 textf("nobody serves \"%s\" (did you mean \"%s\"?), for which 1 pod waits: %s/typo", typing_error, lab->id, lab->id),
                 textf(" -n %s get pod typo -o yaml | sed ", lab->id));
    doctor_tells(lab, "fail", "scheduler", "nobody serves \"quite-another\", for which 1 pod waits", " --scheduler-name quite-another");
    doctor_tells(lab, "warn", "pod", textf("%s/gated is gated by lab/hold", lab->id), "/spec/schedulingGates");
    delete_pod(lab, "typo");
    delete_pod(lab, "far");
    delete_pod(lab, "gated");
    json_decref(api(lab, "DELETE", textf("/apis/apps/v1/namespaces/%s/deployments/watch-scheduler", lab->id), NULL));
    make_pod(lab, "mine", NULL);
    doctor_tells(lab, "fail", "scheduler", textf("nobody serves \"%s\", for which 1 pod waits: %s/mine", lab->id, lab->id), "bin/watch");
    doctor_tells(lab, NULL, "deployment", "", "");
}

/* once somebody binds, or says why not, that somebody serves */
static void who_is_served_is_seen(struct lab *lab)
{
    struct process scheduler;
    json_t *page;

    doctor_open(lab);
    use_nodes(lab, 2);
    scheduler_start(lab, &scheduler, NO_MORE);
    make_pod(lab, "small", NULL);
    make_pod(lab, "big", "{'spec':{'containers':[{'name':'c','image':'x','resources':{'requests':{'cpu':'64'}}}]}}");
    lands_on(lab, "small", "");
    is_refused(lab, "big");
    doctor_tells(lab, "fail", "pod", textf("%s/big waits for a node: 0/", lab->id), textf(" --scheduler-name %s %s/big", lab->id, lab->id));
    page = see_doctor(lab, NULL, NO_MORE);
    REQUIRE(!doctor_says(page, "fail", "scheduler", lab->id, NULL), "%s", json_dumps(page, JSON_INDENT(1)));
    json_decref(page);
    process_stop(&scheduler);
}

static void set_waiting(struct lab *lab, const char *pod, const char *status)
{
    api_change(
        lab, textf("/api/v1/namespaces/%s/pods/%s", lab->id, pod), "/status",
        json_of("{'status':{'containerStatuses':[{'name':'pause','image':'i','imageID':'','ready':false,'restartCount':%s}]}}", status));
}

static void pods_that_do_not_start(struct lab *lab)
{
    static const struct {
        const char *name, *image, *status, *found, *mend;
    } pods[] = {
        {"never", "my-app:dev", "0,'state':{'waiting':{'reason':'ErrImageNeverPull'}}", "ErrImageNeverPull: my-app:dev is not on",
         "my-app:dev"},
        {"backoff", "my-app:dev", "0,'state':{'waiting':{'reason':'ImagePullBackOff'}}", "ImagePullBackOff: my-app:dev is not on",
         "my-app:dev"},
        {"pulled", "registry.example/app:1", "0,'state':{'waiting':{'reason':'ErrImagePull','message':'no such host'}}",
         "ErrImagePull: no such host", "describe pod pulled"},
        {"config", "x", "0,'state':{'waiting':{'reason':'CreateContainerConfigError','message':'configmap x not found'}}",
         "CreateContainerConfigError: configmap x not found", "describe pod config"},
        {"crash", "x", "5,'state':{'waiting':{'reason':'CrashLoopBackOff'}},'lastState':{'terminated':{'exitCode':2,'reason':'Error'}}",
         "5 times, last exit code 2 (Error): a wrong flag or configuration", "logs crash -c pause --previous"},
    };
    json_t *page;

    doctor_open(lab);
    make_ready_lab(lab);
    for (size_t i = 0; i < LENGTH(pods); i++) {
        make_pod(lab, pods[i].name,
                 textf("{'spec':{'nodeName':'%s','containers':[{'name':'pause','image':'%s'}]}}", lab->node[1], pods[i].image));
        set_waiting(lab, pods[i].name, pods[i].status);
    }
    make_pod(lab, "lost", "{'spec':{'nodeName':'no-such-node'}}");
    page = see_doctor(lab, NULL, NO_MORE);
    for (size_t i = 0; i < LENGTH(pods); i++)
        says_now(lab, page, "fail", "pod", textf("%s/%s", lab->id, pods[i].name), pods[i].mend);
    for (size_t i = 0; i < LENGTH(pods); i++)
        REQUIRE(doctor_says(page, "fail", "pod", pods[i].found, NULL), "not told: %s", pods[i].found);
    says_now(lab, page, "fail", "pod", textf("%s/lost is bound to no-such-node, and there is no such node", lab->id),
             "delete pod lost --force");
    json_decref(page);
}

static void pods_that_do_not_end(struct lab *lab)
{
    doctor_open(lab);
    make_ready_lab(lab);
    make_pod(lab, "held", textf("{'metadata':{" HELD "},'spec':{'nodeName':'%s'}}", lab->node[1]));
    delete_pod(lab, "held");
    REQUIRE(is_leaving(lab, "held"), "the finalizer does not hold it");
    doctor_tells(lab, "fail", "pod", "finalizer lab.test/held holds it", "'{\"metadata\":{\"finalizers\":null}}'");
    let_go(lab, "held");
}

static void nodes_that_take_nothing(struct lab *lab)
{
    json_t *page;

    doctor_open(lab);
    make_ready_lab(lab);
    change_node(lab, lab->node[0], "{'spec':{'unschedulable':true}}");
    change_node(lab, lab->node[1], "{'spec':{'taints':[{'key':'lab/kept','value':'x','effect':'NoSchedule'}]}}");
    change_node(lab, lab->node[2], "{'status':{'conditions':[{'type':'Ready','status':'False','reason':'Test','message':'no runtime'}]}}");
    change_node(lab, lab->node[3], "{'status':{'images':[{'names':['docker.io/library/other:dev'],'sizeBytes':1}]}}");
    make_pod(lab, "there", textf("{'spec':{'nodeName':'%s'}}", lab->node[2]));
    page = see_doctor(lab, NULL, NO_MORE);
    says_now(lab, page, "warn", "cordoned", lab->node[0], textf(" uncordon %s", lab->node[0]));
    says_now(lab, page, "warn", "tainted", textf("%s has lab/kept=x:NoSchedule", lab->node[1]),
             textf(" taint nodes %s lab/kept:NoSchedule-", lab->node[1]));
    says_now(lab, page, "fail", "node ready", textf("%s is not: no runtime", lab->node[2]), lab->node[2]);
    says_now(lab, page, "fail", "image", textf("my-scheduler:dev is not on %s", lab->node[3]), "my-scheduler:dev");
    says_now(lab, page, "fail", "pod", textf("%s/there cannot start on %s, which is not ready", lab->id, lab->node[2]), lab->node[2]);
    json_decref(page);
    delete_node(lab, lab->node[3]);
    page = see_doctor(lab, NULL, "--image", "other:1", NO_MORE);
    says_now(lab, page, "warn", "nodes", "3: the lab wants", "");
    says_now(lab, page, "fail", "image", textf("other:1 is not on %s, %s", lab->node[0], lab->node[1]), "other:1");
    json_decref(page);
}

static void two_schedulers_of_one_name(struct lab *lab)
{
    const char *target = textf("/apis/apps/v1/namespaces/%s/deployments/polling-scheduler", lab->id), *lease;
    char now[32];
    json_t *page;

    doctor_open(lab);
    make_ready_lab(lab);
    deploy_scheduler(lab, "polling-scheduler", 1, "");
    page = see_doctor(lab, NULL, NO_MORE);
    says_now(lab, page, "fail", "one of a name", textf("2 schedulers serve %s without leader election", lab->id), "--replicas=0");
    json_decref(page);
    json_decref(api(lab, "DELETE", target, NULL));
    deploy_scheduler(lab, "elected", 2, ",'--leader-elect','--leader-elect-resource-namespace=$(NAMESPACE)'");
    json_decref(api(lab, "DELETE", textf("/apis/apps/v1/namespaces/%s/deployments/watch-scheduler", lab->id), NULL));
    json_decref(
        api(lab, "POST", textf("/apis/coordination.k8s.io/v1/namespaces/%s/leases", lab->id),
            json_of("{'metadata':{'name':'%s'},'spec':{'holderIdentity':'gone_1','leaseDurationSeconds':15,'renewTime':'2026-01-01T00:"
                    "00:00.000000Z'}}",
                    lab->id)));
    page = see_doctor(lab, NULL, NO_MORE);
    lease = textf("/apis/coordination.k8s.io/v1/namespaces/%s/leases/%s", lab->id, lab->id);
    clock_format_rfc3339(clock_system()->wall_us(clock_system()), 6, now);
    api_change(lab, lease, "", json_of("{'spec':{'holderIdentity':'elsewhere_1','renewTime':'%s'}}", now));
    doctor_tells(lab, "ok", "lease", "is held by elsewhere_1, which is no pod here", "");
    REQUIRE(!doctor_says(page, NULL, "one of a name", "", NULL), "two that elect are told");
    says_now(lab, page, "warn", "lease", textf("%s/%s is held by gone_1, dead for", lab->id, lab->id),
             textf(" -n %s delete lease %s", lab->id, lab->id));
    says_now(lab, page, "fail", "RBAC", textf("may not update leases.coordination.k8s.io %s in %s", lab->id, lab->id),
             "manifests/rbac.yaml");
    json_decref(page);
}

static void a_deployment_that_cannot_work(struct lab *lab)
{
    const char *target = textf("/apis/apps/v1/namespaces/%s/deployments/watch-scheduler", lab->id);
    json_t *page;

    doctor_open(lab);
    make_ready_lab(lab);
    api_change(lab, target, "/status", json_of("{'status':{'readyReplicas':0,'availableReplicas':0}}"));
    api_change(
        lab, target, "",
        json_of("{'spec':{'template':{'spec':{'containers':[{'name':'scheduler','image':'my-scheduler:dev','imagePullPolicy':'Always',"
                "'command':['watch-scheduler'],'args':['--scheduler-name=%s']}]}}}}",
                lab->id));
    page = see_doctor(lab, NULL, NO_MORE);
    says_now(lab, page, "fail", "deployment", textf("%s/watch-scheduler: 0 of 1 ready", lab->id), "describe deployment watch-scheduler");
    says_now(lab, page, NULL, "pull policy", "pulls my-scheduler:dev always", "IfNotPresent");
    json_decref(page);
    page = see_doctor(lab, NULL, "--scheduler-name", "another", NO_MORE);
    says_now(lab, page, "warn", "scheduler", textf("none serves another, but %s", lab->id), textf("--scheduler-name %s", lab->id));
    json_decref(page);
}

/* ---- what mends ---- */

/* runs the mend of what the doctor says, and sees that it says it no more */
static void is_mended(struct lab *lab, const char *check, const char *found)
{
    const char *mend = "";
    struct process shell;
    json_t *page;

    doctor_tells(lab, NULL, check, found, "kubectl ");
    page = see_doctor(lab, NULL, NO_MORE);
    REQUIRE(doctor_says(page, NULL, check, found, &mend), "%s: %s: told once only", check, found);
    json_decref(page);
    process_start(&shell, lab->folder, "shell", (const char *const[]){"/bin/sh", "-c", mend, NULL}, -1);
    REQUIRE(process_ends(&shell, DEADLINE_MS) && shell.exit_code == 0, "%s: %s", mend, process_text(shell.err));
    WAIT_UNTIL((page = see_doctor(lab, NULL, NO_MORE), !doctor_says(page, NULL, check, found, NULL)), "%s did not mend %s: %s", mend, check,
               found);
    json_decref(page);
}

/* only with a kubectl at hand: tests/e2e.sh names one */
static void a_mend_mends(struct lab *lab)
{
    if (!getenv("KUBECTL")) {
        printf("skipped: watch: a mend mends: no KUBECTL\n");
        return;
    }
    doctor_open(lab);
    fake_program(lab, "kubectl", textf("exec '%s' \"$@\"", getenv("KUBECTL")));
    make_ready_lab(lab);
    deploy_scheduler(lab, "polling-scheduler", 1, "");
    is_mended(lab, "one of a name", "2 schedulers serve");
    api_change(
        lab, textf("/apis/apps/v1/namespaces/%s/deployments/watch-scheduler", lab->id), "",
        json_of("{'spec':{'template':{'spec':{'containers':[{'name':'scheduler','image':'my-scheduler:dev','imagePullPolicy':'Always',"
                "'command':['watch-scheduler'],'args':['--scheduler-name=%s']}]}}}}",
                lab->id));
    is_mended(lab, "pull policy", "my-scheduler:dev");
    change_node(lab, lab->node[0], "{'spec':{'unschedulable':true}}");
    is_mended(lab, "cordoned", lab->node[0]);
    change_node(lab, lab->node[0], "{'spec':{'taints':[{'key':'lab/kept','value':'x','effect':'NoSchedule'}]}}");
    is_mended(lab, "tainted", lab->node[0]);
    make_pod(lab, "typo", textf("{'spec':{'schedulerName':'%sx'}}", lab->id));
    is_mended(lab, "scheduler", textf("nobody serves \"%sx\"", lab->id));
    REQUIRE(!strcmp(text_of(lab, "typo", "spec.schedulerName"), lab->id), "typo is not made anew");
    make_pod(lab, "gated", "{'spec':{'schedulingGates':[{'name':'lab/hold'}]}}");
    is_mended(lab, "pod", "gated is gated");
    make_pod(lab, "lost", "{'spec':{'nodeName':'no-such-node'}}");
    is_mended(lab, "pod", "lost is bound to no-such-node");
    make_pod(lab, "held", textf("{'metadata':{" HELD "},'spec':{'nodeName':'%s'}}", lab->node[1]));
    delete_pod(lab, "held");
    is_mended(lab, "pod", "held is being deleted");
    REQUIRE(!get_pod(lab, "held"), "held is there");
    json_decref(
        api(lab, "POST", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases",
            json_of("{'metadata':{'name':'%s'},'spec':{'holderIdentity':'gone_1','leaseDurationSeconds':15,'renewTime':'2026-01-01T00:"
                    "00:00.000000Z'}}",
                    lab->id)));
    is_mended(lab, "lease", "is held by gone_1");
}

/* ---- the way to the server ---- */

static const char *kubeconfig_for(struct lab *lab, const char *name, const char *server, const char *user)
{
    return lab_write(
        lab, name,
        textf("apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: \"%s\"}}]\nusers: [{name: u, user: {%s}}]\n"
              "contexts: [{name: kind-gone, context: {cluster: c, user: u}}]\ncurrent-context: kind-gone\n",
              server, user));
}

static void told_of(struct lab *lab, const char *kubeconfig, const char *check, const char *found, const char *mend)
{
    json_t *page = see_doctor(lab, NULL, "--kubeconfig", kubeconfig, NO_MORE);

    says_now(lab, page, "fail", check, found, mend);
    REQUIRE(doctor_says(page, "skip", "the rest", "", NULL), "the rest is judged");
    json_decref(page);
}

static void a_way_that_does_not_lead_there(struct lab *lab)
{
    static const struct {
        enum hostile_kind kind;
        const char *check, *found;
    } servers[] = {{SENDS_HTML, "server", "answers, but not as an API server does"},
                   {SENDS_NO_HTTP, "server", ""},
                   {CLOSES_AT_ONCE, "server", "closed the connection"},
                   {NEVER_ANSWERS, "server", "no whole answer"}};
    struct hostile hostile;

    fake_programs(lab);
    told_of(lab, "/no/such/file", "kubeconfig", "/no/such/file", "bin/simulator");
    told_of(lab, kubeconfig_for(lab, "refused", textf("http://127.0.0.1:%d", free_port()), "token: t"), "server", "connection refused",
            "kind create cluster --name gone");
    told_of(lab, kubeconfig_for(lab, "unknown", "https://k8s.invalid:6443", "token: t"), "server", "cannot resolve",
            "getent hosts k8s.invalid");
    for (size_t i = 0; i < LENGTH(servers); i++) {
        hostile_start(&hostile, servers[i].kind);
        told_of(lab, kubeconfig_for(lab, "hostile", textf("http://127.0.0.1:%d", hostile.port), "token: t"), servers[i].check,
                servers[i].found, "");
        REQUIRE(hostile.connections, "nobody was asked");
    }
}

static void tls_that_is_not_trusted(struct lab *lab)
{
    static const char *const arguments[] = {"--tls", NULL};
    json_t *page;

    server_open_with(lab, arguments);
    fake_programs(lab);
    page = see_doctor(lab, NULL, NO_MORE);
    says_now(lab, page, "ok", "TLS", "trusted", "");
    json_decref(page);
    told_of(lab, kubeconfig_for(lab, "untrusted", textf("https://127.0.0.1:%d", lab->port), "token: t"), "TLS", "not trusted",
            " --name gone");
}

static void no_word_of_a_token(struct lab *lab)
{
    static const char *const arguments[] = {"--nodes", "4", "--token", "secret-of-the-lab=ada,system:masters", NULL};
    const char *good, *bad = "token: not-the-secret-of-the-lab", *files[2];
    struct process process;

    server_open_with(lab, arguments);
    fake_programs(lab);
    /* a proxy's address may hold a password, too */
    setenv("HTTPS_PROXY", "http://ada:secret-of-the-lab@proxy.example:3128", 1);
    good = kubeconfig_for(lab, "good", textf("http://127.0.0.1:%d", lab->port), "token: secret-of-the-lab");
    files[0] = good;
    files[1] = kubeconfig_for(lab, "bad", textf("http://127.0.0.1:%d", lab->port), bad);
    for (int i = 0; i < 4; i++) {
        const char *argv[] = {textf("%s/doctor", lab->bin), "--kubeconfig", files[i / 2], "--format", i % 2 ? "json" : "text", NULL};

        process_start(&process, lab->folder, "doctor", argv, -1);
        wait_for_exit(&process, i / 2);
        REQUIRE(process_says(process.out, i / 2 ? "Unauthorized" : "you are ada"), "%s", process_text(process.out));
        REQUIRE(process_says(process.out, "HTTPS_PROXY is set"), "%s", process_text(process.out));
        REQUIRE(!process_says(process.out, "secret-of-the-lab") && !process_says(process.err, "secret-of-the-lab"), "%s",
                process_text(process.out));
    }
}

static void nothing_is_changed(struct lab *lab)
{
    json_t *before, *after, *page;

    doctor_open(lab);
    make_ready_lab(lab);
    make_pod(lab, "typo", "{'spec':{'schedulerName':'nobody'}}");
    before = list_items(lab, "/api/v1/pods");
    page = see_doctor(lab, NULL, NO_MORE);
    after = list_items(lab, "/api/v1/pods");
    REQUIRE(json_equal(before, after), "pods were changed");
    REQUIRE(requests_with(lab, "\"user_agent\":\"doctor/", "\"verb\":\"list\"", NO_MORE) == 4, "expected four lists");
    REQUIRE(requests_with(lab, "\"user_agent\":\"doctor/", "\"verb\":\"create\"", NO_MORE) ==
                requests_with(lab, "\"user_agent\":\"doctor/", "\"verb\":\"create\"", "review", NO_MORE),
            "something was made");
    REQUIRE(requests_with(lab, "\"user_agent\":\"doctor/", NO_MORE) ==
                requests_with(lab, "\"user_agent\":\"doctor/", "\"verb\":\"list\"", NO_MORE) +
                    requests_with(lab, "\"user_agent\":\"doctor/", "\"verb\":\"get\"", NO_MORE) +
                    requests_with(lab, "\"user_agent\":\"doctor/", "\"verb\":\"create\"", NO_MORE),
            "something was asked that changes things");
    json_decref(page);
    json_decref(before);
    json_decref(after);
}

/* ---- the laptop ---- */

static void laptop_says(struct lab *lab, const char *program, const char *script, const char *level, const char *found, const char *mend)
{
    json_t *page;

    fake_programs(lab);
    fake_program(lab, program, script);
    page = see_doctor(lab, NULL, "--laptop-only", NO_MORE);
    REQUIRE(doctor_counts(page, "ok") == 0, "the cluster is looked at");
    says_now(lab, page, level, program, found, mend);
    json_decref(page);
}

static void programs_that_do_not_do(struct lab *lab)
{
    json_t *page;

    laptop_says(lab, "docker", "echo 'permission denied while trying to connect to the Docker daemon socket' >&2; exit 1", "fail",
                "permission denied", "usermod -aG docker");
    laptop_says(lab, "docker", "echo 'Cannot connect to the Docker daemon. Is the docker daemon running?' >&2; exit 1", "fail",
                "its daemon does not answer", "");
    laptop_says(lab, "docker", "exec /bin/sleep 300", "fail", "hangs", "");
    laptop_says(lab, "docker", "yes", "fail", "printed more than", "");
    laptop_says(lab, "kind", "echo 'kind v0.17.0 go1.19 linux/amd64'", "fail", "expected v0.20", "kind.sigs.k8s.io");
    laptop_says(lab, "kind", "kill -9 $$", "fail", "killed by signal 9", "");
    laptop_says(lab, "kubectl", "echo nonsense", "fail", "nonsense", "dl.k8s.io");
    laptop_says(lab, "kubectl", "echo '{\"clientVersion\":{\"gitVersion\":\"v1.34.1\"}}'; echo noise >/dev/null", "ok", "v1.34.1", "");
    fake_programs(lab);
    fake_program(lab, "docker", "case $1 in version) echo fine ;; image) echo 'No such image' >&2; exit 1 ;; esac");
    page = see_doctor(lab, NULL, "--laptop-only", "--image", "mine:1", NO_MORE);
    says_now(lab, page, "warn", "image built", "docker has no mine:1", "make image IMAGE=mine:1");
    json_decref(page);
    /* nothing at all is there; but valgrind has to be, where it starts the doctor */
    if (getenv("LAB_SLOW"))
        return;
    setenv("PATH", lab_path(lab, "nothing"), 1);
    page = see_doctor(lab, NULL, "--laptop-only", NO_MORE);
    says_now(lab, page, "warn", "docker", "not installed (not needed on the simulator)", "docker");
    says_now(lab, page, "warn", "kind", "not installed (not needed on the simulator)", "kind");
    says_now(lab, page, "fail", "kubectl", "not installed", "kubectl");
    says_now(lab, page, "fail", "compiler", "no cc in PATH", "make deps");
    json_decref(page);
}

static void kubectl_and_the_server(struct lab *lab)
{
    json_t *page;

    doctor_open(lab);
    use_nodes(lab, 1);
    fake_program(lab, "kubectl", "echo '{\"clientVersion\":{\"gitVersion\":\"v1.30.0\"}}'");
    page = see_doctor(lab, NULL, NO_MORE);
    says_now(lab, page, "warn", "kubectl", "v1.30.0 is more than one minor version away from the server's v1.", "dl.k8s.io/release/v1.");
    json_decref(page);
}

static void wrong_words_are_usage(struct lab *lab)
{
    static const struct {
        const char *flag, *value, *said;
    } cases[] = {{"--nonsense", NULL, "doctor: --nonsense: unknown flag (see --help)\n"},
                 {"--image", "a b", "doctor: --image: expected an image, [REGISTRY/]NAME[:TAG], got 'a b'\n"},
                 {"--format", "xml", "doctor: --format: expected text or json, got 'xml'\n"},
                 {"--namespace", "A", NULL},
                 {"--scheduler-name", "", NULL},
                 {"word", NULL, "doctor: word: expected nothing behind the flags (see --help)\n"},
                 {"--image", NULL, "doctor: --image: expected a value (see --help)\n"}};
    struct process process;

    for (size_t i = 0; i < LENGTH(cases); i++) {
        const char *argv[] = {textf("%s/doctor", lab->bin), cases[i].flag, cases[i].value, NULL};

        process_start(&process, lab->folder, "doctor", argv, -1);
        wait_for_exit(&process, 2);
        REQUIRE(process_lines(process.err) == 1 && process_lines(process.out) == 0, "%s: %s", cases[i].flag, process_text(process.err));
        if (cases[i].said)
            REQUIRE(!strcmp(process_text(process.err), cases[i].said), "%s", process_text(process.err));
    }
}

int main(void)
{
    static const struct lab_case cases[] = {
        {"a lab that is ready", a_lab_that_is_ready, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
        {"each missing rule is named", each_missing_rule_is_named, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
        {"names that nobody serves", names_that_nobody_serves, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
        {"who is served is seen", who_is_served_is_seen, EACH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
        {"pods that do not start", pods_that_do_not_start, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
        {"pods that do not end", pods_that_do_not_end, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
        {"nodes that take nothing", nodes_that_take_nothing, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
        {"two schedulers of one name", two_schedulers_of_one_name, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
        {"a deployment that cannot work", a_deployment_that_cannot_work, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
        {"a mend mends", a_mend_mends, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
        {"a way that does not lead there", a_way_that_does_not_lead_there, WATCH, STARTS_NO_SERVER | NEEDS_SIMULATOR},
        {"TLS that is not trusted", tls_that_is_not_trusted, WATCH, STARTS_NO_SERVER | NEEDS_SIMULATOR},
        {"no word of a token", no_word_of_a_token, WATCH, STARTS_NO_SERVER | NEEDS_SIMULATOR},
        {"nothing is changed", nothing_is_changed, WATCH, STARTS_NO_SERVER | NEEDS_SIMULATOR},
        {"programs that do not do", programs_that_do_not_do, WATCH, STARTS_NO_SERVER | NEEDS_SIMULATOR},
        {"kubectl and the server", kubectl_and_the_server, WATCH, STARTS_NO_SERVER | NEEDS_OWN_NODES},
        {"wrong words are usage", wrong_words_are_usage, WATCH, STARTS_NO_SERVER | NEEDS_SIMULATOR},
    };

    return lab_main("doctor", cases, LENGTH(cases));
}
