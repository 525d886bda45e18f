/*
 * check_report.c: judges a page against the results it was made from.
 * usage: check_report PAGE.html RESULTS.json      ends with "N passed, N failed"; exit code 1 when anything failed, 2 when there is nothing to judge
 */
#include <stdio.h>
#include <stdlib.h>

#include "common/buffer.h"
#include "tests/browser/support/judge.h"

#define PAGE_BYTES (64u << 20)

static int read_page(const char *path, struct buffer *page, struct error *err)
{
    char part[1 << 16];
    FILE *file = fopen(path, "r");
    size_t bytes;

    if (!file)
        return error_set(err, ERROR_USAGE, "%s: cannot be read", path);
    while ((bytes = fread(part, 1, sizeof part, file)) > 0)
        if (buffer_add(page, part, bytes, err) < 0)
            break;
    fclose(file);
    return page->bytes ? 0 : error_set(err, ERROR_USAGE, "%s: it is empty", path);
}

int main(int argc, char **argv)
{
    struct error err = ERROR_INIT;
    struct results *results = argc == 3 ? results_read_json(argv[2], &err) : NULL;
    struct buffer page;
    int checked = 0, faults;

    buffer_init(&page, PAGE_BYTES);
    if (!results || read_page(argv[1], &page, &err) < 0) {
        fprintf(stderr, "check_report: %s\n", argc == 3 ? err.text : "usage: check_report PAGE.html RESULTS.json");
        results_free(results);
        return 2;
    }
    faults = judge_page(page.data, results, &checked);
    printf("%d passed, %d failed\n", checked - faults, faults);
    buffer_free(&page);
    results_free(results);
    return faults || !checked;
}
