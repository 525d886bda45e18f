/* report.c: see report.h. */
#include "doctor/report.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/limits.h"

#define CHECK_WIDTH 12

const char *level_name(enum level level)
{
    static const char *const names[LEVELS] = {"ok", "warn", "fail", "skip"};

    return names[level];
}

/* malloc'd, one line; NULL: no memory */
static char *one_line(const char *format, va_list args)
{
    char text[REPORT_LINE_BYTES];

    vsnprintf(text, sizeof text, format, args);
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = *c == '\n' || *c == '\t' ? ' ' : '?';
    return strdup(text);
}

static void add(struct report *report, enum level level, const char *check, const char *format, va_list args)
{
    const size_t room = report->room ? 2 * report->room : 32;
    struct finding *grown = report->finding;

    if (report->count == report->room) {
        grown = realloc(report->finding, room * sizeof *grown);
        report->no_memory |= !grown;
        if (!grown)
            return;
        report->finding = grown;
        report->room = room;
    }
    grown[report->count] = (struct finding){.part = report->part, .check = check, .level = level, .found = one_line(format, args)};
    report->no_memory |= !grown[report->count].found;
    if (grown[report->count].found)
        report->count++;
}

#define ADD(level)                                                                                                                         \
    do {                                                                                                                                   \
        va_list args;                                                                                                                      \
        va_start(args, format);                                                                                                            \
        add(report, level, check, format, args);                                                                                           \
        va_end(args);                                                                                                                      \
    } while (0)

void report_ok(struct report *report, const char *check, const char *format, ...)
{
    ADD(LEVEL_OK);
}

void report_skip(struct report *report, const char *check, const char *format, ...)
{
    ADD(LEVEL_SKIP);
}

void report_bad(struct report *report, enum level level, const char *check, const char *format, ...)
{
    ADD(level);
}

static void set_mend(struct report *report, size_t place, const char *format, va_list args)
{
    if (place >= report->count || report->no_memory)
        return;
    free(report->finding[place].mend);
    report->finding[place].mend = one_line(format, args);
    report->no_memory |= !report->finding[place].mend;
}

void report_mend(struct report *report, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set_mend(report, report->count - 1, format, args);
    va_end(args);
}

void report_mend_at(struct report *report, size_t place, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    set_mend(report, place, format, args);
    va_end(args);
}

size_t report_count(const struct report *report, enum level level)
{
    size_t count = 0;

    for (size_t i = 0; i < report->count; i++)
        count += report->finding[i].level == level;
    return count;
}

void report_free(struct report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        free(report->finding[i].found);
        free(report->finding[i].mend);
    }
    free(report->finding);
    *report = (struct report){0};
}

/* ---- printing ---- */

static int written(FILE *out, struct error *err)
{
    return fflush(out) != 0 || ferror(out) ? error_set(err, ERROR_RUNTIME, "cannot write: %s", strerror(errno)) : 0;
}

int report_print_text(const struct report *report, FILE *out, struct error *err)
{
    static const char *const words[LEVELS] = {"ok", "warn", "FAIL", "skip"};
    const char *part = "";

    if (report->no_memory)
        return error_no_memory(err);
    for (size_t i = 0; i < report->count; i++) {
        const struct finding *finding = &report->finding[i];

        if (strcmp(part, finding->part) != 0)
            fprintf(out, "%s%s\n", *part ? "\n" : "", finding->part);
        part = finding->part;
        fprintf(out, "  %-4s  %-*s %s\n", words[finding->level], CHECK_WIDTH, finding->check, finding->found);
        if (finding->mend)
            fprintf(out, "        mend: %s\n", finding->mend);
    }
    fprintf(out, "\n%zu ok, %zu warn, %zu FAIL, %zu skip\n", report_count(report, LEVEL_OK), report_count(report, LEVEL_WARN),
            report_count(report, LEVEL_FAIL), report_count(report, LEVEL_SKIP));
    return written(out, err);
}

static int put_member(FILE *out, const char *name, const char *text, struct error *err)
{
    struct buffer quoted;
    int ret;

    buffer_init(&quoted, LIMIT_OBJECT_BYTES);
    ret = text ? buffer_add_json_string(&quoted, text, err) : buffer_add_string(&quoted, "null", err);
    if (ret == 0)
        fprintf(out, "\"%s\": %s", name, quoted.data);
    buffer_free(&quoted);
    return ret;
}

static int put_finding(const struct finding *finding, FILE *out, struct error *err)
{
    fprintf(out, "    {\"part\": \"%s\", \"check\": \"%s\", \"level\": \"%s\", ", finding->part, finding->check,
            level_name(finding->level));
    if (put_member(out, "found", finding->found, err) < 0)
        return -1;
    fputs(", ", out);
    if (put_member(out, "mend", finding->mend, err) < 0)
        return -1;
    fputs("}", out);
    return 0;
}

int report_print_json(const struct report *report, FILE *out, struct error *err)
{
    if (report->no_memory)
        return error_no_memory(err);
    fputs("{\"version\": \"" LAB_VERSION "\", \"checks\": [", out);
    for (size_t i = 0; i < report->count; i++) {
        fputs(i ? ",\n" : "\n", out);
        if (put_finding(&report->finding[i], out, err) < 0)
            return -1;
    }
    fputs("\n  ], \"counts\": {", out);
    for (int level = 0; level < LEVELS; level++)
        fprintf(out, "%s\"%s\": %zu", level ? ", " : "", level_name((enum level)level), report_count(report, (enum level)level));
    fprintf(out, "}, \"ready\": %s}\n", report_count(report, LEVEL_FAIL) ? "false" : "true");
    return written(out, err);
}
