/*
 * compare.c: compare tells the truth about our schedulers, and about schedulers with a fault of their own: INVALID with the reason, never a
 * pretty number.
 */
#define _XOPEN_SOURCE 700 /* realpath */

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "compare/observer.h"
#include "compare/results_summary.h"
#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/fake.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define ARGUMENTS_MAX 48
#define TURNS 5

static char self[4096];

static const char *out_of(const struct lab *lab)
{
    return lab_path(lab, "out");
}

/* starts compare on the case's server; arguments up to NULL */
static void start_compare(struct lab *lab, struct process *compare, const char *const *arguments)
{
    const char *argv[ARGUMENTS_MAX] = {textf("%s/compare", lab->bin), "--kubeconfig", lab->admin, "--out", out_of(lab)};
    size_t n = 5;

    for (; *arguments; arguments++)
        argv[n++] = *arguments;
    REQUIRE(n < ARGUMENTS_MAX, "too many arguments");
    process_start(compare, lab->folder, "compare", argv, -1);
}

/* waits for it, and reads what it found; freed with results_free() */
static struct results *results_of(struct lab *lab, struct process *compare)
{
    struct error err = ERROR_INIT;
    struct results *results;

    REQUIRE(process_ends(compare, 120000), "compare does not end");
    REQUIRE(compare->exit_code == 0 || compare->exit_code == 1, "compare ended with %d", compare->exit_code);
    results = results_read_json(textf("%s/results.json", out_of(lab)), &err);
    REQUIRE(results, "%s", err.text);
    return results;
}

static bool fell_behind(const struct results_contestant *c)
{
    for (size_t i = 0; i < c->run_count; i++)
        if (!c->runs[i].valid && !strncmp(c->runs[i].reason, "the observer fell behind", 24))
            return true;
    return false;
}

/* whether the machine did not let it measure: that is no fault of compare's, which says so */
static bool was_not_let_run(const struct results *results)
{
    for (size_t i = 0; i < results->contestant_count; i++)
        if (fell_behind(&results->contestants[i]))
            return true;
    for (size_t i = 0; i < results->sweep_count; i++)
        if (fell_behind(&results->sweep[i]))
            return true;
    return false;
}

/* at first, and after a comparison that the machine did not let measure, which is freed; TURNS times at most */
static bool once_more(struct results **results, int *turn)
{
    if (*results && (*turn == TURNS || !was_not_let_run(*results)))
        return false;
    results_free(*results);
    *results = NULL;
    ++*turn;
    return true;
}

/* from its start to its end */
static struct results *compare(struct lab *lab, struct process *process, int exit_code, const char *const *arguments)
{
    struct results *results = NULL;
    int turn = 0;

    while (once_more(&results, &turn)) {
        start_compare(lab, process, arguments);
        results = results_of(lab, process);
    }
    REQUIRE(process->exit_code == exit_code, "compare ended with %d", process->exit_code);
    return results;
}

#define COMPARE(lab, exit_code, ...) compare(lab, &(struct process){.pid = 0}, exit_code, (const char *const[]){__VA_ARGS__, NULL})

/* pods of compare's schedulers, in whatever namespace; *bound of them have a node */
static size_t count_pods(struct lab *lab, size_t *bound)
{
    json_t *pods = list_items(lab, "/api/v1/pods"), *pod;
    size_t i, count = 0;

    *bound = 0;
    json_array_foreach(pods, i, pod) if (!strncmp(member(pod, "spec.schedulerName"), "compare-", 8))
    {
        count++;
        *bound += *member(pod, "spec.nodeName") != '\0';
    }
    json_decref(pods);
    return count;
}

static void no_pod_is_left(struct lab *lab)
{
    size_t bound, left = count_pods(lab, &bound);

    REQUIRE(left == 0, "%zu pods are left", left);
}

static size_t bound_pods(struct lab *lab)
{
    size_t bound;

    count_pods(lab, &bound);
    return bound;
}

/* ---- our own ---- */

