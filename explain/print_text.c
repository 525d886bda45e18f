/* print_text.c: see print.h. A node's row is its name, its score, and what the filters say, wrapped; then the pick. */
#include <inttypes.h>
#include <string.h>

#include "common/buffer.h"
#include "common/limits.h"
#include "explain/print.h"

#define INDENT 2
#define GAP 2
#define NAME_WIDTH_MAX 40 /* a longer name has a line of its own */

struct columns {
    int name, score;
};

static void put(FILE *out, const char *text, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        putc((unsigned char)text[i] < 0x20 || text[i] == 0x7f ? '?' : text[i], out);
}

/* From column `indent`, which is reached already; ends the line. A word is never cut. */
static void put_wrapped(FILE *out, const char *text, int indent)
{
    int column = indent;

    while (*text) {
        const size_t bytes = strcspn(text, " ");

        if (column > indent && column + 1 + (int)bytes > PRINT_WIDTH) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
        } else if (column > indent) {
            putc(' ', out);
            column++;
        }
        put(out, text, bytes);
        column += (int)bytes;
        text += bytes;
        text += strspn(text, " ");
    }
    putc('\n', out);
}

static struct columns measure(const struct explained *explained)
{
    struct columns columns = {4, 5};

    for (size_t i = 0; i < explained->verdict_count; i++) {
        const int name = (int)strlen(explained->verdicts[i].node);
        const int score = snprintf(NULL, 0, "%" PRId64, explained->verdicts[i].score);

        if (name > columns.name)
            columns.name = name > NAME_WIDTH_MAX ? NAME_WIDTH_MAX : name;
        if (score > columns.score)
            columns.score = score;
    }
    return columns;
}

static int put_feasible(FILE *out, const struct verdict *verdict, int indent, struct error *err)
{
    struct buffer text;
    int ret = -1;

    buffer_init(&text, LIMIT_OBJECT_BYTES);
    if (buffer_add_string(&text, "fits", err) < 0)
        goto cleanup;
    if (verdict->taints &&
        buffer_printf(&text, err, ", but has %d PreferNoSchedule taint%s in the way", verdict->taints, verdict->taints == 1 ? "" : "s") < 0)
        goto cleanup;
    if (verdict->spread && buffer_printf(&text, err, "%s ScheduleAnyway constraints count %" PRId64 " against it",
                                         verdict->taints ? ", and" : ", but", verdict->spread) < 0)
        goto cleanup;
    put_wrapped(out, text.data, indent);
    ret = 0;
cleanup:
    buffer_free(&text);
    return ret;
}

/* A line for each filter: "resources: Insufficient cpu, Insufficient memory". */
static int put_objections(FILE *out, const struct verdict *verdict, int indent, struct error *err)
{
    struct buffer text;
    int ret = -1;

    buffer_init(&text, LIMIT_OBJECT_BYTES);
    for (size_t i = 0; i < verdict->objections;) {
        const enum filter_id filter = verdict->objection[i].filter;

        if (i)
            fprintf(out, "%*s", indent, "");
        buffer_clear(&text);
        if (buffer_printf(&text, err, "%s: %s", filter == OBJECTION_TAKEN ? "taken" : filter_name(filter), verdict->objection[i].reason) <
            0)
            goto cleanup;
        for (i++; i < verdict->objections && verdict->objection[i].filter == filter; i++)
            if (buffer_printf(&text, err, ", %s", verdict->objection[i].reason) < 0)
                goto cleanup;
        put_wrapped(out, text.data, indent);
    }
    ret = 0;
cleanup:
    buffer_free(&text);
    return ret;
}

static int put_row(FILE *out, const struct columns *columns, const struct verdict *verdict, struct error *err)
{
    const int bytes = (int)strlen(verdict->node), indent = INDENT + columns->name + GAP + columns->score + GAP;

    fprintf(out, "%*s", INDENT, "");
    put(out, verdict->node, (size_t)bytes);
    if (bytes > columns->name)
        fprintf(out, "\n%*s", INDENT + columns->name, "");
    else
        fprintf(out, "%*s", columns->name - bytes, "");
    fprintf(out, "%*s%*" PRId64 "%*s", GAP, "", columns->score, verdict->score, GAP, "");
    return verdict->objections ? put_objections(out, verdict, indent, err) : put_feasible(out, verdict, indent, err);
}

static int begin(struct printing *printing, const struct options *options, struct error *err)
{
    (void)printing;
    (void)options;
    (void)err;
    return 0;
}

static int decision(struct printing *printing, const struct explained *explained, struct error *err)
{
    const struct columns columns = measure(explained);
    FILE *out = printing->out;

    if (printing->decisions)
        putc('\n', out);
    put(out, explained->pod, strlen(explained->pod));
    putc('\n', out);
    if (explained->verdict_count)
        fprintf(out, "%*s%-*s%*s%*s%*sVERDICT\n", INDENT, "", columns.name, "NODE", GAP, "", columns.score, "SCORE", GAP, "");
    for (size_t i = 0; i < explained->verdict_count; i++)
        if (put_row(out, &columns, &explained->verdicts[i], err) < 0)
            return -1;
    fprintf(out, "%*s", INDENT, "");
    if (explained->node) {
        fputs("-> ", out);
        put(out, explained->node, strlen(explained->node));
        fprintf(out, "\n%*s", INDENT + 3, "");
        put_wrapped(out, explained->message, INDENT + 3);
    } else { /* in one piece: it is looked for word for word */
        put(out, explained->message, strlen(explained->message));
        putc('\n', out);
    }
    return 0;
}

static int widest(const struct step_list *list, int width)
{
    for (size_t i = 0; i < list->count; i++)
        if ((int)strlen(list->step[i].pod) > width)
            width = (int)strlen(list->step[i].pod);
    return width > NAME_WIDTH_MAX ? NAME_WIDTH_MAX : width;
}

/* "  preempt  default/low   worker-1" */
static void put_steps(FILE *out, const char *verb, const struct step_list *list, int width)
{
    for (size_t i = 0; i < list->count; i++) {
        const int bytes = (int)strlen(list->step[i].pod);

        fprintf(out, "%*s%-7s%*s", INDENT, "", verb, GAP, "");
        put(out, list->step[i].pod, (size_t)bytes);
        fprintf(out, "%*s", (bytes < width ? width - bytes : 0) + GAP, "");
        put(out, list->step[i].node, strlen(list->step[i].node));
        putc('\n', out);
    }
}

static void put_plan(FILE *out, const struct steps *steps)
{
    const int width = widest(&steps->bind, widest(&steps->preempt, 0));

    fputs(steps->preempt.count + steps->bind.count ? "\nplan\n" : "\nplan: nothing to do\n", out);
    put_steps(out, "preempt", &steps->preempt, width);
    put_steps(out, "bind", &steps->bind, width);
}

static int end(struct printing *printing, const struct options *options, struct error *err)
{
    (void)err;
    if (!printing->decisions)
        fprintf(printing->out, "no pending pods for %s\n", options->scheduler_name);
    if (printing->steps)
        put_plan(printing->out, printing->steps);
    return 0;
}

const struct print_form print_text = {begin, decision, end};
