#include "common/kube/kubeconfig_set.h"

#include <stdlib.h>
#include <string.h>

#include "common/kube/config_file.h"
#include "common/limits.h"

/* the lists of a kubeconfig, and the key that holds an entry's value */
static const struct {
    const char *list, *value;
} lists[] = {{"clusters", "cluster"}, {"users", "user"}, {"contexts", "context"}};

enum { LISTS = sizeof lists / sizeof *lists };

/* a key that, when it is there, must have this one value */
static int check_constant(const char *path, const struct tree_node *root, const char *key, const char *wanted, struct error *err)
{
    const struct tree_node *node = tree_get(root, key);

    if (!node || (node->kind == TREE_SCALAR && !strcmp(node->text, wanted)))
        return 0;
    return error_set(err, ERROR_USAGE, "%s:%d: %s: expected \"%s\", found \"%s\"", path, node->line, key, wanted,
                     node->kind == TREE_SCALAR ? node->text : "no word");
}

static int check_item(const char *path, const char *list, const char *value_key, const struct tree_node *item, struct error *err)
{
    const struct tree_node *name = tree_get(item, "name"), *value = tree_get(item, value_key);

    if (item->kind != TREE_MAP)
        return error_set(err, ERROR_USAGE, "%s:%d: %s: expected entries with name and %s", path, item->line, list, value_key);
    if (!name || name->kind != TREE_SCALAR || !*name->text)
        return error_set(err, ERROR_USAGE, "%s:%d: %s: an entry without a name", path, item->line, list);
    if (value && value->kind != TREE_MAP)
        return error_set(err, ERROR_USAGE, "%s:%d: %s: expected keys and values", path, value->line, value_key);
    return 0;
}

static int check_names_unique(const char *path, const char *list, const struct tree_node *entries, struct error *err)
{
    const struct tree_node **names, *twice;
    size_t i;

    if (entries->count < 2)
        return 0;
    names = malloc(entries->count * sizeof(*names));
    if (!names)
        return error_no_memory(err);
    for (i = 0; i < entries->count; i++)
        names[i] = tree_get(entries->items[i], "name");
    tree_find_duplicate(names, entries->count, &twice);
    free(names);
    if (twice)
        return error_set(err, ERROR_USAGE, "%s:%d: %s: duplicate name \"%s\"", path, twice->line, list, twice->text);
    return 0;
}

static int check_list(const char *path, const struct tree_node *root, const char *list, const char *value_key, struct error *err)
{
    const struct tree_node *entries = tree_get(root, list);
    size_t i;

    if (!entries)
        return 0;
    if (entries->kind != TREE_LIST)
        return error_set(err, ERROR_USAGE, "%s:%d: %s: expected a list", path, entries->line, list);
    for (i = 0; i < entries->count; i++)
        if (check_item(path, list, value_key, entries->items[i], err) < 0)
            return -1;
    return check_names_unique(path, list, entries, err);
}

static int check_form(const char *path, const struct tree_node *root, struct error *err)
{
    const struct tree_node *current;
    size_t i;

    if (!root || tree_is_null(root))
        return 0;
    if (root->kind != TREE_MAP)
        return error_set(err, ERROR_USAGE, "%s:%d: expected a kubeconfig (clusters, users, contexts), found %s", path, root->line,
                         root->kind == TREE_LIST ? "a list" : "plain text");
    if (check_constant(path, root, "apiVersion", "v1", err) < 0 || check_constant(path, root, "kind", "Config", err) < 0)
        return -1;
    current = tree_get(root, "current-context");
    if (current && current->kind != TREE_SCALAR)
        return error_set(err, ERROR_USAGE, "%s:%d: current-context: expected a name", path, current->line);
    for (i = 0; i < LISTS; i++)
        if (check_list(path, root, lists[i].list, lists[i].value, err) < 0)
            return -1;
    return 0;
}

