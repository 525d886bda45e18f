/*
 * test_observer.c: the observer times what it saw, and calls INVALID whatever could make a figure wrong. It is fed the frames of a watch.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/observation.h"

static struct observation *seen;
static struct error err;
static unsigned version;

static void setup(void)
{
    version = 100;
    seen = observation_new("p-", 2, &err);
    ck_assert_ptr_nonnull(seen);
}

static void teardown(void)
{
    observation_free(seen);
}

static void feed_text(const char *text, int64_t now_us)
{
    ck_assert_int_eq(observation_feed(seen, text, strlen(text), now_us, &err), 0);
}

static void frame(const char *type, const char *name, const char *uid, const char *node, int64_t now_us)
{
    char text[512];

    snprintf(text, sizeof text,
             "{\"type\":\"%s\",\"object\":{\"metadata\":{\"name\":\"%s\",\"uid\":\"%s\",\"resourceVersion\":\"%u\"},\"spec\":{%s%s%s}}}\n",
             type, name, uid, ++version, node ? "\"nodeName\":\"" : "", node ? node : "", node ? "\"" : "");
    feed_text(text, now_us);
}

/* both pods added and bound, nothing wrong */
static void good_run(void)
{
    frame("ADDED", "p-0", "u0", NULL, 1000);
    frame("ADDED", "p-1", "u1", NULL, 2000);
    frame("MODIFIED", "p-0", "u0", "n1", 4000);
    frame("MODIFIED", "p-1", "u1", "n2", 9000);
}

#define assert_invalid(words)                                                                                                              \
    do {                                                                                                                                   \
        ck_assert(seen->invalid);                                                                                                          \
        ck_assert_msg(strstr(seen->reason, words) != NULL, "reason: %s", seen->reason);                                                    \
    } while (0)

START_TEST(test_good_run_is_valid_and_timed)
{
    int64_t latencies[2];

    good_run();
    frame("MODIFIED", "p-0", "u0", "n1", 9500); /* now Running: its binding is the older time */
    frame("ADDED", "foreign", "u9", "n1", 9600);
    observation_audit(seen, "p-0", "u0", "n1");
    observation_audit(seen, "p-1", "u1", "n2");
    observation_audit(seen, "foreign", "u9", NULL);
    observation_finish(seen);
    ck_assert_msg(!seen->invalid, "%s", seen->reason);
    ck_assert_uint_eq(seen->added, 2);
    ck_assert_uint_eq(seen->bound, 2);
    ck_assert_int_eq(seen->first_bound_us, 4000);
    ck_assert_int_eq(seen->last_bound_us, 9000);
    ck_assert_uint_eq(observation_latencies(seen, latencies), 2);
    ck_assert_int_eq(latencies[0], 3000);
    ck_assert_int_eq(latencies[1], 7000);
}
END_TEST

/* every cut of the stream in two gives the same: a frame counts from its last byte */
START_TEST(test_every_cut_gives_the_same)
{
    const char *text =
        "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"p-0\",\"uid\":\"u0\",\"resourceVersion\":\"5\"},\"spec\":{}}}\n"
        "{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"p-0\",\"uid\":\"u0\",\"resourceVersion\":\"6\"},\"spec\":{"
        "\"nodeName\":\"n1\"}}}\n";
    size_t cut, first = (size_t)(strchr(text, '\n') - text), bytes = strlen(text);

    for (cut = 0; cut <= bytes; cut++) {
        struct observation *o = observation_new("p-", 1, &err);

        ck_assert_int_eq(observation_feed(o, text, cut, 10, &err), 0);
        ck_assert_int_eq(observation_feed(o, text + cut, bytes - cut, 20, &err), 0);
        observation_finish(o);
        ck_assert_msg(!o->invalid, "cut at %zu: %s", cut, o->reason);
        ck_assert_int_eq(o->pods[0].added_us, cut > first ? 10 : 20);
        ck_assert_int_eq(o->pods[0].bound_us, cut == bytes ? 10 : 20);
        observation_free(o);
    }
}
END_TEST

