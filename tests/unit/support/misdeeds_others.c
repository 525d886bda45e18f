#define _GNU_SOURCE

#include "tests/unit/support/misdeeds_internal.h"

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

/* arguments: process ids */
int misdeed_kill_others(char **arguments)
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
    misdeed_say("done");
    return 0;
}

/* arguments: process ids; and whatever /proc names */
int misdeed_look_into_others(char **arguments)
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
            misdeed_say("ATTACHED");
        for (i = 0; i < sizeof files / sizeof *files; i++) {
            snprintf(path, sizeof path, "/proc/%ld/%s", (long)pid, files[i]);
            if (open(path, O_RDONLY) >= 0 && i != 1) {
                printf("OPENED %s\n", files[i]);
                misdeed_say("");
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
                misdeed_say("");
            }
        }
#else
    (void)arguments;
#endif
    misdeed_say("done");
    return 0;
}

/* arguments: paths */
int misdeed_read_files(char **arguments)
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
    misdeed_say("done");
    return 0;
}

/* arguments: paths of files; their folders are tried too */
int misdeed_write_files(char **arguments)
{
    for (; *arguments; arguments++) {
        char beside[4096];
        int fd = open(*arguments, O_WRONLY | O_APPEND), ignored;

        if (fd >= 0)
            ignored = (int)write(fd, "forged", 6);
        fd = open(*arguments, O_WRONLY | O_TRUNC);
        ignored = truncate(*arguments, 0);
        ignored = chmod(*arguments, 0777);
        fd = open(*arguments, O_RDONLY);
        ignored = fchmod(fd, 0777);
        ignored = futimens(fd, NULL);
        ignored = unlink(*arguments);
        snprintf(beside, sizeof beside, "%s-forged", *arguments);
        fd = open(beside, O_WRONLY | O_CREAT, 0666);
        ignored = rename(*arguments, beside);
        ignored = symlink("/etc/passwd", *arguments);
        (void)ignored;
    }
    misdeed_say("done");
    return 0;
}

/* arguments: a port; prints how many connections it held at once, and goes on */
int misdeed_connect_often(char **arguments)
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
int misdeed_connect_to(char **arguments)
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
int misdeed_connect_unix(char **arguments)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(to.sun_path, sizeof to.sun_path, "%s", *arguments);
    misdeed_say(fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof to) == 0 ? "reached" : "refused");
    return 0;
}