static double mean_ms(const struct results_contestant *c, enum results_part part)
{
    struct error err = ERROR_INIT;
    struct results_latency latency;

    REQUIRE(results_latency(c, part, &latency, &err) == 0 && latency.all.count == results_total(c).pods,
            "part %d of %s: %zu samples of %zu", part, c->name, latency.all.count, results_total(c).pods);
    return latency.all.mean / 1e3;
}

static void polling_is_as_theory_says(const struct results_contestant *c)
{
    struct error err = ERROR_INIT;
    struct results_theory theory;

    REQUIRE(results_theory(c, &theory, &err) == 0 && theory.service_us > 0, "no service time");
    REQUIRE(fabs(mean_ms(c, PART_WHOLE) - theory.mean_us / 1e3) < theory.mean_us / 1e4, "%g s: mean %.1f ms, theory %.1f ms", c->interval_s,
            mean_ms(c, PART_WHOLE), theory.mean_us / 1e3);
}

static void same_arrivals(const struct results *results)
{
    const struct results_contestant *a = &results->contestants[0], *b = &results->contestants[1];

    for (size_t run = 0; run < a->run_count; run++)
        for (size_t i = 0; i < results->options.pods; i++)
            REQUIRE(a->runs[run].pods[i].arrival_us == b->runs[run].pods[i].arrival_us, "run %zu, pod %zu arrives at another time", run, i);
}

static void counts_are_right(const struct results_contestant *c, double interval_s)
{
    struct results_total total = results_total(c);
    const struct results_span *busy = &total.phase[RESULTS_BUSY], *idle = &total.phase[RESULTS_IDLE];
    int64_t polls = interval_s > 0 ? (int64_t)floor((double)idle->duration_us / 1e6 / interval_s + 0.5) : 0;

    REQUIRE(busy->server_measured && busy->server.count[LOAD_BIND] == (int64_t)total.pods, "%s: %lld binds of %zu pods", c->name,
            (long long)busy->server.count[LOAD_BIND], total.pods);
    REQUIRE(busy->client.requests > 0 && busy->client.bytes_in > 0 && busy->client.bytes_out > 0, "%s: its own counters are missing",
            c->name);
    REQUIRE(llabs(load_sum(&idle->server) - polls) <= 1, "%s: %lld requests while idle, %lld are due", c->name,
            (long long)load_sum(&idle->server), (long long)polls);
    REQUIRE(busy->cpu_us > 0 && total.peak_bytes > 0 && total.ready_us > 0, "%s: figures of the process are missing", c->name);
    if (interval_s > 0)
        REQUIRE(load_watches(&total.phase[RESULTS_STARTUP].server) == 0 && busy->server.count[LOAD_PODS_LIST] > 0, "polling does not list");
    else
        REQUIRE(total.phase[RESULTS_STARTUP].server.count[LOAD_PODS_WATCH] == (int64_t)total.runs &&
                    busy->server.count[LOAD_PODS_LIST] == 0,
                "watch does not watch");
}

static void both_are_measured(struct lab *lab)
{
    struct results *results;
    const struct results_contestant *polling, *watch;

    if (!lab_measures())
        return;
    results = COMPARE(lab, 0, "--nodes", "3", "--pods", "30", "--rate", "10", "--interval", "0.5", "--idle", "3", "--repeat", "2",
                      "--sweep", "0.25,1");
    polling = &results->contestants[0];
    watch = &results->contestants[1];
    REQUIRE(results->environment.nodes >= 3 && results->environment.server_version, "the environment is not known");
    same_arrivals(results);
    /* a run that is taken again, because the observer was not let run, is a turn more */
    REQUIRE(polling->runs[0].order < watch->runs[0].order && watch->runs[0].order < watch->runs[1].order &&
                watch->runs[1].order < polling->runs[1].order,
            "the order does not alternate");
    counts_are_right(polling, 0.5);
    counts_are_right(watch, 0);
    polling_is_as_theory_says(polling);
    REQUIRE(results->sweep_count == 2, "no sweep");
    polling_is_as_theory_says(&results->sweep[0]);
    polling_is_as_theory_says(&results->sweep[1]);
    REQUIRE(fabs(mean_ms(watch, PART_WAIT) + mean_ms(watch, PART_DECIDE) + mean_ms(watch, PART_BIND) - mean_ms(watch, PART_WHOLE)) < 0.01,
            "the parts are not the whole");
    REQUIRE(strstr(results->sentence, "As the interval of polling shrank from 1 s to 0.25 s its mean latency fell"), "it says: %s",
            results->sentence);
    results_free(results);
    no_pod_is_left(lab);
}

