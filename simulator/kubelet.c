#include "simulator/kubelet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/delete.h"

#define STOP_MS 50 /* how long a container takes to end after SIGTERM */

static const char *node_of(const struct object *pod)
{
    return pod->field[0];
}

static bool pending(const struct object *pod)
{
    return *node_of(pod) && !pod->deleting && !strcmp(pod->field[1], "Pending");
}

/* 0 unless it is being deleted */
static int64_t grace_ms(const struct object *pod)
{
    struct span value;

    return pod->deleting && text_get(pod->metadata, "deletionGracePeriodSeconds", &value) ? strtoll(value.at, NULL, 10) * 1000 : 0;
}

/* a container that does not end is killed at the end of its grace period */
static int64_t stop_ms(const struct sim *sim, const struct object *pod)
{
    int64_t stop = sim->options.kubelet_stop_ms ? sim->options.kubelet_stop_ms : STOP_MS, grace = grace_ms(pod);

    return stop < grace ? stop : grace;
}

/* notes that memory was short: the change itself is done, so the next tick says it */
static void plan(struct sim *sim, int64_t in_ms, enum timer_kind kind, const struct object *pod)
{
    struct error err = ERROR_INIT;

    if (timer_add(sim, sim_now_us(sim) + in_ms * 1000, kind, pod, &err) < 0)
        sim->out_of_memory = true;
}

/* pods that were bound to a node before it existed */
static void adopt(struct sim *sim, const char *node)
{
    struct error err = ERROR_INIT;
    struct store_view view;
    struct object *pod;

    if (store_view_open(&view, &sim->store, SLOT_PODS, sim->store.rv, "", "", &err) < 0) {
        sim->out_of_memory = true;
        return;
    }
    while ((pod = store_view_next(&view)))
        if (pending(pod) && !strcmp(node_of(pod), node))
            plan(sim, sim->options.kubelet_start_ms, TIMER_POD_STARTS, pod);
    store_view_close(&view);
}

void kubelet_change(struct sim *sim, const struct change *change)
{
    const struct object *object = change->object, *prev = change->prev;

    if (sim->options.kubelet_start_ms < 0 || change->type == CHANGE_DELETED)
        return;
    if (object->resource->slot == SLOT_NODES && change->type == CHANGE_ADDED && sim->stranded)
        adopt(sim, object->name);
    if (object->resource->slot != SLOT_PODS || !*node_of(object))
        return;
    if (pending(object) && (!prev || !*node_of(prev)))
        plan(sim, sim->options.kubelet_start_ms, TIMER_POD_STARTS, object);
    if (object->deleting && !object->finalizers && (!prev || !prev->deleting || prev->finalizers || grace_ms(object) < grace_ms(prev)))
        plan(sim, stop_ms(sim, object), TIMER_POD_GONE, object);
}

/* an address in the pod network, the next one */
static void next_pod_ip(struct sim *sim, char out[16])
{
    uint32_t n = sim->pod_ip_serial++ % (254u * 256u);

    snprintf(out, 16, "10.244.%u.%u", n / 254, n % 254 + 1);
}

static void host_ip(struct sim *sim, const char *node, char out[48])
{
    struct object *object = store_get(&sim->store, SLOT_NODES, node);
    struct span addresses, element, type, address;
    struct text_walk walk;

    *out = '\0';
    if (!object || !text_path(text_span(object->text, object->text_bytes), "status.addresses", &addresses))
        return;
    walk = text_walk(addresses);
    while (text_next_element(&walk, &element))
        if (text_get(element, "type", &type) && text_is(type, "InternalIP") && text_get(element, "address", &address) && address.bytes < 48)
            snprintf(out, 48, "%.*s", (int)address.bytes - 2, address.at + 1);
}

static int add_condition(struct buffer *out, const char *type, const char *now, struct error *err)
{
    return buffer_printf(out, err, "{\"type\":\"%s\",\"status\":\"True\",\"lastProbeTime\":null,\"lastTransitionTime\":\"%s\"},", type,
                         now);
}

/* the kubelet's conditions, and all others as they were */
static int add_conditions(struct buffer *out, struct span text, const char *now, struct error *err)
{
    static const char *const types[] = {"PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady"};
    struct span conditions, element, type;
    struct text_walk walk;
    bool ours;

    if (buffer_add_string(out, ",\"conditions\":[", err) < 0)
        return -1;
    for (size_t i = 0; i < 4; i++)
        if (add_condition(out, types[i], now, err) < 0)
            return -1;
    if (text_path(text, "status.conditions", &conditions)) {
        walk = text_walk(conditions);
        while (text_next_element(&walk, &element)) {
            ours = false;
            for (size_t i = 0; i < 4 && text_get(element, "type", &type); i++)
                ours = ours || text_is(type, types[i]);
            if (!ours && (buffer_add(out, element.at, element.bytes, err) < 0 || buffer_add(out, ",", 1, err) < 0))
                return -1;
        }
    }
    out->bytes--;
    return buffer_add(out, "]", 1, err);
}

