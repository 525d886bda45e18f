/*
 * chaos.c: both schedulers against the simulator's store on virtual time, by seed: pods and nodes come, change and go, the server fails in every
 * way it can, schedulers are killed and started again. After every step nothing may be wrong; at the end every pod that fits must be bound.
 * usage: chaos [--seeds N] [--seed S] [-v]
 */
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cluster/decode.h"
#include "common/scheduler_internal.h"
#include "tests/faults/support/mains.h"
#include "tests/faults/support/oracle.h"
#include "tests/faults/support/world.h"

#define OURS "my-scheduler"
#define MAX_PODS 400
#define MAX_NODES 12
#define CHAOS_US 20000000
/* unschedulable pods are looked at again after five minutes at the latest */
#define SETTLE_US 700000000

enum cast { CAST_POLLING, CAST_WATCH, CAST_WATCH_TWICE, CAST_BOTH, CAST_COUNT };
static const char *const cast_names[] = {"polling", "watch", "watch+watch", "polling+watch"};

struct known_pod {
    char name[32], uid[64], node[64];
    bool ours, gated, alive;
};

struct run {
    struct world world;
    uint64_t seed;
    enum cast cast;
    struct options options;
    struct known_pod pods[MAX_PODS];
    size_t pod_count;
    int64_t next_us;
    int actions, bursts;
    bool over; /* no more faults and actions */
    bool restart_polling, restarting, done;
    int64_t next_look_us;
    unsigned long binds, choices;
};

static struct run *now_running;
static jmp_buf failed;
static int verbose;

static void fail(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    fprintf(stderr, "seed %" PRIu64 " (%s), t=%.6f s: ", now_running->seed, cast_names[now_running->cast],
            (double)now_running->world.now_us / 1e6);
    vfprintf(stderr, format, args);
    fprintf(stderr, "\n  replay: build/tests/faults/chaos --seed %" PRIu64 " -v\n", now_running->seed);
    va_end(args);
    longjmp(failed, 1);
}

static void say(const char *format, ...)
{
    va_list args;

    if (!verbose)
        return;
    va_start(args, format);
    printf("%10.6f ", (double)now_running->world.now_us / 1e6);
    vprintf(format, args);
    printf("\n");
    va_end(args);
}

/* ---- what the cluster goes through ---- */

static int request(struct run *run, const char *method, const char *type, struct buffer *answer, const char *body, const char *target, ...)
{
    char path[256];
    va_list args;

    va_start(args, target);
    vsnprintf(path, sizeof path, target, args);
    va_end(args);
    return world_request(&run->world, method, path, type, body, answer);
}

static void create_node(struct run *run, uint32_t number)
{
    struct world *world = &run->world;
    char body[1200], taint[160] = "";
    struct buffer answer;

    if (world_chance(world, 25))
        snprintf(taint, sizeof taint, ",\"taints\":[{\"key\":\"dedicated\",\"value\":\"x\",\"effect\":\"%s\"}]",
                 world_chance(world, 50)   ? "NoSchedule"
                 : world_chance(world, 50) ? "NoExecute"
                                           : "PreferNoSchedule");
    snprintf(body, sizeof body,
             "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"n%u\",\"labels\":{\"zone\":\"%c\"}},"
             "\"spec\":{\"unschedulable\":%s%s},\"status\":{\"allocatable\":{\"cpu\":\"%u\",\"memory\":\"4Gi\",\"pods\":\"%u\"},"
             "\"conditions\":[{\"type\":\"Ready\",\"status\":\"%s\"}]}}",
             number, 'a' + (char)world_random(world, 2), world_chance(world, 10) ? "true" : "false", taint, 1 + world_random(world, 4),
             2 + world_random(world, 8), world_chance(world, 90) ? "True" : "False");
    buffer_init(&answer, 1 << 20);
    say("create node n%u: %d", number, request(run, "POST", "application/json", &answer, body, "/api/v1/nodes"));
    buffer_free(&answer);
}