static void at_once(struct lab *lab)
{
    struct results *results =
        COMPARE(lab, 0, "--nodes", "3", "--pods", "20", "--rate", "20", "--interval", "0.5", "--idle", "1", "--together");

    for (size_t i = 0; i < 2; i++) {
        const struct results_contestant *c = &results->contestants[i];

        REQUIRE(results_samples(c, PART_WHOLE, NULL) == 20, "%s: not all pods were measured", c->name);
        REQUIRE(!c->runs[0].phase[RESULTS_BUSY].server_measured, "%s: the server's counters are said to be its own", c->name);
        REQUIRE(c->runs[0].phase[RESULTS_BUSY].client.requests >= 20, "%s: its own counters are missing", c->name);
    }
    same_arrivals(results);
    results_free(results);
    no_pod_is_left(lab);
}

static void recorded_arrivals(struct lab *lab)
{
    const char *file = lab_write(lab, "arrivals", "# s\n0.1\n0.1,web\n0.35\n");
    struct results *results = COMPARE(lab, 0, "--nodes", "2", "--workload", textf("file=%s", file), "--interval", "0.2", "--idle", "0",
                                      "--contestant", textf("fake=%s", fake_command(self, "honest", lab->folder)));
    const struct results_run *run = &results->contestants[0].runs[0];

    REQUIRE(results->contestant_count == 1 && run->pod_count == 3, "%zu contestants", results->contestant_count);
    REQUIRE(run->pods[0].arrival_us == 100000 && run->pods[1].arrival_us == 100000 && run->pods[2].arrival_us == 350000,
            "the arrivals are not those of the file");
    /* it says nothing of itself: that is not measured, and not zero */
    REQUIRE(run->phase[RESULTS_BUSY].client.requests == -1 && run->pods[0].seen_us == NOT_MEASURED, "it is said to have spoken");
    REQUIRE(run->phase[RESULTS_BUSY].server_measured && run->phase[RESULTS_IDLE].duration_us == -1, "phases");
    results_free(results);
}

/* ---- schedulers with a fault ---- */

static const struct fault {
    const char *mode, *reason, *patience;
} faults[] = {
    {"twice", "it bound twice: ", "15"},
    {"loses", "1 of 6 pods stayed unbound, the first is fake-", "4"},
    {"never", "it did not bind a first pod (still running)", "1"},
    {"crashes", "it ended by itself (signal 6)", "15"},
    {"ends", "it ended by itself (exit code 0)", "15"},
    {"stays", "it did not end within 5 s of TERM", "15"},
    {"lies", "the counters do not agree: while ", "15"},
    {"recreates", "-3 ", "15"},
};

static void fails(struct lab *lab, const struct fault *fault)
{
    const char *fake = textf("fake=%s", fake_command(self, fault->mode, lab->folder));
    struct process process;
    const struct results_run *run;
    struct results *results;

    results = compare(lab, &process, 1,
                      (const char *const[]){"--nodes", "2", "--pods", "6", "--rate", "10", "--interval", "0.2", "--idle", "1", "--patience",
                                            fault->patience, "--contestant", fake, NULL});
    run = &results->contestants[0].runs[0];
    REQUIRE(!run->valid && strstr(run->reason, fault->reason), "%s: the verdict is %s: %s", fault->mode, run->valid ? "VALID" : "INVALID",
            run->reason);
    REQUIRE(process_says(process.out, textf("INVALID: fake, run 1: %s", run->reason)), "the reason is not shown");
    REQUIRE(process_says(process.out, "Nothing is concluded"), "something is concluded");
    results_free(results);
    no_pod_is_left(lab);
}

static void twice(struct lab *lab)
{
    fails(lab, &faults[0]);
}

static void loses(struct lab *lab)
{
    fails(lab, &faults[1]);
}

