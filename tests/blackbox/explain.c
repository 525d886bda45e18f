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

/* what explain prints as JSON, with these arguments; a new reference */
static json_t *explain(struct lab *lab, const char *name, const char *flag, const char *value)
{
    const char *const argv[] = {textf("%s/explain", lab->bin), flag, value, "--scheduler-name", lab->id, "--format", "json", NULL};
    struct process process;
    json_t *said;

    process_start(&process, lab->folder, name, argv, -1);
    wait_for_exit(&process, 0);
    REQUIRE(process_lines(process.err) == 0, "explain says: %s", process_text(process.err));
    said = json_loads(process_text(process.out), JSON_REJECT_DUPLICATES, NULL);
    REQUIRE(said, "no JSON: %s", process_text(process.out));
    return said;
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

int main(void)
{
    static const struct lab_case cases[] = {
        {"a scheduler does what explain says", scheduler_does_what_explain_says, EACH, NEEDS_OWN_NODES},
        {"a saved state says the same", saved_state_says_the_same, POLLING, NEEDS_OWN_NODES},
        {"explain lists twice and does nothing else", two_lists_and_nothing_else, POLLING, NEEDS_SIMULATOR},
    };

    return lab_main("explain", cases, LENGTH(cases));
}
