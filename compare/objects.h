/*
 * objects.h: what a measurement makes in a cluster and takes away again: a namespace of its own, pods, nodes.
 */
#ifndef COMPARE_OBJECTS_H
#define COMPARE_OBJECTS_H

#include "compare/api_client.h"

struct pods_plan {
    const char *namespace_;
    const char *prefix; /* pods are PREFIX0 .. PREFIX<count-1> */
    const char *scheduler_name;
    const char *node_prefix; /* NULL: pending pods. Else pod i is made on NODE_PREFIX<i % nodes> */
    size_t nodes;
    size_t count;
    const int64_t *at_us; /* arrivals after start_us, ascending; NULL: as fast as it goes */
    int64_t start_us;     /* on the monotonic clock */
    int inflight;
    const volatile sig_atomic_t *stop;
    int64_t *answered_us; /* gets the monotonic time at which the API server's answer was here, one for each pod; NULL: not wanted */
};

/*
 * Makes a namespace called "PREFIX-<random>" and writes its name to `name` (at least 64 bytes). A pod can be made in it at once: where a
 * service account admits pods, its account is waited for, at most 10 s.
 */
int objects_make_namespace(struct api_client *client, const char *prefix, char *name, struct error *err);
/* Deletes it with what is in it; does not wait for the cluster's controllers to finish. */
int objects_delete_namespace(struct api_client *client, const char *name, struct error *err);

/* Appends the pod that all of these are; `node` NULL: a pending one. */
int objects_pod_json(struct buffer *body, const char *name, const char *scheduler_name, const char *node, struct error *err);

/* Makes the pods of the plan, each at its time. */
int objects_make_pods(struct api_client *client, const struct pods_plan *plan, struct error *err);
/*
 * Makes the pods of several plans together: each arrival brings a pod of every plan. Count, arrivals, start, inflight and stop are the first plan's.
 * `on_turn` is called now and then while it waits; NULL: nobody asks.
 */
int objects_make_pods_of(struct api_client *client, struct pods_plan *const *plans, size_t plan_count, void (*on_turn)(void *ctx),
                         void *ctx, struct error *err);
/* Deletes them at once ({"gracePeriodSeconds":0}); those that are gone already are fine. */
int objects_delete_pods(struct api_client *client, const struct pods_plan *plan, struct error *err);

/* Makes nodes PREFIX0 .. with a Ready condition and room for 4 CPU, 16 GiB and `pods` pods, all labelled kubernetes.io/hostname. */
int objects_make_nodes(struct api_client *client, const char *prefix, size_t count, int pods, const volatile sig_atomic_t *stop,
                       struct error *err);
int objects_delete_nodes(struct api_client *client, const char *prefix, size_t count, struct error *err);

#endif