static void never(struct lab *lab)
{
    fails(lab, &faults[2]);
}

static void crashes(struct lab *lab)
{
    fails(lab, &faults[3]);
}

static void ends(struct lab *lab)
{
    fails(lab, &faults[4]);
}

static void stays(struct lab *lab)
{
    fails(lab, &faults[5]);
}

static void lies(struct lab *lab)
{
    fails(lab, &faults[6]);
}

static void recreates(struct lab *lab)
{
    fails(lab, &faults[7]);
}

/* where kubelets live, which ask about the same pods, the server's count is not the scheduler's: nothing is made of it, one way or the other */
static void beside_kubelets(struct lab *lab)
{
    const char *leases = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases";
    const struct results_run *run;
    struct results *results;
    struct process process;

    json_decref(api(lab, "POST", leases,
                    json_of("{'apiVersion':'coordination.k8s.io/v1','kind':'Lease','metadata':{'name':'%s'},"
                            "'spec':{'holderIdentity':'%s','leaseDurationSeconds':40}}",
                            lab->id, lab->id)));
    results = compare(lab, &process, 0,
                      (const char *const[]){"--nodes", "2", "--pods", "6", "--rate", "10", "--interval", "0.2", "--idle", "1",
                                            "--contestant", textf("fake=%s", fake_command(self, "lies", lab->folder)), NULL});
    json_decref(api(lab, "DELETE", textf("%s/%s", leases, lab->id), NULL));
    run = &results->contestants[0].runs[0];
    REQUIRE(results->environment.kubelets && run->valid, "INVALID: %s", run->reason);
    REQUIRE(!run->phase[RESULTS_BUSY].server_measured && run->phase[RESULTS_BUSY].client.requests >= 0, "the server's count is shown");
    REQUIRE(process_says(process.out, "kubelets ask this API server too"), "it does not say why");
    results_free(results);
}

/* one that fails takes nothing from the other */
static void other_is_still_measured(struct lab *lab)
{
    struct results *results = COMPARE(lab, 1, "--nodes", "2", "--pods", "6", "--rate", "10", "--interval", "0.2", "--idle", "0",
                                      "--together", "--contestant", textf("bad=%s", fake_command(self, "crashes", lab->folder)),
                                      "--contestant", textf("good=%s", fake_command(self, "honest", lab->folder)));

    REQUIRE(!results->contestants[0].runs[0].valid && results->contestants[1].runs[0].valid, "the wrong one is INVALID: %s",
            results->contestants[1].runs[0].reason);
    REQUIRE(results_samples(&results->contestants[1], PART_WHOLE, NULL) == 6, "not all pods of the good one were measured");
    results_free(results);
}

static bool is_there(const struct lab *lab, const char *file)
{
    return access(lab_path(lab, file), F_OK) == 0;
}

static void take_off(const struct lab *lab, const char *file)
{
    unlink(lab_path(lab, file));
}

/* compare is stopped while its pods are bound, so it times all of them a second late */
static void stop_for_a_second(struct lab *lab, struct process *process)
{
    const struct timespec second = {1, 200000000};

    WAIT_UNTIL(is_there(lab, "all-there"), "the pods do not come");
    process_signal(process, SIGSTOP);
    take_off(lab, "all-bound");
    lab_write(lab, "go", "");
    WAIT_UNTIL(is_there(lab, "all-bound"), "the pods are not bound");
    nanosleep(&second, NULL); /* that is the lateness */
    take_off(lab, "go");
    take_off(lab, "all-there");
    process_signal(process, SIGCONT);
}

