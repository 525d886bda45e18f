/*
 * test_sim_discovery.c: discovery in both forms, OpenAPI, version, health; protobuf bodies; request addresses.
 */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/discovery.h"
#include "simulator/protobuf.h"
#include "simulator/request_info.h"

static struct buffer out;
static const char *content_type;
static int status;

static int ask(const char *path, const char *accept)
{
    struct error err = ERROR_INIT;

    buffer_clear(&out);
    content_type = NULL;
    status = 0;
    return discovery_handle(path, accept, &out, &content_type, &status, &err);
}

static json_t *ask_json(const char *path, const char *accept)
{
    json_t *json;

    ck_assert_int_eq(ask(path, accept), 1);
    ck_assert_int_eq(status, 200);
    json = json_loads(out.data, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_msg(json != NULL, "%s", out.data);
    return json;
}

static void setup(void)
{
    buffer_init(&out, 1 << 20);
}

static void teardown(void)
{
    buffer_free(&out);
}

START_TEST(test_not_its_paths)
{
    static const char *const paths[] = {"/",
                                        "/apix",
                                        "/api/v2",
                                        "/api/v1/pods",
                                        "/apis/nope",
                                        "/apis/events.k8s.io/v2",
                                        "/openapi/v4",
                                        "/openapi/v3/api/v2",
                                        "/openapi/v3/apis/nope/v1",
                                        "/versions",
                                        "/livez2",
                                        "/api//",
                                        "/api/v1/pods/"};

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        ck_assert_msg(ask(paths[i], NULL) == 0, "%s", paths[i]);
        ck_assert_uint_eq(out.bytes, 0);
        ck_assert_ptr_null(content_type);
    }
}
END_TEST

static const json_t *find(const json_t *array, const char *key, const char *value)
{
    const json_t *element;
    size_t i;

    json_array_foreach((json_t *)array, i, element)
    {
        const char *text = json_string_value(json_object_get(element, key));

        if (text && strcmp(text, value) == 0)
            return element;
    }
    return NULL;
}

START_TEST(test_plain_documents)
{
    json_t *list = ask_json("/api/v1", "application/json");
    const json_t *pods = find(json_object_get(list, "resources"), "name", "pods"), *binding;

    ck_assert_str_eq(json_string_value(json_object_get(list, "kind")), "APIResourceList");
    ck_assert_str_eq(json_string_value(json_object_get(list, "groupVersion")), "v1");
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(pods, "shortNames"), 0)), "po");
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(pods, "categories"), 0)), "all");
    ck_assert(json_is_true(json_object_get(pods, "namespaced")));
    binding = find(json_object_get(list, "resources"), "name", "pods/binding");
    ck_assert_str_eq(json_string_value(json_object_get(binding, "kind")), "Binding");
    ck_assert_uint_eq(json_array_size(json_object_get(binding, "verbs")), 1);
    json_decref(list);
    list = ask_json("/apis", NULL);
    ck_assert_uint_eq(json_array_size(json_object_get(list, "groups")), 6);
    json_decref(list);
    list = ask_json("/apis/coordination.k8s.io", NULL);
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(list, "preferredVersion"), "groupVersion")),
                     "coordination.k8s.io/v1");
    json_decref(list);
    list = ask_json("/apis/events.k8s.io/v1", NULL);
    ck_assert_str_eq(json_string_value(json_object_get(list, "groupVersion")), "events.k8s.io/v1");
    json_decref(list);
    list = ask_json("/api/", NULL);
    ck_assert_str_eq(json_string_value(json_array_get(json_object_get(list, "versions"), 0)), "v1");
    json_decref(list);
}
END_TEST

static const json_t *aggregated_resources(const json_t *list, size_t group)
{
    const json_t *item = json_array_get(json_object_get(list, "items"), group);

    return json_object_get(json_array_get(json_object_get(item, "versions"), 0), "resources");
}