START_TEST(test_gap_event_without_added)
{
    frame("MODIFIED", "p-0", "u0", "n1", 1000);
    assert_invalid("a gap in the watch: MODIFIED of pod p-0");
}
END_TEST

START_TEST(test_gap_found_by_audit)
{
    frame("ADDED", "p-0", "u0", NULL, 1000);
    observation_audit(seen, "p-0", "u0", "n1");
    assert_invalid("its binding was never seen");
}
END_TEST

START_TEST(test_audit_finds_pod_never_added)
{
    observation_audit(seen, "p-1", "u1", NULL);
    assert_invalid("its ADDED never came");
}
END_TEST

START_TEST(test_audit_finds_other_node)
{
    good_run();
    observation_audit(seen, "p-0", "u0", "n7");
    assert_invalid("seen bound to n1, but the API server says n7");
}
END_TEST

START_TEST(test_double_binding)
{
    good_run();
    frame("MODIFIED", "p-0", "u0", "n2", 9900);
    assert_invalid("pod p-0 was bound twice: to n1, then to n2");
}
END_TEST

START_TEST(test_node_lost)
{
    good_run();
    frame("MODIFIED", "p-0", "u0", NULL, 9900);
    assert_invalid("lost its node");
}
END_TEST

START_TEST(test_recreated_pod)
{
    good_run();
    frame("ADDED", "p-0", "u0-again", NULL, 9900);
    assert_invalid("added twice");
}
END_TEST

START_TEST(test_recreated_pod_behind_a_gap)
{
    good_run();
    frame("MODIFIED", "p-0", "u0-again", "n1", 9900);
    assert_invalid("a gap in the watch");
}
END_TEST

START_TEST(test_born_with_a_node)
{
    frame("ADDED", "p-0", "u0", "n1", 1000);
    assert_invalid("had a node when it was added");
}
END_TEST

START_TEST(test_deleted_before_bound)
{
    frame("ADDED", "p-0", "u0", NULL, 1000);
    frame("DELETED", "p-0", "u0", NULL, 2000);
    assert_invalid("deleted before it was bound");
}
END_TEST

START_TEST(test_lost_pod)
{
    int64_t latencies[2];

    frame("ADDED", "p-0", "u0", NULL, 1000);
    frame("ADDED", "p-1", "u1", NULL, 1000);
    frame("MODIFIED", "p-0", "u0", "n1", 3000);
    observation_finish(seen);
    assert_invalid("1 of 2 pods stayed unbound, the first is p-1");
    /* what was not measured is absent, not zero */
    ck_assert_uint_eq(observation_latencies(seen, latencies), 1);
}
END_TEST

START_TEST(test_pod_never_seen)
{
    frame("ADDED", "p-0", "u0", NULL, 1000);
    frame("MODIFIED", "p-0", "u0", "n1", 3000);
    observation_finish(seen);
    assert_invalid("1 of 2 pods were never seen, the first is p-1");
}
END_TEST

START_TEST(test_watch_interrupted)
{
    good_run();
    observation_interrupted(seen, "cut");
    assert_invalid("the observer's watch ended during the run: cut");
}
END_TEST

START_TEST(test_watch_goes_back)
{
    frame("ADDED", "p-0", "u0", NULL, 1000);
    version -= 2;
    frame("ADDED", "p-1", "u1", NULL, 2000);
    assert_invalid("went back from resourceVersion 101 to 100");
}
END_TEST

START_TEST(test_error_frame)
{
    feed_text("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"metadata\":{},\"message\":\"too old resource version: 1 "
              "(2)\",\"code\":410}}\n",
              1000);
    assert_invalid("the watch reported an error: too old resource version: 1 (2)");
}
END_TEST

START_TEST(test_not_json)
{
    feed_text("<html>no</html>\n", 1000);
    assert_invalid("no event: '<html>no</html>'");
}
END_TEST

START_TEST(test_bookmark_is_fine)
{
    good_run();
    feed_text("{\"type\":\"BOOKMARK\",\"object\":{\"metadata\":{\"resourceVersion\":\"900\"},\"spec\":{\"containers\":null}}}\n", 9900);
    observation_finish(seen);
    ck_assert_msg(!seen->invalid, "%s", seen->reason);
    ck_assert_uint_eq(seen->resource_version, 900);
}
END_TEST

