#include "grade/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH 32
#define REMOVE_DEPTH 256
#define BLOCK_BYTES 512 /* the unit of st_blocks */

static int open_folder(int at, const char *name)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* takes fd; NULL when there is none, or it is no folder */
static DIR *entries_of(int fd)
{
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;

    if (!folder && fd >= 0)
        close(fd);
    return folder;
}

/* the next name but . and ..; NULL at the end */
static const char *next_name(DIR *folder)
{
    struct dirent *entry;

    while (folder && (entry = readdir(folder)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            return entry->d_name;
    return NULL;
}

static void measure(int fd, int depth, struct folder_size *size, int64_t bytes_max, int entries_max)
{
    DIR *folder = entries_of(fd);
    struct stat status;
    const char *name;

    while (size->bytes <= bytes_max && size->entries <= entries_max && (name = next_name(folder)) != NULL) {
        size->entries++;
        if (fstatat(dirfd(folder), name, &status, AT_SYMLINK_NOFOLLOW) < 0)
            continue;
        size->bytes += (int64_t)status.st_blocks * BLOCK_BYTES;
        if (S_ISDIR(status.st_mode) && depth < REMOVE_DEPTH)
            measure(open_folder(dirfd(folder), name), depth + 1, size, bytes_max, entries_max);
    }
    if (folder)
        closedir(folder);
}

struct folder_size folder_measure(const char *path, int64_t bytes_max, int entries_max)
{
    struct folder_size size = {0, 0};

    measure(open_folder(AT_FDCWD, path), 0, &size, bytes_max, entries_max);
    return size;
}

/* the first failure is kept */
static int remove_below(int at, const char *name, int depth)
{
    struct stat status;
    const char *below;
    DIR *folder;
    int ret = 0;

    if (fstatat(at, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : errno;
    if (!S_ISDIR(status.st_mode))
        return unlinkat(at, name, 0) < 0 ? errno : 0;
    if ((status.st_mode & 0700) != 0700)
        fchmodat(at, name, 0700, 0);
    folder = depth < REMOVE_DEPTH ? entries_of(open_folder(at, name)) : NULL;
    while ((below = next_name(folder)) != NULL) {
        int failed = remove_below(dirfd(folder), below, depth + 1);

        ret = ret ? ret : failed;
    }
    if (folder)
        closedir(folder);
    if (unlinkat(at, name, AT_REMOVEDIR) < 0 && !ret)
        ret = errno;
    return ret;
}

int folder_remove(const char *path, struct error *err)
{
    int failed = remove_below(AT_FDCWD, path, 0);

    return failed ? error_set(err, ERROR_RUNTIME, "%s: cannot be removed: %s", path, strerror(failed)) : 0;
}

struct copy {
    int64_t bytes_left;
    int entries_left;
    struct error *err;
};

static int copy_bytes(struct copy *copy, int from, int to, const char *name)
{
    char block[65536];
    ssize_t got;

    while ((got = read(from, block, sizeof block)) > 0) {
        copy->bytes_left -= got;
        if (copy->bytes_left < 0)
            return error_set(copy->err, ERROR_RUNTIME, "%s: too much to copy", name);
        if (write(to, block, (size_t)got) != got)
            return error_set(copy->err, ERROR_RUNTIME, "%s: cannot be copied: %s", name, strerror(errno));
    }
    return got < 0 ? error_set(copy->err, ERROR_RUNTIME, "%s: cannot be read: %s", name, strerror(errno)) : 0;
}

static int copy_file(struct copy *copy, int from_at, int to_at, const char *name)
{
    int from = openat(from_at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), to = -1, ret = -1;
    struct stat status;

    if (from < 0 || fstat(from, &status) < 0) {
        error_set(copy->err, ERROR_RUNTIME, "%s: cannot be read: %s", name, strerror(errno));
        goto cleanup;
    }
    if (!S_ISREG(status.st_mode)) { /* swapped meanwhile */
        ret = 0;
        goto cleanup;
    }
    to = openat(to_at, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (to < 0 || fchmod(to, status.st_mode & 0111 ? 0777 : 0666) < 0) {
        error_set(copy->err, ERROR_RUNTIME, "%s: cannot be copied: %s", name, strerror(errno));
        goto cleanup;
    }
    ret = copy_bytes(copy, from, to, name);
    /* what make compares */
    futimens(to, (struct timespec[]){status.st_mtim, status.st_mtim});
cleanup:
    if (from >= 0)
        close(from);
    if (to >= 0)
        close(to);
    return ret;
}

/* a link within the folder: relative, and without .. */
static void copy_link(int from_at, int to_at, const char *name)
{
    char target[1024];
    ssize_t length = readlinkat(from_at, name, target, sizeof target - 1);
    int ignored;

    if (length <= 0)
        return;
    target[length] = '\0';
    if (*target == '/' || strstr(target, ".."))
        return;
    ignored = symlinkat(target, to_at, name);
    (void)ignored;
}

static int copy_below(struct copy *copy, int from_fd, int to_fd, int depth)
{
    DIR *folder = entries_of(from_fd);
    const char *name;
    struct stat status;
    int ret = 0;

    while (ret == 0 && (name = next_name(folder)) != NULL) {
        if (--copy->entries_left < 0) {
            ret = error_set(copy->err, ERROR_RUNTIME, "%s: too many files to copy", name);
        } else if (fstatat(dirfd(folder), name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
            continue;
        } else if (S_ISREG(status.st_mode)) {
            ret = copy_file(copy, dirfd(folder), to_fd, name);
        } else if (S_ISLNK(status.st_mode)) {
            copy_link(dirfd(folder), to_fd, name);
        } else if (S_ISDIR(status.st_mode)) {
            int below;

            if (depth == DEPTH) {
                ret = error_set(copy->err, ERROR_RUNTIME, "%s: folders too deep", name);
                continue;
            }
            if (mkdirat(to_fd, name, 0700) < 0 || fchmodat(to_fd, name, 0777, 0) < 0 || (below = open_folder(to_fd, name)) < 0) {
                ret = error_set(copy->err, ERROR_RUNTIME, "%s: cannot be copied: %s", name, strerror(errno));
                continue;
            }
            ret = copy_below(copy, open_folder(dirfd(folder), name), below, depth + 1);
            close(below);
        }
    }
    if (folder)
        closedir(folder);
    return ret;
}

int folder_copy(const char *from, const char *to, int64_t bytes_max, int entries_max, struct error *err)
{
    struct copy copy = {bytes_max, entries_max, err};
    int from_fd = open(from, O_RDONLY | O_DIRECTORY | O_CLOEXEC), to_fd, ret;

    if (from_fd < 0)
        return error_set(err, ERROR_USAGE, "%s: %s", from, strerror(errno));
    if (mkdir(to, 0700) < 0 || chmod(to, 0777) < 0 || (to_fd = open_folder(AT_FDCWD, to)) < 0) {
        error_set(err, ERROR_RUNTIME, "%s: %s", to, strerror(errno));
        close(from_fd);
        return -1;
    }
    ret = copy_below(&copy, from_fd, to_fd, 0);
    close(to_fd);
    return ret < 0 ? error_prefix(err, "%s", from) : 0;
}
