/*
 * sim_fixture.h: a simulated cluster on virtual time, and requests to it in a line.
 */
#ifndef TESTS_UNIT_SIM_FIXTURE_H
#define TESTS_UNIT_SIM_FIXTURE_H

#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "simulator/sim.h"

#define PODS "/api/v1/namespaces/default/pods"
#define MERGE "application/merge-patch+json"
#define STRATEGIC "application/strategic-merge-patch+json"
#define JSON_PATCH "application/json-patch+json"

static struct {
    struct sim *sim;
    int64_t now_us;
    json_t *answer; /* of the last request; NULL when it was not JSON */
    char *body;     /* the same as text */
    int status;
    int retry_after_s;
    struct sim_fault fault;
    const char *accept;
} lab;

static inline int64_t lab_monotonic(const struct clock *clock)
{
    (void)clock;
    return lab.now_us;
}

static inline int64_t lab_wall(const struct clock *clock)
{
    (void)clock;
    return 1763798400000000 + lab.now_us; /* 2025-11-22T08:00:00Z */
}

static const struct clock lab_clock = {NULL, lab_monotonic, lab_wall};

static inline struct sim_options lab_options(void)
{
    return (struct sim_options){.clock = &lab_clock, .seed = 7, .nodes = 0, .kubelet_start_ms = -1};
}

static inline void lab_forget(void)
{
    json_decref(lab.answer);
    free(lab.body);
    lab.answer = NULL;
    lab.body = NULL;
}

static inline void lab_close(void)
{
    lab_forget();
    sim_free(lab.sim);
    memset(&lab, 0, sizeof lab);
}

static inline void lab_open(struct sim_options options)
{
    struct error err = ERROR_INIT;

    lab_close();
    lab.sim = sim_new(&options, &err);
    ck_assert_msg(lab.sim != NULL, "%s", err.text);
}

/* an empty cluster without kubelet and scheduler: the fixture of most cases */
static inline void lab_setup(void)
{
    lab_open(lab_options());
}

static inline void lab_tick_at(int64_t now_us)
{
    struct error err = ERROR_INIT;

    lab.now_us = now_us;
    ck_assert_int_eq(sim_tick(lab.sim, &err), 0);
}

/* runs until nothing is due within the next `ms` */
static inline void lab_run_ms(int64_t ms)
{
    int64_t end = lab.now_us + ms * 1000, next;

    while ((next = sim_next_tick_us(lab.sim)) <= end)
        lab_tick_at(next > lab.now_us ? next : lab.now_us);
    lab_tick_at(end);
}

static inline struct sim_response lab_send(const char *method, const char *target, const char *type, const char *body)
{
    struct sim_request request = {.method = method, .target = target, .accept = lab.accept, .content_type = type, .body = body};
    struct sim_response response;
    struct error err = ERROR_INIT;

    request.body_bytes = body ? strlen(body) : 0;
    ck_assert_msg(sim_handle(lab.sim, &request, &response, &err) == 0, "%s %s: %s", method, target, err.text);
    lab_forget();
    lab.status = response.status;
    lab.retry_after_s = response.retry_after_s;
    lab.fault = response.fault;
    lab.body = strdup(response.body.data ? response.body.data : "");
    lab.answer = json_loads(lab.body, 0, NULL);
    return response;
}

/* One request; returns the status. The answer is in lab.answer and lab.body until the next. */
static inline int lab_request(const char *method, const char *target, const char *type, const char *body)
{
    struct sim_response response = lab_send(method, target, type, body);

    ck_assert_msg(!response.watch, "%s %s is a watch", method, target);
    sim_response_free(&response);
    return lab.status;
}

static inline int lab_get(const char *target)
{
    return lab_request("GET", target, NULL, NULL);
}

static inline int lab_post(const char *target, const char *body)
{
    return lab_request("POST", target, "application/json", body);
}

static inline int lab_put(const char *target, const char *body)
{
    return lab_request("PUT", target, "application/json", body);
}

static inline int lab_delete(const char *target, const char *body)
{
    return lab_request("DELETE", target, body ? "application/json" : NULL, body);
}

/* The value at a path of keys and indexes ("items.0.metadata.name"), borrowed, or NULL. */
static inline const json_t *lab_at(const json_t *from, const char *path)
{
    char step[128];
    size_t bytes;

    for (; from && *path; path += bytes + (path[bytes] == '.')) {
        bytes = strcspn(path, ".");
        snprintf(step, sizeof step, "%.*s", (int)bytes, path);
        if (json_is_array(from))
            from = json_array_get(from, strtoul(step, NULL, 10));
        else
            from = json_object_get(from, step);
    }
    return from;
}

/* The string at a path of the answer; "" when there is none. Rests until the next request. */
static inline const char *lab_text(const char *path)
{
    const char *text = json_string_value(lab_at(lab.answer, path));

    return text ? text : "";
}

