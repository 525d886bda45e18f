#define _GNU_SOURCE

#include "tests/unit/support/sandbox_run.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/clock.h"
#include "grade/folder.h"
#include "tests/unit/support/misdeeds.h"

#define NOBODY 65534

const struct mode modes[MODES] = {
    {"root", true, 0},
    {"root in a container", true, HOLDS_PROCESSES | HOLDS_VIEW},
    {"root with a process namespace alone", true, HOLDS_VIEW},
    {"user", false, 0},
    {"user without namespaces", false, HOLDS_PROCESSES | HOLDS_VIEW | HOLDS_USER},
};
const struct mode limits_only = {"limits only", false, 31};

char sandbox_place[128]; /* of this run: program, sub/ (the submission's), grader/ (ours), tmp/ */
char program[160];       /* a copy of ourselves that everybody may execute */
static char token[64];
bool was_root;

struct outcome got;

int64_t now_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

const char *place_of(const char *name)
{
    static char paths[8][256];
    static int at;
    char *path = paths[at++ % 8];

    snprintf(path, sizeof paths[0], "%s/%s", sandbox_place, name);
    return path;
}

/* ck_assert() is for tests alone */
static void must(bool done, const char *what)
{
    if (done)
        return;
    perror(what);
    exit(1);
}

static void write_file(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");

    must(file != NULL, path);
    fputs(text, file);
    fclose(file);
    chmod(path, mode);
}

const char *content(const char *path)
{
    static char text[256];
    FILE *file = fopen(path, "r");
    size_t bytes = file ? fread(text, 1, sizeof text - 1, file) : 0;

    text[bytes] = '\0';
    if (file)
        fclose(file);
    return file ? text : "none";
}

bool enter(const struct mode *mode)
{
    static char tmp[160];

    if (mode->root && !was_root)
        return false;
    if (!mode->root && was_root) {
        ck_assert_int_eq(setgroups(0, NULL), 0);
        ck_assert_int_eq(setresgid(NOBODY, NOBODY, NOBODY), 0);
        ck_assert_int_eq(setresuid(NOBODY, NOBODY, NOBODY), 0);
    }
    sandbox_without(mode->without);
    snprintf(tmp, sizeof tmp, "%s/tmp", sandbox_place);
    setenv("TMPDIR", tmp, 1);
    snprintf(token, sizeof token, "token-%ld", (long)getpid());
    memset(&got, 0, sizeof got);
    return true;
}

void got_line(void *ctx, int fd, int64_t at_us, const char *line, size_t bytes)
{
    (void)ctx;
    (void)fd;
    ck_assert_int_gt(at_us, 0);
    got.lines++;
    if (got.bytes + bytes + 2 > sizeof got.text)
        return;
    memcpy(got.text + got.bytes, line, bytes);
    got.bytes += bytes;
    memcpy(got.text + got.bytes++, "\n", 2);
}

void ask(struct request *request, const char *deed, const char *const *arguments)
{
    const char *first[] = {program, "misdeed", deed, token};
    int count = 0;
    size_t i;

    memset(request, 0, sizeof *request);
    for (i = 0; i < sizeof first / sizeof *first; i++)
        snprintf(request->words[count++], sizeof request->words[0], "%s", first[i]);
    for (i = 0; arguments && arguments[i]; i++)
        snprintf(request->words[count++], sizeof request->words[0], "%s", arguments[i]);
    for (i = 0; i < (size_t)count; i++)
        request->argv[i] = request->words[i];
    request->plan.argv = request->argv;
    request->plan.limits = sandbox_default_limits();
    request->plan.folder = place_of("sub");
}

struct sandbox *begin(const struct request *request)
{
    struct error err = ERROR_INIT;
    struct sandbox *sandbox = sandbox_start(&request->plan, got_line, NULL, &err);

    ck_assert_msg(sandbox != NULL, "%s", err.text);
    return sandbox;
}

void await_text(struct sandbox *sandbox, const char *text)
{
    int64_t deadline = now_us() + LONG_MS * 1000;

    while (!strstr(got.text, text) && now_us() < deadline)
        if (sandbox_poll(sandbox, 100) != SANDBOX_RUNNING)
            break;
    ck_assert_msg(strstr(got.text, text) != NULL, "never said %s, but: %s", text, got.text);
}

