#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grade/class.h"

/* characters, as the terminal shows them; wide ones count as one */
static int width(const char *text)
{
    int count = 0;

    for (; *text; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

static void write_points(const struct student *s, int checkpoint, FILE *out)
{
    char text[32] = "–";
    int pad;

    if (s->state == STUDENT_GRADED)
        snprintf(text, sizeof text, "%d/%d", s->summary.earned[checkpoint], s->summary.total[checkpoint]);
    pad = 7 - width(text);
    fprintf(out, "  %*s%s", pad > 0 ? pad : 0, "", text);
}

static void write_row(const struct student *s, unsigned checkpoints, int name_width, FILE *out)
{
    int checkpoint;

    fprintf(out, "%s%*s", s->name, name_width - width(s->name), "");
    for (checkpoint = 1; checkpoint <= CHECKPOINTS; checkpoint++)
        if (checkpoints & 1u << checkpoint)
            write_points(s, checkpoint, out);
    write_points(s, 0, out);
    fprintf(out, "%s%s\n", *s->summary.note ? "  " : "", s->summary.note);
}

static int compare_ints(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

static void write_end(const struct student *students, size_t count, int64_t total_us, FILE *out)
{
    int *earned = malloc(count * sizeof *earned);
    size_t graded = 0, full = 0, i;

    for (i = 0; earned && i < count; i++)
        if (students[i].state == STUDENT_GRADED) {
            earned[graded++] = students[i].summary.earned[0];
            full += students[i].summary.earned[0] == students[i].summary.total[0];
        }
    fprintf(out, "\n%zu of %zu graded in %lld s", graded, count, (long long)(total_us / 1000000));
    if (graded) {
        qsort(earned, graded, sizeof *earned, compare_ints);
        fprintf(out, ": median %d, %zu with full marks", earned[graded / 2], full);
    }
    fputc('\n', out);
    free(earned);
}

void class_print(const struct student *students, size_t count, unsigned checkpoints, int64_t total_us, FILE *out)
{
    int name_width = 10, checkpoint;
    size_t i;

    for (i = 0; i < count; i++)
        if (width(students[i].name) > name_width)
            name_width = width(students[i].name);
    fprintf(out, "%-*s", name_width, "submission");
    for (checkpoint = 1; checkpoint <= CHECKPOINTS; checkpoint++)
        if (checkpoints & 1u << checkpoint)
            fprintf(out, "  %7d", checkpoint);
    fprintf(out, "  %7s  note\n", "total");
    for (i = 0; i < count; i++)
        write_row(&students[i], checkpoints, name_width, out);
    write_end(students, count, total_us, out);
}

/* RFC 4180; what a spreadsheet would take for a formula gets a ' in front */
static void write_cell(const char *text, FILE *out)
{
    fputs(*text && strchr("=+-@", *text) ? "\"'" : "\"", out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void write_line(const struct student *s, FILE *out)
{
    static const char *const states[] = {"not graded", "not graded", "graded", "not graded"};
    int i;

    write_cell(s->name, out);
    for (i = 1; i <= CHECKPOINTS + 1; i++) {
        int which = i > CHECKPOINTS ? 0 : i;

        if (s->state == STUDENT_GRADED)
            fprintf(out, ",%d,%d", s->summary.earned[which], s->summary.total[which]);
        else
            fputs(",,", out);
    }
    fprintf(out, ",%s,%lld,", states[s->state], (long long)(s->took_us / 1000000));
    write_cell(s->summary.note, out);
    fputs("\r\n", out);
}

int class_write_csv(const struct student *students, size_t count, const char *path, struct error *err)
{
    FILE *out = fopen(path, "w");
    size_t i;
    int checkpoint, failed;

    if (!out)
        return error_set(err, ERROR_RUNTIME, "--csv: %s: %s", path, strerror(errno));
    fputs("submission", out);
    for (checkpoint = 1; checkpoint <= CHECKPOINTS; checkpoint++)
        fprintf(out, ",checkpoint %d,of %d", checkpoint, checkpoint);
    fputs(",total,of,state,seconds,note\r\n", out);
    for (i = 0; i < count; i++)
        write_line(&students[i], out);
    failed = ferror(out);
    return fclose(out) == EOF || failed ? error_set(err, ERROR_RUNTIME, "--csv: %s: %s", path, strerror(errno)) : 0;
}
