/*
 * sandbox_linux_rules.c: what holds without any privilege: Landlock for files and connections, seccomp for calls that no scheduler needs.
 */
#ifdef __linux__
#define _GNU_SOURCE
#endif

#include "grade/sandbox_internal.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The numbers are the kernel's own; the headers of a system may be older than its kernel (linux/landlock.h, ABI 6). */
#define LANDLOCK_CREATE 444
#define LANDLOCK_ADD 445
#define LANDLOCK_RESTRICT 446
enum { RULE_PATH = 1, RULE_PORT = 2 };
enum { FS_EXECUTE = 1, FS_WRITE_FILE = 2, FS_READ_FILE = 4, FS_READ_DIR = 8, FS_TRUNCATE = 1 << 14 };
#define FS_READ (FS_EXECUTE | FS_READ_FILE | FS_READ_DIR)
#define FS_OF_FILES (FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE)
#define NET_CONNECT 2u
#define SCOPES 3u /* abstract sockets, signals */

struct ruleset {
    uint64_t fs, net, scoped;
};
struct path_rule {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));
struct port_rule {
    uint64_t allowed, port;
};

/* Rights that a kernel of this ABI knows: 13, then REFER, TRUNCATE, and IOCTL_DEV with ABI 5. */
static uint64_t fs_rights(long abi)
{
    return abi >= 5 ? 0xFFFF : abi >= 3 ? 0x7FFF : abi == 2 ? 0x3FFF : 0x1FFF;
}

static void allow_path(int ruleset, const char *path, uint64_t rights, uint64_t known)
{
    struct path_rule rule = {rights & known, open(path, O_PATH | O_CLOEXEC)};
    struct stat status;

    if (rule.parent < 0)
        return;
    if (fstat(rule.parent, &status) == 0 && !S_ISDIR(status.st_mode))
        rule.allowed &= FS_OF_FILES;
    syscall(LANDLOCK_ADD, ruleset, RULE_PATH, &rule, 0);
    close(rule.parent);
}

/* of our process namespace, not of the system */
static bool proc_is_own(unsigned holds)
{
    char pid[32];
    ssize_t length = readlink("/proc/self", pid, sizeof pid - 1);

    pid[length > 0 ? length : 0] = '\0';
    return (holds & HOLDS_PROCESSES) && strtol(pid, NULL, 10) == getpid();
}

