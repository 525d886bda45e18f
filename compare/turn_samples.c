/*
 * turn_samples.c: from what the observer saw, and the scheduler's own trace, to the pods of a run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare/turn.h"
#include "compare/verdict.h"

static int64_t offset(int64_t at_us, int64_t start_us)
{
    return at_us == NOT_SEEN ? NOT_MEASURED : at_us - start_us;
}

/*
 * The API server has accepted a pod before it answers, and before its ADDED comes; which of the two is here first is chance, and under load the watch
 * may lag by a second. What the watch lags when it shows the binding is part of the latency: nobody could have seen it earlier.
 */
static int64_t accepted_at(const struct observed_pod *seen, int64_t answered_us)
{
    return seen->added_us != NOT_SEEN && answered_us && answered_us < seen->added_us ? answered_us : seen->added_us;
}

static void note_delay(struct results_observer *observer, const struct results_pod *pod, int64_t delay_us)
{
    if (delay_us > observer->worst_delay_us)
        observer->worst_delay_us = delay_us;
    if (pod->bound_us != NOT_MEASURED && verdict_is_late(pod->bound_us - pod->accepted_us, delay_us))
        observer->late_pods++;
}

static int take_pods(const struct turn *turn, const struct observation *seen, struct results_run *run, struct error *err)
{
    int64_t start_us = turn->pods.start_us;
    size_t i;

    run->observer.worst_delay_us = run->observer.late_pods = 0;
    for (i = 0; i < seen->count; i++) {
        struct results_pod *pod = &run->pods[i];

        pod->arrival_us = turn->pods.at_us[i];
        pod->accepted_us = offset(accepted_at(&seen->pods[i], turn->pods.answered_us[i]), start_us);
        pod->bound_us = offset(seen->pods[i].bound_us, start_us);
        note_delay(&run->observer, pod, seen->pods[i].delay_us);
        if (results_set_text(&pod->node, seen->pods[i].node, err) < 0)
            return -1;
    }
    return 0;
}

/* one line of trace.h; the file is whoever's, so it is not trusted to be one */
static void take_trace_line(const char *line, const struct turn *turn, const struct observation *seen, struct results_run *run)
{
    char what[8], name[600], uid[80];
    struct results_pod *pod;
    const char *slash;
    long long at_us;
    long number;

    if (sscanf(line, "%7s %lld %599s %79s", what, &at_us, name, uid) != 4 || !(slash = strchr(name, '/')))
        return;
    number = observation_number(seen, slash + 1);
    if (number < 0 || !seen->pods[number].uid || strcmp(seen->pods[number].uid, uid))
        return;
    pod = &run->pods[number];
    if (!strcmp(what, "seen") && pod->seen_us == NOT_MEASURED)
        pod->seen_us = at_us - turn->pods.start_us;
    else if (!strcmp(what, "bind"))
        pod->bind_sent_us = at_us - turn->pods.start_us; /* of several the last is the one that took */
}

/* a part that cannot be is no part: another clock, or a trace of something else */
static void drop_nonsense(struct results_run *run)
{
    size_t i;

    for (i = 0; i < run->pod_count; i++) {
        struct results_pod *pod = &run->pods[i];

        if (pod->seen_us == NOT_MEASURED || pod->bind_sent_us == NOT_MEASURED || pod->bound_us == NOT_MEASURED ||
            pod->seen_us > pod->bind_sent_us || pod->bind_sent_us > pod->bound_us)
            pod->seen_us = pod->bind_sent_us = NOT_MEASURED;
    }
}

static void take_trace(const struct turn *turn, const struct observation *seen, struct results_run *run)
{
    FILE *file = fopen(turn->trace, "r");
    char line[1024];

    while (file && fgets(line, sizeof line, file))
        take_trace_line(line, turn, seen, run);
    if (file)
        fclose(file);
    drop_nonsense(run);
}

int turn_take_samples(struct turn *turn, struct error *err)
{
    struct observation *seen = observer_finish(turn->observer, err);
    struct results_run *run = turn_run(turn);
    int ret;

    if (!seen)
        return -1;
    if (seen->invalid)
        results_invalidate(run, "%s", seen->reason);
    ret = take_pods(turn, seen, run, err);
    if (ret == 0) {
        take_trace(turn, seen, run);
        run->observer.clock_step_us = seen->clock_step_us;
    }
    observation_free(seen);
    return ret;
}
