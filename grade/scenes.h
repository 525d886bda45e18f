/*
 * scenes.h: what a submission is put through. Each function plays one scene on a stage that has begun, and leaves what it drew and did in the piece's "setup";
 * none judges. They fail only when the grader cannot go on (the API server refuses it, "interrupted").
 */
#ifndef GRADE_SCENES_H
#define GRADE_SCENES_H

#include "grade/stage.h"

struct scene {
    const char *name;
    int checkpoint;     /* whose points hang on it first; others may look at it too */
    unsigned programs;  /* SCENE_POLLING | SCENE_WATCH; 0: played without a submission */
    unsigned needed_by; /* bit c set for each checkpoint that looks at it */
    int lane;           /* scenes of one lane are played one after the other, lanes side by side where the grader has a server for each */
    int (*play)(struct stage *stage, struct error *err);
};

enum { SCENE_POLLING = 1, SCENE_WATCH = 2 };

extern const struct scene scenes[];
extern const size_t scene_count;

int scene_default(struct stage *stage, struct error *err);

int scene_rules(struct stage *stage, struct error *err);
int scene_vanish(struct stage *stage, struct error *err);
int scene_pace(struct stage *stage, struct error *err);

int scene_closed(struct stage *stage, struct error *err);
int scene_gone_frame(struct stage *stage, struct error *err);
int scene_gone_http(struct stage *stage, struct error *err);

int scene_label(struct stage *stage, struct error *err);
int scene_taints(struct stage *stage, struct error *err);
int scene_backoff(struct stage *stage, struct error *err);
int scene_spread(struct stage *stage, struct error *err);

#endif
