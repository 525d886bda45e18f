/* The simulator's watches: what is sent, in which order, and how a stream ends. */
#include "sim_fixture.h"

START_TEST(without_a_version_it_begins_with_what_there_is)
{
    struct sim_watch *watch;

    lab_pod("a", "", "");
    lab_pod("b", "", "");
    watch = lab_watch("/api/v1/pods?watch=true");
    ck_assert_str_eq(lab_frames(watch, true), "ADDED a@6 ADDED b@7");
    ck_assert_str_eq(lab_frames(watch, false), "");
    lab_bind("a", "n1");
    lab_delete(PODS "/b", NULL);
    ck_assert_str_eq(lab_frames(watch, true), "MODIFIED a@8 MODIFIED b@9 DELETED b@10");
    ck_assert(!sim_watch_ended(watch));
    sim_watch_close(watch);
    watch = lab_watch("/api/v1/pods?watch=1&resourceVersion=0&allowWatchBookmarks=true");
    ck_assert_str_eq(lab_frames(watch, true), "ADDED a@8 BOOKMARK@10");
    sim_watch_close(watch);
}
END_TEST

START_TEST(from_a_version_it_sends_what_came_after)
{
    struct sim_watch *watch;

    lab_pod("a", "", "");
    lab_pod("b", "", "");
    lab_bind("a", "n1");
    watch = lab_watch("/api/v1/pods?watch=true&resourceVersion=6");
    ck_assert_str_eq(lab_frames(watch, true), "ADDED b@7 MODIFIED a@8");
    sim_watch_close(watch);
    watch = lab_watch("/api/v1/namespaces/kube-system/pods?watch=true&resourceVersion=6");
    ck_assert_str_eq(lab_frames(watch, true), "");
    sim_watch_close(watch);
    watch = lab_watch("/api/v1/watch/namespaces/default/pods?resourceVersion=7");
    ck_assert_str_eq(lab_frames(watch, true), "MODIFIED a@8");
    sim_watch_close(watch);
    watch = lab_watch("/api/v1/pods?watch=true&resourceVersion=999999");
    lab_pod("c", "", "");
    sim_watch_close(watch);
}
END_TEST

START_TEST(an_event_is_the_object_with_its_kind)
{
    struct sim_watch *watch = lab_watch("/api/v1/pods?watch=true");
    char *text, expected[4096];

    lab_pod("a", "", "");
    lab_get(PODS "/a");
    snprintf(expected, sizeof expected, "{\"type\":\"ADDED\",\"object\":%.*s}\n", (int)strlen(lab.body) - 1, lab.body);
    text = lab_read(watch, 4096);
    ck_assert_str_eq(text, expected);
    free(text);
    sim_watch_close(watch);
}
END_TEST

START_TEST(what_leaves_a_selector_is_deleted_with_its_content_before)
{
    struct sim_watch *unassigned = lab_watch("/api/v1/pods?watch=true&fieldSelector=spec.nodeName=");
    struct sim_watch *assigned = lab_watch("/api/v1/pods?watch=true&fieldSelector=spec.nodeName!=");
    struct sim_watch *labelled = lab_watch("/api/v1/pods?watch=true&labelSelector=a=b");
    char *text;

    lab_pod("a", "", "");
    ck_assert_str_eq(lab_frames(unassigned, true), "ADDED a@6");
    lab_bind("a", "n1");
    text = lab_read(unassigned, 4096);
    ck_assert_ptr_nonnull(strstr(text, "{\"type\":\"DELETED\""));
    ck_assert_ptr_nonnull(strstr(text, "\"resourceVersion\":\"7\""));
    ck_assert_ptr_null(strstr(text, "nodeName"));
    free(text);
    ck_assert_str_eq(lab_frames(assigned, true), "ADDED a@7");
    lab_request("PATCH", PODS "/a", MERGE, "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}");
    lab_request("PATCH", PODS "/a", MERGE, "{\"metadata\":{\"labels\":{\"x\":\"y\"}}}");
    lab_request("PATCH", PODS "/a", MERGE, "{\"metadata\":{\"labels\":null}}");
    ck_assert_str_eq(lab_frames(labelled, true), "ADDED a@8 MODIFIED a@9 DELETED a@10");
    ck_assert_str_eq(lab_frames(unassigned, true), "");
    lab_delete(PODS "/a", "{\"gracePeriodSeconds\":0}");
    ck_assert_str_eq(lab_frames(assigned, true), "MODIFIED a@8 MODIFIED a@9 MODIFIED a@10 MODIFIED a@11 DELETED a@12");
    sim_watch_close(unassigned);
    sim_watch_close(assigned);
    sim_watch_close(labelled);
}
END_TEST

