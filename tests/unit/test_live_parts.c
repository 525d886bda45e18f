/*
 * test_live_parts.c: what the live view reads: events of pods and nodes, the simulator's log, a scheduler's page; what it says to a browser; its users.
 */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compare/live.h"
#include "compare/live_feed.h"
#include "compare/live_json.h"
#include "compare/live_requests.h"
#include "tests/unit/support/live_scene.h"
#include "tests/unit/support/scratch.h"

static struct live_model m;
static struct live_feed *feed;
static struct live_requests requests;
static struct error err;

static void setup(void)
{
    err = (struct error)ERROR_INIT;
    scratch_begin();
    ck_assert_int_eq(live_model_init(&m, 0, &err), 0);
    live_model_add_side(&m, "polling", 2);
    live_model_add_side(&m, "my-watch", 0);
    feed = live_feed_open(NULL, &m, "ns", &err);
    ck_assert_ptr_nonnull(feed);
    live_requests_init(&requests, NULL, &m, NULL);
}

static void teardown(void)
{
    live_feed_close(feed);
    live_model_free(&m);
    scratch_end();
}

static void take(bool nodes, const char *line)
{
    const struct live_time time = {1000, 0};

    ck_assert_int_eq(live_feed_take(feed, nodes, line, strlen(line), &time, &err), 0);
}

/* ---- events ---- */

START_TEST(test_pods)
{
    take(false, "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"polling-0\"},\"spec\":{\"schedulerName\":\"x\"}}}");
    take(false, "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"my-watch-12\"},\"spec\":{}}}");
    ck_assert_uint_eq(m.sides[0].waiting, 1);
    ck_assert_uint_eq(m.sides[1].waiting, 1);
    take(false, "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"my-watch-12\"},\"spec\":{\"nodeName\":\"n\"}}}");
    ck_assert_uint_eq(m.sides[1].bound, 1);
    /* written another way, it is read the slow way */
    take(false, "{ \"type\" : \"MODIFIED\", \"object\" : {\"metadata\":{\"name\":\"polling-0\"}, \"spec\" : {\"nodeName\" : \"n\"} } }");
    ck_assert_uint_eq(m.sides[0].bound, 1);
    take(false, "{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"name\":\"my-watch-12\"},\"spec\":{\"nodeName\":\"n\"}}}");
    ck_assert_uint_eq(m.sides[1].placed, 0);
    take(false, "{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"name\":\"polling-7\"},\"spec\":{}}}");
    ck_assert_uint_eq(m.sides[0].pod_count, 1);
}
END_TEST

START_TEST(test_pods_of_others)
{
    static const char *const names[] = {
        "polling",     "polling-", "polling-x", "polling-1x", "watch-1", "my-watch-1-2x", "xpolling-1", "polling-99999999999999999999",
        "polling-x-1", ""};
    char line[256];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(line, sizeof line, "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"%s\"},\"spec\":{}}}", names[i]);
        take(false, line);
    }
    take(false, "no json");
    take(false, "[]");
    take(false, "{\"type\":\"ERROR\",\"object\":{\"code\":410}}");
    ck_assert_uint_eq(m.sides[0].waiting + m.sides[1].waiting, 0);
}
END_TEST

#define READY "\"status\":{\"conditions\":[{\"type\":\"MemoryPressure\",\"status\":\"False\"},{\"type\":\"Ready\",\"status\":\"%s\"}]}"

static const struct live_node *node_of(const char *spec, const char *ready)
{
    char line[1024];

    snprintf(line, sizeof line, "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"n\"},\"spec\":%s," READY "}}", spec, ready);
    take(true, line);
    ck_assert_int_eq(live_model_find_node(&m, "n"), 0);
    return &m.nodes[0];
}

