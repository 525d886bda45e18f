/* test_metrics.c: the page, byte for byte, and the borders of the buckets. */
#include <check.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/limits.h"
#include "common/service/metrics.h"
#include "common/service/process.h"

#define TEXT_MAX 65536

static struct metrics *metrics;
static struct buffer page;

static void set_up(void)
{
    struct error err = ERROR_INIT;

    metrics = metrics_new("my-scheduler", "127.0.0.1:6443", &err);
    ck_assert_ptr_nonnull(metrics);
    buffer_init(&page, LIMIT_METRICS_PAGE_BYTES);
}

static void tear_down(void)
{
    metrics_free(metrics);
    buffer_free(&page);
}

static const char *render(void)
{
    struct error err = ERROR_INIT;

    buffer_clear(&page);
    ck_assert_msg(metrics_render(metrics, &page, &err) == 0, "%s", err.text);
    return page.data;
}

/* whether the page has that line, whole */
static void has_line(const char *line)
{
    const char *text = render(), *found = text;
    size_t bytes = strlen(line);

    while ((found = strstr(found, line))) {
        if ((found == text || found[-1] == '\n') && found[bytes] == '\n')
            return;
        found++;
    }
    ck_abort_msg("no line '%s'", line);
}

static void has_not(const char *piece)
{
    ck_assert_msg(!strstr(render(), piece), "'%s' on the page", piece);
}

static void play(void)
{
    metrics_attempt(metrics, ATTEMPT_SCHEDULED, 1500);
    metrics_attempt(metrics, ATTEMPT_SCHEDULED, 900);
    metrics_attempt(metrics, ATTEMPT_UNSCHEDULABLE, 40);
    metrics_pod_scheduled(metrics, 1, 12345);
    metrics_pod_scheduled(metrics, 3, 2500000);
    metrics_pod_scheduled(metrics, 20, 90000000);
    metrics_pending(metrics, 4, 3, 2, 1);
    metrics_request(metrics, "GET", 200, 7000, 0, 123456);
    metrics_request(metrics, "GET", 200, -1, 0, 0);
    metrics_request(metrics, "GET", 0, 30000, 0, 0);
    metrics_request(metrics, "POST", 201, 2000, 210, 180);
    metrics_request(metrics, "POST", 409, 2000, 210, 400);
    metrics_stream_bytes(metrics, "GET", 1000);
    metrics_stream_bytes(metrics, "GET", 24);
    metrics_event_dropped(metrics);
    metrics_preemption(metrics, 1);
    metrics_preemption(metrics, 3);
}

/* puts "N" where the system or the version decides */
static void mask_system(char *text)
{
    char *line, *in = text, *out = text;

    while (*(line = in)) {
        size_t bytes = strcspn(line, "\n") + 1;
        const char *kept = strncmp(line, "process_", 8) == 0 ? " " : strncmp(line, "lab_build_info", 14) == 0 ? "\"" : NULL;
        char *cut = kept ? memchr(line, *kept, bytes) : NULL;

        in += bytes;
        if (cut) {
            memmove(out, line, (size_t)(cut + 1 - line));
            out += cut + 1 - line;
            *out++ = 'N';
            *out++ = '\n';
        } else {
            memmove(out, line, bytes);
            out += bytes;
        }
    }
    *out = '\0';
}

/* Compares line by line: a whole page in one message is more than Check takes. */
static void same_lines(const char *got, const char *expected)
{
    while (*got && *expected) {
        int got_bytes = (int)strcspn(got, "\n"), expected_bytes = (int)strcspn(expected, "\n");

        ck_assert_msg(got_bytes == expected_bytes && memcmp(got, expected, (size_t)got_bytes) == 0, "got      '%.*s'\nexpected '%.*s'",
                      got_bytes, got, expected_bytes, expected);
        got += got_bytes + (got[got_bytes] != '\0');
        expected += expected_bytes + (expected[expected_bytes] != '\0');
    }
    ck_assert_msg(!*got && !*expected, "one ends early; the other goes on with '%.200s'", *got ? got : expected);
}

START_TEST(test_page)
{
    static char expected[TEXT_MAX];
    FILE *file = fopen("tests/unit/golden/metrics.txt", "r");
    size_t bytes;

    ck_assert_msg(file != NULL, "the golden page is missing (tests run from the top of the tree)");
    bytes = fread(expected, 1, sizeof expected - 1, file);
    expected[bytes] = '\0';
    fclose(file);
    play();
    has_line("lab_build_info{version=\"" LAB_VERSION "\"} 1");
    mask_system(page.data);
    same_lines(page.data, expected);
}
END_TEST