static void change_node(struct run *run)
{
    struct world *world = &run->world;
    const char *const patches[] = {"{\"spec\":{\"unschedulable\":true}}",
                                   "{\"spec\":{\"unschedulable\":null}}",
                                   "{\"spec\":{\"taints\":[{\"key\":\"dedicated\",\"value\":\"x\",\"effect\":\"NoSchedule\"}]}}",
                                   "{\"spec\":{\"taints\":null}}",
                                   "{\"metadata\":{\"labels\":{\"zone\":\"a\"}}}",
                                   "{\"metadata\":{\"labels\":{\"zone\":null}}}",
                                   "{\"metadata\":{\"annotations\":{\"note\":\"x\"}}}"};
    const char *patch = patches[world_random(world, sizeof patches / sizeof *patches)];
    uint32_t number = world_random(world, MAX_NODES);
    struct buffer answer;

    buffer_init(&answer, 1 << 20);
    say("patch node n%u %s: %d", number, patch,
        request(run, "PATCH", "application/merge-patch+json", &answer, patch, "/api/v1/nodes/n%u", number));
    buffer_free(&answer);
}

static void delete_node(struct run *run)
{
    uint32_t number = world_random(&run->world, MAX_NODES);
    struct buffer answer;

    buffer_init(&answer, 1 << 20);
    say("delete node n%u: %d", number, request(run, "DELETE", NULL, &answer, NULL, "/api/v1/nodes/n%u", number));
    buffer_free(&answer);
}

static void remember_pod(struct run *run, const char *name, bool ours, bool gated, const char *answer)
{
    struct known_pod *pod = &run->pods[run->pod_count++];
    json_t *json = json_loads(answer, 0, NULL);

    snprintf(pod->name, sizeof pod->name, "%s", name);
    snprintf(pod->uid, sizeof pod->uid, "%s", json_string_value(json_object_get(json_object_get(json, "metadata"), "uid")));
    pod->ours = ours;
    pod->gated = gated;
    pod->alive = true;
    pod->node[0] = '\0';
    json_decref(json);
}

static void create_pod(struct run *run)
{
    struct world *world = &run->world;
    bool ours = world_chance(world, 85), gated = world_chance(world, 5);
    char body[1500], name[32], cpu[64] = "";
    struct buffer answer;
    int status;

    if (run->pod_count == MAX_PODS)
        return;
    snprintf(name, sizeof name, "p%u", world_random(world, 60));
    if (world_chance(world, 50))
        snprintf(cpu, sizeof cpu, ",\"resources\":{\"requests\":{\"cpu\":\"%um\"}}", 100 * world_random(world, 16));
    snprintf(body, sizeof body,
             "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s\",\"labels\":{\"app\":\"a\"}},\"spec\":{"
             "\"schedulerName\":\"%s\",\"priority\":%u%s%s%s,"
             "\"containers\":[{\"name\":\"c\",\"image\":\"i\"%s%s}]}}",
             name, ours ? OURS : "other-scheduler", world_random(world, 3), gated ? ",\"schedulingGates\":[{\"name\":\"g\"}]" : "",
             world_chance(world, 20) ? ",\"nodeSelector\":{\"zone\":\"a\"}" : "",
             world_chance(world, 20) ? ",\"tolerations\":[{\"key\":\"dedicated\",\"operator\":\"Exists\"}]" : "", cpu,
             world_chance(world, 10) ? ",\"ports\":[{\"containerPort\":80,\"hostPort\":8080}]" : "");
    buffer_init(&answer, 1 << 20);
    status = request(run, "POST", "application/json", &answer, body, "/api/v1/namespaces/default/pods");
    say("create pod %s%s%s: %d", name, ours ? "" : " of another scheduler", gated ? " gated" : "", status);
    if (status == 201)
        remember_pod(run, name, ours, gated, answer.data);
    buffer_free(&answer);
}

