/*
 * test_sim_table.c: Tables: when one is wanted, ages, and the cells of each kind.
 */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "simulator/table.h"

static int64_t now_us(void)
{
    int64_t now;

    ck_assert_int_eq(clock_parse_rfc3339("2026-11-22T08:01:40Z", &now), 0);
    return now;
}

START_TEST(test_accept_header)
{
    ck_assert(
        table_wanted("application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"));
    ck_assert(table_wanted("application/json;as=Table;g=meta.k8s.io;v=v1"));
    ck_assert(table_wanted("application/vnd.kubernetes.protobuf, application/json;as=Table;v=v1;g=meta.k8s.io"));
    ck_assert(!table_wanted("application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json"));
    ck_assert(!table_wanted("application/json,application/json;as=Table;v=v1;g=meta.k8s.io"));
    ck_assert(!table_wanted("*/*,application/json;as=Table;v=v1;g=meta.k8s.io"));
    ck_assert(!table_wanted("application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"));
    ck_assert(!table_wanted("text/html"));
    ck_assert(!table_wanted(""));
    ck_assert(!table_wanted(NULL));
}
END_TEST

static const struct {
    int64_t seconds;
    const char *text;
} ages[] = {
    {-2, "<invalid>"},     {-1, "0s"},        {0, "0s"},         {119, "119s"},      {120, "2m"},      {150, "2m30s"},
    {599, "9m59s"},        {600, "10m"},      {659, "10m"},      {10799, "179m"},    {10800, "3h"},    {11400, "3h10m"},
    {28799, "7h59m"},      {28800, "8h"},     {28860, "8h"},     {172799, "47h"},    {172800, "2d"},   {187200, "2d4h"},
    {691199, "7d23h"},     {691200, "8d"},    {694800, "8d"},    {63071999, "729d"}, {63072000, "2y"}, {63158400, "2y1d"},
    {252287999, "7y364d"}, {252288000, "8y"}, {252374400, "8y"}, {630720000, "20y"},
};

START_TEST(test_human_duration)
{
    char text[24];

    table_human_duration(ages[_i].seconds * 1000000, text);
    ck_assert_str_eq(text, ages[_i].text);
}
END_TEST

