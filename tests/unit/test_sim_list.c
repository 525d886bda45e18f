/* The simulator's lists: pages, resourceVersions, selectors. */
#include "sim_fixture.h"

/* pods a, b, c … */
static void make_pods(int count)
{
    char name[2] = "a";

    for (int i = 0; i < count; i++, name[0]++)
        lab_pod(name, i % 2 ? "\"parity\":\"odd\"" : "\"parity\":\"even\",\"n\":\"5\"", i == 0 ? ",\"schedulerName\":\"mine\"" : "");
}

static const char *next_page(const char *more)
{
    static char target[2048];

    snprintf(target, sizeof target, "/api/v1/pods?%s&continue=%s", more, lab_text("metadata.continue"));
    return target;
}

START_TEST(a_list_is_compact_and_its_items_have_no_kind)
{
    lab_pod("p", "", "");
    ck_assert_int_eq(lab_get("/api/v1/pods"), 200);
    ck_assert_ptr_nonnull(strstr(lab.body,
                                 "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"6\"},\"items\":[{"
                                 "\"metadata\":{\"name\":\"p\",\"namespace\":\"default\","));
    ck_assert_ptr_null(lab_at(lab.answer, "items.0.kind"));
    ck_assert_str_eq(lab_text("items.0.metadata.resourceVersion"), "6");
    lab_get("/api/v1/namespaces/kube-system/pods");
    ck_assert_str_eq(lab.body, "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"6\"},\"items\":[]}\n");
}
END_TEST

START_TEST(pages_show_the_state_of_the_first)
{
    make_pods(5);
    ck_assert_int_eq(lab_get("/api/v1/pods?limit=2"), 200);
    ck_assert_str_eq(lab_names(), "a b");
    ck_assert_int_eq(lab_integer("metadata.remainingItemCount"), 3);
    {
        char token[512];

        snprintf(token, sizeof token, "%s", lab_text("metadata.continue"));
        lab_delete(PODS "/d", NULL);
        lab_pod("bb", "", "");
        lab_bind("c", "n1");
        lab_get("/api/v1/pods");
        ck_assert_str_eq(lab_names(), "a b bb c e");
        {
            char target[700];

            snprintf(target, sizeof target, "/api/v1/pods?limit=2&continue=%s", token);
            ck_assert_int_eq(lab_get(target), 200);
        }
    }
    ck_assert_str_eq(lab_names(), "c d");
    ck_assert_str_eq(lab_text("items.0.spec.nodeName"), "");
    ck_assert_str_eq(lab_text("metadata.resourceVersion"), "10");
    ck_assert_int_eq(lab_get(next_page("limit=2")), 200);
    ck_assert_str_eq(lab_names(), "e");
    ck_assert_str_eq(lab_text("metadata.continue"), "");
    ck_assert_ptr_null(lab_at(lab.answer, "metadata.remainingItemCount"));
}
END_TEST

START_TEST(a_forgotten_token_is_410_and_brings_one_that_goes_on)
{
    make_pods(4);
    lab_get("/api/v1/pods?limit=2");
    {
        char target[2048];

        snprintf(target, sizeof target, "%s", next_page("limit=2"));
        lab_pod("z", "", "");
        sim_compact(lab.sim);
        ck_assert_int_eq(lab_get(target), 410);
    }
    ck_assert_str_eq(lab_text("reason"), "Expired");
    ck_assert_ptr_nonnull(strstr(lab_text("message"), "The provided continue parameter is too old to display a consistent list result."));
    ck_assert_int_eq(lab_get(next_page("limit=9")), 200);
    ck_assert_str_eq(lab_names(), "c d z");
}
END_TEST

START_TEST(a_token_that_is_none_and_a_token_with_a_version)
{
    make_pods(3);
    ck_assert_int_eq(lab_get("/api/v1/pods?continue=%7Bgarbage"), 400);
    ck_assert_int_eq(strncmp(lab_text("message"), "invalid continue token: continue key is not valid", 49), 0);
    lab_get("/api/v1/pods?limit=1");
    {
        char target[2048];

        snprintf(target, sizeof target, "%s", next_page("resourceVersion=3"));
        ck_assert_int_eq(lab_get(target), 400);
        ck_assert_str_eq(lab_text("message"), "specifying resource version is not allowed when using continue");
    }
    lab_get("/api/v1/pods?limit=1");
    ck_assert_int_eq(lab_get(next_page("resourceVersion=0")), 200);
    ck_assert_str_eq(lab_names(), "b c");
}
END_TEST

START_TEST(version_0_brings_everything_whatever_the_limit)
{
    make_pods(3);
    ck_assert_int_eq(lab_get("/api/v1/pods?limit=1&resourceVersion=0"), 200);
    ck_assert_str_eq(lab_names(), "a b c");
    ck_assert_str_eq(lab_text("metadata.continue"), "");
}
END_TEST

