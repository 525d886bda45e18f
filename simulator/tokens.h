/*
 * tokens.h: bearer tokens and whose they are: from --token, and from a file as kube-apiserver's --token-auth-file that can be read again.
 */
#ifndef SIMULATOR_TOKENS_H
#define SIMULATOR_TOKENS_H

#include <stdbool.h>

#include "common/error.h"

struct tokens;

/* NULL on ERROR_NO_MEMORY. Free with tokens_free(). */
struct tokens *tokens_new(struct error *err);
void tokens_free(struct tokens *tokens); /* NULL allowed */

/* Adds TOKEN=USER[,GROUP…] (split at the last '=': tokens may hold that sign). ERROR_USAGE when there is no '=' or a side is empty; the token is not printed. */
int tokens_add(struct tokens *tokens, const char *token_and_user, struct error *err);

/*
 * Names the file (copied) and reads it: lines of token,user,uid[,"group,group"]; empty lines and lines that begin with # are left out.
 * ERROR_USAGE names the file and the line.
 */
int tokens_set_file(struct tokens *tokens, const char *path, struct error *err);

/* Reads the file again, if there is one. On failure the tokens are as before. */
int tokens_reload(struct tokens *tokens, struct error *err);

/* Whether there is any token at all; without one everybody is the administrator. */
bool tokens_required(const struct tokens *tokens);

/* The token for the kubeconfig: the first given on the command line, else the first of the file; NULL: none. Valid until the next reload. */
const char *tokens_first(const struct tokens *tokens);

/*
 * The user of an Authorization header, or NULL when it carries no token that is known. `header` may be NULL. *groups (may be NULL): his groups, separated by
 * commas. Valid until the next reload.
 */
const char *tokens_user(const struct tokens *tokens, const char *header, const char **groups);

#endif