/* NUL bytes mark a binary file; UTF-16, which YAML allows, begins with its mark */
static bool looks_binary(const struct secret_buffer *text)
{
    const unsigned char *data = (const unsigned char *)text->data;

    if (text->bytes >= 2 && ((data[0] == 0xff && data[1] == 0xfe) || (data[0] == 0xfe && data[1] == 0xff)))
        return false;
    return text->bytes && memchr(text->data, '\0', text->bytes);
}

static int read_file(const char *path, struct tree **tree, struct error *err)
{
    struct secret_buffer text;

    secret_buffer_init(&text, LIMIT_CONFIG_FILE_BYTES);
    if (config_file_read(path, &text, err) < 0)
        return -1;
    *tree = NULL;
    if (looks_binary(&text))
        error_set(err, ERROR_USAGE, "%s: a binary file, expected a kubeconfig", path);
    else
        *tree = tree_parse(path, text.data, text.bytes, err);
    secret_buffer_free(&text);
    return *tree ? 0 : -1;
}

static void free_file(struct kubeconfig_file *file)
{
    free(file->path);
    free(file->folder);
    tree_free(file->tree);
}

int kubeconfig_set_add(struct kubeconfig_set *set, const char *path, struct error *err)
{
    struct kubeconfig_file file = {0}, *files;

    if (read_file(path, &file.tree, err) < 0 || check_form(path, tree_root(file.tree), err) < 0)
        goto fail;
    file.folder = config_file_folder(path, err);
    if (!file.folder)
        goto fail;
    file.path = strdup(path);
    files = file.path ? realloc(set->files, (set->count + 1) * sizeof(*files)) : NULL;
    if (!files) {
        error_no_memory(err);
        goto fail;
    }
    set->files = files;
    set->files[set->count++] = file;
    return 0;
fail:
    free_file(&file);
    return -1;
}

bool kubeconfig_set_has_content(const struct kubeconfig_set *set)
{
    size_t i;

    for (i = 0; i < set->count; i++)
        if (tree_root(set->files[i].tree) && tree_root(set->files[i].tree)->count)
            return true;
    return false;
}

const char *kubeconfig_set_current_context(const struct kubeconfig_set *set)
{
    size_t i;

    for (i = 0; i < set->count; i++) {
        const struct tree_node *current = tree_get(tree_root(set->files[i].tree), "current-context");

        if (current && *current->text)
            return current->text;
    }
    return NULL;
}

static const char *value_key_of(const char *list)
{
    size_t i;

    for (i = 0; i < LISTS; i++)
        if (!strcmp(lists[i].list, list))
            return lists[i].value;
    return "";
}

bool kubeconfig_set_find(const struct kubeconfig_set *set, const char *list, const char *name, struct kubeconfig_entry *entry)
{
    size_t i, k;

    for (i = 0; i < set->count; i++) {
        const struct tree_node *entries = tree_get(tree_root(set->files[i].tree), list);

        for (k = 0; entries && k < entries->count; k++) {
            const struct tree_node *item = entries->items[k];

            if (strcmp(tree_get(item, "name")->text, name))
                continue;
            *entry = (struct kubeconfig_entry){&set->files[i], item, tree_get(item, value_key_of(list))};
            return true;
        }
    }
    return false;
}

int kubeconfig_set_add_names(const struct kubeconfig_set *set, const char *list, struct buffer *out, struct error *err)
{
    size_t i, k, written = 0;

    for (i = 0; i < set->count; i++) {
        const struct tree_node *entries = tree_get(tree_root(set->files[i].tree), list);

        for (k = 0; entries && k < entries->count; k++) {
            if (written == 10)
                return buffer_add_string(out, ", ...", err);
            if (buffer_printf(out, err, "%s%.64s", written++ ? ", " : "", tree_get(entries->items[k], "name")->text) < 0)
                return -1;
        }
    }
    return 0;
}

void kubeconfig_set_free(struct kubeconfig_set *set)
{
    size_t i;

    for (i = 0; i < set->count; i++)
        free_file(&set->files[i]);
    free(set->files);
    *set = (struct kubeconfig_set){0};
}
