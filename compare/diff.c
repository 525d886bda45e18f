#include "compare/diff.h"

#include <math.h>
#include <string.h>

/* of a run alone */
static int run_side(const struct results_contestant *c, size_t run, struct side *out, struct error *err)
{
    const struct results_contestant alone = {.interval_s = c->interval_s, .run_count = 1, .runs = &c->runs[run]};

    return side_look(&alone, out, err);
}

static void take(struct diff_figure *figure, int which, double value)
{
    figure->least[which] = fmin(figure->least[which], value); /* passes over NAN */
    figure->greatest[which] = fmax(figure->greatest[which], value);
}

/* the figures of one of the two comparisons */
static int look(const struct results_contestant *c, int which, struct diff_pair *pair, struct error *err)
{
    struct side side;
    size_t run, i;

    if (side_look(c, &side, err) < 0)
        return -1;
    pair->contestant[which] = c;
    pair->runs[which] = side.total.runs;
    for (i = 0; i < FIGURES; i++) {
        struct diff_figure *figure = &pair->figures[i];

        figure->figure = (enum figure)i;
        figure->value[which] = figure_of((enum figure)i, &side);
        figure->least[which] = figure->greatest[which] = NAN;
    }
    for (run = 0; run < c->run_count; run++) {
        if (run_side(c, run, &side, err) < 0) /* an INVALID run has no figure */
            return -1;
        for (i = 0; i < FIGURES; i++)
            take(&pair->figures[i], which, figure_of((enum figure)i, &side));
    }
    return 0;
}

/* two of all the ways to deal the runs to two sides put all the higher ones on one side */
static double chance_of(size_t n, size_t m)
{
    double ways = 1;
    size_t i;

    if (n < DIFF_RUNS_LEAST || m < DIFF_RUNS_LEAST)
        return NAN;
    for (i = 1; i <= n; i++)
        ways *= (double)(m + i) / (double)i;
    return 2 / ways;
}

static void judge(struct diff_figure *f, bool enough)
{
    double a = f->value[0], b = f->value[1];

    f->change = fabs(a) > 0 ? (b - a) / a * 100 : NAN; /* NAN stays NAN */
    if (isnan(a) || isnan(b))
        f->verdict = DIFF_NOT_MEASURED;
    else if (!enough)
        f->verdict = DIFF_UNKNOWN;
    else if (f->greatest[0] < f->least[1] || f->greatest[1] < f->least[0])
        f->verdict = DIFF_OUTSIDE;
    else
        f->verdict = DIFF_NOT_SHOWN;
}

int diff_pair(const struct results_contestant *a, const struct results_contestant *b, struct diff_pair *out, struct error *err)
{
    struct diff_pair pair = {0};
    size_t i;

    if (look(a, 0, &pair, err) < 0 || look(b, 1, &pair, err) < 0)
        return -1;
    pair.chance = chance_of(pair.runs[0], pair.runs[1]);
    for (i = 0; i < FIGURES; i++)
        judge(&pair.figures[i], !isnan(pair.chance));
    *out = pair;
    return 0;
}

/* ---- options ---- */

struct options {
    size_t count;
    struct diff_option *out;
};

static void texts(struct options *options, const char *name, const char *a, const char *b, bool decisive)
{
    struct diff_option *option = &options->out[options->count];

    a = a ? a : "–";
    b = b ? b : "–";
    if (!strcmp(a, b))
        return;
    option->name = name;
    option->decisive = decisive;
    snprintf(option->text[0], sizeof option->text[0], "%s", a);
    snprintf(option->text[1], sizeof option->text[1], "%s", b);
    options->count++;
}

static void numbers(struct options *options, const char *name, double a, double b, bool decisive)
{
    char first[32], second[32];

    snprintf(first, sizeof first, "%.10g", a);
    snprintf(second, sizeof second, "%.10g", b);
    texts(options, name, first, second, decisive);
}

static void seeds(struct options *options, uint64_t a, uint64_t b)
{
    char first[32], second[32];

    snprintf(first, sizeof first, "%llu", (unsigned long long)a);
    snprintf(second, sizeof second, "%llu", (unsigned long long)b);
    texts(options, "seed", first, second, false);
}

size_t diff_options(const struct results *a, const struct results *b, struct diff_option *out)
{
    const struct results_options *x = &a->options, *y = &b->options;
    const struct results_environment *e = &a->environment, *f = &b->environment;
    bool burst = x->workload && !strcmp(x->workload, "burst");
    struct options options = {0, out};

    texts(&options, "workload", x->workload, y->workload, true);
    texts(&options, "file", x->file, y->file, true);
    numbers(&options, "rate", x->rate, y->rate, true);
    numbers(&options, "pods", (double)x->pods, (double)y->pods, burst); /* of a burst each pod waits for those before it */
    texts(&options, "together", x->together ? "yes" : "no", y->together ? "yes" : "no", true);
    seeds(&options, x->seed, y->seed);
    numbers(&options, "interval_s", x->interval_s, y->interval_s, false);
    numbers(&options, "idle_s", x->idle_s, y->idle_s, false);
    texts(&options, "server", e->server, f->server, false);
    texts(&options, "server_version", e->server_version, f->server_version, false);
    numbers(&options, "nodes", (double)e->nodes, (double)f->nodes, false);
    texts(&options, "machine", e->machine, f->machine, false);
    numbers(&options, "cpus", (double)e->cpus, (double)f->cpus, false);
    texts(&options, "version", e->version, f->version, false);
    return options.count;
}
