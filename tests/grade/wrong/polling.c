/*
 * polling.c: look, decide, act, sleep; built right or with one defect (defect.h).
 */
#include <time.h>

#include "tests/grade/wrong/wrong.h"

static void pause_ms(int64_t ms)
{
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000};

    nanosleep(&pause, NULL);
}

int main(int argc, char **argv)
{
    struct scheduler s = {.prefix = "polling"};
    int64_t retry;

    parse_options(&s, argc, argv);
    api_open(&s);
    for (;;) {
        if (api_list(&s.api, "/api/v1/nodes", &s.nodes, NULL) == 200 && api_list(&s.api, "/api/v1/pods", &s.pods, NULL) == 200)
            bind_pending(&s);
        retry = next_retry_ms(&s);
        if (defect == BUSY)
            pause_ms(10);
        else
            pause_ms(retry >= 0 && retry < s.interval_ms ? retry + 1 : s.interval_ms);
    }
}
