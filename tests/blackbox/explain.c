/*
 * explain.c: explain on a living server says what a scheduler then does, and a saved state says the same; it lists twice and writes nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/requests.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define PODS 12

/* what explain prints as JSON, with these arguments and up to two more (NULL: none); a new reference */
static json_t *explain_with(struct lab *lab, const char *name, const char *flag, const char *value, const char *more, const char *last)
{
    const char *const argv[] = {
        textf("%s/explain", lab->bin), flag, value, "--scheduler-name", lab->id, "--format", "json", more, last, NULL};
    struct process process;
    json_t *said;

    process_start(&process, lab->folder, name, argv, -1);
    wait_for_exit(&process, 0);
    REQUIRE(process_lines(process.err) == 0, "explain says: %s", process_text(process.err));
    said = json_loads(process_text(process.out), JSON_REJECT_DUPLICATES, NULL);
    REQUIRE(said, "no JSON: %s", process_text(process.out));
    return said;
}

static json_t *explain(struct lab *lab, const char *name, const char *flag, const char *value)
{
    return explain_with(lab, name, flag, value, NULL, NULL);
}

static const json_t *decision_of(struct lab *lab, const json_t *said, const char *pod)
{
    const json_t *decision;
    size_t i;

    json_array_foreach(json_object_get(said, "decisions"), i,
                       decision) if (!strcmp(member(decision, "pod"), textf("%s/%s", lab->id, pod))) return decision;
    REQUIRE(false, "no decision for %s", pod);
    return NULL;
}

static void make_a_mixed_lot(struct lab *lab)
{
    use_nodes(lab, 4);
    change_node(lab, lab->node[1], "{'spec':{'taints':[{'key':'lab/slow','effect':'PreferNoSchedule'}]}}");
    make_pods(lab, "there", 3, textf("{'spec':{'nodeName':'%s'}}", lab->node[0]));
    for (int i = 0; i < PODS; i++)
        make_pod(lab, textf("p%d", i),
                 i % 3 ? NULL : "{'spec':{'containers':[{'name':'c','image':'x','resources':{'requests':{'cpu':'1500m'}}}]}}");
    make_pod(lab, "huge", "{'spec':{'containers':[{'name':'c','image':'x','resources':{'requests':{'cpu':'4000'}}}]}}");
}

static void scheduler_does_what_explain_says(struct lab *lab)
{
    struct process scheduler;
    json_t *said;

    make_a_mixed_lot(lab);
    said = explain(lab, "explain", "--kubeconfig", lab->kubeconfig);
    REQUIRE(count_bound(lab) == 3, "explain has bound pods");
    REQUIRE(json_is_null(json_object_get(decision_of(lab, said, "huge"), "node")), "the huge pod fits");
    scheduler_start(lab, &scheduler, "--once", NULL);
    wait_for_exit(&scheduler, 0);
    for (int i = 0; i < PODS; i++) {
        const char *pod = textf("p%d", i), *node = member(decision_of(lab, said, pod), "node");

        REQUIRE(*node && !strcmp(node_of(lab, pod), node), "%s is on '%s', explain said '%s'", pod, node_of(lab, pod), node);
    }
    REQUIRE(!strcmp(pod_scheduled(lab, "huge"), textf("False|Unschedulable|%s", member(decision_of(lab, said, "huge"), "message"))),
            "the condition is '%s', explain said '%s'", pod_scheduled(lab, "huge"), member(decision_of(lab, said, "huge"), "message"));
    json_decref(said);
}

static void saved_state_says_the_same(struct lab *lab)
{
    json_t *live, *from_files, *list, *items;
    const char *path;
    char *text;

    make_a_mixed_lot(lab);
    live = explain(lab, "live", "--kubeconfig", lab->kubeconfig);
    /* as kubectl writes it: one List, every item with its kind */
    items = list_items(lab, "/api/v1/pods");
    for (size_t i = 0; i < json_array_size(items); i++)
        json_object_set_new(json_array_get(items, i), "kind", json_string("Pod"));
    list = list_items(lab, "/api/v1/nodes");
    for (size_t i = 0; i < json_array_size(list); i++)
        json_object_set_new(json_array_get(list, i), "kind", json_string("Node"));
    json_array_extend(items, list);
    json_decref(list);
    list = json_pack("{s:s, s:s, s:o}", "apiVersion", "v1", "kind", "List", "items", items);
    text = json_dumps(list, JSON_INDENT(4));
    path = lab_write(lab, "state.json", text);
    from_files = explain(lab, "saved", "--state", path);
    REQUIRE(json_equal(live, from_files), "the saved state says something else: %s", lab_path(lab, "saved.out"));
    free(text);
    json_decref(list);
    json_decref(live);
    json_decref(from_files);
}

static void two_lists_and_nothing_else(struct lab *lab)
{
    make_a_mixed_lot(lab);
    json_decref(explain(lab, "explain", "--kubeconfig", lab->kubeconfig));
    REQUIRE(requests_with(lab, NULL) == 2, "%ld requests", requests_with(lab, NULL));
    REQUIRE(requests_with(lab, "\"verb\":\"list\"", "\"resource\":\"nodes\"", NULL) == 1, "not one list of nodes");
    REQUIRE(requests_with(lab, "\"verb\":\"list\"", "\"resource\":\"pods\"", NULL) == 1, "not one list of pods");
}

