/*
 * process.h: what the system says about this process, for process_* on the metrics page, and what it is told. Everything that is not POSIX
 * about it is in process.c.
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

/*
 * Lets go of the pages of the program and its libraries that are in memory only because the start read them: to link and set up forty
 * libraries touches most of each, once. What is used again comes back by itself, a page fault per 64 KiB. Nothing that was written goes.
 * For one thread, once libraries are set up. Where the system has no such thing, nothing happens.
 */
void process_give_back_pages(void);

#endif
