/*
 * test_grade_class.c: folders of submissions: which are found, what of them is copied and built, the table, the CSV file, and the summary that a worker leaves.
 */
#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "grade/candidate.h"
#include "grade/class.h"
#include "grade/folder.h"
#include "tests/unit/support/scratch.h"

static char place[64];
static volatile sig_atomic_t stop;

static void begin(void)
{
    scratch_begin();
    snprintf(place, sizeof place, "/tmp/lab-class-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(place));
    ck_assert_int_eq(chmod(place, 0711), 0);
    ck_assert_int_eq(setenv("TMPDIR", place, 1), 0);
}

static void end(void)
{
    struct error err = ERROR_INIT;

    ck_assert_msg(folder_remove(place, &err) == 0, "%s", err.text);
    unsetenv("TMPDIR");
    scratch_end();
}

static const char *in_place(const char *name)
{
    static char paths[8][256];
    static int at;
    char *path = paths[at++ % 8];

    snprintf(path, sizeof paths[0], "%s/%s", place, name);
    return path;
}

static void folder(const char *name)
{
    ck_assert_int_eq(mkdir(in_place(name), 0755), 0);
}

static void file(const char *name, const char *text, mode_t mode)
{
    FILE *out = fopen(in_place(name), "w");

    ck_assert_msg(out != NULL, "%s: %s", name, strerror(errno));
    fputs(text, out);
    fclose(out);
    chmod(in_place(name), mode);
}

static bool ends_with(const char *text, const char *tail)
{
    size_t length = strlen(text), wanted = strlen(tail);

    return length >= wanted && strcmp(text + length - wanted, tail) == 0;
}

START_TEST(test_class_finds_folders)
{
    struct student *students;
    struct error err = ERROR_INIT;
    char first[256], second[256], *folders[] = {first, second};
    size_t count;

    snprintf(first, sizeof first, "%s", in_place("a"));
    snprintf(second, sizeof second, "%s", in_place("b"));
    folder("a");
    folder("b");
    folder("a/zoe");
    folder("a/.git");
    folder("a/adam\x1b[31m");
    folder("b/zoe");
    file("a/notes.txt", "no submission", 0644);
    ck_assert_int_eq(symlink("/etc", in_place("a/link")), 0);
    ck_assert_int_eq(students_find(folders, 2, &students, &count, &err), 0);
    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(students[0].name, "adam?[31m");
    ck_assert_str_eq(students[1].key, "zoe");
    ck_assert_str_eq(students[2].key, "zoe-2");
    students_free(students, count);
    ck_assert_int_eq(students_find(&folders[1], 0, &students, &count, &err), -1);
    snprintf(first, sizeof first, "%s", in_place("none"));
    ck_assert_int_eq(students_find(folders, 1, &students, &count, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "No such file"));
}
END_TEST

/* what is looked for: a file of the submission, the command that it becomes */
static const struct {
    const char *file;
    mode_t mode;
    const char *polling, *watch, *note;
} looked_for[] = {
    {"polling", 0755, "submission/polling'", "submission/watch'", "no watch program"},
    {"bin/watch", 0755, "submission/polling'", "submission/bin/watch'", "no polling program"},
    {"watch-scheduler", 0755, "submission/polling'", "submission/watch-scheduler'", "no polling program"},
    {"polling.py", 0644, "submission/polling.py'", "submission/watch'", "no watch program"},
    {"variants/watch/scheduler.py", 0644, "submission/polling'", "submission/variants/watch/scheduler.py'", "no polling program"},
    {"scheduler.py", 0644, "submission/scheduler.py'", "submission/watch'", "no watch program"},
    {"watch", 0644, "submission/polling'", "submission/watch'", "no polling program; watch is not executable"},
    {"README", 0644, "submission/polling'", "submission/watch'", "no polling program; no watch program"},
};

START_TEST(test_candidate_programs_are_found)
{
    struct candidate candidate;
    struct error err = ERROR_INIT;
    char name[128];
    bool script = ends_with(looked_for[_i].file, ".py");

    folder("one");
    folder("one/bin");
    folder("one/variants");
    folder("one/variants/watch");
    snprintf(name, sizeof name, "one/%s", looked_for[_i].file);
    file(name, "x", looked_for[_i].mode);
    ck_assert_msg(candidate_open(&candidate, in_place("one"), NULL, "/opt/venv/bin/python", &stop, &err) == 0, "%s", err.text);
    ck_assert_msg(ends_with(candidate.polling, looked_for[_i].polling), "%s", candidate.polling);
    ck_assert_msg(ends_with(candidate.watch, looked_for[_i].watch), "%s", candidate.watch);
    ck_assert_str_eq(candidate.note, looked_for[_i].note);
    ck_assert_int_eq(script, !strncmp(candidate.polling, "/opt/venv/bin/python '/", 23) ||
                                 !strncmp(candidate.watch, "/opt/venv/bin/python '/", 23));
    candidate_close(&candidate);
}
END_TEST

START_TEST(test_candidate_is_built)
{
    struct candidate candidate;
    struct error err = ERROR_INIT;

    folder("one");
    file("one/Makefile", "all:\n\tprintf '#!/bin/sh\\n' >polling\n\tcp polling watch\n\tchmod 755 polling watch\n", 0644);
    ck_assert_msg(candidate_open(&candidate, in_place("one"), NULL, "python3", &stop, &err) == 0, "%s", err.text);
    ck_assert_str_eq(candidate.note, "");
    candidate_close(&candidate);
    /* what it was handed in as is not touched */
    ck_assert_int_eq(access(in_place("one/polling"), F_OK), -1);
    ck_assert_msg(candidate_open(&candidate, in_place("one"), "exit 3", "python3", &stop, &err) == 0, "%s", err.text);
    ck_assert_str_eq(candidate.note, "build failed: exit code 3; no polling program; no watch program");
    candidate_close(&candidate);
}
END_TEST

START_TEST(test_candidate_copy_is_bounded)
{
    struct candidate candidate;
    struct error err = ERROR_INIT;

    folder("one");
    file("one/huge", "", 0644);
    ck_assert_int_eq(truncate(in_place("one/huge"), (off_t)65 << 20), 0);
    ck_assert_int_eq(candidate_open(&candidate, in_place("one"), NULL, "python3", &stop, &err), -1);
    ck_assert_ptr_nonnull(strstr(err.text, "too much to copy"));
}
END_TEST

START_TEST(test_folder_copy_leaves_links_and_pipes)
{
    struct error err = ERROR_INIT;
    struct stat status;
    char target[64] = "";

    folder("one");
    folder("one/sub");
    file("one/sub/private", "x", 0600);
    file("one/run", "x", 0700);
    ck_assert_int_eq(symlink("/etc/passwd", in_place("one/absolute")), 0);
    ck_assert_int_eq(symlink("../../etc", in_place("one/up")), 0);
    ck_assert_int_eq(symlink("sub/private", in_place("one/within")), 0);
    ck_assert_int_eq(mkfifo(in_place("one/pipe"), 0600), 0);
    ck_assert_msg(folder_copy(in_place("one"), in_place("two"), 1000, 100, &err) == 0, "%s", err.text);
    ck_assert_int_eq(lstat(in_place("two/absolute"), &status), -1);
    ck_assert_int_eq(lstat(in_place("two/up"), &status), -1);
    ck_assert_int_eq(lstat(in_place("two/pipe"), &status), -1);
    ck_assert_int_eq(readlink(in_place("two/within"), target, sizeof target - 1), 11);
    ck_assert_int_eq(stat(in_place("two/sub/private"), &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0666);
    ck_assert_int_eq(stat(in_place("two/run"), &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0777);
    ck_assert_int_eq(folder_copy(in_place("one"), in_place("three"), 1000, 2, &err), -1);
    ck_assert_int_eq(folder_copy(in_place("one"), in_place("four"), 1, 100, &err), -1);
}
END_TEST

/* a removal follows no link, and is not stopped by what somebody made unreadable */
START_TEST(test_folder_remove_stays_within)
{
    struct error err = ERROR_INIT;

    folder("one");
    folder("one/closed");
    file("one/closed/file", "x", 0);
    folder("kept");
    file("kept/file", "x", 0644);
    ck_assert_int_eq(symlink(in_place("kept"), in_place("one/link")), 0);
    ck_assert_int_eq(chmod(in_place("one/closed"), 0), 0);
    ck_assert_int_eq(folder_measure(in_place("one"), 1 << 20, 100).entries >= 2, 1);
    ck_assert_msg(folder_remove(in_place("one"), &err) == 0, "%s", err.text);
    ck_assert_int_eq(access(in_place("kept/file"), F_OK), 0);
    ck_assert_int_eq(folder_remove(in_place("one"), &err), 0);
}
END_TEST

static struct student student(char *name, enum student_state state, int earned, const char *note)
{
    struct student s = {.name = name, .state = state, .took_us = 12000000};

    s.summary.earned[0] = s.summary.earned[2] = earned;
    s.summary.total[0] = s.summary.total[2] = 9;
    snprintf(s.summary.note, sizeof s.summary.note, "%s", note);
    return s;
}

START_TEST(test_class_table_and_csv)
{
    char names[4][32] = {"adam", "=1+\"2\"", "J\xC3\xBCrgen", "zoe"};
    struct student students[4] = {student(names[0], STUDENT_GRADED, 9, ""), student(names[1], STUDENT_GRADED, 3, "watch: signal 11"),
                                  student(names[2], STUDENT_NOT_GRADED, 0, "its grader died of signal 9"),
                                  student(names[3], STUDENT_WAITS, 0, "")};
    struct error err = ERROR_INIT;
    const char *path = scratch_path("out");
    FILE *out = fopen(path, "w");
    char *text;

    class_print(students, 4, 1u << 2, 34000000, out);
    fclose(out);
    text = scratch_read(path);
    ck_assert_str_eq(text, "submission        2    total  note\n"
                           "adam            9/9      9/9\n"
                           "=1+\"2\"          3/9      3/9  watch: signal 11\n"
                           "J\xC3\xBCrgen            \xE2\x80\x93        \xE2\x80\x93  its grader died of signal 9\n"
                           "zoe               \xE2\x80\x93        \xE2\x80\x93\n"
                           "\n2 of 4 graded in 34 s: median 9, 1 with full marks\n");
    free(text);
    ck_assert_int_eq(class_write_csv(students, 4, path, &err), 0);
    text = scratch_read(path);
    ck_assert_str_eq(text, "submission,checkpoint 1,of 1,checkpoint 2,of 2,checkpoint 3,of 3,checkpoint 4,of 4,checkpoint 5,of "
                           "5,total,of,state,seconds,note\r\n"
                           "\"adam\",0,0,9,9,0,0,0,0,0,0,9,9,graded,12,\"\"\r\n"
                           "\"'=1+\"\"2\"\"\",0,0,3,9,0,0,0,0,0,0,3,9,graded,12,\"watch: signal 11\"\r\n"
                           "\"J\xC3\xBCrgen\",,,,,,,,,,,,,not graded,12,\"its grader died of signal 9\"\r\n"
                           "\"zoe\",,,,,,,,,,,,,not graded,12,\"\"\r\n");
    free(text);
    ck_assert_int_eq(class_write_csv(students, 4, "/no/such/folder/x.csv", &err), -1);
}
END_TEST

/* pieces: who, how it ended, how many requests */
static json_t *piece(const char *program, const char *end, int requests)
{
    json_t *list = json_array();

    while (requests-- > 0)
        json_array_append_new(list, json_object());
    return json_pack("{s:s, s:i, s:s, s:o, s:{s:s}}", "scene", "rules", "checkpoint", 2, "program", program, "requests", list, "process",
                     "end", end);
}

static const struct {
    const char *polling_end;
    int polling_requests;
    const char *before, *note;
} noted[] = {{"stopped", 3, "", ""},
             {"stopped, exit code 0", 3, "", ""},
             {"stopped", 0, "", "polling: hung, asked for nothing"},
             {"more than 128 processes", 0, "", "polling: forks without end"},
             {"signal 11", 3, "", "polling: signal 11"},
             {"not started", 0, "no polling program", "no polling program; polling: not started"},
             {"more than 4096 KiB of output", 9, "", "polling: more than 4096 KiB of output"}};

START_TEST(test_summary_notes_what_is_odd)
{
    struct error err = ERROR_INIT;
    struct evidence_bundle *bundle = bundle_new(NULL, &err);
    struct grade_sheet sheet;
    struct summary summary, again;
    const char *path = scratch_path("summary");

    sheet_init(&sheet);
    sheet.earned = 4;
    sheet.total = 5;
    ck_assert_int_eq(bundle_add(bundle, piece("polling", noted[_i].polling_end, noted[_i].polling_requests), &err), 0);
    ck_assert_int_eq(bundle_add(bundle, piece("polling", noted[_i].polling_end, noted[_i].polling_requests), &err), 0);
    ck_assert_int_eq(bundle_add(bundle, piece("watch", "stopped", 1), &err), 0);
    summary_of(&sheet, bundle, noted[_i].before, &summary);
    ck_assert_str_eq(summary.note, noted[_i].note);
    ck_assert_int_eq(summary_write(&summary, path, &err), 0);
    ck_assert(summary_read(path, &again));
    ck_assert_int_eq(memcmp(summary.earned, again.earned, sizeof again.earned), 0);
    ck_assert_int_eq(again.total[0], 5);
    ck_assert_str_eq(again.note, summary.note);
    bundle_free(bundle);
}
END_TEST

START_TEST(test_summary_that_is_none)
{
    static const char *const texts[] = {"", "{", "{\"points\": [[1, 2]], \"note\": \"\"}",
                                        "{\"points\": [1, 2, 3, 4, 5, 6], \"note\": \"\"}",
                                        "{\"points\": [[1,2],[1,2],[1,2],[1,2],[1,2],[1,2]]}"};
    struct summary summary;
    size_t i;

    for (i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(!summary_read(scratch_write("summary", texts[i], 0600), &summary), "%s", texts[i]);
    ck_assert(!summary_read("/no/such/file", &summary));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("grade class");
    TCase *tcase = tcase_create("class");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, test_class_finds_folders);
    tcase_add_test(tcase, test_class_table_and_csv);
    tcase_add_loop_test(tcase, test_candidate_programs_are_found, 0, (int)(sizeof looked_for / sizeof *looked_for));
    tcase_add_test(tcase, test_candidate_is_built);
    tcase_add_test(tcase, test_candidate_copy_is_bounded);
    tcase_add_test(tcase, test_folder_copy_leaves_links_and_pipes);
    tcase_add_test(tcase, test_folder_remove_stays_within);
    tcase_add_loop_test(tcase, test_summary_notes_what_is_odd, 0, (int)(sizeof noted / sizeof *noted));
    tcase_add_test(tcase, test_summary_that_is_none);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
