/*
 * play.h: plays the scenes that the checkpoints ask for, and hands out the evidence. Nothing is judged here.
 *
 * Scenes are played in lanes. Each lane is a process with a cluster, a proxy and a stage of its own. On simulators the lanes run side by side: what takes long is
 * waiting. On a given cluster they take turns, since each wants its nodes to be all there is to choose from.
 */
#ifndef GRADE_PLAY_H
#define GRADE_PLAY_H

#include <signal.h>

#include "grade/evidence.h"
#include "grade/scenes.h"

struct play {
    const char *argv0;                        /* of the grader, to find the simulator */
    const char *kubeconfig;                   /* NULL: simulators */
    const struct submission *polling, *watch; /* NULL: not given */
    unsigned checkpoints;                     /* bit c set for each that is asked for */
    uint64_t seed;
    int64_t began_us;      /* of the monotonic clock */
    bool one_at_a_time;    /* lanes take turns on simulators too */
    const char *path_file; /* a student's answer to checkpoint 1; NULL: none */
    const volatile sig_atomic_t *stop;
    void (*progress)(void *ctx, size_t lanes_done, size_t lanes); /* NULL: nobody asks */
    void *ctx;
};

/* Which scenes: bit i of chosen[program] is scenes[i], with a program or (0) without one. */
struct play_choice {
    uint32_t chosen[1 + SCENE_POLLING + SCENE_WATCH];
};

/* Plays those that are chosen; as play_all(). */
int play_chosen(const struct play *play, const struct play_choice *choice, struct evidence_bundle *bundle, struct error *err);

/* Adds the pieces to the bundle, in the order of the scenes. A scene that cannot be played has a piece that says why. Fails when interrupted, or without memory. */
int play_all(const struct play *play, struct evidence_bundle *bundle, struct error *err);

#endif
