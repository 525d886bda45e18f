/* The cache: every transition of cache.h by itself. Random sequences against a naive model are in test_cache_model.c. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cluster/cache.h"
#include "tests/unit/support/objects.h"

static struct cache *cache;
static struct pod_update update;
static struct error err;

static void setup(void)
{
    err = (struct error)ERROR_INIT;
    cache = cache_new("ours", &err);
    ck_assert_ptr_nonnull(cache);
}

static void teardown(void)
{
    cache_free(cache);
}

/* a ready node; `status` goes into allocatable, `spec` and `labels` where they belong */
static bool set_node(const char *name, const char *allocatable, const char *spec, const char *labels)
{
    bool helps = false;

    ck_assert_int_eq(cache_set_node(cache,
                                    node_of("{'metadata':{'name':'%s','uid':'u-%s','labels':{%s}},'spec':{%s},'status':{'allocatable':{%s},"
                                            "'conditions':[{'type':'Ready','status':'True'}]}}",
                                            name, name, labels, spec, allocatable),
                                    &helps, &err),
                     0);
    return helps;
}

static bool add_node(const char *name)
{
    return set_node(name, "'cpu':'4','memory':'8Gi','pods':'110'", "", "");
}

/* tells the cache of a pod; node "" for pending; returns what it made of it */
static enum pod_change set_pod(const char *name, const char *uid, const char *scheduler, const char *node, int cpu_milli)
{
    ck_assert_int_eq(
        cache_set_pod(cache,
                      pod_of("{'metadata':{'name':'%s','namespace':'d','uid':'%s','labels':{'app':'web'}},'spec':{'schedulerName':'%s',"
                             "'nodeName':'%s','containers':[{'resources':{'requests':{'cpu':'%dm'}}}]}}",
                             name, uid, scheduler, node, cpu_milli),
                      &update, &err),
        0);
    return update.change;
}

static enum pod_change set_phase(const char *name, const char *uid, const char *node, const char *phase)
{
    ck_assert_int_eq(
        cache_set_pod(cache,
                      pod_of("{'metadata':{'name':'%s','namespace':'d','uid':'%s'},'spec':{'schedulerName':'ours','nodeName':'%s'},"
                             "'status':{'phase':'%s'}}",
                             name, uid, node, phase),
                      &update, &err),
        0);
    return update.change;
}

static void expect(const char *node, int pods, int cpu_milli)
{
    const struct node *n = cache_node(cache, node);

    ck_assert_ptr_nonnull(n);
    ck_assert_int_eq(n->pod_count, pods);
    ck_assert_int_eq(n->requested.cpu_milli, cpu_milli);
}

/* ---- pods ---- */

START_TEST(pending_pod_of_ours_is_new)
{
    ck_assert_int_eq(set_pod("p", "1", "ours", "", 100), POD_NEW_PENDING);
    ck_assert_ptr_eq(update.cached, cache_pod(cache, "d", "p"));
    ck_assert_ptr_null(update.cached->node);
    ck_assert(!update.freed && !update.confirmed && !update.replaced);
    ck_assert_int_eq(set_pod("p", "1", "ours", "", 100), POD_STILL_PENDING);
    ck_assert_uint_eq(cache_pod_count(cache), 1);
}
END_TEST

START_TEST(pending_pod_of_another_is_ignored)
{
    ck_assert_int_eq(set_pod("p", "1", "default-scheduler", "", 100), POD_IGNORED);
    ck_assert_ptr_null(update.cached);
    ck_assert_ptr_null(cache_pod(cache, "d", "p"));
}
END_TEST

START_TEST(assigned_pod_of_anyone_counts)
{
    add_node("n1");
    ck_assert_int_eq(set_pod("p", "1", "default-scheduler", "n1", 100), POD_ASSIGNED);
    ck_assert_ptr_eq(update.cached->node, cache_node(cache, "n1"));
    ck_assert(!update.confirmed);
    expect("n1", 1, 100);
    ck_assert_int_eq(set_pod("p", "1", "default-scheduler", "n1", 100), POD_UPDATED);
    ck_assert(!update.freed);
    expect("n1", 1, 100);
}
END_TEST

