/*
 * test_grade_judges.c: evidence of two right schedulers gets full marks; each way to spoil it costs the test that it is for, and no other.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "grade/judge.h"
#include "tests/unit/support/evidence_made.h"

#define ALL 0x3e

static json_t *pieces;
static struct grade_sheet sheet;

static void setup(void)
{
    pieces = made_good();
    sheet_init(&sheet);
}

static void teardown(void)
{
    json_decref(pieces);
    sheet_free(&sheet);
}

static void judge_with(json_t *options)
{
    struct error err = ERROR_INIT;
    struct evidence_bundle *bundle = made_bundle(pieces, options);

    sheet_free(&sheet);
    ck_assert_msg(judge_bundle(bundle, ALL, &sheet, &err) == 0, "%s", err.text);
    bundle_free(bundle);
}

static void judge(void)
{
    judge_with(made_json("{'polling':'p','watch':'w'}"));
}

static json_t *of(const char *scene)
{
    return made_find(pieces, scene, "watch");
}

/* The tests that failed, "2 watch: …|2 …", in the sheet's order. */
static const char *failed(void)
{
    static char names[4096];

    *names = '\0';
    for (size_t i = 0; i < sheet.count; i++)
        if (sheet.tests[i].verdict == GRADE_FAIL)
            snprintf(names + strlen(names), sizeof names - strlen(names), "%s%d %s", *names ? "|" : "", sheet.tests[i].checkpoint,
                     sheet.tests[i].name);
    return names;
}

static const struct grade_test *test_named(const char *name)
{
    for (size_t i = 0; i < sheet.count; i++)
        if (!strcmp(sheet.tests[i].name, name))
            return &sheet.tests[i];
    ck_abort_msg("no test '%s'", name);
    return NULL;
}

/* Judges, and looks for exactly this failure, whose `actual` has these words. */
#define COSTS(names, test, words)                                                                                                          \
    do {                                                                                                                                   \
        judge();                                                                                                                           \
        ck_assert_str_eq(failed(), names);                                                                                                 \
        ck_assert_msg(strstr(test_named(test)->actual, words) != NULL, "actual: %s", test_named(test)->actual);                            \
        ck_assert_ptr_nonnull(test_named(test)->expected);                                                                                 \
    } while (0)

START_TEST(test_right_ones_get_full_marks)
{
    judge();
    ck_assert_str_eq(failed(), "");
    ck_assert_int_eq(sheet.earned, sheet.total);
    ck_assert_uint_gt(sheet.count, 30);
    for (size_t i = 0; i < sheet.count; i++)
        ck_assert_msg(sheet.tests[i].verdict == GRADE_OK, "%s: %s", sheet.tests[i].name, sheet.tests[i].actual);
}
END_TEST

START_TEST(test_names_are_unique)
{
    judge();
    for (size_t i = 0; i < sheet.count; i++)
        for (size_t k = 0; k < i; k++)
            ck_assert(sheet.tests[i].checkpoint != sheet.tests[k].checkpoint || strcmp(sheet.tests[i].name, sheet.tests[k].name) != 0);
}
END_TEST

/* ---- 1 ---- */

static void respoil_default(void (*spoil)(json_t *piece))
{
    json_t *piece = made_find(pieces, "default", "");

    spoil(piece);
}

static void never_bound(json_t *piece)
{
    json_t *history = json_object_get(json_array_get(json_object_get(piece, "pods"), 0), "history");

    json_array_remove(history, 2);
    json_array_remove(history, 1);
}

START_TEST(test_no_default_scheduler_is_nobodys_fault)
{
    respoil_default(never_bound);
    judge();
    ck_assert_str_eq(failed(), "");
    ck_assert_int_eq(test_named("a pod is created, then bound by the default scheduler")->verdict, GRADE_SKIPPED);
    ck_assert_int_eq(test_named("the kubelet starts it after that")->verdict, GRADE_SKIPPED);
    ck_assert_int_eq(sheet.earned, sheet.total);
}
END_TEST

START_TEST(test_no_kubelet_is_nobodys_fault)
{
    made_setup(made_find(pieces, "default", ""), "kubelets", json_false());
    judge();
    ck_assert_str_eq(failed(), "");
    ck_assert_int_eq(test_named("the kubelet starts it after that")->verdict, GRADE_SKIPPED);
    ck_assert_int_eq(test_named("a pod is created, then bound by the default scheduler")->verdict, GRADE_OK);
}
END_TEST

