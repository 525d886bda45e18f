/*
 * test_load.c: what the API server's counters and a scheduler's own say, told apart by kind, less what the tools asked themselves.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "compare/client_metrics.h"
#include "compare/load.h"

/* lines as kube-apiserver 1.34 writes them */
static const char page[] = "# TYPE apiserver_request_total counter\n"
                           "apiserver_request_total{code=\"200\",component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"pods\",scope="
                           "\"cluster\",subresource=\"\",verb=\"LIST\",version=\"v1\"} 7\n"
                           "apiserver_request_total{code=\"410\",component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"pods\",scope="
                           "\"cluster\",subresource=\"\",verb=\"LIST\",version=\"v1\"} 2\n"
                           "apiserver_request_total{code=\"200\",component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"nodes\",scope="
                           "\"cluster\",subresource=\"\",verb=\"WATCH\",version=\"v1\"} 3\n"
                           "apiserver_request_total{code=\"201\",component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"pods\",scope="
                           "\"resource\",subresource=\"binding\",verb=\"POST\",version=\"v1\"} 1.5e+03\n"
                           "apiserver_request_total{code=\"409\",component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"pods\",scope="
                           "\"resource\",subresource=\"binding\",verb=\"POST\",version=\"v1\"} 7\n"
                           "apiserver_request_total{code=\"201\",component=\"apiserver\",dry_run=\"\",group=\"events.k8s.io\",resource="
                           "\"events\",scope=\"resource\",subresource=\"\",verb=\"POST\",version=\"v1\"} 11\n"
                           "apiserver_request_total{code=\"200\",component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"pods\",scope="
                           "\"resource\",subresource=\"status\",verb=\"PATCH\",version=\"v1\"} 4\n"
                           "apiserver_request_total{code=\"201\",component=\"apiserver\",dry_run=\"\",group=\"\",resource=\"pods\",scope="
                           "\"resource\",subresource=\"\",verb=\"POST\",version=\"v1\"} 20\n"
                           "apiserver_request_total{code=\"200\",component=\"apiserver\",dry_run=\"\",group=\"apps\",resource="
                           "\"deployments\",scope=\"cluster\",subresource=\"\",verb=\"LIST\",version=\"v1\"} 99\n";

START_TEST(test_metrics_by_kind)
{
    struct error err = ERROR_INIT;
    struct load load;

    ck_assert_int_eq(load_parse_metrics(page, &load, &err), 0);
    ck_assert_int_eq(load.count[LOAD_PODS_LIST], 9);
    ck_assert_int_eq(load.count[LOAD_NODES_LIST], 0);
    ck_assert_int_eq(load.count[LOAD_NODES_WATCH], 3);
    ck_assert_int_eq(load_watches(&load), 3);
    ck_assert_int_eq(load.count[LOAD_BIND], 1507);
    ck_assert_int_eq(load.count[LOAD_BIND_REFUSED], 7);
    ck_assert_int_eq(load.count[LOAD_EVENTS], 11);
    ck_assert_int_eq(load.count[LOAD_STATUS], 4);
    ck_assert_int_eq(load.count[LOAD_PODS_CREATE], 20);
    ck_assert_int_eq(load_sum(&load), 9 + 3 + 1507 + 11 + 4);
}
END_TEST

/* a watch moves from one metric to the other when it ends: the sum of both does not change */
START_TEST(test_open_watches_count)
{
    const char *text = "apiserver_longrunning_requests{component=\"apiserver\",group=\"\",resource=\"pods\",scope=\"cluster\",subresource="
                       "\"\",verb=\"WATCH\",version=\"v1\"} 2\n"
                       "apiserver_longrunning_requests{component=\"apiserver\",group=\"\",resource=\"pods\",scope=\"cluster\",subresource="
                       "\"exec\",verb=\"CONNECT\",version=\"v1\"} 4\n"
                       "apiserver_request_total{resource=\"nodes\",subresource=\"\",verb=\"WATCH\"} 3\n";
    struct error err = ERROR_INIT;
    struct load load;

    ck_assert_int_eq(load_parse_metrics(text, &load, &err), 0);
    ck_assert_int_eq(load.count[LOAD_PODS_WATCH], 2);
    ck_assert_int_eq(load.count[LOAD_NODES_WATCH], 3);
    ck_assert_int_eq(load_sum(&load), 5);
}
END_TEST

