#include "grade/format.h"

#include <errno.h>
#include <string.h>

static const struct {
    const char *name;
    format_write write;
    const char *suffix;
} formats[] = {{"text", format_text, "txt"},
               {"tap", format_tap, "tap"},
               {"junit", format_junit, "xml"},
               {"gradescope", format_gradescope, "json"},
               {"github", format_github, "github.txt"}};

format_write format_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (!strcmp(formats[i].name, name))
            return formats[i].write;
    return NULL;
}

static size_t index_of(format_write format)
{
    size_t i = 0;

    while (i + 1 < sizeof formats / sizeof formats[0] && formats[i].write != format)
        i++;
    return i;
}

const char *format_name(format_write format)
{
    return formats[index_of(format)].name;
}

const char *format_suffix(format_write format)
{
    return formats[index_of(format)].suffix;
}

const char *format_names(void)
{
    return "text, tap, junit, gradescope, github";
}

const char *format_checkpoint(int checkpoint)
{
    static const char *const titles[CHECKPOINTS] = {"the path of a pod", "observe, decide, act", "the log says what happened",
                                                    "listen instead of asking", "policy extensions"};

    return titles[checkpoint - 1];
}

int format_end(FILE *out, struct error *err)
{
    return fflush(out) == EOF || ferror(out) ? error_set(err, ERROR_RUNTIME, "the sheet cannot be written: %s", strerror(errno)) : 0;
}
