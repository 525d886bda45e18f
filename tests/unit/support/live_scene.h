/*
 * live_scene.h: a live view's model after half a minute that never was: the same for whoever asks.
 */
#ifndef TESTS_UNIT_SUPPORT_LIVE_SCENE_H
#define TESTS_UNIT_SUPPORT_LIVE_SCENE_H

#include "compare/live_frame.h"

#define SCENE_US 30000000 /* when it is looked at */

/* polling every 2 s beside watch, `nodes` nodes as kind's are (the first tainted), 90 pods for each. Free with live_model_free(). */
void live_scene(struct live_model *m, int nodes);

/* The view of it: on a simulator of its own, with a page. */
struct live_view live_scene_view(void);

#endif
