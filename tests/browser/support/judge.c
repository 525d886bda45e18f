#include "tests/browser/support/judge.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/browser/support/judge_internal.h"
#include "tests/browser/support/naive.h"

void check(struct judge *judge, bool fine, const char *format, ...)
{
    va_list args;

    judge->checked++;
    if (fine)
        return;
    judge->faults++;
    va_start(args, format);
    fputs("fault: ", stdout);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
}

bool same(double a, double b)
{
    return fabs(a - b) <= 1e-6 * fmax(1, fmax(fabs(a), fabs(b)));
}

double place(const struct axis *axis, double value)
{
    double share = axis->log > 0 ? log(value > axis->from ? value / axis->from : 1) / log(axis->to / axis->from)
                                 : (value - axis->from) / (axis->to - axis->from);

    return axis->start + fmin(1, fmax(0, share)) * (axis->end - axis->start);
}

static void read_axis(const struct tag *tag, char name, struct axis *axis)
{
    static const char *const ends[] = {"log", "from", "to", "start", "end"};
    double *const into[] = {&axis->log, &axis->from, &axis->to, &axis->start, &axis->end};
    char attribute[32];
    size_t i;

    for (i = 0; i < 5; i++) {
        snprintf(attribute, sizeof attribute, "data-%c-%s", name, ends[i]);
        *into[i] = markup_number(tag, attribute);
    }
}

bool open_chart(struct judge *judge, const char *id, bool expected, struct chart *chart)
{
    bool there;
    const char *at;
    struct tag tag;

    *chart = (struct chart){.judge = judge, .id = id};
    there = markup_by_id(judge->page, id, &chart->svg, &chart->end);
    check(judge, there == expected, "%s: %s", id, expected ? "the chart is missing" : "a chart of what was not measured");
    if (!there || !expected)
        return false;
    for (at = chart->svg.end; markup_next(&at, chart->end, &tag);)
        if (markup_has_class(&tag, "axes")) {
            read_axis(&tag, 'x', &chart->x);
            read_axis(&tag, 'y', &chart->y);
        }
    return true;
}

bool attribute_is(const struct tag *tag, const char *name, const char *wanted)
{
    char text[400];

    return !wanted || (markup_attribute(tag, name, text, sizeof text) && !strcmp(text, wanted));
}

bool find(const struct chart *chart, const char *element, const char *class, const char *name, const char *group, struct tag *found)
{
    const char *at = chart->svg.end;
    struct tag tag;
    int count = 0;

    while (markup_next(&at, chart->end, &tag))
        if (markup_is(&tag, element) && markup_has_class(&tag, class) && attribute_is(&tag, "data-name", name) &&
            attribute_is(&tag, "data-group", group)) {
            *found = tag;
            count++;
        }
    check(chart->judge, count == 1, "%s: %d %s of class %s for '%s' '%s'", chart->id, count, element, class, name ? name : "",
          group ? group : "");
    return count == 1;
}

/* a contestant none of whose runs counts is in no chart */
static void judge_invalid(struct judge *judge)
{
    const char *at = judge->page, *end = at + strlen(at);
    struct tag tag;
    char name[400];
    size_t i;

    while (markup_next(&at, end, &tag))
        if (markup_attribute(&tag, "data-name", name, sizeof name))
            for (i = 0; i < judge->results->contestant_count; i++)
                check(judge, strcmp(name, judge->results->contestants[i].name) || naive_valid_runs(&judge->results->contestants[i]),
                      "'%s' is INVALID and has a mark", name);
}

int judge_page(const char *page, const struct results *results, int *checked)
{
    struct judge judge = {page, results, 0, 0};

    judge_latency(&judge);
    judge_bars(&judge);
    judge_rows(&judge);
    judge_sweep(&judge);
    judge_invalid(&judge);
    *checked = judge.checked;
    return judge.faults;
}
