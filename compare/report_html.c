#include "compare/report_html.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "compare/html.h"
#include "compare/report_page.h"

bool side_counts(const struct side *side)
{
    return side->total.runs > 0;
}

void figure_begin(FILE *out, const char *heading, const char *text)
{
    fputs("<figure class=\"card\"><figcaption><h2>", out);
    html_text(out, heading);
    fputs("</h2>", out);
    if (text) {
        fputs("<p>", out);
        html_text(out, text);
        fputs("</p>", out);
    }
    fputs("</figcaption><div class=\"chart\">\n", out);
}

void figure_end(FILE *out, const char *table)
{
    fprintf(out, "</div><p class=\"more\"><a href=\"#%s\">as a table</a></p></figure>\n", table);
}

/* Nothing may be loaded and no script run, whatever a name may hold: the browser is told so too. */
static void begin(FILE *out)
{
    const char *const *rule;

    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<title>compare: polling and watch side by side</title>\n<style>\n",
          out);
    for (rule = report_style; *rule; rule++)
        fprintf(out, "%s\n", *rule);
    fputs("</style>\n</head>\n<body>\n<main>\n", out);
}

/* how it was asked for, in a line */
static void heading(FILE *out, const struct results *results)
{
    const struct results_options *o = &results->options;

    fputs("<h1>", out);
    html_printf(out, "%s of %zu pods", o->workload ? o->workload : "workload", o->pods);
    if (o->rate > 0)
        fprintf(out, " at %g a second", o->rate);
    if (o->file) {
        fputs(" from ", out);
        html_text(out, o->file);
    }
    fprintf(out, ", %lld run%s%s, seed %llu; polling every %g s</h1>\n", (long long)o->repeat, o->repeat == 1 ? "" : "s",
            o->together ? ", all at once" : "", (unsigned long long)o->seed, o->interval_s);
}

/* its first claim in the largest type */
static void sentence(FILE *out, const char *text)
{
    const char *stop = strstr(text, ". ");
    int first = stop ? (int)(stop - text) + 1 : (int)strlen(text);

    fputs("<p class=\"sentence\">", out);
    html_printf(out, "%.*s", first, text);
    fputs("</p>\n", out);
    if (!stop)
        return;
    fputs("<p class=\"rest\">", out);
    html_text(out, stop + 2);
    fputs("</p>\n", out);
}

static size_t invalid_runs(FILE *out, const struct results_contestant *contestants, size_t count, bool swept)
{
    size_t i, run, found = 0;

    for (i = 0; i < count; i++)
        for (run = 0; run < contestants[i].run_count; run++) {
            const struct results_run *r = &contestants[i].runs[run];

            if (r->valid)
                continue;
            found++;
            if (!out)
                continue;
            fputs("<li><b>", out);
            html_text(out, contestants[i].name);
            fputs("</b>", out);
            if (swept)
                fprintf(out, " every %g s", contestants[i].interval_s);
            fprintf(out, ", run %lld: ", (long long)r->number);
            html_text(out, *r->reason ? r->reason : "no reason given");
            fputs("</li>\n", out);
        }
    return found;
}

static void invalid(FILE *out, const struct results *r)
{
    if (!invalid_runs(NULL, r->contestants, r->contestant_count, false) && !invalid_runs(NULL, r->sweep, r->sweep_count, true))
        return;
    fputs("<section class=\"invalid\" role=\"alert\"><h2>INVALID</h2>These runs cannot be believed; no figure below comes from them.<ul>\n",
          out);
    invalid_runs(out, r->contestants, r->contestant_count, false);
    invalid_runs(out, r->sweep, r->sweep_count, true);
    fputs("</ul></section>\n", out);
}