START_TEST(assigned_pod_keeps_its_strings)
{
    add_node("n1");
    set_pod("p", "1", "other", "n1", 100);
    set_pod("q", "2", "other", "n1", 100);
    cache_remove_pod(cache, "d", "p", NULL, &update);
    ck_assert_str_eq(cache_pod(cache, "d", "q")->pod->name, "q");
    ck_assert_str_eq(cache_pod(cache, "d", "q")->pod->namespace_, "d");
    ck_assert_str_eq(cache_pod(cache, "d", "q")->pod->uid, "2");
    ck_assert_str_eq(cache_pod(cache, "d", "q")->pod->node_name, "n1");
    ck_assert_str_eq(cache_pod(cache, "d", "q")->pod->scheduler_name, "other");
    ck_assert_str_eq(label_get(cache_pod(cache, "d", "q")->pod->labels, 1, "app"), "web");
}
END_TEST

START_TEST(pod_placed_by_somebody_else)
{
    add_node("n1");
    set_pod("p", "1", "ours", "", 100);
    ck_assert_int_eq(set_pod("p", "1", "ours", "n1", 100), POD_ASSIGNED);
    ck_assert(!update.confirmed && !update.freed);
    expect("n1", 1, 100);
}
END_TEST

START_TEST(smaller_request_frees_room)
{
    add_node("n1");
    set_pod("p", "1", "ours", "n1", 100);
    ck_assert_int_eq(set_pod("p", "1", "ours", "n1", 60), POD_UPDATED);
    ck_assert(update.freed);
    expect("n1", 1, 60);
    ck_assert_int_eq(set_pod("p", "1", "ours", "n1", 90), POD_UPDATED);
    ck_assert(!update.freed);
    expect("n1", 1, 90);
}
END_TEST

START_TEST(finished_pod_is_gone)
{
    add_node("n1");
    set_pod("p", "1", "ours", "n1", 100);
    set_pod("q", "2", "ours", "n1", 100);
    ck_assert_int_eq(set_phase("p", "1", "n1", "Succeeded"), POD_GONE);
    ck_assert(update.freed && !update.cached);
    ck_assert_int_eq(set_phase("q", "2", "n1", "Failed"), POD_GONE);
    expect("n1", 0, 0);
    ck_assert_int_eq(set_phase("q", "2", "n1", "Failed"), POD_IGNORED);
    ck_assert(!update.freed);
}
END_TEST

START_TEST(pending_pod_that_fails_frees_nothing)
{
    set_pod("p", "1", "ours", "", 100);
    ck_assert_int_eq(set_phase("p", "1", "", "Failed"), POD_GONE);
    ck_assert(!update.freed);
    ck_assert_uint_eq(cache_pod_count(cache), 0);
}
END_TEST

START_TEST(deleted_pod_frees_its_room)
{
    add_node("n1");
    set_pod("p", "1", "ours", "n1", 100);
    cache_remove_pod(cache, "d", "p", "1", &update);
    ck_assert_int_eq(update.change, POD_GONE);
    ck_assert(update.freed);
    expect("n1", 0, 0);
    cache_remove_pod(cache, "d", "p", "1", &update);
    ck_assert_int_eq(update.change, POD_IGNORED);
    ck_assert(!update.freed);
}
END_TEST

START_TEST(deletion_of_an_older_pod_is_ignored)
{
    add_node("n1");
    set_pod("p", "2", "ours", "n1", 100);
    cache_remove_pod(cache, "d", "p", "1", &update);
    ck_assert_int_eq(update.change, POD_IGNORED);
    expect("n1", 1, 100);
    cache_remove_pod(cache, "d", "p", NULL, &update);
    ck_assert_int_eq(update.change, POD_GONE);
}
END_TEST

START_TEST(names_in_other_namespaces_are_others)
{
    set_pod("p", "1", "ours", "", 100);
    ck_assert_ptr_null(cache_pod(cache, "e", "p"));
    ck_assert_ptr_null(cache_pod(cache, "dp", ""));
    cache_remove_pod(cache, "e", "p", NULL, &update);
    ck_assert_ptr_nonnull(cache_pod(cache, "d", "p"));
}
END_TEST