static void allow_paths(const struct confinement *c, int ruleset, unsigned holds, uint64_t known)
{
    static const char *const devices[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"};
    /* a /proc of its own shows its own processes; of the system's it reads what is about itself and the machine */
    static const char *const machine[] = {"/proc/self",       "/proc/cpuinfo",           "/proc/meminfo",
                                          "/proc/stat",       "/proc/filesystems",       "/proc/sys/vm",
                                          "/proc/sys/kernel", "/sys/devices/system/cpu", "/sys/kernel/mm/transparent_hugepage"};
    const bool own = proc_is_own(holds);
    size_t i;

    for (i = 0; c->readable[i]; i++)
        allow_path(ruleset, c->readable[i], FS_READ, known);
    for (i = 0; i < sizeof devices / sizeof *devices; i++)
        allow_path(ruleset, devices[i], FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE, known);
    if (holds & HOLDS_VIEW)
        allow_path(ruleset, "/", FS_READ, known);
    if (own)
        allow_path(ruleset, "/proc", FS_READ, known);
    for (i = 0; !own && i < sizeof machine / sizeof *machine; i++)
        allow_path(ruleset, machine[i], FS_READ_FILE | FS_READ_DIR, known);
    allow_path(ruleset, c->home, known, known);
    if (c->writable)
        allow_path(ruleset, c->writable, known, known);
}

static unsigned landlock(const struct confinement *c, unsigned holds)
{
    long abi = syscall(LANDLOCK_CREATE, NULL, 0, 1);
    struct ruleset set = {fs_rights(abi), 0, 0};
    struct port_rule port = {NET_CONNECT, (uint64_t)c->port};
    size_t known_bytes = abi >= 6 ? sizeof set : abi >= 4 ? offsetof(struct ruleset, scoped) : offsetof(struct ruleset, net);
    int ruleset;
    unsigned ret = 0;

    if (abi < 1)
        return 0;
    set.net = abi >= 4 && c->port ? NET_CONNECT : 0;
    set.scoped = abi >= 6 ? SCOPES : 0;
    ruleset = (int)syscall(LANDLOCK_CREATE, &set, known_bytes, 0);
    if (ruleset < 0)
        return 0;
    allow_paths(c, ruleset, holds, set.fs);
    if (set.net)
        syscall(LANDLOCK_ADD, ruleset, RULE_PORT, &port, 0);
    if (syscall(LANDLOCK_RESTRICT, ruleset, 0) == 0)
        ret = HOLDS_LANDLOCK;
    close(ruleset);
    return ret;
}

#if defined __x86_64__
#define MACHINE AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define MACHINE AUDIT_ARCH_AARCH64
#endif

#ifdef MACHINE

#define FILTER_LENGTH 320
#define NUMBER offsetof(struct seccomp_data, nr)
#define ARGUMENT(n) (offsetof(struct seccomp_data, args) + 8 * (n)) /* the low half: both machines are little-endian */
#define NEW_NAMESPACES                                                                                                                     \
    (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET | CLONE_NEWUTS | 0x02000000 /* CLONE_NEWCGROUP */)

/* Newer calls have one number on every machine, and no name yet in older headers. */
enum {
    PIDFD_SEND_SIGNAL = 424,
    IO_URING_SETUP = 425,
    IO_URING_ENTER = 426,
    IO_URING_REGISTER = 427,
    OPEN_TREE = 428,
    MOVE_MOUNT = 429,
    FSOPEN = 430,
    FSCONFIG = 431,
    FSMOUNT = 432,
    FSPICK = 433,
    PIDFD_OPEN = 434,
    CLONE3 = 435,
    PIDFD_GETFD = 438,
    MOUNT_SETATTR = 442,
    MEMFD_SECRET = 447,
    FCHMODAT2 = 452,
    SETXATTRAT = 463
};

/* Into other processes, into the kernel, memory that no limit sees, other users' work. */
/* clang-format off */
static const int refused[] = {
    SYS_kcmp, PIDFD_GETFD, PIDFD_OPEN, SYS_perf_event_open, SYS_bpf, SYS_userfaultfd, SYS_keyctl, SYS_add_key, SYS_request_key,
    SYS_mount, SYS_umount2, SYS_pivot_root, OPEN_TREE, MOVE_MOUNT, FSOPEN, FSCONFIG, FSMOUNT, FSPICK, MOUNT_SETATTR, SYS_chroot,
    SYS_unshare, SYS_setns, SYS_memfd_create, MEMFD_SECRET, SYS_shmget, SYS_shmat, SYS_shmctl, SYS_semget, SYS_msgget,
    SYS_mq_open, IO_URING_SETUP, IO_URING_ENTER, IO_URING_REGISTER, SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_swapon,
    SYS_swapoff, SYS_reboot, SYS_kexec_load, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_acct, SYS_quotactl,
    SYS_syslog, SYS_setpriority, SYS_settimeofday, SYS_clock_settime, SYS_adjtimex, SYS_clock_adjtime, SYS_sethostname,
    SYS_setdomainname, SYS_fanotify_init};
/* clang-format on */

struct program {
    struct sock_filter code[FILTER_LENGTH];
    unsigned short length;
};

static void add(struct program *p, unsigned short code, uint32_t k, uint8_t if_true, uint8_t if_false)
{
    if (p->length < FILTER_LENGTH)
        p->code[p->length++] = (struct sock_filter){code, if_true, if_false, k};
}

static void load(struct program *p, size_t offset)
{
    add(p, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

static void answer(struct program *p, int failure)
{
    add(p, BPF_RET | BPF_K, failure ? SECCOMP_RET_ERRNO | (uint32_t)failure : SECCOMP_RET_ALLOW, 0, 0);
}

/* the call `number` fails so; the accumulator holds the number before and after */
static void refuse(struct program *p, int number, int failure)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 1);
    answer(p, failure);
}

/* `number` fails unless its argument is one of two values */
static void refuse_unless(struct program *p, int number, unsigned argument, uint32_t one, uint32_t other, int failure)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 5);
    load(p, ARGUMENT(argument));
    add(p, BPF_JMP | BPF_JEQ | BPF_K, one, 2, 0);
    add(p, BPF_JMP | BPF_JEQ | BPF_K, other, 1, 0);
    answer(p, failure);
    load(p, NUMBER);
}

static void refuse_flags(struct program *p, int number, unsigned argument, uint32_t flags)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)number, 0, 4);
    load(p, ARGUMENT(argument));
    add(p, BPF_JMP | BPF_JSET | BPF_K, flags, 0, 1);
    answer(p, EPERM);
    load(p, NUMBER);
}

