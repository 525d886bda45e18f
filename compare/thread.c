#include "compare/thread.h"

#include <signal.h>

int thread_start(pthread_t *thread, void *(*work)(void *ctx), void *ctx)
{
    sigset_t all, before;
    int failed;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(thread, NULL, work, ctx);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}