START_TEST(a_version_with_exact_or_a_limit_is_that_state)
{
    make_pods(3); /* versions 6, 7, 8 */
    ck_assert_int_eq(lab_get("/api/v1/pods?resourceVersion=7&resourceVersionMatch=Exact"), 200);
    ck_assert_str_eq(lab_names(), "a b");
    ck_assert_str_eq(lab_text("metadata.resourceVersion"), "7");
    lab_get("/api/v1/pods?resourceVersion=6&limit=5");
    ck_assert_str_eq(lab_names(), "a");
    lab_get("/api/v1/pods?resourceVersion=6");
    ck_assert_str_eq(lab_names(), "a b c");
    ck_assert_str_eq(lab_text("metadata.resourceVersion"), "8");
    lab_get("/api/v1/pods?resourceVersion=6&limit=5&resourceVersionMatch=NotOlderThan");
    ck_assert_str_eq(lab_names(), "a b c");
    sim_compact(lab.sim);
    ck_assert_int_eq(lab_get("/api/v1/pods?resourceVersion=7&resourceVersionMatch=Exact"), 410);
    ck_assert_int_eq(lab_get("/api/v1/pods?resourceVersion=8&resourceVersionMatch=Exact"), 200);
}
END_TEST

START_TEST(a_version_from_the_future_is_504)
{
    ck_assert_int_eq(lab_get("/api/v1/pods?resourceVersion=99"), 504);
    ck_assert_str_eq(lab_text("reason"), "Timeout");
    ck_assert_str_eq(lab_text("message"), "Timeout: Too large resource version: 99, current: 5");
    ck_assert_str_eq(lab_text("details.causes.0.reason"), "ResourceVersionTooLarge");
    ck_assert_int_eq(lab_integer("details.retryAfterSeconds"), 1);
}
END_TEST

START_TEST(options_that_make_no_sense)
{
    ck_assert_int_eq(lab_get("/api/v1/pods?resourceVersion=abc"), 400);
    ck_assert_int_eq(lab_get("/api/v1/pods?resourceVersionMatch=Exact"), 422);
    ck_assert_str_eq(lab_text("message"),
                     "ListOptions.meta.k8s.io \"\" is invalid: resourceVersionMatch: Forbidden: resourceVersionMatch is "
                     "forbidden unless resourceVersion is provided");
    ck_assert_int_eq(lab_get("/api/v1/pods?resourceVersionMatch=Exact&resourceVersion=0"), 422);
    ck_assert_int_eq(lab_get("/api/v1/pods?resourceVersionMatch=Foo&resourceVersion=1"), 422);
    ck_assert_int_eq(lab_get("/api/v1/pods?sendInitialEvents=true"), 422);
    ck_assert_int_eq(lab_get("/api/v1/pods?limit=x"), 400);
}
END_TEST

static void check_selected(const char *query, const char *expected)
{
    char target[512];

    snprintf(target, sizeof target, "/api/v1/pods?%s", query);
    ck_assert_msg(lab_get(target) == 200, "%s: %s", query, lab.body);
    ck_assert_msg(!strcmp(lab_names(), expected), "%s selects '%s', expected '%s'", query, lab_names(), expected);
}

START_TEST(field_selectors)
{
    make_pods(4);
    lab_bind("b", "n1");
    check_selected("fieldSelector=spec.nodeName=", "a c d");
    check_selected("fieldSelector=spec.nodeName%3Dn1", "b");
    check_selected("fieldSelector=spec.nodeName!=", "b");
    check_selected("fieldSelector=spec.nodeName==,spec.schedulerName=mine,status.phase=Pending", "a");
    check_selected("fieldSelector=metadata.name=c,metadata.namespace=default", "c");
    check_selected("fieldSelector=spec.hostNetwork=false,spec.restartPolicy=Always,spec.serviceAccountName=default", "a b c d");
    check_selected("fieldSelector=status.podIP=,status.podIPs=,status.nominatedNodeName=", "a b c d");
    check_selected("fieldSelector=status.phase!=Pending", "");
}
END_TEST

START_TEST(label_selectors)
{
    make_pods(4);
    check_selected("labelSelector=parity=odd", "b d");
    check_selected("labelSelector=parity==odd", "b d");
    check_selected("labelSelector=parity!=odd", "a c");
    check_selected("labelSelector=other!=x", "a b c d");
    check_selected("labelSelector=parity%20in%20(even,%20odd),n", "a c");
    check_selected("labelSelector=parity%20notin%20(even)", "b d");
    check_selected("labelSelector=!n", "b d");
    check_selected("labelSelector=n%3E4", "a c");
    check_selected("labelSelector=n%3C4", "");
    check_selected("labelSelector=parity=odd,n", "");
}
END_TEST

START_TEST(selectors_that_are_wrong)
{
    ck_assert_int_eq(lab_get("/api/v1/pods?fieldSelector=foo=bar"), 400);
    ck_assert_str_eq(lab_text("message"), "field label not supported: foo");
    ck_assert_int_eq(lab_get("/api/v1/pods?fieldSelector=foo"), 400);
    ck_assert_str_eq(lab_text("message"), "invalid selector: 'foo'; can't understand 'foo'");
    ck_assert_int_eq(lab_get("/api/v1/nodes?fieldSelector=metadata.namespace=x"), 400);
    ck_assert_int_eq(lab_get("/api/v1/pods?labelSelector=a%20in%20b"), 400);
    ck_assert_int_eq(strncmp(lab_text("message"), "unable to parse requirement: found 'b'", 38), 0);
    ck_assert_int_eq(lab_get("/api/v1/pods?labelSelector=a,,b"), 400);
    ck_assert_int_eq(lab_get("/api/v1/pods?labelSelector=a,"), 400);
    ck_assert_int_eq(lab_get("/api/v1/pods?labelSelector=a===b"), 400);
    ck_assert_int_eq(lab_get("/api/v1/pods?labelSelector=a%20in%20(b"), 400);
}
END_TEST