START_TEST(recreated_pod_replaces)
{
    add_node("n1");
    set_pod("p", "1", "ours", "n1", 100);
    ck_assert_int_eq(set_pod("p", "2", "ours", "", 70), POD_NEW_PENDING);
    ck_assert(update.replaced && update.freed);
    ck_assert_str_eq(update.cached->pod->uid, "2");
    ck_assert_ptr_null(update.cached->node);
    expect("n1", 0, 0);
    ck_assert_int_eq(set_pod("p", "3", "ours", "n1", 50), POD_ASSIGNED);
    ck_assert(update.replaced && !update.freed);
    expect("n1", 1, 50);
    ck_assert_uint_eq(cache_pod_count(cache), 1);
}
END_TEST

START_TEST(recreated_under_another_scheduler_is_gone)
{
    add_node("n1");
    set_pod("p", "1", "ours", "n1", 100);
    ck_assert_int_eq(set_pod("p", "2", "other", "", 70), POD_GONE);
    ck_assert(update.freed);
    expect("n1", 0, 0);
}
END_TEST

/* ---- assume, confirm, forget ---- */

static struct cached_pod *assume(const char *name, const char *node)
{
    struct cached_pod *pod;

    set_pod(name, name, "ours", "", 100);
    pod = update.cached;
    cache_assume(cache, pod, cache_node(cache, node));
    return pod;
}

START_TEST(assumed_pod_counts)
{
    struct cached_pod *pod;

    add_node("n1");
    pod = assume("p", "n1");
    ck_assert(pod->assumed);
    ck_assert_ptr_eq(pod->node, cache_node(cache, "n1"));
    expect("n1", 1, 100);
}
END_TEST

START_TEST(assumed_pod_is_confirmed)
{
    add_node("n1");
    assume("p", "n1");
    ck_assert_int_eq(set_pod("p", "p", "ours", "n1", 100), POD_ASSIGNED);
    ck_assert(update.confirmed && !update.freed && !update.cached->assumed);
    expect("n1", 1, 100);
    cache_forget(cache, update.cached); /* the answer comes after the event */
    expect("n1", 1, 100);
}
END_TEST

START_TEST(confirmation_does_what_the_assigned_pod_would)
{
    struct cached_pod *pod;
    size_t bytes;

    add_node("n1");
    assume("p", "n1");
    set_pod("p", "p", "ours", "n1", 100);
    bytes = cache_bytes(cache);
    cache_remove_pod(cache, "d", "p", "p", &update);
    pod = assume("p", "n1");
    cache_confirm(cache, pod);
    ck_assert(!pod->assumed);
    ck_assert_str_eq(pod->pod->node_name, "n1");
    ck_assert_uint_eq(cache_bytes(cache), bytes);
    expect("n1", 1, 100);
    cache_confirm(cache, pod);
    cache_forget(cache, pod);
    expect("n1", 1, 100);
    ck_assert_int_eq(set_pod("p", "p", "ours", "n1", 100), POD_UPDATED);
    cache_remove_pod(cache, "d", "p", "p", &update);
    ck_assert(update.freed);
    expect("n1", 0, 0);
}
END_TEST

START_TEST(assumed_pod_that_turns_up_elsewhere_is_moved)
{
    add_node("n1");
    add_node("n2");
    assume("p", "n1");
    ck_assert_int_eq(set_pod("p", "p", "ours", "n2", 100), POD_ASSIGNED);
    ck_assert(!update.confirmed && update.freed && !update.cached->assumed);
    expect("n1", 0, 0);
    expect("n2", 1, 100);
}
END_TEST

START_TEST(older_state_leaves_the_assumption)
{
    add_node("n1");
    assume("p", "n1");
    ck_assert_int_eq(set_pod("p", "p", "ours", "", 80), POD_STILL_PENDING);
    ck_assert(update.cached->assumed && !update.freed);
    expect("n1", 1, 80);
}
END_TEST

START_TEST(forgotten_pod_is_pending_again)
{
    struct cached_pod *pod;

    add_node("n1");
    pod = assume("p", "n1");
    cache_forget(cache, pod);
    ck_assert(!pod->assumed && !pod->node);
    expect("n1", 0, 0);
    cache_forget(cache, pod);
    expect("n1", 0, 0);
    cache_assume(cache, pod, cache_node(cache, "n1"));
    expect("n1", 1, 100);
}
END_TEST