static struct known_pod *random_pod(struct run *run)
{
    for (int tries = 0; run->pod_count && tries < 20; tries++) {
        struct known_pod *pod = &run->pods[world_random(&run->world, (uint32_t)run->pod_count)];

        if (pod->alive)
            return pod;
    }
    return NULL;
}

static void delete_pod(struct run *run)
{
    struct known_pod *pod = random_pod(run);
    struct buffer answer;
    bool at_once;

    if (!pod)
        return;
    at_once = world_chance(&run->world, 70);
    buffer_init(&answer, 1 << 20);
    say("delete pod %s%s: %d", pod->name, at_once ? " at once" : "",
        request(run, "DELETE", "application/json", &answer, at_once ? "{\"gracePeriodSeconds\":0}" : "{}",
                "/api/v1/namespaces/default/pods/%s", pod->name));
    buffer_free(&answer);
    pod->alive = false;
}

static void open_gate(struct run *run)
{
    struct known_pod *pod = random_pod(run);
    struct buffer answer;

    if (!pod || !pod->gated)
        return;
    buffer_init(&answer, 1 << 20);
    if (request(run, "PATCH", "application/merge-patch+json", &answer, "{\"spec\":{\"schedulingGates\":null}}",
                "/api/v1/namespaces/default/pods/%s", pod->name) == 200)
        pod->gated = false;
    buffer_free(&answer);
}

/* a fault plan of chance; it names what schedulers send and this test never does */
static void plan_faults(struct run *run)
{
    static const char *const what[] = {"\"verb\":\"create\",\"resource\":\"pods\",\"subresource\":\"binding\"",
                                       "\"verb\":\"watch\",\"resource\":\"pods\"",
                                       "\"verb\":\"watch\",\"resource\":\"nodes\"",
                                       "\"verb\":\"list\",\"resource\":\"pods\"",
                                       "\"verb\":\"list\",\"resource\":\"nodes\"",
                                       "\"verb\":\"create\",\"resource\":\"events\"",
                                       "\"verb\":\"patch\",\"resource\":\"pods\",\"subresource\":\"status\"",
                                       "\"verb\":\"get\",\"resource\":\"pods\""};
    static const char *const request_faults[] = {"\"status\":500",       "\"status\":503",     "\"status\":429,\"retry_after_s\":1",
                                                 "\"delay_ms\":800",     "\"cut_at_byte\":%u", "\"reset\":true",
                                                 "\"lost_answer\":true", "\"status\":410"};
    static const char *const watch_faults[] = {"\"watch_close\":true,\"watch_after\":%u",
                                               "\"watch_gone\":true,\"watch_after\":%u",
                                               "\"watch_cut\":true,\"watch_after\":%u",
                                               "\"duplicate\":true",
                                               "\"reorder\":true",
                                               "\"status\":500",
                                               "\"status\":410",
                                               "\"reset\":true"};
    struct world *world = &run->world;
    struct error err = ERROR_INIT;
    struct buffer plan;
    int entries = 1 + (int)world_random(world, 5);

    buffer_init(&plan, 1 << 16);
    buffer_add_string(&plan, "[", &err);
    for (int i = 0; i < entries; i++) {
        const char *target = what[world_random(world, sizeof what / sizeof *what)];
        char action[100];

        if (strstr(target, "\"watch\""))
            snprintf(action, sizeof action, watch_faults[world_random(world, 8)], world_random(world, 6));
        else if (strstr(target, "\"list\"") && world_chance(world, 20))
            snprintf(action, sizeof action, "\"stale_list\":true,\"stale_by\":%u", 1 + world_random(world, 20));
        else
            snprintf(action, sizeof action, request_faults[world_random(world, strstr(target, "\"list\"") ? 8 : 7)],
                     world_random(world, 300));
        buffer_printf(&plan, &err, "%s{%s,\"skip\":%u,\"count\":%u,\"do\":{%s}}", i ? "," : "", target, world_random(world, 4),
                      1 + world_random(world, 4), action);
    }
    buffer_add_string(&plan, "]", &err);
    say("faults %s", plan.data);
    if (sim_set_faults(world->sim, plan.data, &err) < 0)
        fail("fault plan refused: %s", err.text);
    buffer_free(&plan);
}

