/*
 * sandbox_child.c: the other side of the fork, on any system: the keeper, the supervisor that ends the tree, the program's last steps before exec.
 */
#define _DEFAULT_SOURCE /* setgroups() and RLIMIT_NPROC are no POSIX */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "grade/folder.h"
#include "grade/sandbox_internal.h"

#define LOOK_US 50000
#define DISK_LOOK_US 300000
#define DISK_ENTRIES 8192
#define FULL_LOOKS 4     /* at the process limit in so many looks one after the other */
#define KILL_US 20000000 /* how long a tree may take to die: a process may hang in the kernel */
#define FILES_OPEN 256

struct supervisor {
    struct confinement *c;
    struct sandbox_shared *shared;
    int link;
    pid_t program;
    int status; /* of the program, as waitpid() gives it */
    bool ended; /* the program has */
    unsigned holds;
    enum sandbox_end end; /* what it was ended for */
    bool told;            /* to end */
    int full_looks;
    int orphans; /* that have ended: of a bomb whose processes give up at the limit these are what is seen */
    int64_t look_at, disk_look_at;
};

static int64_t now_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

static void limit(int resource, int64_t soft, int64_t hard)
{
    struct rlimit now, want = {(rlim_t)soft, (rlim_t)hard};

    if (getrlimit(resource, &now) == 0 && now.rlim_max != RLIM_INFINITY && want.rlim_max > now.rlim_max)
        want.rlim_max = now.rlim_max;
    if (want.rlim_cur > want.rlim_max)
        want.rlim_cur = want.rlim_max;
    setrlimit(resource, &want);
}

static void set_limits(const struct confinement *c, unsigned holds)
{
    int64_t cpu_s = c->limits.cpu_ms / 1000 + 1, processes = confine_process_limit(c, holds);

    limit(RLIMIT_CORE, 0, 0);
    limit(RLIMIT_CPU, cpu_s, cpu_s + 1);
    limit(RLIMIT_FSIZE, c->limits.file_bytes, c->limits.file_bytes);
    limit(RLIMIT_NOFILE, FILES_OPEN, FILES_OPEN);
#ifndef __linux__
    /* nobody looks at its memory there */
    if (c->limits.memory_bytes)
        limit(RLIMIT_DATA, c->limits.memory_bytes, c->limits.memory_bytes);
#endif
    if (processes > 0)
        limit(RLIMIT_NPROC, processes, processes);
}

static void close_others(int keep_1, int keep_2, int keep_3)
{
    struct rlimit files;
    int fd, last = 65536;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < (rlim_t)last)
        last = (int)files.rlim_cur;
    for (fd = 3; fd < last; fd++)
        if (fd != keep_1 && fd != keep_2 && fd != keep_3)
            close(fd);
}