START_TEST(deleted_assumed_pod_frees)
{
    add_node("n1");
    assume("p", "n1");
    cache_remove_pod(cache, "d", "p", "p", &update);
    ck_assert(update.freed);
    expect("n1", 0, 0);
}
END_TEST

START_TEST(recreated_assumed_pod_is_not_assumed)
{
    add_node("n1");
    assume("p", "n1");
    ck_assert_int_eq(set_pod("p", "2", "ours", "", 10), POD_NEW_PENDING);
    ck_assert(update.replaced && update.freed && !update.cached->assumed && !update.cached->node);
    expect("n1", 0, 0);
}
END_TEST

START_TEST(assumed_pod_whose_node_goes_can_be_forgotten)
{
    struct cached_pod *pod;

    add_node("n1");
    pod = assume("p", "n1");
    cache_remove_node(cache, "n1");
    ck_assert(pod->assumed && !pod->node);
    cache_forget(cache, pod);
    ck_assert(!pod->assumed);
    add_node("n1");
    expect("n1", 0, 0);
}
END_TEST

/* ---- nodes ---- */

START_TEST(nodes_in_name_order)
{
    static const char *const names[] = {"m", "b", "z", "a", "n10", "n2"}, *const sorted[] = {"a", "b", "m", "n10", "n2", "z"};
    struct node *const *nodes;
    size_t count;

    for (int i = 0; i < 6; i++)
        add_node(names[i]);
    nodes = cache_nodes(cache, &count);
    ck_assert_uint_eq(count, 6);
    for (int i = 0; i < 6; i++)
        ck_assert_str_eq(nodes[i]->spec->name, sorted[i]);
    cache_remove_node(cache, "m");
    cache_remove_node(cache, "nobody");
    nodes = cache_nodes(cache, &count);
    ck_assert_uint_eq(count, 5);
    ck_assert_str_eq(nodes[2]->spec->name, "n10");
    ck_assert_ptr_null(cache_node(cache, "m"));
}
END_TEST

START_TEST(pod_counts_once_its_node_comes)
{
    set_pod("p", "1", "other", "n1", 100);
    ck_assert_int_eq(update.change, POD_ASSIGNED);
    ck_assert_ptr_null(update.cached->node);
    ck_assert_ptr_null(cache_node(cache, "n1"));
    add_node("n1");
    expect("n1", 1, 100);
    ck_assert_ptr_eq(cache_pod(cache, "d", "p")->node, cache_node(cache, "n1"));
}
END_TEST

START_TEST(removed_node_leaves_its_pods_uncounted)
{
    add_node("n1");
    set_pod("p", "1", "other", "n1", 100);
    cache_remove_node(cache, "n1");
    ck_assert_ptr_null(cache_pod(cache, "d", "p")->node);
    cache_remove_pod(cache, "d", "p", NULL, &update);
    ck_assert_int_eq(update.change, POD_GONE);
    ck_assert(!update.freed);
    set_pod("q", "2", "other", "n1", 30);
    cache_remove_node(cache, "n1");
    add_node("n1");
    expect("n1", 1, 30);
}
END_TEST

START_TEST(pod_moves_off_an_unknown_node)
{
    add_node("n1");
    set_pod("p", "1", "other", "gone", 100);
    ck_assert_int_eq(set_pod("p", "1", "other", "n1", 100), POD_UPDATED);
    ck_assert(!update.freed);
    expect("n1", 1, 100);
    add_node("gone");
    expect("gone", 0, 0);
}
END_TEST

#define ROOM "'cpu':'4','memory':'8Gi','pods':'110'"

