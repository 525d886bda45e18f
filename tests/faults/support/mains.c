#include "tests/faults/support/mains.h"

void (*chaos_on_choice)(struct scheduler *s, const struct pod *pod, const struct node *node);

static const struct node *watched_choose_node(struct scheduler *s, const struct pod *pod)
{
    const struct node *node = choose_node(s, pod);

    chaos_on_choice(s, pod, node);
    return node;
}

#define choose_node watched_choose_node
#define main polling_main
#include "polling/main.c"
#undef main
#define main watch_main
#include "watch/main.c"
#undef main
#undef choose_node

int polling_main(int argc, char **argv);
int watch_main(int argc, char **argv);

void chaos_poll_for_pods(struct scheduler *s)
{
    poll_for_pods(s);
}

void chaos_on_pod(struct scheduler *s, enum event event, const struct pod *pod)
{
    on_pod(s, event, pod);
}
