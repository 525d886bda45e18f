/*
 * test_report_html.c: report.html: the page as it was agreed on, its charts judged by arithmetic of their own, nothing in it that is not escaped or that
 * would ask for anything outside.
 */
#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/html.h"
#include "compare/report.h"
#include "compare/report_html.h"
#include "compare/svg.h"
#include "tests/browser/support/judge.h"
#include "tests/browser/support/markup.h"
#include "tests/unit/support/scratch.h"

#define FOLDER "tests/unit/report/"

static struct error err;
static struct results *results;
static char *page;

/* reads results and makes their page */
static void make(const char *file)
{
    const char *path = scratch_path("report.html");

    results = results_read_json(file, &err);
    ck_assert_msg(results != NULL, "%s", err.text);
    ck_assert_msg(report_html_write(results, path, &err) == 0, "%s", err.text);
    page = scratch_read(path);
}

static void setup(void)
{
    err = (struct error)ERROR_INIT;
    results = NULL;
    page = NULL;
    scratch_begin();
}

static void teardown(void)
{
    scratch_end();
    results_free(results);
    free(page);
}

static const char *const files[] = {FOLDER "results.json", FOLDER "other.json", FOLDER "invalid.json"};
#define FILES (int)(sizeof files / sizeof *files)

/* Line by line: a whole page in one message is more than Check takes. bin/compare report makes the golden page anew. */
START_TEST(is_the_golden_page)
{
    char *golden = scratch_read(FOLDER "report.html");
    const char *got, *expected = golden;

    make(files[0]);
    for (got = page; *got && *expected;) {
        const int got_bytes = (int)strcspn(got, "\n"), expected_bytes = (int)strcspn(expected, "\n");

        ck_assert_msg(got_bytes == expected_bytes && !memcmp(got, expected, (size_t)got_bytes), "got\n%.*s\nexpected\n%.*s",
                      got_bytes < 2000 ? got_bytes : 2000, got, expected_bytes < 2000 ? expected_bytes : 2000, expected);
        got += got_bytes + (got[got_bytes] != '\0');
        expected += expected_bytes + (expected[expected_bytes] != '\0');
    }
    ck_assert_msg(!*got && !*expected, "one ends early");
    free(golden);
}
END_TEST

START_TEST(charts_show_the_results)
{
    int checked, faults;

    make(files[_i]);
    faults = judge_page(page, results, &checked);
    ck_assert_msg(faults == 0, "%s: %d of %d", files[_i], faults, checked);
    ck_assert_int_gt(checked, 60);
}
END_TEST

START_TEST(drawings_are_xml)
{
    const char *at, *end;
    char why[200];
    int count = 0;

    make(files[_i]);
    for (at = page; (at = strstr(at, "<svg")); at = end, count++) {
        end = strstr(at, "</svg>");
        ck_assert_ptr_nonnull(end);
        end += strlen("</svg>");
        ck_assert_msg(markup_is_well_formed(at, end, why), "%s", why);
    }
    ck_assert_int_gt(count, 5);
}
END_TEST

/* every drawing says what it is, to who hears it read */
START_TEST(drawings_are_described)
{
    const char *at, *last;
    struct tag tag;
    char role[20];
    int titles = 0, descs = 0, drawings = 0;

    make(files[_i]);
    for (at = page, last = page + strlen(page); markup_next(&at, last, &tag);) {
        if (markup_is(&tag, "svg")) {
            drawings++;
            ck_assert(markup_attribute(&tag, "role", role, sizeof role) && !strcmp(role, "img"));
            ck_assert(markup_attribute(&tag, "aria-labelledby", role, sizeof role));
        }
        titles += markup_is(&tag, "title");
        descs += markup_is(&tag, "desc");
    }
    ck_assert_int_eq(titles, drawings + 1); /* the page's own */
    ck_assert_int_eq(descs, drawings);
}
END_TEST

/* each link to a table leads somewhere */
START_TEST(links_lead_to_tables)
{
    const char *at, *last, *end;
    struct tag tag, target;
    char link[64];

    make(files[_i]);
    for (at = page, last = page + strlen(page); markup_next(&at, last, &tag);)
        if (markup_is(&tag, "a")) {
            ck_assert(markup_attribute(&tag, "href", link, sizeof link) && *link == '#');
            ck_assert_msg(markup_by_id(page, link + 1, &target, &end) && markup_is(&target, "table"), "%s", link);
        }
}
END_TEST

