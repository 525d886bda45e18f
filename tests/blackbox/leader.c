/*
 * leader.c: --leader-elect with two replicas of each scheduler, both schedulers at the same time: the leader is killed while pods arrive, and the other one takes
 * over once the lease has run out, and not before; a leader that is told to stop gives the lease up at once. No pod is bound twice.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/kube/elector.h"
#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/pages.h"
#include "tests/blackbox/support/requests.h"
#include "tests/blackbox/support/rights.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

/* a replica that waits looks at the lease every 2 to 4.4 s: it may see the last renewal one look late, and its end another */
#define LOOK_MS (ELECTOR_RETRY_S * 2200)
#define TAKEOVER_MS (ELECTOR_LEASE_S * 1000 + 2 * LOOK_MS)
/* a busy machine is late */
#define LATE_MS 5000

#define PODS 40 /* the leader is killed in the middle of them */

/* the replicas of one scheduler */
struct team {
    struct lab lab; /* the case's, but that its program is this team's */
    char name[64];  /* of the scheduler */
    struct process a, b, c;
    const char *port; /* of b */
};

/* ---- pods ---- */

static const char *pod_of(const struct team *team, int number)
{
    return textf("%s-%d", team->lab.program, number);
}

static void make_numbered(struct team *team, int number)
{
    make_pod(&team->lab, pod_of(team, number), textf("{'spec':{'schedulerName':'%s'}}", team->name));
}

static bool all_bound(struct team *team, int from, int to)
{
    for (int i = from; i < to; i++)
        if (!*node_of(&team->lab, pod_of(team, i)))
            return false;
    return true;
}

/* ---- the lease ---- */

static json_t *lease_of(struct team *team)
{
    json_t *lease = NULL;

    if (api_try(&team->lab, "GET", textf("/apis/coordination.k8s.io/v1/namespaces/%s/leases/%s", team->lab.id, team->name), NULL, &lease) ==
        200)
        return lease;
    json_decref(lease);
    return json_object();
}

static const char *lease_text(struct team *team, const char *key)
{
    json_t *lease = lease_of(team);
    const char *text = textf("%s", member(lease, textf("spec.%s", key)));

    json_decref(lease);
    return text;
}

static int64_t lease_time_us(struct team *team, const char *key)
{
    const char *text = lease_text(team, key);
    int64_t us = 0;

    REQUIRE(clock_parse_rfc3339(text, &us) == 0, "%s: %s is \"%s\"", team->name, key, text);
    return us;
}

/* ---- replicas ---- */

static void start(struct team *team, struct process *process, const char *name, const char *port)
{
    const char *const arguments[] = {"--scheduler-name",
                                     team->name,
                                     "--leader-elect",
                                     "--leader-elect-resource-namespace",
                                     team->lab.id,
                                     port ? "--metrics-port" : NULL,
                                     port,
                                     NULL};

    scheduler_start_as(&team->lab, process, team->lab.program, textf("%s-%s", team->lab.program, name), -1, arguments);
}

/* with the rights that they have in the cluster; on a living one the case gives none away */
static void begin(struct team *team, const struct lab *lab, const char *program)
{
    static const char *const files[] = {"rbac.yaml", NULL};

    team->lab = *lab;
    team->lab.program = program;
    snprintf(team->name, sizeof team->name, "%s-%s", lab->id, program);
    if (lab->server != CLUSTER) {
        rights_give(&team->lab, files, team->name, NULL);
        snprintf(team->lab.kubeconfig, sizeof team->lab.kubeconfig, "%s", lab_path(lab, textf("%s.kubeconfig", team->name)));
    }
    team->port = textf("%d", free_port());
    start(team, &team->a, "a", NULL);
    wait_for_line(&team->a, team->a.err, " leads\n");
    start(team, &team->b, "b", team->port);
    wait_for_line(&team->b, team->b.err, " leads, waiting for its lease to end\n");
    REQUIRE(strstr(process_text(team->b.err), textf(": %s leads, waiting", lease_text(team, "holderIdentity"))), "b waits for %s",
            process_text(team->b.err));
    REQUIRE(page_status(team->port, "/readyz") == 200, "one that waits is not ready");
}