static void never_runs(json_t *piece)
{
    json_array_remove(json_object_get(json_array_get(json_object_get(piece, "pods"), 0), "history"), 2);
}

START_TEST(test_a_kubelet_that_starts_nothing)
{
    respoil_default(never_runs);
    COSTS("1 the kubelet starts it after that", "the kubelet starts it after that", "does not become Running");
}
END_TEST

static void bound_by_another(json_t *piece)
{
    made_setup(piece, "events", made_json("[{'reason':'Scheduled','component':'mine'}]"));
}

START_TEST(test_bound_by_another)
{
    respoil_default(bound_by_another);
    COSTS("1 a pod is created, then bound by the default scheduler", "a pod is created, then bound by the default scheduler", "mine");
}
END_TEST

static void serves_all(json_t *piece)
{
    made_state(piece, "waiting", 50, "MODIFIED", "a", "");
}

START_TEST(test_somebody_serves_what_nobody_should)
{
    respoil_default(serves_all);
    COSTS("1 a pod that nobody serves stays Pending", "a pod that nobody serves stays Pending", "node 'a'");
}
END_TEST

static void answer(const char *text)
{
    json_t *piece = made_piece("path", 1, "");

    made_setup(piece, "answer", json_string(text));
    made_setup(piece, "unreadable", json_string(""));
    json_array_append_new(pieces, piece);
}

#define IN_WORDS "the path of a pod, in your own words"

START_TEST(test_the_path_in_own_words)
{
    answer("kubectl run asks the API server, which stores the Pod; the Scheduler assigns a node, and that node's Kubelet starts it");
    judge();
    ck_assert_str_eq(failed(), "");
    ck_assert_int_eq(test_named(IN_WORDS)->verdict, GRADE_OK);
}
END_TEST

START_TEST(test_the_path_in_the_wrong_order)
{
    answer("kubectl -> apiserver -> kubelet -> scheduler");
    COSTS("1 " IN_WORDS, IN_WORDS, "kubelet comes before");
}
END_TEST

START_TEST(test_the_path_with_somebody_missing)
{
    answer("kubectl -> scheduler -> kubelet");
    COSTS("1 " IN_WORDS, IN_WORDS, "api server is not named");
}
END_TEST

/* ---- 2 ---- */

#define EVERY "watch: binds every pod that waits for it"
#define OWN "watch: binds only its own pods"
#define LEAST "watch: each pod goes to a least-loaded node"
#define ENDED "watch: pods that have ended do not count"
#define BINDING "watch: binds by a Binding, not by a patch"
#define TWICE "watch: binds no pod twice"
#define UNREADY "watch: leaves gated and deleted pods alone"
#define VANISH "watch: goes on when a pod vanishes"
#define BUSINESS "watch: asks for nothing that is none of its business"
#define BUSY "watch: is not busy when there is nothing to do"

START_TEST(test_a_pod_left_pending)
{
    made_pod(of("rules"), "late", "mine", 999, "", "");
    json_array_append_new(json_object_get(json_array_get(json_object_get(json_object_get(of("rules"), "setup"), "batches"), 1), "pods"),
                          json_string("late"));
    COSTS("2 " EVERY, EVERY, "late; 1 of 9");
}
END_TEST

START_TEST(test_a_foreign_pod)
{
    made_request(of("rules"), 400, "create", "pods", 201, "'name':'foreign','subresource':'binding','node':'a'");
    COSTS("2 " OWN, OWN, "another");
}
END_TEST

START_TEST(test_a_pod_of_another_namespace)
{
    made_request(of("rules"), 400, "create", "pods", 403, "'name':'p0','namespace':'default','subresource':'binding','node':'a'");
    COSTS("2 " OWN, OWN, "default/p0, a pod that is none of this grading");
}
END_TEST

