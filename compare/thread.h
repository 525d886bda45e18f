/* thread.h: a thread that no signal reaches. */
#ifndef COMPARE_THREAD_H
#define COMPARE_THREAD_H

#include <pthread.h>

/*
 * Starts a thread with all signals blocked: they are for the one that starts it, whose waits they are to end. Returns pthread_create()'s answer, 0 or an errno value;
 * the caller's own mask is as it was.
 */
int thread_start(pthread_t *thread, void *(*work)(void *ctx), void *ctx);

#endif