START_TEST(a_forgotten_version_is_an_error_frame)
{
    struct sim_watch *watch;
    char *text;

    lab_pod("a", "", "");
    lab_pod("b", "", "");
    sim_compact(lab.sim);
    watch = lab_watch("/api/v1/pods?watch=true&resourceVersion=6");
    text = lab_read(watch, 4096);
    ck_assert_str_eq(text,
                     "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\","
                     "\"message\":\"too old resource version: 6 (7)\",\"reason\":\"Expired\",\"code\":410}}\n");
    ck_assert(sim_watch_ended(watch));
    ck_assert(!sim_watch_torn(watch));
    free(text);
    sim_watch_close(watch);
    watch = lab_watch("/api/v1/pods?watch=true&resourceVersion=7");
    ck_assert(!sim_watch_ended(watch));
    sim_watch_close(watch);
}
END_TEST

START_TEST(the_history_has_its_length)
{
    struct sim_options options = lab_options();
    struct sim_watch *watch;

    options.history = 3;
    lab_open(options);
    for (int i = 0; i < 5; i++) {
        char name[8];

        snprintf(name, sizeof name, "p%d", i);
        lab_pod(name, "", "");
    }
    watch = lab_watch("/api/v1/pods?watch=true&resourceVersion=7");
    ck_assert_str_eq(lab_frames(watch, true), "ADDED p2@8 ADDED p3@9 ADDED p4@10");
    sim_watch_close(watch);
    watch = lab_watch("/api/v1/pods?watch=true&resourceVersion=6");
    ck_assert_str_eq(lab_frames(watch, false), "ERROR");
    sim_watch_close(watch);
}
END_TEST

START_TEST(bookmarks_come_to_those_who_ask)
{
    struct sim_watch *with = lab_watch("/api/v1/pods?watch=true&resourceVersion=5&allowWatchBookmarks=true&timeoutSeconds=200");
    struct sim_watch *without = lab_watch("/api/v1/pods?watch=true&resourceVersion=5");
    char *text;

    lab_run_ms(59000);
    ck_assert_str_eq(lab_frames(with, true), "");
    lab_pod("a", "", "");
    lab_run_ms(1000);
    ck_assert_str_eq(lab_frames(without, true), "ADDED a@6");
    ck_assert_str_eq(lab_frames(with, true), "ADDED a@6 BOOKMARK@6");
    lab_get("/api/v1/nodes");
    lab_run_ms(60000);
    text = lab_read(with, 4096);
    ck_assert_str_eq(text,
                     "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"6\"},"
                     "\"spec\":{\"containers\":null},\"status\":{}}}\n");
    free(text);
    sim_watch_close(with);
    sim_watch_close(without);
}
END_TEST

