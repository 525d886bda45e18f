/*
 * test_grade_route.c: what a request is about, and whose business it is.
 */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "grade/route.h"

static const struct {
    const char *method, *target, *says; /* verb group/resource/subresource namespace/name resourceVersion flags */
} readable[] = {
    {"GET", "/api/v1/pods", "list /pods/ / '' "},
    {"GET", "/api/v1/pods/", "list /pods/ / '' "},
    {"GET", "/api/v1/pods?fieldSelector=spec.nodeName%3D&limit=500", "list /pods/ / '' "},
    {"GET", "/api/v1/pods?watch=true&resourceVersion=12&allowWatchBookmarks=true", "watch /pods/ / '12' w"},
    {"GET", "/api/v1/pods?resourceVersion=0&watch=True", "watch /pods/ / '0' w"},
    {"GET", "/api/v1/pods?watch=1&sendInitialEvents=true", "watch /pods/ / '' wi"},
    {"GET", "/api/v1/pods?watch=false", "list /pods/ / '' "},
    {"GET", "/api/v1/pods?unwatch=true", "list /pods/ / '' "},
    {"GET", "/api/v1/namespaces", "list /namespaces/ / '' "},
    {"GET", "/api/v1/namespaces/ns", "get /namespaces/ /ns '' "},
    {"PUT", "/api/v1/namespaces/ns/finalize", "update /namespaces/finalize /ns '' "},
    {"GET", "/api/v1/namespaces/ns/pods", "list /pods/ ns/ '' "},
    {"GET", "/api/v1/namespaces/ns/pods/p.1", "get /pods/ ns/p.1 '' "},
    {"POST", "/api/v1/namespaces/ns/pods/p/binding", "create /pods/binding ns/p '' "},
    {"POST", "/api/v1/namespaces/ns/bindings", "create /bindings/ ns/ '' "},
    {"PATCH", "/api/v1/namespaces/ns/pods/p/status?fieldManager=x", "patch /pods/status ns/p '' "},
    {"DELETE", "/api/v1/namespaces/ns/pods", "deletecollection /pods/ ns/ '' "},
    {"GET", "/api/v1/nodes/n1", "get /nodes/ /n1 '' "},
    {"GET", "/api/v1/namespaces/ns/pods/p/log?follow=true", "get /pods/log ns/p '' f"},
    {"POST", "/apis/events.k8s.io/v1/namespaces/ns/events", "create events.k8s.io/events/ ns/ '' "},
    {"GET", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/x", "get coordination.k8s.io/leases/ kube-system/x '' "},
    {"GET", "/version", "get // / '' "},
    {"GET", "/apis", "get // / '' "},
    {"GET", "/apis/apps/v1", "get // / '' "},
    {"GET", "/", "get // / '' "},
    {"HEAD", "/api/v1/nodes", "list /nodes/ / '' "},
};

START_TEST(test_readable)
{
    struct route r;
    char says[1024];

    ck_assert_int_eq(route_read(readable[_i].method, readable[_i].target, &r), 0);
    snprintf(says, sizeof says, "%s %s/%s/%s %s/%s '%s' %s%s%s", r.verb, r.group, r.resource, r.subresource, r.namespace_, r.name,
             r.resource_version, r.watch ? "w" : "", r.initial_events ? "i" : "", r.follows ? "f" : "");
    ck_assert_str_eq(says, readable[_i].says);
}
END_TEST

static const char *const unreadable[] = {"",
                                         "api/v1/pods",
                                         "//api/v1/pods",
                                         "/api/v1//pods",
                                         "/api/v1/./pods",
                                         "/api/v1/../pods",
                                         "/api/v1/po%64s",
                                         "/api/v1/pods;x",
                                         "/api/v1/namespaces/ns/pods/p/binding/more",
                                         "/a/b/c/d/e/f/g/h/i/j/k/l"};

START_TEST(test_unreadable)
{
    struct route r = {.verb = "untouched"};

    ck_assert_int_eq(route_read("GET", unreadable[_i], &r), -1);
    ck_assert_str_eq(r.verb, "untouched");
}
END_TEST

START_TEST(test_too_long)
{
    char target[5000];
    struct route r;

    memset(target, 'a', sizeof target);
    memcpy(target, "/api/v1/pods/", 13);
    target[sizeof target - 1] = '\0';
    ck_assert_int_eq(route_read("GET", target, &r), -1);
    target[13 + 256] = '\0';
    ck_assert_int_eq(route_read("GET", target, &r), -1);
    target[13 + 253] = '\0';
    ck_assert_int_eq(route_read("GET", target, &r), 0);
    ck_assert_int_eq(route_read("BREW", "/api/v1/pods", &r), -1);
}
END_TEST

static const struct {
    const char *method, *target;
    bool allowed, binds;
} business[] = {
    {"GET", "/api/v1/pods", true, false},
    {"GET", "/api/v1/namespaces/other/pods?watch=true", true, false},
    {"GET", "/api/v1/nodes/n1/status", true, false},
    {"GET", "/api/v1/nodes/n1/proxy", false, false},
    {"GET", "/api/v1/secrets", false, false},
    {"GET", "/api/v1/namespaces/mine/pods/p/log", false, false},
    {"GET", "/apis/storage.k8s.io/v1/csinodes", true, false},
    {"GET", "/version", true, false},
    {"GET", "/apis/apps/v1?timeout=32s", true, false},
    {"GET", "/readyz/etcd", true, false},
    {"GET", "/metrics", false, false},
    {"GET", "/simulator/requests", false, false},
    {"GET", "/", false, false},
    {"POST", "/api/v1/namespaces/mine/pods/p/binding", true, true},
    {"POST", "/api/v1/namespaces/other/pods/p/binding", false, true},
    {"POST", "/api/v1/namespaces/mine/bindings", true, true},
    {"PUT", "/api/v1/namespaces/mine/pods/p/binding", false, false},
    {"POST", "/apis/apps/v1/namespaces/mine/pods/p/binding", false, false},
    {"POST", "/api/v1/namespaces/mine/events", true, false},
    {"PATCH", "/apis/events.k8s.io/v1/namespaces/mine/events/e", true, false},
    {"DELETE", "/api/v1/namespaces/mine/events/e", false, false},
    {"PATCH", "/api/v1/namespaces/mine/pods/p/status", true, false},
    {"PATCH", "/api/v1/namespaces/mine/pods/p", false, false},
    {"DELETE", "/api/v1/namespaces/mine/pods/p", false, false},
    {"PUT", "/apis/coordination.k8s.io/v1/namespaces/mine/leases/l", true, false},
    {"PUT", "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/l", false, false},
    {"PATCH", "/api/v1/nodes/n1", false, false},
    {"POST", "/version", false, false},
    {"POST", "/simulator/faults", false, false},
};

START_TEST(test_business)
{
    struct route r;

    ck_assert_int_eq(route_read(business[_i].method, business[_i].target, &r), 0);
    ck_assert_int_eq(route_allowed(&r, "mine"), business[_i].allowed);
    ck_assert_int_eq(route_binds(&r), business[_i].binds);
}
END_TEST

#define LENGTH(array) (int)(sizeof(array) / sizeof(array)[0])

int main(void)
{
    Suite *suite = suite_create("grade_route");
    TCase *c = tcase_create("route");
    SRunner *runner;
    int failures;

    tcase_add_loop_test(c, test_readable, 0, LENGTH(readable));
    tcase_add_loop_test(c, test_unreadable, 0, LENGTH(unreadable));
    tcase_add_test(c, test_too_long);
    tcase_add_loop_test(c, test_business, 0, LENGTH(business));
    suite_add_tcase(suite, c);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failures = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failures != 0;
}
