#include "grade/candidate.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "grade/folder.h"
#include "grade/sandbox.h"
#include "grade/text.h"

#define COPY_BYTES (INT64_C(64) << 20)
#define COPY_ENTRIES 4096
#define BUILD_US 120000000
#define BUILD_GRACE_MS 500
#define NO_PORT 9 /* a build reaches nothing: discard is not served anywhere */
#define BUILD_LINES 200

/* %s: polling or watch */
static const char *const binaries[] = {"%s", "bin/%s", "%s-scheduler", "bin/%s-scheduler"};
static const char *const scripts[] = {"%s.py", "%s-scheduler.py", "%s_scheduler.py", "%s/scheduler.py", "variants/%s/scheduler.py"};

static bool is_file(const struct candidate *c, const char *name, int mode)
{
    struct stat status;
    char path[512];

    snprintf(path, sizeof path, "%s/%s", c->copy, name);
    return lstat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, mode) == 0;
}

/* a command line; NULL when there is no memory */
static char *command_of(const struct candidate *c, const char *interpreter, const char *name)
{
    const size_t size = strlen(interpreter) + sizeof c->copy + strlen(name) + 8;
    char *command = malloc(size);

    if (command)
        snprintf(command, size, "%s%s'%s/%s'", interpreter, *interpreter ? " " : "", c->copy, name);
    return command;
}

/* its name within the copy, its interpreter; false: there is none */
static bool find(const struct candidate *c, const char *program, const char *python, char name[64], const char **interpreter)
{
    size_t i;

    *interpreter = "";
    for (i = 0; i < sizeof binaries / sizeof *binaries; i++) {
        snprintf(name, 64, binaries[i], program);
        if (is_file(c, name, X_OK))
            return true;
    }
    *interpreter = python;
    for (i = 0; i < sizeof scripts / sizeof *scripts; i++) {
        snprintf(name, 64, scripts[i], program);
        if (is_file(c, name, R_OK))
            return true;
    }
    snprintf(name, 64, "scheduler.py");
    return !strcmp(program, "polling") && is_file(c, name, R_OK);
}

static void note(struct candidate *c, const char *text)
{
    size_t used = strlen(c->note);

    snprintf(c->note + used, sizeof c->note - used, "%s%s", used ? "; " : "", text);
}

static int take(struct candidate *c, const char *program, const char *python, char **command, struct error *err)
{
    const char *interpreter;
    char name[64], text[96];

    if (!find(c, program, python, name, &interpreter)) {
        snprintf(name, sizeof name, "%s", program);
        interpreter = "";
        snprintf(text, sizeof text, is_file(c, program, F_OK) ? "%s is not executable" : "no %s program", program);
        note(c, text);
    }
    *command = command_of(c, interpreter, name);
    return *command ? 0 : error_no_memory(err);
}

static void on_build_line(void *ctx, int fd, int64_t now_us, const char *line, size_t bytes)
{
    int *lines = ctx;
    char *clean;

    (void)fd;
    (void)now_us;
    if ((*lines)++ >= BUILD_LINES)
        return;
    clean = text_clean(line, bytes, 500);
    fprintf(stderr, "build: %s\n", clean ? clean : "");
    free(clean);
}

static struct sandbox_limits build_limits(void)
{
    struct sandbox_limits limits = sandbox_default_limits();

    limits.cpu_ms = 120000;
    limits.file_bytes = INT64_C(64) << 20;
    limits.disk_bytes = INT64_C(512) << 20;
    return limits;
}

/* what goes wrong is noted */
static int build_it(struct candidate *c, const char *build, const volatile sig_atomic_t *stop, struct error *err)
{
    char shell[] = "/bin/sh", flag[] = "-c", *command = strdup(build), end[64], text[128];
    char *argv[] = {shell, flag, command, NULL};
    struct sandbox_plan plan = {.argv = argv, .folder = c->copy, .writable = c->copy, .port = NO_PORT, .limits = build_limits()};
    int64_t deadline = clock_system()->monotonic_us(clock_system()) + BUILD_US;
    struct sandbox *sandbox = command ? sandbox_start(&plan, on_build_line, &(int){0}, err) : NULL;
    enum sandbox_end how = SANDBOX_RUNNING;
    bool late = false;

    if (!sandbox) {
        free(command);
        return command ? -1 : error_no_memory(err);
    }
    while (how == SANDBOX_RUNNING && !late && !*stop) {
        how = sandbox_poll(sandbox, 200);
        late = clock_system()->monotonic_us(clock_system()) > deadline;
    }
    how = sandbox_stop(sandbox, BUILD_GRACE_MS);
    sandbox_describe(sandbox, end);
    snprintf(text, sizeof text, "build failed: %s", late ? "it hung" : end);
    if (how != SANDBOX_EXITED || sandbox_code(sandbox) != 0)
        note(c, text);
    sandbox_free(sandbox);
    free(command);
    return *stop ? error_set(err, ERROR_RUNTIME, "interrupted") : 0;
}

static int copy(struct candidate *c, const char *folder, struct error *err)
{
    const char *tmp = getenv("TMPDIR");

    if (snprintf(c->place, sizeof c->place, "%s/grade-XXXXXX", tmp && *tmp ? tmp : "/tmp") >= (int)sizeof c->place || !mkdtemp(c->place)) {
        *c->place = '\0';
        return error_set(err, ERROR_RUNTIME, "TMPDIR: no folder can be made in it: %s", strerror(errno));
    }
    /* a program with a user id of its own has to get to the copy, by its name alone */
    chmod(c->place, 0711);
    snprintf(c->copy, sizeof c->copy, "%s/submission", c->place);
    return folder_copy(folder, c->copy, COPY_BYTES, COPY_ENTRIES, err);
}

int candidate_open(struct candidate *c, const char *folder, const char *build, const char *python, const volatile sig_atomic_t *stop,
                   struct error *err)
{
    const char *ignored;
    char name[64];
    bool complete;

    memset(c, 0, sizeof *c);
    if (copy(c, folder, err) < 0)
        goto failed;
    complete = find(c, "polling", python, name, &ignored) && find(c, "watch", python, name, &ignored);
    if ((build || (!complete && (is_file(c, "Makefile", R_OK) || is_file(c, "makefile", R_OK)))) &&
        build_it(c, build ? build : "make", stop, err) < 0)
        goto failed;
    if (take(c, "polling", python, &c->polling, err) < 0 || take(c, "watch", python, &c->watch, err) < 0)
        goto failed;
    return 0;
failed:
    candidate_close(c);
    return -1;
}

void candidate_close(struct candidate *c)
{
    struct error ignored = ERROR_INIT;

    if (*c->place)
        folder_remove(c->place, &ignored);
    free(c->polling);
    free(c->watch);
    memset(c, 0, sizeof *c);
}