/* it takes such a run again, but in the end it is INVALID */
static void slow_observer(struct lab *lab)
{
    const char *fake = textf("fake=%s", fake_command(self, "waits", lab->folder));
    const struct results_run *run;
    struct results *results;
    struct process process;

    start_compare(lab, &process,
                  (const char *const[]){"--nodes", "2", "--pods", "20", "--workload", "burst", "--interval", "0.2", "--idle", "0",
                                        "--contestant", fake, NULL});
    for (int attempt = 0; attempt < 3; attempt++)
        stop_for_a_second(lab, &process);
    results = results_of(lab, &process);
    REQUIRE(process.exit_code == 1, "compare ended with %d", process.exit_code);
    run = &results->contestants[0].runs[0];
    REQUIRE(results->contestants[0].run_count == 1 && run->attempts == 3, "%lld attempts", (long long)run->attempts);
    REQUIRE(!run->valid && strstr(run->reason, "the observer fell behind: the latency of 20 of 20 pods may be wrong"), "it says: %s",
            run->reason);
    REQUIRE(run->observer.worst_delay_us > 1000000, "the worst delay is said to be %lld us", (long long)run->observer.worst_delay_us);
    results_free(results);
}

static struct results *slow_the_first_time(struct lab *lab, struct process *process)
{
    const char *fake = textf("fake=%s", fake_command(self, "waits", lab->folder));

    take_off(lab, "go");
    take_off(lab, "all-there");
    start_compare(lab, process,
                  (const char *const[]){"--nodes", "2", "--pods", "20", "--workload", "burst", "--interval", "0.2", "--idle", "0",
                                        "--contestant", fake, NULL});
    stop_for_a_second(lab, process);
    WAIT_UNTIL(is_there(lab, "all-there"), "the run is not taken again");
    lab_write(lab, "go", "");
    return results_of(lab, process);
}

static void slow_once(struct lab *lab)
{
    struct results *results = NULL;
    struct process process;
    int turn = 0;

    while (once_more(&results, &turn))
        results = slow_the_first_time(lab, &process);
    REQUIRE(process.exit_code == 0, "compare ended with %d", process.exit_code);
    REQUIRE(results->contestants[0].run_count == 1 && results->contestants[0].runs[0].attempts > 1, "it was not taken again");
    results_free(results);
}

/* ---- a clock that steps ---- */

static int64_t stepped_us;

static int64_t real_monotonic_us(const struct clock *clock)
{
    (void)clock;
    return clock_system()->monotonic_us(clock_system());
}

static int64_t stepping_wall_us(const struct clock *clock)
{
    (void)clock;
    return clock_system()->wall_us(clock_system()) + __atomic_load_n(&stepped_us, __ATOMIC_SEQ_CST);
}

static void stepped_clock(struct lab *lab)
{
    const struct clock clock = {NULL, real_monotonic_us, stepping_wall_us};
    struct error err = ERROR_INIT;
    struct observation *seen;
    struct observer *observer;

    observer = observer_open_with_clock(lab->admin, lab->id, "p-", 2, &clock, &err);
    REQUIRE(observer, "%s", err.text);
    make_pod(lab, "p-0", NULL);
    REQUIRE(observer_wait(observer, OBSERVER_ADDED, 1, DEADLINE_MS), "p-0 is not seen");
    __atomic_store_n(&stepped_us, -3000000, __ATOMIC_SEQ_CST);
    make_pod(lab, "p-1", NULL);
    REQUIRE(observer_wait(observer, OBSERVER_ADDED, 2, DEADLINE_MS), "p-1 is not seen");
    seen = observer_finish(observer, &err);
    REQUIRE(seen, "%s", err.text);
    REQUIRE(llabs(seen->clock_step_us + 3000000) < 100000, "the clock is said to have stepped by %lld us", (long long)seen->clock_step_us);
    observation_free(seen);
    observer_close(observer);
}

/* ---- by hand ---- */

static void its_own_simulator(struct lab *lab)
{
    const char *const argv[] = {
        textf("%s/compare", lab->bin), "--pods", "5", "--rate", "10", "--interval", "0.2", "--idle", "1", "--out", out_of(lab), NULL};
    struct results *results = NULL;
    struct process process;
    int turn = 0;

    while (once_more(&results, &turn)) {
        process_start(&process, lab->folder, "compare", argv, -1);
        results = results_of(lab, &process);
    }
    results_free(results);
    REQUIRE(process.exit_code == 0, "compare ended with %d", process.exit_code);
    REQUIRE(process_says(process.out, "trickle of 5 pods at 10 a second, 1 run, seed 1; polling every 0.2 s; on simulator with 4 nodes"),
            "no heading: %s", process_text(process.out));
    REQUIRE(process_says(process.out, textf("report: %s/", out_of(lab))), "the report's path is not said");
}