int processes_left(void)
{
    char line[4096];
    FILE *list = popen("ps -A -o stat= -o args=", "r");
    int count = 0;

    ck_assert_ptr_nonnull(list);
    while (fgets(line, sizeof line, list))
        if (strstr(line, token) && *line != 'Z')
            count++;
    pclose(list);
    return count;
}

void nothing_is_left(void)
{
    DIR *folder = opendir(place_of("tmp"));
    struct dirent *entry;

    ck_assert_int_eq(processes_left(), 0);
    while (folder && (entry = readdir(folder)) != NULL)
        ck_assert_msg(*entry->d_name == '.', "%s is left", entry->d_name);
    closedir(folder);
}

void finish(struct sandbox *sandbox, int64_t grace_ms)
{
    got.end = sandbox_stop(sandbox, grace_ms);
    got.code = sandbox_code(sandbox);
    got.usage = sandbox_usage(sandbox);
    /* before it is freed: stopping is enough */
    ck_assert_int_eq(processes_left(), 0);
    sandbox_free(sandbox);
    nothing_is_left();
}

void run(const struct request *request)
{
    struct sandbox *sandbox = begin(request);
    int64_t began = now_us();

    while (sandbox_poll(sandbox, 1000) == SANDBOX_RUNNING && now_us() < began + LONG_MS * 1000)
        ;
    got.took_us = now_us() - began;
    finish(sandbox, 0);
}

void run_deed(const char *deed, const char *const *arguments)
{
    struct request request;

    ask(&request, deed, arguments);
    run(&request);
}

static void copy_program(const char *from)
{
    char self[PATH_MAX], command[PATH_MAX + 400];

    must(realpath(from, self) != NULL, from);
    snprintf(program, sizeof program, "%s/program", sandbox_place);
    snprintf(command, sizeof command, "cp '%s' '%s' && chmod 755 '%s'", self, program, program);
    must(system(command) == 0, command);
}

/* a place that everybody may enter, with what belongs to whom */
static void make_place(const char *argv0)
{
    static const struct {
        const char *name;
        mode_t mode;
    } folders[] = {{"sub", 0755}, {"grader", 0755}, {"grader/.kube", 0755}, {"tmp", 01777}, {"out", 0777}};
    const char *tmp = getenv("TMPDIR");
    size_t i;

    snprintf(sandbox_place, sizeof sandbox_place, "%s/lab-sandbox-XXXXXX", tmp && *tmp && strlen(tmp) < 80 ? tmp : "/tmp");
    must(mkdtemp(sandbox_place) != NULL, sandbox_place);
    chmod(sandbox_place, 0755);
    for (i = 0; i < sizeof folders / sizeof *folders; i++) {
        must(mkdir(place_of(folders[i].name), 0700) == 0, folders[i].name);
        chmod(place_of(folders[i].name), folders[i].mode);
    }
    copy_program(argv0);
    write_file(place_of("grader/secret"), "a-secret-word", 0644);
    write_file(place_of("grader/open"), "a bundle", 0666);
    write_file(place_of("grader/.kube/config"), "a-secret-word", 0644);
    write_file(place_of("sub/own"), "of the submission", 0644);
    write_file(place_of("sub/config"), "apiVersion: v1\nkind: Config\n", 0644);
    write_file(place_of("sub/script"), "echo a script\n", 0755);
}

void sandbox_run_begin(int argc, char **argv)
{
    int code;

    if (argc > 2 && strcmp(argv[1], "misdeed") == 0) {
        code = misdeed(argc - 2, argv + 2);
        /* without what a leak checker says at the end, of memory that was taken on purpose */
        fflush(NULL);
        _exit(code);
    }
    was_root = geteuid() == 0;
    make_place(argv[0]);
}

int sandbox_run_end(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    struct error ignored = ERROR_INIT;
    int failed;

    if (!was_root)
        printf("skipped: what root's grader does, without root\n");
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    folder_remove(sandbox_place, &ignored);
    return failed != 0;
}
