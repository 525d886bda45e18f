#define _XOPEN_SOURCE 700
#define _DEFAULT_SOURCE /* TIOCSWINSZ, TIOCSCTTY */
#include "tests/blackbox/support/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct news {
    pid_t pid;
    int status;
};

static void set_size(int fd, int columns, int rows)
{
    struct winsize size = {.ws_col = (unsigned short)columns, .ws_row = (unsigned short)rows};

    ioctl(fd, TIOCSWINSZ, &size);
}

/* the shell's part: a job in the foreground, and news of what becomes of it */
static void be_session(const char *slave_name, const char *const *argv, int news, int lifeline)
{
    struct news told = {0, 0};
    int slave;
    char byte;

    setsid();
    slave = open(slave_name, O_RDWR);
    if (slave < 0)
        _exit(125);
    ioctl(slave, TIOCSCTTY, 0);
    signal(SIGTTOU, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    told.pid = fork();
    if (told.pid == 0) {
        setpgid(0, 0);
        tcsetpgrp(slave, getpid());
        signal(SIGTTOU, SIG_DFL);
        signal(SIGHUP, SIG_DFL);
        dup2(slave, 0);
        dup2(slave, 1);
        dup2(slave, 2);
        if (slave > 2)
            close(slave);
        close(news);
        close(lifeline);
        execv(argv[0], (char *const *)(uintptr_t)argv);
        _exit(126);
    }
    setpgid(told.pid, told.pid);
    tcsetpgrp(slave, told.pid);
    if (write(news, &told, sizeof told) != sizeof told)
        _exit(125);
    while (waitpid(told.pid, &told.status, WUNTRACED | WCONTINUED) == told.pid) {
        if (write(news, &told, sizeof told) != sizeof told || WIFEXITED(told.status) || WIFSIGNALED(told.status))
            break;
    }
    /* a session leader that ends would hang up the terminal before the test has looked at it; the end of the test is its own */
    while (read(lifeline, &byte, 1) > 0)
        ;
    kill(-told.pid, SIGKILL);
    _exit(0);
}

void pty_start(struct pty *pty, const char *const *argv, int columns, int rows)
{
    struct news told;
    int news[2], lifeline[2];

    memset(pty, 0, sizeof *pty);
    pty->master = posix_openpt(O_RDWR | O_NOCTTY);
    REQUIRE(pty->master >= 0 && grantpt(pty->master) == 0 && unlockpt(pty->master) == 0, "no pseudo terminal: %s", strerror(errno));
    pty->slave = open(ptsname(pty->master), O_RDWR | O_NOCTTY);
    REQUIRE(pty->slave >= 0 && tcgetattr(pty->slave, &pty->before) == 0 && pipe(news) == 0 && pipe(lifeline) == 0, "no terminal: %s",
            strerror(errno));
    fcntl(pty->master, F_SETFL, O_NONBLOCK);
    fcntl(pty->master, F_SETFD, FD_CLOEXEC);
    fcntl(pty->slave, F_SETFD, FD_CLOEXEC);
    fcntl(news[0], F_SETFD, FD_CLOEXEC);
    fcntl(lifeline[1], F_SETFD, FD_CLOEXEC);
    pty_resize(pty, columns, rows);
    pty->session = fork();
    REQUIRE(pty->session >= 0, "fork: %s", strerror(errno));
    if (pty->session == 0) {
        const char *name = ptsname(pty->master);

        close(news[0]);
        close(lifeline[1]);
        close(pty->master);
        close(pty->slave);
        be_session(name, argv, news[1], lifeline[0]);
    }
    close(news[1]);
    close(lifeline[0]);
    pty->news = news[0];
    pty->lifeline = lifeline[1];
    REQUIRE(read(pty->news, &told, sizeof told) == sizeof told, "the session does not start");
    pty->program = told.pid;
    fcntl(pty->news, F_SETFL, O_NONBLOCK);
}

void pty_close(struct pty *pty)
{
    /* its children too, where it had no time to end them */
    kill(-pty->program, SIGKILL);
    kill(pty->session, SIGKILL);
    waitpid(pty->session, NULL, 0);
    close(pty->master);
    close(pty->slave);
    close(pty->news);
    close(pty->lifeline);
}

/* ---- the terminal ---- */

static void erase(struct pty *pty)
{
    for (int y = 0; y < PTY_ROWS; y++) {
        memset(pty->screen[pty->alternate][y], ' ', PTY_COLUMNS);
        pty->screen[pty->alternate][y][PTY_COLUMNS] = '\0';
    }
}

static void set_mode(struct pty *pty, const char *mode, bool on)
{
    if (!strncmp(mode, "?1049", 5)) {
        pty->alternate = on;
        if (on)
            erase(pty);
    } else if (!strncmp(mode, "?25", 3)) {
        pty->cursor_hidden = !on;
    } else if (!strncmp(mode, "?7", 2)) {
        pty->no_wrap = !on;
    } else {
        REQUIRE(false, "an unknown mode: %.8s", mode);
    }
}

/* "ESC [ parameters final" */
static void sequence(struct pty *pty, const char *parameters, char final)
{
    char *end;

    switch (final) {
    case 'H':
        pty->y = (int)strtol(parameters, &end, 10) - 1;
        pty->x = (int)strtol(*end ? end + 1 : end, NULL, 10) - 1;
        REQUIRE(pty->x >= 0 && pty->y >= 0 && pty->y < PTY_ROWS && pty->x < PTY_COLUMNS, "the cursor goes to %d,%d", pty->x, pty->y);
        break;
    case 'J':
        erase(pty);
        break;
    case 'h':
    case 'l':
        set_mode(pty, parameters, final == 'h');
        break;
    case 'm':
    case 'K':
        break;
    default:
        REQUIRE(false, "an unknown sequence: %s%c", parameters, final);
    }
}

static void character(struct pty *pty, unsigned char byte)
{
    if (!pty->alternate && pty->all_bytes < sizeof pty->all - 1)
        pty->all[pty->all_bytes++] = (char)byte;
    if (byte == '\r')
        pty->x = 0;
    if (byte == '\n' && pty->y + 1 < PTY_ROWS)
        pty->y++;
    /* the bytes of a character behind its first */
    if (byte < 0x20 || (byte & 0xc0) == 0x80)
        return;
    if (pty->x < PTY_COLUMNS)
        pty->screen[pty->alternate][pty->y][pty->x++] = byte < 0x80 ? (char)byte : '*';
}

static void feed(struct pty *pty, char byte)
{
    if (byte == '\030') {
        pty->held_bytes = 0;
        return;
    }
    if (!pty->held_bytes && byte != '\033') {
        character(pty, (unsigned char)byte);
        return;
    }
    REQUIRE(pty->held_bytes + 1 < sizeof pty->held, "a sequence without an end");
    pty->held[pty->held_bytes++] = byte;
    pty->held[pty->held_bytes] = '\0';
    if (pty->held_bytes > 2 && byte >= 0x40) {
        pty->held[pty->held_bytes - 1] = '\0';
        sequence(pty, pty->held + 2, byte);
        pty->held_bytes = 0;
    }
}

static void take_news(struct pty *pty)
{
    struct news told;

    while (read(pty->news, &told, sizeof told) == sizeof told) {
        pty->stopped = WIFSTOPPED(told.status);
        pty->ended = WIFEXITED(told.status) || WIFSIGNALED(told.status);
        if (pty->ended)
            pty->exit_code = WIFEXITED(told.status) ? WEXITSTATUS(told.status) : 128 + WTERMSIG(told.status);
    }
}

void pty_look(struct pty *pty)
{
    char part[4096];
    ssize_t bytes;

    /* news first: what was written before the end is then read too */
    take_news(pty);
    while ((bytes = read(pty->master, part, sizeof part)) > 0)
        for (ssize_t i = 0; i < bytes; i++)
            feed(pty, part[i]);
}

bool pty_shows(struct pty *pty, const char *text)
{
    pty_look(pty);
    for (int y = 0; y < pty->rows; y++)
        if (strstr(pty->screen[pty->alternate][y], text))
            return true;
    return false;
}

const char *pty_row(struct pty *pty, int row)
{
    pty_look(pty);
    return pty->screen[pty->alternate][row];
}

void pty_press(struct pty *pty, const char *keys)
{
    REQUIRE(write(pty->master, keys, strlen(keys)) == (ssize_t)strlen(keys), "the keys are not taken");
}

void pty_resize(struct pty *pty, int columns, int rows)
{
    pty->columns = columns;
    pty->rows = rows;
    set_size(pty->master, columns, rows);
}

void pty_is_as_before(struct pty *pty, const char *when)
{
    struct termios now;

    pty_look(pty);
    REQUIRE(tcgetattr(pty->slave, &now) == 0, "tcgetattr: %s", strerror(errno));
    REQUIRE(now.c_iflag == pty->before.c_iflag && now.c_oflag == pty->before.c_oflag && now.c_cflag == pty->before.c_cflag &&
                now.c_lflag == pty->before.c_lflag && !memcmp(now.c_cc, pty->before.c_cc, sizeof now.c_cc),
            "%s: the terminal's settings are not what they were", when);
    REQUIRE(!pty->alternate, "%s: the alternate screen is still there", when);
    REQUIRE(!pty->cursor_hidden, "%s: the cursor is hidden", when);
    REQUIRE(!pty->no_wrap, "%s: lines do not wrap", when);
}

void pty_ends(struct pty *pty, int exit_code)
{
    WAIT_UNTIL((pty_look(pty), pty->ended), "it does not end; its last row is: %s", pty_row(pty, pty->rows - 1));
    REQUIRE(pty->exit_code == exit_code, "it ended with %d instead of %d:\n%s", pty->exit_code, exit_code, pty->all);
    pty_is_as_before(pty, "at the end");
}
