/*
 * process.h: what a running process of somebody else's has used so far. The system's own ways are kept in this one file; where there
 * is none, the answer is -1: not measured.
 */
#ifndef COMPARE_PROCESS_H
#define COMPARE_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/* CPU time of all threads, user and system, in microseconds, or -1. The process must not have been waited for yet. */
int64_t child_cpu_us(pid_t pid);

/*
 * The most memory it ever had resident, in bytes, or -1. Not what wait4() says: Linux lets a child start with the peak of the
 * program that forked it, so a small contestant of a large parent would look large.
 */
int64_t child_peak_bytes(pid_t pid);

/* Lets the calling thread go before others, where the system has such a thing and allows it (Linux, root). */
void thread_goes_first(void);

/* Bytes in MiB (1048576 bytes), as memory is shown: ps and time -v count in KiB. NAN for -1. */
double bytes_in_mib(int64_t bytes);

#endif