START_TEST(test_first_reason_stays)
{
    observation_interrupted(seen, "cut");
    observation_finish(seen);
    assert_invalid("ended during the run");
}
END_TEST

/* a burst is read by looking up strings where they stand; whatever is written otherwise is parsed, and gives the same */
START_TEST(test_unusual_frames)
{
    feed_text("{ \"type\": \"ADDED\", \"object\": {\"metadata\": {\"name\": \"p-0\", \"uid\": \"u0\", \"resourceVersion\": \"5\"}}}\n",
              1000);
    feed_text("{\"type\":\"MODIFIED\",\"object\":{\"metadata\":{\"name\":\"p\\u002d0\",\"uid\":\"u0\",\"resourceVersion\":\"6\"},\"spec\":{"
              "\"a\":\"}\\\"{\",\"nodeName\":\"n\\u0031\"}}}\n",
              2000);
    ck_assert_msg(!seen->invalid, "%s", seen->reason);
    ck_assert_int_eq(seen->pods[0].added_us, 1000);
    ck_assert_int_eq(seen->pods[0].bound_us, 2000);
    ck_assert_str_eq(seen->pods[0].node, "n1");
}
END_TEST

START_TEST(test_delays_are_kept)
{
    observation_set_delay(seen, 40);
    frame("ADDED", "p-0", "u0", NULL, 1000);
    observation_set_delay(seen, 7);
    frame("MODIFIED", "p-0", "u0", "n1", 3000);
    frame("ADDED", "p-1", "u1", NULL, 4000);
    observation_set_delay(seen, 9000);
    frame("MODIFIED", "p-0", "u0", "n1", 5000);
    ck_assert_int_eq(seen->pods[0].delay_us, 40);
    ck_assert_int_eq(seen->pods[1].delay_us, 7);
}
END_TEST

/* names that only look like ours */
START_TEST(test_foreign_names)
{
    frame("MODIFIED", "p-", "u", "n1", 1000);
    frame("MODIFIED", "p-x", "u", "n1", 1000);
    frame("MODIFIED", "p-0x", "u", "n1", 1000);
    frame("MODIFIED", "p-2", "u", "n1", 1000);
    frame("MODIFIED", "p--0", "u", "n1", 1000);
    frame("MODIFIED", "p-99999999999999999999999", "u", "n1", 1000);
    ck_assert_msg(!seen->invalid, "%s", seen->reason);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("observer");
    TCase *core = tcase_create("core"), *invalid = tcase_create("invalid");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(core, setup, teardown);
    tcase_add_checked_fixture(invalid, setup, teardown);
    tcase_add_test(core, test_good_run_is_valid_and_timed);
    tcase_add_test(core, test_every_cut_gives_the_same);
    tcase_add_test(core, test_bookmark_is_fine);
    tcase_add_test(core, test_unusual_frames);
    tcase_add_test(core, test_delays_are_kept);
    tcase_add_test(core, test_foreign_names);
    tcase_add_test(invalid, test_gap_event_without_added);
    tcase_add_test(invalid, test_gap_found_by_audit);
    tcase_add_test(invalid, test_audit_finds_pod_never_added);
    tcase_add_test(invalid, test_audit_finds_other_node);
    tcase_add_test(invalid, test_double_binding);
    tcase_add_test(invalid, test_node_lost);
    tcase_add_test(invalid, test_recreated_pod);
    tcase_add_test(invalid, test_recreated_pod_behind_a_gap);
    tcase_add_test(invalid, test_born_with_a_node);
    tcase_add_test(invalid, test_deleted_before_bound);
    tcase_add_test(invalid, test_lost_pod);
    tcase_add_test(invalid, test_pod_never_seen);
    tcase_add_test(invalid, test_watch_interrupted);
    tcase_add_test(invalid, test_watch_goes_back);
    tcase_add_test(invalid, test_error_frame);
    tcase_add_test(invalid, test_not_json);
    tcase_add_test(invalid, test_first_reason_stays);
    suite_add_tcase(suite, core);
    suite_add_tcase(suite, invalid);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