START_TEST(test_aggregated_when_accepted)
{
    const char *accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    json_t *list = ask_json("/api", accept);
    const json_t *pods = find(aggregated_resources(list, 0), "resource", "pods");

    ck_assert_str_eq(content_type, "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
    ck_assert_str_eq(json_string_value(json_object_get(list, "apiVersion")), "apidiscovery.k8s.io/v2");
    ck_assert_str_eq(json_string_value(json_object_get(pods, "scope")), "Namespaced");
    ck_assert_ptr_nonnull(find(json_object_get(pods, "subresources"), "subresource", "binding"));
    ck_assert_ptr_null(find(aggregated_resources(list, 0), "resource", "leases"));
    json_decref(list);
    list = ask_json("/apis", accept);
    ck_assert_uint_eq(json_array_size(json_object_get(list, "items")), 6);
    json_decref(list);
    list = ask_json("/apis", "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json");
    ck_assert_str_eq(json_string_value(json_object_get(list, "apiVersion")), "apidiscovery.k8s.io/v2beta1");
    json_decref(list);
    list = ask_json("/apis", "application/json, */*");
    ck_assert_str_eq(json_string_value(json_object_get(list, "kind")), "APIGroupList");
    json_decref(list);
}
END_TEST

/* kubectl looks for a PATCH of the kind with the query parameter fieldValidation */
START_TEST(test_openapi_says_that_the_server_validates)
{
    json_t *document = ask_json("/openapi/v3/api/v1", NULL);
    const json_t *patch =
        json_object_get(json_object_get(json_object_get(document, "paths"), "/api/v1/namespaces/{namespace}/pods/{name}"), "patch");

    ck_assert_ptr_nonnull(find(json_object_get(patch, "parameters"), "name", "fieldValidation"));
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(patch, "x-kubernetes-group-version-kind"), "kind")), "Pod");
    json_decref(document);
    document = ask_json("/openapi/v3/apis/coordination.k8s.io/v1", NULL);
    ck_assert_ptr_nonnull(
        json_object_get(json_object_get(document, "paths"), "/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/{name}"));
    json_decref(document);
    document = ask_json("/openapi/v3", NULL);
    ck_assert_uint_eq(json_object_size(json_object_get(document, "paths")), 7);
    json_decref(document);
    ck_assert_int_eq(ask("/openapi/v2", "application/com.github.proto-openapi.spec.v2@v1.0+protobuf"), 1);
    ck_assert_uint_eq(out.bytes, 28);
    ck_assert_mem_eq(out.data,
                     "\x0a\x03"
                     "2.0"
                     "\x12\x13",
                     7);
}
END_TEST

START_TEST(test_version_and_health)
{
    json_t *version = ask_json("/version", NULL);

    ck_assert_str_eq(json_string_value(json_object_get(version, "gitVersion")), "v1.34.4");
    json_decref(version);
    ck_assert_int_eq(ask("/readyz", NULL), 1);
    ck_assert_str_eq(out.data, "ok");
}
END_TEST

static int decode(const char *data, size_t bytes)
{
    struct error err = ERROR_INIT;

    buffer_clear(&out);
    return protobuf_to_json(data, bytes, &out, &err);
}

#define NAMESPACE                                                                                                                          \
    "k8s\0\x0a\x0f\x0a\x02v1\x12\x09Namespace\x12\x1f\x0a\x1b\x0a\x03lab\x12\x00\x1a\x00\x42\x00\x5a\x06\x0a\x01"                          \
    "a\x12\x01"                                                                                                                            \
    "b\x5a\x06\x0a\x01"                                                                                                                    \
    "c\x12\x01"                                                                                                                            \
    "d\x12\x00"

