/*
 * Preemption as data: each file of tests/unit/preemptions is an array of cases. A case has nodes, the pods on them and the pending pod, as in tests/unit/decisions, and
 * says on which node room is made (null: on none) by which victims, in kube-scheduler's order. error is what policy_fit_error() says with preemption on;
 * may, whether the pod may preempt at all, by default true. What the victims are for is checked beside: without them the pod fits, with any one of them it does not.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/policy/peers.h"
#include "common/policy/preempt.h"
#include "tests/unit/support/decision_case.h"
#include "tests/unit/support/objects.h"

#define FOLDER "tests/unit/preemptions/"

/* ---- what was found ---- */

/* does the pod fit on the node, were the pods of `gone` not there? */
static bool fits_without(const json_t *test, const struct scheduling_policy *policy, const struct pod *pod, const char *name,
                         const json_t *gone)
{
    struct cache *cache = case_cache(test, gone);
    struct error err = ERROR_INIT;
    struct node *const *nodes;
    struct peers *peers;
    size_t count;
    bool fits;

    nodes = cache_nodes(cache, &count);
    ck_assert_int_eq(peers_count(&policy->filters, pod, nodes, count, &peers, &err), 0);
    fits = filter_node(&policy->filters, pod, peers, cache_node(cache, name), NULL, NULL);
    peers_free(peers);
    cache_free(cache);
    return fits;
}

/* those that are waited for go with the victims */
static json_t *leaving(const struct node *node, const struct pod *pod)
{
    json_t *names = json_array();

    for (const struct cached_pod *on = node->pods; on; on = on->next_on_node)
        if (on->pod->deleting && on->pod->priority < pod->priority && strcmp(on->pod->scheduler_name, "ours") == 0)
            json_array_append_new(names, json_sprintf("%s/%s", on->pod->namespace_, on->pod->name));
    return names;
}

/* every victim is one that may go, and is needed */
static void check_victims(const json_t *test, const struct scheduling_policy *policy, const struct pod *pod, const struct preemption *found)
{
    json_t *gone = leaving(found->node, pod), *others;
    const size_t already = json_array_size(gone);

    for (size_t i = 0; i < found->victim_count; i++) {
        const struct pod *victim = found->victims[i]->pod;

        ck_assert_msg(found->victims[i]->node == found->node && victim->priority < pod->priority && !victim->deleting &&
                          !strcmp(victim->scheduler_name, "ours"),
                      "%s: %s may not be evicted", case_at, victim->name);
        json_array_append_new(gone, json_sprintf("%s/%s", victim->namespace_, victim->name));
    }
    ck_assert_msg(fits_without(test, policy, pod, found->node->spec->name, gone), "%s: it does not fit even then", case_at);
    for (size_t i = already; i < json_array_size(gone); i++) {
        others = json_copy(gone);
        json_array_remove(others, i);
        ck_assert_msg(!fits_without(test, policy, pod, found->node->spec->name, others), "%s: %s is evicted for nothing", case_at,
                      json_string_value(json_array_get(gone, i)));
        json_decref(others);
    }
    json_decref(gone);
}

static json_t *names_of(const struct preemption *found)
{
    json_t *names = json_array();

    for (size_t i = 0; i < found->victim_count; i++)
        json_array_append_new(names, json_sprintf("%s/%s", found->victims[i]->pod->namespace_, found->victims[i]->pod->name));
    return names;
}

static void compare(const json_t *test, const struct preemption *found)
{
    const char *node = json_string_value(json_object_get(test, "node")), *got = found->node ? found->node->spec->name : "none";
    json_t *victims = names_of(found);
    char *text = json_dumps(victims, 0);

    ck_assert_msg(strcmp(got, node ? node : "none") == 0 && json_equal(victims, json_object_get(test, "victims")), "%s: %s %s", case_at,
                  got, text);
    free(text);
    json_decref(victims);
}