/* Sockets in the file system and abstract ones lead to services that trust whoever reaches them: Docker's for one. libc asks AF_NETLINK for addresses. */
static void refuse_sockets(struct program *p)
{
    add(p, BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, 6);
    load(p, ARGUMENT(0));
    add(p, BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 3, 0);
    add(p, BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 2, 0);
    add(p, BPF_JMP | BPF_JEQ | BPF_K, AF_NETLINK, 1, 0);
    answer(p, EAFNOSUPPORT);
    load(p, NUMBER);
}

/* into the memory of others: what a leak checker does to its own threads is allowed where others are out of reach */
static void refuse_memory(struct program *p)
{
    refuse(p, SYS_ptrace, EPERM);
    refuse(p, SYS_process_vm_readv, EPERM);
    refuse(p, SYS_process_vm_writev, EPERM);
}

/* Who may do what with a file, and when it was written: of that Landlock knows nothing, and a file of the grader's is the program's own where the user is. */
static void refuse_attributes(struct program *p)
{
    static const int calls[] = {
#ifdef SYS_chmod
        SYS_chmod,     SYS_chown,     SYS_lchown, SYS_utime,       SYS_utimes,       SYS_futimesat,
#endif
        SYS_fchmod,    SYS_fchmodat,  FCHMODAT2,  SYS_fchown,      SYS_fchownat,     SYS_utimensat,   SYS_setxattr,
        SYS_lsetxattr, SYS_fsetxattr, SETXATTRAT, SYS_removexattr, SYS_lremovexattr, SYS_fremovexattr};
    size_t i;

    for (i = 0; i < sizeof calls / sizeof *calls; i++)
        refuse(p, calls[i], EPERM);
}

/* signals to others: where no namespace hides them and they may have the same user id */
static void refuse_signals(struct program *p)
{
    uint32_t self = (uint32_t)getpid();

    refuse_unless(p, SYS_kill, 0, 0, self, EPERM);
    refuse_unless(p, SYS_tgkill, 0, self, self, EPERM);
    refuse_unless(p, SYS_rt_sigqueueinfo, 0, self, self, EPERM);
    refuse(p, SYS_tkill, EPERM);
    refuse(p, SYS_rt_tgsigqueueinfo, EPERM);
    refuse(p, PIDFD_SEND_SIGNAL, EPERM);
}

static unsigned seccomp(const struct confinement *c, unsigned holds)
{
    struct program p = {.length = 0};
    struct sock_fprog filter = {0, p.code};
    size_t i;

    load(&p, offsetof(struct seccomp_data, arch));
    add(&p, BPF_JMP | BPF_JEQ | BPF_K, MACHINE, 1, 0);
    answer(&p, ENOSYS);
    load(&p, NUMBER);
    /* x32 on x86-64 */
    add(&p, BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1);
    answer(&p, ENOSYS);
    for (i = 0; i < sizeof refused / sizeof *refused; i++)
        refuse(&p, refused[i], EPERM);
    refuse(&p, CLONE3, ENOSYS); /* its flags are in memory; libc then takes clone */
    refuse_flags(&p, SYS_clone, 0, NEW_NAMESPACES);
    refuse_unless(&p, SYS_prlimit64, 0, 0, (uint32_t)getpid(), EPERM);
    refuse_unless(&p, SYS_sched_setaffinity, 0, 0, (uint32_t)getpid(), EPERM);
    refuse_sockets(&p);
    if (!(holds & (HOLDS_PROCESSES | HOLDS_USER)))
        refuse_signals(&p);
    if (!(holds & (HOLDS_PROCESSES | HOLDS_USER | HOLDS_LANDLOCK)))
        refuse_memory(&p);
    /* a build has to make its programs executable */
    if (!(holds & (HOLDS_USER | HOLDS_VIEW)) && !c->writable)
        refuse_attributes(&p);
    answer(&p, 0);
    if (p.length >= FILTER_LENGTH)
        return 0;
    filter.len = p.length;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0 ? HOLDS_SECCOMP : 0;
}

#else

static unsigned seccomp(const struct confinement *c, unsigned holds)
{
    (void)c;
    (void)holds;
    return 0;
}

#endif

unsigned confine_rules(const struct confinement *c, unsigned holds)
{
    unsigned added = c->without & HOLDS_LANDLOCK ? 0 : landlock(c, holds);

    return added | (c->without & HOLDS_SECCOMP ? 0 : seccomp(c, holds | added));
}

#else

unsigned confine_rules(const struct confinement *c, unsigned holds)
{
    (void)c;
    (void)holds;
    return 0;
}

#endif
