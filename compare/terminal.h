/*
 * terminal.h: the terminal as a stage: keys without Enter, the alternate screen, no cursor; and everything as it was on every way out. One at a
 * time. Frames are written without waiting: a terminal that is slow, or held, loses frames and never holds up who draws them.
 */
#ifndef COMPARE_TERMINAL_H
#define COMPARE_TERMINAL_H

#include <stdbool.h>

#include "common/error.h"
#include "compare/screen.h"

/* Keys beside letters. */
enum { TERMINAL_NO_KEY = 0, TERMINAL_CTRL_C = 3, TERMINAL_CTRL_L = 12, TERMINAL_CTRL_Z = 26 };

struct terminal;

/* Whether stdin and stdout are a terminal. */
bool terminal_is_there(void);

/*
 * Takes over the terminal of stdin and stdout, both of which must be one. A signal that kills the program (SIGSEGV, SIGABRT, …) puts it back first.
 * ERROR_RUNTIME when it is none. End with terminal_close(), which puts it back; NULL allowed.
 */
struct terminal *terminal_open(struct error *err);
void terminal_close(struct terminal *terminal);

/* The size it has now. */
void terminal_size(const struct terminal *terminal, int *width, int *height);

/* Shows the picture; it is copied. Dropped while the one before is not out yet: terminal_pending() then, and the next one will do. */
int terminal_show(struct terminal *terminal, const struct screen *screen, struct error *err);
/* Draws everything anew with the next picture. */
void terminal_redraw(struct terminal *terminal);
bool terminal_pending(const struct terminal *terminal);

/* The descriptor that keys come from, and the one to wait on for room while terminal_pending(). */
int terminal_input(const struct terminal *terminal);
int terminal_output(const struct terminal *terminal);

/* The next key that was pressed, or TERMINAL_NO_KEY. What function and arrow keys send is passed over. TERMINAL_CTRL_C when the terminal is gone. */
int terminal_key(struct terminal *terminal);

/* Puts the terminal back for a while, as for SIGTSTP; takes it over again. */
void terminal_leave(struct terminal *terminal);
void terminal_return(struct terminal *terminal);

/* How this terminal wants to be drawn on: NO_COLOR, TERM and the locale say it. */
struct screen_look terminal_look(void);

#endif
