/*
 * snapshot.h: a cluster at one moment, from files or from the API server, as the schedulers keep it; and the pods that were asked for by name.
 */
#ifndef EXPLAIN_SNAPSHOT_H
#define EXPLAIN_SNAPSHOT_H

#include "common/cluster/cache.h"
#include "common/service/options.h"

/* What the snapshot says of a pod that was asked for by name. */
enum pod_fate {
    POD_ABSENT,
    POD_WAITS,  /* pending, of our scheduler: decided in its turn */
    POD_PLACED, /* ours, on a node already: decided afresh */
    POD_GATED,  /* the rest is not decided */
    POD_DELETING,
    POD_ENDED,
    POD_FOREIGN
};

struct named_pod {
    char *namespace_, *name;
    enum pod_fate fate;
    char *where; /* POD_PLACED: its node; POD_FOREIGN: its scheduler; else NULL */
};

struct snapshot {
    struct cache *cache;        /* a POD_PLACED pod is in it as pending, assumed on its node where that is there */
    const char *scheduler_name; /* ours */
    struct named_pod *named;    /* in the order of the command line, each once */
    size_t named_count;
    bool refuses_doubles; /* the same node or pod twice is an error, not news of it */
};

enum snapshot_kind { SNAPSHOT_NODES, SNAPSHOT_PODS };

/* Empty. `options` is borrowed until snapshot_close(): the scheduler's name and the names of pods. On failure there is nothing to close. */
int snapshot_open(struct snapshot *snapshot, const struct options *options, struct error *err);
void snapshot_close(struct snapshot *snapshot);

/* A list begins, perhaps for the second time, and ends: what it did not bring is forgotten. Not needed where nothing begins again. */
void snapshot_begin(struct snapshot *snapshot, enum snapshot_kind kind);
void snapshot_end(struct snapshot *snapshot, enum snapshot_kind kind);

/*
 * Takes one object, JSON projected with pod_schema or node_schema. ERROR_RUNTIME when it makes no sense or is there twice, with one line that names
 * the object; ERROR_NO_MEMORY. Nothing has changed then.
 */
int snapshot_take(struct snapshot *snapshot, enum snapshot_kind kind, const char *text, size_t bytes, struct error *err);

/*
 * All is there: counts the POD_PLACED pods on their nodes. ERROR_USAGE when a pod that was asked for is not in it; `origin` says where it was
 * looked for ("the cluster").
 */
int snapshot_complete(struct snapshot *snapshot, const char *origin, struct error *err);

/* The entry of a pod that was asked for by name, or NULL. */
struct named_pod *snapshot_named(const struct snapshot *snapshot, const char *namespace_, const char *name);

#endif
