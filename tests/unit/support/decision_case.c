#include "tests/unit/support/decision_case.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "common/cluster/decode.h"

char case_at[1024];

static size_t run_file(const char *path, void (*run)(const json_t *test))
{
    json_error_t error;
    json_t *tests = json_load_file(path, JSON_REJECT_DUPLICATES, &error), *test;
    size_t i, count;

    ck_assert_msg(tests != NULL, "%s:%d: %s", path, error.line, error.text);
    json_array_foreach(tests, i, test)
    {
        snprintf(case_at, sizeof case_at, "%.400s: %.400s", path, json_string_value(json_object_get(test, "name")));
        run(test);
    }
    count = json_array_size(tests);
    json_decref(tests);
    return count;
}

size_t case_each(const char *folder, void (*run)(const json_t *test))
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    size_t count = 0;
    char path[512];

    ck_assert_msg(dir != NULL, "%s", folder);
    while ((entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%.100s%.400s", folder, entry->d_name);
        count += run_file(path, run);
    }
    closedir(dir);
    return count;
}

static bool is_among(const json_t *names, const struct pod *pod)
{
    char name[600];
    json_t *entry;
    size_t i;

    snprintf(name, sizeof name, "%s/%s", pod->namespace_, pod->name);
    json_array_foreach(names, i, entry) if (strcmp(json_string_value(entry), name) == 0) return true;
    return false;
}

struct cache *case_cache(const json_t *test, const json_t *without)
{
    struct error err = ERROR_INIT;
    struct cache *cache = cache_new("ours", &err);
    struct pod_update update;
    json_t *object;
    bool helps;
    size_t i;

    json_array_foreach(json_object_get(test, "nodes"), i, object)
    {
        struct node_spec *spec = node_decode(object, &err);

        ck_assert_msg(spec && cache_set_node(cache, spec, &helps, &err) == 0, "%s: %s", case_at, err.text);
    }
    json_array_foreach(json_object_get(test, "pods"), i, object)
    {
        struct pod *pod = pod_decode(object, "ours", &err);

        ck_assert_msg(pod != NULL, "%s: %s", case_at, err.text);
        if (is_among(without, pod))
            pod_free(pod);
        else
            ck_assert_msg(cache_set_pod(cache, pod, &update, &err) == 0, "%s: %s", case_at, err.text);
    }
    return cache;
}

static void set_required(const json_t *test, struct case_policy *out)
{
    json_t *name;
    size_t i;

    json_array_foreach(json_object_get(test, "require"), i, name)
    {
        char *equals;

        ck_assert_uint_lt(i, CASE_MAX_REQUIRED);
        snprintf(out->text[i], sizeof out->text[i], "%s", json_string_value(name));
        equals = strchr(out->text[i], '=');
        if (equals)
            *equals++ = '\0';
        out->required[i] = (struct required_label){out->text[i], equals};
    }
    out->policy.filters.required_labels = out->required;
    out->policy.filters.required_label_count = i;
}

void case_policy(const json_t *test, struct case_policy *out)
{
    const char *chosen = json_string_value(json_object_get(test, "policy"));
    struct scheduling_policy *policy = &out->policy;
    json_t *name;
    size_t i;

    *policy = (struct scheduling_policy){.seed = (uint64_t)json_integer_value(json_object_get(test, "seed"))};
    filter_config_init(&policy->filters);
    if (chosen && strncmp(chosen, "fixed=", 6) == 0) {
        policy->filters.fixed_node = chosen + 6;
        chosen = "fixed";
    }
    policy->policy = policy_by_name(chosen ? chosen : "least-loaded");
    ck_assert_msg(policy->policy != NULL, "%s: no policy %s", case_at, chosen);
    json_array_foreach(json_object_get(test, "no_filters"), i, name)
    {
        int id = filter_by_name(json_string_value(name));

        ck_assert_msg(id >= 0, "%s: no filter %s", case_at, json_string_value(name));
        policy->filters.enabled[id] = false;
    }
    set_required(test, out);
}

void take_picture(struct node *const *nodes, size_t count, struct cluster_picture *picture)
{
    memset(picture, 0, sizeof *picture);
    for (size_t i = 0; i < count; i++) {
        ck_assert_uint_lt(picture->nodes, PICTURE_MAX);
        picture->node[picture->nodes++] = *nodes[i];
        for (const struct cached_pod *on = nodes[i]->pods; on; on = on->next_on_node) {
            ck_assert_uint_lt(picture->pods, PICTURE_MAX);
            picture->pod[picture->pods++] = *on;
        }
    }
}

void check_untouched(struct node *const *nodes, size_t count, const struct cluster_picture *before)
{
    static struct cluster_picture now;

    take_picture(nodes, count, &now);
    ck_assert_msg(memcmp(&now, before, sizeof now) == 0, "%s: the cluster was changed", case_at);
}
