/*
 * test_sim_counters.c: the request counters and their page.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/counters.h"

static struct counters *counters;
static struct buffer page;

static void setup(void)
{
    struct error err = ERROR_INIT;

    counters = counters_new(&err);
    ck_assert_ptr_nonnull(counters);
    buffer_init(&page, 1 << 20);
}

static void teardown(void)
{
    counters_free(counters);
    buffer_free(&page);
}

static void render(void)
{
    struct error err = ERROR_INIT;

    buffer_clear(&page);
    ck_assert_msg(counters_render(counters, &page, &err) == 0, "%s", err.text);
}

static void expect_line(const char *line)
{
    const char *at = strstr(page.data, line);

    ck_assert_msg(at && (at == page.data || at[-1] == '\n') && at[strlen(line)] == '\n', "no line\n%s\nin\n%s", line, page.data);
}

START_TEST(test_bind_as_kube_apiserver_prints_it)
{
    for (int i = 0; i < 3; i++)
        counters_request(counters, "create", "", "v1", "pods", "binding", "resource", 201, 2000);
    counters_request(counters, "create", "", "v1", "pods", "binding", "resource", 409, 2000);
    render();
    expect_line("# TYPE apiserver_request_total counter");
    expect_line("apiserver_request_total{code=\"201\",component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"pods\",scope=\"resource\","
                "subresource=\"binding\",verb=\"POST\",version=\"v1\"} 3");
    expect_line("apiserver_request_total{code=\"409\",component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"pods\",scope=\"resource\","
                "subresource=\"binding\",verb=\"POST\",version=\"v1\"} 1");
}
END_TEST

START_TEST(test_verbs)
{
    static const char *const verbs[][2] = {
        {"get", "GET"},    {"list", "LIST"},   {"watch", "WATCH"},   {"create", "POST"},
        {"update", "PUT"}, {"patch", "PATCH"}, {"delete", "DELETE"}, {"deletecollection", "DELETECOLLECTION"}};
    char line[64];

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        counters_request(counters, verbs[i][0], "", "v1", "nodes", NULL, "cluster", 200, 10);
        render();
        snprintf(line, sizeof line, "verb=\"%s\",version=\"v1\"} 1", verbs[i][1]);
        ck_assert_ptr_nonnull(strstr(page.data, line));
    }
}
END_TEST

START_TEST(test_duration_buckets)
{
    counters_request(counters, "list", "", "v1", "pods", "", "cluster", 200, 1000);
    counters_request(counters, "list", "", "v1", "pods", "", "cluster", 200, 30000);
    counters_request(counters, "list", "", "v1", "pods", "", "cluster", 500, 9000000);
    render();
#define SERIES                                                                                                                             \
    "component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"pods\",scope=\"cluster\",subresource=\"\",verb=\"LIST\",version=\"v1\""
    expect_line("apiserver_request_duration_seconds_bucket{" SERIES ",le=\"0.001\"} 1");
    expect_line("apiserver_request_duration_seconds_bucket{" SERIES ",le=\"0.025\"} 1");
    expect_line("apiserver_request_duration_seconds_bucket{" SERIES ",le=\"0.1\"} 2");
    expect_line("apiserver_request_duration_seconds_bucket{" SERIES ",le=\"5\"} 2");
    expect_line("apiserver_request_duration_seconds_bucket{" SERIES ",le=\"+Inf\"} 3");
    expect_line("apiserver_request_duration_seconds_sum{" SERIES "} 9.031000");
    expect_line("apiserver_request_duration_seconds_count{" SERIES "} 3");
}
END_TEST

START_TEST(test_longrunning_goes_up_and_down)
{
    counters_longrunning(counters, "watch", "", "v1", "pods", "", "cluster", 1);
    counters_longrunning(counters, "watch", "", "v1", "pods", "", "cluster", 1);
    counters_longrunning(counters, "watch", "", "v1", "pods", "", "cluster", -1);
    render();
    expect_line("apiserver_longrunning_requests{component=\"apiserver\",group=\"\",resource=\"pods\",scope=\"cluster\",subresource=\"\","
                "verb=\"WATCH\",version=\"v1\"} 1");
}
END_TEST

START_TEST(test_labels_are_escaped)
{
    counters_request(counters, "get", NULL, NULL, NULL, "/a\"b\\c\nd", "", 404, 1);
    render();
    ck_assert_ptr_nonnull(strstr(page.data, "subresource=\"/a\\\"b\\\\c\\nd\""));
}
END_TEST

START_TEST(test_many_series_stay_apart_and_sorted)
{
    char name[16], line[256];
    const char *before = NULL;

    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 500; i++) {
            snprintf(name, sizeof name, "r%03d", 499 - i);
            counters_request(counters, "get", "", "v1", name, "", "resource", 200, 1);
        }
    render();
    for (int i = 0; i < 500; i++) {
        const char *at;

        snprintf(
            line, sizeof line,
            "apiserver_request_total{code=\"200\",component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"r%03d\",scope=\"resource\","
            "subresource=\"\",verb=\"GET\",version=\"v1\"} 2",
            i);
        expect_line(line);
        at = strstr(page.data, line);
        ck_assert(!before || before < at);
        before = at;
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_counters");
    TCase *tc = tcase_create("page");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, test_bind_as_kube_apiserver_prints_it);
    tcase_add_test(tc, test_verbs);
    tcase_add_test(tc, test_duration_buckets);
    tcase_add_test(tc, test_longrunning_goes_up_and_down);
    tcase_add_test(tc, test_labels_are_escaped);
    tcase_add_test(tc, test_many_series_stay_apart_and_sorted);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
