/*
 * stage.h: where a scene is played: the cluster, the proxy, the submission in its sandbox, and the evidence as it comes. A lane has one stage for all of
 * its scenes, one after the other.
 */
#ifndef GRADE_STAGE_H
#define GRADE_STAGE_H

#include <sys/types.h>

#include "common/error.h"
#include "grade/cluster.h"
#include "grade/proxy.h"
#include "grade/sandbox.h"

/* what is graded */
struct submission {
    const char *program; /* "polling" or "watch": which of the two */
    char *const *argv;   /* its command; the flags of the scene come after */
    const char *folder;  /* of its files */
    const char *const *extra_readable;
};

struct stage {
    struct cluster *cluster;
    struct proxy *proxy;
    const struct submission *submission; /* NULL: a scene without one */
    uint64_t seed;
    pid_t parent; /* the stage is left when that is no longer the parent of this process */
    bool idles;   /* in the last scene it asked for no bind at all, although it was waited for: from now on it is waited for less */
    /* of the scene */
    const char *scene;
    int checkpoint;
    uint64_t random;    /* state of random.h, from the seed, the scene and the program */
    char scheduler[64]; /* the name that the submission serves */
    char mark[8];       /* in names of this scene */
    int64_t zero_us;
    json_t *setup, *output; /* of the piece */
    size_t lines, names;
    int64_t slow_us; /* how much too late this process was let run, at worst: what a submission may have suffered too */
    struct sandbox *sandbox;
    bool died;                    /* by itself, or for a limit */
    int64_t patience_ms;          /* how long something may take; shorter once the submission has shown that it does nothing */
    int64_t started_us, ended_us; /* of the submission; -1: not */
    bool asked;                   /* it has sent its first request */
    int64_t waited_before_us;     /* for the processor, until then: a start that takes long is no harm */
    char end[64];                 /* how it ended; "": it was running until we asked it to end */
    char refused[256];            /* why it could not be started; "": it could */
};

/* Opens the stage for a scene. Everything of the scene before must have been finished. */
int stage_begin(struct stage *stage, const char *scene, int checkpoint, struct error *err);

/*
 * Starts the submission with --scheduler-name and --kubeconfig, then these flags (NULL-terminated; NULL: none). One that cannot be started is no failure of
 * this function but of the submission: the scene sees it as dead. Fails where it is the grader that cannot start anything.
 */
int stage_start(struct stage *stage, const char *const *flags, struct error *err);

/* Ends the scene and returns its piece of evidence, whatever it came to: `broken` (NULL: nothing) says why it could not be played. NULL without memory. */
json_t *stage_finish(struct stage *stage, const struct error *broken, struct error *err);

/* ---- time ---- */

/* Microseconds since the scene began. */
int64_t stage_now_us(const struct stage *stage);

enum stage_wait { STAGE_MET, STAGE_LATE, STAGE_DEAD };

/*
 * Waits until `met` says so, for at most ms; ends at once when the submission has died. *how says which (may be NULL). Fails only when the grader itself
 * cannot go on.
 */
int stage_wait(struct stage *stage, bool (*met)(struct stage *stage, void *ctx), void *ctx, int64_t ms, enum stage_wait *how,
               struct error *err);

/* Waits so long, whatever happens, unless the submission dies. */
int stage_rest(struct stage *stage, int64_t ms, struct error *err);

/*
 * Waits until everything that was made has been seen, and the submission has taken what was sent to it and had a moment to think: longer where
 * this machine is slow. Afterwards it can know the state of the cluster.
 */
int stage_settle(struct stage *stage, struct error *err);

/* Waits until all of the pods have a node. */
int stage_wait_bound(struct stage *stage, char (*pods)[64], size_t count, struct error *err);
/* Waits until the submission has said of all of the pods that it bound them; for three seconds at most, for some never say it. */
int stage_wait_said(struct stage *stage, char (*pods)[64], size_t count, struct error *err);

/* ---- what is drawn from the seed, and noted in "setup" ---- */

size_t stage_draw(struct stage *stage, size_t below);
/* A name that nobody expects, unique in the scene: "birch-3f2-4". */
void stage_name(struct stage *stage, const char *kind, char out[64]);
void stage_shuffle(struct stage *stage, size_t *items, size_t count);

/* Notes a member of "setup"; the value is stolen. NULL is no memory. */
int stage_note(struct stage *stage, const char *key, json_t *value, struct error *err);
/* Notes all nodes of the cluster under "nodes". */
int stage_note_nodes(struct stage *stage, struct error *err);

/* ---- usual things ---- */

/* Makes `count` nodes with names of this scene, in `names`; their room is drawn. */
int stage_make_nodes(struct stage *stage, char (*names)[64], size_t count, struct error *err);
/* Makes `count` pods on a node, of another scheduler, which run; named KIND. */
int stage_load_node(struct stage *stage, const char *node, const char *kind, size_t count, const struct pod_plan *like, struct error *err);
/* Makes `count` pending pods of the submission's scheduler, in `names`, as `like` says (NULL: plain). */
int stage_make_pods(struct stage *stage, const char *kind, char (*names)[64], size_t count, const struct pod_plan *like, struct error *err);

#endif
