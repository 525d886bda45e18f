/*
 * random.h: numbers from a seed, the same on every system: SplitMix64 (Steele, Lea, Flood 2014). The C library's rand() differs between
 * systems, and runs are to be repeated anywhere.
 */
#ifndef COMPARE_RANDOM_H
#define COMPARE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* [0, 1), 53 bits */
static inline double random_unit(uint64_t *state)
{
    return (double)(random_next(state) >> 11) / 9007199254740992.0;
}

/* 0 to below-1; the bias of below/2^64 is nothing here */
static inline size_t random_below(uint64_t *state, size_t below)
{
    return (size_t)(random_next(state) % below);
}

#endif
