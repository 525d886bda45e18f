#define _DEFAULT_SOURCE /* TIOCGWINSZ is in no standard, and everywhere */

#include "compare/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define OUTPUT_MAX ((size_t)8 << 20)
#define ESCAPE 27

/* alternate screen, no cursor, no wrapping at the right edge; and back, from the middle of a sequence too (CAN ends one) */
static const char enter[] = "\033[?1049h\033[?25l\033[?7l\033[0m\033[2J";
static const char leave[] = "\030\033[0m\033[?7h\033[?25h\033[?1049l";

static const int deadly[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGSYS};
#define DEADLY (sizeof deadly / sizeof deadly[0])

/* for the handler: what to put back; taken is set while there is something */
static struct termios at_first;
static volatile sig_atomic_t taken;

struct terminal {
    int out; /* a description of our own of the terminal, so that not waiting is our own affair */
    bool own_out;
    struct screen_look look;
    struct screen shown;   /* what the terminal shows, once `pending` is out */
    struct buffer pending; /* bytes that are still to be written, from `written` on */
    size_t written;
    bool redraw;
    unsigned char keys[64];
    size_t key_count, key_next;
    struct sigaction before[DEADLY];
};

static void put_back(void)
{
    ssize_t ignored;

    if (!taken)
        return;
    taken = 0;
    ignored = write(STDOUT_FILENO, leave, sizeof leave - 1);
    (void)ignored;
    /* not TCSADRAIN: a terminal that is held would hold up the end */
    tcsetattr(STDIN_FILENO, TCSANOW, &at_first);
}

static void on_deadly(int number)
{
    put_back();
    signal(number, SIG_DFL);
    raise(number);
}

static void take_over(void)
{
    struct termios raw = at_first;
    ssize_t ignored;

    /* Ctrl-C and Ctrl-Z come as keys: a signal of the terminal would reach the schedulers too. Ctrl-S holds nothing up */
    raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO | ISIG | IEXTEN);
    raw.c_iflag &= (tcflag_t) ~(IXON | ICRNL | INLCR);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    taken = 1;
    tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    ignored = write(STDOUT_FILENO, enter, sizeof enter - 1);
    (void)ignored;
}

static int open_output(struct terminal *t)
{
    const char *name = ttyname(STDOUT_FILENO);
    int fd = name ? open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) : -1;

    t->own_out = fd >= 0;
    return fd >= 0 ? fd : STDOUT_FILENO;
}

bool terminal_is_there(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
}

struct terminal *terminal_open(struct error *err)
{
    struct sigaction action = {.sa_handler = on_deadly};
    struct terminal *t;
    size_t i;

    if (!terminal_is_there() || tcgetattr(STDIN_FILENO, &at_first) < 0) {
        error_set(err, ERROR_RUNTIME, "stdin and stdout are no terminal");
        return NULL;
    }
    t = calloc(1, sizeof *t);
    if (!t) {
        error_no_memory(err);
        return NULL;
    }
    buffer_init(&t->pending, OUTPUT_MAX);
    t->look = terminal_look();
    t->out = open_output(t);
    t->redraw = true;
    sigemptyset(&action.sa_mask);
    for (i = 0; i < DEADLY; i++)
        sigaction(deadly[i], &action, &t->before[i]);
    take_over();
    return t;
}

void terminal_close(struct terminal *t)
{
    size_t i;

    if (!t)
        return;
    put_back();
    for (i = 0; i < DEADLY; i++)
        sigaction(deadly[i], &t->before[i], NULL);
    if (t->own_out)
        close(t->out);
    screen_free(&t->shown);
    buffer_free(&t->pending);
    free(t);
}

static int from_environment(const char *name, int otherwise)
{
    const char *text = getenv(name);
    int value = text ? (int)strtol(text, NULL, 10) : 0;

    return value > 0 ? value : otherwise;
}

void terminal_size(const struct terminal *t, int *width, int *height)
{
    struct winsize size;

    (void)t;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row) {
        *width = size.ws_col;
        *height = size.ws_row;
    } else {
        *width = from_environment("COLUMNS", 80);
        *height = from_environment("LINES", 24);
    }
}

/* writes what it takes; an error that is not "later" ends the attempt, the next frame will see */
static void flush(struct terminal *t)
{
    while (t->written < t->pending.bytes) {
        ssize_t bytes = write(t->out, t->pending.data + t->written, t->pending.bytes - t->written);

        if (bytes < 0 && errno == EINTR)
            continue;
        if (bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (bytes <= 0)
            break;
        t->written += (size_t)bytes;
    }
    buffer_clear(&t->pending);
    t->written = 0;
}

int terminal_show(struct terminal *t, const struct screen *screen, struct error *err)
{
    flush(t);
    if (terminal_pending(t))
        return 0;
    if (screen_render(screen, t->redraw ? NULL : &t->shown, &t->look, &t->pending, err) < 0 ||
        screen_resize(&t->shown, screen->width, screen->height, err) < 0)
        return -1;
    memcpy(t->shown.cells, screen->cells, (size_t)screen->width * (size_t)screen->height * sizeof *screen->cells);
    t->redraw = false;
    flush(t);
    return 0;
}

void terminal_redraw(struct terminal *t)
{
    t->redraw = true;
}

bool terminal_pending(const struct terminal *t)
{
    return t->pending.bytes > 0;
}

int terminal_input(const struct terminal *t)
{
    (void)t;
    return STDIN_FILENO;
}

int terminal_output(const struct terminal *t)
{
    return t->out;
}

/* the next byte, -1: none, -2: the terminal is gone */
static int next_byte(struct terminal *t)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    ssize_t got;

    if (t->key_next < t->key_count)
        return t->keys[t->key_next++];
    t->key_next = t->key_count = 0;
    /* a terminal that was hung up reads as empty for ever */
    if (poll(&in, 1, 0) > 0 && (in.revents & (POLLHUP | POLLERR | POLLNVAL)))
        return -2;
    got = read(STDIN_FILENO, t->keys, sizeof t->keys);
    if (got < 0 && errno != EINTR && errno != EAGAIN)
        return -2;
    if (got <= 0)
        return -1;
    t->key_count = (size_t)got;
    return t->keys[t->key_next++];
}

/* behind an ESC: "[" parameters and a final byte, or "O" and one byte, or whatever was pressed with Alt */
static void skip_sequence(struct terminal *t)
{
    int byte = next_byte(t);

    if (byte == 'O') {
        next_byte(t);
        return;
    }
    if (byte != '[')
        return;
    do
        byte = next_byte(t);
    while (byte >= 0x20 && byte < 0x40);
}

int terminal_key(struct terminal *t)
{
    int byte = next_byte(t);

    while (byte == ESCAPE) {
        skip_sequence(t);
        byte = next_byte(t);
    }
    return byte == -2 ? TERMINAL_CTRL_C : byte < 0 ? TERMINAL_NO_KEY : byte;
}

void terminal_leave(struct terminal *t)
{
    buffer_clear(&t->pending);
    t->written = 0;
    put_back();
}

void terminal_return(struct terminal *t)
{
    take_over();
    t->redraw = true;
}

struct screen_look terminal_look(void)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    struct screen_look look = {.colour = !(no_color && *no_color) && !(term && !strcmp(term, "dumb"))};

    setlocale(LC_CTYPE, "");
    look.ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    setlocale(LC_CTYPE, "C");
    return look;
}