START_TEST(what_helps_a_waiting_pod)
{
    const char *taint = "'taints':[{'key':'k','effect':'NoSchedule'}]";

    ck_assert(add_node("n1"));
    ck_assert(!add_node("n1"));
    ck_assert(!set_node("n1", "'cpu':'3','memory':'8Gi','pods':'110'", "", ""));
    ck_assert(set_node("n1", ROOM, "", ""));
    ck_assert(set_node("n1", "'cpu':'3','memory':'9Gi','pods':'110'", "", ""));
    ck_assert(set_node("n1", "'cpu':'3','memory':'8Gi','pods':'111'", "", ""));
    ck_assert(set_node("n1", ROOM, "", ""));
    ck_assert(!set_node("n1", ROOM, "'unschedulable':true", ""));
    ck_assert(set_node("n1", ROOM, "", ""));
    ck_assert(!set_node("n1", ROOM, taint, ""));
    ck_assert(!set_node("n1", ROOM, taint, ""));
    ck_assert(set_node("n1", ROOM, "'taints':[{'key':'k','value':'v','effect':'NoSchedule'}]", ""));
    ck_assert(set_node("n1", ROOM, "", ""));
    ck_assert(set_node("n1", ROOM, "", "'a':'b'"));
    ck_assert(set_node("n1", ROOM, "", "'a':'c'"));
    ck_assert(!set_node("n1", ROOM, "", "'a':'c'"));
    ck_assert(set_node("n1", ROOM, "", ""));
    ck_assert(set_node("n1", ROOM ",'nvidia.com/gpu':'1'", "", ""));
    ck_assert(!set_node("n1", ROOM ",'nvidia.com/gpu':'1'", "", ""));
    ck_assert(!set_node("n1", ROOM, "", ""));
}
END_TEST

START_TEST(becoming_ready_helps)
{
    const char *text = "{'metadata':{'name':'n1','uid':'1'},'status':{'conditions':[{'type':'Ready','status':'%s'}]}}";
    bool helps = true;

    ck_assert_int_eq(cache_set_node(cache, node_of(text, "True"), &helps, &err), 0);
    ck_assert_int_eq(cache_set_node(cache, node_of(text, "False"), &helps, &err), 0);
    ck_assert(!helps);
    ck_assert_uint_eq(cache_node(cache, "n1")->traits, NODE_NOT_READY);
    ck_assert_int_eq(cache_set_node(cache, node_of(text, "Unknown"), &helps, &err), 0);
    ck_assert(!helps);
    ck_assert_int_eq(cache_set_node(cache, node_of(text, "True"), &helps, &err), 0);
    ck_assert(helps);
    ck_assert_uint_eq(cache_node(cache, "n1")->traits, 0);
}
END_TEST

START_TEST(recreated_node_helps)
{
    const char *text = "{'metadata':{'name':'n1','uid':'%s'}}";
    bool helps;

    ck_assert_int_eq(cache_set_node(cache, node_of(text, "1"), &helps, &err), 0);
    ck_assert_int_eq(cache_set_node(cache, node_of(text, "2"), &helps, &err), 0);
    ck_assert(helps);
}
END_TEST

/* ---- what is on a node ---- */

static void set_rich_pod(const char *name, const char *node, const char *requests, const char *ports)
{
    ck_assert_int_eq(cache_set_pod(cache,
                                   pod_of("{'metadata':{'name':'%s','namespace':'d','uid':'%s'},'spec':{'nodeName':'%s',"
                                          "'containers':[{'resources':{'requests':{%s}},'ports':[%s]}]}}",
                                          name, name, node, requests, ports),
                                   &update, &err),
                     0);
}

START_TEST(extended_resources_are_summed)
{
    const struct node *node;

    set_node("n1", ROOM ",'ephemeral-storage':'10Gi','nvidia.com/gpu':'8'", "", "");
    node = cache_node(cache, "n1");
    set_rich_pod("p", "n1", "'nvidia.com/gpu':'2','odd.io/thing':'7'", "");
    set_rich_pod("q", "n1", "'nvidia.com/gpu':'3','ephemeral-storage':'5'", "");
    ck_assert_uint_eq(node->requested.extended_count, 2);
    ck_assert_str_eq(node->requested.extended[0].name, "ephemeral-storage");
    ck_assert_int_eq(node->requested.extended[0].amount, 5);
    ck_assert_int_eq(node->requested.extended[1].amount, 5);
    cache_remove_pod(cache, "d", "p", NULL, &update);
    ck_assert_int_eq(node->requested.extended[1].amount, 3);
    /* the node's own list changes: the sums follow */
    set_node("n1", ROOM ",'nvidia.com/gpu':'8','odd.io/thing':'9'", "", "");
    set_rich_pod("r", "n1", "'odd.io/thing':'7'", "");
    ck_assert_uint_eq(node->requested.extended_count, 2);
    ck_assert_int_eq(node->requested.extended[0].amount, 3);
    ck_assert_int_eq(node->requested.extended[1].amount, 7);
}
END_TEST