START_TEST(test_nodes)
{
    const struct live_node *n = node_of("{}", "True");

    ck_assert(n->ready && !n->cordoned && !n->tainted);
    n = node_of("{\"unschedulable\":true,\"taints\":[{\"key\":\"node.kubernetes.io/unschedulable\",\"effect\":\"NoSchedule\"}]}", "True");
    ck_assert(n->ready && n->cordoned && !n->tainted);
    n = node_of("{\"taints\":[{\"key\":\"a\",\"effect\":\"PreferNoSchedule\"}]}", "Unknown");
    ck_assert(!n->ready && !n->cordoned && !n->tainted);
    n = node_of("{\"taints\":[{\"key\":\"a\",\"effect\":\"PreferNoSchedule\"},{\"key\":\"b\",\"effect\":\"NoExecute\"}]}", "True");
    ck_assert(n->tainted);
    take(true, "{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"name\":\"n\"}}}");
    ck_assert_uint_eq(m.node_there, 0);
}
END_TEST

/* ---- requests ---- */

static double count(size_t side, const char *kind)
{
    return live_model_count(&m.sides[side], kind);
}

static const char log_lines[] =
    "{\"n\":1,\"t_us\":1,\"verb\":\"list\",\"method\":\"GET\",\"path\":\"/api/v1/"
    "pods\",\"resource\":\"pods\",\"subresource\":\"\",\"code\":200,\"user\":\"polling\"}\n"
    "{\"n\":2,\"t_us\":1,\"verb\":\"watch\",\"resource\":\"pods\",\"subresource\":\"\",\"code\":200,\"user\":\"my-watch\"}\n"
    "{\"n\":3,\"t_us\":1,\"verb\":\"create\",\"resource\":\"pods\",\"subresource\":\"binding\",\"code\":201,\"user\":\"my-watch\"}\n"
    "{\"n\":4,\"t_us\":1,\"verb\":\"create\",\"resource\":\"events\",\"subresource\":\"\",\"code\":201,\"user\":\"my-watch\"}\n"
    "{\"n\":5,\"t_us\":1,\"verb\":\"create\",\"resource\":\"pods\",\"subresource\":\"\",\"code\":201,\"user\":\"compare\"}\n"
    "{\"n\":6,\"t_us\":1,\"verb\":\"patch\",\"resource\":\"pods\",\"subresource\":\"status\",\"code\":201,\"user\":\"polling\"}\n"
    "{\"n\":7,\"t_us\":1,\"verb\":\"get\",\"resource\":\"pods\",\"subresource\":\"\",\"code\":404,\"user\":\"polling\"}\n";

/* by the token's user; a line that comes twice, because an answer was late, counts once */
START_TEST(test_requests_of_the_simulator)
{
    for (int turn = 0; turn < 2; turn++) {
        live_requests_take_log(&requests, log_lines, 1000);
        ck_assert_double_eq(count(0, "list"), 1);
        ck_assert_double_eq(count(0, "get"), 1);
        ck_assert_double_eq(count(0, "other"), 1);
        ck_assert_double_eq(count(0, "bind"), 0);
        ck_assert_double_eq(count(1, "watch"), 1);
        ck_assert_double_eq(count(1, "bind"), 1);
        ck_assert_double_eq(count(1, "event"), 1);
        ck_assert_int_eq(m.sides[0].requests, 3);
        ck_assert_int_eq(m.sides[1].requests, 3);
    }
}
END_TEST

START_TEST(test_requests_of_a_page)
{
    live_requests_take_page(&requests, 0,
                            "# HELP rest_client_requests_total x\n"
                            "rest_client_requests_total{code=\"200\",host=\"h\",method=\"GET\"} 5\n"
                            "rest_client_requests_total{code=\"404\",host=\"h\",method=\"GET\"} 2\n"
                            "rest_client_requests_total{code=\"201\",host=\"h\",method=\"POST\"} 1e1\n"
                            "rest_client_request_size_bytes_sum{verb=\"GET\"} 99\n",
                            1000);
    ck_assert_double_eq(count(0, "GET"), 7);
    ck_assert_double_eq(count(0, "POST"), 10);
    ck_assert_int_eq(m.sides[0].requests, 17);
    /* a page that says nothing of it is no zero */
    live_requests_take_page(&requests, 1, "up 1\n", 1000);
    ck_assert_uint_eq(m.sides[1].count_count, 0);
}
END_TEST

/* ---- the browser ---- */

