/* random.c: xorshift64*, started by one step of splitmix64, so that seeds that lie side by side have nothing in common. */
#include "tests/differential/support/random.h"

void random_start(struct random *random, uint64_t seed)
{
    uint64_t z = seed + 0x9e3779b97f4a7c15u;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    z ^= z >> 31;
    random->state = z ? z : 1;
}

unsigned random_below(struct random *random, unsigned bound)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return (unsigned)((random->state * 2685821657736338717u) >> 33) % bound;
}

bool random_percent(struct random *random, unsigned percent)
{
    return random_below(random, 100) < percent;
}

const char *random_word(struct random *random, const char *const *words, size_t count)
{
    return words[random_below(random, (unsigned)count)];
}
