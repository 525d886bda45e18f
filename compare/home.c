#include "compare/home.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "compare/api_client.h"

#define START_TIMEOUT_US 10000000
#define GRACE_MS 5000

/* the folder of the program: argv[0] with a slash says it, without one PATH does */
static int find_beside(struct home *home, const char *argv0, struct error *err)
{
    const char *slash = strrchr(argv0, '/'), *path = getenv("PATH");
    char candidate[2048];

    if (slash) {
        snprintf(home->beside, sizeof home->beside, "%.*s", (int)(slash - argv0), argv0);
        return 0;
    }
    while (path && *path) {
        size_t length = strcspn(path, ":");

        snprintf(candidate, sizeof candidate, "%.*s/%s", (int)length, path, argv0);
        if (length && length < sizeof home->beside && access(candidate, X_OK) == 0) {
            snprintf(home->beside, sizeof home->beside, "%.*s", (int)length, path);
            return 0;
        }
        path += length + (path[length] == ':');
    }
    return error_set(err, ERROR_RUNTIME, "%s: its own folder was not found, so the other programs are not either", argv0);
}

int home_open(struct home *home, const char *name, const char *argv0, struct error *err)
{
    const char *tmp = getenv("TMPDIR");

    memset(home, 0, sizeof *home);
    if (find_beside(home, argv0, err) < 0)
        return -1;
    snprintf(home->folder, sizeof home->folder, "%s/%.8s-XXXXXX", tmp && *tmp && strlen(tmp) < 40 ? tmp : "/tmp", name);
    if (!mkdtemp(home->folder)) {
        error_set(err, ERROR_RUNTIME, "%s: %s", home->folder, strerror(errno));
        *home->folder = '\0';
        return -1;
    }
    snprintf(home->kubeconfig, sizeof home->kubeconfig, "%s/kubeconfig", home->folder);
    return 0;
}

/* the last line that the simulator wrote to stderr, for a message */
static void last_words(const struct home *home, char *words, size_t size)
{
    char path[128], line[256];
    FILE *file;

    snprintf(words, size, "it said nothing");
    snprintf(path, sizeof path, "%s/simulator.err", home->folder);
    file = fopen(path, "r");
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (*line)
            snprintf(words, size, "%s", line);
    }
    if (file)
        fclose(file);
}

static bool serves(const struct home *home)
{
    struct error ignored = ERROR_INIT;
    struct api_client *client;
    int status = 0;

    if (access(home->kubeconfig, R_OK) < 0)
        return false;
    client = api_client_open(home->kubeconfig, "lab/" LAB_VERSION, &ignored);
    if (client && api_client_call(client, "GET", "/api/v1/nodes?limit=1", NULL, 2000, &status, NULL, &ignored) < 0)
        status = 0;
    api_client_close(client);
    return status == 200;
}

int home_start_simulator(struct home *home, int nodes, const volatile sig_atomic_t *stop, struct error *err)
{
    const struct clock *clock = clock_system();
    int64_t deadline = clock->monotonic_us(clock) + START_TIMEOUT_US;
    const struct timespec pause = {0, 20000000};
    char program[1100], count[16], stem[96], words[256];
    const char *pairs[] = {"program", program, "nodes", count, "kubeconfig", home->kubeconfig, "tokens", home->token_file, NULL};
    char **argv;
    int started;

    snprintf(program, sizeof program, "%s/simulator", home->beside);
    snprintf(count, sizeof count, "%d", nodes);
    snprintf(stem, sizeof stem, "%s/simulator", home->folder);
    argv = command_split(*home->token_file
                             ? "{program} --nodes {nodes} --port 0 --write-kubeconfig {kubeconfig} --token-file {tokens} --parent-pid-watch"
                             : "{program} --nodes {nodes} --port 0 --write-kubeconfig {kubeconfig}",
                         pairs, err);
    started = argv ? contestant_start(&home->simulator, argv, stem, err) : -1;
    command_free(argv);
    if (started < 0)
        return -1;
    while (!serves(home)) {
        if (*stop)
            return error_set(err, ERROR_RUNTIME, "interrupted");
        if (!contestant_running(&home->simulator) || clock->monotonic_us(clock) > deadline) {
            last_words(home, words, sizeof words);
            return error_set(err, ERROR_RUNTIME, "the simulator did not start: %s", words);
        }
        nanosleep(&pause, NULL);
    }
    return 0;
}

void home_close(struct home *home, bool keep)
{
    struct dirent *entry;
    char path[512];
    DIR *folder;

    contestant_stop(&home->simulator, GRACE_MS);
    if (keep || !*home->folder)
        return;
    folder = opendir(home->folder);
    while (folder && (entry = readdir(folder)) != NULL)
        if (*entry->d_name != '.') {
            snprintf(path, sizeof path, "%s/%s", home->folder, entry->d_name);
            unlink(path);
        }
    if (folder)
        closedir(folder);
    rmdir(home->folder);
}
