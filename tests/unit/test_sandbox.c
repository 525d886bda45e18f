/*
 * test_sandbox.c: what a program of misdeeds.h may do to others, by whoever may run the grader: root, root of a container without privileges, an ordinary user, one to whom
 * the system gives no namespaces. Judged by what is left of it: files, connections, processes of others.
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/support/sandbox_run.h"

/* of the kernel; below 1: it has none */
static long landlock_abi(void)
{
#ifdef __linux__
    return syscall(444 /* landlock_create_ruleset */, NULL, 0, 1);
#else
    return 0;
#endif
}

/* another submission that runs meanwhile, the grader and its relatives */
START_TEST(test_sandbox_kills_others)
{
    struct request request, other_request;
    struct sandbox *sandbox, *other;
    char ids[2][32];
    const char *arguments[] = {ids[0], ids[1], NULL};
    int status;
    pid_t witness;

    if (!enter(&modes[_i]))
        return;
    witness = fork();
    if (witness == 0)
        for (;;)
            pause();
    snprintf(ids[0], sizeof ids[0], "%ld", (long)getpid());
    snprintf(ids[1], sizeof ids[1], "%ld", (long)witness);
    ask(&other_request, "hang", NULL);
    other = begin(&other_request);
    await_text(other, "ready");
    ask(&request, "kill-others", arguments);
    sandbox = begin(&request);
    while (sandbox_poll(sandbox, 1000) == SANDBOX_RUNNING)
        ;
    sandbox_free(sandbox);
    ck_assert_msg(strstr(got.text, "done") != NULL, "%s", got.text);
    ck_assert_int_eq(waitpid(witness, &status, WNOHANG), 0);
    kill(witness, SIGKILL);
    waitpid(witness, &status, 0);
    ck_assert_int_eq(sandbox_poll(other, 0), SANDBOX_RUNNING);
    finish(other, LONG_MS);
    ck_assert_int_eq(got.end, SANDBOX_STOPPED);
}
END_TEST

START_TEST(test_sandbox_looks_into_others)
{
    struct request request;
    char id[32];
    const char *arguments[] = {id, NULL};

    if (!enter(&modes[_i]))
        return;
    snprintf(id, sizeof id, "%ld", (long)getpid());
    setenv("A_TOKEN", "a-secret-word", 1);
    ask(&request, "look-into-others", arguments);
    run(&request);
    ck_assert_str_eq(got.text, "done\n");
}
END_TEST

START_TEST(test_sandbox_reads_files_of_the_grader)
{
    char home[256], config[300];
    const char *secret = place_of("grader/secret"), *own = place_of("sub/own");
    const char *arguments[] = {secret, place_of("grader"), sandbox_place, config, "/etc/shadow", "/etc", "/root", "/home", "/tmp", own,
                               NULL};

    if (!enter(&modes[_i]))
        return;
    snprintf(home, sizeof home, "%s/grader", sandbox_place);
    snprintf(config, sizeof config, "%s/.kube/config", home);
    setenv("HOME", home, 1);
    run_deed("read-files", arguments);
    ck_assert_msg(strstr(got.text, "done") != NULL, "%s", got.text);
    ck_assert_msg(!strstr(got.text, "a-secret-word") && !strstr(got.text, "grader") && !strstr(got.text, "shadow") &&
                      !strstr(got.text, "LISTED /root") && !strstr(got.text, "LISTED /home"),
                  "%s", got.text);
    ck_assert_msg(strstr(got.text, "sub/own: of the submission") != NULL, "%s", got.text);
}
END_TEST

START_TEST(test_sandbox_writes_files_of_the_grader)
{
    const char *secret = place_of("grader/secret"), *own = place_of("sub/own"), *open_to_all = place_of("grader/open");
    const char *arguments[] = {secret, open_to_all, own, program, NULL};
    struct stat before, after;

    if (!enter(&modes[_i]))
        return;
    ck_assert_int_eq(stat(program, &before), 0);
    run_deed("write-files", arguments);
    ck_assert_str_eq(got.text, "done\n");
    ck_assert_str_eq(content(own), "of the submission");
    ck_assert_str_eq(content(open_to_all), "a bundle");
    ck_assert_int_eq(stat(program, &after), 0);
    ck_assert_int_eq(before.st_size, after.st_size);
    ck_assert_int_eq(before.st_mode, after.st_mode);
    ck_assert_int_eq(before.st_mtime, after.st_mtime);
    ck_assert_int_eq(access(place_of("grader/open-forged"), F_OK), -1);
    ck_assert_int_eq(access(place_of("sub/own-forged"), F_OK), -1);
}
END_TEST

/* a listener on a free port of the loopback */
static int listen_somewhere(char *port, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(fd, 16), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &length), 0);
    snprintf(port, size, "%d", ntohs(address.sin_port));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

START_TEST(test_sandbox_opens_many_connections)
{
    char port[16];
    const char *arguments[] = {port, NULL};

    if (!enter(&modes[_i]))
        return;
    listen_somewhere(port, sizeof port);
    run_deed("connect-often", arguments);
    ck_assert_int_gt(atoi(got.text), 0);
    ck_assert_int_lt(atoi(got.text), 256);
}
END_TEST

