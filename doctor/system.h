/* system.h: what the system tells about this machine. All that is not POSIX is in system.c; what a system does not tell is -1, or 0 where 0 says so. */
#ifndef DOCTOR_SYSTEM_H
#define DOCTOR_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes of memory: all, and what programs can still have; -1. */
int64_t system_memory_total(void);
int64_t system_memory_available(void);

/* Bytes that this user can write below the path; -1. */
int64_t system_disk_free(const char *path);

/* fs.inotify.max_user_watches and max_user_instances; -1 where there is no such thing. */
int64_t system_inotify_watches(void);
int64_t system_inotify_instances(void);

/* 1 or 2; 0 where there are no control groups. */
int system_cgroup_version(void);

/* Linux inside of Windows. */
bool system_is_wsl(void);

#endif
