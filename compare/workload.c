#include "compare/workload.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {"burst", "steady", "trickle"};

int workload_by_name(const char *name)
{
    int i;

    for (i = 0; i < (int)(sizeof names / sizeof *names); i++)
        if (!strcmp(names[i], name))
            return i;
    return -1;
}

const char *workload_name(enum workload_kind kind)
{
    return names[kind];
}

/* SplitMix64 (Steele, Lea, Flood 2014): the C library's rand() differs between systems, and runs are to be repeated anywhere */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* a gap of a Poisson process with that many arrivals a second */
static double exponential_s(uint64_t *state, double rate)
{
    double uniform = (double)(next_random(state) >> 11) / 9007199254740992.0; /* 53 bits: [0, 1) */

    return -log(1 - uniform) / rate;
}

void workload_arrivals(const struct workload *workload, int64_t *at_us)
{
    uint64_t state = workload->seed;
    double at_s = 0;
    size_t i;

    for (i = 0; i < workload->pods; i++) {
        at_us[i] = (int64_t)(at_s * 1e6);
        if (workload->kind == WORKLOAD_STEADY)
            at_s = (double)(i + 1) / workload->rate;
        else if (workload->kind == WORKLOAD_TRICKLE)
            at_s += exponential_s(&state, workload->rate);
    }
}
