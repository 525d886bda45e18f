#include "tests/unit/support/live_scene.h"

#include <check.h>
#include <stdio.h>

#define PODS 90

static void node_name(int number, char *name, size_t size)
{
    if (number < 2)
        snprintf(name, size, "sched-lab-%s", number ? "worker" : "control-plane");
    else
        snprintf(name, size, "sched-lab-worker%d", number);
}

static void bind(struct live_model *m, size_t side, size_t pod, int node, int64_t at_us)
{
    struct error err = ERROR_INIT;
    char name[64];

    node_name(node, name, sizeof name);
    ck_assert_int_eq(live_model_pod_seen(m, side, pod, name, at_us, 0, &err), 0);
}

static void ask(struct live_model *m, int64_t second)
{
    struct live_count polling[] = {{"list", second / 2 + 30 * (second > 0)}, {"watch", 0}, {"bind", 2 * second}, {"event", 2 * second}};
    struct live_count watch[] = {{"list", 0}, {"watch", 2}, {"bind", 3 * second}, {"event", 3 * second}};

    live_model_requests(m, 0, polling, 4, second * 1000000);
    live_model_requests(m, 1, watch, 4, second * 1000000);
}

void live_scene(struct live_model *m, int nodes)
{
    struct error err = ERROR_INIT;
    char name[64];
    size_t i;
    int n;

    ck_assert_int_eq(live_model_init(m, 0, &err), 0);
    ck_assert_int_eq(live_model_add_side(m, "polling", 2), 0);
    ck_assert_int_eq(live_model_add_side(m, "watch", 0), 1);
    for (n = nodes - 1; n >= 0; n--) {
        node_name(n, name, sizeof name);
        live_model_node_seen(m, name, n != 3, n == 2, n == 0);
    }
    live_model_connected(m, 0);
    for (n = 0; n <= 30; n++)
        ask(m, n);
    for (i = 0; i < PODS; i++) {
        int64_t at_us = (int64_t)i * 320000, poll_us = (at_us / 2000000 + 1) * 2000000;

        ck_assert_int_eq(live_model_pod_accepted(m, 0, i, at_us, &err), 0);
        ck_assert_int_eq(live_model_pod_accepted(m, 1, i, at_us, &err), 0);
        bind(m, 1, i, 1 + (int)i % (nodes - 1), at_us + 400 + (int64_t)(i * 7919 % 700));
        if (poll_us < SCENE_US - 1500000)
            bind(m, 0, i, 1 + (int)(i * i) % (nodes - 1), poll_us + (int64_t)i * 10);
    }
    live_model_say(m, 21000000, "b: a burst of 20 pods for each");
    live_model_say(m, 22000000, "c: sched-lab-worker2 is cordoned: no new pod goes there");
}

struct live_view live_scene_view(void)
{
    return (struct live_view){.now_us = SCENE_US,
                              .where = "a simulator of its own",
                              .workload = "trickle, 3 pods a second",
                              .url = "http://127.0.0.1:8080/",
                              .cordoned = "sched-lab-worker2",
                              .can_cut = true,
                              .burst = 20,
                              .still_to_arrive = SIZE_MAX};
}
