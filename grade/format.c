#include "grade/format.h"

#include <errno.h>
#include <string.h>

static const struct {
    const char *name;
    format_write write;
} formats[] = {
    {"text", format_text}, {"tap", format_tap}, {"junit", format_junit}, {"gradescope", format_gradescope}, {"github", format_github}};

format_write format_by_name(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (!strcmp(formats[i].name, name))
            return formats[i].write;
    return NULL;
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
