/*
 * lane.h: scenes of one submission, one after the other, in a process of their own.
 */
#ifndef GRADE_LANE_H
#define GRADE_LANE_H

#include <stdio.h>

#include "grade/play.h"
#include "grade/scenes.h"

enum { LANE_NUMBERS = 3, LANE_SCENES_MAX = 16 };

struct lane {
    const struct play *play;
    const struct submission *submission; /* NULL: none takes part */
    const struct scene *scenes[LANE_SCENES_MAX];
    size_t count;
    pid_t parent; /* when that is no longer its parent, the lane ends */
};

/* Plays it and writes the pieces as a JSON array. Returns the exit code of the process. */
int lane_play(const struct lane *lane, FILE *out);

/* The piece of a scene that was not played, and why. New reference; NULL without memory. */
json_t *lane_broken_piece(const struct lane *lane, const struct scene *scene, const struct error *why);

#endif
