/*
 * test_sim_state.c: a cluster saved and loaded into another server; misspelt fields; tokens.
 */
#include <unistd.h>

#include "simulator/files.h"
#include "simulator/state.h"
#include "simulator/tokens.h"
#include "tests/unit/sim_fixture.h"

static struct buffer first, second;

static struct sim_options small_cluster(void)
{
    struct sim_options options = lab_options();

    options.nodes = 3;
    options.cluster_name = "lab";
    return options;
}

static void setup(void)
{
    lab_open(small_cluster());
    buffer_init(&first, 64 << 20);
    buffer_init(&second, 64 << 20);
}

static void teardown(void)
{
    buffer_free(&first);
    buffer_free(&second);
    lab_close();
}

static void save(struct buffer *out)
{
    struct error err = ERROR_INIT;

    buffer_clear(out);
    ck_assert_msg(sim_save(lab.sim, out, &err) == 0, "%s", err.text);
}

static void post(const char *target, const char *body, int status)
{
    struct sim_request request = {
        .method = "POST", .target = target, .content_type = "application/json", .body = body, .body_bytes = strlen(body)};
    struct sim_response response = {0};
    struct error err = ERROR_INIT;

    ck_assert_int_eq(sim_handle(lab.sim, &request, &response, &err), 0);
    ck_assert_int_eq(response.status, status);
    sim_response_free(&response);
}

static void get(const char *target, int status, struct buffer *out)
{
    struct sim_request request = {.method = "GET", .target = target};
    struct sim_response response = {0};
    struct error err = ERROR_INIT;

    buffer_clear(out);
    ck_assert_int_eq(sim_handle(lab.sim, &request, &response, &err), 0);
    ck_assert_int_eq(response.status, status);
    ck_assert_int_eq(buffer_add(out, response.body.data, response.body.bytes, &err), 0);
    sim_response_free(&response);
}

#define POD(name) "{\"metadata\":{\"name\":\"" name "\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}"

START_TEST(test_state_survives)
{
    struct sim_options options = lab_options();
    struct error err = ERROR_INIT;
    struct buffer before;

    buffer_init(&before, 64 << 20);
    post(PODS, POD("a"), 201);
    post(PODS, POD("b"), 201);
    post(PODS "/a/binding", "{\"target\":{\"kind\":\"Node\",\"name\":\"lab-worker\"}}", 201);
    get(PODS, 200, &before);
    save(&first);
    options.nodes = 1;
    options.seed = 99;
    lab_open(options);
    post(PODS, POD("gone"), 201);
    ck_assert_msg(sim_load(lab.sim, first.data, &err) == 0, "%s", err.text);
    save(&second);
    ck_assert_msg(strcmp(first.data, second.data) == 0, "the states differ");
    get(PODS, 200, &second);
    ck_assert_msg(strcmp(before.data, second.data) == 0, "the lists differ");
    get(PODS "/gone", 404, &second);
    get("/api/v1/nodes/lab-worker2", 200, &second);
    buffer_free(&before);
}
END_TEST

/* a server started with the same seed again must not give out the UIDs it gave before */
START_TEST(test_uids_go_on)
{
    struct error err = ERROR_INIT;
    char uid[64];
    const char *at;

    post(PODS, POD("a"), 201);
    get(PODS "/a", 200, &second);
    at = strstr(second.data, "\"uid\":");
    ck_assert_ptr_nonnull(at);
    snprintf(uid, sizeof uid, "%.44s", at);
    save(&first);
    /* the same server again, without what was saved: the same UID */
    lab_close();
    lab_open(small_cluster());
    post(PODS, POD("b"), 201);
    get(PODS "/b", 200, &second);
    ck_assert_ptr_nonnull(strstr(second.data, uid));
    /* and with it: another */
    lab_close();
    lab_open(small_cluster());
    ck_assert_int_eq(sim_load(lab.sim, first.data, &err), 0);
    post(PODS, POD("b"), 201);
    get(PODS "/b", 200, &second);
    ck_assert_ptr_null(strstr(second.data, uid));
}
END_TEST

START_TEST(test_old_versions_are_gone_and_new_ones_go_on)
{
    struct error err = ERROR_INIT;

    post(PODS, POD("a"), 201);
    save(&first);
    ck_assert_int_eq(sim_load(lab.sim, first.data, &err), 0);
    get("/api/v1/pods?resourceVersion=2&resourceVersionMatch=Exact", 410, &second);
    post(PODS, POD("b"), 201);
    post(PODS, POD("a"), 409);
    get("/api/v1/pods", 200, &second);
    ck_assert_ptr_nonnull(strstr(second.data, "\"name\":\"b\""));
}
END_TEST

static const char *const wrong[] = {"", "[]", "{", "{\"version\":2,\"resourceVersion\":5,\"random\":\"0\",\"objects\":{}}",
                                    "{\"version\":1,\"resourceVersion\":5,\"random\":\"0\",\"objects\":{}}"};

