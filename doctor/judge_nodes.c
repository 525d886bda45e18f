/* judge_nodes.c: how many nodes, and in what state; and whether the image is on each. */
#include <stdio.h>
#include <string.h>

#include "doctor/judge_internal.h"

#define LAB_NODES 4      /* kind-multinode.yaml: a control plane and three workers */
#define IMAGES_LISTED 50 /* the kubelet's nodeStatusMaxImages */
#define CONTROL_PLANE "node-role.kubernetes.io/control-plane"

static const char *node_name(const json_t *node)
{
    return fact_text(node, "metadata.name");
}

static bool is_ready(const json_t *node, const char **message)
{
    const json_t *condition;
    size_t i;

    *message = "no condition Ready: no kubelet has reported";
    json_array_foreach(fact(node, "status.conditions"), i, condition)
    {
        if (strcmp(fact_text(condition, "type"), "Ready") != 0)
            continue;
        *message = fact_text(condition, "message");
        return !strcmp(fact_text(condition, "status"), "True");
    }
    return false;
}

static void judge_count(struct judging *j, const json_t *nodes)
{
    const size_t count = json_array_size(nodes);
    const json_t *node;
    size_t i, control = 0;

    json_array_foreach(nodes, i, node) control += json_object_get(fact(node, "metadata.labels"), CONTROL_PLANE) != NULL;
    if (count >= LAB_NODES) {
        report_ok(j->report, "nodes", "%zu: %zu control plane, %zu workers", count, control, count - control);
        return;
    }
    report_bad(j->report, count ? LEVEL_WARN : LEVEL_FAIL, "nodes", "%zu: the lab wants a control plane and three workers", count);
    if (on_simulator(j))
        report_mend(j->report, "bin/simulator --nodes %d --write-kubeconfig %s", LAB_NODES,
                    words_shell(fact_text(j->cluster, "config.origin")));
    else if (*j->kind_name)
        report_mend(j->report, "kind delete cluster --name %s && kind create cluster --name %s --config kind-multinode.yaml",
                    words_shell(j->kind_name), words_shell(j->kind_name));
    else
        report_mend(j->report, "kind create cluster --config kind-multinode.yaml");
}

static size_t judge_ready(struct judging *j, const json_t *nodes)
{
    const json_t *node;
    size_t i, bad = 0;

    json_array_foreach(nodes, i, node)
    {
        const char *message;

        if (is_ready(node, &message))
            continue;
        bad++;
        report_bad(j->report, LEVEL_FAIL, "node ready", "%s is not: %s", node_name(node), message);
        if (*j->kind_name)
            report_mend(j->report, "docker restart %s", node_name(node));
        else
            report_mend(j->report, "kubectl describe node %s", node_name(node));
    }
    return bad;
}

static void judge_cordons(struct judging *j, const json_t *nodes)
{
    struct word_list names = {.count = 0};
    char command[REPORT_LINE_BYTES] = "kubectl uncordon";
    const json_t *node;
    size_t i, used = strlen(command);

    json_array_foreach(nodes, i, node)
    {
        if (!fact_true(node, "spec.unschedulable"))
            continue;
        word_list_add(&names, node_name(node));
        if (used + strlen(node_name(node)) + 2 < sizeof command)
            used += (size_t)snprintf(command + used, sizeof command - used, " %s", node_name(node));
    }
    if (!names.count)
        return;
    report_bad(j->report, LEVEL_WARN, "cordoned", "%s: no new pod comes there", word_list_text(&names));
    report_mend(j->report, "%s", command);
}

/* those that somebody set: what Kubernetes sets by itself goes with its cause */
static bool is_own_taint(const json_t *taint)
{
    const char *key = fact_text(taint, "key");

    return strncmp(key, "node.kubernetes.io/", 19) != 0 && strcmp(key, CONTROL_PLANE) != 0 &&
           strcmp(key, "node-role.kubernetes.io/master") != 0 && strcmp(fact_text(taint, "effect"), "PreferNoSchedule") != 0;
}

static size_t judge_taints(struct judging *j, const json_t *nodes)
{
    const json_t *node, *taint;
    size_t i, k, found = 0;

    json_array_foreach(nodes, i, node) json_array_foreach(fact(node, "spec.taints"), k, taint)
    {
        const char *key = fact_text(taint, "key"), *value = fact_text(taint, "value"), *effect = fact_text(taint, "effect");

        if (!is_own_taint(taint))
            continue;
        found++;
        report_bad(j->report, LEVEL_WARN, "tainted", "%s has %s%s%s:%s: only pods that tolerate it come there", node_name(node), key,
                   *value ? "=" : "", value, effect);
        report_mend(j->report, "kubectl taint nodes %s %s:%s-", node_name(node), key, effect);
    }
    return found;
}