static int add_container_statuses(struct sim *sim, struct buffer *out, struct span text, const char *now, struct error *err)
{
    struct span containers, element, name, image;
    struct text_walk walk;
    bool first = true;

    if (!text_path(text, "spec.containers", &containers))
        return 0;
    if (buffer_add_string(out, ",\"containerStatuses\":[", err) < 0)
        return -1;
    walk = text_walk(containers);
    for (; text_next_element(&walk, &element); first = false) {
        if (!text_get(element, "name", &name) || !text_get(element, "image", &image))
            continue;
        if (buffer_printf(
                out, err,
                "%s{\"name\":%.*s,\"state\":{\"running\":{\"startedAt\":\"%s\"}},\"lastState\":{},\"ready\":true,\"restartCount\":0,"
                "\"image\":%.*s,\"imageID\":%.*s,\"containerID\":\"containerd://%016llx%016llx\",\"started\":true}",
                first ? "" : ",", (int)name.bytes, name.at, now, (int)image.bytes, image.at, (int)image.bytes, image.at,
                (unsigned long long)sim_random(sim), (unsigned long long)sim_random(sim)) < 0)
            return -1;
    }
    return buffer_add(out, "]", 1, err);
}

static int add_status(struct sim *sim, struct buffer *out, const struct object *pod, struct error *err)
{
    struct span text = text_span(pod->text, pod->text_bytes), qos, host_network;
    char now[32], host[48], ip[48];

    sim_now_text(sim, now);
    host_ip(sim, node_of(pod), host);
    if (text_path(text, "spec.hostNetwork", &host_network) && *host_network.at == 't')
        snprintf(ip, sizeof ip, "%s", host);
    else
        next_pod_ip(sim, ip);
    if (buffer_add_string(out, "{\"phase\":\"Running\"", err) < 0 || add_conditions(out, text, now, err) < 0 ||
        buffer_printf(out, err,
                      ",\"hostIP\":\"%s\",\"hostIPs\":[{\"ip\":\"%s\"}],\"podIP\":\"%s\",\"podIPs\":[{\"ip\":\"%s\"}],\"startTime\":\"%s\"",
                      host, host, ip, ip, now) < 0 ||
        add_container_statuses(sim, out, text, now, err) < 0)
        return -1;
    if (text_path(text, "status.qosClass", &qos) && buffer_printf(out, err, ",\"qosClass\":%.*s", (int)qos.bytes, qos.at) < 0)
        return -1;
    return buffer_add(out, "}", 1, err);
}

int kubelet_start(struct sim *sim, const struct object *pod, struct error *err)
{
    struct span text = text_span(pod->text, pod->text_bytes), rv = {0}, status = {0};
    struct buffer made, out;
    struct text_edit edits[2];
    char number[32];
    int ret = -1;

    buffer_init(&made, LIMIT_OBJECT_BYTES);
    buffer_init(&out, 2 * LIMIT_OBJECT_BYTES);
    text_path(text, "metadata.resourceVersion", &rv);
    text_get(text, "status", &status);
    snprintf(number, sizeof number, "\"%lld\"", (long long)sim->store.rv + 1);
    if (add_status(sim, &made, pod, err) < 0)
        goto cleanup;
    edits[0] = (struct text_edit){rv.at, rv.bytes, number, strlen(number)};
    edits[1] = (struct text_edit){status.at, status.bytes, made.data, made.bytes};
    if (text_add_edited(&out, text, edits, 2, err) == 0)
        ret = write_text(sim, pod->resource, text_span(out.data, out.bytes), err);
cleanup:
    buffer_free(&made);
    buffer_free(&out);
    return ret;
}

static int fire(struct sim *sim, const struct timer *timer, struct error *err)
{
    struct object *pod = store_get(&sim->store, SLOT_PODS, timer->key);

    if (!pod || strcmp(pod->uid, timer->uid) != 0)
        return 0;
    if (timer->kind == TIMER_POD_GONE)
        return pod->deleting && !pod->finalizers ? delete_now(sim, pod, err) : 0;
    if (!pending(pod))
        return 0;
    if (store_get(&sim->store, SLOT_NODES, node_of(pod)))
        return kubelet_start(sim, pod, err);
    sim->stranded = true;
    return 0;
}

int kubelet_tick(struct sim *sim, int64_t now_us, struct error *err)
{
    struct timer timer;
    int ret = 0;

    if (sim->out_of_memory) {
        sim->out_of_memory = false;
        return error_no_memory(err);
    }
    while (ret == 0 && timer_take(sim, now_us, &timer)) {
        ret = fire(sim, &timer, err);
        free(timer.key);
    }
    return ret;
}
