#define _XOPEN_SOURCE 700 /* nftw */

#include "tests/blackbox/support/lab.h"

#include <check.h>
#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/server.h"

#define CASE_TIMEOUT_S 180
#define SLOW_FACTOR 10
#define FIRST_PAUSE_US 2000
#define LAST_PAUSE_US 50000

static struct lab current;
static const struct lab_case *all_cases;
static unsigned serial; /* of the cases begun */

/* ---- text and files ---- */

/* every string of textf(): a case is short, and its process ends with it */
static struct kept {
    struct kept *next;
    char text[];
} * all_kept;

const char *textf(const char *format, ...)
{
    struct kept *kept;
    va_list args;
    int length;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    kept = malloc(sizeof *kept + (size_t)length + 1);
    if (!kept)
        abort();
    va_start(args, format);
    vsnprintf(kept->text, (size_t)length + 1, format, args);
    va_end(args);
    kept->next = all_kept;
    all_kept = kept;
    return kept->text;
}

const char *lab_path(const struct lab *lab, const char *name)
{
    return textf("%s/%s", lab->folder, name);
}

const char *lab_write(const struct lab *lab, const char *name, const char *content)
{
    const char *path = lab_path(lab, name);
    FILE *file = fopen(path, "w");
    size_t bytes = strlen(content);

    REQUIRE(file && fwrite(content, 1, bytes, file) == bytes && fclose(file) == 0, "%s: %s", path, strerror(errno));
    return path;
}

size_t lab_sized(const struct lab *lab, size_t n, size_t living)
{
    return lab->server == CLUSTER ? living : n;
}

/* ---- waiting and failing ---- */

int64_t now_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

#ifdef __SANITIZE_ADDRESS__ /* the programs are built as their tests are */
#define SANITIZED true
#else
#define SANITIZED false
#endif

bool lab_measures(void)
{
    const char *slow = getenv("LAB_SLOW");

    return !SANITIZED && (!slow || !*slow || !strcmp(slow, "0"));
}

struct wait wait_begin(int64_t timeout_ms)
{
    return (struct wait){now_us() + timeout_ms * 1000 * (lab_measures() ? 1 : SLOW_FACTOR), FIRST_PAUSE_US};
}

bool wait_more(struct wait *wait)
{
    const struct timespec pause = {0, (long)wait->pause_us * 1000};

    if (now_us() >= wait->until_us)
        return false;
    nanosleep(&pause, NULL);
    wait->pause_us = wait->pause_us * 3 / 2 < LAST_PAUSE_US ? wait->pause_us * 3 / 2 : LAST_PAUSE_US;
    return true;
}

void lab_fail(const char *file, int line, const char *format, ...)
{
    char message[2000];
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    fprintf(stderr, "%s:%d: %s: %s\n", file, line, current.program ? current.program : "", message);
    process_show_all();
    ck_abort_msg("%s:%d: %s", file, line, message);
    abort(); /* never: for the compiler */
}

/* ---- a case from birth to end. Begin and end run in the parent, so whatever happens to the case, nothing is left behind. ---- */

static enum lab_server server_kind(void)
{
    const char *kind = getenv("LAB_SERVER");

    if (!getenv("LAB_KUBECONFIG"))
        return SIMULATOR;
    return kind && !strcmp(kind, "envtest") ? ENVTEST : CLUSTER;
}

static void set_paths(void)
{
    const char *bin = getenv("LAB_BIN"), *admin = getenv("LAB_KUBECONFIG"), *scheduler = getenv("LAB_SCHEDULER_KUBECONFIG");

    snprintf(current.bin, sizeof current.bin, "%s", bin ? bin : "bin");
    if (current.server == SIMULATOR)
        admin = scheduler = lab_path(&current, "kubeconfig");
    snprintf(current.admin, sizeof current.admin, "%s", admin);
    snprintf(current.kubeconfig, sizeof current.kubeconfig, "%s", scheduler ? scheduler : admin);
}