START_TEST(test_no_counter_is_no_zero)
{
    struct error err = ERROR_INIT;
    struct load load = {{5}};

    ck_assert_int_eq(load_parse_metrics("# HELP up\nup 1\n", &load, &err), -1);
    ck_assert_int_eq(load_parse_metrics(NULL, &load, &err), -1);
    ck_assert_int_eq(load.count[0], 5);
}
END_TEST

START_TEST(test_own_requests_by_target)
{
    struct load own = {{0}};

    load_count_request(&own, "GET", "/api/v1/namespaces/x/pods?limit=1");
    load_count_request(&own, "GET", "/api/v1/pods?watch=true");
    load_count_request(&own, "GET", "/api/v1/namespaces/x/pods/p");
    load_count_request(&own, "POST", "/api/v1/namespaces/x/pods");
    load_count_request(&own, "POST", "/api/v1/namespaces/x/pods/p/binding");
    load_count_request(&own, "DELETE", "/api/v1/namespaces/x/pods/p");
    load_count_request(&own, "GET", "/api/v1/nodes");
    load_count_request(&own, "POST", "/api/v1/nodes");
    load_count_request(&own, "POST", "/api/v1/namespaces");
    load_count_request(&own, "DELETE", "/api/v1/namespaces/pods");
    load_count_request(&own, "GET", "/metrics");
    ck_assert_int_eq(own.count[LOAD_PODS_LIST], 1);
    ck_assert_int_eq(own.count[LOAD_PODS_WATCH], 1);
    ck_assert_int_eq(own.count[LOAD_PODS_GET], 1);
    ck_assert_int_eq(own.count[LOAD_PODS_CREATE], 1);
    ck_assert_int_eq(own.count[LOAD_BIND], 1);
    ck_assert_int_eq(own.count[LOAD_PODS_DELETE], 1);
    ck_assert_int_eq(own.count[LOAD_NODES_LIST], 1);
    ck_assert_int_eq(own.count[LOAD_NODES_OTHER], 1);
}
END_TEST

START_TEST(test_between_takes_own_off)
{
    struct load before = {{10, 20}}, after = {{15, 20}}, own_before = {{1, 0}}, own_after = {{3, 0}}, out;

    ck_assert(load_between(&before, &after, &own_before, &own_after, &out));
    ck_assert_int_eq(out.count[0], 3);
    ck_assert_int_eq(out.count[1], 0);
    /* a server that was restarted counts from zero again */
    ck_assert(!load_between(&after, &before, &own_before, &own_after, &out));
}
END_TEST

START_TEST(test_client_metrics)
{
    struct client_metrics read = client_metrics_parse("# HELP rest_client_requests_total x\n"
                                                      "rest_client_requests_total{code=\"201\",host=\"h:1\",method=\"POST\"} 30\n"
                                                      "rest_client_requests_total{code=\"200\",host=\"h:1\",method=\"GET\"} 2\n"
                                                      "rest_client_request_size_bytes_sum{host=\"h:1\",verb=\"POST\"} 6000\n"
                                                      "rest_client_request_size_bytes_count{host=\"h:1\",verb=\"POST\"} 30\n");

    ck_assert_int_eq(read.requests, 32);
    ck_assert_int_eq(read.bytes_out, 6000);
    ck_assert_int_eq(read.bytes_in, -1);
    ck_assert_int_eq(client_metrics_parse(NULL).requests, -1);
}
END_TEST

/* what a watch brings is on the bill; a client that does not count it has no figure, rather than one that is too small */
START_TEST(test_client_bytes_of_streams)
{
    const char *answers = "rest_client_response_size_bytes_sum{host=\"h:1\",verb=\"GET\"} 500\n";
    char text[512];

    ck_assert_int_eq(client_metrics_parse(answers).bytes_in, -1);
    snprintf(text, sizeof text, "# HELP lab_stream_received_bytes_total x\n%s", answers);
    ck_assert_int_eq(client_metrics_parse(text).bytes_in, 500);
    snprintf(text, sizeof text, "lab_stream_received_bytes_total{host=\"h:1\",verb=\"GET\"} 70\n%s", answers);
    ck_assert_int_eq(client_metrics_parse(text).bytes_in, 570);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("load");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_test(core, test_metrics_by_kind);
    tcase_add_test(core, test_open_watches_count);
    tcase_add_test(core, test_no_counter_is_no_zero);
    tcase_add_test(core, test_own_requests_by_target);
    tcase_add_test(core, test_between_takes_own_off);
    tcase_add_test(core, test_client_metrics);
    tcase_add_test(core, test_client_bytes_of_streams);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
