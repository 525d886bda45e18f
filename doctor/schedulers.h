/* schedulers.h: which schedulers run in a cluster, or are to, as far as its Deployments and pods tell. Pure. */
#ifndef DOCTOR_SCHEDULERS_H
#define DOCTOR_SCHEDULERS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define SCHEDULERS_MAX 64

/* One Deployment, or one pod that belongs to none. Strings are the facts'. */
struct scheduler {
    const json_t *object;
    bool is_pod;                     /* else a Deployment */
    const char *namespace_, *name;   /* the object's */
    const char *serves;              /* schedulerName of the pods it takes */
    const char *image, *pull_policy; /* pull_policy: "" when nothing is said */
    const char *account;             /* its ServiceAccount */
    const char *watched;             /* --namespace: the only one it looks at; "": all */
    const char *lease_namespace;     /* of the Lease that its replicas elect by, or would */
    char lease[256];                 /* and its name */
    size_t container;                /* its place among the containers */
    int64_t wanted, ready;           /* replicas */
    bool elects, preempts;           /* --leader-elect; evicts pods */
    bool is_kube_scheduler;
};

struct schedulers {
    struct scheduler one[SCHEDULERS_MAX];
    size_t count;
};

/* Finds them in the facts of a cluster. `image`: a container of it without a command is one too. */
void schedulers_find(const json_t *cluster, const char *image, struct schedulers *out);

/* Whether a container is one of the lab's schedulers, or kube-scheduler. */
bool schedulers_is_container(const json_t *container, const char *image);

#endif
