/*
 * stage_props.c: what a scene is furnished with.
 */
#include <stdio.h>
#include <string.h>

#include "compare/random.h"
#include "grade/stage.h"

size_t stage_draw(struct stage *s, size_t below)
{
    return random_below(&s->random, below);
}

void stage_name(struct stage *s, const char *kind, char out[64])
{
    static const char *const words[] = {"basalt", "copper",  "delta",  "falcon", "garnet", "harbor", "indigo",
                                        "jasper", "lagoon",  "meadow", "nectar", "onyx",   "pepper", "quartz",
                                        "raven",  "saffron", "topaz",  "umber",  "velvet", "willow"};

    snprintf(out, 64, "%s-%s-%s-%02x%zu", words[stage_draw(s, sizeof words / sizeof words[0])], kind, s->mark, (unsigned)stage_draw(s, 256),
             s->names++);
}

void stage_shuffle(struct stage *s, size_t *items, size_t count)
{
    for (; count > 1; count--) {
        size_t other = stage_draw(s, count), kept = items[other];

        items[other] = items[count - 1];
        items[count - 1] = kept;
    }
}

int stage_note(struct stage *s, const char *key, json_t *value, struct error *err)
{
    return json_object_set_new(s->setup, key, value) < 0 ? error_no_memory(err) : 0;
}

int stage_note_nodes(struct stage *s, struct error *err)
{
    json_t *nodes = cluster_nodes(s->cluster, err);

    return nodes ? stage_note(s, "nodes", nodes, err) : -1;
}

int stage_make_nodes(struct stage *s, char (*names)[64], size_t count, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        stage_name(s, "node", names[i]);
        if (cluster_make_node(s->cluster, names[i], 60 + (int)stage_draw(s, 51), NULL, NULL, err) < 0)
            return -1;
    }
    return 0;
}

int stage_load_node(struct stage *s, const char *node, const char *kind, size_t count, const struct pod_plan *like, struct error *err)
{
    char name[64];

    for (size_t i = 0; i < count; i++) {
        struct pod_plan plan = like ? *like : (struct pod_plan){0};

        stage_name(s, kind, name);
        plan.name = name;
        plan.node = node;
        if (!plan.scheduler)
            plan.scheduler = "somebody-else";
        if (cluster_make_pod(s->cluster, &plan, NULL, err) < 0)
            return -1;
    }
    return 0;
}

int stage_make_pods(struct stage *s, const char *kind, char (*names)[64], size_t count, const struct pod_plan *like, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        struct pod_plan plan = like ? *like : (struct pod_plan){0};

        stage_name(s, kind, names[i]);
        plan.name = names[i];
        if (!plan.scheduler)
            plan.scheduler = s->scheduler;
        if (plan.tolerations)
            json_incref(plan.tolerations);
        if (cluster_make_pod(s->cluster, &plan, NULL, err) < 0)
            return -1;
    }
    return 0;
}
