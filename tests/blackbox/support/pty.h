/*
 * pty.h: a program on a terminal of its own: started from a session with job control, as a shell would, and what it draws read by a small
 * terminal that knows the escape codes of screen.h and terminal.h and ends the case at any other.
 */
#ifndef TESTS_BLACKBOX_PTY_H
#define TESTS_BLACKBOX_PTY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <termios.h>

#include "tests/blackbox/support/lab.h"

#define PTY_COLUMNS 200
#define PTY_ROWS 60

struct pty {
    int master, slave, news, lifeline; /* news: what the session says of the program */
    pid_t session, program;
    struct termios before; /* as it was when the program started */
    int columns, rows;
    char screen[2][PTY_ROWS][PTY_COLUMNS + 1]; /* the ordinary one and the alternate one; what is not ASCII is '*' */
    int alternate;                             /* 1: the alternate one is shown */
    bool cursor_hidden, no_wrap;
    int x, y;
    char held[64]; /* a sequence that has come in part */
    size_t held_bytes;
    bool stopped, ended;
    int exit_code;     /* once it has ended; 128+N for signal N */
    char all[1 << 16]; /* what was written to the ordinary screen */
    size_t all_bytes;
};

/* Starts argv[0] on a terminal of that size, stderr included. The program is a job in the foreground, and leads its process group. */
void pty_start(struct pty *pty, const char *const *argv, int columns, int rows);
/* Ends what is left of it. */
void pty_close(struct pty *pty);

/* Reads what there is to read. */
void pty_look(struct pty *pty);
/* Whether the screen shows this text now, in one row. */
bool pty_shows(struct pty *pty, const char *text);
/* The row, after a look. */
const char *pty_row(struct pty *pty, int row);
void pty_press(struct pty *pty, const char *keys);
void pty_resize(struct pty *pty, int columns, int rows);

/* Waits for the end, and ends the case unless the terminal is as it was: its settings, the ordinary screen, a cursor, wrapping. */
void pty_ends(struct pty *pty, int exit_code);
/* Ends the case unless the terminal is as it was. */
void pty_is_as_before(struct pty *pty, const char *when);

#endif
