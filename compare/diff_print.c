/*
 * diff_print.c: the difference as text and as JSON.
 */
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "compare/diff.h"
#include "compare/table.h"

static const char *const verdicts[] = {"outside of the spread", "no difference shown", "not known", "not measured"};

/* calls each() for what both have, in the order of the first; contestants by name, points of the sweep by name and interval */
static int for_each_pair(const struct diff_input *input, int (*each)(void *ctx, const struct diff_pair *pair, struct error *err), void *ctx,
                         size_t *count, struct error *err)
{
    const struct results *a = input->results[0], *b = input->results[1];
    size_t i, j, all = a->contestant_count + a->sweep_count, others = b->contestant_count + b->sweep_count;
    struct diff_pair pair;

    *count = 0;
    for (i = 0; i < all; i++) {
        bool swept = i >= a->contestant_count;
        const struct results_contestant *x = swept ? &a->sweep[i - a->contestant_count] : &a->contestants[i];

        for (j = swept ? b->contestant_count : 0; j < (swept ? others : b->contestant_count); j++) {
            const struct results_contestant *y = swept ? &b->sweep[j - b->contestant_count] : &b->contestants[j];

            if (strcmp(x->name, y->name) || (swept && fabs(x->interval_s - y->interval_s) > 1e-9))
                continue;
            ++*count;
            if (!each)
                continue;
            if (diff_pair(x, y, &pair, err) < 0)
                return -1;
            pair.swept = swept;
            if (each(ctx, &pair, err) < 0)
                return -1;
        }
    }
    return 0;
}

static bool has(const struct results *results, const char *name)
{
    size_t i;

    for (i = 0; i < results->contestant_count; i++)
        if (!strcmp(results->contestants[i].name, name))
            return true;
    return false;
}

static const char *change_text(const struct diff_figure *f, char *text, size_t size)
{
    if (isnan(f->change))
        snprintf(text, size, "–");
    else if (fabs(f->change) < 0.05)
        snprintf(text, size, "0.0 %%");
    else
        snprintf(text, size, "%+.*f %%", fabs(f->change) < 10 ? 1 : 0, f->change);
    return text;
}

/* "1.2 (1.1–1.4)": with the range of single runs where there are several */
static void value_cell(struct text_table *table, size_t column, const struct diff_figure *f, int which, size_t runs)
{
    const struct figure_kind *kind = figure_kind(f->figure);
    int digits = !strcmp(kind->unit, "ms") && f->value[0] < 10 && f->value[1] < 10 ? 2 : kind->digits; /* a watch's fractions */
    char value[32], least[32], greatest[32];

    if (isnan(f->value[which]) || runs < 2)
        text_table_number(table, column, f->value[which], digits);
    else
        text_table_cell(table, column, "%s (%s–%s)", text_figure(f->value[which], digits, value),
                        text_figure(f->least[which], digits, least), text_figure(f->greatest[which], digits, greatest));
}

static int add_row(struct text_table *table, const struct diff_pair *pair, const struct diff_figure *f, struct error *err)
{
    const struct figure_kind *kind = figure_kind(f->figure);
    char change[32];

    if (isnan(f->value[0]) && isnan(f->value[1]))
        return 0;
    if (text_table_row(table, err) < 0)
        return -1;
    text_table_cell(table, 0, "  %s%s%s", kind->name, *kind->unit ? ", " : "", kind->unit);
    value_cell(table, 1, f, 0, pair->runs[0]);
    value_cell(table, 2, f, 1, pair->runs[1]);
    text_table_cell(table, 3, "%s", change_text(f, change, sizeof change));
    text_table_cell(table, 4, "%s", verdicts[f->verdict]);
    return 0;
}

struct text_output {
    FILE *out;
    struct text_table table;
};

static int add_pair(void *ctx, const struct diff_pair *pair, struct error *err)
{
    struct text_output *output = ctx;
    struct text_table *table = &output->table;
    const struct results_contestant *a = pair->contestant[0];
    size_t i;

    if (text_table_row(table, err) < 0 || text_table_row(table, err) < 0)
        return -1;
    if (pair->swept)
        text_table_cell(table, 0, "%s every %g s", a->name, a->interval_s);
    else
        text_table_cell(table, 0, "%s", a->name);
    text_table_cell(table, 1, pair->runs[0] ? "%zu run%s" : "INVALID", pair->runs[0], pair->runs[0] == 1 ? "" : "s");
    text_table_cell(table, 2, pair->runs[1] ? "%zu run%s" : "INVALID", pair->runs[1], pair->runs[1] == 1 ? "" : "s");
    if (!isnan(pair->chance))
        text_table_cell(table, 4, "(each by chance 1 in %.0f)", 1 / pair->chance);
    for (i = 0; i < FIGURES; i++)
        if (add_row(table, pair, &pair->figures[i], err) < 0)
            return -1;
    return 0;
}

static void print_options(const struct diff_option *options, size_t count, FILE *out)
{
    size_t i;

    if (count)
        fputs("what differs besides:\n", out);
    for (i = 0; i < count; i++)
        fprintf(out, "  %s: %s → %s%s\n", options[i].name, options[i].text[0], options[i].text[1],
                options[i].decisive ? "   (the figures do not mean the same)" : "");
    if (count)
        fputc('\n', out);
}

