#include "compare/live_results.h"

#include <string.h>

#include "compare/verdict.h"

#define MARGIN_US 1000000

/* pods accepted before this count; NOT_SEEN ones too, so that the verdict speaks of them */
static int64_t until_us(const struct live_model *m, int64_t ended_us)
{
    double interval_s = 0;
    size_t i;

    for (i = 0; i < m->side_count; i++)
        if (m->sides[i].interval_s > interval_s)
            interval_s = m->sides[i].interval_s;
    return ended_us - (int64_t)(2 * interval_s * 1e6) - MARGIN_US;
}

static bool counts(const struct live_pod *pod, int64_t until)
{
    return pod->known && pod->accepted_us != NOT_SEEN && pod->accepted_us <= until;
}

static int fill_pods(const struct live_model *m, const struct live_side *side, int64_t until, struct results_run *run, struct error *err)
{
    size_t i, at = 0;

    run->observer = (struct results_observer){0};
    for (i = 0; i < side->pod_count; i++) {
        const struct live_pod *from = &side->pods[i];
        struct results_pod *to;

        if (!counts(from, until))
            continue;
        to = &run->pods[at++];
        to->accepted_us = from->accepted_us - m->began_us;
        to->arrival_us = to->accepted_us;
        to->bound_us = from->bound_us == NOT_SEEN ? NOT_MEASURED : from->bound_us - m->began_us;
        if (from->delay_us > run->observer.worst_delay_us)
            run->observer.worst_delay_us = from->delay_us;
        run->observer.late_pods += from->bound_us != NOT_SEEN && verdict_is_late(from->bound_us - from->accepted_us, from->delay_us);
        if (from->node >= 0 && results_set_text(&to->node, m->nodes[from->node].name, err) < 0)
            return -1;
        if (from->node < 0)
            results_invalidate(run, "pod %zu of %s stayed unbound", i, side->name);
    }
    verdict_observer(run);
    if (side->untimed)
        results_invalidate(run, "%zu pods were bound while nobody could see when", side->untimed);
    return 0;
}

static long fill_side(const struct live_model *m, const struct live_side *side, int64_t until, struct results_contestant *contestant,
                      struct error *err)
{
    struct results_run *run;
    size_t i, pods = 0;

    for (i = 0; i < side->pod_count; i++)
        pods += counts(&side->pods[i], until);
    run = results_add_run(contestant, pods, err);
    if (!run)
        return -1;
    run->order = 1;
    if (*side->invalid)
        results_invalidate(run, "%s", side->invalid);
    if (*m->invalid)
        results_invalidate(run, "%s", m->invalid);
    return fill_pods(m, side, until, run, err) < 0 ? -1 : (long)pods;
}

long live_results_fill(const struct live_model *m, int64_t ended_us, struct results *results, struct error *err)
{
    int64_t until = until_us(m, ended_us);
    long least = -1, pods;
    size_t i;

    for (i = 0; i < m->side_count; i++) {
        pods = fill_side(m, &m->sides[i], until, &results->contestants[i], err);
        if (pods < 0)
            return -1;
        if (least < 0 || pods < least)
            least = pods;
    }
    return least;
}