/* ---- the schedulers ---- */

static const char *program_of(const struct run *run, int i)
{
    return run->cast == CAST_POLLING || (run->cast == CAST_BOTH && i == 0) ? "polling" : "watch";
}

static bool polling_should_stop(void);

static struct scheduler *open_scheduler(struct run *run, int i)
{
    struct client *client = &run->world.clients[i];
    bool polling = !strcmp(program_of(run, i), "polling");
    struct scheduler_seams seams = {&client->transport, &run->world.clock, NULL, "simulator", polling ? polling_should_stop : NULL};
    struct log log = {.prefix = program_of(run, i), .verbose = 0, .clock = &run->world.clock, .quiet = !verbose};
    struct error err = ERROR_INIT;
    struct scheduler *s;

    run->options.seed = run->seed * 2 + (uint64_t)i;
    s = scheduler_open(program_of(run, i), &run->options, &seams, &log, &err);
    if (!s)
        fail("scheduler_open: %s", err.text);
    return s;
}

static void start_watch(struct run *run, int i)
{
    struct scheduler *s = open_scheduler(run, i);

    watch_pods(s, chaos_on_pod);
    run->world.clients[i].scheduler = s;
}

static void stop_watch(struct run *run, int i, bool kill)
{
    struct client *client = &run->world.clients[i];
    struct scheduler *s = client->scheduler;

    client->scheduler = NULL;
    if (kill)
        world_kill(client);
    scheduler_close(s);
    world_revive(client);
}

static void restart_one(struct run *run)
{
    int i = (int)world_random(&run->world, WORLD_SCHEDULERS);
    bool kill = world_chance(&run->world, 50);

    if (run->restarting)
        return; /* one is just ending, and time goes on meanwhile */
    if (run->world.clients[i].scheduler && !run->world.clients[i].in_turn) {
        run->restarting = true;
        say("restart watch %d%s", i, kill ? " by kill" : "");
        stop_watch(run, i, kill);
        start_watch(run, i);
        run->restarting = false;
    } else if (i == 0) {
        run->restart_polling = true;
    }
}

/* ---- what may never happen ---- */

static struct known_pod *pod_by_uid(struct run *run, const char *uid)
{
    for (size_t i = 0; i < run->pod_count; i++)
        if (!strcmp(run->pods[i].uid, uid))
            return &run->pods[i];
    return NULL;
}

static void judge_binding(struct run *run, const char *body, int status)
{
    json_t *binding = json_loads(body, 0, NULL);
    const char *uid = json_string_value(json_object_get(json_object_get(binding, "metadata"), "uid"));
    const char *node = json_string_value(json_object_get(json_object_get(binding, "target"), "name"));
    struct known_pod *pod = uid ? pod_by_uid(run, uid) : NULL;

    if (!pod)
        fail("a binding without a UID that was ever given out: %s", body);
    if (!pod->ours)
        fail("bound %s, which names another scheduler", pod->name);
    if (pod->gated)
        fail("tried to bind %s, which is gated", pod->name);
    if (status == 201) {
        if (pod->node[0])
            fail("%s was bound to %s and then to %s", pod->name, pod->node, node);
        snprintf(pod->node, sizeof pod->node, "%s", node);
        run->binds++;
        say("bound %s -> %s", pod->name, node);
    }
    json_decref(binding);
}

static void on_request(void *ctx, const char *method, const char *target, const char *body, int status)
{
    struct run *run = ctx;
    const char *slash = strrchr(target, '/');

    if (!strcmp(method, "POST") && slash && !strcmp(slash, "/binding"))
        judge_binding(run, body, status);
    else if (!strcmp(method, "DELETE") || !strcmp(method, "PUT"))
        fail("%s %s: schedulers never send that", method, target);
}

