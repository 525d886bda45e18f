#include "common/kube/config_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef PATH_MAX
#define PATH_MAX 4096
#endif

static int read_all(int fd, const char *path, struct secret_buffer *out, struct error *err)
{
    for (;;) {
        struct error full = ERROR_INIT;
        char beyond;
        ssize_t got;

        if (secret_buffer_room(out, &full) < 0) {
            if (full.kind == ERROR_NO_MEMORY)
                return error_no_memory(err);
            /* a file of exactly the ceiling is fine: only a byte beyond it is too much */
            if (read(fd, &beyond, 1) == 0)
                return 0;
            return error_set(err, ERROR_USAGE, "%s: the file is larger than %zu bytes", path, out->max);
        }
        got = read(fd, out->data + out->bytes, secret_buffer_free_bytes(out));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(err, ERROR_USAGE, "cannot read %s: %s", path, strerror(errno));
        if (got == 0)
            return 0;
        secret_buffer_wrote(out, (size_t)got);
    }
}

int config_file_read(const char *path, struct secret_buffer *out, struct error *err)
{
    struct stat info;
    int ret = -1, fd;

    do
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return error_set(err, ERROR_USAGE, "cannot read %s: %s", path, strerror(errno));
    if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode))
        error_set(err, ERROR_USAGE, "%s is a folder, expected a file", path);
    else
        ret = read_all(fd, path, out, err);
    if (ret < 0)
        secret_buffer_free(out);
    close(fd);
    return ret;
}

bool config_file_is_missing(const char *path)
{
    struct stat info;

    return stat(path, &info) < 0 && errno == ENOENT;
}

/* folder + "/" + the first `bytes` bytes of rest */
static char *join(const char *folder, const char *rest, size_t bytes, struct error *err)
{
    size_t folder_bytes = strlen(folder);
    char *path = malloc(folder_bytes + bytes + 2);

    if (!path) {
        error_no_memory(err);
        return NULL;
    }
    memcpy(path, folder, folder_bytes);
    if (bytes && (!folder_bytes || folder[folder_bytes - 1] != '/'))
        path[folder_bytes++] = '/';
    memcpy(path + folder_bytes, rest, bytes);
    path[folder_bytes + bytes] = '\0';
    return path;
}

char *config_file_folder(const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    char here[PATH_MAX];

    if (path[0] == '/')
        return join("/", path + 1, slash > path ? (size_t)(slash - path - 1) : 0, err);
    if (!getcwd(here, sizeof here)) {
        error_set(err, ERROR_USAGE, "%s: cannot tell the current folder: %s", path, strerror(errno));
        return NULL;
    }
    return join(here, path, slash ? (size_t)(slash - path) : 0, err);
}

char *config_file_resolve(const char *folder, const char *path, struct error *err)
{
    if (path[0] == '/')
        return join("/", path + 1, strlen(path + 1), err);
    return join(folder, path, strlen(path), err);
}