static inline size_t lab_count(const char *path)
{
    return json_array_size(lab_at(lab.answer, path));
}

static inline long long lab_integer(const char *path)
{
    return json_integer_value(lab_at(lab.answer, path));
}

/* Names of the items of the list that was answered, joined by blanks. */
static inline const char *lab_names(void)
{
    static char names[4096];
    const json_t *items = lab_at(lab.answer, "items");

    *names = '\0';
    for (size_t i = 0; i < json_array_size(items); i++) {
        strcat(names, i ? " " : "");
        strcat(names, json_string_value(lab_at(json_array_get(items, i), "metadata.name")));
    }
    return names;
}

static inline void lab_pod(const char *name, const char *labels, const char *spec_more)
{
    char body[2048];

    snprintf(body, sizeof body,
             "{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"%s\",\"labels\":{%s}},"
             "\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"pause\"}]%s}}",
             name, labels, spec_more);
    ck_assert_msg(lab_post(PODS, body) == 201, "%s", lab.body);
}

static inline int lab_bind(const char *name, const char *node)
{
    char target[512], body[512];

    snprintf(target, sizeof target, PODS "/%s/binding", name);
    snprintf(body, sizeof body, "{\"metadata\":{\"name\":\"%s\"},\"target\":{\"kind\":\"Node\",\"name\":\"%s\"}}", name, node);
    return lab_post(target, body);
}

static inline long long lab_rv(void)
{
    ck_assert_int_eq(lab_get("/api/v1/pods?limit=1"), 200);
    return strtoll(lab_text("metadata.resourceVersion"), NULL, 10);
}

static inline struct sim_watch *lab_watch(const char *target)
{
    struct sim_response response = lab_send("GET", target, NULL, NULL);

    ck_assert_msg(response.watch != NULL, "%s: %s", target, lab.body);
    ck_assert_int_eq(response.status, 200);
    sim_response_free(&response);
    return response.watch;
}

/* All that the watch has to say now, read `step` bytes at a time; NUL-terminated, the caller's. */
static inline char *lab_read(struct sim_watch *watch, size_t step)
{
    struct buffer out;
    struct error err = ERROR_INIT;
    char piece[4096];
    size_t bytes;

    buffer_init(&out, 64u << 20);
    ck_assert_int_eq(buffer_add(&out, "", 0, &err), 0);
    while ((bytes = sim_watch_read(watch, piece, step)) > 0)
        ck_assert_int_eq(buffer_add(&out, piece, bytes, &err), 0);
    return out.data ? buffer_steal(&out) : strdup("");
}

/* What the watch has to say now, in short: "ADDED p MODIFIED p BOOKMARK ERROR"; with_rv adds "@rv" to each. */
static inline const char *lab_frames(struct sim_watch *watch, bool with_rv)
{
    static char said[8192];
    char *text = lab_read(watch, sizeof(char[4096])), *line = text, *next;

    *said = '\0';
    for (; (next = strchr(line, '\n')); line = next + 1) {
        json_t *frame = json_loadb(line, (size_t)(next - line), 0, NULL);
        const char *name = json_string_value(lab_at(frame, "object.metadata.name"));
        const char *rv = json_string_value(lab_at(frame, "object.metadata.resourceVersion"));
        size_t used = strlen(said);

        ck_assert_msg(frame != NULL, "no JSON: %.200s", line);
        snprintf(said + used, sizeof said - used, "%s%s%s%s%s%s", used ? " " : "", json_string_value(json_object_get(frame, "type")),
                 name ? " " : "", name ? name : "", with_rv ? "@" : "", with_rv && rv ? rv : "");
        json_decref(frame);
    }
    ck_assert_msg(!*line, "a torn frame: %s", line);
    free(text);
    return said;
}

static inline double cpu_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/*
 * CPU time of one of many. The bound is generous, an order of magnitude above what is measured, so that only a wrong algorithm fails; under valgrind
 * (LAB_SLOW), where a program is thirty times as slow, it says nothing.
 */
static inline void lab_costs(double us, double most_us)
{
    const char *slow = getenv("LAB_SLOW");

    if (!slow || !*slow || !strcmp(slow, "0"))
        ck_assert_double_lt(us, most_us);
}

static inline int lab_run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

#define LAB_CASE(suite, title, ...)                                                                                                        \
    do {                                                                                                                                   \
        const TTest *const lab_tests[] = {__VA_ARGS__};                                                                                    \
        TCase *lab_case = tcase_create(title);                                                                                             \
        tcase_add_checked_fixture(lab_case, lab_setup, lab_close);                                                                         \
        for (size_t lab_i = 0; lab_i < sizeof lab_tests / sizeof lab_tests[0]; lab_i++)                                                    \
            tcase_add_test(lab_case, lab_tests[lab_i]);                                                                                    \
        suite_add_tcase(suite, lab_case);                                                                                                  \
    } while (0)

#endif