/* moves a pod of a burst to another node */
static void move(json_t *piece, const char *pod, const char *node)
{
    json_t *other;
    size_t i, k;

    json_array_foreach(json_object_get(piece, "pods"), i, other)
    {
        json_t *state;

        if (strcmp(json_string_value(json_object_get(other, "name")), pod) != 0)
            continue;
        json_array_foreach(json_object_get(other, "history"), k, state)
        {
            if (json_object_get(state, "node"))
                json_object_set_new(state, "node", json_string(node));
        }
    }
    json_array_foreach(json_object_get(piece, "output"), i, other)
    {
        const char *line = json_string_value(json_object_get(other, "line"));
        char *at = strstr(line, pod), moved[256];

        if (!at)
            continue;
        snprintf(moved, sizeof moved, "Bound " MADE_NAMESPACE "/%s -> %s", pod, node);
        json_object_set_new(other, "line", json_string(moved));
    }
}

START_TEST(test_not_the_least_loaded_node)
{
    move(of("rules"), "p3", "d");
    COSTS("2 " LEAST "|2 " ENDED, LEAST, "d got a pod when it had 5, and a had 2");
}
END_TEST

START_TEST(test_one_too_many)
{
    move(of("rules"), "p3", "b");
    COSTS("2 " LEAST "|2 " ENDED, ENDED, "b got a pod when it had 3, and a had 2");
}
END_TEST

START_TEST(test_counts_that_are_stale)
{
    for (int i = 0; i < 4; i++)
        move(of("rules"), ((const char *[]){"q0", "q1", "q2", "q3"})[i], "b");
    COSTS("2 " LEAST, LEAST, "b got a pod when it had 6, and d had 0");
}
END_TEST

/* a (3 that ended), b 2, c 3: b b c a as one would who counts all; then a 10, b 4, c 4, d 0 */
START_TEST(test_ended_pods_are_counted)
{
    static const char *const nodes[] = {"b", "b", "c", "a"};

    for (int i = 0; i < 4; i++)
        move(of("rules"), ((const char *[]){"p0", "p1", "p2", "p3"})[i], nodes[i]);
    move(of("rules"), "q3", "d");
    COSTS("2 " ENDED, ENDED, "b got a pod when it had 3, and a had 1");
}
END_TEST

START_TEST(test_any_order_of_ties_is_fine)
{
    move(of("rules"), "q3", "c");
    move(of("rules"), "p2", "a");
    move(of("rules"), "p0", "b");
    judge();
    ck_assert_str_eq(failed(), "");
}
END_TEST

/* somebody else's pod came to a while the burst was placed: either count is one that the scheduler could have had */
START_TEST(test_the_doubt_about_others_is_the_schedulers)
{
    made_pod(of("rules"), "sudden", "somebody-else", 121, "a", "");
    judge();
    ck_assert_str_eq(failed(), "");
    move(of("rules"), "p1", "c");
    judge();
    ck_assert_str_eq(failed(), "");
}
END_TEST

START_TEST(test_a_patch)
{
    made_request(of("vanish"), 400, "patch", "pods", 200, "'name':'next','node':'a','fault':'bound-for-it'");
    judge();
    ck_assert_msg(strstr(failed(), "2 " BINDING) != NULL, "%s", failed());
    ck_assert(strstr(test_named(BINDING)->actual, "patch of pods/next to node a") != NULL);
}
END_TEST

START_TEST(test_bound_again)
{
    made_request(of("pace"), 15000, "create", "pods", 409, "'name':'t0','subresource':'binding','node':'a'");
    COSTS("2 " TWICE, TWICE, "t0 was bound, and 8.9 s later");
}
END_TEST

START_TEST(test_bound_twice_at_once)
{
    json_t *again = made_request(of("vanish"), 300, "create", "pods", 409, "'name':'next','subresource':'binding','node':'a'");

    json_object_set_new(again, "t", json_integer(300500));
    COSTS("2 " TWICE, TWICE, "two binds of next at the same time");
}
END_TEST

START_TEST(test_a_bind_that_failed_may_be_tried_again)
{
    json_t *requests = json_object_get(of("rules"), "requests");
    json_t *failed_bind =
        made_json("{'t':115000,'verb':'create','resource':'pods','subresource':'binding','namespace':'" MADE_NAMESPACE "',"
                  "'name':'p0','node':'a','code':500,'took':1000}");

    json_array_insert_new(requests, 0, failed_bind);
    judge();
    ck_assert_str_eq(failed(), "");
}
END_TEST

START_TEST(test_a_gated_pod)
{
    made_request(of("rules"), 400, "create", "pods", 409, "'name':'gated','subresource':'binding','node':'a'");
    COSTS("2 " UNREADY, UNREADY, "scheduling gate");
}
END_TEST