START_TEST(asks_for_nothing_outside)
{
    static const char *const elements[] = {"script", "link", "img",   "iframe", "object", "embed",
                                           "base",   "form", "video", "audio",  "image",  "use"},
                             *const attributes[] = {"src", "srcset", "style", "onload", "onclick", "onerror", "xlink:href", "action"};
    const char *at, *last, *style, *style_end;
    struct tag tag;
    char value[64];
    size_t i;

    make(files[_i]);
    for (at = page, last = page + strlen(page); markup_next(&at, last, &tag);) {
        for (i = 0; i < sizeof elements / sizeof *elements; i++)
            ck_assert_msg(!markup_is(&tag, elements[i]), "<%s>", elements[i]);
        for (i = 0; i < sizeof attributes / sizeof *attributes; i++)
            ck_assert_msg(!markup_attribute(&tag, attributes[i], value, sizeof value), "%s=", attributes[i]);
        if (markup_attribute(&tag, "href", value, sizeof value))
            ck_assert_int_eq(*value, '#');
    }
    style = strstr(page, "<style>");
    style_end = strstr(page, "</style>");
    ck_assert(style && style_end && style < style_end);
    for (at = style; at < style_end; at++)
        ck_assert(strncmp(at, "url(", 4) && strncmp(at, "@import", 7) && strncmp(at, "//", 2));
    ck_assert_ptr_nonnull(strstr(page, "content=\"default-src 'none'; style-src 'unsafe-inline'\""));
}
END_TEST

/* what stands in the page as text: tags out, entities resolved is not needed for these */
START_TEST(says_what_is_invalid)
{
    make(files[2]);
    ck_assert_ptr_nonnull(strstr(page, "role=\"alert\"><h2>INVALID</h2>"));
    ck_assert_ptr_nonnull(
        strstr(page, "pod 3 &lt;/li&gt;&lt;script&gt;alert(&#39;reason&#39;)&lt;/script&gt; &amp; &quot;stayed&quot; unbound</li>"));
    ck_assert_ptr_nonnull(strstr(page, "its counters \xef\xbf\xbd went back")); /* a control character */
    ck_assert_ptr_nonnull(strstr(page, "<td class=\"bad\" colspan=\"6\">INVALID</td>"));
    ck_assert_ptr_nonnull(strstr(page, "from /tmp/&lt;arrivals&gt;&quot;.txt"));
    ck_assert_ptr_nonnull(strstr(page, "<code>sh -c &#39;&lt;/code&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;"));
    ck_assert_ptr_nonnull(strstr(page, "<p class=\"sentence\">Nothing is &lt;concluded&gt;: a run of &lt;b onload="));
    results_free(results);
    free(page);
    make(files[0]);
    ck_assert_ptr_null(strstr(page, ">INVALID<"));
}
END_TEST

/* nothing was measured at all: the page says so, and has no chart */
START_TEST(of_nothing)
{
    struct results_contestant *c;

    results = results_new(&err);
    c = results_add_contestant(results, "dead", "dead", 0, &err);
    results_invalidate(results_add_run(c, 3, &err), "it \"never\" bound");
    ck_assert_int_eq(report_html_write(results, scratch_path("report.html"), &err), 0);
    page = scratch_read(scratch_path("report.html"));
    ck_assert_ptr_null(strstr(page, "<svg"));
    ck_assert_ptr_nonnull(strstr(page, "it &quot;never&quot; bound"));
    ck_assert_ptr_nonnull(strstr(page, "Nothing is concluded"));
    ck_assert_ptr_null(strstr(page, "nan"));
    ck_assert_ptr_null(strstr(page, "inf"));
}
END_TEST

