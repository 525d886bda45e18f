#include "grade/class.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "grade/folder.h"
#include "grade/sandbox.h"
#include "grade/text.h"

#define STOP_US 10000000 /* from TERM to KILL: a worker ends its scenes, its servers and its sandboxes */
#define LOOK_NS 30000000
#define WORDS 48
#define PATH_BYTES 4096

struct class
{
    const struct grade_options *options;
    const char *argv0;
    struct student *students;
    size_t count, next, done;
    int running;
    char place[256]; /* temporary: a folder and a summary for each */
};

static int64_t now_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

static size_t index_of(const struct class *c, const struct student *s)
{
    return (size_t)(s - c->students);
}

/* "OUT/KEY.SUFFIX", or in the temporary folder where nothing is kept */
static void file_of(const struct class *c, const struct student *s, const char *suffix, char path[PATH_BYTES])
{
    if (c->options->out)
        snprintf(path, PATH_BYTES, "%s/%s.%s", c->options->out, s->key, suffix);
    else
        snprintf(path, PATH_BYTES, "%s/%zu.%s", c->place, index_of(c, s), suffix);
}

static void summary_of_student(const struct class *c, const struct student *s, char path[PATH_BYTES])
{
    snprintf(path, PATH_BYTES, "%s/%zu.summary", c->place, index_of(c, s));
}

/* what is set of the options goes on as it came */
static int add_word(const char *argv[WORDS], int at, const char *flag, const char *value)
{
    if (value) {
        argv[at++] = flag;
        argv[at++] = value;
    }
    return at;
}

/* in the child: this program again, for one submission */
static void become_worker(const struct class *c, const struct student *s)
{
    const struct grade_options *o = c->options;
    static char seed[32], report[PATH_BYTES], bundle[PATH_BYTES], summary[PATH_BYTES], log[PATH_BYTES], tmp[PATH_BYTES],
        numbers[CHECKPOINTS][2];
    const char *argv[WORDS] = {c->argv0};
    int at = 1, i, null = open("/dev/null", O_RDWR), log_fd;
    sigset_t none;

    file_of(c, s, format_suffix(o->format), report);
    file_of(c, s, "bundle.json", bundle);
    file_of(c, s, "log", log);
    summary_of_student(c, s, summary);
    snprintf(seed, sizeof seed, "%llu", (unsigned long long)o->seed);
    snprintf(tmp, sizeof tmp, "%s/%zu", c->place, index_of(c, s));
    for (i = 1; i <= CHECKPOINTS; i++)
        if (o->checkpoints & 1u << i) {
            numbers[i - 1][0] = (char)('0' + i);
            argv[at++] = numbers[i - 1];
        }
    at = add_word(argv, at, "--submission", s->folder);
    at = add_word(argv, at, "--seed", seed);
    at = add_word(argv, at, "--format", format_name(o->format));
    at = add_word(argv, at, "--out", report);
    at = add_word(argv, at, "--bundle", bundle);
    at = add_word(argv, at, "--summary", summary);
    at = add_word(argv, at, "--build", o->build);
    at = add_word(argv, at, "--python", o->python);
    at = add_word(argv, at, "--path", o->path);
    at = add_word(argv, at, "--kubeconfig", o->kubeconfig);
    if (o->trust)
        argv[at++] = "--trust";
    argv[at] = NULL;
    setpgid(0, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGINT, SIG_DFL);
    log_fd = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (null < 0 || log_fd < 0 || mkdir(tmp, 0700) < 0 || chmod(tmp, 0711) < 0 || setenv("TMPDIR", tmp, 1) < 0 || dup2(null, 0) < 0 ||
        dup2(null, 1) < 0 || dup2(log_fd, 2) < 0)
        _exit(125);
    close(null);
    close(log_fd);
    execvp(argv[0], (char *const *)(uintptr_t)argv);
    _exit(126);
}

static int start(struct class *c, struct student *s, struct error *err)
{
    s->began_us = now_us();
    fflush(NULL);
    s->worker = fork();
    if (s->worker < 0)
        return error_set(err, ERROR_RUNTIME, "fork: %s", strerror(errno));
    if (s->worker == 0)
        become_worker(c, s);
    setpgid(s->worker, s->worker); /* here too: it may be asked to end before it has come so far */
    s->state = STUDENT_RUNS;
    c->running++;
    return 0;
}

/* the last line that its grader wrote, which says why it gave up */
static void last_line(const struct class *c, const struct student *s, char *out, size_t size)
{
    char path[PATH_BYTES], line[512];
    FILE *file;

    file_of(c, s, "log", path);
    *out = '\0';
    file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        char *clean = text_clean(line, strcspn(line, "\n"), 160);

        if (clean && *clean)
            snprintf(out, size, "%s", clean);
        free(clean);
    }
    if (file)
        fclose(file);
}

