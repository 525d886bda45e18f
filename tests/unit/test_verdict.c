/*
 * test_verdict.c: what explain says of nodes and what the schedulers decide are the same, over random clusters: the feasible nodes, the pick and the
 * order of the pods.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/policy/peers.h"
#include "explain/verdict.h"
#include "tests/unit/support/objects.h"

#define NODES 12
#define PODS 40

static struct snapshot snapshot;
static struct options options;
static uint64_t seed;

static void take(enum snapshot_kind kind, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* an object in JSON with ' for " */
static void take(enum snapshot_kind kind, const char *format, ...)
{
    struct error err = ERROR_INIT;
    char text[2048];
    va_list args;
    int bytes;

    va_start(args, format);
    bytes = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    ck_assert_int_lt(bytes, (int)sizeof text);
    for (char *c = text; *c; c++)
        if (*c == '\'')
            *c = '"';
    ck_assert_msg(snapshot_take(&snapshot, kind, text, (size_t)bytes, &err) == 0, "%s: %s", err.text, text);
}

static const char *any(const char *const *of, unsigned count)
{
    return of[random_below(&seed, count)];
}

static void add_node(int number)
{
    static const char *const specs[] = {"",
                                        "",
                                        "'unschedulable':true",
                                        "'taints':[{'key':'k','effect':'NoSchedule'}]",
                                        "'taints':[{'key':'k','effect':'PreferNoSchedule'}]",
                                        "'taints':[{'key':'k','effect':'PreferNoSchedule'},{'key':'l','effect':'PreferNoSchedule'}]"};
    static const char *const ready[] = {"True", "True", "True", "False"};
    static const char *const zones[] = {"'zone':'a'", "'zone':'b'", "'zone':'c'", ""};

    take(SNAPSHOT_NODES,
         "{'metadata':{'name':'n%02d','uid':'n%d','labels':{%s}},'spec':{%s},'status':{'allocatable':{'cpu':'%u','memory':'8Gi','pods':'%u'"
         "},"
         "'conditions':[{'type':'Ready','status':'%s'}]}}",
         number, number, any(zones, 4), any(specs, 6), 1 + random_below(&seed, 4), 3 + random_below(&seed, 20), any(ready, 4));
}

static void add_pod(int number)
{
    static const char *const extras[] = {"",
                                         "",
                                         "",
                                         ",'nodeSelector':{'zone':'a'}",
                                         ",'tolerations':[{'operator':'Exists'}]",
                                         ",'topologySpreadConstraints':[{'maxSkew':1,'topologyKey':'zone','whenUnsatisfiable':'"
                                         "DoNotSchedule','labelSelector':{'matchLabels':{'app':"
                                         "'x'}}}]",
                                         ",'topologySpreadConstraints':[{'maxSkew':1,'topologyKey':'zone','whenUnsatisfiable':'"
                                         "ScheduleAnyway','labelSelector':{'matchLabels':{"
                                         "'app':'x'}}}]",
                                         ",'affinity':{'podAntiAffinity':{'requiredDuringSchedulingIgnoredDuringExecution':[{'topologyKey':"
                                         "'zone','labelSelector':{'matchLabels':{"
                                         "'app':'y'}}}]}}"};
    char node[32] = "";

    if (random_below(&seed, 3) == 0)
        snprintf(node, sizeof node, ",'nodeName':'n%02u'", random_below(&seed, NODES + 1));
    take(
        SNAPSHOT_PODS,
        "{'metadata':{'name':'p%d','namespace':'d','uid':'p%d','creationTimestamp':'2026-11-22T08:00:%02uZ','labels':{'app':'%c'}},'spec':{"
        "'schedulerName':'ours','priority':%u,'containers':[{'resources':{'requests':{'cpu':'%um'}}}]%s%s}}",
        number, number, random_below(&seed, 20), "xyz"[random_below(&seed, 3)], random_below(&seed, 3), random_below(&seed, 1500),
        any(extras, 8), node);
}

static void setup(void)
{
    struct error err = ERROR_INIT;

    options = (struct options){.scheduler_name = "ours"};
    filter_config_init(&options.policy.filters);
    ck_assert_int_eq(snapshot_open(&snapshot, &options, &err), 0);
}

static void teardown(void)
{
    snapshot_close(&snapshot);
}

/* does `a` come before `b` by what is said of them? */
static bool is_better(const struct verdict *a, const struct verdict *b)
{
    if (a->taints != b->taints)
        return a->taints < b->taints;
    return a->spread != b->spread ? a->spread < b->spread : a->score < b->score;
}

struct seen {
    size_t pods, placed, mixed;
    int32_t priority;
    int64_t created_us;
};