START_TEST(test_no_state_changes_nothing)
{
    struct error err = ERROR_INIT;

    save(&first);
    ck_assert_int_eq(sim_load(lab.sim, wrong[_i], &err), -1);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    save(&second);
    ck_assert_msg(strcmp(first.data, second.data) == 0, "the states differ");
}
END_TEST

#define MISSPELT                                                                                                                           \
    "{\"metadata\":{\"name\":\"t\",\"foo\":1},\"spec\":{\"schedulerNam\":\"x\",\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"imag\":"  \
    "1}]}}"

/* kubectl asks for Strict; who does not gets the object without what nobody knows */
START_TEST(test_misspelt_fields)
{
    struct sim_request request = {.method = "POST",
                                  .target = PODS "?fieldValidation=Strict",
                                  .content_type = "application/json",
                                  .body = MISSPELT,
                                  .body_bytes = sizeof MISSPELT - 1};
    struct sim_response response = {0};
    struct error err = ERROR_INIT;

    ck_assert_int_eq(sim_handle(lab.sim, &request, &response, &err), 0);
    ck_assert_int_eq(response.status, 400);
    ck_assert_ptr_nonnull(strstr(response.body.data,
                                 "Pod in version \\\"v1\\\" cannot be handled as a Pod: strict decoding error: unknown field "
                                 "\\\"metadata.foo\\\", unknown field \\\"spec.containers[0].imag\\\", unknown field "
                                 "\\\"spec.schedulerNam\\\"\""));
    sim_response_free(&response);
    post(PODS, MISSPELT, 201);
    get(PODS "/t", 200, &first);
    ck_assert_ptr_null(strstr(first.data, "schedulerNam\""));
    ck_assert_ptr_null(strstr(first.data, "imag\""));
    ck_assert_ptr_null(strstr(first.data, "foo"));
}
END_TEST

static void write_file(const char *path, const char *text)
{
    struct error err = ERROR_INIT;

    ck_assert_msg(file_write(path, text, strlen(text), &err) == 0, "%s", err.text);
}

START_TEST(test_tokens)
{
    char path[] = "/tmp/test_sim_tokens.XXXXXX";
    struct error err = ERROR_INIT;
    struct tokens *tokens = tokens_new(&err);
    int fd = mkstemp(path);

    ck_assert(fd >= 0);
    close(fd);
    ck_assert(!tokens_required(tokens));
    ck_assert_int_eq(tokens_add(tokens, "abc==alice", &err), 0);
    ck_assert(tokens_required(tokens));
    ck_assert_str_eq(tokens_user(tokens, "Bearer abc=", NULL), "alice");
    ck_assert_ptr_null(tokens_user(tokens, "Bearer abc", NULL));
    ck_assert_ptr_null(tokens_user(tokens, "Basic abc=", NULL));
    ck_assert_ptr_null(tokens_user(tokens, NULL, NULL));
    write_file(path, "# comment\n\none,bob,1\ntwo,\"system:x\",2,\"g1,g2\"\n");
    ck_assert_msg(tokens_set_file(tokens, path, &err) == 0, "%s", err.text);
    ck_assert_str_eq(tokens_user(tokens, "bearer one", NULL), "bob");
    ck_assert_str_eq(tokens_user(tokens, "Bearer two", NULL), "system:x");
    ck_assert_str_eq(tokens_first(tokens), "abc=");
    write_file(path, "three,bob,1\n");
    ck_assert_int_eq(tokens_reload(tokens, &err), 0);
    ck_assert_ptr_null(tokens_user(tokens, "Bearer one", NULL));
    ck_assert_str_eq(tokens_user(tokens, "Bearer three", NULL), "bob");
    write_file(path, "four,bob,1\nfive\n");
    ck_assert_int_eq(tokens_reload(tokens, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "line 2: expected token,user,uid"));
    ck_assert_str_eq(tokens_user(tokens, "Bearer three", NULL), "bob");
    ck_assert_str_eq(tokens_user(tokens, "Bearer abc=", NULL), "alice");
    tokens_free(tokens);
    unlink(path);
}
END_TEST

static const char *const bad_tokens[] = {"", "abc", "=alice", "abc="};

START_TEST(test_bad_token_is_not_printed)
{
    struct error err = ERROR_INIT;
    struct tokens *tokens = tokens_new(&err);

    ck_assert_int_eq(tokens_add(tokens, bad_tokens[_i], &err), -1);
    ck_assert_str_eq(err.text, "--token: expected TOKEN=USER[,GROUP...]");
    tokens_free(tokens);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_state");
    TCase *tc = tcase_create("state");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, test_state_survives);
    tcase_add_test(tc, test_uids_go_on);
    tcase_add_test(tc, test_old_versions_are_gone_and_new_ones_go_on);
    tcase_add_loop_test(tc, test_no_state_changes_nothing, 0, (int)(sizeof wrong / sizeof wrong[0]));
    tcase_add_test(tc, test_misspelt_fields);
    tcase_add_test(tc, test_tokens);
    tcase_add_loop_test(tc, test_bad_token_is_not_printed, 0, (int)(sizeof bad_tokens / sizeof bad_tokens[0]));
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
