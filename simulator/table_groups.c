/*
 * table_groups.c: the columns and cells of Deployments, ReplicaSets and bindings (pkg/printers/internalversion/printers.go of Kubernetes 1.34).
 */
#include <stdio.h>
#include <string.h>

#include "common/limits.h"
#include "simulator/label_selector.h"
#include "simulator/table_cells.h"

#define TEMPLATE_COLUMNS                                                                                                                   \
    {"Containers", "string", "", "Names of the containers in the template.", 1},                                                           \
        {"Images", "string", "", "Images of the containers in the template.", 1},                                                          \
    {                                                                                                                                      \
        "Selector", "string", "", "Which pods are its own.", 1                                                                             \
    }

static const struct table_column deployment_columns[] = {
    TABLE_NAME,
    {"Ready", "string", "", "Ready pods out of those wanted.", 0},
    {"Up-to-date", "string", "", "Pods of the template as it is now.", 0},
    {"Available", "string", "", "Pods ready for long enough.", 0},
    TABLE_AGE,
    TEMPLATE_COLUMNS,
};

static const struct table_column replica_set_columns[] = {
    TABLE_NAME,
    {"Desired", "integer", "", "Pods wanted.", 0},
    {"Current", "integer", "", "Pods there are.", 0},
    {"Ready", "integer", "", "Pods that are ready.", 0},
    TABLE_AGE,
    TEMPLATE_COLUMNS,
};

static const struct table_column binding_columns[] = {
    TABLE_NAME,
    {"Role", "string", "", "The role that is given.", 0},
    TABLE_AGE,
    {"Users", "string", "", "Users who get it.", 1},
    {"Groups", "string", "", "Groups that get it.", 1},
    {"ServiceAccounts", "string", "", "Service accounts that get it.", 1},
};

static int64_t integer_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void cell_name(struct table_row *row, const json_t *object)
{
    table_cell(row, table_text(json_object_get(object, "metadata"), "name"));
}

static void cell_age(struct table_row *row, const json_t *object)
{
    table_cell_age(row, json_string_value(json_object_get(json_object_get(object, "metadata"), "creationTimestamp")));
}

/* members of the elements of a list, joined by commas */
static void cell_joined(struct table_row *row, const json_t *list, const char *key)
{
    struct buffer text;
    const json_t *element;
    size_t i;

    buffer_init(&text, LIMIT_OBJECT_BYTES);
    json_array_foreach(list, i, element)
    {
        if (!row->failed && buffer_printf(&text, row->err, "%s%s", i ? "," : "", table_text(element, key)) < 0)
            row->failed = true;
    }
    table_cell(row, text.bytes ? text.data : "");
    buffer_free(&text);
}

static void cells_of_template(struct table_row *row, const json_t *spec)
{
    const json_t *pod = json_object_get(json_object_get(spec, "template"), "spec"), *containers = json_object_get(pod, "containers");
    struct buffer text;

    cell_joined(row, containers, "name");
    cell_joined(row, containers, "image");
    buffer_init(&text, LIMIT_OBJECT_BYTES);
    if (!row->failed && label_selector_format(json_object_get(spec, "selector"), &text, row->err) < 0)
        row->failed = true;
    table_cell(row, text.bytes ? text.data : "<none>");
    buffer_free(&text);
}

static void cell_number_text(struct table_row *row, int64_t number)
{
    char text[24];

    snprintf(text, sizeof text, "%lld", (long long)number);
    table_cell(row, text);
}

static void deployment_cells(struct table_row *row, const json_t *deployment)
{
    const json_t *spec = json_object_get(deployment, "spec"), *status = json_object_get(deployment, "status");
    char ready[48];

    snprintf(ready, sizeof ready, "%lld/%lld", (long long)integer_of(status, "readyReplicas"), (long long)integer_of(spec, "replicas"));
    cell_name(row, deployment);
    table_cell(row, ready);
    cell_number_text(row, integer_of(status, "updatedReplicas"));
    cell_number_text(row, integer_of(status, "availableReplicas"));
    cell_age(row, deployment);
    cells_of_template(row, spec);
}

static void replica_set_cells(struct table_row *row, const json_t *set)
{
    const json_t *spec = json_object_get(set, "spec"), *status = json_object_get(set, "status");

    cell_name(row, set);
    table_cell_integer(row, integer_of(spec, "replicas"));
    table_cell_integer(row, integer_of(status, "replicas"));
    table_cell_integer(row, integer_of(status, "readyReplicas"));
    cell_age(row, set);
    cells_of_template(row, spec);
}

static void cell_subjects(struct table_row *row, const json_t *subjects, const char *kind)
{
    const json_t *subject;
    struct buffer text;
    size_t i;

    buffer_init(&text, LIMIT_OBJECT_BYTES);
    json_array_foreach(subjects, i, subject)
    {
        const char *namespace_ = strcmp(kind, "ServiceAccount") ? "" : table_text(subject, "namespace");

        if (row->failed || strcmp(table_text(subject, "kind"), kind) != 0)
            continue;
        if (buffer_printf(&text, row->err, "%s%s%s%s", text.bytes ? ", " : "", namespace_, strcmp(kind, "ServiceAccount") ? "" : "/",
                          table_text(subject, "name")) < 0)
            row->failed = true;
    }
    table_cell(row, text.bytes ? text.data : "");
    buffer_free(&text);
}

static void binding_cells(struct table_row *row, const json_t *binding)
{
    const json_t *role = json_object_get(binding, "roleRef"), *subjects = json_object_get(binding, "subjects");
    char text[400];

    snprintf(text, sizeof text, "%s/%s", table_text(role, "kind"), table_text(role, "name"));
    cell_name(row, binding);
    table_cell(row, text);
    cell_age(row, binding);
    cell_subjects(row, subjects, "User");
    cell_subjects(row, subjects, "Group");
    cell_subjects(row, subjects, "ServiceAccount");
}

static const struct table_kind kinds[] = {
    TABLE_KIND("deployments.apps", deployment_columns, deployment_cells),
    TABLE_KIND("replicasets.apps", replica_set_columns, replica_set_cells),
    TABLE_KIND("rolebindings.rbac.authorization.k8s.io", binding_columns, binding_cells),
    TABLE_KIND("clusterrolebindings.rbac.authorization.k8s.io", binding_columns, binding_cells),
};

const struct table_kind *table_kind_of_group(const char *resource)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].resource, resource) == 0)
            return &kinds[i];
    return NULL;
}