static int check(void *ctx, const struct explained *explained, struct error *err)
{
    struct seen *seen = ctx;
    const struct pod *pod = cache_pod(snapshot.cache, "d", explained->pod + 2)->pod;
    const struct verdict *best = NULL;
    struct peers *peers;
    size_t count;
    struct node *const *nodes = cache_nodes(snapshot.cache, &count);

    ck_assert(!seen->pods || pod->priority < seen->priority || (pod->priority == seen->priority && pod->created_us >= seen->created_us));
    seen->priority = pod->priority;
    seen->created_us = pod->created_us;
    ck_assert_uint_eq(explained->verdict_count, count);
    ck_assert_int_eq(peers_count(&options.policy.filters, pod, nodes, count, &peers, err), 0);
    for (size_t i = 0; i < count; i++) {
        const struct verdict *v = &explained->verdicts[i];

        ck_assert_str_eq(v->node, nodes[i]->spec->name);
        ck_assert_int_eq(v->objections == 0, filter_node(&options.policy.filters, pod, peers, nodes[i], NULL, NULL));
        if (!v->objections && (!best || is_better(v, best)))
            best = v;
    }
    peers_free(peers);
    ck_assert_int_eq(!best, !explained->node);
    if (best)
        ck_assert_str_eq(best->node, explained->node);
    seen->mixed += best && (best->taints || best->spread);
    seen->placed += best != NULL;
    seen->pods++;
    return 0;
}

START_TEST(says_what_the_schedulers_decide)
{
    static const char *const policies[] = {"least-loaded", "spread", "bin-pack", "random"};
    struct seen seen = {0};
    struct error err = ERROR_INIT;
    size_t total = 0, placed = 0, mixed = 0;

    for (seed = 1; seed <= 200; seed++) {
        const uint64_t kept = seed;

        setup();
        options.policy.policy = policy_by_name(policies[seed % 4]);
        options.policy.seed = seed;
        for (int i = 0; i < NODES; i++)
            add_node(i);
        for (int i = 0; i < PODS; i++)
            add_pod(i);
        seen = (struct seen){0};
        ck_assert_int_eq(explain_pods(&snapshot, &options.policy, &(struct explanation){check, &seen, NULL, NULL, NULL}, &err), 0);
        total += seen.pods;
        placed += seen.placed;
        mixed += seen.mixed;
        teardown();
        seed = kept;
    }
    ck_assert_uint_gt(placed, 1000);
    ck_assert_uint_gt(total - placed, 300);
    ck_assert_uint_gt(mixed, 50);
}
END_TEST

static int note(void *ctx, const struct explained *explained, struct error *err)
{
    return buffer_printf(ctx, err, "%s %s: %s\n", explained->pod, explained->node ? explained->node : "-", explained->message);
}

/* why this one: each of the sentences, and the pick that goes with it */
static const struct {
    const char *first, *second, *third; /* specs of nodes with 2, 1 and 1 pods */
    const char *said;
} picks[] = {
    {"'unschedulable':true", "", "'unschedulable':true", "d/p b: 1 of 3 nodes is feasible\n"},
    {"", "", "'unschedulable':true", "d/p b: 2 of 3 nodes are feasible; lowest score\n"},
    {"", "", "", "d/p b: 3 of 3 nodes are feasible; first in name order of 2 with the lowest score\n"},
    {"", "'taints':[{'key':'k','effect':'PreferNoSchedule'}]", "",
     "d/p c: 3 of 3 nodes are feasible; lowest score among those with the fewest "
     "PreferNoSchedule taints in the way\n"},
    {"", "", "'taints':[{'key':'k','effect':'PreferNoSchedule'}]", "d/p b: 3 of 3 nodes are feasible; lowest score\n"},
};

START_TEST(says_why_this_one)
{
    static const char *const names[] = {"a", "b", "c"};
    const char *const specs[] = {picks[_i].first, picks[_i].second, picks[_i].third};
    struct error err = ERROR_INIT;
    struct buffer said;

    setup();
    options.policy.policy = policy_by_name("least-loaded");
    for (int i = 0; i < 3; i++) {
        take(SNAPSHOT_NODES,
             "{'metadata':{'name':'%s','uid':'u'},'spec':{%s},'status':{'allocatable':{'cpu':'4','pods':'9'},'conditions':[{'type':'Ready',"
             "'status':"
             "'True'}]}}",
             names[i], specs[i]);
        for (int j = 0; j < (i ? 1 : 2); j++)
            take(SNAPSHOT_PODS, "{'metadata':{'name':'q%d%d','namespace':'d','uid':'u'},'spec':{'nodeName':'%s'}}", i, j, names[i]);
    }
    take(SNAPSHOT_PODS, "{'metadata':{'name':'p','namespace':'d','uid':'u'},'spec':{'schedulerName':'ours'}}");
    buffer_init(&said, 1000);
    ck_assert_int_eq(explain_pods(&snapshot, &options.policy, &(struct explanation){note, &said, NULL, NULL, NULL}, &err), 0);
    ck_assert_str_eq(said.data, picks[_i].said);
    buffer_free(&said);
    teardown();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("verdict");
    TCase *tcase = tcase_create("verdicts");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, says_what_the_schedulers_decide);
    tcase_add_loop_test(tcase, says_why_this_one, 0, sizeof picks / sizeof picks[0]);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