START_TEST(a_timeout_is_a_clean_end_with_a_bookmark_before)
{
    struct sim_watch *watch = lab_watch("/api/v1/pods?watch=true&resourceVersion=5&allowWatchBookmarks=true&timeoutSeconds=30");

    lab_run_ms(29999);
    ck_assert_str_eq(lab_frames(watch, true), "BOOKMARK@5");
    ck_assert(!sim_watch_ended(watch));
    lab_run_ms(1);
    ck_assert(sim_watch_ended(watch));
    ck_assert(!sim_watch_torn(watch));
    lab_pod("a", "", "");
    ck_assert_str_eq(lab_frames(watch, true), "");
    sim_watch_close(watch);
    watch = lab_watch("/api/v1/pods?watch=true&resourceVersion=6");
    lab_run_ms(29 * 60000);
    ck_assert(!sim_watch_ended(watch));
    lab_run_ms(31 * 60000);
    ck_assert(sim_watch_ended(watch));
    sim_watch_close(watch);
}
END_TEST

START_TEST(a_watch_list_ends_its_beginning_with_a_bookmark)
{
    const char *target = "/api/v1/pods?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    struct sim_watch *watch;
    char *text;

    lab_pod("a", "", "");
    watch = lab_watch(target);
    text = lab_read(watch, 4096);
    ck_assert_ptr_nonnull(strstr(text, "}\n{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{"
                                       "\"resourceVersion\":\"6\",\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}},"));
    free(text);
    lab_pod("b", "", "");
    ck_assert_str_eq(lab_frames(watch, true), "ADDED b@7");
    sim_watch_close(watch);
    watch = lab_watch("/api/v1/pods?watch=true&sendInitialEvents=false&resourceVersionMatch=NotOlderThan");
    ck_assert_str_eq(lab_frames(watch, true), "");
    sim_watch_close(watch);
    watch = lab_watch("/api/v1/pods?watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=99");
    text = lab_read(watch, 4096);
    ck_assert_ptr_nonnull(strstr(text, "{\"type\":\"ERROR\""));
    ck_assert_ptr_nonnull(strstr(text, "Timeout: Too large resource version: 99, current: 7"));
    ck_assert(sim_watch_ended(watch));
    free(text);
    sim_watch_close(watch);
}
END_TEST

START_TEST(watch_options_that_make_no_sense)
{
    ck_assert_int_eq(lab_get("/api/v1/pods?watch=1&resourceVersionMatch=NotOlderThan"), 422);
    ck_assert_int_eq(lab_get("/api/v1/pods?watch=1&sendInitialEvents=true"), 422);
    ck_assert_ptr_nonnull(strstr(lab_text("message"), "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan"));
    ck_assert_int_eq(lab_get("/api/v1/pods?watch=1&resourceVersion=x"), 400);
    ck_assert_int_eq(lab_get("/api/v1/pods?watch=1&fieldSelector=foo=x"), 400);
}
END_TEST

START_TEST(the_stream_is_the_same_however_it_is_read)
{
    struct sim_watch *whole, *bytes, *odd;
    char *a, *b, *c;

    lab_pod("a", "\"k\":\"\\u00e9\\n\"", "");
    lab_bind("a", "n1");
    whole = lab_watch("/api/v1/pods?watch=1&resourceVersion=5");
    bytes = lab_watch("/api/v1/pods?watch=1&resourceVersion=5");
    odd = lab_watch("/api/v1/pods?watch=1&resourceVersion=5");
    a = lab_read(whole, 4096);
    b = lab_read(bytes, 1);
    c = lab_read(odd, 7);
    ck_assert_str_ne(a, "");
    ck_assert_str_eq(a, b);
    ck_assert_str_eq(a, c);
    free(a);
    free(b);
    free(c);
    sim_watch_close(whole);
    sim_watch_close(bytes);
    sim_watch_close(odd);
}
END_TEST

static int calls;

static void on_ready(void *ctx)
{
    (void)ctx;
    calls++;
}

/* reads and closes the watch from inside the callback, with another request in between */
static void read_and_close(void *ctx)
{
    struct sim_watch **watch = ctx;

    free(lab_read(*watch, 4096));
    sim_watch_close(*watch);
    *watch = NULL;
    lab_get("/api/v1/nodes");
}