static void print_lonely(const struct diff_input *input, FILE *out)
{
    size_t i;
    int which;

    for (which = 0; which < 2; which++)
        for (i = 0; i < input->results[which]->contestant_count; i++)
            if (!has(input->results[!which], input->results[which]->contestants[i].name))
                fprintf(out, "only %c has %s\n", "AB"[which], input -> results[which] -> contestants[i].name);
}

static int print_text(const struct diff_input *input, const struct diff_option *options, size_t option_count, FILE *out, struct error *err)
{
    static const char *const names[] = {"", "A", "B", "change", ""};
    struct text_output output = {.out = out};
    size_t i, count;
    int ret = -1;

    text_table_init(&output.table, 5);
    if (text_table_row(&output.table, err) < 0)
        goto cleanup;
    for (i = 0; i < 5; i++)
        text_table_cell(&output.table, i, "%s", names[i]);
    if (for_each_pair(input, add_pair, &output, &count, err) < 0)
        goto cleanup;
    fprintf(out, "A: %s\nB: %s\n\n", input->files[0], input->files[1]);
    print_options(options, option_count, out);
    text_table_print(&output.table, out);
    fprintf(out,
            "\nIn brackets: the range of single runs. Outside of the spread: each run of one gave more than each of the other. Not known: "
            "that takes "
            "%d runs of both.\n",
            DIFF_RUNS_LEAST);
    print_lonely(input, out);
    ret = 0;
cleanup:
    text_table_free(&output.table);
    return ret;
}

/* ---- JSON ---- */

static json_t *real(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

static json_t *figure_json(const struct diff_figure *f)
{
    return json_pack("{s:s, s:o, s:o, s:[o,o], s:[o,o], s:o, s:s}", "figure", figure_kind(f->figure)->key, "a", real(f->value[0]), "b",
                     real(f->value[1]), "a_runs", real(f->least[0]), real(f->greatest[0]), "b_runs", real(f->least[1]),
                     real(f->greatest[1]), "change_percent", real(f->change), "verdict", verdicts[f->verdict]);
}

static int add_pair_json(void *ctx, const struct diff_pair *pair, struct error *err)
{
    const struct results_contestant *a = pair->contestant[0];
    json_t *figures = json_array(), *item;
    size_t i;

    for (i = 0; i < FIGURES; i++)
        if (json_array_append_new(figures, figure_json(&pair->figures[i])) < 0)
            goto failed;
    item = json_pack("{s:s, s:o, s:b, s:I, s:I, s:o, s:o}", "name", a->name, "interval_s",
                     a->interval_s > 0 ? json_real(a->interval_s) : json_null(), "swept", pair->swept, "runs_a", (json_int_t)pair->runs[0],
                     "runs_b", (json_int_t)pair->runs[1], "chance", real(pair->chance), "figures", figures);
    figures = NULL;
    if (json_array_append_new(ctx, item) == 0)
        return 0;
failed:
    json_decref(figures);
    return error_no_memory(err);
}

static json_t *options_json(const struct diff_option *options, size_t count)
{
    json_t *list = json_array();
    size_t i;

    for (i = 0; i < count; i++)
        if (json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:b}", "name", options[i].name, "a", options[i].text[0], "b",
                                                  options[i].text[1], "decisive", options[i].decisive)) < 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *lonely_json(const struct results *of, const struct results *other)
{
    json_t *names = json_array();
    size_t i;

    for (i = 0; i < of->contestant_count; i++)
        if (!has(other, of->contestants[i].name))
            json_array_append_new(names, json_string(of->contestants[i].name));
    return names;
}

static int print_json(const struct diff_input *input, const struct diff_option *options, size_t option_count, FILE *out, struct error *err)
{
    json_t *pairs = json_array(), *json = NULL;
    size_t count;
    int ret = -1;

    if (!pairs)
        return error_no_memory(err);
    if (for_each_pair(input, add_pair_json, pairs, &count, err) < 0) {
        json_decref(pairs);
        return -1;
    }
    json = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "a", input->files[0], "b", input->files[1], "differences",
                     options_json(options, option_count), "contestants", pairs, "only_a", lonely_json(input->results[0], input->results[1]),
                     "only_b", lonely_json(input->results[1], input->results[0]));
    if (!json)
        return error_set(err, ERROR_RUNTIME, "the difference cannot be made JSON (out of memory, or text that is no UTF-8)");
    if (json_dumpf(json, out, JSON_INDENT(1) | JSON_REAL_PRECISION(9)) == 0)
        ret = 0;
    else
        error_set(err, ERROR_RUNTIME, "the difference cannot be written");
    fputc('\n', out);
    json_decref(json);
    return ret;
}

int diff_print(const struct diff_input *input, FILE *out, struct error *err)
{
    struct diff_option options[DIFF_OPTIONS_MAX];
    size_t i, pairs, count = diff_options(input->results[0], input->results[1], options);

    if (for_each_pair(input, NULL, NULL, &pairs, err) < 0)
        return -1;
    if (!pairs)
        return error_set(err, ERROR_USAGE, "%s and %s: no contestant is in both", input->files[0], input->files[1]);
    for (i = 0; i < count && !input->force; i++)
        if (options[i].decisive)
            return error_set(err, ERROR_USAGE,
                             "%s and %s: %s is %s and %s, so their figures do not mean the same (--force compares them all the same)",
                             input->files[0], input->files[1], options[i].name, options[i].text[0], options[i].text[1]);
    return input->json ? print_json(input, options, count, out, err) : print_text(input, options, count, out, err);
}
