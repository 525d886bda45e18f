/*
 * sandbox_linux_tree.c: the tree below the supervisor: what it uses, and its end. Read from /proc of the outside, opened before the view is built.
 */
#ifdef __linux__
#define _GNU_SOURCE
#endif

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "grade/sandbox_internal.h"

#ifdef __linux__

#include <dirent.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#define TREE_PROCESSES 1024
#define STAT_BYTES 1024

static int proc = -1;
static char own_pid[32]; /* as that /proc names us */

void tree_open(void)
{
    ssize_t length;

    proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    length = proc >= 0 ? readlinkat(proc, "self", own_pid, sizeof own_pid - 1) : -1;
    own_pid[length > 0 ? length : 0] = '\0';
}

/* the content of PID/NAME, NUL-terminated; bytes, or -1 */
static ssize_t read_proc(const char *path, char *out, size_t size)
{
    int fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd >= 0 ? read(fd, out, size - 1) : -1;

    if (fd >= 0)
        close(fd);
    out[got > 0 ? got : 0] = '\0';
    return got;
}

/* adds the children of one thread to the list */
static void add_children(const char *pid, const char *thread, long *list, int *count)
{
    char path[128], text[8192], *at = text, *end;

    snprintf(path, sizeof path, "%s/task/%s/children", pid, thread);
    if (read_proc(path, text, sizeof text) <= 0)
        return;
    while (*count < TREE_PROCESSES) {
        long child = strtol(at, &end, 10);

        if (end == at)
            return;
        list[(*count)++] = child;
        at = end;
    }
}

/* of each thread: a child belongs to the one that forked it */
static void add_children_of(const char *pid, long *list, int *count)
{
    char path[64];
    struct dirent *entry;
    DIR *threads;
    int fd;

    snprintf(path, sizeof path, "%s/task", pid);
    fd = openat(proc, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    threads = fd >= 0 ? fdopendir(fd) : NULL;
    if (!threads && fd >= 0)
        close(fd);
    while (threads && (entry = readdir(threads)) != NULL)
        if (*entry->d_name != '.')
            add_children(pid, entry->d_name, list, count);
    if (threads)
        closedir(threads);
}

/* breadth first; returns how many */
static int tree_list(long *list)
{
    char pid[32];
    int count = 0, at;

    if (*own_pid)
        add_children_of(own_pid, list, &count);
    for (at = 0; at < count; at++) {
        snprintf(pid, sizeof pid, "%ld", list[at]);
        add_children_of(pid, list, &count);
    }
    return count;
}

/* proc(5): after the name in parentheses state is the 3rd field, utime the 14th to cstime the 17th, num_threads the 20th, rss the 24th */
static void add_process(long pid, struct sandbox_tree *tree, int64_t *ticks)
{
    char path[64], text[STAT_BYTES], *at;
    long long times[4], threads, resident;

    snprintf(path, sizeof path, "%ld/stat", pid);
    if (read_proc(path, text, sizeof text) <= 0 || (at = strrchr(text, ')')) == NULL)
        return;
    if (sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld %lld %lld %*d %*d %lld %*d %*u %*u %lld", &times[0],
               &times[1], &times[2], &times[3], &threads, &resident) != 6)
        return;
    *ticks += times[0] + times[1] + times[2] + times[3];
    tree->threads += (int)(threads > 0 ? threads : 1);
    tree->resident_bytes += resident * sysconf(_SC_PAGESIZE);
}

/* Documentation/scheduler/sched-stats.rst: time on the processor, time waiting for it, in nanoseconds */
static int64_t waited_us(long pid)
{
    char path[64], text[STAT_BYTES];
    long long waited;

    snprintf(path, sizeof path, "%ld/schedstat", pid);
    if (read_proc(path, text, sizeof text) <= 0 || sscanf(text, "%*u %lld", &waited) != 1)
        return 0;
    return waited / 1000;
}

