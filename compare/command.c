/*
 * command.c: a command line as words, without a shell in between: a shell would be on the contestant's bill.
 */
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/limits.h"
#include "compare/contestant.h"

/* the value for "{key}" at text, or NULL; *length gets how much of the text it stands for */
static const char *placeholder(const char *text, const char *const *pairs, size_t *length)
{
    for (; pairs && pairs[0]; pairs += 2) {
        size_t key = strlen(pairs[0]);

        if (!strncmp(text + 1, pairs[0], key) && text[1 + key] == '}') {
            *length = key + 2;
            return pairs[1];
        }
    }
    return NULL;
}

/* reads one word and returns what follows it, or NULL on failure */
static const char *read_word(const char *text, const char *const *pairs, struct buffer *word, struct error *err)
{
    char quote = 0;

    for (; *text && (quote || !strchr(" \t\n", *text)); text++) {
        size_t length = 1;
        const char *value = *text == '{' ? placeholder(text, pairs, &length) : NULL;

        if (value) {
            if (buffer_add_string(word, value, err) < 0)
                return NULL;
            text += length - 1;
        } else if (*text == quote) {
            quote = 0;
        } else if (!quote && (*text == '\'' || *text == '"')) {
            quote = *text;
        } else if (buffer_add(word, text, 1, err) < 0) {
            return NULL;
        }
    }
    if (!quote)
        return text;
    error_set(err, ERROR_USAGE, "a quote %c is not closed", quote);
    return NULL;
}

static int add_word(char ***argv, size_t count, struct buffer *word, struct error *err)
{
    char **longer = realloc(*argv, (count + 2) * sizeof *longer);

    if (!longer)
        return error_no_memory(err);
    *argv = longer;
    longer[count] = strdup(word->data ? word->data : "");
    longer[count + 1] = NULL;
    return longer[count] ? 0 : error_no_memory(err);
}

char **command_split(const char *text, const char *const *pairs, struct error *err)
{
    struct buffer word;
    char **argv = NULL;
    size_t count = 0;

    for (;;) {
        int added;

        text += strspn(text, " \t\n");
        if (!*text)
            break;
        buffer_init(&word, LIMIT_CONFIG_FILE_BYTES);
        text = read_word(text, pairs, &word, err);
        added = text ? add_word(&argv, count++, &word, err) : -1;
        buffer_free(&word);
        if (added < 0) {
            command_free(argv);
            return NULL;
        }
    }
    if (!argv)
        error_set(err, ERROR_USAGE, "the command is empty");
    return argv;
}

void command_free(char **argv)
{
    size_t i;

    for (i = 0; argv && argv[i]; i++)
        free(argv[i]);
    free(argv);
}