START_TEST(test_a_pod_being_deleted)
{
    made_request(of("rules"), 400, "create", "pods", 409, "'name':'leaving','subresource':'binding','node':'a'");
    COSTS("2 " UNREADY, UNREADY, "being deleted");
}
END_TEST

START_TEST(test_dies_when_a_pod_vanishes)
{
    json_t *piece = made_piece("vanish", 2, "watch"), *process = json_object_get(piece, "process");
    size_t i;

    made_pod(piece, "lost", "mine", 10, "", "");
    made_request(piece, 200, "create", "pods", 404, "'name':'lost','subresource':'binding','node':'a'");
    made_state(piece, "lost", 210, "DELETED", "", "");
    made_pod(piece, "next", "mine", 250, "", "");
    made_setup(piece, "lost", json_string("lost"));
    made_setup(piece, "next", json_string("next"));
    made_line(piece, 220, 2, "ApiException: (404)");
    json_object_set_new(process, "end", json_string("exit code 1"));
    json_object_set_new(process, "ended", json_integer(400000));
    for (i = 0; json_array_get(pieces, i) != of("vanish"); i++)
        continue;
    json_array_set_new(pieces, i, piece);
    COSTS("2 " VANISH, VANISH, "in scene vanish it ended by itself after 0.3 s: exit code 1; its last words: ApiException: (404)");
}
END_TEST

START_TEST(test_asks_for_secrets)
{
    made_request(of("pace"), 700, "list", "secrets", 403, "");
    COSTS("2 " BUSINESS, BUSINESS, "list secrets");
}
END_TEST

START_TEST(test_is_busy)
{
    for (int i = 0; i < 50; i++)
        made_request(of("pace"), 1100 + 90 * i, "get", "nodes", 200, "'name':'a'");
    judge();
    ck_assert_str_eq(failed(), "2 " BUSY "|4 watch: asks less than polling while idle");
    ck_assert(strstr(test_named(BUSY)->actual, "50 times get nodes") != NULL);
}
END_TEST

/* so many that what came in the idle time was kept no more; and judging them takes no time to speak of */
START_TEST(test_floods)
{
    json_t *requests = json_object_get(of("pace"), "requests"),
           *list = made_request(of("pace"), 900, "create", "pods", 409, "'name':'t0','subresource':'binding'");

    while (json_array_size(requests) < LIMIT_GRADE_REQUESTS)
        json_array_append(requests, list);
    judge();
    ck_assert_ptr_nonnull(strstr(failed(), "2 " BUSY));
    ck_assert_ptr_nonnull(strstr(failed(), "4 watch: asks less than polling while idle"));
    ck_assert(strstr(test_named(BUSY)->actual, "20000 requests and more") != NULL);
}
END_TEST

/* ---- 3 ---- */

#define SAYS "watch: says Bound for every pod it bound"
#define ELSE "watch: says Bound of nothing else"

START_TEST(test_a_silent_one)
{
    json_array_clear(json_object_get(of("rules"), "output"));
    json_array_clear(json_object_get(of("vanish"), "output"));
    COSTS("3 " SAYS "|3 " ELSE, SAYS, "grading/p0 was bound to a");
}
END_TEST

START_TEST(test_a_line_is_missing)
{
    json_array_remove(json_object_get(of("rules"), "output"), 2);
    COSTS("3 " SAYS, SAYS, "grading/p2 was bound to b");
}
END_TEST

START_TEST(test_said_too_soon)
{
    made_line(of("vanish"), 205, 1, "Bound " MADE_NAMESPACE "/lost -> a");
    COSTS("3 " ELSE, ELSE, "lost -> a\", and the pod has no node");
}
END_TEST

START_TEST(test_said_of_another_node)
{
    made_line(of("rules"), 1900, 2, "INFO Bound " MADE_NAMESPACE "/p0 -> b");
    COSTS("3 " ELSE, ELSE, "is on a");
}
END_TEST

START_TEST(test_the_lessons_other_words_are_fine)
{
    json_t *output = json_object_get(of("rules"), "output");

    json_object_set_new(json_array_get(output, 0), "line", json_string("[w] bind OK " MADE_NAMESPACE "/p0 -> a (attempt=3)"));
    json_object_set_new(json_array_get(output, 1), "line", json_string("2026-01-01 INFO Bound " MADE_NAMESPACE "/p1 -> a"));
    made_line(of("rules"), 3000, 1, "Bound nothing at all, Bound/to fail -> really");
    judge();
    ck_assert_str_eq(failed(), "");
}
END_TEST

