/*
 * kubeconfig_yaml.h: a YAML (or JSON) text as a small tree. libyaml's events are turned into nodes under a ceiling of depth and
 * number; aliases share their node, so that no text can unfold into more than it says.
 */
#ifndef COMMON_KUBE_KUBECONFIG_YAML_H
#define COMMON_KUBE_KUBECONFIG_YAML_H

#include <stdbool.h>
#include <stddef.h>

#include "common/error.h"

enum tree_kind { TREE_SCALAR, TREE_LIST, TREE_MAP };

struct tree_node {
    enum tree_kind kind;
    int line;                 /* where it begins, from 1 */
    size_t order;             /* its place in the text among all nodes */
    bool plain;               /* a scalar without quotes or tag: true and null mean what they say */
    char *text;               /* of a scalar; never holds a NUL inside */
    char *anchor;             /* NULL without one */
    struct tree_node **items; /* of a list; of a map: key, value, key, value. Keys are scalars, none twice */
    size_t count, capacity;
};

struct tree;

/*
 * Parses the one document of `text`. `file` names it in messages, borrowed during the call. An empty text gives a tree without a
 * root. Returns NULL on failure: ERROR_USAGE "FILE:LINE: ..." for what is no YAML, a duplicate key, a second document, a merge key,
 * an unknown alias, LIMIT_YAML_DEPTH or LIMIT_YAML_NODES passed; ERROR_NO_MEMORY. Free with tree_free().
 */
struct tree *tree_parse(const char *file, const char *text, size_t bytes, struct error *err);

/* The top node, NULL of an empty document. Nodes live as long as the tree. */
const struct tree_node *tree_root(const struct tree *tree);

/* The value of a key, NULL when `node` is NULL, no map, has no such key, or the value is null. */
const struct tree_node *tree_get(const struct tree_node *node, const char *key);

/* Whether it is YAML's null: nothing at all, ~ or null, without quotes. */
bool tree_is_null(const struct tree_node *node);

/*
 * Finds the first of `count` scalars whose text was there before, into *found (NULL: none). Sorts `scalars`.
 */
void tree_find_duplicate(const struct tree_node **scalars, size_t count, const struct tree_node **found);

/* Overwrites every text and frees the tree. NULL is allowed. */
void tree_free(struct tree *tree);

#endif
