#include "grade/scenes.h"

#define BOTH (SCENE_POLLING | SCENE_WATCH)
#define ON(checkpoint) (1u << (checkpoint))

const struct scene scenes[] = {
    {"default", 1, 0, ON(1), 0, scene_default},
    {"rules", 2, BOTH, ON(2) | ON(3), 1, scene_rules},
    {"vanish", 2, BOTH, ON(2) | ON(3), 1, scene_vanish},
    {"pace", 2, BOTH, ON(2) | ON(4), 1, scene_pace},
    {"watch-closed", 4, SCENE_WATCH, ON(4), 1, scene_closed},
    {"watch-gone-frame", 4, SCENE_WATCH, ON(4), 2, scene_gone_frame},
    {"watch-gone-http", 4, SCENE_WATCH, ON(4), 2, scene_gone_http},
    {"label", 5, BOTH, ON(5), 2, scene_label},
    {"taints", 5, BOTH, ON(5), 2, scene_taints},
    {"backoff", 5, BOTH, ON(5), 2, scene_backoff},
    {"spread", 5, BOTH, ON(5), 2, scene_spread},
};
const size_t scene_count = sizeof scenes / sizeof scenes[0];
