#include "tests/differential/support/arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned long argument_number(int argc, char **argv, int index, unsigned long other)
{
    const char *slash = strrchr(argv[0], '/');
    char *end;
    unsigned long value;

    if (index >= argc)
        return other;
    errno = 0;
    value = strtoul(argv[index], &end, 10);
    if (errno || *end || value == 0 || *argv[index] == '-') {
        fprintf(stderr, "%s: %s is no number above 0\n", slash ? slash + 1 : argv[0], argv[index]);
        exit(2);
    }
    return value;
}