START_TEST(ready_is_called_when_there_is_something)
{
    struct sim_watch *watch = lab_watch("/api/v1/pods?watch=1&resourceVersion=5"),
                     *other = lab_watch("/api/v1/pods?watch=1&resourceVersion=5");

    calls = 0;
    sim_watch_on_ready(watch, on_ready, NULL);
    lab_get("/api/v1/pods");
    ck_assert_int_eq(calls, 0);
    sim_watch_on_ready(other, read_and_close, &other);
    lab_pod("a", "", "");
    ck_assert_int_eq(calls, 1);
    ck_assert_ptr_null(other);
    free(lab_read(watch, 4096));
    ck_assert_int_eq(calls, 1);
    lab_bind("a", "n1");
    ck_assert_int_eq(calls, 2);
    sim_close_watches(lab.sim);
    ck_assert_int_eq(calls, 3);
    ck_assert_str_eq(lab_frames(watch, false), "MODIFIED a");
    ck_assert(sim_watch_ended(watch));
    sim_watch_close(watch);
}
END_TEST

START_TEST(a_watch_outlives_its_cluster)
{
    struct sim_watch *watch = lab_watch("/api/v1/pods?watch=1");

    lab_pod("a", "", "");
    sim_free(lab.sim);
    lab.sim = NULL;
    ck_assert(sim_watch_ended(watch));
    ck_assert_str_eq(lab_frames(watch, false), "");
    sim_watch_close(watch);
}
END_TEST

START_TEST(metadata_and_tables)
{
    struct sim_watch *watch;
    char *text, *second;

    lab_pod("a", "", "");
    lab_pod("b", "", "");
    lab.accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    watch = lab_watch("/api/v1/pods?watch=1&allowWatchBookmarks=1");
    text = lab_read(watch, 4096);
    ck_assert_ptr_nonnull(
        strstr(text, "{\"type\":\"ADDED\",\"object\":{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\","));
    ck_assert_ptr_nonnull(strstr(text, "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"PartialObjectMetadata\""));
    ck_assert_ptr_null(strstr(text, "\"spec\""));
    free(text);
    sim_watch_close(watch);
    lab.accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    watch = lab_watch("/api/v1/pods?watch=1&allowWatchBookmarks=1");
    text = lab_read(watch, 4096);
    second = strchr(text, '\n') + 1;
    ck_assert_ptr_nonnull(strstr(text, "\"columnDefinitions\":[{"));
    ck_assert_ptr_null(strstr(second, "\"columnDefinitions\":[{"));
    ck_assert_ptr_nonnull(strstr(second, "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Table\""));
    free(text);
    sim_watch_close(watch);
}
END_TEST

static struct sim_watch *faulty(const char *what, const char *target)
{
    struct error err = ERROR_INIT;
    char plan[256];

    snprintf(plan, sizeof plan, "[{\"verb\":\"watch\",\"resource\":\"pods\",\"count\":1,\"do\":{%s}}]", what);
    ck_assert_msg(sim_set_faults(lab.sim, plan, &err) == 0, "%s", err.text);
    return lab_watch(target);
}

static void three_pods(void)
{
    lab_pod("a", "", "");
    lab_pod("b", "", "");
    lab_pod("c", "", "");
}