static void begin(void)
{
    const char *temp = getenv("TMPDIR");

    current = (struct lab){.server = server_kind()};
    snprintf(current.id, sizeof current.id, "lab-%ld-%u", (long)getpid(), ++serial);
    snprintf(current.folder, sizeof current.folder, "%.40s/%.40s-XXXXXX", temp ? temp : "/tmp", current.id);
    ck_assert_msg(mkdtemp(current.folder) != NULL, "%s: %s", current.folder, strerror(errno));
    set_paths();
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

static void end(void)
{
    if (current.server != SIMULATOR)
        api_clean_up(&current);
    nftw(current.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

START_TEST(run_case)
{
    const struct lab_case *c = &all_cases[_i / 2];

    current.program = _i % 2 ? "watch" : "polling";
    if (!(c->needs & STARTS_NO_SERVER))
        server_open(&current);
    c->run(&current);
    server_close(&current);
}
END_TEST

/* ---- the program ---- */

/* why this server cannot do a case, or NULL */
static const char *missing(unsigned needs)
{
    enum lab_server kind = server_kind();

    if ((needs & NEEDS_SIMULATOR) && kind != SIMULATOR)
        return "only the simulator can do this";
    if ((needs & NEEDS_OWN_NODES) && kind == CLUSTER)
        return "a living cluster taints nodes that are not real";
    if ((needs & NEEDS_COUNTS) && kind == CLUSTER)
        return "others ask a living cluster too";
    if ((needs & NEEDS_CONTROL) && kind != SIMULATOR && !getenv("LAB_SERVER_CONTROL"))
        return "no LAB_SERVER_CONTROL to stop and start this server";
    if ((needs & NEEDS_DEPLOYMENTS) && kind == ENVTEST && !getenv("LAB_SERVER_CONTROL"))
        return "no LAB_SERVER_CONTROL to start controllers";
    if ((needs & NEEDS_USERS) && kind != ENVTEST)
        return "no users of our own on this server";
    if ((needs & NEEDS_TOKENS) && kind != SIMULATOR && (!getenv("LAB_SCHEDULER_KUBECONFIG") || !getenv("LAB_SERVER_CONTROL")))
        return "no token of our own on this server";
    return NULL;
}

static void add_case(Suite *suite, size_t index, int program)
{
    const char *why = missing(all_cases[index].needs), *name = program ? "watch" : "polling";
    TCase *tcase;

    if (why) {
        printf("skipped: %s: %s: %s\n", name, all_cases[index].name, why);
        return;
    }
    tcase = tcase_create(textf("%s: %s", name, all_cases[index].name));
    tcase_add_unchecked_fixture(tcase, begin, end);
    tcase_set_timeout(tcase, CASE_TIMEOUT_S);
    tcase_add_loop_test(tcase, run_case, (int)index * 2 + program, (int)index * 2 + program + 1);
    suite_add_tcase(suite, tcase);
}

/* Controllers are there for the programs that need them alone: they ask the server as well, and the others count what is asked. */
static void control_controllers(const struct lab_case *cases, size_t count, const char *verb)
{
    const char *control = getenv("LAB_SERVER_CONTROL");
    bool needed = false;

    for (size_t i = 0; i < count; i++)
        needed = needed || (cases[i].needs & NEEDS_DEPLOYMENTS);
    if (needed && control && server_kind() == ENVTEST && system(textf("'%s' %s", control, verb)) != 0)
        fprintf(stderr, "%s %s failed\n", control, verb);
}

int lab_main(const char *name, const struct lab_case *cases, size_t count)
{
    Suite *suite = suite_create(name);
    SRunner *runner;
    int failed;

    all_cases = cases;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (size_t i = 0; i < count; i++) {
        if (cases[i].programs != WATCH)
            add_case(suite, i, 0);
        if (cases[i].programs != POLLING)
            add_case(suite, i, 1);
    }
    runner = srunner_create(suite);
    control_controllers(cases, count, "controllers");
    srunner_run_all(runner, CK_NORMAL);
    control_controllers(cases, count, "no-controllers");
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
