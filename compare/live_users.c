/*
 * live_users.c: a token for each contestant, so that our simulator can tell who asked, whatever a scheduler says of itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/limits.h"
#include "compare/live.h"
#include "compare/secret.h"

#define VIEW "compare"
#define TOKEN_BYTES 33

static int write_private(const char *path, const char *text, size_t bytes, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t written = fd < 0 ? -1 : write(fd, text, bytes);

    if (written != (ssize_t)bytes)
        error_set(err, ERROR_RUNTIME, "%s: %s", path, written < 0 ? strerror(errno) : "written in part");
    if (fd >= 0)
        close(fd);
    return written == (ssize_t)bytes ? 0 : -1;
}

static int add_user(struct buffer *lines, const char *name, struct error *err)
{
    char token[TOKEN_BYTES];

    if (secret_make(token, sizeof token, err) < 0)
        return -1;
    return buffer_printf(lines, err, "%s,%s,%s\n", token, name, name);
}

int live_users_write(const char *path, const struct compare_options *options, struct error *err)
{
    struct buffer lines;
    size_t i;
    int ret = -1;

    buffer_init(&lines, LIMIT_CONFIG_FILE_BYTES);
    if (add_user(&lines, VIEW, err) < 0)
        goto cleanup;
    for (i = 0; i < options->entry_count; i++)
        if (add_user(&lines, options->entries[i].name, err) < 0)
            goto cleanup;
    ret = write_private(path, lines.data, lines.bytes, err);
cleanup:
    buffer_free(&lines);
    return ret;
}

static int read_all(const char *path, struct buffer *text, struct error *err)
{
    FILE *file = fopen(path, "r");
    char part[4096];
    size_t bytes;
    int ret = 0;

    if (!file)
        return error_set(err, ERROR_RUNTIME, "%s: %s", path, strerror(errno));
    while (ret == 0 && (bytes = fread(part, 1, sizeof part, file)) > 0)
        ret = buffer_add(text, part, bytes, err);
    fclose(file);
    return ret;
}

/* the token of a user, from the text of the file */
static bool find_token(const char *lines, const char *name, char *token)
{
    char wanted[128];
    const char *at;

    snprintf(wanted, sizeof wanted, ",%s,", name);
    at = strstr(lines, wanted);
    if (!at || at - lines < TOKEN_BYTES - 1)
        return false;
    memcpy(token, at - (TOKEN_BYTES - 1), TOKEN_BYTES - 1);
    token[TOKEN_BYTES - 1] = '\0';
    return true;
}

int live_users_kubeconfig(const char *tokens_path, const char *kubeconfig, const char *name, const char *path, struct error *err)
{
    char ours[TOKEN_BYTES], theirs[TOKEN_BYTES], *at;
    struct buffer lines, config;
    int ret = -1;

    buffer_init(&lines, LIMIT_CONFIG_FILE_BYTES);
    buffer_init(&config, LIMIT_CONFIG_FILE_BYTES);
    if (read_all(tokens_path, &lines, err) < 0 || read_all(kubeconfig, &config, err) < 0)
        goto cleanup;
    if (!lines.bytes || !config.bytes || !find_token(lines.data, VIEW, ours) || !find_token(lines.data, name, theirs) ||
        !(at = strstr(config.data, ours))) {
        error_set(err, ERROR_RUNTIME, "%s: the simulator's kubeconfig has not the token that it was given", kubeconfig);
        goto cleanup;
    }
    memcpy(at, theirs, TOKEN_BYTES - 1);
    ret = write_private(path, config.data, config.bytes, err);
cleanup:
    buffer_free(&lines);
    buffer_free(&config);
    return ret;
}