START_TEST(fewer_gpus_free_room)
{
    set_node("n1", ROOM ",'nvidia.com/gpu':'8'", "", "");
    set_rich_pod("p", "n1", "'nvidia.com/gpu':'2'", "");
    set_rich_pod("p", "n1", "'nvidia.com/gpu':'1'", "");
    ck_assert(update.freed);
    set_rich_pod("p", "n1", "", "");
    ck_assert(update.freed);
    set_rich_pod("p", "n1", "'nvidia.com/gpu':'1'", "");
    ck_assert(!update.freed);
}
END_TEST

START_TEST(pods_with_host_ports_come_first)
{
    const struct node *node;
    const struct cached_pod *pod;

    add_node("n1");
    node = cache_node(cache, "n1");
    set_rich_pod("a", "n1", "", "");
    set_rich_pod("b", "n1", "", "{'hostPort':1},{'hostPort':2}");
    set_rich_pod("c", "n1", "", "");
    set_rich_pod("d", "n1", "", "{'hostPort':3}");
    set_rich_pod("e", "n1", "", "");
    ck_assert_uint_eq(node->host_port_count, 3);
    pod = node->pods;
    ck_assert_uint_gt(pod->pod->host_port_count, 0);
    ck_assert_uint_gt(pod->next_on_node->pod->host_port_count, 0);
    for (pod = pod->next_on_node->next_on_node; pod; pod = pod->next_on_node)
        ck_assert_uint_eq(pod->pod->host_port_count, 0);
    cache_remove_pod(cache, "d", "b", NULL, &update);
    cache_remove_pod(cache, "d", "d", NULL, &update);
    ck_assert_uint_eq(node->host_port_count, 0);
    set_rich_pod("f", "n1", "", "{'hostPort':4}");
    ck_assert_str_eq(node->pods->pod->name, "f");
    ck_assert_int_eq(node->pod_count, 4);
}
END_TEST

START_TEST(sums_beyond_int64_come_back)
{
    const struct node *node;

    add_node("n1");
    node = cache_node(cache, "n1");
    set_rich_pod("a", "n1", "'memory':'7E'", "");
    set_rich_pod("b", "n1", "'memory':'7E'", "");
    ck_assert_int_eq(node->requested.memory_bytes, INT64_MAX);
    set_rich_pod("c", "n1", "'memory':'5'", "");
    cache_remove_pod(cache, "d", "a", NULL, &update);
    ck_assert_int_eq(node->requested.memory_bytes, 7000000000000000005);
    cache_remove_pod(cache, "d", "b", NULL, &update);
    ck_assert_int_eq(node->requested.memory_bytes, 5);
}
END_TEST

/* ---- a list replaces the store ---- */

static void note_removed(void *ctx, struct cached_pod *pod)
{
    char *names = ctx;

    snprintf(names + strlen(names), 2, "%s", pod->pod->name);
    ck_assert_ptr_eq(pod->user, ctx);
    ck_assert_ptr_eq(cache_pod(cache, "d", pod->pod->name), pod);
}

START_TEST(list_of_pods_replaces)
{
    char removed[16] = "";

    add_node("n1");
    set_pod("a", "1", "ours", "n1", 100);
    set_pod("b", "2", "ours", "n1", 100);
    update.cached->user = removed;
    assume("c", "n1");
    cache_pod(cache, "d", "c")->user = removed;
    cache_begin_replace_pods(cache);
    set_pod("a", "1", "ours", "n1", 100);
    set_pod("e", "5", "ours", "n1", 100);
    cache_end_replace_pods(cache, note_removed, removed);
    ck_assert(strcmp(removed, "bc") == 0 || strcmp(removed, "cb") == 0);
    ck_assert_uint_eq(cache_pod_count(cache), 2);
    expect("n1", 2, 200);
    cache_end_replace_pods(cache, note_removed, removed); /* without a begin: nothing */
    ck_assert_uint_eq(cache_pod_count(cache), 2);
}
END_TEST

