/*
 * polling.c: a scheduler that asks. Every --interval it lists all pods and places those that wait for it. Between two rounds it knows nothing: a pod that
 * arrives just after a list waits for the next one.
 */
#include "scheduler.h"

static void poll_for_pods(struct lab *lab)
{
    while (lab_running(lab)) {
        if (lab_list(lab)) {
#if STEP_POLLING
            struct lab_pods pods = lab_pods(lab);

            for (size_t i = 0; i < pods.count; i++)
                place_pod(lab, pods.pod[i]);
#else
            /* TODO (step 3): place_pod() for each pod of lab_pods(). */
#endif
        }
        lab_sleep(lab);
    }
}

int main(int argc, char **argv)
{
    struct lab *lab = lab_start("polling", argc, argv);

    poll_for_pods(lab);
    return lab_finish(lab);
}