START_TEST(faults_that_end_a_stream)
{
    struct sim_watch *watch;
    char *text;

    three_pods();
    watch = faulty("\"watch_close\":true,\"watch_after\":2", "/api/v1/pods?watch=1");
    ck_assert_str_eq(lab_frames(watch, false), "ADDED a ADDED b");
    ck_assert(sim_watch_ended(watch) && !sim_watch_torn(watch));
    sim_watch_close(watch);
    watch = faulty("\"watch_gone\":true,\"watch_after\":1", "/api/v1/pods?watch=1");
    ck_assert_str_eq(lab_frames(watch, false), "ADDED a ERROR");
    ck_assert(sim_watch_ended(watch) && !sim_watch_torn(watch));
    sim_watch_close(watch);
    watch = faulty("\"watch_close\":true", "/api/v1/pods?watch=1");
    ck_assert_str_eq(lab_frames(watch, false), "");
    ck_assert(sim_watch_ended(watch));
    sim_watch_close(watch);
    watch = faulty("\"watch_cut\":true,\"watch_after\":1", "/api/v1/pods?watch=1");
    text = lab_read(watch, 4096);
    ck_assert_ptr_nonnull(strchr(text, '\n'));
    ck_assert_ptr_nonnull(strstr(strchr(text, '\n'), "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Pod\""));
    ck_assert_ptr_null(strchr(strchr(text, '\n') + 1, '\n'));
    ck_assert(sim_watch_ended(watch) && sim_watch_torn(watch));
    free(text);
    sim_watch_close(watch);
}
END_TEST

START_TEST(faults_that_repeat_and_swap)
{
    struct sim_watch *watch;

    three_pods();
    watch = faulty("\"duplicate\":true", "/api/v1/pods?watch=1");
    ck_assert_str_eq(lab_frames(watch, false), "ADDED a ADDED a ADDED b ADDED b ADDED c ADDED c");
    lab_bind("a", "n1");
    ck_assert_str_eq(lab_frames(watch, false), "MODIFIED a MODIFIED a");
    sim_watch_close(watch);
    watch = faulty("\"reorder\":true", "/api/v1/pods?watch=1");
    ck_assert_str_eq(lab_frames(watch, false), "ADDED b ADDED a ADDED c");
    sim_watch_close(watch);
}
END_TEST

/* however objects come and go, the stream of changes builds what a list shows */
START_TEST(a_watch_and_a_list_agree)
{
    struct sim_watch *watch = lab_watch("/api/v1/pods?watch=1&fieldSelector=spec.nodeName=");
    bool there[16] = {false};
    unsigned random = 99;

    for (int i = 0; i < 300; i++) {
        char name[8], target[64], expected[256] = "", *text, *line, *next;

        random = random * 1103515245u + 12345u;
        snprintf(name, sizeof name, "p%02u", random >> 16 & 15);
        snprintf(target, sizeof target, PODS "/%s", name);
        if (lab_get(target) == 404)
            lab_pod(name, "", "");
        else if (random >> 28 & 1)
            lab_bind(name, "n1");
        else
            lab_delete(target, "{\"gracePeriodSeconds\":0}");
        text = lab_read(watch, 4096);
        for (line = text; (next = strchr(line, '\n')); line = next + 1)
            there[atoi(strstr(line, "\"name\":\"p") + 9)] = strncmp(line, "{\"type\":\"DELETED\"", 17) != 0;
        free(text);
        for (int p = 0; p < 16; p++)
            if (there[p])
                snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "%sp%02d", *expected ? " " : "", p);
        lab_get("/api/v1/pods?fieldSelector=spec.nodeName=");
        ck_assert_str_eq(lab_names(), expected);
    }
    sim_watch_close(watch);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_watch");

    LAB_CASE(suite, "events", without_a_version_it_begins_with_what_there_is, from_a_version_it_sends_what_came_after,
             an_event_is_the_object_with_its_kind, what_leaves_a_selector_is_deleted_with_its_content_before,
             a_forgotten_version_is_an_error_frame, the_history_has_its_length, a_watch_and_a_list_agree);
    LAB_CASE(suite, "bookmarks and ends", bookmarks_come_to_those_who_ask, a_timeout_is_a_clean_end_with_a_bookmark_before,
             a_watch_list_ends_its_beginning_with_a_bookmark, watch_options_that_make_no_sense);
    LAB_CASE(suite, "reading", the_stream_is_the_same_however_it_is_read, ready_is_called_when_there_is_something,
             a_watch_outlives_its_cluster, metadata_and_tables);
    LAB_CASE(suite, "faults", faults_that_end_a_stream, faults_that_repeat_and_swap);
    return lab_run_suite(suite);
}