START_TEST(test_same_page_twice)
{
    char *first;

    play();
    render();
    mask_system(page.data);
    first = buffer_steal(&page);
    render();
    mask_system(page.data);
    ck_assert_str_eq(page.data, first);
    free(first);
}
END_TEST

/* A value on a border belongs below it (le), one more belongs above. */
static const struct {
    int64_t us;
    const char *inside, *outside;
} borders[] = {
    {1000, "le=\"0.001\"} 1", NULL},
    {1001, "le=\"0.002\"} 1", "le=\"0.001\"} 1"},
    {16384000, "le=\"16.384\"} 1", "le=\"8.192\"} 1"},
    {16384001, "le=\"+Inf\"} 1", "le=\"16.384\"} 1"},
    {0, "le=\"0.001\"} 1", NULL},
    {-5, "le=\"0.001\"} 1", NULL},
    {INT64_MAX, "le=\"+Inf\"} 1", "le=\"16.384\"} 1"},
};

START_TEST(test_bucket_borders)
{
    metrics_attempt(metrics, ATTEMPT_SCHEDULED, borders[_i].us);
    ck_assert_msg(strstr(render(), borders[_i].inside) != NULL, "%lld us: no %s", (long long)borders[_i].us, borders[_i].inside);
    if (borders[_i].outside)
        has_not(borders[_i].outside);
}
END_TEST

START_TEST(test_first_boundaries)
{
    metrics_pod_scheduled(metrics, 1, 10000);
    has_line("scheduler_pod_scheduling_sli_duration_seconds_bucket{attempts=\"1\",le=\"0.01\"} 1");
    metrics_pod_scheduled(metrics, 1, 5242880000);
    has_line("scheduler_pod_scheduling_sli_duration_seconds_bucket{attempts=\"1\",le=\"5242.88\"} 2");
    has_line("scheduler_pod_scheduling_sli_duration_seconds_sum{attempts=\"1\"} 5242.89");
    metrics_request(metrics, "PATCH", 200, 60000000, 16777216, 64);
    has_line("rest_client_request_duration_seconds_bucket{host=\"127.0.0.1:6443\",verb=\"PATCH\",le=\"30\"} 0");
    has_line("rest_client_request_duration_seconds_bucket{host=\"127.0.0.1:6443\",verb=\"PATCH\",le=\"60\"} 1");
    has_line("rest_client_request_size_bytes_bucket{host=\"127.0.0.1:6443\",verb=\"PATCH\",le=\"4.194304e+06\"} 0");
    has_line("rest_client_request_size_bytes_bucket{host=\"127.0.0.1:6443\",verb=\"PATCH\",le=\"1.6777216e+07\"} 1");
    has_line("rest_client_response_size_bytes_bucket{host=\"127.0.0.1:6443\",verb=\"PATCH\",le=\"64\"} 1");
}
END_TEST

START_TEST(test_attempts_labels)
{
    metrics_pod_scheduled(metrics, 14, 1);
    metrics_pod_scheduled(metrics, 15, 1);
    metrics_pod_scheduled(metrics, 16, 1);
    metrics_pod_scheduled(metrics, 1000000, 1);
    has_line("scheduler_pod_scheduling_sli_duration_seconds_count{attempts=\"14\"} 1");
    has_line("scheduler_pod_scheduling_sli_duration_seconds_count{attempts=\"15+\"} 3");
    has_line("scheduler_pod_scheduling_attempts_bucket{le=\"16\"} 3");
    has_line("scheduler_pod_scheduling_attempts_count 4");
    has_line("scheduler_pod_scheduling_attempts_sum 1000045");
    has_not("attempts=\"15\"");
}
END_TEST

