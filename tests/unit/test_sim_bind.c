/* The simulator's binding subresource: each line of the table of answers. */
#include "sim_fixture.h"

#define UID_A "00000000-0000-4000-8000-000000000001"

START_TEST(a_bind_assigns_the_pod_and_says_so)
{
    lab_pod("p", "", "");
    ck_assert_int_eq(lab_bind("p", "n1"), 201);
    ck_assert_str_eq(lab.body, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Success\",\"code\":201}\n");
    ck_assert_int_eq(lab_get(PODS "/p"), 200);
    ck_assert_str_eq(lab_text("spec.nodeName"), "n1");
    ck_assert_str_eq(lab_text("status.conditions.0.type"), "PodScheduled");
    ck_assert_str_eq(lab_text("status.conditions.0.status"), "True");
    ck_assert_str_eq(lab_text("status.conditions.0.lastTransitionTime"), "2025-11-22T08:00:00Z");
    ck_assert_int_eq(lab_count("status.conditions"), 1);
    ck_assert_int_eq(lab_integer("metadata.generation"), 1);
    ck_assert_str_eq(lab_text("status.phase"), "Pending");
}
END_TEST

START_TEST(a_bind_turns_the_condition_of_an_unschedulable_pod)
{
    lab_pod("p", "", "");
    ck_assert_int_eq(
        lab_request("PATCH", PODS "/p/status", STRATEGIC,
                    "{\"status\":{\"conditions\":[{\"type\":\"PodScheduled\",\"status\":\"False\",\"reason\":\"Unschedulable\"},"
                    "{\"type\":\"Other\",\"status\":\"True\"}]}}"),
        200);
    ck_assert_int_eq(lab_bind("p", "n1"), 201);
    lab_get(PODS "/p");
    ck_assert_int_eq(lab_count("status.conditions"), 2);
    ck_assert_str_eq(lab_text("status.conditions.0.status"), "True");
    ck_assert_str_eq(lab_text("status.conditions.0.reason"), "");
    ck_assert_str_eq(lab_text("status.conditions.1.type"), "Other");
}
END_TEST

START_TEST(a_second_bind_is_refused_even_to_the_same_node)
{
    lab_pod("p", "", "");
    lab_bind("p", "n1");
    ck_assert_int_eq(lab_bind("p", "n1"), 409);
    ck_assert_str_eq(lab_text("reason"), "Conflict");
    ck_assert_str_eq(lab_text("details.kind"), "pods/binding");
    ck_assert_str_eq(lab_text("message"), "Operation cannot be fulfilled on pods/binding \"p\": pod p is already assigned to node \"n1\"");
    ck_assert_int_eq(lab_bind("p", "n2"), 409);
    lab_get(PODS "/p");
    ck_assert_str_eq(lab_text("spec.nodeName"), "n1");
}
END_TEST

START_TEST(a_pod_being_deleted_is_not_bound)
{
    lab_pod("p", "", "");
    lab_request("PATCH", PODS "/p", MERGE, "{\"metadata\":{\"finalizers\":[\"x.io/y\"]}}");
    lab_delete(PODS "/p", NULL);
    ck_assert_int_eq(lab_bind("p", "n1"), 409);
    ck_assert_str_eq(lab_text("message"),
                     "Operation cannot be fulfilled on pods/binding \"p\": pod p is being deleted, cannot be assigned to a host");
}
END_TEST

START_TEST(a_gated_pod_is_not_bound)
{
    lab_pod("p", "", ",\"schedulingGates\":[{\"name\":\"x.io/y\"}]");
    ck_assert_str_eq(lab_text("status.conditions.0.reason"), "SchedulingGated");
    ck_assert_int_eq(lab_bind("p", "n1"), 409);
    ck_assert_str_eq(lab_text("message"), "Operation cannot be fulfilled on pods/binding \"p\": pod p has non-empty .spec.schedulingGates");
    ck_assert_int_eq(lab_request("PATCH", PODS "/p", MERGE, "{\"spec\":{\"schedulingGates\":null}}"), 200);
    ck_assert_int_eq(lab_bind("p", "n1"), 201);
}
END_TEST