START_TEST(test_json)
{
    struct live_view view = live_scene_view();
    struct live_model scene;
    struct buffer out;
    json_t *json, *side;
    const char *name, *cordoned, *text;
    double median, last;
    int bound, pods;

    live_scene(&scene, 6);
    live_model_say(&scene, 29000000, "a \"quoted\" </script> line\n");
    buffer_init(&out, 1 << 20);
    ck_assert_int_eq(live_json_render(&scene, &view, NULL, &out, &err), 0);
    ck_assert_ptr_null(strchr(out.data, '\n'));
    json = json_loads(out.data, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(json);
    side = json_array_get(json_object_get(json, "sides"), 1);
    ck_assert_int_eq(json_unpack(side, "{s:s, s:i, s:F, s:F}", "name", &name, "bound", &bound, "median_ms", &median, "last_ms", &last), 0);
    ck_assert_str_eq(name, "watch");
    ck_assert_int_eq(bound, 90);
    ck_assert_double_eq_tol(median, (double)live_model_latency(&scene.sides[1]).median / 1e3, 0.001);
    ck_assert_double_eq_tol(last, (double)live_model_last_latency(&scene.sides[1]) / 1e3, 0.001);
    ck_assert_uint_eq(json_array_size(json_object_get(side, "points")), 90);
    ck_assert_int_eq(json_unpack(json_array_get(json_object_get(json, "nodes"), 2), "[s, s, i, i]", &name, &cordoned, &pods, &bound), 0);
    ck_assert_str_eq(name, "worker2");
    ck_assert_str_eq(cordoned, "cordoned");
    ck_assert_int_eq(bound, (int)scene.nodes[scene.node_order[2]].pods[1]);
    ck_assert(json_is_null(json_object_get(json, "ended")));
    text = json_string_value(
        json_array_get(json_array_get(json_object_get(json, "log"), json_array_size(json_object_get(json, "log")) - 1), 1));
    ck_assert_str_eq(text, "a \"quoted\" </script> line\n");
    json_decref(json);
    buffer_free(&out);
    live_model_free(&scene);
}
END_TEST

/* ---- users ---- */

START_TEST(test_users)
{
    struct compare_options options = {.entry_count = 2};
    char kubeconfig[512], *tokens, *theirs, first[64] = "", *line;
    struct stat there;

    snprintf(options.entries[0].name, sizeof options.entries[0].name, "polling");
    snprintf(options.entries[1].name, sizeof options.entries[1].name, "my-watch");
    ck_assert_int_eq(live_users_write(scratch_path("tokens"), &options, &err), 0);
    ck_assert_int_eq(stat(scratch_path("tokens"), &there), 0);
    ck_assert_uint_eq(there.st_mode & 0777, 0600);
    tokens = scratch_read(scratch_path("tokens"));
    ck_assert_int_eq(sscanf(tokens, "%32[0-9a-f],compare,compare", first), 1);
    snprintf(kubeconfig, sizeof kubeconfig, "users:\n- user:\n    token: \"%s\"\n", first);
    scratch_write("kubeconfig", kubeconfig, 0600);
    ck_assert_int_eq(live_users_kubeconfig(scratch_path("tokens"), scratch_path("kubeconfig"), "my-watch", scratch_path("theirs"), &err),
                     0);
    theirs = scratch_read(scratch_path("theirs"));
    line = strstr(theirs, "token: \"");
    ck_assert_ptr_nonnull(line);
    line[8 + 32] = '\0';
    ck_assert_str_ne(line + 8, first);
    ck_assert_ptr_eq(strstr(strstr(tokens, line + 8), ",my-watch,"), strstr(tokens, line + 8) + 32);
    ck_assert_int_eq(live_users_kubeconfig(scratch_path("tokens"), scratch_path("kubeconfig"), "nobody", scratch_path("none"), &err), -1);
    free(tokens);
    free(theirs);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("live_parts");
    TCase *tc = tcase_create("parts");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, test_pods);
    tcase_add_test(tc, test_pods_of_others);
    tcase_add_test(tc, test_nodes);
    tcase_add_test(tc, test_requests_of_the_simulator);
    tcase_add_test(tc, test_requests_of_a_page);
    tcase_add_test(tc, test_json);
    tcase_add_test(tc, test_users);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
