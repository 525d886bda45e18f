/*
 * curl_header.c: what is kept of an answer's headers.
 */
#include <string.h>
#include <strings.h>

#include "common/kube/curl_parts.h"

/* HTTP's dates are 29 bytes long; what is longer is none */
static void keep_date(struct transport_call *call, const char *value, size_t bytes)
{
    while (bytes && (*value == ' ' || *value == '\t')) {
        value++;
        bytes--;
    }
    while (bytes && (unsigned char)value[bytes - 1] <= ' ')
        bytes--;
    if (bytes >= sizeof call->date)
        bytes = 0;
    memcpy(call->date, value, bytes);
    call->date[bytes] = '\0';
}

/* libcurl takes an answer that ends among its headers for a whole one */
size_t curl_header_take(char *data, size_t size, size_t count, void *ctx)
{
    struct transport_call *call = ctx;
    size_t bytes = size * count;

    if (bytes <= 2) {
        call->headers_ended = true;
    } else if (bytes > 5 && memcmp(data, "HTTP/", 5) == 0) {
        call->headers_began = true;
        call->headers_ended = false;
        call->date[0] = '\0';
    } else if (bytes > 5 && strncasecmp(data, "date:", 5) == 0) {
        keep_date(call, data + 5, bytes - 5);
    }
    return bytes;
}
