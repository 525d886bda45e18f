/*
 * requests.c: the sum of what a pod asks for. The rule is the same for every resource, so one pass keeps an account per
 * resource name.
 */
#include "common/cluster/requests.h"

#include <stdlib.h>
#include <string.h>

#include "common/cluster/resize.h"

struct account {
    const char *name;
    int64_t running;  /* containers and sidecars */
    int64_t sidecars; /* those started so far */
    int64_t init;     /* the most that an init container needs, sidecars before it included */
    int64_t pod_level, overhead;
    bool has_pod_level;
};

struct accounts {
    struct scratch *scratch;
    struct account *account;
    size_t count, capacity;
};

enum phase { CONTAINER, SIDECAR, INIT, POD_LEVEL, OVERHEAD };

static int add(int64_t *sum, int64_t amount, const char *path, const char *name, struct error *err)
{
    if (amount > INT64_MAX - *sum)
        return error_set(err, ERROR_RUNTIME, "%s: %s: quantity out of range", path, name);
    *sum += amount;
    return 0;
}

static struct account *account_of(struct accounts *accounts, const char *name, struct error *err)
{
    struct account *grown;

    for (size_t i = 0; i < accounts->count; i++)
        if (strcmp(accounts->account[i].name, name) == 0)
            return &accounts->account[i];
    if (accounts->count == accounts->capacity) {
        accounts->capacity = accounts->capacity ? 2 * accounts->capacity : 4;
        grown = scratch_alloc(accounts->scratch, accounts->capacity, sizeof *grown, err);
        if (!grown)
            return NULL;
        if (accounts->count)
            memcpy(grown, accounts->account, accounts->count * sizeof *grown);
        accounts->account = grown;
    }
    accounts->account[accounts->count].name = name;
    return &accounts->account[accounts->count++];
}

static int64_t scale_of(const char *name)
{
    return strcmp(name, "cpu") == 0 ? 1000 : 1;
}

static bool has_pod_level(const char *name)
{
    return strcmp(name, "cpu") == 0 || strcmp(name, "memory") == 0 || strncmp(name, "hugepages-", 10) == 0;
}

static int post(struct account *a, enum phase phase, int64_t amount, const char *path, struct error *err)
{
    int64_t beside;

    switch (phase) {
    case CONTAINER:
        return add(&a->running, amount, path, a->name, err);
    case SIDECAR:
        return add(&a->running, amount, path, a->name, err) < 0 ? -1 : add(&a->sidecars, amount, path, a->name, err);
    case INIT:
        beside = a->sidecars;
        if (add(&beside, amount, path, a->name, err) < 0)
            return -1;
        if (beside > a->init)
            a->init = beside;
        return 0;
    case POD_LEVEL:
        a->has_pod_level = has_pod_level(a->name);
        a->pod_level = amount;
        return 0;
    case OVERHEAD:
        a->overhead = amount;
    }
    return 0;
}

/* what one container asks for, as far as there are lists: of each resource the most that one of them names */
struct asked {
    const json_t *list[3];
    const char *path[3]; /* for messages */
    size_t count;
};

static int post_asked(struct accounts *accounts, const struct asked *asked, size_t from, const char *name, enum phase phase,
                      struct error *err)
{
    struct account *account;
    int64_t most = 0, amount;

    for (size_t i = from; i < asked->count; i++) {
        const json_t *value = json_object_get(asked->list[i], name);

        if (!value || json_is_null(value))
            continue;
        if (read_quantity(value, asked->path[i], name, scale_of(name), &amount, err) < 0)
            return -1;
        if (amount > most)
            most = amount;
    }
    account = account_of(accounts, name, err);
    return account ? post(account, phase, most, asked->path[from], err) : -1;
}

static bool is_before(const struct asked *asked, size_t end, const char *name)
{
    for (size_t i = 0; i < end; i++) {
        const json_t *value = json_object_get(asked->list[i], name);

        if (value && !json_is_null(value))
            return true;
    }
    return false;
}

static int post_most(struct accounts *accounts, const struct asked *asked, enum phase phase, struct error *err)
{
    const char *name;
    json_t *value;

    for (size_t i = 0; i < asked->count; i++)
        json_object_foreach((json_t *)asked->list[i], name, value)
        {
            if (!json_is_null(value) && !is_before(asked, i, name) && post_asked(accounts, asked, i, name, phase, err) < 0)
                return -1;
        }
    return 0;
}

static int post_list(struct accounts *accounts, const json_t *list, enum phase phase, const char *path, struct error *err)
{
    return post_most(accounts, &(struct asked){{list}, {path}, 1}, phase, err);
}

/* beside the spec: a container that is being resized holds the most of what it asks for, runs with and was given */
static int add_kubelet_view(const struct resize *resize, const char *container, struct asked *asked, struct error *err)
{
    const json_t *running, *allocated;
    bool known;

    if (resize_find(resize, container, &known, &running, &allocated, err) < 0)
        return -1;
    if (known && resize->infeasible)
        asked->count = 0;
    if (known) {
        asked->path[asked->count] = "status.containerStatuses.resources.requests";
        asked->list[asked->count++] = running;
        asked->path[asked->count] = "status.containerStatuses.allocatedResources";
        asked->list[asked->count++] = allocated;
    }
    return 0;
}

