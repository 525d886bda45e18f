/* process.c: Linux reads /proc, macOS asks Mach, elsewhere only the CPU time is known. */
#define _DEFAULT_SOURCE /* madvise() */
#include "common/service/process.h"

#include <sys/resource.h>
#include <sys/time.h>

int64_t process_cpu_us(void)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) < 0)
        return 0;
    return ((int64_t)usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000 + usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
}

#if defined(__linux__)

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The first bytes of a file under /proc as a string. Returns -1 when it cannot be read. */
static int read_proc(const char *path, char *out, size_t max)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    size_t used = 0;
    ssize_t n = 0;

    if (fd < 0)
        return -1;
    while (used < max - 1 && (n = read(fd, out + used, max - 1 - used)) > 0)
        used += (size_t)n;
    close(fd);
    out[used] = '\0';
    return used && n >= 0 ? 0 : -1;
}

int64_t process_resident_bytes(void)
{
    char statm[128];
    long long pages;

    if (read_proc("/proc/self/statm", statm, sizeof statm) < 0 || sscanf(statm, "%*s %lld", &pages) != 1)
        return -1;
    return (int64_t)pages * sysconf(_SC_PAGESIZE);
}

/* When the system started, in seconds since 1970. */
static int64_t boot_time(void)
{
    FILE *file = fopen("/proc/stat", "re");
    long long seconds = -1;
    char line[256];

    if (!file)
        return -1;
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "btime %lld", &seconds) == 1)
            break;
    fclose(file);
    return seconds;
}

int64_t process_start_us(void)
{
    char stat[1024];
    const char *after_name;
    long long ticks;
    int64_t boot = boot_time();

    /* the second field is the program's name in parentheses and may itself hold anything: fields are counted from its end */
    if (boot < 0 || read_proc("/proc/self/stat", stat, sizeof stat) < 0 || !(after_name = strrchr(stat, ')')))
        return -1;
    if (sscanf(after_name + 1, " %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lld", &ticks) != 1)
        return -1;
    return boot * 1000000 + (int64_t)ticks * 1000000 / sysconf(_SC_CLK_TCK);
}

/*
 * A mapping that cannot be written and has no page of our own, in memory ("Anonymous") or swapped out, is the file and nothing else: the page
 * cache brings it back. Where the linker has relocated, or a debugger set a breakpoint, there is such a page.
 */
void process_give_back_pages(void)
{
    FILE *maps = fopen("/proc/self/smaps", "re");
    unsigned long begin = 0, end = 0, inode, own_kib = 1, swapped_kib;
    char line[512], mode[5];
    bool is_file = false;

    if (!maps)
        return;
    while (fgets(line, sizeof line, maps)) {
        if (sscanf(line, "Anonymous: %lu", &own_kib) == 1)
            continue;
        if (sscanf(line, "Swap: %lu", &swapped_kib) == 1) {
            if (is_file && own_kib == 0 && swapped_kib == 0)
                (void)madvise((void *)begin, end - begin, MADV_DONTNEED);
        } else if (strchr(line, '-') && sscanf(line, "%lx-%lx %4s %*s %*s %lu", &begin, &end, mode, &inode) == 4) {
            is_file = inode > 0 && mode[1] == '-';
            own_kib = 1; /* until it is said that there is none */
        }
    }
    fclose(maps);
}

#elif defined(__APPLE__)

#include <mach/mach.h>
#include <sys/sysctl.h>
#include <unistd.h>

void process_give_back_pages(void)
{
}

int64_t process_resident_bytes(void)
{
    struct mach_task_basic_info info;
    mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;

    if (task_info(mach_task_self(), MACH_TASK_BASIC_INFO, (task_info_t)&info, &count) != KERN_SUCCESS)
        return -1;
    return (int64_t)info.resident_size;
}

int64_t process_start_us(void)
{
    int name[4] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, (int)getpid()};
    struct kinfo_proc info;
    size_t bytes = sizeof info;

    if (sysctl(name, 4, &info, &bytes, NULL, 0) < 0 || bytes == 0)
        return -1;
    return (int64_t)info.kp_proc.p_starttime.tv_sec * 1000000 + info.kp_proc.p_starttime.tv_usec;
}

#else

void process_give_back_pages(void)
{
}

int64_t process_resident_bytes(void)
{
    return -1;
}

int64_t process_start_us(void)
{
    return -1;
}

#endif