static void default_signals(void)
{
    sigset_t none;
    int number;

    for (number = 1; number < 32; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The program's way to its exec; `problem` closes on exec, and takes the errno of a failure before. */
static void become(struct supervisor *s, int problem, int out, int err)
{
    const struct confinement *c = s->c;
    int null, failed;

    setsid();
    default_signals();
    umask(022);
    null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0)
        goto failed;
    confine_oom();
    s->holds |= confine_user(c);
    set_limits(c, s->holds);
    close_others(problem, -1, -1);
    if (chdir(c->work) < 0)
        goto failed;
    s->holds |= confine_rules(c, s->holds);
    s->shared->holds = s->holds;
    execve(c->argv[0], c->argv, c->envp);
    if (errno == ENOEXEC)
        execve(c->shell_argv[0], c->shell_argv, c->envp);
failed:
    failed = errno;
    while (write(problem, &failed, sizeof failed) < 0 && errno == EINTR)
        ;
    _exit(127);
}

/* its kubeconfig, where kubectl looks for it too */
static int write_kubeconfig(const struct confinement *c)
{
    char path[4200];
    size_t at = 0;
    int fd;

    if (!c->kubeconfig)
        return 0;
    snprintf(path, sizeof path, "%s/.kube", c->home);
    if (mkdir(path, 0755) < 0)
        return -1;
    snprintf(path, sizeof path, "%s/.kube/config", c->home);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    while (at < c->kubeconfig_bytes) {
        ssize_t wrote = write(fd, c->kubeconfig + at, c->kubeconfig_bytes - at);

        if (wrote <= 0)
            break;
        at += (size_t)wrote;
    }
    if (c->user != (uid_t)-1 && fchown(fd, c->user, (gid_t)c->user) < 0)
        at = 0;
    close(fd);
    return at == c->kubeconfig_bytes ? 0 : -1;
}

static int start_program(struct supervisor *s, int out, int err)
{
    int problem[2], failed = 0;
    ssize_t got;

    if (pipe(problem) < 0)
        return errno;
    fcntl(problem[1], F_SETFD, FD_CLOEXEC);
    s->program = fork();
    if (s->program < 0)
        return errno;
    if (s->program == 0)
        become(s, problem[1], out, err);
    close(problem[1]);
    close(out);
    close(err);
    do
        got = read(problem[0], &failed, sizeof failed);
    while (got < 0 && errno == EINTR);
    close(problem[0]);
    s->holds = s->shared->holds;
    return got == (ssize_t)sizeof failed ? failed : 0;
}

static int64_t timeval_us(struct timeval t)
{
    return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

/* everything that has ended; returns whether a child is left */
static bool reap(struct supervisor *s)
{
    struct rusage usage;
    pid_t pid;
    int status;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0 || (pid < 0 && errno == EINTR))
        if (pid == s->program) {
            s->status = status;
            s->ended = true;
        } else if (pid > 0) {
            s->orphans++;
        }
    if (getrusage(RUSAGE_CHILDREN, &usage) == 0) {
        int64_t cpu = timeval_us(usage.ru_utime) + timeval_us(usage.ru_stime);

        if (cpu > s->shared->cpu_us)
            s->shared->cpu_us = cpu;
    }
    return pid == 0;
}

/* what it does to the disk counts where nothing else limits it */
static bool disk_full(const struct supervisor *s)
{
    const struct sandbox_limits *limits = &s->c->limits;
    const char *folders[] = {s->holds & HOLDS_VIEW ? NULL : s->c->home, s->c->writable};
    int64_t bytes = 0;
    int i, entries = 0;

    for (i = 0; i < 2; i++)
        if (folders[i]) {
            struct folder_size size = folder_measure(folders[i], limits->disk_bytes, DISK_ENTRIES);

            bytes += size.bytes;
            entries += size.entries;
        }
    return bytes > limits->disk_bytes || entries > DISK_ENTRIES;
}

static enum sandbox_end look(struct supervisor *s)
{
    const struct sandbox_limits *limits = &s->c->limits;
    struct sandbox_tree tree;
    int64_t now = now_us();

    if (now < s->look_at)
        return SANDBOX_RUNNING;
    s->look_at = now + LOOK_US;
    tree_look(&tree);
    if (tree.cpu_us > s->shared->cpu_us)
        s->shared->cpu_us = tree.cpu_us;
    if (tree.waited_us > s->shared->waited_us)
        s->shared->waited_us = tree.waited_us;
    if (tree.resident_bytes > 0 && tree.resident_bytes > s->shared->peak_bytes)
        s->shared->peak_bytes = tree.resident_bytes;
    s->full_looks = tree.threads >= limits->processes - limits->processes / 16 ? s->full_looks + 1 : 0;
    if (s->shared->cpu_us > limits->cpu_ms * 1000)
        return SANDBOX_CPU;
    if (limits->memory_bytes && tree.resident_bytes > limits->memory_bytes)
        return SANDBOX_MEMORY;
    if (s->full_looks >= FULL_LOOKS || s->orphans > limits->processes / 2)
        return SANDBOX_PROCESSES;
    if (now >= s->disk_look_at) {
        s->disk_look_at = now + DISK_LOOK_US;
        if (disk_full(s))
            return SANDBOX_DISK;
    }
    return SANDBOX_RUNNING;
}

/* a command from the grader, or its end */
static void obey(struct supervisor *s)
{
    char command = LINK_KILL;
    ssize_t got = read(s->link, &command, 1);

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    s->told = true;
    if (got == 1 && command == LINK_TERM)
        kill(-s->program, SIGTERM);
    else
        s->end = SANDBOX_STOPPED;
}

static void on_child(int number)
{
    (void)number;
}

/* until the program has ended, or has to */
static void watch(struct supervisor *s)
{
    struct sigaction wake = {.sa_handler = on_child};
    sigset_t held, before;

    sigaction(SIGCHLD, &wake, NULL);
    sigemptyset(&held);
    sigaddset(&held, SIGCHLD);
    sigprocmask(SIG_BLOCK, &held, &before);
    sigdelset(&before, SIGCHLD);
    for (;;) {
        struct timespec wait = {0, LOOK_US * 1000};
        fd_set fds;

        reap(s);
        if (s->ended)
            return;
        s->end = look(s);
        if (s->end != SANDBOX_RUNNING)
            return;
        FD_ZERO(&fds);
        FD_SET(s->link, &fds);
        if (pselect(s->link + 1, &fds, NULL, NULL, &wait, &before) > 0)
            obey(s);
        if (s->end != SANDBOX_RUNNING)
            return;
    }
}

static void kill_tree(struct supervisor *s)
{
    int64_t deadline = now_us() + KILL_US;
    const struct timespec pause = {0, 1000000};

    do {
        tree_kill(s->c, s->holds, s->program);
        if (!reap(s))
            return;
        nanosleep(&pause, NULL);
    } while (now_us() < deadline);
}

static void tell_end(const struct supervisor *s)
{
    enum sandbox_end end = s->end;
    int code = 0;

    if (end == SANDBOX_RUNNING && WIFSIGNALED(s->status) && WTERMSIG(s->status) == SIGXCPU)
        end = SANDBOX_CPU;
    if (end == SANDBOX_RUNNING && (s->full_looks || s->orphans > s->c->limits.processes / 2))
        end = SANDBOX_PROCESSES;
    if (end == SANDBOX_RUNNING || end == SANDBOX_STOPPED) {
        end = s->told ? SANDBOX_STOPPED : WIFSIGNALED(s->status) ? SANDBOX_SIGNALED : SANDBOX_EXITED;
        code = WIFEXITED(s->status) ? WEXITSTATUS(s->status) : end == SANDBOX_STOPPED ? -1 : WTERMSIG(s->status);
    }
    s->shared->code = code;
    s->shared->end = (int)end;
}

static void supervise(struct confinement *c, struct sandbox_shared *shared, int link, int out, int err, unsigned holds, bool inside)
{
    struct supervisor s = {.c = c, .shared = shared, .link = link, .holds = holds};
    const char started = LINK_STARTED;
    ssize_t ignored;

    confine_supervisor();
    tree_open();
    if (inside)
        s.holds |= confine_view(c);
    if (!(s.holds & HOLDS_VIEW) && c->user != (uid_t)-1 && chown(c->home, c->user, (gid_t)c->user) < 0)
        c->user = (uid_t)-1;
    shared->failed = write_kubeconfig(c) < 0 ? errno : start_program(&s, out, err);
    if (shared->failed) {
        kill_tree(&s);
        _exit(1);
    }
    ignored = write(link, &started, 1);
    (void)ignored;
    watch(&s);
    kill_tree(&s);
    tell_end(&s);
    _exit(0);
}

void sandbox_keeper(struct confinement *c, struct sandbox_shared *shared, int link, int out, int err)
{
    unsigned holds;
    bool inside;
    pid_t supervisor;

    setsid();
    default_signals();
    signal(SIGPIPE, SIG_IGN);
    close_others(link, out, err);
    umask(022);
    holds = confine_keeper(c, &inside);
    supervisor = fork();
    if (supervisor == 0)
        supervise(c, shared, link, out, err, holds, inside);
    close(out);
    close(err);
    if (supervisor < 0)
        shared->failed = errno;
    while (supervisor > 0 && waitpid(supervisor, NULL, 0) < 0 && errno == EINTR)
        ;
    _exit(0);
}