/* ---- 4 ---- */

#define LISTENS "watch: opens a watch of pods"
#define IDLE_LISTS "watch: lists nothing while nothing happens"
#define POD_LISTS "watch: lists nothing for each pod"
#define SECOND "watch: reacts within a second"

START_TEST(test_polling_behind_a_watch)
{
    for (int t = 1500; t < 14000; t += 2000) {
        made_request(of("pace"), t, "list", "pods", 200, "");
        made_request(of("pace"), t, "list", "nodes", 200, "");
    }
    judge();
    ck_assert_str_eq(failed(), "4 " IDLE_LISTS "|4 " POD_LISTS "|4 watch: asks less than polling while idle");
    ck_assert(strstr(test_named(IDLE_LISTS)->actual, "3 lists of pods and 3 of nodes") != NULL);
}
END_TEST

START_TEST(test_a_list_for_each_pod)
{
    for (int i = 0; i < 8; i++)
        made_request(of("pace"), 6100 + 300 * i, "list", "pods", 200, "");
    COSTS("4 " POD_LISTS, POD_LISTS, "8 lists for 8 pods");
}
END_TEST

START_TEST(test_one_list_anew_is_fine)
{
    made_request(of("pace"), 3000, "list", "pods", 200, "");
    made_request(of("pace"), 3001, "list", "nodes", 200, "");
    judge();
    ck_assert_str_eq(failed(), "");
}
END_TEST

/* what polling has seen, handed in as a watch */
START_TEST(test_no_watch_at_all)
{
    json_t *copy = json_deep_copy(made_find(pieces, "pace", "polling"));
    size_t i;

    json_object_set_new(copy, "program", json_string("watch"));
    for (i = 0; json_array_get(pieces, i) != of("pace"); i++)
        continue;
    json_array_set_new(pieces, i, copy);
    judge();
    ck_assert_str_eq(failed(), "4 " LISTENS "|4 " IDLE_LISTS "|4 " SECOND "|4 watch: asks less than polling while idle");
}
END_TEST

static void delay_all(int64_t us)
{
    json_t *request;
    size_t i;

    json_array_foreach(json_object_get(of("pace"), "requests"), i, request)
    {
        const char *name = json_string_value(json_object_get(request, "name"));

        if (*name == 't')
            json_object_set_new(request, "t", json_integer(json_integer_value(json_object_get(request, "t")) + us));
    }
}

START_TEST(test_slow_reaction)
{
    delay_all(1400000);
    judge();
    ck_assert_str_eq(failed(), "4 " SECOND "|4 watch: is quicker than polling");
    ck_assert(strstr(test_named(SECOND)->actual, "a median of 1.40 s") != NULL);
}
END_TEST

/* the grader itself saw the pods late: nobody can tell here how quick the scheduler was */
START_TEST(test_slow_machine)
{
    json_t *pod;
    size_t i;

    delay_all(1400000);
    json_array_foreach(json_object_get(of("pace"), "pods"), i, pod)
    {
        json_t *state = json_array_get(json_object_get(pod, "history"), 0);

        json_object_set_new(state, "t", json_integer(json_integer_value(json_object_get(state, "t")) + 300000));
    }
    judge();
    ck_assert_str_eq(failed(), "");
}
END_TEST

/* a polling scheduler that cannot be compared with costs the watch nothing */
START_TEST(test_nothing_to_compare_with)
{
    json_t *setup_ = json_object_get(made_find(pieces, "pace", "polling"), "setup");

    json_object_del(setup_, "idle");
    judge();
    ck_assert_str_eq(failed(), "2 polling: is not busy when there is nothing to do");
    ck_assert_int_eq(test_named("watch: is quicker than polling")->verdict, GRADE_OK);
    ck_assert_int_eq(test_named("watch: asks less than polling while idle")->verdict, GRADE_OK);
    delay_all(1400000);
    judge();
    ck_assert(strstr(test_named("watch: is quicker than polling")->expected, "a poll every 2 s: a median of 1.000 s") != NULL);
    ck_assert_int_eq(test_named("watch: is quicker than polling")->verdict, GRADE_FAIL);
}
END_TEST