/* "preempt a node-0, bind b node-1": the plan without the namespace, nodes by their number */
static const char *plan_of(struct lab *lab, const json_t *said)
{
    static const char *const verbs[] = {"preempt", "bind"};
    const char *text = "";
    json_t *step;
    size_t i;

    for (size_t v = 0; v < LENGTH(verbs); v++)
        json_array_foreach(json_object_get(json_object_get(said, "plan"), verbs[v]), i, step)
        {
            const char *pod = strchr(member(step, "pod"), '/'), *node = member(step, "node");
            size_t n = 0;

            while (n < lab->nodes && strcmp(lab->node[n], node) != 0)
                n++;
            REQUIRE(pod && n < lab->nodes, "an odd step: %s on %s", member(step, "pod"), node);
            text = textf("%s%s%s %s %zu", text, *text ? ", " : "", verbs[v], pod + 1, n);
        }
    return text;
}

/* "'nodeName':'n'," or, for one that waits (NULL), nothing */
static const char *placed_on(const char *node)
{
    return node ? textf("'nodeName':'%s',", node) : "";
}

static void make_ranked(struct lab *lab, const char *name, int priority, const char *node)
{
    make_pod(lab, name,
             textf("{'metadata':{'annotations':{'priority':'%d'}},'spec':{%s'schedulerName':'%s'}}", priority, placed_on(node), lab->id));
}

static void tells_the_plan(struct lab *lab)
{
    json_t *said;

    use_nodes(lab, 4);
    change_node(lab, lab->node[3], "{'spec':{'taints':[{'key':'lab/kept','effect':'NoSchedule'}]}}");
    make_ranked(lab, "low", 1, lab->node[0]);
    make_ranked(lab, "high", 50, lab->node[1]);
    make_ranked(lab, "urgent", 100, NULL);
    make_ranked(lab, "mid", 10, NULL);
    make_ranked(lab, "least", 0, NULL);
    make_pod(lab, "half", "{'metadata':{'annotations':{'priority':'200','pod-group':'g','pod-group-size':'2'}}}");
    said = explain_with(lab, "plan", "--kubeconfig", lab->kubeconfig, "--policy", "one-per-node");
    REQUIRE(!strcmp(member(said, "policy"), "one-per-node"), "the policy is '%s'", member(said, "policy"));
    REQUIRE(!strcmp(plan_of(lab, said), "preempt low 0, bind urgent 2, bind mid 0"), "the plan is '%s'", plan_of(lab, said));
    REQUIRE(json_array_size(json_object_get(said, "decisions")) == 4, "not one decision for each waiting pod");
    REQUIRE(!strcmp(member(decision_of(lab, said, "mid"), "node"), lab->node[0]), "mid does not go where low was");
    REQUIRE(json_is_null(json_object_get(decision_of(lab, said, "least"), "node")), "the least has a node");
    REQUIRE(!strcmp(member(decision_of(lab, said, "half"), "message"), "waits for its gang g: 1 of 2 members are there"), "half: '%s'",
            member(decision_of(lab, said, "half"), "message"));
    REQUIRE(count_bound(lab) == 2, "explain has bound or evicted pods");
    json_decref(said);
}

/* a pod that holds host port 8080; of high priority or of none */
static void make_holder(struct lab *lab, const char *name, const char *node, const char *scheduler, bool high)
{
    make_pod(lab, name,
             textf("{'spec':{%s'schedulerName':'%s',%s'containers':[{'name':'c','image':'x','ports':[{'containerPort':8080,"
                   "'hostPort':8080}]}]}}",
                   placed_on(node), scheduler, high ? "'priorityClassName':'system-cluster-critical'," : ""));
}

static void tells_who_is_evicted(struct lab *lab)
{
    static const char fit_error[] = "0/2 nodes are available: 2 node(s) didn't have free ports for the requested pod ports.";
    json_t *said, *nodes;
    const char *message;

    use_nodes(lab, 2);
    make_holder(lab, "others", lab->node[0], "somebody-else", false);
    make_holder(lab, "ours", lab->node[1], lab->id, false);
    make_holder(lab, "urgent", NULL, lab->id, true);
    make_holder(lab, "too-late", NULL, lab->id, false);
    said = explain_with(lab, "off", "--kubeconfig", lab->kubeconfig, NULL, NULL);
    REQUIRE(!json_object_get(said, "plan"), "there is a plan without --preemption");
    REQUIRE(json_is_null(json_object_get(decision_of(lab, said, "urgent"), "node")), "urgent fits without --preemption");
    json_decref(said);
    said = explain_with(lab, "on", "--kubeconfig", lab->kubeconfig, "--preemption", NULL);
    REQUIRE(!strcmp(plan_of(lab, said), "preempt ours 1, bind urgent 1"), "the plan is '%s'", plan_of(lab, said));
    message = member(decision_of(lab, said, "urgent"), "message");
    nodes = list_items(lab, "/api/v1/nodes");
    REQUIRE(json_array_size(nodes) != 2 || !strcmp(message, textf("%s Room is made by evicting %s/ours.", fit_error, lab->id)),
            "urgent: '%s'", message);
    REQUIRE(json_is_null(json_object_get(decision_of(lab, said, "too-late"), "node")), "too-late fits");
    REQUIRE(count_bound(lab) == 2, "explain has bound or evicted pods");
    json_decref(nodes);
    json_decref(said);
}

int main(void)
{
    static const struct lab_case cases[] = {
        {"a scheduler does what explain says", scheduler_does_what_explain_says, EACH, NEEDS_OWN_NODES},
        {"it tells the plan of one-per-node", tells_the_plan, POLLING, NEEDS_OWN_NODES},
        {"it tells who is evicted with --preemption", tells_who_is_evicted, POLLING, NEEDS_OWN_NODES},
        {"a saved state says the same", saved_state_says_the_same, POLLING, NEEDS_OWN_NODES},
        {"explain lists twice and does nothing else", two_lists_and_nothing_else, POLLING, NEEDS_SIMULATOR},
    };

    return lab_main("explain", cases, LENGTH(cases));
}