static json_t *render(const char *resource, const char *object)
{
    struct error err = ERROR_INIT;
    struct buffer out;
    json_t *table;

    buffer_init(&out, 1 << 20);
    ck_assert_msg(table_render(resource, &object, 1, NULL, true, NULL, now_us(), &out, &err) == 0, "%s", err.text);
    table = json_loads(out.data, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(table != NULL, "%s", out.data);
    buffer_free(&out);
    return table;
}

/* all cells of the first row, each followed by a bar */
static void expect_cells(const char *resource, const char *object, const char *expected)
{
    json_t *table = render(resource, object), *cell;
    char text[1024] = "";
    size_t i;

    json_array_foreach(json_object_get(json_array_get(json_object_get(table, "rows"), 0), "cells"), i, cell)
    {
        char *value = json_is_string(cell) ? strdup(json_string_value(cell)) : json_dumps(cell, JSON_ENCODE_ANY);

        strcat(strcat(text, value), "|");
        free(value);
    }
    ck_assert_str_eq(text, expected);
    ck_assert_uint_eq(json_array_size(json_object_get(table, "columnDefinitions")), i);
    json_decref(table);
}

#define META "\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2026-11-22T08:00:00Z\"}"
#define GONE "\"metadata\":{\"name\":\"p\",\"creationTimestamp\":\"2026-11-22T08:00:00Z\",\"deletionTimestamp\":\"2026-11-22T08:01:00Z\"}"
#define ONE "\"spec\":{\"containers\":[{\"name\":\"c\"}]}"
#define BOUND "\"spec\":{\"containers\":[{\"name\":\"c\"}],\"nodeName\":\"n1\"}"

static const struct {
    const char *object, *cells;
} pods[] = {
    {"{" META "," ONE ",\"status\":{\"phase\":\"Pending\"}}", "p|0/1|Pending|0|100s|<none>|<none>|<none>|<none>|"},
    {"{" META "," BOUND
     ",\"status\":{\"phase\":\"Pending\",\"nominatedNodeName\":\"n2\",\"containerStatuses\":[{\"name\":\"c\",\"state\":{\"waiting\":{"
     "\"reason\":\"ContainerCreating\"}}}]}}",
     "p|0/1|ContainerCreating|0|100s|<none>|n1|n2|<none>|"},
    {"{" META "," BOUND
     ",\"status\":{\"phase\":\"Running\",\"podIPs\":[{\"ip\":\"10.244.0.7\"}],\"containerStatuses\":[{\"name\":\"c\",\"ready\":true,"
     "\"restartCount\":0,\"state\":{\"running\":{}}}]}}",
     "p|1/1|Running|0|100s|10.244.0.7|n1|<none>|<none>|"},
    {"{" META "," BOUND
     ",\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"c\",\"ready\":false,\"restartCount\":3,\"state\":{"
     "\"waiting\":{\"reason\":\"CrashLoopBackOff\"}},\"lastState\":{\"terminated\":{\"finishedAt\":\"2026-11-22T08:01:30Z\"}}}]}}",
     "p|0/1|CrashLoopBackOff|3 (10s ago)|100s|<none>|n1|<none>|<none>|"},
    {"{" GONE "," BOUND
     ",\"status\":{\"phase\":\"Running\",\"containerStatuses\":[{\"name\":\"c\",\"ready\":true,\"state\":{\"running\":{}}}]}}",
     "p|1/1|Terminating|0|100s|<none>|n1|<none>|<none>|"},
    {"{" GONE "," BOUND ",\"status\":{\"phase\":\"Failed\",\"reason\":\"Evicted\"}}", "p|0/1|Evicted|0|100s|<none>|n1|<none>|<none>|"},
    {"{" GONE "," BOUND ",\"status\":{\"phase\":\"Running\",\"reason\":\"NodeLost\"}}", "p|0/1|Unknown|0|100s|<none>|n1|<none>|<none>|"},
    {"{" META "," ONE ",\"status\":{\"phase\":\"Pending\",\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"False\",\"reason\":"
     "\"SchedulingGated\"}]}}",
     "p|0/1|SchedulingGated|0|100s|<none>|<none>|<none>|<none>|"},
    {"{" META "," BOUND
     ",\"status\":{\"phase\":\"Succeeded\",\"containerStatuses\":[{\"name\":\"c\",\"state\":{\"terminated\":{\"reason\":\"Completed\","
     "\"exitCode\":0}}}]}}",
     "p|0/1|Completed|0|100s|<none>|n1|<none>|<none>|"},
    {"{" META "," BOUND
     ",\"status\":{\"phase\":\"Failed\",\"containerStatuses\":[{\"name\":\"c\",\"state\":{\"terminated\":{\"exitCode\":2}}}]}}",
     "p|0/1|ExitCode:2|0|100s|<none>|n1|<none>|<none>|"},
    {"{" META ",\"spec\":{\"containers\":[{\"name\":\"c\"}],\"initContainers\":[{\"name\":\"i\"},{\"name\":\"j\"}]},\"status\":{\"phase\":"
     "\"Pending\","
     "\"initContainerStatuses\":[{\"name\":\"i\",\"restartCount\":1,\"state\":{\"terminated\":{\"exitCode\":0}}},{\"name\":\"j\",\"state\":"
     "{\"running\":{}}}]}}",
     "p|0/1|Init:1/2|1|100s|<none>|<none>|<none>|<none>|"},
    {"{" META ",\"spec\":{\"containers\":[{\"name\":\"c\"}],\"initContainers\":[{\"name\":\"s\",\"restartPolicy\":\"Always\"}]},\"status\":"
     "{\"phase\":"
     "\"Running\",\"initContainerStatuses\":[{\"name\":\"s\",\"started\":true,\"ready\":true,\"restartCount\":2,\"state\":{\"running\":{}}}"
     "],"
     "\"containerStatuses\":[{\"name\":\"c\",\"ready\":true,\"state\":{\"running\":{}}}]}}",
     "p|2/2|Running|2|100s|<none>|<none>|<none>|<none>|"},
    {"{" META ",\"spec\":{\"containers\":[{\"name\":\"c\"}],\"readinessGates\":[{\"conditionType\":\"a\"},{\"conditionType\":\"b\"}]},"
     "\"status\":{\"phase\":"
     "\"Pending\",\"conditions\":[{\"type\":\"b\",\"status\":\"True\"}]}}",
     "p|0/1|Pending|0|100s|<none>|<none>|<none>|1/2|"},
};

START_TEST(test_pod_cells)
{
    expect_cells("pods", pods[_i].object, pods[_i].cells);
}
END_TEST

static const struct {
    const char *resource, *object, *cells;
} others[] = {
    {"nodes",
     "{\"metadata\":{\"name\":\"n\",\"creationTimestamp\":\"2026-11-22T08:00:00Z\",\"labels\":{\"node-role.kubernetes.io/"
     "worker\":\"\",\"kubernetes.io/role\":\"b\","
     "\"node-role.kubernetes.io/"
     "b\":\"\"}},\"spec\":{\"unschedulable\":true},\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\"}],"
     "\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"172.18.0.2\"}],\"nodeInfo\":{\"kubeletVersion\":\"v1.34.0\",\"osImage\":"
     "\"Debian\"}}}",
     "n|NotReady,SchedulingDisabled|b,worker|100s|v1.34.0|172.18.0.2|<none>|Debian|<unknown>|<unknown>|"},
    {"nodes", "{\"metadata\":{\"name\":\"n\"},\"status\":{\"nodeInfo\":{}}}",
     "n|Unknown|<none>|<unknown>||<none>|<none>|<unknown>|<unknown>|<unknown>|"},
    {"namespaces", "{" META ",\"status\":{\"phase\":\"Active\"}}", "p|Active|100s|"},
    {"leases.coordination.k8s.io", "{" META ",\"spec\":{\"holderIdentity\":\"me\"}}", "p|me|100s|"},
    {"configmaps", "{" META ",\"data\":{\"a\":\"1\",\"b\":\"2\"},\"binaryData\":{\"c\":\"\"}}", "p|3|100s|"},
    {"serviceaccounts", "{" META "}", "p|0|100s|"},
    {"bindings", "{" META "}", "p|2026-11-22T08:00:00Z|"},
    {"events",
     "{" META ",\"involvedObject\":{\"kind\":\"Pod\",\"name\":\"x\",\"fieldPath\":\"spec\"},\"reason\":\"Scheduled\",\"message\":\" "
     "done\\n\",\"type\":\"Normal\","
     "\"source\":{\"component\":\"s\",\"host\":\"h\"},\"firstTimestamp\":\"2026-11-22T08:01:00Z\",\"lastTimestamp\":\"2026-11-22T08:01:"
     "30Z\",\"count\":4}",
     "10s|Normal|Scheduled|pod/x|spec|s, h|done|40s|4|p|"},
    {"events",
     "{" META ",\"involvedObject\":{\"kind\":\"Node\"},\"reason\":\"R\",\"message\":\"m\",\"type\":\"Warning\",\"eventTime\":\"2026-11-"
     "22T08:01:00.500000Z\","
     "\"reportingComponent\":\"c\",\"reportingInstance\":\"i\",\"firstTimestamp\":null}",
     "39s|Warning|R|node||c, i|m|39s|1|p|"},
    {"events.events.k8s.io",
     "{" META ",\"regarding\":{\"kind\":\"Pod\",\"name\":\"x\"},\"reason\":\"R\",\"note\":\"n\",\"type\":\"Normal\",\"eventTime\":\"2026-"
     "11-22T08:01:00.000000Z\","
     "\"reportingController\":\"c\",\"series\":{\"count\":3,\"lastObservedTime\":\"2026-11-22T08:01:39.000000Z\"}}",
     "1s|Normal|R|pod/x||c|n|40s|3|p|"},
};

START_TEST(test_other_cells)
{
    expect_cells(others[_i].resource, others[_i].object, others[_i].cells);
}
END_TEST

START_TEST(test_wide_columns_have_priority)
{
    json_t *table = render("pods", pods[0].object), *columns = json_object_get(table, "columnDefinitions");

    for (size_t i = 0; i < 9; i++)
        ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(columns, i), "priority")), i >= 5);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(columns, 7), "name")), "Nominated Node");
    json_decref(table);
}
END_TEST