START_TEST(test_busy_polling_costs_polling_only)
{
    json_t *piece = made_find(pieces, "pace", "polling");

    for (int t = 1000; t < 12000; t += 50)
        made_request(piece, t, "list", "pods", 200, "");
    COSTS("2 polling: is not busy when there is nothing to do", "polling: is not busy when there is nothing to do", "list pods");
}
END_TEST

/* the state in which the pod got its node is taken away, and what it printed */
static void unbind(json_t *piece, const char *name)
{
    json_t *pod, *request;
    size_t i;

    json_array_foreach(json_object_get(piece, "pods"), i, pod)
    {
        if (!strcmp(json_string_value(json_object_get(pod, "name")), name))
            json_array_remove(json_object_get(pod, "history"), 1);
    }
    json_array_foreach(json_object_get(piece, "requests"), i, request)
    {
        if (!strcmp(json_string_value(json_object_get(request, "name")), name)) {
            json_array_remove(json_object_get(piece, "requests"), i);
            break;
        }
    }
}

#define WAITS "watch: waits when watches end at once"

START_TEST(test_does_not_survive)
{
    static const char *const survivals[][2] = {{"watch-closed", "watch: survives a closed watch"},
                                               {"watch-gone-frame", "watch: survives 410 in a frame"},
                                               {"watch-gone-http", "watch: survives 410 as a status"}};
    char names[192];

    unbind(of(survivals[_i][0]), "after");
    snprintf(names, sizeof names, "4 %s", survivals[_i][1]);
    COSTS(names, survivals[_i][1], "the next one, after, was not");
    unbind(of(survivals[_i][0]), "between");
    COSTS(names, survivals[_i][1], "between, a pod that came meanwhile, was not bound in 19.0 s");
    made_setup(of(survivals[_i][0]), "watches", json_integer(0));
    if (_i == 0)
        snprintf(names, sizeof names, "4 %s|4 " WAITS, survivals[_i][1]);
    COSTS(names, survivals[_i][1], "no watch of pods open");
    unbind(of(survivals[_i][0]), "probe");
    COSTS(names, survivals[_i][1], "did not bind a pod before");
}
END_TEST

START_TEST(test_opens_watches_without_a_pause)
{
    for (int i = 0; i < 40; i++)
        made_request(of("watch-closed"), 1001 + 30 * i, "watch", "pods", 200, "");
    judge();
    ck_assert_str_eq(failed(), "");
    for (int i = 0; i < 40; i++)
        made_request(of("watch-closed"), 2300 + 2 * i, "watch", "pods", 200, "");
    COSTS("4 " WAITS, WAITS, "in 1.5 s it opened 39 watches of pods less than 20 ms after the one before");
    made_setup(of("watch-closed"), "opened", json_integer(1000000));
    COSTS("4 " WAITS, WAITS, "did not come to that");
}
END_TEST

/* ---- 5 ---- */

START_TEST(test_ignores_the_label)
{
    move(of("label"), "w1", "bare");
    COSTS("5 watch: label: pods go to env=prod nodes", "watch: label: pods go to env=prod nodes", "w1 is on bare, which has no label env");
    move(of("label"), "w1", "dev");
    COSTS("5 watch: label: pods go to env=prod nodes", "watch: label: pods go to env=prod nodes", "which has env=dev");
    unbind(of("label"), "w0");
    COSTS("5 watch: label: pods go to env=prod nodes", "watch: label: pods go to env=prod nodes", "w0 was not bound");
}
END_TEST

#define TAINTS "watch: taints: pods go to no tainted node"
#define TOLERATION "watch: taints: a toleration opens the node"

START_TEST(test_ignores_taints)
{
    move(of("taints"), "p0", "draining");
    COSTS("5 " TAINTS, TAINTS, "p0 is on draining, which has the taint x=y:NoExecute");
    /* what is open to all was not opened by a toleration */
    move(of("taints"), "p0", "tainted");
    COSTS("5 " TAINTS "|5 " TOLERATION, TAINTS, "team=blue:NoSchedule");
    COSTS("5 " TAINTS "|5 " TOLERATION, TOLERATION, "p0, which tolerates nothing, is on tainted as well");
}
END_TEST