static void compare_words(const json_t *test, struct scheduling_policy *policy, const struct pod *pod, struct node *const *nodes,
                          size_t count)
{
    const char *error = json_string_value(json_object_get(test, "error"));
    struct error err = ERROR_INIT;
    struct buffer out;

    if (!error)
        return;
    policy->preempts = "ours";
    buffer_init(&out, 65536);
    ck_assert_int_eq(policy_fit_error(policy, pod, nodes, count, &out, &err), 0);
    ck_assert_msg(strcmp(out.data, error) == 0, "%s:\n     got %s\nexpected %s", case_at, out.data, error);
    buffer_free(&out);
    policy->preempts = NULL;
}

static void run_case(const json_t *test)
{
    static struct cluster_picture before;
    const json_t *may = json_object_get(test, "may");
    struct error err = ERROR_INIT;
    struct case_policy chosen;
    struct preemption found;
    struct cache *cache = case_cache(test, NULL);
    struct pod *pod = pod_decode(json_object_get(test, "pod"), "ours", &err);
    struct node *const *nodes;
    size_t count;
    bool may_preempt;

    ck_assert_msg(pod != NULL, "%s: %s", case_at, err.text);
    case_policy(test, &chosen);
    nodes = cache_nodes(cache, &count);
    take_picture(nodes, count, &before);
    may_preempt = policy_may_preempt(&chosen.policy, pod, nodes, count, "ours");
    ck_assert_msg(may_preempt == (may ? json_is_true(may) : true), "%s: may preempt: %d", case_at, may_preempt);
    ck_assert_int_eq(policy_preempt(&chosen.policy, "ours", pod, nodes, count, &found, &err), 0);
    /* who may not preempt is not asked for victims */
    if (!pod->never_preempts)
        compare(test, &found);
    if (found.node)
        check_victims(test, &chosen.policy, pod, &found);
    compare_words(test, &chosen.policy, pod, nodes, count);
    check_untouched(nodes, count, &before);
    preemption_free(&found);
    ck_assert(!found.node && !found.victims && !found.victim_count);
    pod_free(pod);
    cache_free(cache);
}

START_TEST(preemptions)
{
    ck_assert_uint_ge(case_each(FOLDER, run_case), 80);
}
END_TEST

/* ---- assumed pods ---- */

static void set_node(struct cache *cache, const char *name)
{
    struct error err = ERROR_INIT;
    bool helps;

    ck_assert_int_eq(cache_set_node(cache,
                                    node_of("{'metadata':{'name':'%s','uid':'%s'},'status':{'allocatable':{'cpu':'2','pods':'9'},"
                                            "'conditions':[{'type':'Ready','status':'True'}]}}",
                                            name, name),
                                    &helps, &err),
                     0);
}

static struct cached_pod *set_pod(struct cache *cache, const char *name, int priority, const char *node)
{
    struct error err = ERROR_INIT;
    struct pod_update update;

    ck_assert_int_eq(cache_set_pod(cache,
                                   pod_of("{'metadata':{'name':'%s','namespace':'d','uid':'%s'},'spec':{'schedulerName':'ours',"
                                          "'nodeName':'%s','priority':%d,'containers':[{'resources':{'requests':{'cpu':'2'}}}]}}",
                                          name, name, node, priority),
                                   &update, &err),
                     0);
    return update.cached;
}

START_TEST(an_assumed_pod_is_where_it_will_be)
{
    struct error err = ERROR_INIT;
    struct scheduling_policy policy = {.policy = policy_by_name("least-loaded")};
    struct cache *cache = cache_new("ours", &err);
    struct preemption found;
    struct cached_pod *low, *pod;
    struct node *const *nodes;
    size_t count;

    filter_config_init(&policy.filters);
    set_node(cache, "n");
    low = set_pod(cache, "low", 1, "");
    pod = set_pod(cache, "p", 2, "");
    cache_assume(cache, low, cache_node(cache, "n"));
    nodes = cache_nodes(cache, &count);
    ck_assert_int_eq(policy_preempt(&policy, "ours", pod->pod, nodes, count, &found, &err), 0);
    ck_assert_ptr_eq(found.node, nodes[0]);
    ck_assert_uint_eq(found.victim_count, 1);
    ck_assert_ptr_eq(found.victims[0], low);
    preemption_free(&found);
    cache_free(cache);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("preempt");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_test(core, preemptions);
    tcase_add_test(core, an_assumed_pod_is_where_it_will_be);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
