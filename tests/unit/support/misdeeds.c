#define _GNU_SOURCE

#include "tests/unit/support/misdeeds.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#endif

#define MIB (1 << 20)

extern char **environ;

static void say(const char *text)
{
    printf("%s\n", text);
    fflush(stdout);
}

static void wait_for_ever(void)
{
    for (;;)
        pause();
}

static int hang(char **arguments)
{
    (void)arguments;
    say("ready");
    wait_for_ever();
    return 0;
}

static int ignore_term(char **arguments)
{
    int number;

    (void)arguments;
    for (number = 1; number < 32; number++)
        signal(number, SIG_IGN);
    say("ready");
    wait_for_ever();
    return 0;
}

static void on_term(int number)
{
    (void)number;
    say("asked to end");
    _exit(3);
}

static int end_when_asked(char **arguments)
{
    (void)arguments;
    signal(SIGTERM, on_term);
    say("ready");
    wait_for_ever();
    return 0;
}

static int fork_without_end(char **arguments)
{
    (void)arguments;
    for (;;)
        fork();
    return 0;
}

/* a chain: each forks its successor and ends, so that whoever looks sees few */
static int fork_and_flee(char **arguments)
{
    (void)arguments;
    for (;;) {
        pid_t pid = fork();

        if (pid > 0)
            _exit(0);
        if (pid == 0)
            setsid();
    }
    return 0;
}

/* as a shell's fork bomb: at the limit each gives up, and the program only hangs */
static int fork_and_give_up(char **arguments)
{
    (void)arguments;
    if (fork() == 0) {
        while (fork() >= 0)
            ;
        _exit(0);
    }
    wait_for_ever();
    return 0;
}

static int fill_output(char **arguments)
{
    char line[1000];

    (void)arguments;
    memset(line, 'x', sizeof line);
    line[sizeof line - 1] = '\n';
    for (;;)
        fwrite(line, 1, sizeof line, stdout);
    return 0;
}

static int long_line(char **arguments)
{
    int i;

    (void)arguments;
    for (i = 0; i < 100000; i++)
        putchar('x');
    printf("\nafter\nno newline");
    return 0;
}

/* the compiler must not see that nobody reads it */
static void take(size_t bytes)
{
    volatile char *block = malloc(bytes);
    size_t at;

    for (at = 0; block && at < bytes; at += 1024)
        block[at] = 1;
}

static int fill_memory(char **arguments)
{
    (void)arguments;
    for (;;)
        take(MIB);
    return 0;
}

/* each by itself is small */
static int fill_memory_together(char **arguments)
{
    int i;

    (void)arguments;
    for (i = 0; i < 16; i++)
        if (fork() == 0) {
            take(32 * MIB);
            wait_for_ever();
        }
    wait_for_ever();
    return 0;
}

/* memory that no resident set shows */
static int hide_memory(char **arguments)
{
    (void)arguments;
#ifdef SYS_memfd_create
    int fd = (int)syscall(SYS_memfd_create, "x", 0);

    say(fd < 0 ? "refused" : "hidden");
#endif
    return 0;
}

static int fill_disk(char **arguments)
{
    static char block[MIB];
    char name[64];
    int i, fd;

    (void)arguments;
    for (i = 0; i < 4096; i++) {
        snprintf(name, sizeof name, "file-%d", i);
        fd = open(name, O_WRONLY | O_CREAT, 0600);
        if (fd < 0 || write(fd, block, sizeof block) != (ssize_t)sizeof block) {
            say(strerror(errno));
            return 7;
        }
        close(fd);
    }
    say("all written");
    return 0;
}

static int write_big_file(char **arguments)
{
    static char block[MIB];
    int fd = open("big", O_WRONLY | O_CREAT, 0600), i;

    (void)arguments;
    for (i = 0; i < 64; i++)
        if (write(fd, block, sizeof block) < 0)
            return 7;
    return 0;
}

static int burn(char **arguments)
{
    volatile unsigned long n = 0;

    (void)arguments;
    for (;;)
        n++;
    return 0;
}