void judge_nodes(struct judging *j)
{
    const json_t *nodes = fact(j->cluster, "nodes.items");
    size_t before;

    if (!was_listed(j, "nodes", "nodes"))
        return;
    judge_count(j, nodes);
    before = j->report->count;
    judge_ready(j, nodes);
    judge_cordons(j, nodes);
    judge_taints(j, nodes);
    if (j->report->count == before && json_array_size(nodes))
        report_ok(j->report, "node ready", "all, none is cordoned or tainted but a control plane");
}

/* ---- images ---- */

enum presence { IMAGE_THERE, IMAGE_MISSING, IMAGE_UNKNOWN, NODE_SILENT };

static enum presence look_for(const json_t *node, const char *image)
{
    const json_t *images = fact(node, "status.images"), *entry, *name;
    char wanted[600], listed[600];
    size_t i, k;

    words_image(image, wanted, sizeof wanted);
    json_array_foreach(images, i, entry) json_array_foreach(json_object_get(entry, "names"), k, name)
    {
        words_image(json_is_string(name) ? json_string_value(name) : "", listed, sizeof listed);
        if (!strcmp(listed, wanted))
            return IMAGE_THERE;
    }
    if (!json_array_size(images))
        return NODE_SILENT;
    return json_array_size(images) >= IMAGES_LISTED ? IMAGE_UNKNOWN : IMAGE_MISSING;
}

/* `never`: a container that uses it may not pull it */
static void judge_image(struct judging *j, const char *image, bool never)
{
    const json_t *nodes = fact(j->cluster, "nodes.items"), *node;
    struct word_list missing = {.count = 0}, unknown = {.count = 0};
    size_t i, silent = 0;

    json_array_foreach(nodes, i, node)
    {
        const enum presence presence = look_for(node, image);

        silent += presence == NODE_SILENT;
        if (presence == IMAGE_MISSING)
            word_list_add(&missing, node_name(node));
        else if (presence == IMAGE_UNKNOWN)
            word_list_add(&unknown, node_name(node));
    }
    if (silent == json_array_size(nodes)) {
        report_skip(j->report, "image", "%s: the nodes list no images%s", image,
                    on_simulator(j) ? ": not needed on the simulator, nothing runs there" : ", so no kubelet runs there");
    } else if (missing.count) {
        const bool pulled = !never && !words_image_is_local(image);

        report_bad(j->report, pulled ? LEVEL_WARN : LEVEL_FAIL, "image", "%s is not on %s%s", image, word_list_text(&missing),
                   pulled ? ": it has to be pulled first" : ", unless it came in the last 10 s: a kubelet tells no sooner");
        mend_by_loading(j, image);
    } else if (unknown.count) {
        report_bad(j->report, LEVEL_WARN, "image", "%s is not listed on %s, which list only %d images: it may be there all the same", image,
                   word_list_text(&unknown), IMAGES_LISTED);
        mend_by_loading(j, image);
    } else {
        report_ok(j->report, "image", "%s is on every node%s", image, silent ? " that lists images" : "");
    }
}

static void judge_pull_policy(struct judging *j, const struct scheduler *scheduler)
{
    const bool always = !strcmp(scheduler->pull_policy, "Always") || (!*scheduler->pull_policy && words_image_is_latest(scheduler->image));

    if (!always || !words_image_is_local(scheduler->image) || scheduler->is_pod)
        return;
    report_bad(j->report, on_simulator(j) ? LEVEL_WARN : LEVEL_FAIL, "pull policy", "%s pulls %s always%s, which no registry has",
               name_of(scheduler->object), scheduler->image, *scheduler->pull_policy ? "" : " (its tag is latest)");
    report_mend(j->report,
                "kubectl -n %s patch deployment %s --type json -p "
                "'[{\"op\":\"add\",\"path\":\"/spec/template/spec/containers/%zu/imagePullPolicy\",\"value\":\"IfNotPresent\"}]'",
                scheduler->namespace_, scheduler->name, scheduler->container);
}

void judge_images(struct judging *j)
{
    bool asked = false;

    if (!fact_listed(fact(j->cluster, "nodes")) || !json_array_size(fact(j->cluster, "nodes.items")))
        return;
    for (size_t i = 0; i < j->schedulers.count; i++) {
        const struct scheduler *one = &j->schedulers.one[i];
        bool again = false;

        if (one->is_kube_scheduler)
            continue;
        judge_pull_policy(j, one);
        for (size_t k = 0; k < i; k++)
            again |= !j->schedulers.one[k].is_kube_scheduler && !strcmp(j->schedulers.one[k].image, one->image);
        if (again)
            continue;
        judge_image(j, one->image, !strcmp(one->pull_policy, "Never"));
        asked = true;
    }
    if (!asked || j->options->image_given)
        judge_image(j, j->options->image, false);
}