START_TEST(test_codes_and_verbs)
{
    static const int codes[] = {0, -1, 99, 600, 1000000};
    size_t i;

    for (i = 0; i < sizeof codes / sizeof codes[0]; i++)
        metrics_request(metrics, "GET", codes[i], 1, 0, 0);
    metrics_request(metrics, "GET", 100, 1, 0, 0);
    metrics_request(metrics, "GET", 599, 1, 0, 0);
    metrics_request(metrics, "BREW", 418, 1, 0, 0);
    has_line("rest_client_requests_total{code=\"<error>\",host=\"127.0.0.1:6443\",method=\"GET\"} 5");
    has_line("rest_client_requests_total{code=\"100\",host=\"127.0.0.1:6443\",method=\"GET\"} 1");
    has_line("rest_client_requests_total{code=\"599\",host=\"127.0.0.1:6443\",method=\"GET\"} 1");
    has_line("rest_client_requests_total{code=\"418\",host=\"127.0.0.1:6443\",method=\"OTHER\"} 1");
    ck_assert_uint_eq(metrics_requests(metrics, "GET"), 7);
    ck_assert_uint_eq(metrics_requests(metrics, "BREW"), 1);
    ck_assert_uint_eq(metrics_requests(metrics, "POST"), 0);
}
END_TEST

START_TEST(test_stream_is_counted_once)
{
    metrics_request(metrics, "GET", 200, -1, 0, 0);
    metrics_stream_bytes(metrics, "GET", 4096);
    metrics_stream_bytes(metrics, "GET", 1);
    has_line("rest_client_requests_total{code=\"200\",host=\"127.0.0.1:6443\",method=\"GET\"} 1");
    has_line("lab_stream_received_bytes_total{host=\"127.0.0.1:6443\",verb=\"GET\"} 4097");
    has_not("rest_client_response_size_bytes_count");
    has_not("rest_client_request_duration_seconds_count");
}
END_TEST

START_TEST(test_labels_are_escaped)
{
    struct error err = ERROR_INIT;

    metrics_free(metrics);
    metrics = metrics_new("a\"b\\c\nd", "host\"", &err);
    metrics_request(metrics, "PUT", 200, 1, 1, 1);
    has_line("scheduler_schedule_attempts_total{profile=\"a\\\"b\\\\c\\nd\",result=\"error\"} 0");
    has_line("rest_client_requests_total{code=\"200\",host=\"host\\\"\",method=\"PUT\"} 1");
}
END_TEST

/* What the page says about the process is about this process. */
START_TEST(test_process)
{
    int64_t cpu = process_cpu_us(), memory = process_resident_bytes(), start = process_start_us();
    int64_t now = (int64_t)time(NULL) * 1000000;

    while (process_cpu_us() == cpu)
        ;
    ck_assert_int_ge(cpu, 0);
    ck_assert_int_gt(memory, 100000);
    ck_assert_int_lt(memory, INT64_C(8) << 30);
    /* Check gives each test a process of its own; the system counts its start from a boot time in whole seconds */
    ck_assert_int_le(start, now + 2000000);
    ck_assert_int_gt(start, now - 30000000);
}
END_TEST

/* Every ceiling that is too low is an error that leaves what was there. */
START_TEST(test_no_room)
{
    struct error err = ERROR_INIT;
    size_t max, whole;

    play();
    whole = strlen(render());
    for (max = 7; max < whole; max += 97) {
        buffer_free(&page);
        buffer_init(&page, max);
        ck_assert_int_eq(buffer_add_string(&page, "before\n", &err), 0);
        ck_assert_int_eq(metrics_render(metrics, &page, &err), -1);
        ck_assert_int_eq(err.kind, ERROR_RUNTIME);
        ck_assert_str_eq(page.data, "before\n");
        ck_assert_uint_eq(page.bytes, 7);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("metrics");
    TCase *core = tcase_create("core");
    TCase *limits = tcase_create("limits");
    SRunner *runner;
    int failed;

    tcase_add_test(core, test_page);
    tcase_add_test(core, test_same_page_twice);
    tcase_add_loop_test(core, test_bucket_borders, 0, sizeof borders / sizeof borders[0]);
    tcase_add_test(core, test_first_boundaries);
    tcase_add_test(core, test_attempts_labels);
    tcase_add_test(core, test_codes_and_verbs);
    tcase_add_test(core, test_stream_is_counted_once);
    tcase_add_test(core, test_labels_are_escaped);
    tcase_add_test(core, test_process);
    tcase_add_checked_fixture(core, set_up, tear_down);
    suite_add_tcase(suite, core);
    tcase_add_test(limits, test_no_room);
    tcase_add_checked_fixture(limits, set_up, tear_down);
    suite_add_tcase(suite, limits);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
