/* test_process.c: what is given back to the system, and what must not be. That the page about the process is true, test_metrics.c says. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/service/process.h"

#define FILE_BYTES ((size_t)8 << 20)

static char *map;

/* a file of zeros as a program's text is mapped: private, all of it read once, and then not to be written */
static void map_file(void)
{
    char path[] = "/tmp/test-process-XXXXXX";
    int fd = mkstemp(path);
    size_t i, sum = 0;

    ck_assert_int_ge(fd, 0);
    unlink(path);
    ck_assert_int_eq(ftruncate(fd, (off_t)FILE_BYTES), 0);
    map = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    ck_assert_ptr_ne(map, MAP_FAILED);
    close(fd);
    for (i = 0; i < FILE_BYTES; i += 512)
        sum += (size_t)((volatile char *)map)[i];
    ck_assert_uint_eq(sum, 0);
}

static void protect(void)
{
    ck_assert_int_eq(mprotect(map, FILE_BYTES, PROT_READ), 0);
}

#ifdef __linux__
START_TEST(test_only_read_is_given_back)
{
    int64_t before;

    map_file();
    protect();
    before = process_resident_bytes();
    process_give_back_pages();
    ck_assert_int_lt(process_resident_bytes(), before - (int64_t)FILE_BYTES / 2);
    ck_assert_int_eq(map[FILE_BYTES / 2], 0);
}
END_TEST
#endif

/* as a relocated page is, or one with a breakpoint: read-only by now, but not what the file has */
START_TEST(test_written_once_is_kept)
{
    map_file();
    map[FILE_BYTES / 2] = 'x';
    protect();
    process_give_back_pages();
    ck_assert_int_eq(map[FILE_BYTES / 2], 'x');
}
END_TEST

START_TEST(test_writable_is_kept)
{
    static char in_the_program[] = "as it was";
    char *on_the_heap = strdup("as it was");

    map_file();
    in_the_program[0] = 'A';
    on_the_heap[0] = 'A';
    map[0] = 'A';
    process_give_back_pages();
    ck_assert_str_eq(in_the_program, "As it was");
    ck_assert_str_eq(on_the_heap, "As it was");
    ck_assert_int_eq(map[0], 'A');
    free(on_the_heap);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("process");
    TCase *pages = tcase_create("pages");
    SRunner *runner;
    int failed;

#ifdef __linux__
    tcase_add_test(pages, test_only_read_is_given_back);
#endif
    tcase_add_test(pages, test_written_once_is_kept);
    tcase_add_test(pages, test_writable_is_kept);
    suite_add_tcase(suite, pages);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
