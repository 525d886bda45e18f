/*
 * watch.c: a scheduler that is told. It lists pods and nodes once, then follows a stream of changes from the API server; a pod is placed in the
 * function that is called with it. Nothing is asked while nothing happens.
 */
#include "scheduler.h"

#if STEP_WATCH
static void on_pod(struct lab *lab, enum lab_event event, const struct pod *pod)
{
    if (event != LAB_DELETED)
        place_pod(lab, pod);
}

/* a pod that fitted nowhere may fit now */
static void on_node(struct lab *lab, enum lab_event event, const struct node_spec *node)
{
    struct lab_pods pods = lab_pods(lab);

    (void)event;
    (void)node;
    for (size_t i = 0; i < pods.count; i++)
        place_pod(lab, pods.pod[i]);
}

#endif
int main(int argc, char **argv)
{
    struct lab *lab = lab_start("watch", argc, argv);

#if STEP_WATCH
    lab_watch(lab, on_pod, on_node);
#else
    /*
     * TODO (step 7): write on_pod() and on_node(), and hand them to lab_watch(). A pod that is new, or has changed, may be ours to place. When a
     * node comes or changes, a pod that fitted nowhere may fit: it has no event of its own, so go through lab_pods().
     */
#endif
    lab_run(lab);
    return lab_finish(lab);
}
