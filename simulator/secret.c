/* secret.c: see secret.h. */
#include "simulator/secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int secret_make(char out[SECRET_BYTES], struct error *err)
{
    FILE *file = fopen("/dev/urandom", "rb");
    unsigned char bytes[(SECRET_BYTES - 1) / 2];
    size_t got;

    if (!file)
        return error_set(err, ERROR_RUNTIME, "/dev/urandom: %s", strerror(errno));
    got = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    if (got != sizeof bytes)
        return error_set(err, ERROR_RUNTIME, "/dev/urandom: no randomness");
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(out + 2 * i, 3, "%02x", bytes[i]);
    return 0;
}
