/*
 * kubeconfig_set.h: one or several kubeconfig files read as one. Nothing is merged: a name is looked up in the files in their
 * order and the first that has it wins, as client-go's merge comes out. An entry remembers its file, for paths and messages.
 */
#ifndef COMMON_KUBE_KUBECONFIG_SET_H
#define COMMON_KUBE_KUBECONFIG_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "common/buffer.h"
#include "common/error.h"
#include "common/kube/kubeconfig_yaml.h"

struct kubeconfig_file {
    char *path;   /* as it was given */
    char *folder; /* absolute: relative paths in the file start there */
    struct tree *tree;
};

struct kubeconfig_set {
    struct kubeconfig_file *files;
    size_t count;
};

struct kubeconfig_entry {
    const struct kubeconfig_file *file; /* borrowed from the set */
    const struct tree_node *item;       /* the list item, with its name */
    const struct tree_node *value;      /* the map under "cluster", "user" or "context"; NULL when it is empty */
};

/*
 * Reads a file and adds it behind the others. ERROR_USAGE with "FILE:LINE: ...": unreadable, no YAML, or not in the form of a
 * kubeconfig (kind, lists of named entries, no name twice). *set stays as it was on failure. An empty file is added too.
 */
int kubeconfig_set_add(struct kubeconfig_set *set, const char *path, struct error *err);

/* Whether any of the files says anything at all. */
bool kubeconfig_set_has_content(const struct kubeconfig_set *set);

/* The first current-context that is not empty, NULL without one. Borrowed from the set. */
const char *kubeconfig_set_current_context(const struct kubeconfig_set *set);

/* Finds an entry of `list` ("clusters", "users", "contexts") by name. Fills *entry. False: there is none. */
bool kubeconfig_set_find(const struct kubeconfig_set *set, const char *list, const char *name, struct kubeconfig_entry *entry);

/* Appends the names of a list, "a, b, c", the first ten at most. Leaves *out as it is when there are none. */
int kubeconfig_set_add_names(const struct kubeconfig_set *set, const char *list, struct buffer *out, struct error *err);

/* Overwrites and frees everything; *set is empty afterwards. */
void kubeconfig_set_free(struct kubeconfig_set *set);

#endif
