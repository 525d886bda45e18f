#define _XOPEN_SOURCE 700 /* realpath */

#include "grade/submission.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compare/contestant.h"

static bool is_file(const char *path)
{
    struct stat status;

    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static int make_absolute(char **word, struct error *err)
{
    char here[PATH_MAX], full[2 * PATH_MAX];
    char *copy;

    if (**word == '/')
        return 0;
    if (!getcwd(here, sizeof here))
        return error_set(err, ERROR_RUNTIME, "the working directory cannot be told");
    snprintf(full, sizeof full, "%s/%s", here, *word);
    copy = strdup(full);
    if (!copy)
        return error_no_memory(err);
    free(*word);
    *word = copy;
    return 0;
}

static void folder_of(const char *path, char out[4096])
{
    const char *slash = strrchr(path, '/');

    snprintf(out, 4096, "%.*s", slash && slash > path ? (int)(slash - path) : 1, slash ? path : "/");
}

/* PREFIX of PREFIX/bin/NAME, where an interpreter's libraries are; "" when the system has it anyway */
static void prefix_of(const char *path, char out[4096])
{
    char *bin;

    folder_of(path, out);
    bin = strrchr(out, '/');
    if (bin && bin > out && !strcmp(bin, "/bin") && strcmp(out, "/usr/bin") != 0 && strcmp(out, "/usr/local/bin") != 0)
        *bin = '\0';
    else
        *out = '\0';
}

int submission_open(struct submission_files *files, const char *program, const char *command, struct error *err)
{
    static const char *const no_pairs[] = {NULL};
    const char *file = NULL;
    char real[PATH_MAX];
    size_t i, extra = 0;

    memset(files, 0, sizeof *files);
    files->argv = command_split(command, no_pairs, err);
    if (!files->argv)
        return error_prefix(err, "--%s", program);
    for (i = 0; files->argv[i]; i++) {
        bool names_file = i ? is_file(files->argv[i]) : strchr(files->argv[0], '/') != NULL;

        if (names_file && make_absolute(&files->argv[i], err) < 0) {
            submission_close(files);
            return -1;
        }
        /* of "python3 scheduler.py" the second word says where the submission is */
        if (names_file && (!file || file == files->argv[0]))
            file = files->argv[i];
    }
    if (file)
        folder_of(file, files->folder);
    /* VENV/bin/python: what it imports is in VENV, and the rest where the link leads: to a Python that need not be the system's */
    if (file && file != files->argv[0] && *files->argv[0] == '/') {
        prefix_of(files->argv[0], files->environment);
        if (realpath(files->argv[0], real))
            prefix_of(real, files->interpreter);
    }
    if (*files->environment)
        files->extra[extra++] = files->environment;
    if (*files->interpreter)
        files->extra[extra] = files->interpreter;
    files->submission = (struct submission){
        .program = program, .argv = files->argv, .folder = *files->folder ? files->folder : NULL, .extra_readable = files->extra};
    return 0;
}

void submission_close(struct submission_files *files)
{
    command_free(files->argv);
    files->argv = NULL;
}