/* what the API server counted is nobody's: each scheduler's own count stands in its place, on the page and in the table */
START_TEST(own_counts_where_others_ask)
{
    bool together = _i;
    char *table;
    FILE *out;

    make(files[0]);
    ck_assert(strstr(page, "data-figure=\"requests_per_pod\"") && strstr(page, "counted by the API server"));
    free(page);
    results->environment.kubelets = !together;
    results->options.together = together;
    ck_assert_int_eq(report_html_write(results, scratch_path("report.html"), &err), 0);
    page = scratch_read(scratch_path("report.html"));
    ck_assert(strstr(page, "data-figure=\"client_requests_per_pod\"") && strstr(page, "data-figure=\"idle_client_requests_per_minute\""));
    ck_assert(!strstr(page, "data-figure=\"requests_per_pod\"") && !strstr(page, "counted by the API server"));
    ck_assert(!strstr(page, "<th scope=\"row\">list pods"));
    out = fopen(scratch_path("table"), "w");
    ck_assert(out && report_print(results, out, &err) == 0 && fclose(out) == 0);
    table = scratch_read(scratch_path("table"));
    ck_assert_ptr_nonnull(strstr(table, together ? "\nall asked the API server at once, so" : "\nkubelets ask this API server too, so"));
    ck_assert(strstr(table, "in all, as the scheduler counts") && !strstr(table, "list pods") && !strstr(table, "watches opened"));
    free(table);
}
END_TEST

START_TEST(no_place_to_write)
{
    make(files[0]);
    ck_assert_int_eq(report_html_write(results, scratch_path("no/such/report.html"), &err), -1);
    ck_assert_msg(strstr(err.text, "no/such/report.html") != NULL, "%s", err.text);
    ck_assert_int_eq(err.kind, ERROR_RUNTIME);
}
END_TEST

/* ---- text ---- */

static const struct {
    const char *text, *html;
} escapes[] = {
    {"a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39;"},
    {"ä € 😀\n\t", "ä € 😀\n\t"},
    {"\x01\x7f\x1b[0m", "���[0m"},
    {"cut \xe2\x82", "cut ��"},
    {"\xc3"
     "A \xe2\x82"
     "B \xf0\x9f\x98<",
     "�A ��B ���&lt;"},                                        /* what follows a cut is not swallowed */
    {"\xc0\xaf \xed\xa0\x80 \xf5\x80\x80\x80", "�� ��� ����"}, /* overlong, a surrogate, beyond Unicode */
    {"\xc2\x85", "��"},                                        /* a control character in two bytes */
};

START_TEST(escapes_text)
{
    FILE *file = fopen(scratch_path("text"), "w");
    char *got;

    html_text(file, escapes[_i].text);
    fclose(file);
    got = scratch_read(scratch_path("text"));
    ck_assert_str_eq(got, escapes[_i].html);
    free(got);
}
END_TEST

/* ---- axes ---- */

static const struct {
    double least, greatest, from, to;
} logs[] = {{0.4, 1982, 0.2, 2000}, {1, 1000, 1, 1000}, {3, 3, 2, 5},       {1, 1, 1, 2},
            {0, 7, 0.5, 10},        {-5, 0, 0.1, 1},    {NAN, NAN, 0.1, 1}, {INFINITY, 0, 0.1, 1}};

START_TEST(log_axis)
{
    struct svg_axis axis = svg_axis_log(logs[_i].least, logs[_i].greatest, 0, 100);
    double ticks[SVG_TICKS_MAX];
    size_t i, count = svg_ticks(&axis, ticks);

    ck_assert_double_eq_tol(axis.from, logs[_i].from, 1e-9);
    ck_assert_double_eq_tol(axis.to, logs[_i].to, 1e-6);
    ck_assert_uint_ge(count, 2);
    for (i = 0; i < count; i++) {
        ck_assert(ticks[i] >= axis.from * 0.999 && ticks[i] <= axis.to * 1.001);
        ck_assert(!i || ticks[i] > ticks[i - 1]);
    }
    ck_assert_double_eq_tol(svg_place(&axis, axis.to * 9), 100, 1e-9);
    ck_assert_double_eq_tol(svg_place(&axis, -1), 0, 1e-9);
    ck_assert_double_eq_tol(svg_place(&axis, sqrt(axis.from * axis.to)), 50, 1e-9);
}
END_TEST