struct placed {
    struct placed_pod pods[MAX_PODS * 2];
    size_t count;
};

static void collect(void *ctx, struct cached_pod *cached)
{
    struct placed *placed = ctx;

    if (cached->node)
        placed->pods[placed->count++] = (struct placed_pod){cached->pod, cached->node->spec->name};
}

/* a second opinion on every choice, from what the scheduler knows at that moment */
static void on_choice(struct scheduler *s, const struct pod *pod, const struct node *choice)
{
    struct run *run = now_running;
    struct placed placed = {.count = 0};
    const struct node_spec *best = NULL;
    size_t best_load = 0, best_avoided = 0, count;

    struct node *const *nodes = cache_nodes(s->cache, &count);

    run->choices++;
    if (pod->gated || pod->deleting || pod->node_name[0] || strcmp(pod->scheduler_name, OURS) != 0)
        fail("a choice for %s, which is not ours to place", pod->name);
    cache_each_pod(s->cache, collect, &placed);
    for (size_t i = 0; i < count; i++) {
        const struct node_spec *node = nodes[i]->spec;
        size_t load = oracle_load(node, placed.pods, placed.count);
        size_t avoided = oracle_avoided(pod, node);

        if (!oracle_feasible(pod, node, placed.pods, placed.count)) {
            if (choice && choice->spec == node)
                fail("%s was to go on %s, which fails its filters", pod->name, node->name);
            continue;
        }
        if (!best || avoided < best_avoided ||
            (avoided == best_avoided && (load < best_load || (load == best_load && strcmp(node->name, best->name) < 0)))) {
            best = node;
            best_load = load;
            best_avoided = avoided;
        }
    }
    if ((best == NULL) != (choice == NULL) || (best && strcmp(best->name, choice->spec->name) != 0))
        fail("%s: chose %s, least loaded is %s", pod->name, choice ? choice->spec->name : "none", best ? best->name : "none");
}

/* ---- the end ---- */

static json_t *get(struct run *run, const char *target)
{
    struct buffer answer;
    json_t *json;

    buffer_init(&answer, 1 << 24);
    if (request(run, "GET", NULL, &answer, NULL, "%s", target) != 200)
        fail("GET %s failed", target);
    json = json_loads(answer.data, 0, NULL);
    buffer_free(&answer);
    return json;
}

struct truth {
    struct pod *pods[MAX_PODS];
    struct node_spec *nodes[MAX_NODES];
    struct placed_pod placed[MAX_PODS];
    size_t pod_count, node_count, placed_count;
};

static void read_truth(struct run *run, struct truth *truth)
{
    json_t *pods = get(run, "/api/v1/pods"), *nodes = get(run, "/api/v1/nodes"), *item;
    struct error err = ERROR_INIT;
    size_t i;

    memset(truth, 0, sizeof *truth);
    json_array_foreach(json_object_get(nodes, "items"), i, item) truth->nodes[truth->node_count++] = node_decode(item, &err);
    json_array_foreach(json_object_get(pods, "items"), i, item)
    {
        struct pod *pod = pod_decode(item, OURS, &err);

        truth->pods[truth->pod_count++] = pod;
        if (pod->node_name[0])
            truth->placed[truth->placed_count++] = (struct placed_pod){pod, pod->node_name};
    }
    json_decref(pods);
    json_decref(nodes);
}

static void free_truth(struct truth *truth)
{
    for (size_t i = 0; i < truth->pod_count; i++)
        pod_free(truth->pods[i]);
    for (size_t i = 0; i < truth->node_count; i++)
        node_spec_free(truth->nodes[i]);
}