START_TEST(test_metadata_columns_and_objects)
{
    const char *objects[] = {"{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"5\"}}",
                             "{\"metadata\":{\"name\":\"b\",\"resourceVersion\":\"6\"}}"};
    struct error err = ERROR_INIT;
    struct buffer out;

    buffer_init(&out, 1 << 20);
    ck_assert_int_eq(table_render("bindings", objects, 2, NULL, false, "None", 0, &out, &err), 0);
    ck_assert_str_eq(
        out.data,
        "{\"kind\":\"Table\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{\"resourceVersion\":\"6\"},\"columnDefinitions\":null,"
        "\"rows\":[{\"cells\":[\"a\",\"\"],\"object\":null},{\"cells\":[\"b\",\"\"],\"object\":null}]}");
    buffer_clear(&out);
    ck_assert_int_eq(table_render("bindings", objects, 1, "{\"continue\":\"x\"}", false, "Object", 0, &out, &err), 0);
    ck_assert_ptr_nonnull(strstr(out.data, "\"metadata\":{\"continue\":\"x\"}"));
    ck_assert_ptr_nonnull(strstr(out.data, "\"object\":{\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"5\"}}}"));
    buffer_clear(&out);
    ck_assert_int_eq(table_render("bindings", objects, 1, NULL, false, NULL, 0, &out, &err), 0);
    ck_assert_ptr_nonnull(
        strstr(out.data, "\"object\":{\"kind\":\"PartialObjectMetadata\",\"apiVersion\":\"meta.k8s.io/v1\",\"metadata\":{\"name\":\"a\","));
    buffer_clear(&out);
    ck_assert_int_eq(table_render("bindings", NULL, 0, NULL, false, NULL, 0, &out, &err), 0);
    ck_assert_ptr_nonnull(strstr(out.data, "\"rows\":[]}"));
    buffer_free(&out);
}
END_TEST

