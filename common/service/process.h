/*
 * process.h: what the system says about this process, for process_* on the metrics page. Everything that is not POSIX about it is in
 * process.c.
 */
#ifndef COMMON_SERVICE_PROCESS_H
#define COMMON_SERVICE_PROCESS_H

#include <stdint.h>

/* CPU time used so far, user and system, in microseconds. */
int64_t process_cpu_us(void);

/* Bytes of memory in use now (not the peak), or -1 where the system does not tell. */
int64_t process_resident_bytes(void);

/* When the process started, in microseconds since 1970, or -1 where the system does not tell. */
int64_t process_start_us(void);

#endif
