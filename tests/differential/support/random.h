/* random.h: choices that a seed repeats. (Arguments of one call may be drawn in another order by another compiler.) */
#ifndef TESTS_DIFFERENTIAL_RANDOM_H
#define TESTS_DIFFERENTIAL_RANDOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state; /* never 0 */
};

void random_start(struct random *random, uint64_t seed);
/* A number below `bound`, which is more than 0. */
unsigned random_below(struct random *random, unsigned bound);
/* True in so many of a hundred. */
bool random_percent(struct random *random, unsigned percent);
/* One of the words. */
const char *random_word(struct random *random, const char *const *words, size_t count);

#define PICK(random, words) random_word(random, words, sizeof(words) / sizeof(words)[0])

#endif