START_TEST(test_ignores_tolerations)
{
    move(of("taints"), "friend", "plain");
    COSTS("5 " TOLERATION, TOLERATION, "friend is on plain, which had 6 pods when tainted had 0");
    move(of("taints"), "friend", "draining");
    COSTS("5 " TOLERATION, TOLERATION, "whose taint x:NoExecute it does not tolerate");
    move(of("taints"), "friend", "better-not");
    judge();
    ck_assert_str_eq(failed(), "");
}
END_TEST

#define AGAIN "watch: backoff: tries again after 500 and 429"
#define LONGER "watch: backoff: waits longer each time"

START_TEST(test_does_not_try_again)
{
    json_t *requests = json_object_get(of("backoff"), "requests");

    unbind(of("backoff"), "b1");
    while (json_array_size(requests) > 1)
        json_array_remove(requests, 1);
    judge();
    ck_assert_str_eq(failed(), "5 " AGAIN "|5 " LONGER);
    ck_assert(strstr(test_named(AGAIN)->actual, "b1 was not bound") != NULL);
}
END_TEST

/* attempts at these times, for all three pods */
static void attempt_at(const int64_t *at_ms)
{
    json_t *request;
    size_t i;

    json_array_foreach(json_object_get(of("backoff"), "requests"), i, request)
    {
        json_object_set_new(request, "t", json_integer(at_ms[i % 4] * 1000));
    }
}

START_TEST(test_hammers)
{
    attempt_at((const int64_t[]){200, 205, 230, 300});
    COSTS("5 " LONGER, LONGER, "tried again after 4 ms");
}
END_TEST

START_TEST(test_waits_the_same_each_time)
{
    attempt_at((const int64_t[]){200, 1200, 2210, 3205});
    COSTS("5 " LONGER, LONGER, "the longest wait was 1.01 times the first");
}
END_TEST

/* two of three pods were kept from being tried again in time: the third tells that the scheduler meant otherwise */
START_TEST(test_a_slow_moment_is_no_lack_of_backoff)
{
    json_t *requests = json_object_get(of("backoff"), "requests");

    for (size_t i = 0; i < 8; i++) {
        static const int64_t at_ms[] = {200, 2700, 3700, 4700};

        json_object_set_new(json_array_get(requests, i), "t", json_integer(at_ms[i % 4] * 1000));
    }
    judge();
    ck_assert_str_eq(failed(), "");
}
END_TEST

START_TEST(test_spreads_all_pods_alike)
{
    move(of("spread"), "s0", "b");
    move(of("spread"), "s1", "b");
    COSTS("5 watch: spread: pods of an app are spread", "watch: spread: pods of an app are spread",
          "b got a pod when it had 3 of the app, and a had 0");
}
END_TEST

/* ---- what is not the submission's fault, and what is ---- */

START_TEST(test_a_program_that_was_not_given)
{
    judge_with(made_json("{'polling':'p'}"));
    ck_assert_str_eq(failed(), "");
    ck_assert_int_eq(test_named(OWN)->verdict, GRADE_SKIPPED);
    ck_assert_str_eq(test_named(OWN)->actual, "no --watch was given");
    ck_assert_int_eq(test_named("polling: binds only its own pods")->verdict, GRADE_OK);
}
END_TEST

START_TEST(test_a_scene_that_could_not_be_played)
{
    json_object_set_new(of("rules"), "broken", json_string("the API server went away"));
    judge();
    ck_assert_str_eq(failed(), "");
    ck_assert_int_eq(test_named(LEAST)->verdict, GRADE_SKIPPED);
    ck_assert(strstr(test_named(LEAST)->actual, "the API server went away") != NULL);
    ck_assert_int_eq(test_named(BUSY)->verdict, GRADE_OK);
}
END_TEST

/* nothing was done: no test of a program is passed by that */
START_TEST(test_who_does_nothing_gets_nothing)
{
    json_t *piece;
    size_t i, k;

    json_array_foreach(pieces, i, piece)
    {
        json_t *pod;

        if (!*json_string_value(json_object_get(piece, "program")))
            continue;
        json_array_clear(json_object_get(piece, "requests"));
        json_array_clear(json_object_get(piece, "output"));
        json_array_foreach(json_object_get(piece, "pods"), k, pod)
        {
            json_t *history = json_object_get(pod, "history");

            if (!strcmp(json_string_value(json_object_get(pod, "scheduler")), "mine"))
                while (json_array_size(history) > 1)
                    json_array_remove(history, 1);
        }
        json_object_del(json_object_get(piece, "setup"), "idle");
    }
    judge();
    for (i = 0; i < sheet.count; i++)
        ck_assert_msg(sheet.tests[i].checkpoint == 1 || sheet.tests[i].verdict != GRADE_OK, "%s", sheet.tests[i].name);
    ck_assert_int_eq(sheet.earned, 3);
}
END_TEST

