/*
 * tokens.c: two lists, one from the command line and one from the file, so that reading the file again replaces just its own.
 */
#include "simulator/tokens.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/limits.h"

struct token {
    struct token *next;
    char *token, *user, *groups;
};

struct tokens {
    struct token *given, *from_file;
    char *path;
};

struct tokens *tokens_new(struct error *err)
{
    struct tokens *tokens = calloc(1, sizeof *tokens);

    if (!tokens)
        error_no_memory(err);
    return tokens;
}

static void free_list(struct token *list)
{
    while (list) {
        struct token *next = list->next;

        free(list->token);
        free(list->user);
        free(list->groups);
        free(list);
        list = next;
    }
}

void tokens_free(struct tokens *tokens)
{
    if (!tokens)
        return;
    free_list(tokens->given);
    free_list(tokens->from_file);
    free(tokens->path);
    free(tokens);
}

static int push(struct token **list, const char *token, size_t token_bytes, const char *user, size_t user_bytes, const char *groups,
                struct error *err)
{
    struct token *made = calloc(1, sizeof *made);

    if (made) {
        made->token = strndup(token, token_bytes);
        made->user = strndup(user, user_bytes);
        made->groups = strdup(groups);
    }
    if (!made || !made->token || !made->user || !made->groups) {
        free_list(made);
        return error_no_memory(err);
    }
    made->next = *list;
    *list = made;
    return 0;
}

int tokens_add(struct tokens *tokens, const char *token_and_user, struct error *err)
{
    const char *split = strrchr(token_and_user, '=');
    size_t user_bytes = split ? strcspn(split + 1, ",") : 0;

    if (!split || split == token_and_user || !user_bytes)
        return error_set(err, ERROR_USAGE, "--token: expected TOKEN=USER[,GROUP...]");
    return push(&tokens->given, token_and_user, (size_t)(split - token_and_user), split + 1, user_bytes,
                split[1 + user_bytes] ? split + 2 + user_bytes : "", err);
}

/* the field at *at up to the next comma, quotes taken off; *at then stands behind the comma */
static void next_field(char **at, char **field)
{
    char *end;

    if (**at == '"') {
        *field = ++*at;
        end = *at + strcspn(*at, "\"");
        *at = end + strcspn(end, ",");
    } else {
        *field = *at;
        end = *at += strcspn(*at, ",");
    }
    if (**at)
        ++*at;
    *end = '\0';
}

static int read_line(struct token **list, char *line, struct error *err)
{
    char *at = line, *token, *user, *uid, *groups;

    line[strcspn(line, "\r\n")] = '\0';
    if (!*line || *line == '#')
        return 0;
    next_field(&at, &token);
    next_field(&at, &user);
    next_field(&at, &uid);
    next_field(&at, &groups);
    if (!*token || !*user || !*uid)
        return error_set(err, ERROR_USAGE, "expected token,user,uid[,\"groups\"]");
    return push(list, token, strlen(token), user, strlen(user), groups, err);
}

static int read_file(const char *path, struct token **list, struct error *err)
{
    FILE *file = fopen(path, "r");
    char *line = NULL;
    size_t capacity = 0, number = 0;
    int ret = -1;

    if (!file)
        return error_set(err, ERROR_USAGE, "%s: %s", path, strerror(errno));
    while (getline(&line, &capacity, file) >= 0) {
        number++;
        if (read_line(list, line, err) < 0) {
            error_prefix(err, "%s: line %zu", path, number);
            goto cleanup;
        }
    }
    if (ferror(file)) {
        error_set(err, ERROR_USAGE, "%s: %s", path, strerror(errno));
        goto cleanup;
    }
    ret = 0;
cleanup:
    free(line);
    fclose(file);
    return ret;
}

int tokens_set_file(struct tokens *tokens, const char *path, struct error *err)
{
    char *copy = strdup(path);

    if (!copy)
        return error_no_memory(err);
    free(tokens->path);
    tokens->path = copy;
    return tokens_reload(tokens, err);
}

int tokens_reload(struct tokens *tokens, struct error *err)
{
    struct token *list = NULL;

    if (!tokens->path)
        return 0;
    if (read_file(tokens->path, &list, err) < 0) {
        free_list(list);
        return -1;
    }
    free_list(tokens->from_file);
    tokens->from_file = list;
    return 0;
}

bool tokens_required(const struct tokens *tokens)
{
    return tokens->given || tokens->path;
}

/* lists grow at the front: the first that came is the last */
const char *tokens_first(const struct tokens *tokens)
{
    const struct token *token = tokens->given ? tokens->given : tokens->from_file;

    while (token && token->next)
        token = token->next;
    return token ? token->token : NULL;
}

static const struct token *find(const struct token *list, const char *token)
{
    while (list && strcmp(list->token, token) != 0)
        list = list->next;
    return list;
}

const char *tokens_user(const struct tokens *tokens, const char *header, const char **groups)
{
    const struct token *found;

    if (!header || strncasecmp(header, "Bearer ", 7) != 0)
        return NULL;
    for (header += 7; *header == ' ';)
        header++;
    found = find(tokens->given, header);
    if (!found)
        found = find(tokens->from_file, header);
    if (found && groups)
        *groups = found->groups;
    return found ? found->user : NULL;
}
