#include "grade/format.h"

#include <string.h>

static const struct {
    const char *name;
    format_write write;
} formats[] = {{"text", format_text}};

format_write format_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (!strcmp(formats[i].name, name))
            return formats[i].write;
    return NULL;
}

const char *format_names(void)
{
    return "text";
}
