/*
 * internal.h: what the files of the simulated API server share: the cluster, one request in work, timers.
 */
#ifndef SIMULATOR_INTERNAL_H
#define SIMULATOR_INTERNAL_H

#include <jansson.h>

#include "simulator/counters.h"
#include "simulator/faults.h"
#include "simulator/sim.h"
#include "simulator/store.h"
#include "simulator/target.h"

enum timer_kind { TIMER_POD_STARTS, TIMER_POD_GONE };

struct timer {
    int64_t due_us; /* monotonic */
    uint64_t order; /* of equal ones the older is first */
    enum timer_kind kind;
    char *key; /* namespace/name of the pod, owned; its uid behind the NUL */
    const char *uid;
};

struct watch_list {
    struct sim_watch *first;
};

/* keys of pods, owned */
struct key_list {
    char **keys;
    size_t count, capacity;
};

/* an object that a controller is to look at; a namespace's name in place of a key: every object of the slot in it (controllers.c) */
struct work {
    enum slot slot;
    char *key; /* owned */
    int64_t due_us;
    int failures; /* in a row */
};

struct sim {
    struct sim_options options; /* cluster_name is a copy */
    struct store store;
    uint64_t random;
    struct timer *timers; /* a binary heap */
    size_t timer_count, timer_capacity;
    uint64_t timer_order;
    struct watch_list watches[SLOT_COUNT];
    struct sim_watch *ready; /* those with a call of ready() owed, first and last */
    struct sim_watch *ready_last;
    struct faults *faults;
    struct counters *counters;
    struct {
        int64_t due_us;                   /* when it looks next; INT64_MAX: nothing to do */
        struct key_list pending, waiting; /* pods to place; pods that fitted nowhere */
    } default_scheduler;
    struct {
        struct work *work;
        size_t count, capacity;
    } controllers;
    struct garbage *garbage; /* garbage.c; NULL: nothing has an owner */
    struct rbac *rbac;       /* rbac.c: what was worked out for those who asked; NULL: nothing yet */
    struct issued *issued;   /* token_request.c */
    uint32_t pod_ip_serial;
    bool stranded;      /* a pod is bound to a node that does not exist */
    bool out_of_memory; /* in work that could not say so at once; the next tick does */
};

/* One request in work. */
struct call {
    struct sim *sim;
    const struct sim_request *request;
    struct sim_response *response;
    struct target target;
    const char *verb;                 /* get list watch create update patch delete deletecollection */
    const struct fault_action *fault; /* NULL: none */
    bool dry_run;
};

/* A random number from the seed. */
uint64_t sim_random(struct sim *sim);
/* A random UUID, 36 characters and a NUL. */
void sim_uuid(struct sim *sim, char out[37]);
int64_t sim_now_us(const struct sim *sim);
int64_t sim_wall_us(const struct sim *sim);
/* The wall time as metav1.Time. */
void sim_now_text(const struct sim *sim, char out[32]);

int timer_add(struct sim *sim, int64_t due_us, enum timer_kind kind, const struct object *pod, struct error *err);
/* Takes out the next timer that is due by now; false: none. The caller frees timer->key. */
bool timer_take(struct sim *sim, int64_t now_us, struct timer *timer);
void timer_free_all(struct sim *sim);

int key_list_add(struct key_list *list, const char *key, struct error *err);
void key_list_free(struct key_list *list);

/* The object parsed; NULL on ERROR_NO_MEMORY. The caller's reference. */
json_t *object_parse(const struct object *object, struct error *err);

/*
 * Writes `doc` (whose metadata gets the next resourceVersion) as a new content of its key. *made, when not NULL, gets a reference. With dry_run
 * nothing is written, and *made is what would have been.
 */
int write_doc(struct sim *sim, const struct resource *resource, json_t *doc, bool dry_run, struct object **made, struct error *err);
/* The same from text that has resourceVersion store.rv + 1 already. */
int write_text(struct sim *sim, const struct resource *resource, struct span text, struct error *err);

/* Told by the store; in sim.c. */
void sim_on_change(void *ctx, struct change *change);

#endif