/* in children that end one after the other, each with little */
static int burn_in_children(char **arguments)
{
    (void)arguments;
    for (;;) {
        pid_t pid = fork();

        if (pid == 0) {
            volatile unsigned long n;

            for (n = 0; n < 20000000; n++)
                ;
            _exit(0);
        }
        waitpid(pid, NULL, 0);
    }
    return 0;
}

/* away from its session, its parent and its signals, while the program itself ends well */
static int daemonise(char **arguments)
{
    (void)arguments;
    if (fork() == 0) {
        setsid();
        signal(SIGTERM, SIG_IGN);
        signal(SIGHUP, SIG_IGN);
        if (fork() == 0)
            wait_for_ever();
        _exit(0);
    }
    usleep(50000);
    say("gone");
    return 0;
}

/* arguments: process ids */
static int kill_others(char **arguments)
{
    for (; *arguments; arguments++) {
        pid_t pid = (pid_t)atol(*arguments);

        kill(pid, SIGKILL);
        kill(-pid, SIGKILL);
        kill(pid, SIGSTOP);
#ifdef __linux__
        syscall(SYS_tgkill, pid, pid, SIGKILL);
        syscall(SYS_tkill, pid, SIGKILL);
#endif
    }
    kill(getppid(), SIGKILL);
    kill(getppid(), SIGSTOP);
    kill(1, SIGKILL);
    say("done");
    return 0;
}

/* arguments: process ids; and whatever /proc names */
static int look_into_others(char **arguments)
{
#ifdef __linux__
    char path[300], text[65536];
    struct dirent *entry;
    DIR *proc = opendir("/proc");
    static const char *const files[] = {"environ", "cmdline", "mem", "maps"};
    size_t i;

    for (; *arguments; arguments++) {
        pid_t pid = (pid_t)atol(*arguments);

        if (ptrace(PTRACE_ATTACH, pid, 0, 0) == 0)
            say("ATTACHED");
        for (i = 0; i < sizeof files / sizeof *files; i++) {
            snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, files[i]);
            if (open(path, O_RDONLY) >= 0 && i != 1) {
                printf("OPENED %s\n", files[i]);
                say("");
            }
        }
    }
    ptrace(PTRACE_ATTACH, getppid(), 0, 0);
    while (proc && (entry = readdir(proc)) != NULL)
        for (i = 0; i < 2; i++) {
            int fd;
            ssize_t got;

            snprintf(path, sizeof path, "/proc/%s/%s", entry->d_name, files[i]);
            fd = open(path, O_RDONLY);
            got = fd >= 0 ? read(fd, text, sizeof text) : -1;
            if (got > 0 && memmem(text, (size_t)got, "a-secret-word", 13)) {
                printf("FOUND in %s\n", path);
                say("");
            }
        }
#else
    (void)arguments;
#endif
    say("done");
    return 0;
}

/* arguments: paths */
static int read_files(char **arguments)
{
    for (; *arguments; arguments++) {
        char text[256];
        int fd = open(*arguments, O_RDONLY);
        ssize_t got = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
        DIR *folder = opendir(*arguments);

        if (got > 0) {
            text[got] = '\0';
            printf("READ %s: %s\n", *arguments, text);
        }
        if (folder)
            printf("LISTED %s\n", *arguments);
    }
    say("done");
    return 0;
}

/* arguments: paths of files; their folders are tried too */
static int write_files(char **arguments)
{
    for (; *arguments; arguments++) {
        char beside[4096];
        int fd = open(*arguments, O_WRONLY | O_APPEND), ignored;

        if (fd >= 0)
            ignored = (int)write(fd, "forged", 6);
        fd = open(*arguments, O_WRONLY | O_TRUNC);
        ignored = truncate(*arguments, 0);
        ignored = chmod(*arguments, 0777);
        ignored = unlink(*arguments);
        snprintf(beside, sizeof beside, "%s-forged", *arguments);
        fd = open(beside, O_WRONLY | O_CREAT, 0666);
        ignored = rename(*arguments, beside);
        ignored = symlink("/etc/passwd", *arguments);
        (void)ignored;
    }
    say("done");
    return 0;
}

