#include "tests/faults/support/workload.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tests/faults/support/schedulers.h"

/* at one point of time; what comes of the largest burst takes a few thousand */
#define MOST_STEPS_AT_ONCE 200000

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

static void remember_pod(struct run *run, const char *name, bool ours, bool gated, int priority, const char *answer)
{
    struct known_pod *pod = &run->pods[run->pod_count++];
    json_t *json = json_loads(answer, 0, NULL);

    snprintf(pod->name, sizeof pod->name, "%s", name);
    snprintf(pod->uid, sizeof pod->uid, "%s", json_string_value(json_object_get(json_object_get(json, "metadata"), "uid")));
    pod->ours = ours;
    pod->gated = gated;
    pod->priority = priority;
    pod->alive = true;
    pod->node[0] = '\0';
    json_decref(json);
}

/* what the planner reads; now and then something that it cannot use */
static void annotate(struct run *run, char *text, size_t size)
{
    struct world *world = &run->world;
    const char *const extra[] = {"",
                                 "",
                                 "\"priority\":\"2\"",
                                 "\"priority\":\"abc\"",
                                 "\"pod-group\":\"a\"",
                                 "\"pod-group\":\"b\",\"pod-group-size\":\"2\"",
                                 "\"pod-group\":\"c\",\"priority\":\"1\""};

    snprintf(text, size, "%s", run->plans ? extra[world_random(world, sizeof extra / sizeof *extra)] : "");
}

static void create_pod(struct run *run)
{
    struct world *world = &run->world;
    int priority = (int)world_random(world, 3);
    bool ours = world_chance(world, 85), gated = world_chance(world, 5);
    char body[1500], name[32], cpu[64] = "", annotations[80];
    struct buffer answer;
    int status;

    if (run->pod_count == MAX_PODS)
        return;
    snprintf(name, sizeof name, "p%u", world_random(world, 60));
    if (world_chance(world, 50))
        snprintf(cpu, sizeof cpu, ",\"resources\":{\"requests\":{\"cpu\":\"%um\"}}", 100 * world_random(world, 16));
    annotate(run, annotations, sizeof annotations);
    snprintf(
        body, sizeof body,
        "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"%s\",\"labels\":{\"app\":\"a\"},\"annotations\":{%s}},\"spec\":{"
        "\"schedulerName\":\"%s\",\"priority\":%d%s%s%s,"
        "\"containers\":[{\"name\":\"c\",\"image\":\"i\"%s%s}]}}",
        name, annotations, ours ? OURS : "other-scheduler", priority, gated ? ",\"schedulingGates\":[{\"name\":\"g\"}]" : "",
        world_chance(world, 20) ? ",\"nodeSelector\":{\"zone\":\"a\"}" : "",
        world_chance(world, 20) ? ",\"tolerations\":[{\"key\":\"dedicated\",\"operator\":\"Exists\"}]" : "", cpu,
        world_chance(world, 10) ? ",\"ports\":[{\"containerPort\":80,\"hostPort\":8080}]" : "");
    buffer_init(&answer, 1 << 20);
    status = request(run, "POST", "application/json", &answer, body, "/api/v1/namespaces/default/pods");
    say("create pod %s%s%s: %d", name, ours ? "" : " of another scheduler", gated ? " gated" : "", status);
    if (status == 201)
        remember_pod(run, name, ours, gated, priority, answer.data);
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
                                       "\"verb\":\"get\",\"resource\":\"pods\"",
                                       "\"verb\":\"delete\",\"resource\":\"pods\""};
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
    if (run->plans && world_chance(world, 50)) /* a gang that is bound in part has to leave, and that fails in part */
        buffer_printf(
            &plan, &err,
            "{\"verb\":\"create\",\"resource\":\"pods\",\"subresource\":\"binding\",\"skip\":%u,\"count\":%u,\"do\":{\"status\":%u}},"
            "{\"verb\":\"delete\",\"resource\":\"pods\",\"skip\":%u,\"count\":%u,\"do\":{\"status\":%u}},",
            1 + world_random(world, 2), 1 + world_random(world, 6), world_chance(world, 50) ? 500 : 403, world_random(world, 3),
            1 + world_random(world, 4), world_chance(world, 50) ? 500 : 403);
    for (int i = 0; i < entries; i++) {
        const char *target = what[world_random(world, sizeof what / sizeof *what)];
        char action[100];

        if (strstr(target, "\"watch\""))
            snprintf(action, sizeof action, watch_faults[world_random(world, 8)], world_random(world, 6));
        else if (!run->plans && strstr(target, "\"list\"") && world_chance(world, 20)) /* who plans on the past takes a node twice */
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

void workload_act(void *ctx)
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
        schedulers_restart_one(run);
    else if (dice < 92)
        world_server_down(world, 1000 + world_random(world, 4000000));
    else if (dice < 94)
        sim_compact(world->sim);
    else if (dice < 96)
        sim_close_watches(world->sim);
    else
        run->bursts = (int)world_random(world, 25);
}

int64_t workload_next_us(void *ctx)
{
    struct run *run = ctx;

    if (run->world.now_us != run->stood_at_us) {
        run->stood_at_us = run->world.now_us;
        run->stood = 0;
    }
    if (++run->stood > MOST_STEPS_AT_ONCE)
        fail("a busy loop: %lu steps, and the time is still the same", run->stood);
    return run->next_us;
}

void workload_start(struct run *run)
{
    for (uint32_t i = 0; i < 2 + world_random(&run->world, 5); i++)
        create_node(run, i);
    run->next_us = run->world.now_us;
}
