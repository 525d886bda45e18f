/*
 * report_sweep.c: polling at each interval beside theory, and the others below.
 */
#include <math.h>

#include "compare/figure.h"
#include "compare/report.h"

enum { INTERVAL, MEAN, MEAN_THEORY, P95, P95_THEORY, IDLE, IDLE_THEORY, COLUMNS };

static int add_headings(struct text_table *table, struct error *err)
{
    static const char *const headings[COLUMNS] = {"interval",         "mean ms",           "T/2 + service", "p95 ms",
                                                  "0.95 T + service", "idle requests/min", "60/T"};
    size_t i;

    if (text_table_row(table, err) < 0)
        return -1;
    for (i = 0; i < COLUMNS; i++)
        text_table_cell(table, i, "%s", headings[i]);
    return 0;
}

static int add_line(struct text_table *table, const struct results_contestant *c, bool swept, struct error *err)
{
    struct results_theory theory;
    struct side side;
    char name[TABLE_CELL_BYTES];
    bool measured;

    if (text_table_row(table, err) < 0 || side_look(c, &side, err) < 0 || results_theory(c, &theory, err) < 0)
        return -1;
    if (swept)
        text_table_cell(table, INTERVAL, "%s, %g s%s", c->name, c->interval_s, side.total.runs < c->run_count ? " INVALID" : "");
    else
        text_table_cell(table, INTERVAL, "%s", report_name(c, name));
    measured = side.part[PART_WHOLE].all.count > 0;
    text_table_number(table, MEAN, figure_of(FIGURE_MEAN, &side), 1);
    text_table_number(table, P95, figure_of(FIGURE_P95, &side), 1);
    text_table_number(table, IDLE, figure_idle_load(&side), 0);
    if (!swept)
        return 0;
    text_table_number(table, MEAN_THEORY, measured ? theory.mean_us / 1e3 : NAN, 1);
    text_table_number(table, P95_THEORY, measured ? theory.p95_us / 1e3 : NAN, 1);
    text_table_number(table, IDLE_THEORY, 60 / c->interval_s, 0);
    return 0;
}

int report_sweep_table(const struct results *results, struct text_table *table, struct error *err)
{
    size_t i;

    text_table_init(table, COLUMNS);
    if (!results->sweep_count)
        return 0;
    if (add_headings(table, err) < 0)
        return -1;
    for (i = 0; i < results->sweep_count; i++)
        if (add_line(table, &results->sweep[i], true, err) < 0)
            return -1;
    for (i = 0; i < results->contestant_count; i++)
        if (!(results->contestants[i].interval_s > 0) && add_line(table, &results->contestants[i], false, err) < 0)
            return -1;
    return 0;
}