START_TEST(list_keeps_an_assumption_it_does_not_contradict)
{
    add_node("n1");
    assume("p", "n1");
    cache_begin_replace_pods(cache);
    set_pod("p", "p", "ours", "", 100);
    cache_end_replace_pods(cache, NULL, NULL);
    ck_assert(cache_pod(cache, "d", "p")->assumed);
    expect("n1", 1, 100);
}
END_TEST

START_TEST(list_of_nodes_replaces)
{
    size_t count;

    add_node("a");
    add_node("b");
    add_node("c");
    set_pod("p", "1", "ours", "b", 100);
    cache_begin_replace_nodes(cache);
    add_node("c");
    add_node("d");
    cache_end_replace_nodes(cache, NULL, NULL);
    cache_nodes(cache, &count);
    ck_assert_uint_eq(count, 2);
    ck_assert_ptr_null(cache_node(cache, "b"));
    ck_assert_ptr_null(cache_pod(cache, "d", "p")->node);
    cache_end_replace_nodes(cache, NULL, NULL);
    cache_nodes(cache, &count);
    ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(replace_that_begins_again_forgets_its_first_half)
{
    add_node("a");
    add_node("b");
    set_pod("p", "1", "ours", "a", 100);
    set_pod("q", "2", "ours", "a", 100);
    cache_begin_replace_nodes(cache);
    cache_begin_replace_pods(cache);
    add_node("b");
    set_pod("q", "2", "ours", "a", 100);
    cache_begin_replace_nodes(cache);
    cache_begin_replace_pods(cache);
    add_node("a");
    set_pod("p", "1", "ours", "a", 100);
    cache_end_replace_nodes(cache, NULL, NULL);
    cache_end_replace_pods(cache, NULL, NULL);
    ck_assert_ptr_nonnull(cache_node(cache, "a"));
    ck_assert_ptr_null(cache_node(cache, "b"));
    expect("a", 1, 100);
}
END_TEST

static void count_pod(void *ctx, struct cached_pod *pod)
{
    (void)pod;
    ++*(int *)ctx;
}

START_TEST(each_pod_is_visited_once)
{
    char name[16];
    int visited = 0;

    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "p%d", i);
        set_pod(name, name, "ours", i % 2 ? "n1" : "", 1);
    }
    cache_each_pod(cache, count_pod, &visited);
    ck_assert_int_eq(visited, 1000);
    ck_assert_ptr_nonnull(cache_pod(cache, "d", "p777"));
}
END_TEST

/* ---- memory ---- */

/* 50,000 assigned pods with 5 labels, as the Deployments of a cluster have them, within 25 MB */
START_TEST(fifty_thousand_pods_in_25_mb)
{
    size_t empty;

    for (int i = 0; i < 50000; i++) {
        struct pod *pod =
            pod_of("{'metadata':{'name':'web-frontend-%d-7d9c6b8f5d-x%05d','namespace':'team-%d','uid':'5c2d3f1a-9b1e-4c7d-8a6f-%012d',"
                   "'labels':{'app':'web-frontend-%d','app.kubernetes.io/name':'web','app.kubernetes.io/instance':'web-%d',"
                   "'pod-template-hash':'7d9c6b8f5d','tier':'frontend'}},'spec':{'nodeName':'worker-%d.cluster.example.com',"
                   "'containers':[{'resources':{'requests':{'cpu':'100m','memory':'64Mi'}}}]},'status':{'phase':'Running'}}",
                   i / 20, i, i / 20 % 50, i, i / 20, i / 20, i % 5000);

        ck_assert_int_eq(cache_set_pod(cache, pod, &update, &err), 0);
    }
    ck_assert_uint_eq(cache_pod_count(cache), 50000);
    ck_assert_msg(cache_bytes(cache) < 25u << 20, "%zu bytes", cache_bytes(cache));
    ck_assert_uint_gt(cache_bytes(cache), 10u << 20);
    cache_begin_replace_pods(cache);
    cache_end_replace_pods(cache, NULL, NULL);
    empty = cache_bytes(cache);
    ck_assert_msg(empty < 2u << 20, "%zu bytes are left, more than the tables", empty);
}
END_TEST