static void conclude(struct class *c, struct student *s, int status)
{
    char path[PATH_BYTES], why[200];
    struct error ignored = ERROR_INIT;
    bool whole;

    s->took_us = now_us() - s->began_us;
    summary_of_student(c, s, path);
    whole = summary_read(path, &s->summary) && WIFEXITED(status) && WEXITSTATUS(status) <= 1;
    s->state = whole ? STUDENT_GRADED : STUDENT_NOT_GRADED;
    if (!whole) {
        last_line(c, s, why, sizeof why);
        if (s->asked)
            snprintf(s->summary.note, sizeof s->summary.note, "grading took longer than %d s, or was interrupted",
                     c->options->time_limit_s);
        else if (WIFSIGNALED(status))
            snprintf(s->summary.note, sizeof s->summary.note, "its grader died of signal %d", WTERMSIG(status));
        else
            snprintf(s->summary.note, sizeof s->summary.note, "its grader ended with exit code %d: %s", WEXITSTATUS(status), why);
    }
    /* whatever it left: its group, its files */
    kill(-s->worker, SIGKILL);
    s->worker = 0;
    snprintf(path, sizeof path, "%s/%zu", c->place, index_of(c, s));
    folder_remove(path, &ignored);
    c->running--;
    c->done++;
}

static void tell(const struct class *c, const struct student *s)
{
    fprintf(stderr, "[%*zu/%zu] %s: ", c->count > 99 ? 3 : 2, c->done, c->count, s->name);
    if (s->state == STUDENT_GRADED)
        fprintf(stderr, "%d/%d", s->summary.earned[0], s->summary.total[0]);
    else
        fputs("not graded", stderr);
    fprintf(stderr, " (%.0f s)%s%s\n", (double)s->took_us / 1e6, *s->summary.note ? "  " : "", s->summary.note);
}

/* who has ended, and who takes too long */
static void look(struct class *c, bool stopping)
{
    int64_t now = now_us(), limit_us = (int64_t)c->options->time_limit_s * 1000000;
    size_t i;

    for (i = 0; i < c->next; i++) {
        struct student *s = &c->students[i];
        int status;

        if (s->state != STUDENT_RUNS)
            continue;
        if (waitpid(s->worker, &status, WNOHANG) == s->worker) {
            conclude(c, s, status);
            tell(c, s);
        } else if (!s->asked && (stopping || now - s->began_us > limit_us)) {
            s->asked = true;
            s->late = !stopping;
            s->asked_us = now;
            kill(s->worker, SIGTERM);
        } else if (s->asked && now - s->asked_us > STOP_US) {
            kill(-s->worker, SIGKILL);
        }
    }
}

static int play_all(struct class *c, const volatile sig_atomic_t *stop, struct error *err)
{
    const struct timespec pause = {0, LOOK_NS};
    int ret = 0;

    while ((c->next < c->count && !*stop && ret == 0) || c->running) {
        while (c->next < c->count && c->running < c->options->jobs && !*stop && ret == 0) {
            ret = start(c, &c->students[c->next], err);
            c->next++;
        }
        look(c, *stop || ret < 0);
        nanosleep(&pause, NULL);
    }
    return ret;
}

static int make_places(struct class *c, struct error *err)
{
    const char *tmp = getenv("TMPDIR");

    if (c->options->out && mkdir(c->options->out, 0777) < 0 && errno != EEXIST)
        return error_set(err, ERROR_RUNTIME, "--out: %s: %s", c->options->out, strerror(errno));
    if (snprintf(c->place, sizeof c->place, "%s/grade-XXXXXX", tmp && *tmp ? tmp : "/tmp") >= (int)sizeof c->place || !mkdtemp(c->place)) {
        *c->place = '\0';
        return error_set(err, ERROR_RUNTIME, "TMPDIR: no folder can be made in it: %s", strerror(errno));
    }
    chmod(c->place, 0711);
    return 0;
}

int class_run(const struct grade_options *o, const char *argv0, const volatile sig_atomic_t *stop, struct error *err)
{
    struct class c = {.options = o, .argv0 = argv0};
    struct error ignored = ERROR_INIT;
    int64_t began = now_us();
    bool all = true;
    int ret = -1;
    size_t i;

    if (!o->trust && !sandbox_isolates())
        return error_set(
            err, ERROR_USAGE,
            "--jobs: here nothing keeps a submission from the others and from this grader (sandbox: %s); --trust grades all the same",
            sandbox_strength());
    if (students_find(o->folders, o->folder_count, &c.students, &c.count, err) < 0)
        return -1;
    if (make_places(&c, err) < 0)
        goto cleanup;
    fprintf(stderr, "grade: %zu submissions, %d at a time, --seed %llu (sandbox: %s)\n", c.count, o->jobs, (unsigned long long)o->seed,
            sandbox_strength());
    ret = play_all(&c, stop, err);
    class_print(c.students, c.count, o->checkpoints, now_us() - began, stdout);
    if (o->csv && class_write_csv(c.students, c.count, o->csv, err) < 0)
        ret = -1;
    for (i = 0; i < c.count; i++)
        all = all && c.students[i].state == STUDENT_GRADED;
    ret = ret < 0 ? -1 : !all;
cleanup:
    if (*c.place)
        folder_remove(c.place, &ignored);
    students_free(c.students, c.count);
    return ret;
}