void tree_look(struct sandbox_tree *tree)
{
    long list[TREE_PROCESSES];
    struct rusage ended;
    int64_t ticks = 0;
    int count, i;

    *tree = (struct sandbox_tree){-1, -1, -1, -1};
    if (!*own_pid)
        return;
    *tree = (struct sandbox_tree){0};
    count = tree_list(list);
    for (i = 0; i < count; i++) {
        add_process(list[i], tree, &ticks);
        tree->waited_us += waited_us(list[i]);
    }
    tree->cpu_us = ticks * 1000000 / sysconf(_SC_CLK_TCK);
    if (getrusage(RUSAGE_CHILDREN, &ended) == 0)
        tree->cpu_us +=
            ((int64_t)ended.ru_utime.tv_sec + ended.ru_stime.tv_sec) * 1000000 + ended.ru_utime.tv_usec + ended.ru_stime.tv_usec;
}

/* everything of its user id at once, from a child that has become that user */
static void kill_user(uid_t user)
{
    pid_t pid = fork();

    if (pid == 0) {
        if (setresuid(user, user, user) == 0)
            kill(-1, SIGKILL);
        _exit(0);
    }
    if (pid > 0)
        waitpid(pid, NULL, 0);
}

/* one after the other; first none of them may fork any more, so that the chase has an end */
static void kill_listed(void)
{
    const struct rlimit none = {0, 0};
    long list[TREE_PROCESSES];
    int count = tree_list(list), i;

    for (i = 0; i < count; i++)
        prlimit((pid_t)list[i], RLIMIT_NPROC, &none, NULL);
    for (i = 0; i < count; i++)
        kill((pid_t)list[i], SIGKILL);
}

void tree_kill(const struct confinement *c, unsigned holds, pid_t program)
{
    if (holds & HOLDS_PROCESSES) {
        kill(-1, SIGKILL);
        return;
    }
    if (program > 0)
        kill(-program, SIGKILL);
    if (holds & HOLDS_USER)
        kill_user(c->user);
    else if (*own_pid)
        kill_listed();
}

/* threads of everything that runs under our user id */
static int64_t user_threads(void)
{
    struct sandbox_tree all = {0};
    int fd = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *entry;
    struct stat status;
    int64_t ticks = 0;

    if (!folder && fd >= 0)
        close(fd);
    while (folder && (entry = readdir(folder)) != NULL)
        if (*entry->d_name >= '1' && *entry->d_name <= '9' && fstatat(proc, entry->d_name, &status, 0) == 0 && status.st_uid == geteuid())
            add_process(strtol(entry->d_name, NULL, 10), &all, &ticks);
    if (folder)
        closedir(folder);
    return all.threads;
}

/* a user namespace counts for itself since Linux 5.14 */
static bool namespace_counts(void)
{
    struct utsname name;
    int major = 0, minor = 0;

    return uname(&name) == 0 && sscanf(name.release, "%d.%d", &major, &minor) == 2 && (major > 5 || (major == 5 && minor >= 14));
}

int64_t confine_process_limit(const struct confinement *c, unsigned holds)
{
    enum { OWN = 2, SPARE = 4 }; /* keeper and supervisor have the same user id; what else the user runs comes and goes */

    if (holds & HOLDS_USER)
        return c->limits.processes;
    if ((holds & HOLDS_PROCESSES) && namespace_counts())
        return c->limits.processes + OWN;
    return user_threads() + (int64_t)SPARE * c->limits.processes;
}

#else

void tree_open(void)
{
}

void tree_look(struct sandbox_tree *tree)
{
    *tree = (struct sandbox_tree){-1, -1, -1, -1};
}

void tree_kill(const struct confinement *c, unsigned holds, pid_t program)
{
    (void)c;
    (void)holds;
    if (program > 0)
        kill(-program, SIGKILL);
}

int64_t confine_process_limit(const struct confinement *c, unsigned holds)
{
    return holds & HOLDS_USER ? c->limits.processes : -1;
}

#endif