/* the first pod that waits although it would fit; NULL when there is none */
static const struct pod *waiting_in_vain(const struct truth *truth)
{
    for (size_t i = 0; i < truth->pod_count; i++) {
        const struct pod *pod = truth->pods[i];

        if (pod->node_name[0] || pod->gated || pod->deleting || strcmp(pod->scheduler_name, OURS) != 0)
            continue;
        for (size_t n = 0; n < truth->node_count; n++)
            if (oracle_feasible(pod, truth->nodes[n], truth->placed, truth->placed_count))
                return pod;
    }
    return NULL;
}

static bool settled(struct run *run)
{
    struct truth truth;
    bool done;

    read_truth(run, &truth);
    done = !waiting_in_vain(&truth);
    free_truth(&truth);
    return done;
}

/* at rest the cache of a watch holds what the server holds, pod by pod */
static void compare_cache(struct run *run, const struct truth *truth, struct scheduler *s)
{
    struct placed placed = {.count = 0};

    cache_each_pod(s->cache, collect, &placed);
    for (size_t i = 0; i < placed.count; i++) {
        bool there = false;

        for (size_t k = 0; k < truth->placed_count; k++)
            there |= !strcmp(truth->placed[k].pod->uid, placed.pods[i].pod->uid) && !strcmp(truth->placed[k].node, placed.pods[i].node);
        if (!there)
            fail("the cache counts %s on %s, and the server does not", placed.pods[i].pod->name, placed.pods[i].node);
    }
    for (size_t k = 0; k < truth->placed_count; k++) {
        const struct pod *pod = truth->placed[k].pod;
        struct cached_pod *cached = cache_pod(s->cache, pod->namespace_, pod->name);

        if (pod_counts(pod) && (!cached || strcmp(cached->pod->uid, pod->uid) != 0 || strcmp(cached->pod->node_name, pod->node_name) != 0))
            fail("the server has %s on %s, and the cache does not", pod->name, pod->node_name);
    }
    (void)run;
}

/* ---- a run ---- */

static void act(void *ctx)
{
    struct run *run = ctx;
    struct world *world = &run->world;
    uint32_t dice = world_random(world, 100);

    if (world->now_us > CHAOS_US) {
        if (!run->over) {
            struct error err = ERROR_INIT;

            say("---- the faults are over");
            run->over = true;
            sim_set_faults(world->sim, NULL, &err);
        }
        run->next_us = INT64_MAX;
        return;
    }
    run->next_us = world->now_us + (run->bursts-- > 0 ? 1000 : 1000 + world_random(world, 900000));
    if (dice < 50)
        create_pod(run);
    else if (dice < 62)
        delete_pod(run);
    else if (dice < 66)
        create_node(run, world_random(world, MAX_NODES));
    else if (dice < 74)
        change_node(run);
    else if (dice < 77)
        delete_node(run);
    else if (dice < 81)
        open_gate(run);
    else if (dice < 88)
        plan_faults(run);
    else if (dice < 90)
        restart_one(run);
    else if (dice < 92)
        world_server_down(world, 1000 + world_random(world, 4000000));
    else if (dice < 94)
        sim_compact(world->sim);
    else if (dice < 96)
        sim_close_watches(world->sim);
    else
        run->bursts = (int)world_random(world, 25);
}

static int64_t next_action_us(void *ctx)
{
    struct run *run = ctx;

    return run->next_us;
}

/* watch alone: the world is driven from here */
static void drive(struct run *run)
{
    struct world *world = &run->world;

    world_run(world, CHAOS_US + 1000000, NULL);
    while (!settled(run) && world->now_us < SETTLE_US)
        world_run(world, world->now_us + 1000000, NULL);
}

/* polling drives itself, and the world with it; this ends its loop, as SIGTERM would */
static bool polling_should_stop(void)
{
    struct run *run = now_running;

    if (run->restart_polling)
        return true;
    if (!run->over || run->world.now_us < run->next_look_us)
        return run->done;
    run->next_look_us = run->world.now_us + 1000000;
    return run->done = settled(run) || run->world.now_us > SETTLE_US;
}