/* what is taken is given back: after the first round the tables have their size */
START_TEST(bytes_come_back)
{
    size_t after[2];
    char name[16];

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 300; i++) {
            snprintf(name, sizeof name, "x%d", i);
            set_node(name, ROOM ",'nvidia.com/gpu':'1'", "", "");
            set_pod(name, name, i % 3 ? "ours" : "other", i % 2 ? name : "", i);
        }
        for (int i = 0; i < 300; i++) {
            snprintf(name, sizeof name, "x%d", i);
            cache_remove_node(cache, name);
            cache_remove_pod(cache, "d", name, NULL, &update);
        }
        after[round] = cache_bytes(cache);
    }
    ck_assert_uint_eq(after[0], after[1]);
}
END_TEST

static Suite *cache_suite(void)
{
    Suite *suite = suite_create("cache");
    TCase *pods = tcase_create("pods"), *assumed = tcase_create("assumed"), *nodes = tcase_create("nodes"), *lists = tcase_create("lists"),
          *memory = tcase_create("memory");
    TCase *const all[] = {pods, assumed, nodes, lists, memory};

    for (int i = 0; i < 5; i++) {
        tcase_add_checked_fixture(all[i], setup, teardown);
        suite_add_tcase(suite, all[i]);
    }
    tcase_add_test(pods, pending_pod_of_ours_is_new);
    tcase_add_test(pods, pending_pod_of_another_is_ignored);
    tcase_add_test(pods, assigned_pod_of_anyone_counts);
    tcase_add_test(pods, assigned_pod_keeps_its_strings);
    tcase_add_test(pods, pod_placed_by_somebody_else);
    tcase_add_test(pods, smaller_request_frees_room);
    tcase_add_test(pods, finished_pod_is_gone);
    tcase_add_test(pods, pending_pod_that_fails_frees_nothing);
    tcase_add_test(pods, deleted_pod_frees_its_room);
    tcase_add_test(pods, deletion_of_an_older_pod_is_ignored);
    tcase_add_test(pods, names_in_other_namespaces_are_others);
    tcase_add_test(pods, recreated_pod_replaces);
    tcase_add_test(pods, recreated_under_another_scheduler_is_gone);
    tcase_add_test(assumed, assumed_pod_counts);
    tcase_add_test(assumed, assumed_pod_is_confirmed);
    tcase_add_test(assumed, confirmation_does_what_the_assigned_pod_would);
    tcase_add_test(assumed, assumed_pod_that_turns_up_elsewhere_is_moved);
    tcase_add_test(assumed, older_state_leaves_the_assumption);
    tcase_add_test(assumed, forgotten_pod_is_pending_again);
    tcase_add_test(assumed, deleted_assumed_pod_frees);
    tcase_add_test(assumed, recreated_assumed_pod_is_not_assumed);
    tcase_add_test(assumed, assumed_pod_whose_node_goes_can_be_forgotten);
    tcase_add_test(nodes, nodes_in_name_order);
    tcase_add_test(nodes, pod_counts_once_its_node_comes);
    tcase_add_test(nodes, removed_node_leaves_its_pods_uncounted);
    tcase_add_test(nodes, pod_moves_off_an_unknown_node);
    tcase_add_test(nodes, what_helps_a_waiting_pod);
    tcase_add_test(nodes, becoming_ready_helps);
    tcase_add_test(nodes, recreated_node_helps);
    tcase_add_test(nodes, extended_resources_are_summed);
    tcase_add_test(nodes, fewer_gpus_free_room);
    tcase_add_test(nodes, pods_with_host_ports_come_first);
    tcase_add_test(nodes, sums_beyond_int64_come_back);
    tcase_add_test(lists, list_of_pods_replaces);
    tcase_add_test(lists, list_keeps_an_assumption_it_does_not_contradict);
    tcase_add_test(lists, list_of_nodes_replaces);
    tcase_add_test(lists, replace_that_begins_again_forgets_its_first_half);
    tcase_add_test(lists, each_pod_is_visited_once);
    tcase_add_test(memory, fifty_thousand_pods_in_25_mb);
    tcase_add_test(memory, bytes_come_back);
    tcase_set_timeout(memory, 60);
    return suite;
}

int main(void)
{
    SRunner *runner = srunner_create(cache_suite());
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
