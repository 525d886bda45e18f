/*
 * test_alloc_front.c: the simulator's shared pieces with each of their allocations failed: an error, never a crash or a leak.
 * jansson is left out: the lexer of 2.14 reads past its buffer when that cannot grow.
 */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/counters.h"
#include "simulator/discovery.h"
#include "simulator/faults.h"
#include "simulator/protobuf.h"
#include "simulator/request_log.h"
#include "simulator/state.h"
#include "simulator/table.h"
#include "simulator/tokens.h"
#include "support/alloc_fault.h"

#ifdef __APPLE__ /* where nothing can be wrapped */
#define __real_malloc malloc
#define __real_free free
#else
void *__real_malloc(size_t bytes);
void __real_free(void *data);
#endif

static int64_t now(const struct clock *clock)
{
    (void)clock;
    return 0;
}

static const struct clock still_clock = {NULL, now, now};

static int plan(void *ctx)
{
    struct error err = ERROR_INIT;
    struct faults *faults = NULL;
    int ret = faults_parse("[{\"verb\":\"get\",\"do\":{\"status\":500,\"message\":\"m\"}}]", &faults, &err);

    (void)ctx;
    faults_free(faults);
    return ret;
}

static int count(void *ctx)
{
    struct error err = ERROR_INIT;
    struct counters *counters = counters_new(&err);
    struct buffer page;
    char name[8] = "a";
    int ret;

    (void)ctx;
    if (!counters)
        return -1;
    for (; *name < 'z'; ++*name)
        counters_request(counters, "get", "", "v1", name, "", "resource", 200, 1);
    buffer_init(&page, 1 << 20);
    ret = counters_render(counters, &page, &err);
    buffer_free(&page);
    counters_free(counters);
    return ret;
}

static int draw(void *ctx)
{
    static const char *const objects[] = {"{\"metadata\":{\"name\":\"n\",\"labels\":{\"node-role.kubernetes.io/a\":\"\"}}}",
                                          "{\"message\":\" m \"}"};
    struct error err = ERROR_INIT;
    struct buffer out;
    int ret;

    (void)ctx;
    buffer_init(&out, 1 << 20);
    ret = table_render("nodes", &objects[0], 1, NULL, true, NULL, 0, &out, &err);
    if (ret == 0)
        ret = table_render("events", &objects[1], 1, NULL, true, NULL, 0, &out, &err);
    buffer_free(&out);
    return ret;
}

static int discover(void *ctx)
{
    static const char *const paths[] = {"/api/v1", "/apis", "/openapi/v3", "/openapi/v3/api/v1", "/version"};
    const char *type;
    struct error err = ERROR_INIT;
    struct buffer out;
    int status, ret = 0;

    (void)ctx;
    buffer_init(&out, 1 << 20);
    for (size_t i = 0; i < sizeof paths / sizeof paths[0] && ret == 0; i++)
        ret = discovery_handle(paths[i], NULL, &out, &type, &status, &err) == 1 ? 0 : -1;
    buffer_free(&out);
    return ret;
}

static int decode(void *ctx)
{
    static const char binding[] = "k8s\0\x0a\x0d\x0a\x02v1\x12\x07"
                                  "Binding\x12\x09\x0a\x03\x0a\x01p\x12\x02\x1a\x00";
    struct error err = ERROR_INIT;
    struct buffer out;
    int ret;

    (void)ctx;
    buffer_init(&out, 1 << 20);
    ret = protobuf_to_json(binding, sizeof binding - 1, &out, &err);
    buffer_free(&out);
    return ret == 1 ? 0 : -1;
}

static int know_tokens(void *ctx)
{
    struct error err = ERROR_INIT;
    struct tokens *tokens = tokens_new(&err);
    int ret;

    (void)ctx;
    if (!tokens)
        return -1;
    ret = tokens_add(tokens, "a=b", &err);
    tokens_free(tokens);
    return ret;
}

/* a request that cannot be kept is left out */
static int keep_requests(void *ctx)
{
    struct error err = ERROR_INIT;
    struct request_log *log = request_log_new(4, &err);
    struct buffer out;
    int ret;

    (void)ctx;
    if (!log)
        return -1;
    for (int i = 0; i < 6; i++)
        request_log_add(log, &(struct request_seen){.method = "GET", .target = "/api/v1/pods?limit=1", .code = 200});
    buffer_init(&out, 1 << 20);
    ret = request_log_render(log, 0, &out, &err);
    buffer_free(&out);
    request_log_free(log);
    return ret;
}

static int carry_over(void *ctx)
{
    struct sim_options options = {.clock = &still_clock, .seed = 1, .nodes = 1, .kubelet_start_ms = -1};
    struct error err = ERROR_INIT;
    struct sim *from = sim_new(&options, &err), *to = from ? sim_new(&options, &err) : NULL;
    struct buffer state;
    int ret = -1;

    (void)ctx;
    buffer_init(&state, 1 << 20);
    if (to && sim_save(from, &state, &err) == 0)
        ret = sim_load(to, state.data, &err);
    buffer_free(&state);
    sim_free(from);
    sim_free(to);
    return ret;
}

struct named {
    int (*scenario)(void *ctx);
    bool carries_on;
};

static int without_jansson(void *ctx)
{
    const struct named *named = ctx;

    json_set_alloc_funcs(__real_malloc, __real_free);
    return named->scenario(NULL);
}

static struct named scenarios[] = {{plan, false},   {count, true},        {draw, false},         {discover, false},
                                   {decode, false}, {know_tokens, false}, {keep_requests, true}, {carry_over, true}};

START_TEST(test_every_allocation_may_fail)
{
    if (scenarios[_i].carries_on)
        ck_assert_int_ne(alloc_fault_run_recovering(without_jansson, &scenarios[_i]), 0);
    else
        ck_assert_int_ne(alloc_fault_run(without_jansson, &scenarios[_i]), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("alloc_front");
    TCase *tc = tcase_create("allocation faults");
    SRunner *runner;
    int failed;

    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, test_every_allocation_may_fail, 0, (int)(sizeof scenarios / sizeof scenarios[0]));
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