/* the few figures that a room reads from its last row */
static void key_figures(const struct page *page)
{
    const bool counted = results_server_counts(page->results);
    const struct {
        enum figure figure;
        const char *heading;
    } shown[] = {{FIGURE_MEDIAN, "median latency"},
                 {FIGURE_P95, "p95 latency"},
                 {counted ? FIGURE_REQUESTS : FIGURE_CLIENT_REQUESTS, "requests per pod"},
                 {counted ? FIGURE_IDLE_REQUESTS : FIGURE_IDLE_CLIENT_REQUESTS, "requests per idle minute"},
                 {FIGURE_CPU, "CPU per pod"},
                 {FIGURE_PEAK, "peak memory"}};
    size_t i, j, count = sizeof shown / sizeof *shown;
    FILE *out = page->out;

    fputs("<div class=\"scroll\"><table class=\"key\" id=\"table-key\"><thead><tr><td></td>", out);
    for (j = 0; j < count; j++)
        fprintf(out, "<th scope=\"col\">%s</th>", shown[j].heading);
    fputs("</tr></thead>\n<tbody>\n", out);
    for (i = 0; i < page->results->contestant_count; i++) {
        fprintf(out, "<tr><th scope=\"row\" class=\"s%zu\">", i);
        html_text(out, page->results->contestants[i].name);
        fputs("</th>", out);
        if (!side_counts(&page->sides[i]))
            fprintf(out, "<td class=\"bad\" colspan=\"%zu\">INVALID</td>", count);
        for (j = 0; side_counts(&page->sides[i]) && j < count; j++) {
            const struct figure_kind *kind = figure_kind(shown[j].figure);
            double value = figure_of(shown[j].figure, &page->sides[i]);
            char number[SVG_NUMBER_BYTES];

            if (isnan(value))
                fputs("<td>–</td>", out);
            else if (!strcmp(kind->unit, "ms"))
                fprintf(out, "<td data-figure=\"%s\" data-value=\"%.9g\">%s</td>", kind->key, value, svg_ms(value, number));
            else
                fprintf(out, "<td data-figure=\"%s\" data-value=\"%.9g\">%.*f%s%s</td>", kind->key, value, kind->digits, value,
                        *kind->unit ? " " : "", kind->unit);
        }
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

static int charts(const struct page *page, struct error *err)
{
    fputs("<div class=\"charts\">\n", page->out);
    if (chart_latency(page, err) < 0 || chart_arrivals(page, err) < 0)
        return -1;
    chart_requests(page);
    chart_idle(page);
    if (chart_sweep(page, err) < 0)
        return -1;
    chart_split(page);
    chart_costs(page);
    if (chart_runs(page, err) < 0)
        return -1;
    fputs("</div>\n", page->out);
    return 0;
}

static void commands(FILE *out, const struct results_contestant *contestants, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        fputs("<dt>", out);
        html_text(out, contestants[i].name);
        if (contestants[i].interval_s > 0)
            fprintf(out, ", every %g s", contestants[i].interval_s);
        fputs("</dt><dd><code>", out);
        html_text(out, contestants[i].command);
        fputs("</code></dd>\n", out);
    }
}

static void environment(FILE *out, const struct results_environment *e)
{
    char date[64] = "";
    time_t began = (time_t)(e->began_us / 1000000);
    struct tm utc;

    if (e->began_us > 0 && gmtime_r(&began, &utc))
        strftime(date, sizeof date, ", %Y-%m-%d %H:%M UTC", &utc);
    fputs("<dt>where and when</dt><dd>", out);
    html_printf(out, "%s %s", e->server ? e->server : "server not known", e->server_version ? e->server_version : "");
    if (e->nodes >= 0)
        fprintf(out, ", %lld nodes", (long long)e->nodes);
    html_printf(out, "; %s", e->machine ? e->machine : "machine not known");
    if (e->cpus >= 0)
        fprintf(out, ", %lld CPUs", (long long)e->cpus);
    html_printf(out, "; compare %s%s", e->version ? e->version : "", date);
    fputs("</dd>\n", out);
}

static void method(const struct page *page)
{
    const struct results *r = page->results;
    FILE *out = page->out;

    fputs("<section class=\"card method\"><h2>How it was measured</h2>\n<dl><dt>latency</dt><dd>from the API server accepting a pod to its "
          "binding being "
          "visible, as an observer that is none of the schedulers saw both</dd>\n<dt>requests</dt><dd>",
          out);
    fputs(r->options.together
              ? "all schedulers worked at once, so the API server's count is nobody's in particular: each scheduler's own count\n"
          : r->environment.kubelets
              ? "kubelets ask this API server too, so its count says nothing of a scheduler: each scheduler's own count\n"
              : "the API server's own count, less what the tools asked\n",
          out);
    fputs("</dd>\n", out);
    if (r->options.repeat < 2)
        fputs("<dt>runs</dt><dd>one of each, so nothing is known here about the spread between runs (<code>--repeat 3</code>)</dd>\n", out);
    environment(out, &r->environment);
    commands(out, r->contestants, r->contestant_count);
    commands(out, r->sweep, r->sweep_count ? 1 : 0);
    fputs("</dl></section>\n", out);
}

static int look(struct page *page, struct error *err)
{
    const struct results *r = page->results;
    char name[96];
    size_t i;

    for (i = 0; i < r->contestant_count; i++) {
        if (side_look(&r->contestants[i], &page->sides[i], err) < 0)
            return -1;
        page->names = fmax(page->names, svg_width(svg_name(r->contestants[i].name, "", name)));
    }
    for (i = 0; i < r->sweep_count; i++)
        if (side_look(&r->sweep[i], &page->sweep[i], err) < 0)
            return -1;
    return 0;
}

int report_html_print(const struct results *results, FILE *out, struct error *err)
{
    struct page *page = calloc(1, sizeof *page);
    int ret = -1;

    if (!page)
        return error_no_memory(err);
    page->out = out;
    page->results = results;
    if (look(page, err) < 0)
        goto cleanup;
    begin(out);
    heading(out, results);
    sentence(out, results->sentence ? results->sentence : "Nothing is concluded: the comparison did not come to its end.");
    invalid(out, results);
    key_figures(page);
    if (charts(page, err) < 0)
        goto cleanup;
    method(page);
    fputs("<div class=\"tables\">\n", out);
    if (page_tables(page, err) < 0)
        goto cleanup;
    fputs("</div>\n</main>\n</body>\n</html>\n", out);
    ret = 0;
cleanup:
    free(page);
    return ret;
}

int report_html_write(const struct results *results, const char *path, struct error *err)
{
    FILE *out = fopen(path, "w");
    bool bad;

    if (!out)
        return error_set(err, ERROR_RUNTIME, "%s: %s", path, strerror(errno));
    if (report_html_print(results, out, err) < 0) {
        fclose(out);
        return -1;
    }
    bad = ferror(out) != 0;
    return fclose(out) || bad ? error_set(err, ERROR_RUNTIME, "%s: %s", path, strerror(errno)) : 0;
}