/* ---- the leader dies ---- */

struct death {
    int64_t killed_us, renewed_us; /* wall: when, and its last renewal */
};

static struct death kill_leader(struct team *team)
{
    struct death death;

    process_kill(&team->a);
    death.killed_us = clock_system()->wall_us(clock_system());
    death.renewed_us = lease_time_us(team, "renewTime");
    return death;
}

static void other_took_over(struct team *team, const struct death *death)
{
    int64_t acquired_us, waited_ms, late_ms;

    WAIT_MS(2 * DEADLINE_MS, all_bound(team, 0, PODS), "%s: a pod is not bound", team->name);
    acquired_us = lease_time_us(team, "acquireTime");
    waited_ms = (acquired_us - death->renewed_us) / 1000;
    late_ms = (acquired_us - death->killed_us) / 1000;
    REQUIRE(waited_ms >= ELECTOR_LEASE_S * 1000, "%s: taken %d ms after its last renewal, which is before its end", team->name,
            (int)waited_ms);
    if (lab_measures())
        REQUIRE(late_ms <= TAKEOVER_MS + LATE_MS, "%s: taken %d ms after the leader died", team->name, (int)late_ms);
    REQUIRE(process_says(team->b.err, " leads\n"), "%s: b does not lead", team->name);
    lines_are_true(&team->lab, &team->a);
    lines_are_true(&team->lab, &team->b);
    WAIT_UNTIL(page_status(team->port, "/readyz") == 200, "the new leader is not ready");
}

/* ---- the leader is told to stop ---- */

static void lease_is_given_up(struct team *team)
{
    int64_t stopped_us;

    start(team, &team->c, "c", NULL);
    wait_for_line(&team->c, team->c.err, " leads, waiting for its lease to end\n");
    process_stop(&team->b);
    stopped_us = clock_system()->wall_us(clock_system());
    make_numbered(team, PODS);
    wait_for_line(&team->c, team->c.err, " leads\n");
    if (lab_measures())
        REQUIRE(lease_time_us(team, "acquireTime") <= stopped_us + (LOOK_MS + LATE_MS) * INT64_C(1000),
                "%s: %d ms from the end of the leader to the next", team->name,
                (int)((lease_time_us(team, "acquireTime") - stopped_us) / 1000));
    WAIT_UNTIL(all_bound(team, PODS, PODS + 1), "%s: the third replica binds nothing", team->name);
    process_stop(&team->c);
    REQUIRE(!*lease_text(team, "holderIdentity"), "%s: nobody runs, and the lease is %s's", team->name, lease_text(team, "holderIdentity"));
}

static void nothing_is_bound_twice(struct team *team)
{
    for (int i = 0; i <= PODS; i++) {
        long bindings = bindings_of(&team->lab, pod_of(team, i));

        REQUIRE(bindings == 1, "%s was bound %ld times", pod_of(team, i), bindings);
    }
}

static void leader_is_killed(struct lab *lab)
{
    static const char *const arguments[] = {"--rbac", NULL};
    static struct team teams[2];
    struct death deaths[2];

    server_open_with(lab, lab->server == SIMULATOR ? arguments : NULL);
    use_nodes(lab, 2);
    begin(&teams[0], lab, "polling");
    begin(&teams[1], lab, "watch");
    for (int i = 0; i < PODS; i++)
        for (int t = 0; t < 2; t++) {
            if (i == PODS / 2)
                deaths[t] = kill_leader(&teams[t]);
            make_numbered(&teams[t], i);
        }
    for (int t = 0; t < 2; t++)
        other_took_over(&teams[t], &deaths[t]);
    for (int t = 0; t < 2; t++)
        lease_is_given_up(&teams[t]);
    if (bindings_are_known(lab))
        for (int t = 0; t < 2; t++)
            nothing_is_bound_twice(&teams[t]);
}

int main(void)
{
    static const struct lab_case cases[] = {
        {"the leader is killed while pods arrive, the next one is told to stop", leader_is_killed, WATCH, STARTS_NO_SERVER},
    };

    return lab_main("leader", cases, sizeof cases / sizeof *cases);
}
