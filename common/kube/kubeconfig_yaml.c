/*
 * kubeconfig_yaml.c: libyaml's events to a tree. Without recursion: the open collections stand on a stack of LIMIT_YAML_DEPTH.
 */
#include "common/kube/kubeconfig_yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "common/kube/secret.h"
#include "common/limits.h"

struct tree {
    struct tree_node **nodes; /* all of them, in the order of the text: they are freed from here */
    size_t count, capacity;
    struct tree_node *root;
};

struct builder {
    yaml_parser_t parser;
    const char *file;
    struct tree *tree;
    struct tree_node *open[LIMIT_YAML_DEPTH];
    size_t depth;
    struct tree_node *anchored[LIMIT_YAML_ANCHORS];
    size_t anchors;
    int documents;
    bool done;
};

static int fail_at(const struct builder *b, int line, const char *what, struct error *err)
{
    return error_set(err, ERROR_USAGE, "%s:%d: %s", b->file, line, what);
}

/* grows an array of node pointers for one more */
static int reserve(struct tree_node ***items, size_t count, size_t *capacity, struct error *err)
{
    size_t wanted = *capacity ? *capacity * 2 : 8;
    struct tree_node **grown;

    if (count < *capacity)
        return 0;
    grown = realloc(*items, wanted * sizeof(*grown));
    if (!grown)
        return error_no_memory(err);
    *items = grown;
    *capacity = wanted;
    return 0;
}

/* a new node, already owned by the tree */
static struct tree_node *new_node(struct builder *b, enum tree_kind kind, int line, struct error *err)
{
    struct tree *tree = b->tree;
    struct tree_node *node;

    if (tree->count >= LIMIT_YAML_NODES) {
        error_set(err, ERROR_USAGE, "%s:%d: more than %u values", b->file, line, LIMIT_YAML_NODES);
        return NULL;
    }
    if (reserve(&tree->nodes, tree->count, &tree->capacity, err) < 0)
        return NULL;
    node = calloc(1, sizeof(*node));
    if (!node) {
        error_no_memory(err);
        return NULL;
    }
    node->kind = kind;
    node->line = line;
    node->order = tree->count;
    tree->nodes[tree->count++] = node;
    return node;
}

/* hangs a node below the innermost open collection, or makes it the root */
static int attach(struct builder *b, struct tree_node *node, int line, struct error *err)
{
    struct tree_node *parent;

    if (!b->depth) {
        b->tree->root = node;
        return 0;
    }
    parent = b->open[b->depth - 1];
    if (parent->kind == TREE_MAP && parent->count % 2 == 0) {
        if (node->kind != TREE_SCALAR)
            return fail_at(b, line, "a key must be a word, not a list or a map", err);
        if (node->plain && !strcmp(node->text, "<<"))
            return fail_at(b, line, "merge keys (<<) are not supported", err);
    }
    if (reserve(&parent->items, parent->count, &parent->capacity, err) < 0)
        return -1;
    parent->items[parent->count++] = node;
    return 0;
}

static int set_anchor(struct builder *b, struct tree_node *node, const yaml_char_t *name, struct error *err)
{
    if (!name)
        return 0;
    if (b->anchors >= LIMIT_YAML_ANCHORS)
        return error_set(err, ERROR_USAGE, "%s:%d: more than %u anchors", b->file, node->line, LIMIT_YAML_ANCHORS);
    node->anchor = strdup((const char *)name);
    if (!node->anchor)
        return error_no_memory(err);
    b->anchored[b->anchors++] = node;
    return 0;
}

static int on_scalar(struct builder *b, yaml_event_t *event, int line, struct error *err)
{
    const char *value = (const char *)event->data.scalar.value;
    size_t bytes = event->data.scalar.length;
    struct tree_node *node;
    int ret = -1;

    node = memchr(value, '\0', bytes) ? NULL : new_node(b, TREE_SCALAR, line, err);
    if (!node) {
        if (memchr(value, '\0', bytes))
            fail_at(b, line, "a NUL character inside a text", err);
        goto cleanup;
    }
    node->plain = event->data.scalar.plain_implicit;
    node->text = strdup(value);
    if (!node->text) {
        error_no_memory(err);
        goto cleanup;
    }
    if (set_anchor(b, node, event->data.scalar.anchor, err) < 0)
        goto cleanup;
    ret = attach(b, node, line, err);
cleanup:
    secret_wipe(event->data.scalar.value, bytes);
    return ret;
}

static int on_alias(struct builder *b, const yaml_event_t *event, int line, struct error *err)
{
    const char *name = (const char *)event->data.alias.anchor;
    struct tree_node *node = NULL;
    size_t i;

    for (i = b->anchors; i > 0 && !node; i--)
        if (!strcmp(b->anchored[i - 1]->anchor, name))
            node = b->anchored[i - 1];
    if (!node)
        return error_set(err, ERROR_USAGE, "%s:%d: unknown alias \"%s\"", b->file, line, name);
    for (i = 0; i < b->depth; i++)
        if (b->open[i] == node)
            return error_set(err, ERROR_USAGE, "%s:%d: alias \"%s\" stands inside what it names", b->file, line, name);
    return attach(b, node, line, err);
}

static int on_open(struct builder *b, enum tree_kind kind, const yaml_char_t *anchor, int line, struct error *err)
{
    struct tree_node *node;

    if (b->depth >= LIMIT_YAML_DEPTH)
        return error_set(err, ERROR_USAGE, "%s:%d: nested deeper than %u levels", b->file, line, LIMIT_YAML_DEPTH);
    node = new_node(b, kind, line, err);
    if (!node || set_anchor(b, node, anchor, err) < 0 || attach(b, node, line, err) < 0)
        return -1;
    b->open[b->depth++] = node;
    return 0;
}

