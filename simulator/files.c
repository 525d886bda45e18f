/*
 * files.c: see files.h.
 */
#include "simulator/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int file_read(const char *path, struct buffer *out, struct error *err)
{
    char block[16384];
    ssize_t got;
    int fd = open(path, O_RDONLY), ret = -1;

    if (fd < 0)
        return error_set(err, ERROR_USAGE, "%s: %s", path, strerror(errno));
    while ((got = read(fd, block, sizeof block)) > 0)
        if (buffer_add(out, block, (size_t)got, err) < 0) {
            if (err->kind != ERROR_NO_MEMORY)
                error_set(err, ERROR_USAGE, "%s: more than %zu bytes", path, out->max);
            goto cleanup;
        }
    if (got < 0) {
        error_set(err, ERROR_USAGE, "%s: %s", path, strerror(errno));
        goto cleanup;
    }
    ret = 0;
cleanup:
    close(fd);
    return ret;
}

static int write_all(int fd, const char *data, size_t bytes)
{
    while (bytes) {
        ssize_t done = write(fd, data, bytes);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -1;
        data += done;
        bytes -= (size_t)done;
    }
    return 0;
}

int file_write(const char *path, const char *data, size_t bytes, struct error *err)
{
    size_t room = strlen(path) + sizeof ".XXXXXX";
    char *beside = malloc(room);
    int fd, failed;

    if (!beside)
        return error_no_memory(err);
    snprintf(beside, room, "%s.XXXXXX", path);
    fd = mkstemp(beside);
    if (fd < 0) {
        free(beside);
        return error_set(err, ERROR_RUNTIME, "%s: %s", path, strerror(errno));
    }
    failed = write_all(fd, data, bytes) < 0;
    failed = close(fd) < 0 || failed;
    if (failed || rename(beside, path) < 0) {
        error_set(err, ERROR_RUNTIME, "%s: %s", path, strerror(errno));
        unlink(beside);
        free(beside);
        return -1;
    }
    free(beside);
    return 0;
}
