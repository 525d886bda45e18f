#define _GNU_SOURCE

#include "tests/unit/support/misdeeds.h"
#include "tests/unit/support/misdeeds_internal.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#endif

#define MIB (1 << 20)

extern char **environ;

void misdeed_say(const char *text)
{
    printf("%s\n", text);
    fflush(stdout);
}

/* not so long that one that got away is there tomorrow */
static void wait_for_ever(void)
{
    const time_t until = time(NULL) + 600;

    while (time(NULL) < until)
        sleep(1);
}

static int hang(char **arguments)
{
    (void)arguments;
    misdeed_say("ready");
    wait_for_ever();
    return 0;
}

static int ignore_term(char **arguments)
{
    int number;

    (void)arguments;
    for (number = 1; number < 32; number++)
        signal(number, SIG_IGN);
    misdeed_say("ready");
    wait_for_ever();
    return 0;
}

static void on_term(int number)
{
    (void)number;
    misdeed_say("asked to end");
    _exit(3);
}

static int end_when_asked(char **arguments)
{
    (void)arguments;
    signal(SIGTERM, on_term);
    misdeed_say("ready");
    wait_for_ever();
    return 0;
}

/* A bomb that no sandbox stops must not take the machine with it: what it may make in all, and until when. In memory that all of it share. */
static struct {
    int made;
    time_t until;
} * fuse;

static void light_fuse(void)
{
    fuse = mmap(NULL, sizeof *fuse, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (fuse == MAP_FAILED)
        _exit(1);
    fuse->until = time(NULL) + 60;
}

static bool burns(int most)
{
    return __atomic_add_fetch(&fuse->made, 1, __ATOMIC_RELAXED) <= most && time(NULL) < fuse->until;
}

#define BOMB 3000

static int fork_without_end(char **arguments)
{
    (void)arguments;
    light_fuse();
    while (burns(BOMB))
        fork();
    return 0;
}

/* a chain: each forks its successor and ends, so that whoever looks sees few */
static int fork_and_flee(char **arguments)
{
    (void)arguments;
    light_fuse();
    while (burns(INT_MAX)) {
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
    light_fuse();
    if (fork() == 0) {
        while (burns(BOMB) && fork() >= 0)
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
    int i;

    (void)arguments;
    for (i = 0; i < 4096; i++)
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

    misdeed_say(fd < 0 ? "refused" : "hidden");
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
            misdeed_say(strerror(errno));
            return 7;
        }
        close(fd);
    }
    misdeed_say("all written");
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
    misdeed_say("gone");
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
    misdeed_say(unshare(CLONE_NEWUSER) == 0 ? "entered" : "refused");
#else
    misdeed_say("refused");
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
                 {"kill-others", misdeed_kill_others},
                 {"look-into-others", misdeed_look_into_others},
                 {"read-files", misdeed_read_files},
                 {"write-files", misdeed_write_files},
                 {"connect-often", misdeed_connect_often},
                 {"connect-to", misdeed_connect_to},
                 {"connect-unix", misdeed_connect_unix},
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