static int post_container(struct accounts *accounts, const json_t *container, bool init, const struct resize *resize, struct error *err)
{
    const char *resources_path = init ? "spec.initContainers.resources" : "spec.containers.resources";
    const char *path = init ? "spec.initContainers.resources.requests" : "spec.containers.resources.requests";
    const char *restart = "", *name = "";
    const json_t *resources = NULL, *list = NULL;
    enum phase phase = CONTAINER;
    struct asked asked;

    if (init && read_string(container, "spec.initContainers.restartPolicy", &restart, err) < 0)
        return -1;
    if (init)
        phase = strcmp(restart, "Always") == 0 ? SIDECAR : INIT;
    if (read_object(container, resources_path, &resources, err) < 0 || read_object(resources, path, &list, err) < 0)
        return -1;
    asked = (struct asked){{list}, {path}, 1};
    if (phase != INIT && (resize->statuses[0] || resize->statuses[1])) {
        if (read_string(container, init ? "spec.initContainers.name" : "spec.containers.name", &name, err) < 0 ||
            add_kubelet_view(resize, name, &asked, err) < 0)
            return -1;
    }
    return post_most(accounts, &asked, phase, err);
}

static int post_containers(struct accounts *accounts, const json_t *spec, bool init, const struct resize *resize, struct error *err)
{
    const char *path = init ? "spec.initContainers" : "spec.containers";
    const json_t *containers = NULL, *container;

    if (read_array(spec, path, &containers, err) < 0)
        return -1;
    for (size_t i = 0; i < json_array_size(containers); i++) {
        container = read_element(containers, i, path, err);
        if (!container || post_container(accounts, container, init, resize, err) < 0)
            return -1;
    }
    return 0;
}

static int post_pod(struct accounts *accounts, const json_t *spec, struct error *err)
{
    const json_t *resources = NULL, *list = NULL, *overhead = NULL;

    if (read_object(spec, "spec.resources", &resources, err) < 0 || read_object(resources, "spec.resources.requests", &list, err) < 0 ||
        post_list(accounts, list, POD_LEVEL, "spec.resources.requests", err) < 0)
        return -1;
    if (read_object(spec, "spec.overhead", &overhead, err) < 0)
        return -1;
    return post_list(accounts, overhead, OVERHEAD, "spec.overhead", err);
}

/* puts the amount where it belongs; `extended` has room, unless there is nothing to be put there */
static void put(struct resources *out, struct extended_resource *extended, const char *name, int64_t amount)
{
    if (strcmp(name, "cpu") == 0)
        out->cpu_milli = amount;
    else if (strcmp(name, "memory") == 0)
        out->memory_bytes = amount;
    else if (strcmp(name, "pods") == 0)
        out->pods = amount;
    else if (amount > 0 && extended)
        extended[out->extended_count++] = (struct extended_resource){name, amount, NULL};
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct extended_resource *)a)->name, ((const struct extended_resource *)b)->name);
}

/* one order whatever the JSON's was, so that equal lists compare equal */
static void finish(struct resources *out, struct extended_resource *extended)
{
    if (out->extended_count > 1)
        qsort(extended, out->extended_count, sizeof *extended, by_name);
    out->extended = extended;
}

static int total(const struct accounts *accounts, struct resources *requests, struct error *err)
{
    struct extended_resource *extended = NULL;

    if (accounts->count && !(extended = scratch_alloc(accounts->scratch, accounts->count, sizeof *extended, err)))
        return -1;
    for (size_t i = 0; i < accounts->count; i++) {
        const struct account *a = &accounts->account[i];
        int64_t amount = a->has_pod_level ? a->pod_level : a->running > a->init ? a->running : a->init;

        if (add(&amount, a->overhead, "spec.overhead", a->name, err) < 0)
            return -1;
        put(requests, extended, a->name, amount);
    }
    finish(requests, extended);
    return 0;
}

int read_requests(const json_t *spec, const json_t *status, struct scratch *scratch, struct resources *requests, struct error *err)
{
    struct accounts accounts = {.scratch = scratch};
    struct resources sum = {0};
    struct resize resize;

    if (resize_read(status, &resize, err) < 0 || post_containers(&accounts, spec, false, &resize, err) < 0 ||
        post_containers(&accounts, spec, true, &resize, err) < 0 || post_pod(&accounts, spec, err) < 0 || total(&accounts, &sum, err) < 0)
        return -1;
    sum.pods = 0;
    *requests = sum;
    return 0;
}

int read_resource_list(const json_t *list, const char *path, struct scratch *scratch, struct resources *out, struct error *err)
{
    struct extended_resource *extended = NULL;
    struct resources sum = {0};
    const char *name;
    json_t *value;
    int64_t amount;

    if (json_object_size(list) && !(extended = scratch_alloc(scratch, json_object_size(list), sizeof *extended, err)))
        return -1;
    json_object_foreach((json_t *)list, name, value)
    {
        if (json_is_null(value))
            continue;
        if (read_quantity(value, path, name, scale_of(name), &amount, err) < 0)
            return -1;
        put(&sum, extended, name, amount);
    }
    finish(&sum, extended);
    *out = sum;
    return 0;
}