START_TEST(test_sandbox_reaches_its_server_only)
{
    char allowed[16], other[16];
    const char *arguments[] = {allowed, other, NULL};
    struct request request;
    int allowed_fd, other_fd;

    if (!enter(&modes[_i]) || !strstr(sandbox_strength(), "Landlock"))
        return;
    allowed_fd = listen_somewhere(allowed, sizeof allowed);
    other_fd = listen_somewhere(other, sizeof other);
    ask(&request, "connect-to", arguments);
    request.plan.port = atoi(allowed);
    run(&request);
    if (landlock_abi() < 4) {
        printf("skipped: Landlock here is older than its rules for connections\n");
        return;
    }
    ck_assert_str_eq(got.text, "reached\nrefused\n");
    ck_assert_int_ge(accept(allowed_fd, NULL, NULL), 0);
    ck_assert_int_eq(accept(other_fd, NULL, NULL), -1);
}
END_TEST

START_TEST(test_sandbox_reaches_no_service)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char *arguments[] = {address.sun_path, NULL};
    int fd;

    if (!enter(&modes[_i]) || !strstr(sandbox_strength(), "seccomp"))
        return;
    snprintf(address.sun_path, sizeof address.sun_path, "%.90s/s%ld", place_of("tmp"), (long)getpid());
    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    chmod(address.sun_path, 0777);
    ck_assert_int_eq(listen(fd, 4), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    {
        struct request request;
        struct sandbox *sandbox;

        ask(&request, "connect-unix", arguments);
        sandbox = begin(&request);
        while (sandbox_poll(sandbox, 1000) == SANDBOX_RUNNING)
            ;
        sandbox_free(sandbox);
    }
    unlink(address.sun_path);
    ck_assert_str_eq(got.text, "refused\n");
    ck_assert_int_eq(accept(fd, NULL, NULL), -1);
}
END_TEST

START_TEST(test_sandbox_surroundings)
{
    static const char *const known[] = {"PATH=", "HOME=", "TMPDIR=", "LANG=", "KUBECONFIG=", "PYTHONUNBUFFERED="};
    struct request request;
    char *line;
    int left[4], variables = 0, descriptors = 0;

    if (!enter(&modes[_i]))
        return;
    ck_assert_int_eq(pipe(left), 0);
    ck_assert_int_eq(pipe(left + 2), 0);
    setenv("A_TOKEN", "a-secret-word", 1);
    ask(&request, "show-surroundings", NULL);
    request.plan.kubeconfig = place_of("sub/config");
    run(&request);
    for (line = strtok(got.text, "\n"); line; line = strtok(NULL, "\n")) {
        bool is_known = false;
        size_t i;

        if (!strncmp(line, "FD ", 3))
            descriptors++;
        if (!strncmp(line, "CWD ", 4))
            ck_assert_msg(strstr(line, "/tmp/grade-home-") != NULL, "%s", line);
        if (!strncmp(line, "CONFIG ", 7))
            ck_assert_str_eq(line, "CONFIG apiVersion: v1");
        if (strncmp(line, "ENV ", 4) != 0)
            continue;
        variables++;
        for (i = 0; i < sizeof known / sizeof *known; i++)
            is_known = is_known || !strncmp(line + 4, known[i], strlen(known[i]));
        ck_assert_msg(is_known, "%s", line);
    }
    ck_assert_int_eq(variables, 6);
    ck_assert_int_eq(descriptors, 3);
}
END_TEST

START_TEST(test_sandbox_kubeconfig_is_its_own)
{
    struct request request;

    if (!enter(&modes[_i]))
        return;
    ask(&request, "show-surroundings", NULL);
    request.plan.kubeconfig = place_of("sub/config");
    run(&request);
    ck_assert_msg(strstr(got.text, "CONFIG apiVersion: v1") != NULL, "%s", got.text);
}
END_TEST

START_TEST(test_sandbox_build_is_kept)
{
    struct request request;
    char made[256];
    const char *arguments[] = {made, NULL};

    if (!enter(&modes[_i]))
        return;
    snprintf(made, sizeof made, "%s/out/made-%ld", sandbox_place, (long)getpid());
    ask(&request, "make-file", arguments);
    request.plan.writable = place_of("out");
    run(&request);
    ck_assert_int_eq(got.end, SANDBOX_EXITED);
    ck_assert_int_eq(got.code, 0);
    ck_assert_str_eq(content(made), "made");
}
END_TEST

START_TEST(test_sandbox_enters_no_namespace)
{
    if (!enter(&modes[_i]) || !strstr(sandbox_strength(), "seccomp"))
        return;
    run_deed("new-namespace", NULL);
    ck_assert_str_eq(got.text, "refused\n");
}
END_TEST

START_TEST(test_sandbox_strength_is_told)
{
    if (!enter(&modes[_i]))
        return;
    printf("%s: %s\n", modes[_i].name, sandbox_strength());
#ifdef __linux__
    /* what needs no privilege holds wherever the kernel has it */
    ck_assert_ptr_nonnull(strstr(sandbox_strength(), "seccomp"));
    if (landlock_abi() >= 1)
        ck_assert_ptr_nonnull(strstr(sandbox_strength(), "Landlock"));
    if (modes[_i].root)
        ck_assert_ptr_nonnull(strstr(sandbox_strength(), "own user id"));
#endif
    nothing_is_left();
}
END_TEST

int main(int argc, char **argv)
{
    Suite *suite;
    TCase *tcase;

    sandbox_run_begin(argc, argv);
    suite = suite_create("sandbox");
    tcase = tcase_create("sandbox");
    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, test_sandbox_kills_others, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_looks_into_others, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_reads_files_of_the_grader, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_writes_files_of_the_grader, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_opens_many_connections, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_reaches_its_server_only, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_reaches_no_service, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_surroundings, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_kubeconfig_is_its_own, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_build_is_kept, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_enters_no_namespace, 0, MODES);
    tcase_add_loop_test(tcase, test_sandbox_strength_is_told, 0, MODES);
    suite_add_tcase(suite, tcase);
    return sandbox_run_end(suite);
}