START_TEST(linear_axis)
{
    static const double tops[][2] = {{240, 250}, {30, 30}, {9.67, 10}, {0.4, 0.4}, {0, 1}, {NAN, 1}, {1e6, 1e6}};
    double ticks[SVG_TICKS_MAX];
    size_t i, count;

    for (i = 0; i < sizeof tops / sizeof *tops; i++) {
        struct svg_axis axis = svg_axis_linear(tops[i][0], 50, 0);

        ck_assert_double_eq_tol(axis.to, tops[i][1], 1e-9 * tops[i][1]);
        count = svg_ticks(&axis, ticks);
        ck_assert(count >= 3 && count <= 7);
        ck_assert_double_eq_tol(ticks[count - 1], axis.to, 1e-9 * axis.to);
        ck_assert_double_eq_tol(svg_place(&axis, axis.to / 2), 25, 1e-9);
    }
}
END_TEST

START_TEST(labels_keep_apart)
{
    double places[] = {100, 101, 10, 99, 290}, few[] = {5, 295};

    svg_spread(places, 5, 20, 0, 300);
    ck_assert_double_eq_tol(places[2], 10, 1e-9);
    ck_assert_double_eq_tol(places[3], 99, 1e-9);
    ck_assert_double_eq_tol(places[0], 119, 1e-9);
    ck_assert_double_eq_tol(places[1], 139, 1e-9);
    svg_spread(few, 2, 300, 0, 300);
    ck_assert(few[0] <= 0 && few[1] >= 300 - 1e-9);
}
END_TEST

START_TEST(numbers)
{
    char text[2 * SVG_NUMBER_BYTES];

    ck_assert_str_eq(svg_ms(0.517, text), "0.52 ms");
    ck_assert_str_eq(svg_ms(9.996, text), "10.0 ms");
    ck_assert_str_eq(svg_ms(898.4, text), "898 ms");
    ck_assert_str_eq(svg_ms(999.7, text), "1.00 s");
    ck_assert_str_eq(svg_ms(12345, text), "12.3 s");
    ck_assert_str_eq(svg_ms_range(961, 1010, text), "0.96–1.01 s");
    ck_assert_str_eq(svg_ms_range(0.41, 12.34, text), "0.4–12.3 ms");
    ck_assert_str_eq(svg_round_ms(0.5, text), "0.5 ms");
    ck_assert_str_eq(svg_round_ms(5000, text), "5 s");
}
END_TEST

/* the reader that judges is judged: what is no XML is told */
START_TEST(reader_sees_what_is_no_xml)
{
    static const char *const bad[] = {"<svg><g></svg>",    "<svg a=\"1\" a=\"2\"></svg>",
                                      "<svg>&nbsp;</svg>", "<svg a=1></svg>",
                                      "<svg>a < b</svg>",  "<svg a=\"<\"/>",
                                      "<svg></svg>x",      "<svg>",
                                      "<svg>\x01</svg>",   "<svg a=\"&\"/>"};
    static const char fine[] = "<svg a=\"1\">x<g b='2'/>&amp;</svg>";
    char why[200];
    size_t i;

    for (i = 0; i < sizeof bad / sizeof *bad; i++)
        ck_assert_msg(!markup_is_well_formed(bad[i], bad[i] + strlen(bad[i]), why), "%s", bad[i]);
    ck_assert(markup_is_well_formed(fine, fine + strlen(fine), why));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("report_html");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(core, setup, teardown);
    tcase_add_test(core, is_the_golden_page);
    tcase_add_loop_test(core, charts_show_the_results, 0, FILES);
    tcase_add_loop_test(core, drawings_are_xml, 0, FILES);
    tcase_add_loop_test(core, drawings_are_described, 0, FILES);
    tcase_add_loop_test(core, links_lead_to_tables, 0, FILES);
    tcase_add_loop_test(core, asks_for_nothing_outside, 0, FILES);
    tcase_add_test(core, says_what_is_invalid);
    tcase_add_test(core, of_nothing);
    tcase_add_loop_test(core, own_counts_where_others_ask, 0, 2);
    tcase_add_test(core, no_place_to_write);
    tcase_add_loop_test(core, escapes_text, 0, (int)(sizeof escapes / sizeof *escapes));
    tcase_add_loop_test(core, log_axis, 0, (int)(sizeof logs / sizeof *logs));
    tcase_add_test(core, linear_axis);
    tcase_add_test(core, labels_keep_apart);
    tcase_add_test(core, numbers);
    tcase_add_test(core, reader_sees_what_is_no_xml);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
