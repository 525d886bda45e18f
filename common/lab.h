/*
 * lab.h: what a scheduler is made of, for those who write one. You decide which pods are yours, which node each of them gets, and what to do with
 * the answer; connection, requests, credentials, watches and signals are behind these functions. There is no other magic: polling/main.c and
 * watch/main.c of the lab do the same with one verb a step.
 *
 *     observe   lab_list()  or  lab_watch()             what is in the cluster?
 *               lab_pods(), lab_nodes()                 what is known of it now
 *     decide    (yours)                                 from the fields of struct pod (pod.h) and struct node_spec (node.h)
 *     act       lab_bind(), lab_after(), lab_print()    bind; try again later; tell
 *
 * There is one thread, and there are two kinds of functions. Those that WAIT (lab_list, lab_sleep, lab_run, lab_finish) let the program's other
 * work go on meanwhile: answers arrive, timers end, and your functions are called. These must not wait themselves; a wait inside one does nothing but
 * warn. All other functions return at once and call nothing. A struct pod or struct node_spec that you are given is the lab's and only to be read, and
 * is valid until the next wait, or until your function that was called with it returns.
 */
#ifndef COMMON_LAB_H
#define COMMON_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cluster/node.h"
#include "common/cluster/pod.h"

struct lab;

/* ---- the program ---- */

/*
 * Reads the command line (--help lists it) and the kubeconfig, gets ready to talk to the API server, and prints the line "scheduler starting…".
 * `program` is "polling" or "watch". Ends the program itself where there is nothing to run: exit 0 after --help and --version, exit 2 with one line
 * on a mistake, exit 1 without memory. Never returns NULL.
 */
struct lab *lab_start(const char *program, int argc, char **argv);

/* Whether to go on: false after Ctrl-C or SIGTERM, with --once when everything is done, or when nothing works any more. */
bool lab_running(const struct lab *lab);

/* Ends it: waits (less than a second) for answers on their way, then frees everything. Returns the exit code: 0, or 1 after a failure. */
int lab_finish(struct lab *lab);

/* --scheduler-name: pods with this spec.schedulerName are ours. */
const char *lab_scheduler_name(const struct lab *lab);

/* --policy: "least-loaded" unless it is given; "spread" is the other one in the lab. */
const char *lab_policy(const struct lab *lab);

/*
 * --require-node-label KEY[=VALUE], as often as it is given: the labels that a node must have. value is NULL where any value will do. The array
 * is valid until lab_finish().
 */
const struct label *lab_required_labels(const struct lab *lab, size_t *count);

/* Prints one line to stdout, with the program's name in front: "[polling] Bound default/test-pod -> worker". Takes what printf takes, without "\n". */
void lab_print(struct lab *lab, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- observe ---- */

/* All pods that are known, in whatever state: of every scheduler, bound or not, ended, on their way out. By namespace and name. */
struct lab_pods {
    const struct pod *const *pod;
    size_t count;
};
struct lab_pods lab_pods(const struct lab *lab);

/* All nodes that are known, in name order: the first of several that are equally good is the one to take. */
struct lab_nodes {
    const struct node_spec *const *node;
    size_t count;
};
struct lab_nodes lab_nodes(const struct lab *lab);

/*
 * The name of the node that the pod is on, or "". It knows more than pod->node_name, which is what the API server said last: a pod that lab_bind() is
 * binding is on its node from that moment ("assumed"), and no longer when the answer is no. Who counts with pod->node_name counts stale.
 */
const char *lab_node_name(const struct lab *lab, const struct pod *pod);

/* Whether something is under way for this pod: a bind without its answer, or a lab_after(). It is not to be bound then. */
bool lab_busy(const struct lab *lab, const struct pod *pod);

/*
 * Polling: asks the API server for all pods, and for all nodes if any pod is without one; lab_pods() and lab_nodes() are what it said. Waits
 * for the answers. False when there are none: a warning has been printed, and what was known stays.
 */
bool lab_list(struct lab *lab);

/* Polling: waits until --interval has passed since the last lab_list(), and until every bind on its way has its answer. */
void lab_sleep(struct lab *lab);

enum lab_event {
    LAB_ADDED,    /* it is new to us */
    LAB_MODIFIED, /* something of it has changed, or may have */
    LAB_DELETED   /* it is gone: no longer in lab_pods() or lab_nodes() */
};
typedef void (*lab_on_pod)(struct lab *lab, enum lab_event event, const struct pod *pod);
typedef void (*lab_on_node)(struct lab *lab, enum lab_event event, const struct node_spec *node);

/*
 * Watch: from lab_run() on lists all nodes and pods once, then follows every change, and calls on_pod and on_node (NULL: not) for each. Neither is
 * called before both lists are whole: there are always nodes to choose from. A watch never lasts: the server closes it every few minutes, or the
 * network does, and it is opened again where it was. Where it was may be too old for the server (410 Gone): everything is listed anew, and what was missed
 * is told as ADDED, MODIFIED or DELETED. So the same may be told twice; look at the pod and at lab_node_name(), do not count events. Once a program.
 */
void lab_watch(struct lab *lab, lab_on_pod on_pod, lab_on_node on_node);

/* Watch: waits until lab_running() is false. */
void lab_run(struct lab *lab);

/* ---- act ---- */

enum lab_result {
    LAB_BOUND,     /* it is on the node that we wanted */
    LAB_CONFLICT,  /* 409: it is on another node, being deleted, or gated. The next look will tell */
    LAB_GONE,      /* 404: there is no such pod any more */
    LAB_TRANSIENT, /* the server or the network could not do it now: 429, 5xx, no answer. It can be tried again */
    LAB_FORBIDDEN, /* 403: a rule is missing in RBAC; the warning that names it has been printed */
    LAB_REJECTED   /* the server will never take it as it is */
};

/* How a bind ended. The strings, and the pod, are valid during the call. */
struct lab_answer {
    enum lab_result result;
    const char *namespace_, *name; /* the pod that was to be bound */
    const char *node;              /* and where */
    const struct pod *pod;         /* NULL when it is gone meanwhile */
    int attempt;                   /* 1 the first time, one more for each bind of this pod that failed before */
    int status;                    /* HTTP status of what failed; 0: no answer, or nothing failed */
    const char *reason;            /* of what failed, in the server's words; else "" */
};
typedef void (*lab_on_answer)(struct lab *lab, const struct lab_answer *answer);

/*
 * Sends a Binding: POST pods/NAME/binding, which names pod (by UID) and node. Returns at once; `on_answer` is called later, from a wait, exactly once.
 * Nobody tries again but you. While a bind of this pod is under way another one is refused with a warning, and nothing is called; without memory
 * likewise. After a success the event Scheduled is written for you: `kubectl describe pod` shows it.
 */
void lab_bind(struct lab *lab, const struct pod *pod, const struct node_spec *node, lab_on_answer on_answer);

/*
 * Calls `later` with this pod from a wait, `delay_ms` from now; not sooner than the server asked for with Retry-After. Until then lab_busy() is true
 * of it. One a pod: a second call takes the place of the first. If the pod goes meanwhile nothing is called.
 */
void lab_after(struct lab *lab, const struct pod *pod, int64_t delay_ms, void (*later)(struct lab *lab, const struct pod *pod));

#endif