static void poll_until_settled(struct run *run)
{
    do {
        struct scheduler *s;

        run->restart_polling = false;
        s = open_scheduler(run, 0);
        chaos_poll_for_pods(s);
        scheduler_close(s);
        world_revive(&run->world.clients[0]);
    } while (!run->done);
}

static void start_world(struct run *run)
{
    struct world *world = &run->world;

    world_init(world, run->seed);
    world->next_us = next_action_us;
    world->act = act;
    world->on_request = on_request;
    world->ctx = run;
    for (uint32_t i = 0; i < 2 + world_random(world, 5); i++)
        create_node(run, i);
    run->next_us = world->now_us;
    run->cast = (enum cast)(run->seed % CAST_COUNT);
    run->options.scheduler_name = OURS;
    run->options.interval_ms = 200 + world_random(world, 2000);
    run->options.policy.policy = policy_by_name("least-loaded");
    filter_config_init(&run->options.policy.filters);
    run->options.simulate_bind_errors = world_chance(world, 10) ? (int)world_random(world, 3) : 0;
    run->options.max_bind_attempts = 1 + (int)world_random(world, 4);
    run->options.bind_backoff_ms = 50 + world_random(world, 500);
    run->options.max_inflight = 1 + (int)world_random(world, 8);
}

static bool run_seed(uint64_t seed)
{
    struct run *run = calloc(1, sizeof *run);
    struct truth truth;
    volatile bool ok = false;
    const struct pod *lost;

    run->seed = seed;
    now_running = run;
    if (setjmp(failed))
        return false; /* what it held is left to the end of the process: the world is in mid-step */
    start_world(run);
    if (run->cast == CAST_WATCH || run->cast == CAST_WATCH_TWICE || run->cast == CAST_BOTH)
        start_watch(run, run->cast == CAST_BOTH ? 1 : 0);
    if (run->cast == CAST_WATCH_TWICE)
        start_watch(run, 1);
    if (run->cast == CAST_POLLING || run->cast == CAST_BOTH)
        poll_until_settled(run);
    else
        drive(run);
    /* longer than any backoff of a watch: then everything has come to rest */
    world_run(&run->world, run->world.now_us + 100000000, NULL);
    read_truth(run, &truth);
    for (int i = 0; i < WORLD_SCHEDULERS; i++)
        if (run->world.clients[i].scheduler)
            compare_cache(run, &truth, run->world.clients[i].scheduler);
    lost = waiting_in_vain(&truth);
    if (lost)
        fail("%s/%s still waits, although it fits", lost->namespace_, lost->name);
    free_truth(&truth);
    for (int i = 0; i < WORLD_SCHEDULERS; i++)
        if (run->world.clients[i].scheduler)
            stop_watch(run, i, false);
    if (verbose)
        printf("seed %" PRIu64 " (%s): %lu steps, %zu pods, %lu choices, %lu binds, settled at %.1f s\n", seed, cast_names[run->cast],
               run->world.steps, run->pod_count, run->choices, run->binds, (double)run->world.now_us / 1e6);
    ok = true;
    world_free(&run->world);
    free(run);
    return ok;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"seeds", required_argument, NULL, 'n'}, {"seed", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
    unsigned long seeds = 2000, passed = 0, broken = 0;
    uint64_t first = 1;
    int c;

    while ((c = getopt_long(argc, argv, "v", options, NULL)) != -1) {
        if (c == 'n')
            seeds = strtoul(optarg, NULL, 10);
        else if (c == 's')
            first = strtoull(optarg, NULL, 10), seeds = 1;
        else if (c == 'v')
            verbose++;
        else
            return 2;
    }
    chaos_on_choice = on_choice;
    for (uint64_t seed = first; seed < first + seeds; seed++)
        run_seed(seed) ? passed++ : broken++;
    printf("%lu passed, %lu failed\n", passed, broken);
    return broken != 0;
}