static void usage(struct lab *lab)
{
    static const struct {
        const char *flag, *value, *message;
    } wrong[] = {
        {"--pods", "none", "compare: --pods: 'none' is no whole number from 1 to 10000\n"},
        {"--workload", "file=/no/such", "compare: --workload: /no/such: No such file or directory\n"},
        {"--kubeconfig", "/no/such", "/no/such"},
        {"--contestant", "x=/no/such/program", "compare: x: /no/such/program: No such file or directory\n"},
        {"--out", "/dev/null/x", "compare: --out: /dev/null/x: Not a directory\n"},
    };

    for (size_t i = 0; i < LENGTH(wrong); i++) {
        const char *const argv[] = {textf("%s/compare", lab->bin), "--out", out_of(lab), wrong[i].flag, wrong[i].value, NULL};
        struct process process;

        process_start(&process, lab->folder, "compare", argv, -1);
        wait_for_exit(&process, 2);
        REQUIRE(process_says(process.err, wrong[i].message), "%s: %s", wrong[i].flag, process_text(process.err));
        REQUIRE(process_lines(process.out) == 0, "%s: something on stdout", wrong[i].flag);
    }
}

static void interrupted(struct lab *lab)
{
    struct process process;

    start_compare(lab, &process, (const char *const[]){"--nodes", "2", "--pods", "1000", "--rate", "5", NULL});
    WAIT_UNTIL(bound_pods(lab) > 2, "nothing is bound");
    process_signal(&process, SIGINT);
    wait_for_exit(&process, 1);
    REQUIRE(process_says(process.err, "compare: interrupted"), "it says: %s", process_text(process.err));
    no_pod_is_left(lab);
}

int main(int argc, char **argv)
{
    /* NEEDS_OWN_NODES: on a living cluster others bind, ask and delete */
    static const struct lab_case cases[] = {
        {"both are measured, alone, twice and at other intervals", both_are_measured, WATCH, NEEDS_OWN_NODES},
        {"both at once", at_once, WATCH, NEEDS_OWN_NODES},
        {"recorded arrivals", recorded_arrivals, WATCH, NEEDS_OWN_NODES},
        {"a scheduler that binds twice", twice, WATCH, NEEDS_OWN_NODES},
        {"a scheduler that loses a pod", loses, WATCH, NEEDS_OWN_NODES},
        {"a scheduler that never binds", never, WATCH, NEEDS_OWN_NODES},
        {"a scheduler that crashes", crashes, WATCH, NEEDS_OWN_NODES},
        {"a scheduler that ends", ends, WATCH, NEEDS_OWN_NODES},
        {"a scheduler that does not end", stays, WATCH, NEEDS_OWN_NODES},
        {"a scheduler whose counter lies", lies, WATCH, NEEDS_OWN_NODES},
        {"a cluster with kubelets", beside_kubelets, WATCH, NEEDS_OWN_NODES},
        {"a scheduler that makes a pod anew", recreates, WATCH, NEEDS_OWN_NODES},
        {"one that fails takes nothing from the other", other_is_still_measured, WATCH, NEEDS_OWN_NODES},
        {"an observer that falls behind", slow_observer, WATCH, NEEDS_OWN_NODES},
        {"an observer that falls behind once", slow_once, WATCH, NEEDS_OWN_NODES},
        {"a clock that steps", stepped_clock, WATCH, NEEDS_OWN_NODES},
        {"a simulator of its own", its_own_simulator, WATCH, STARTS_NO_SERVER | NEEDS_SIMULATOR},
        {"usage", usage, WATCH, STARTS_NO_SERVER | NEEDS_SIMULATOR},
        {"interrupted it leaves nothing behind", interrupted, WATCH, NEEDS_OWN_NODES},
    };
    int code;

    if (fake_scheduler(argc, argv, &code))
        return code;
    if (!realpath(argv[0], self))
        return 1;
    return lab_main("compare", cases, LENGTH(cases));
}
