/* setpriority() is XSI */
#define _DEFAULT_SOURCE

#include "compare/process.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#ifdef __APPLE__

int64_t child_cpu_us(pid_t pid)
{
    (void)pid;
    return -1;
}

#else

int64_t child_cpu_us(pid_t pid)
{
    struct timespec used;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &used) < 0)
        return -1;
    return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

#endif

int64_t child_peak_bytes(pid_t pid)
{
    char path[64], line[256];
    long long kib = -1;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%ld/status", (long)pid);
    file = fopen(path, "r");
    if (!file)
        return -1;
    while (kib < 0 && fgets(line, sizeof line, file))
        if (!strncmp(line, "VmHWM:", 6) && sscanf(line + 6, "%lld", &kib) != 1)
            break;
    fclose(file);
    return kib < 0 ? -1 : (int64_t)kib * 1024;
}

void thread_goes_first(void)
{
#ifdef __linux__
    /* there, and against POSIX, it is the thread's own */
    setpriority(PRIO_PROCESS, 0, -10);
#endif
}

double bytes_in_mib(int64_t bytes)
{
    return bytes < 0 ? NAN : (double)bytes / (1 << 20);
}
