/* system.c: see system.h. */
#include "doctor/system.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

int64_t system_disk_free(const char *path)
{
    struct statvfs info;

    return statvfs(path, &info) < 0 ? -1 : (int64_t)info.f_bavail * (int64_t)info.f_frsize;
}

#ifdef __linux__

static int64_t number_in(const char *path)
{
    FILE *file = fopen(path, "r");
    long long value = -1;

    if (!file)
        return -1;
    if (fscanf(file, "%lld", &value) != 1)
        value = -1;
    fclose(file);
    return value;
}

/* a line of /proc/meminfo, in bytes */
static int64_t memory_line(const char *name)
{
    FILE *file = fopen("/proc/meminfo", "r");
    const size_t bytes = strlen(name);
    long long kib = -1;
    char line[256];

    while (file && kib < 0 && fgets(line, sizeof line, file))
        if (!strncmp(line, name, bytes) && sscanf(line + bytes, "%lld", &kib) != 1)
            break;
    if (file)
        fclose(file);
    return kib < 0 ? -1 : (int64_t)kib * 1024;
}

int64_t system_memory_total(void)
{
    return memory_line("MemTotal:");
}

int64_t system_memory_available(void)
{
    return memory_line("MemAvailable:");
}

int64_t system_inotify_watches(void)
{
    return number_in("/proc/sys/fs/inotify/max_user_watches");
}

int64_t system_inotify_instances(void)
{
    return number_in("/proc/sys/fs/inotify/max_user_instances");
}

int system_cgroup_version(void)
{
    if (access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0)
        return 2;
    return access("/sys/fs/cgroup/memory", F_OK) == 0 || access("/sys/fs/cgroup/cpu", F_OK) == 0 ? 1 : 0;
}

bool system_is_wsl(void)
{
    FILE *file = fopen("/proc/version", "r");
    char line[512] = "";
    bool found;

    if (file && !fgets(line, sizeof line, file))
        line[0] = '\0';
    if (file)
        fclose(file);
    for (char *c = line; *c; c++)
        *c = (char)tolower((unsigned char)*c);
    found = strstr(line, "microsoft") != NULL;
    return found;
}

#else

#ifdef _SC_PHYS_PAGES
int64_t system_memory_total(void)
{
    const long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);

    return pages < 0 || bytes < 0 ? -1 : (int64_t)pages * bytes;
}
#else
int64_t system_memory_total(void)
{
    return -1;
}
#endif

int64_t system_memory_available(void)
{
    return -1;
}

int64_t system_inotify_watches(void)
{
    return -1;
}

int64_t system_inotify_instances(void)
{
    return -1;
}

int system_cgroup_version(void)
{
    return 0;
}

bool system_is_wsl(void)
{
    return false;
}

#endif
