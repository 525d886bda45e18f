#include "compare/flag_value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int flag_text(const char *flag, const char *text, const char **value, struct error *err)
{
    if (!text[strspn(text, " \t")])
        return error_set(err, ERROR_USAGE, "%s: it is empty", flag);
    *value = text;
    return 0;
}

int flag_seed(const char *text, uint64_t most, uint64_t *seed, struct error *err)
{
    char *end;

    errno = 0;
    *seed = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || *seed > most)
        return error_set(err, ERROR_USAGE, "--seed: '%s' is no whole number from 0 to %llu", text, (unsigned long long)most);
    return 0;
}