START_TEST(a_page_of_a_selection_tells_no_count)
{
    make_pods(5);
    ck_assert_int_eq(lab_get("/api/v1/pods?limit=1&labelSelector=parity=odd"), 200);
    ck_assert_str_eq(lab_names(), "b");
    ck_assert_str_ne(lab_text("metadata.continue"), "");
    ck_assert_ptr_null(lab_at(lab.answer, "metadata.remainingItemCount"));
    ck_assert_int_eq(lab_get(next_page("limit=2&labelSelector=parity=odd")), 200);
    ck_assert_str_eq(lab_names(), "d");
}
END_TEST

START_TEST(metadata_alone)
{
    make_pods(1);
    lab.accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";
    ck_assert_int_eq(lab_get("/api/v1/pods"), 200);
    ck_assert_str_eq(lab_text("kind"), "PartialObjectMetadataList");
    ck_assert_str_eq(lab_text("apiVersion"), "meta.k8s.io/v1");
    ck_assert_str_eq(lab_text("items.0.kind"), "PartialObjectMetadata");
    ck_assert_str_eq(lab_text("items.0.metadata.name"), "a");
    ck_assert_ptr_null(lab_at(lab.answer, "items.0.spec"));
    lab.accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    lab_get(PODS "/a");
    ck_assert_str_eq(lab_text("kind"), "PartialObjectMetadata");
}
END_TEST

START_TEST(a_table)
{
    make_pods(2);
    lab.accept = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";
    ck_assert_int_eq(lab_get("/api/v1/pods?limit=1"), 200);
    ck_assert_str_eq(lab_text("kind"), "Table");
    ck_assert_int_eq(lab_count("rows"), 1);
    ck_assert_str_ne(lab_text("metadata.continue"), "");
    ck_assert_str_eq(lab_text("rows.0.object.metadata.name"), "a");
}
END_TEST

START_TEST(a_stale_list_shows_what_was)
{
    struct error err = ERROR_INIT;

    make_pods(3);
    ck_assert_int_eq(
        sim_set_faults(lab.sim, "[{\"verb\":\"list\",\"resource\":\"pods\",\"do\":{\"stale_list\":true,\"stale_by\":2}}]", &err), 0);
    lab_get("/api/v1/pods");
    ck_assert_str_eq(lab_names(), "a");
    ck_assert_str_eq(lab_text("metadata.resourceVersion"), "6");
}
END_TEST

/* what a list says of any past state must be what a list said then */
START_TEST(every_state_can_be_listed_again)
{
    enum { STEPS = 120, FIRST = 5 };
    static char *then[STEPS];
    char target[128], name[8];
    unsigned random = 12345;

    for (int i = 0; i < STEPS; i++) {
        random = random * 1103515245u + 12345u;
        snprintf(name, sizeof name, "p%02u", random >> 16 & 15);
        snprintf(target, sizeof target, PODS "/%s", name);
        if (lab_get(target) == 404)
            lab_pod(name, "", "");
        else if (random >> 28 & 1)
            lab_bind(name, "n1");
        else
            lab_delete(target, "{\"gracePeriodSeconds\":0}");
        lab_get("/api/v1/pods");
        then[i] = strdup(lab.body);
    }
    for (int i = 0; i < STEPS; i++) {
        json_t *list = json_loads(then[i], 0, NULL);

        snprintf(target, sizeof target, "/api/v1/pods?resourceVersionMatch=Exact&resourceVersion=%s",
                 json_string_value(lab_at(list, "metadata.resourceVersion")));
        ck_assert_int_eq(lab_get(target), 200);
        ck_assert_str_eq(lab.body, then[i]);
        json_decref(list);
        free(then[i]);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_list");

    LAB_CASE(suite, "pages", a_list_is_compact_and_its_items_have_no_kind, pages_show_the_state_of_the_first,
             a_forgotten_token_is_410_and_brings_one_that_goes_on, a_token_that_is_none_and_a_token_with_a_version);
    LAB_CASE(suite, "versions", version_0_brings_everything_whatever_the_limit, a_version_with_exact_or_a_limit_is_that_state,
             a_version_from_the_future_is_504, options_that_make_no_sense, a_stale_list_shows_what_was, every_state_can_be_listed_again);
    LAB_CASE(suite, "selectors", field_selectors, label_selectors, selectors_that_are_wrong, a_page_of_a_selection_tells_no_count);
    LAB_CASE(suite, "forms", metadata_alone, a_table);
    return lab_run_suite(suite);
}
