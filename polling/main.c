/*
 * polling: a scheduler that asks. Every --interval it lists the pods that wait for it, chooses a node for each, and binds them.
 * Between two rounds it knows nothing: a pod that arrives just after a list waits for the next one.
 * watch/main.c is its sibling, and differs only in how it learns of pods. The verbs are explained in common/scheduler.h.
 */
#include "common/scheduler.h"

static void poll_for_pods(struct scheduler *s)
{
    struct pod_list pending;

    while (scheduler_running(s)) {
        list_pending_pods(s, &pending); /* observe */

        for (size_t i = 0; i < pending.count; i++) {
            const struct node *node = choose_node(s, pending.pod[i]); /* decide */

            if (node)
                bind_pod(s, pending.pod[i], node); /* act */
        }

        sleep_until_next_poll(s);
    }
}

int main(int argc, char **argv)
{
    struct scheduler *s = scheduler_start("polling", argc, argv);

    poll_for_pods(s);
    return scheduler_finish(s);
}
