#include "tests/blackbox/support/yaml.h"

#include <stdlib.h>
#include <string.h>

#include "common/kube/kubeconfig_yaml.h"
#include "tests/blackbox/support/lab.h"

struct naming {
    const char *(*named)(void *ctx, const char *text);
    void *ctx;
};

static json_t *json_of_scalar(const struct tree_node *node, const struct naming *naming)
{
    char *end;
    long number = strtol(node->text, &end, 10);

    if (tree_is_null(node))
        return json_null();
    if (node->plain && (!strcmp(node->text, "true") || !strcmp(node->text, "false")))
        return json_boolean(node->text[0] == 't');
    if (node->plain && end > node->text && !*end)
        return json_integer(number);
    return json_string(naming->named ? naming->named(naming->ctx, node->text) : node->text);
}

static json_t *json_of_tree(const struct tree_node *node, const struct naming *naming)
{
    json_t *json;

    if (node->kind == TREE_SCALAR)
        return json_of_scalar(node, naming);
    json = node->kind == TREE_LIST ? json_array() : json_object();
    for (size_t i = 0; i < node->count; i++) {
        if (node->kind == TREE_LIST) {
            json_array_append_new(json, json_of_tree(node->items[i], naming));
            continue;
        }
        json_object_set_new(json, node->items[i]->text, json_of_tree(node->items[i + 1], naming));
        i++;
    }
    return json;
}

json_t *yaml_objects(const char *path, const char *(*named)(void *ctx, const char *text), void *ctx)
{
    const struct naming naming = {named, ctx};
    const char *text = process_text(path), *end;
    json_t *objects = json_array();

    REQUIRE(*text, "no file %s", path);
    for (; *text; text = end + strlen("\n---\n") * (*end != '\0')) {
        struct error err = ERROR_INIT;
        struct tree *tree;

        end = strstr(text, "\n---\n");
        end = end ? end : text + strlen(text);
        tree = tree_parse(path, text, (size_t)(end - text), &err);
        REQUIRE(tree && tree_root(tree), "%s: %s", path, err.text);
        json_array_append_new(objects, json_of_tree(tree_root(tree), &naming));
        tree_free(tree);
    }
    return objects;
}
