/*
 * scheduler.h: the map. These are the verbs that both schedulers are written in; polling/main.c and watch/main.c hold nothing else.
 *
 *     observe   list_pending_pods()  or  watch_pods()      which pods wait for us?
 *     decide    choose_node()                              where should this one go?
 *     act       bind_pod()                                 tell the API server
 *
 * Behind them: requests that run side by side, retries, events, metrics, a clean end on SIGTERM. None of that is the lesson.
 */
#ifndef COMMON_SCHEDULER_H
#define COMMON_SCHEDULER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/cluster/node.h"
#include "common/cluster/pod.h"

struct scheduler;

/*
 * Reads the command line and the kubeconfig and gets ready to talk to the API server. `program` is "polling" or "watch". Ends the program
 * itself where there is nothing to run: exit 0 after --help and --version, exit 2 with one line on a mistake. Never returns NULL.
 */
struct scheduler *scheduler_start(const char *program, int argc, char **argv);

/* Ends it: lets the binds on the wire finish (within a second), frees everything. Returns the exit code: 0, or 1 after a failure. */
int scheduler_finish(struct scheduler *s);

/* Whether to go on: false after SIGTERM or SIGINT, with --once after the first round, or when nothing works any more. */
bool scheduler_running(const struct scheduler *s);

/* ---- observe ---- */

struct pod_list {
    const struct pod *const *pod; /* highest priority first, then oldest; the scheduler's, valid until the next list_pending_pods() */
    size_t count;
};

/*
 * Polling: asks the API server for the pods that name us as their scheduler and have no node yet. Only if there are any it also lists the
 * nodes and the assigned pods, once. Waits for the answers. When the server does not answer the list is empty and a warning is printed.
 */
void list_pending_pods(struct scheduler *s, struct pod_list *pending);

/* Polling: lets the binds go out and waits for the next round of --interval. */
void sleep_until_next_poll(struct scheduler *s);

enum event {
    EVENT_ADDED, /* the pod is new to us, or its last scheduling gate was lifted */
    EVENT_RETRY  /* an earlier attempt failed, and it is time for the next, or the cluster changed */
};

/* Called for each pod of ours that waits for a node. `pod` is the scheduler's and valid during the call. */
typedef void (*pod_handler)(struct scheduler *s, enum event event, const struct pod *pod);

/* Watch: lists the nodes and pods once and follows every change from then on; `on_pod` is called from run_until_stopped(). */
void watch_pods(struct scheduler *s, pod_handler on_pod);

/* Watch: the event loop; returns when scheduler_running() is false. */
void run_until_stopped(struct scheduler *s);

/* Whether this pod is ours to place: it names our scheduler, has no node, is not being deleted, not gated, and no bind of it is under way. */
bool is_pending_for_us(struct scheduler *s, const struct pod *pod);

/* ---- decide ---- */

/*
 * The node for this pod by --policy: filters, then the lowest score, then the first in name order. NULL when none is feasible: the pod then
 * gets kube-scheduler's FailedScheduling event and PodScheduled condition, and waits. The node is the scheduler's, valid until the next wait.
 */
const struct node *choose_node(struct scheduler *s, const struct pod *pod);

/* ---- act ---- */

/*
 * Starts to bind the pod to the node and returns at once. The pod counts on the node from here on ("assume"); if the bind fails for good the
 * pod is taken off again ("forget") and comes back later. The outcome is logged.
 */
void bind_pod(struct scheduler *s, const struct pod *pod, const struct node *node);

#endif