START_TEST(test_protobuf_namespace)
{
    json_t *json;

    ck_assert_int_eq(decode(NAMESPACE, sizeof NAMESPACE - 1), 1);
    json = json_loads(out.data, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(json, "kind")), "Namespace");
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(json, "metadata"), "name")), "lab");
    ck_assert_ptr_null(json_object_get(json_object_get(json, "metadata"), "generateName"));
    ck_assert_ptr_null(json_object_get(json_object_get(json, "metadata"), "creationTimestamp"));
    ck_assert_str_eq(json_string_value(json_object_get(json_object_get(json_object_get(json, "metadata"), "labels"), "c")), "d");
    json_decref(json);
}
END_TEST

START_TEST(test_protobuf_cut_or_changed_never_crashes)
{
    char copy[sizeof NAMESPACE];

    for (size_t bytes = 0; bytes < sizeof NAMESPACE - 1; bytes++)
        ck_assert_int_eq(decode(NAMESPACE, bytes), 0);
    for (size_t at = 0; at < sizeof NAMESPACE - 1; at++)
        for (int value = 0; value < 256; value++) {
            memcpy(copy, NAMESPACE, sizeof copy);
            copy[at] = (char)value;
            ck_assert_int_ge(decode(copy, sizeof copy - 1), 0);
        }
}
END_TEST

static const struct {
    const char *method, *target, *verb, *group, *namespace_, *resource, *name, *subresource;
} infos[] = {
    {"GET", "/api/v1/pods?limit=5", "list", "", "", "pods", "", ""},
    {"GET", "/api/v1/pods?resourceVersion=1&watch=true", "watch", "", "", "pods", "", ""},
    {"GET", "/api/v1/pods?watch=0", "list", "", "", "pods", "", ""},
    {"GET", "/api/v1/namespaces/ns/pods/p", "get", "", "ns", "pods", "p", ""},
    {"POST", "/api/v1/namespaces/ns/pods/p/binding", "create", "", "ns", "pods", "p", "binding"},
    {"PATCH", "/api/v1/namespaces/ns/pods/p/status?fieldManager=x", "patch", "", "ns", "pods", "p", "status"},
    {"GET", "/api/v1/namespaces", "list", "", "", "namespaces", "", ""},
    {"DELETE", "/api/v1/namespaces/ns", "delete", "", "ns", "namespaces", "ns", ""},
    {"PUT", "/api/v1/namespaces/ns/finalize", "update", "", "ns", "namespaces", "ns", "finalize"},
    {"DELETE", "/api/v1/namespaces/ns/pods", "deletecollection", "", "ns", "pods", "", ""},
    {"PUT", "/apis/coordination.k8s.io/v1/namespaces/ns/leases/l", "update", "coordination.k8s.io", "ns", "leases", "l", ""},
    {"GET", "/apis/coordination.k8s.io/v1", "get", "", "", "", "", ""},
    {"GET", "/version?timeout=32s", "get", "", "", "", "", ""},
};

START_TEST(test_request_info)
{
    struct request_info info;

    request_info_read(infos[_i].method, infos[_i].target, &info);
    ck_assert_str_eq(info.verb, infos[_i].verb);
    ck_assert_str_eq(info.group, infos[_i].group);
    ck_assert_str_eq(info.namespace_, infos[_i].namespace_);
    ck_assert_str_eq(info.resource, infos[_i].resource);
    ck_assert_str_eq(info.name, infos[_i].name);
    ck_assert_str_eq(info.subresource, infos[_i].subresource);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_discovery");
    TCase *tc = tcase_create("discovery");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, test_not_its_paths);
    tcase_add_test(tc, test_plain_documents);
    tcase_add_test(tc, test_aggregated_when_accepted);
    tcase_add_test(tc, test_openapi_says_that_the_server_validates);
    tcase_add_test(tc, test_version_and_health);
    tcase_add_test(tc, test_protobuf_namespace);
    tcase_add_test(tc, test_protobuf_cut_or_changed_never_crashes);
    tcase_add_loop_test(tc, test_request_info, 0, (int)(sizeof infos / sizeof infos[0]));
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