/* arguments: a port; prints how many connections it held at once, and goes on */
static int connect_often(char **arguments)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(*arguments))};
    int count = 0, i;

    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (i = 0; i < 5000; i++) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

        if (fd < 0)
            break;
        if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0 || errno == EINPROGRESS)
            count++;
    }
    printf("%d\n", count);
    return 0;
}

/* arguments: ports; says which it reaches */
static int connect_to(char **arguments)
{
    for (; *arguments; arguments++) {
        struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(*arguments))};
        int fd = socket(AF_INET, SOCK_STREAM, 0);

        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        printf("%s\n", connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? "reached" : "refused");
        close(fd);
    }
    return 0;
}

/* arguments: a path */
static int connect_unix(char **arguments)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(to.sun_path, sizeof to.sun_path, "%s", *arguments);
    say(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? "reached" : "refused");
    return 0;
}

static int show_surroundings(char **arguments)
{
    char **variable, folder[4096], *config = getenv("KUBECONFIG"), text[256];
    FILE *file = config ? fopen(config, "r") : NULL;
    int fd;

    (void)arguments;
    for (variable = environ; *variable; variable++)
        printf("ENV %s\n", *variable);
    for (fd = 0; fd < 1024; fd++)
        if (fcntl(fd, F_GETFD) >= 0 && (!file || fd != fileno(file)))
            printf("FD %d\n", fd);
    printf("CWD %s\n", getcwd(folder, sizeof folder));
    if (file && fgets(text, sizeof text, file))
        printf("CONFIG %s\n", text);
    printf("OUT\n");
    fprintf(stderr, "ERR\n");
    return 0;
}

/* arguments: a path: it leaves a file there, as a build does */
static int make_file(char **arguments)
{
    FILE *file = fopen(*arguments, "w");

    return file && fputs("made", file) >= 0 && fclose(file) == 0 ? 0 : 1;
}

static int end_with(char **arguments)
{
    return atoi(*arguments);
}

static int die_of(char **arguments)
{
    signal(atoi(*arguments), SIG_DFL);
    raise(atoi(*arguments));
    wait_for_ever();
    return 0;
}

static int new_namespace(char **arguments)
{
    (void)arguments;
#ifdef __linux__
    say(unshare(CLONE_NEWUSER) == 0 ? "entered" : "refused");
#else
    say("refused");
#endif
    return 0;
}

int misdeed(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(char **arguments);
    } deeds[] = {{"hang", hang},
                 {"ignore-term", ignore_term},
                 {"end-when-asked", end_when_asked},
                 {"fork-without-end", fork_without_end},
                 {"fork-and-flee", fork_and_flee},
                 {"fork-and-give-up", fork_and_give_up},
                 {"fill-output", fill_output},
                 {"long-line", long_line},
                 {"fill-memory", fill_memory},
                 {"fill-memory-together", fill_memory_together},
                 {"hide-memory", hide_memory},
                 {"fill-disk", fill_disk},
                 {"write-big-file", write_big_file},
                 {"burn", burn},
                 {"burn-in-children", burn_in_children},
                 {"daemonise", daemonise},
                 {"kill-others", kill_others},
                 {"look-into-others", look_into_others},
                 {"read-files", read_files},
                 {"write-files", write_files},
                 {"connect-often", connect_often},
                 {"connect-to", connect_to},
                 {"connect-unix", connect_unix},
                 {"show-surroundings", show_surroundings},
                 {"make-file", make_file},
                 {"end-with", end_with},
                 {"die-of", die_of},
                 {"new-namespace", new_namespace}};
    size_t i;

    for (i = 0; argc >= 2 && i < sizeof deeds / sizeof *deeds; i++)
        if (strcmp(argv[0], deeds[i].name) == 0)
            return deeds[i].run(argv + 2);
    return 99;
}
