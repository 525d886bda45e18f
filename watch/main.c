/*
 * watch: a scheduler that is told. It lists pods and nodes once, then follows a stream of changes from the API server; a pod is placed in the
 * callback that brings it. Nothing is asked while nothing happens.
 * polling/main.c is its sibling, and differs only in how it learns of pods. The verbs are explained in common/scheduler.h.
 */
#include "common/scheduler.h"

static void on_pod(struct scheduler *s, enum event event, const struct pod *pod)
{
    const struct node *node;

    (void)event;
    if (!is_pending_for_us(s, pod)) /* observe */
        return;

    node = choose_node(s, pod); /* decide */

    if (node)
        bind_pod(s, pod, node); /* act */
}

int main(int argc, char **argv)
{
    struct scheduler *s = scheduler_start("watch", argc, argv);

    watch_pods(s, on_pod);
    run_until_stopped(s);
    return scheduler_finish(s);
}
