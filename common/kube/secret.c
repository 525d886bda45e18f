#include "common/kube/secret.h"

#include <stdlib.h>
#include <string.h>

/* called through a volatile pointer: a plain memset before free() is dead code to an optimizer */
static void *(*const volatile overwrite)(void *, int, size_t) = memset;

void secret_wipe(void *data, size_t bytes)
{
    if (bytes)
        overwrite(data, 0, bytes);
}

void secret_free(char *text)
{
    if (text)
        secret_wipe(text, strlen(text));
    free(text);
}

void secret_buffer_init(struct secret_buffer *b, size_t max)
{
    *b = (struct secret_buffer){.max = max};
}

int secret_buffer_room(struct secret_buffer *b, struct error *err)
{
    size_t capacity = b->capacity ? b->capacity * 2 : 4096;
    char *data;

    if (b->bytes + 1 < b->capacity)
        return 0;
    if (b->bytes >= b->max)
        return error_set(err, ERROR_USAGE, "more than %zu bytes", b->max);
    if (capacity > b->max + 1)
        capacity = b->max + 1;
    /* no realloc(): it would leave the old copy in freed memory */
    data = malloc(capacity);
    if (!data)
        return error_no_memory(err);
    if (b->bytes)
        memcpy(data, b->data, b->bytes);
    data[b->bytes] = '\0';
    secret_wipe(b->data, b->bytes);
    free(b->data);
    b->data = data;
    b->capacity = capacity;
    return 0;
}

size_t secret_buffer_free_bytes(const struct secret_buffer *b)
{
    return b->capacity ? b->capacity - 1 - b->bytes : 0;
}

void secret_buffer_wrote(struct secret_buffer *b, size_t bytes)
{
    b->bytes += bytes;
    b->data[b->bytes] = '\0';
}

void secret_buffer_free(struct secret_buffer *b)
{
    secret_wipe(b->data, b->bytes);
    free(b->data);
    secret_buffer_init(b, b->max);
}
