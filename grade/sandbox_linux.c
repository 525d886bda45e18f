/*
 * sandbox_linux.c: namespaces, and a root with only what the program may see. Elsewhere nothing of it holds.
 */
#ifdef __linux__
#define _GNU_SOURCE /* unshare(), setgroups() */
#endif

#include "grade/sandbox_internal.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAMESPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC)
#define CAPABILITIES 64

/* not in every libc's headers: Linux 5.12 */
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
struct mount_attributes {
    uint64_t set, clear, propagation, userns;
};
enum { ATTRIBUTE_RDONLY = 1, ATTRIBUTE_NOSUID = 2, ATTRIBUTE_NODEV = 4, RECURSIVE = 0x8000 };

static int write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC), ret;

    if (fd < 0)
        return -1;
    ret = write(fd, text, strlen(text)) == (ssize_t)strlen(text) ? 0 : -1;
    close(fd);
    return ret;
}

/* a user namespace in which we are who we are outside, and may mount */
static int enter_user_namespace(void)
{
    unsigned uid = geteuid(), gid = getegid();
    char map[64];

    /* who came here by setuid() does not own its files in /proc */
    prctl(PR_SET_DUMPABLE, 1);
    if (unshare(CLONE_NEWUSER | NAMESPACES) < 0)
        return -1;
    write_text("/proc/self/setgroups", "deny");
    snprintf(map, sizeof map, "%u %u 1", uid, uid);
    if (write_text("/proc/self/uid_map", map) < 0)
        return -1;
    snprintf(map, sizeof map, "%u %u 1", gid, gid);
    if (write_text("/proc/self/gid_map", map) < 0)
        return -1;
    return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

/* Tried out in a child first: some systems (AppArmor in Ubuntu 24.04) let one in and then refuse everything. */
static bool user_namespace_works(void)
{
    pid_t pid = fork();
    int status;

    if (pid == 0)
        _exit(enter_user_namespace() < 0);
    while (pid > 0 && waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return false;
    return pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

unsigned confine_keeper(const struct confinement *c, bool *inside)
{
    *inside = false;
    /* it is a copy of the grader, with all that is in its memory */
    prctl(PR_SET_DUMPABLE, 0);
    if (c->without & HOLDS_PROCESSES)
        return 0;
    /*
     * Root needs no user namespace; and where it may not have others (a container), a user id of the program's own is worth more: inside a user
     * namespace the program would stay root, whom no limit of processes holds.
     */
    if (geteuid() == 0 && unshare(NAMESPACES) == 0)
        *inside = mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    else if (c->user == (uid_t)-1 && user_namespace_works())
        *inside = enter_user_namespace() == 0;
    else
        return 0;
    prctl(PR_SET_DUMPABLE, 0);
    return HOLDS_PROCESSES;
}

void confine_supervisor(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_DUMPABLE, 0);
}

/* "ROOT/PATH" with every folder above it; the last part a folder or an empty file. Returns -1 when it does not fit or cannot be made. */
static int make_place(const char *root, const char *path, bool folder, char *place, size_t size)
{
    size_t length = strlen(root), at;

    if ((size_t)snprintf(place, size, "%s%s", root, path) >= size)
        return -1;
    for (at = length + 1; place[at]; at++)
        if (place[at] == '/') {
            place[at] = '\0';
            if (mkdir(place, 0755) < 0 && errno != EEXIST)
                return -1;
            place[at] = '/';
        }
    if (folder)
        return mkdir(place, 0755) < 0 && errno != EEXIST ? -1 : 0;
    at = (size_t)open(place, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    if ((int)at >= 0)
        close((int)at);
    return 0;
}

static int set_attributes(const char *place, uint64_t set)
{
    struct mount_attributes attributes = {.set = set};

    return (int)syscall(SYS_mount_setattr, AT_FDCWD, place, RECURSIVE, &attributes, sizeof attributes);
}

/* shows a path at its own name; what is shown already by a path above it is left alone */
static int show(const char *root, const char *path, uint64_t attributes)
{
    struct stat there, here;
    char place[8192];

    if (stat(path, &there) < 0)
        return 0;
    if ((size_t)snprintf(place, sizeof place, "%s%s", root, path) >= sizeof place)
        return -1;
    if (stat(place, &here) == 0 && here.st_dev == there.st_dev && here.st_ino == there.st_ino && (attributes & ATTRIBUTE_RDONLY))
        return 0;
    if (make_place(root, path, S_ISDIR(there.st_mode), place, sizeof place) < 0 || mount(path, place, NULL, MS_BIND | MS_REC, NULL) < 0)
        return -1;
    return set_attributes(place, attributes);
}

static int show_devices(const char *root)
{
    static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
    static const char *const links[][2] = {
        {"fd", "/proc/self/fd"}, {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"}, {"stderr", "/proc/self/fd/2"}};
    char place[4200];
    size_t i;

    for (i = 0; i < sizeof devices / sizeof *devices; i++)
        if (show(root, devices[i], ATTRIBUTE_NOSUID) < 0)
            return -1;
    for (i = 0; i < sizeof links / sizeof *links; i++) {
        snprintf(place, sizeof place, "%s/dev/%s", root, links[i][0]);
        if (symlink(links[i][1], place) < 0)
            return -1;
    }
    return 0;
}

/* where the system hides parts of its own /proc, none can be had; most programs need none */
static void mount_proc(const char *place)
{
    mount("proc", place, "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/* the new root is mounted over the home, whose name is then made again within it */
static int build(const struct confinement *c)
{
    const char *root = c->home;
    char place[8192], options[128];
    unsigned owner = c->user == (uid_t)-1 ? (unsigned)geteuid() : (unsigned)c->user;
    unsigned group = c->user == (uid_t)-1 ? (unsigned)getegid() : (unsigned)c->user;
    size_t i;

    if (mount("none", root, "tmpfs", MS_NOSUID | MS_NODEV, "size=1m,mode=755") < 0)
        return -1;
    for (i = 0; c->readable[i]; i++)
        if (show(root, c->readable[i], ATTRIBUTE_RDONLY | ATTRIBUTE_NOSUID | ATTRIBUTE_NODEV) < 0)
            return -1;
    if (show_devices(root) < 0 || (c->writable && show(root, c->writable, ATTRIBUTE_NOSUID | ATTRIBUTE_NODEV) < 0))
        return -1;
    if (make_place(root, "/proc", true, place, sizeof place) == 0)
        mount_proc(place);
    if (make_place(root, c->home, true, place, sizeof place) < 0)
        return -1;
    snprintf(options, sizeof options, "size=%lld,nr_inodes=8192,mode=700,uid=%u,gid=%u", (long long)c->limits.disk_bytes, owner, group);
    if (mount("none", place, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
        return -1;
    return mount(NULL, root, NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL);
}

unsigned confine_view(const struct confinement *c)
{
    if ((c->without & HOLDS_VIEW) || build(c) < 0 || chdir(c->home) < 0 || syscall(SYS_pivot_root, ".", ".") < 0) {
        umount2(c->home, MNT_DETACH);
        mount_proc("/proc"); /* no view, but the processes of others need not show */
        return 0;
    }
    /* the old root lies over the new one at "."; without it there is no way back */
    if (umount2(".", MNT_DETACH) < 0 || chdir("/") < 0)
        return 0;
    return HOLDS_VIEW;
}

unsigned confine_user(const struct confinement *c)
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct none[2] = {{0, 0, 0}, {0, 0, 0}};
    unsigned holds = 0;
    gid_t group = (gid_t)c->user;
    int capability;

    for (capability = 0; capability < CAPABILITIES; capability++)
        prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    if (c->user != (uid_t)-1 && setgroups(0, NULL) == 0 && setresgid(group, group, group) == 0 && setresuid(c->user, c->user, c->user) == 0)
        holds = HOLDS_USER;
    syscall(SYS_capset, &header, none);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    return holds;
}

void confine_oom(void)
{
    /* until exec gives it back: without, the file is root's */
    prctl(PR_SET_DUMPABLE, 1);
    write_text("/proc/self/oom_score_adj", "1000");
}

#else

#include <grp.h>
#include <unistd.h>

unsigned confine_keeper(const struct confinement *c, bool *inside)
{
    (void)c;
    *inside = false;
    return 0;
}

void confine_supervisor(void)
{
}

unsigned confine_view(const struct confinement *c)
{
    (void)c;
    return 0;
}

unsigned confine_user(const struct confinement *c)
{
    if (c->user == (uid_t)-1)
        return 0;
    return setgid((gid_t)c->user) == 0 && setuid(c->user) == 0 ? HOLDS_USER : 0;
}

void confine_oom(void)
{
}

#endif
