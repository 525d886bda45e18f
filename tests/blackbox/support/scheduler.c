#include "tests/blackbox/support/scheduler.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ARGUMENTS_MAX 48

void scheduler_start_as(struct lab *lab, struct process *process, const char *program, const char *name, int stdout_fd,
                        const char *const *arguments)
{
    char path[600];
    const char *argv[ARGUMENTS_MAX] = {path, "--kubeconfig", lab->kubeconfig, "--scheduler-name", lab->id};
    size_t n = 5;

    snprintf(path, sizeof path, "%s/%s", lab->bin, program);
    if (!strcmp(program, "polling")) {
        argv[n++] = "--interval";
        argv[n++] = "0.1";
    }
    for (; arguments && *arguments; arguments++) {
        REQUIRE(n < ARGUMENTS_MAX - 1, "too many arguments");
        argv[n++] = *arguments;
    }
    process_start(process, lab->folder, name, argv, stdout_fd);
}

static void collect(const char **arguments, va_list args)
{
    size_t n = 0;

    while ((arguments[n] = va_arg(args, const char *)))
        REQUIRE(++n < ARGUMENTS_MAX - 1, "too many arguments");
}

void scheduler_start(struct lab *lab, struct process *process, ...)
{
    const char *arguments[ARGUMENTS_MAX];
    va_list args;

    va_start(args, process);
    collect(arguments, args);
    va_end(args);
    scheduler_start_as(lab, process, lab->program, lab->program, -1, arguments);
}

void program_start(struct lab *lab, struct process *process, ...)
{
    const char *arguments[ARGUMENTS_MAX];
    const char *argv[ARGUMENTS_MAX + 1];
    char path[600];
    va_list args;

    va_start(args, process);
    collect(arguments, args);
    va_end(args);
    snprintf(path, sizeof path, "%s/%s", lab->bin, lab->program);
    argv[0] = path;
    for (size_t i = 0; i < ARGUMENTS_MAX; i++)
        if (!(argv[i + 1] = arguments[i]))
            break;
    process_start(process, lab->folder, lab->program, argv, -1);
}

const char *prefix_of(const char *program)
{
    return !strcmp(program, "watch") ? "[watch-scheduler] " : "[polling] ";
}

void wait_for_line(struct process *process, const char *file, const char *part)
{
    WAIT_UNTIL(process_says(file, part) || !process_running(process), "%s does not say: %s", process->name, part);
    REQUIRE(process_says(file, part), "%s ended (exit code %d) and did not say: %s", process->name, process->exit_code, part);
}

void wait_for_exit(struct process *process, int exit_code)
{
    REQUIRE(process_ends(process, DEADLINE_MS), "%s does not end", process->name);
    REQUIRE(process->exit_code == exit_code, "%s: exit code %d, expected %d", process->name, process->exit_code, exit_code);
}
