/*
 * sandbox_run.h: runs the misdeeds in a sandbox, by whoever may run the grader, and looks at what is left of them.
 */
#ifndef TESTS_UNIT_SUPPORT_SANDBOX_RUN_H
#define TESTS_UNIT_SUPPORT_SANDBOX_RUN_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>

#include "grade/sandbox_internal.h"

#define LONG_MS 30000 /* the end of a wait that has a state to wait for */

/* Who runs the grader, and what the system lacks. */
struct mode {
    const char *name;
    bool root;
    unsigned without;
};
enum { MODES = 5 };
extern const struct mode modes[MODES];
/* where nothing holds but the limits: the machine is safe from mishaps, not from malice */
extern const struct mode limits_only;

extern char sandbox_place[128]; /* of this program: program, sub/ (the submission's), grader/ (ours), tmp/, out/ */
extern char program[160];       /* a copy of ourselves that everybody may execute */
extern bool was_root;           /* whoever we are now */

/* What a run printed, and how it ended. */
extern struct outcome {
    char text[65536];
    size_t bytes;
    int lines;
    enum sandbox_end end;
    int code;
    struct sandbox_usage usage;
    int64_t took_us;
} got;

/* The plan of a misdeed. */
struct request {
    struct sandbox_plan plan;
    char words[24][256];
    char *argv[24];
};

/* To be called first in main(): does not return when this process is a misdeed. Else makes the place. */
void sandbox_run_begin(int argc, char **argv);
/* Runs the suite, removes the place; returns the exit code. */
int sandbox_run_end(Suite *suite);

/* Becomes who the mode says, for the rest of this test; false: cannot be played here. */
bool enter(const struct mode *mode);

/* "PLACE/NAME"; static, valid until the eighth next call. A file's beginning, static; "none" when it cannot be read. */
const char *place_of(const char *name);
const char *content(const char *path);
int64_t now_us(void);

/* Fills the request for a misdeed; its arguments end with NULL (NULL allowed). */
void ask(struct request *request, const char *deed, const char *const *arguments);
struct sandbox *begin(const struct request *request);

/* The sandbox_line of all of them: adds to got.text. */
void got_line(void *ctx, int fd, int64_t at_us, const char *line, size_t bytes);

/* Until it has printed the text; fails the test when it ends before. */
void await_text(struct sandbox *sandbox, const char *text);

/* Stops and frees it, and fills `got`; fails the test when a process or a file of it is left. */
void finish(struct sandbox *sandbox, int64_t grace_ms);

/* begin(), to its own end or to that of a limit, finish(). */
void run(const struct request *request);
void run_deed(const char *deed, const char *const *arguments);

/* Processes of this test's misdeeds, whoever they belong to; zombies do not count. */
int processes_left(void);
void nothing_is_left(void);

#endif