START_TEST(test_failure_leaves_the_buffer_as_it_was)
{
    const char *object = "{\"metadata\":{\"name\":\"a\"}}", *broken = "{";
    struct error err = ERROR_INIT;
    struct buffer out;

    buffer_init(&out, 4000);
    ck_assert_int_eq(buffer_add_string(&out, "before", &err), 0);
    ck_assert_int_eq(table_render("pods", &broken, 1, "{}", true, NULL, 0, &out, &err), -1);
    ck_assert_str_eq(out.data, "before");
    out.max = 200;
    ck_assert_int_eq(table_render("pods", &object, 1, NULL, true, NULL, 0, &out, &err), -1);
    ck_assert_str_eq(out.data, "before");
    buffer_free(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_table");
    TCase *tc = tcase_create("table");
    SRunner *runner;
    int failed;

    tcase_add_test(tc, test_accept_header);
    tcase_add_loop_test(tc, test_human_duration, 0, (int)(sizeof ages / sizeof ages[0]));
    tcase_add_loop_test(tc, test_pod_cells, 0, (int)(sizeof pods / sizeof pods[0]));
    tcase_add_loop_test(tc, test_other_cells, 0, (int)(sizeof others / sizeof others[0]));
    tcase_add_test(tc, test_wide_columns_have_priority);
    tcase_add_test(tc, test_metadata_columns_and_objects);
    tcase_add_test(tc, test_failure_leaves_the_buffer_as_it_was);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
