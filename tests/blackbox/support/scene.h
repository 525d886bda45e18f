/*
 * scene.h: pods that rank and pods that have to go, for the cases about one-per-node and preemption.
 */
#ifndef TESTS_BLACKBOX_SCENE_H
#define TESTS_BLACKBOX_SCENE_H

#include <jansson.h>

#include "tests/blackbox/support/lab.h"

/* A member of metadata that keeps a deleted pod there until let_go(): on every server, be it with kubelets or without. */
#define HELD "'finalizers':['lab.test/held']"

/* The scheduler gets the right to delete pods, where it has not. */
void allow_preemption(struct lab *lab);

/*
 * Members of a pod's spec that give it this priority, "'priority':10" for one. Where the API server computes it, the PriorityClass for it is made.
 * never: with preemptionPolicy Never.
 */
const char *ranked(struct lab *lab, int priority, bool never);

/* From now on no request deletes that pod, until permit_deletion(): by a fault of the simulator, elsewhere by an admission policy. */
void forbid_deletion(struct lab *lab, const char *pod);
void permit_deletion(struct lab *lab);

/* Takes HELD off, and deletes at once. */
void let_go(struct lab *lab, const char *pod);

/* Whether the pod is there, and is being deleted. */
bool is_leaving(struct lab *lab, const char *pod);
/* Waits until the pod is on that node ("": on any). */
void lands_on(struct lab *lab, const char *pod, const char *node);
/* Waits until it is said that the pod fits nowhere; it is on no node then. */
void is_refused(struct lab *lab, const char *pod);

/*
 * Waits until the pod, which is HELD, is leaving as kube-scheduler's victims do: marked first, deleted with this grace period of its own, the event about it.
 * `cause` and `uid` are the pod that needs the room and the victim's UID. The cause is nominated for the node, and not bound.
 */
void is_victim_of(struct lab *lab, const char *pod, const char *uid, const char *cause, const char *node, int grace_s);
/* Waits for the one event Preempted about a pod, and compares what it says. */
void is_said_preempted(struct lab *lab, const char *pod, const char *note);

/* Gives the scheduler as many reasons to look again as that: polling's cycles, changes of the first node for watch. */
void look_often(struct lab *lab, int times);

/* What is not to change of the pods of the case: who they are, where, and that nobody made them leave. A new reference. */
json_t *photograph(struct lab *lab);
/* Ends the case unless those pods are as they were then, but for the one of that name (NULL: no exception). */
void nobody_moved(struct lab *lab, const json_t *then, const char *but);

#endif