/* a bundle is a file that anybody may have written */
START_TEST(test_evidence_that_is_none)
{
    static const char *const odd[] = {
        "{}", "{'setup':7,'requests':{},'pods':'x','output':null,'process':[]}",
        "{'setup':{'batches':[1,{'pods':[null,3]}],'arrivals':[{}],'nodes':[[],{'name':4}]},'requests':[1,{'verb':3}],"
        "'pods':[{'history':[7]},null],'output':[{'line':1}]}"};
    json_t *piece;
    size_t i;

    json_array_foreach(pieces, i, piece)
    {
        json_t *members = made_json("%s", odd[_i]);

        for (int k = 0; k < 5; k++)
            json_object_del(piece, ((const char *[]){"setup", "requests", "pods", "output", "process"})[k]);
        json_object_update(piece, members);
        json_decref(members);
    }
    judge();
    for (i = 0; i < sheet.count; i++)
        ck_assert_msg(sheet.tests[i].verdict != GRADE_OK, "%s", sheet.tests[i].name);
}
END_TEST

#define ADD(name) tcase_add_test(c, name)

static void add_tests(TCase *c)
{
    ADD(test_right_ones_get_full_marks), ADD(test_names_are_unique);
    ADD(test_no_default_scheduler_is_nobodys_fault), ADD(test_no_kubelet_is_nobodys_fault), ADD(test_a_kubelet_that_starts_nothing);
    ADD(test_bound_by_another), ADD(test_somebody_serves_what_nobody_should), ADD(test_the_path_in_own_words);
    ADD(test_the_path_in_the_wrong_order), ADD(test_the_path_with_somebody_missing);
    ADD(test_a_pod_left_pending), ADD(test_a_foreign_pod), ADD(test_a_pod_of_another_namespace), ADD(test_not_the_least_loaded_node);
    ADD(test_one_too_many), ADD(test_counts_that_are_stale), ADD(test_ended_pods_are_counted), ADD(test_any_order_of_ties_is_fine);
    ADD(test_the_doubt_about_others_is_the_schedulers), ADD(test_a_patch), ADD(test_bound_again), ADD(test_bound_twice_at_once);
    ADD(test_a_bind_that_failed_may_be_tried_again), ADD(test_a_gated_pod), ADD(test_a_pod_being_deleted);
    ADD(test_dies_when_a_pod_vanishes), ADD(test_asks_for_secrets), ADD(test_is_busy), ADD(test_floods);
    ADD(test_a_silent_one), ADD(test_a_line_is_missing), ADD(test_said_too_soon), ADD(test_said_of_another_node);
    ADD(test_the_lessons_other_words_are_fine);
    ADD(test_polling_behind_a_watch), ADD(test_a_list_for_each_pod), ADD(test_one_list_anew_is_fine), ADD(test_no_watch_at_all);
    ADD(test_slow_reaction), ADD(test_slow_machine), ADD(test_nothing_to_compare_with), ADD(test_busy_polling_costs_polling_only);
    tcase_add_loop_test(c, test_does_not_survive, 0, 3);
    ADD(test_opens_watches_without_a_pause);
    ADD(test_ignores_the_label), ADD(test_ignores_taints), ADD(test_ignores_tolerations), ADD(test_does_not_try_again), ADD(test_hammers);
    ADD(test_waits_the_same_each_time), ADD(test_a_slow_moment_is_no_lack_of_backoff), ADD(test_spreads_all_pods_alike);
    ADD(test_a_program_that_was_not_given), ADD(test_a_scene_that_could_not_be_played), ADD(test_who_does_nothing_gets_nothing);
    tcase_add_loop_test(c, test_evidence_that_is_none, 0, 3);
}

int main(void)
{
    Suite *suite = suite_create("grade_judges");
    TCase *c = tcase_create("judges");
    SRunner *runner;
    int failures;

    tcase_add_checked_fixture(c, setup, teardown);
    add_tests(c);
    suite_add_tcase(suite, c);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}
