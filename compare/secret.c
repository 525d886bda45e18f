#include "compare/secret.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int secret_make(char *out, size_t size, struct error *err)
{
    FILE *file = fopen("/dev/urandom", "rb");
    size_t i;

    if (!file)
        return error_set(err, ERROR_RUNTIME, "/dev/urandom: %s", strerror(errno));
    for (i = 0; i + 1 < size; i++) {
        int byte = fgetc(file);

        if (byte == EOF) {
            fclose(file);
            return error_set(err, ERROR_RUNTIME, "/dev/urandom: it ended");
        }
        out[i] = "0123456789abcdef"[byte & 15];
    }
    out[i] = '\0';
    fclose(file);
    return 0;
}

bool secret_equal(const char *given, const char *secret)
{
    size_t bytes = strlen(secret), i;
    unsigned differs = 0;

    if (strlen(given) != bytes)
        return false;
    for (i = 0; i < bytes; i++)
        differs |= (unsigned)(unsigned char)(given[i] ^ secret[i]);
    return !differs;
}
