/*
 * requests.c: the sum of what a pod asks for. The rule is the same for every resource, so one pass keeps an account per
 * resource name.
 */
#include "common/cluster/requests.h"

#include <stdlib.h>
#include <string.h>

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

static int post_list(struct accounts *accounts, const json_t *list, enum phase phase, const char *path, struct error *err)
{
    struct account *account;
    const char *name;
    json_t *value;
    int64_t amount;

    json_object_foreach((json_t *)list, name, value)
    {
        if (json_is_null(value))
            continue;
        if (read_quantity(value, path, name, scale_of(name), &amount, err) < 0)
            return -1;
        account = account_of(accounts, name, err);
        if (!account || post(account, phase, amount, path, err) < 0)
            return -1;
    }
    return 0;
}

static int post_container(struct accounts *accounts, const json_t *container, bool init, struct error *err)
{
    const char *resources_path = init ? "spec.initContainers.resources" : "spec.containers.resources";
    const char *path = init ? "spec.initContainers.resources.requests" : "spec.containers.resources.requests";
    const json_t *resources = NULL, *list = NULL;
    const char *restart = "";

    if (init && read_string(container, "spec.initContainers.restartPolicy", &restart, err) < 0)
        return -1;
    if (read_object(container, resources_path, &resources, err) < 0 || read_object(resources, path, &list, err) < 0)
        return -1;
    return post_list(accounts, list, !init ? CONTAINER : strcmp(restart, "Always") == 0 ? SIDECAR : INIT, path, err);
}

static int post_containers(struct accounts *accounts, const json_t *spec, bool init, struct error *err)
{
    const char *path = init ? "spec.initContainers" : "spec.containers";
    const json_t *containers = NULL, *container;

    if (read_array(spec, path, &containers, err) < 0)
        return -1;
    for (size_t i = 0; i < json_array_size(containers); i++) {
        container = read_element(containers, i, path, err);
        if (!container || post_container(accounts, container, init, err) < 0)
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

/* puts the amount where it belongs; `extended` has room */
static void put(struct resources *out, struct extended_resource *extended, const char *name, int64_t amount)
{
    if (strcmp(name, "cpu") == 0)
        out->cpu_milli = amount;
    else if (strcmp(name, "memory") == 0)
        out->memory_bytes = amount;
    else if (strcmp(name, "pods") == 0)
        out->pods = amount;
    else if (amount > 0)
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

int read_requests(const json_t *spec, struct scratch *scratch, struct resources *requests, struct error *err)
{
    struct accounts accounts = {.scratch = scratch};
    struct resources sum = {0};

    if (post_containers(&accounts, spec, false, err) < 0 || post_containers(&accounts, spec, true, err) < 0 ||
        post_pod(&accounts, spec, err) < 0 || total(&accounts, &sum, err) < 0)
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