static int compare_scalars(const void *left, const void *right)
{
    const struct tree_node *a = *(const struct tree_node *const *)left, *b = *(const struct tree_node *const *)right;
    int order = strcmp(a->text, b->text);

    return order ? order : a->order < b->order ? -1 : a->order > b->order;
}

void tree_find_duplicate(const struct tree_node **scalars, size_t count, const struct tree_node **found)
{
    size_t i;

    *found = NULL;
    if (count > 1)
        qsort(scalars, count, sizeof(*scalars), compare_scalars);
    for (i = 1; i < count; i++)
        if (!strcmp(scalars[i - 1]->text, scalars[i]->text) && (!*found || scalars[i]->order < (*found)->order))
            *found = scalars[i];
}

static int on_map_end(struct builder *b, struct error *err)
{
    const struct tree_node *map = b->open[--b->depth], *twice;
    const struct tree_node **keys;
    size_t i;

    if (map->count < 4)
        return 0;
    keys = malloc(map->count / 2 * sizeof(*keys));
    if (!keys)
        return error_no_memory(err);
    for (i = 0; i < map->count / 2; i++)
        keys[i] = map->items[i * 2];
    tree_find_duplicate(keys, map->count / 2, &twice);
    free(keys);
    if (twice)
        return error_set(err, ERROR_USAGE, "%s:%d: duplicate key \"%s\"", b->file, twice->line, twice->text);
    return 0;
}

static int on_event(struct builder *b, yaml_event_t *event, struct error *err)
{
    int line = (int)event->start_mark.line + 1;

    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return on_scalar(b, event, line, err);
    case YAML_ALIAS_EVENT:
        return on_alias(b, event, line, err);
    case YAML_SEQUENCE_START_EVENT:
        return on_open(b, TREE_LIST, event->data.sequence_start.anchor, line, err);
    case YAML_MAPPING_START_EVENT:
        return on_open(b, TREE_MAP, event->data.mapping_start.anchor, line, err);
    case YAML_SEQUENCE_END_EVENT:
        b->depth--;
        return 0;
    case YAML_MAPPING_END_EVENT:
        return on_map_end(b, err);
    case YAML_DOCUMENT_START_EVENT:
        return b->documents++ ? fail_at(b, line, "a second YAML document, expected one", err) : 0;
    case YAML_STREAM_END_EVENT:
        b->done = true;
        return 0;
    default:
        return 0;
    }
}

/* libyaml's problem texts are fixed words, never a piece of the file */
static int fail_parser(const struct builder *b, struct error *err)
{
    const yaml_parser_t *p = &b->parser;
    const char *problem = p->problem ? p->problem : "unreadable";

    if (p->error == YAML_MEMORY_ERROR)
        return error_no_memory(err);
    if (p->error == YAML_READER_ERROR)
        return error_set(err, ERROR_USAGE, "%s: not YAML: %s at byte %zu", b->file, problem, p->problem_offset);
    return error_set(err, ERROR_USAGE, "%s:%d: not YAML: %s", b->file, (int)p->problem_mark.line + 1, problem);
}

static int build(struct builder *b, struct error *err)
{
    while (!b->done) {
        yaml_event_t event;
        int ret;

        if (!yaml_parser_parse(&b->parser, &event))
            return fail_parser(b, err);
        ret = on_event(b, &event, err);
        yaml_event_delete(&event);
        if (ret < 0)
            return -1;
    }
    return 0;
}

/* libyaml's working copies of the text hold tokens and keys too */
static void close_parser(yaml_parser_t *p)
{
    if (p->raw_buffer.start)
        secret_wipe(p->raw_buffer.start, (size_t)(p->raw_buffer.end - p->raw_buffer.start));
    if (p->buffer.start)
        secret_wipe(p->buffer.start, (size_t)(p->buffer.end - p->buffer.start));
    yaml_parser_delete(p);
}

struct tree *tree_parse(const char *file, const char *text, size_t bytes, struct error *err)
{
    struct builder *b = calloc(1, sizeof(*b));
    struct tree *tree = calloc(1, sizeof(*tree));

    if (!b || !tree || !yaml_parser_initialize(&b->parser)) {
        error_no_memory(err);
        free(b);
        free(tree);
        return NULL;
    }
    b->file = file;
    b->tree = tree;
    yaml_parser_set_input_string(&b->parser, (const unsigned char *)text, bytes);
    if (build(b, err) < 0) {
        tree_free(tree);
        tree = NULL;
    }
    close_parser(&b->parser);
    free(b);
    return tree;
}

const struct tree_node *tree_root(const struct tree *tree)
{
    return tree->root;
}

bool tree_is_null(const struct tree_node *node)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    size_t i;

    if (node->kind != TREE_SCALAR || !node->plain)
        return false;
    for (i = 0; i < sizeof nulls / sizeof *nulls; i++)
        if (!strcmp(node->text, nulls[i]))
            return true;
    return false;
}

const struct tree_node *tree_get(const struct tree_node *node, const char *key)
{
    size_t i;

    if (!node || node->kind != TREE_MAP)
        return NULL;
    for (i = 0; i + 1 < node->count; i += 2)
        if (!strcmp(node->items[i]->text, key))
            return tree_is_null(node->items[i + 1]) ? NULL : node->items[i + 1];
    return NULL;
}

void tree_free(struct tree *tree)
{
    size_t i;

    if (!tree)
        return;
    for (i = 0; i < tree->count; i++) {
        secret_free(tree->nodes[i]->text);
        free(tree->nodes[i]->anchor);
        free(tree->nodes[i]->items);
        free(tree->nodes[i]);
    }
    free(tree->nodes);
    free(tree);
}
