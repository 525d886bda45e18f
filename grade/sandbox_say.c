/*
 * sandbox_say.c: a sandbox in words: how a program ended, and what protects from it.
 */
#include <stdio.h>
#include <string.h>

#include "grade/sandbox.h"
#include "grade/sandbox_plan.h"

#define MIB (1024 * 1024)
#define PROBE_MS 10000

const char *sandbox_end_word(enum sandbox_end end)
{
    static const char *const words[] = {"running", "exited", "signaled", "stopped", "cpu", "memory", "processes", "output", "disk"};

    return words[end];
}

void sandbox_describe(const struct sandbox *sandbox, char *out)
{
    const struct sandbox_limits *limits = sandbox_limits_of(sandbox);
    const size_t size = 64;
    int code = sandbox_code(sandbox);

    switch (sandbox_end_of(sandbox)) {
    case SANDBOX_RUNNING:
        snprintf(out, size, "still running");
        break;
    case SANDBOX_EXITED:
        snprintf(out, size, "exit code %d", code);
        break;
    case SANDBOX_SIGNALED:
        snprintf(out, size, "signal %d", code);
        break;
    case SANDBOX_STOPPED:
        if (code >= 0)
            snprintf(out, size, "stopped, exit code %d", code);
        else
            snprintf(out, size, "stopped");
        break;
    case SANDBOX_CPU:
        snprintf(out, size, "more than %lld s of CPU time", (long long)(limits->cpu_ms / 1000));
        break;
    case SANDBOX_MEMORY:
        snprintf(out, size, "more than %lld MiB of memory", (long long)(limits->memory_bytes / MIB));
        break;
    case SANDBOX_PROCESSES:
        snprintf(out, size, "more than %d processes", limits->processes);
        break;
    case SANDBOX_OUTPUT:
        snprintf(out, size, "more than %lld KiB of output", (long long)(limits->output_bytes / 1024));
        break;
    case SANDBOX_DISK:
        snprintf(out, size, "more than %lld MiB of files", (long long)(limits->disk_bytes / MIB));
        break;
    }
}

/* Runs a program that does nothing, and looks at what held. 0 where even that fails. */
static unsigned probe(void)
{
    static unsigned holds;
    static bool done;
    char program[] = "true";
    char *argv[] = {program, NULL};
    struct sandbox_plan plan = {.argv = argv, .limits = sandbox_default_limits()};
    struct error err = ERROR_INIT;
    struct sandbox *sandbox;

    if (done)
        return holds;
    done = true;
    sandbox = sandbox_start(&plan, NULL, NULL, &err);
    if (!sandbox)
        return 0;
    holds = sandbox_holds(sandbox);
    sandbox_stop(sandbox, PROBE_MS);
    sandbox_free(sandbox);
    return holds;
}

const char *sandbox_strength(void)
{
    static const struct {
        unsigned bit;
        const char *name;
    } parts[] = {{HOLDS_PROCESSES, "process namespace, "},
                 {HOLDS_VIEW, "file namespace, "},
                 {HOLDS_USER, "own user id, "},
                 {HOLDS_LANDLOCK, "Landlock, "},
                 {HOLDS_SECCOMP, "seccomp, "}};
    static char text[128];
    unsigned holds = probe();
    size_t i;

    *text = '\0';
    for (i = 0; i < sizeof parts / sizeof *parts; i++)
        if (holds & parts[i].bit)
            strcat(text, parts[i].name);
    strcat(text, holds ? "limits" : "limits only");
    return text;
}

bool sandbox_isolates(void)
{
    unsigned holds = probe();

    return (holds & (HOLDS_VIEW | HOLDS_LANDLOCK)) && (holds & (HOLDS_PROCESSES | HOLDS_USER | HOLDS_SECCOMP));
}