START_TEST(the_uid_fences_a_recreated_pod)
{
    char uid[64], body[400], expected[600];

    lab_pod("p", "", "");
    snprintf(uid, sizeof uid, "%s", lab_text("metadata.uid"));
    ck_assert_int_eq(lab_post(PODS "/p/binding", "{\"metadata\":{\"name\":\"p\",\"uid\":\"" UID_A "\"},\"target\":{\"name\":\"n1\"}}"),
                     409);
    snprintf(expected, sizeof expected,
             "Operation cannot be fulfilled on pods \"p\": StorageError: invalid object, Code: 4, Key: /registry/pods/default/p, "
             "ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: " UID_A ", UID in object meta: %s",
             uid);
    ck_assert_str_eq(lab_text("message"), expected);
    ck_assert_str_eq(lab_text("details.kind"), "pods");
    snprintf(body, sizeof body, "{\"metadata\":{\"name\":\"p\",\"uid\":\"%s\"},\"target\":{\"name\":\"n1\"}}", uid);
    ck_assert_int_eq(lab_post(PODS "/p/binding", body), 201);
}
END_TEST

START_TEST(a_pod_that_is_not_there)
{
    ck_assert_int_eq(lab_bind("p", "n1"), 404);
    ck_assert_str_eq(lab_text("message"), "pods \"p\" not found");
    ck_assert_str_eq(lab_text("details.name"), "p");
}
END_TEST

START_TEST(bindings_that_are_wrong_in_themselves)
{
    lab_pod("p", "", "");
    ck_assert_int_eq(lab_post(PODS "/p/binding", "{\"metadata\":{\"name\":\"q\"},\"target\":{\"name\":\"n1\"}}"), 400);
    ck_assert_str_eq(lab_text("message"), "name in URL does not match name in Binding object");
    ck_assert_int_eq(lab_post(PODS "/p/binding", "{\"metadata\":{\"name\":\"p\",\"namespace\":\"b\"},\"target\":{\"name\":\"n1\"}}"), 400);
    ck_assert_int_eq(lab_post(PODS "/p/binding", "{\"metadata\":{\"name\":\"p\"}}"), 500);
    ck_assert_str_eq(lab_text("message"), "target.name: Required value");
    ck_assert_ptr_null(lab_at(lab.answer, "reason"));
    ck_assert_int_eq(lab_post(PODS "/p/binding", "{\"metadata\":{\"name\":\"p\"},\"target\":{\"kind\":\"Minion\",\"name\":\"n\"}}"), 500);
    ck_assert_str_eq(lab_text("message"), "target.kind: Unsupported value: \"Minion\": supported values: \"Node\", \"<empty>\"");
    lab_get(PODS "/p");
    ck_assert_str_eq(lab_text("spec.nodeName"), "");
}
END_TEST

START_TEST(the_bindings_resource_binds_too)
{
    lab_pod("p", "", "");
    ck_assert_int_eq(
        lab_post("/api/v1/namespaces/default/bindings",
                 "{\"metadata\":{\"name\":\"p\",\"annotations\":{\"a\":\"b\"}},\"target\":{\"kind\":\"Node\",\"name\":\"n1\"}}"),
        201);
    lab_get(PODS "/p");
    ck_assert_str_eq(lab_text("spec.nodeName"), "n1");
    ck_assert_str_eq(lab_text("metadata.annotations.a"), "b");
}
END_TEST

START_TEST(a_dry_run_binds_nothing)
{
    lab_pod("p", "", "");
    ck_assert_int_eq(lab_post(PODS "/p/binding?dryRun=All", "{\"metadata\":{\"name\":\"p\"},\"target\":{\"name\":\"n1\"}}"), 201);
    lab_get(PODS "/p");
    ck_assert_str_eq(lab_text("spec.nodeName"), "");
}
END_TEST

START_TEST(a_body_over_three_megabytes)
{
    size_t bytes = (3u << 20) + 1;
    char *body = malloc(bytes + 1);

    memset(body, ' ', bytes);
    body[bytes] = '\0';
    lab_pod("p", "", "");
    ck_assert_int_eq(lab_post(PODS "/p/binding", body), 413);
    free(body);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_bind");

    LAB_CASE(suite, "binding", a_bind_assigns_the_pod_and_says_so, a_bind_turns_the_condition_of_an_unschedulable_pod,
             a_second_bind_is_refused_even_to_the_same_node, a_pod_being_deleted_is_not_bound, a_gated_pod_is_not_bound,
             the_uid_fences_a_recreated_pod, a_pod_that_is_not_there, bindings_that_are_wrong_in_themselves,
             the_bindings_resource_binds_too, a_dry_run_binds_nothing, a_body_over_three_megabytes);
    return lab_run_suite(suite);
}
