/*
 * error.h: the one error convention of this project.
 *
 * A function that can fail returns int: 0 on success, -1 on failure, and takes `struct error *err` as its last parameter.
 * On success *err is untouched. On failure it holds the kind and one line of text for a person: which file, key, flag or
 * object, and what was expected. `err` may not be NULL. Functions that return a pointer return NULL on failure instead of -1.
 * A failed function leaves its outputs as they were and owns nothing: the caller frees only what it had before.
 *
 * The cleanup idiom that goes with it, in every function that acquires something:
 *
 *     int ret = -1;
 *     ...
 *     if (step(x, err) < 0)
 *         goto cleanup;
 *     ret = 0;
 * cleanup:
 *     free(...);
 *     return ret;
 */
#ifndef COMMON_ERROR_H
#define COMMON_ERROR_H

enum error_kind {
    ERROR_NONE,
    ERROR_USAGE,    /* bad flag, file, key or value: the program exits 2 */
    ERROR_RUNTIME,  /* something failed while working: the program exits 1 */
    ERROR_NO_MEMORY /* an allocation failed: exits 1 when nothing can be done about it */
};

struct error {
    enum error_kind kind;
    char text[512]; /* one line, no newline at the end; cut when longer, never overrun */
};

#define ERROR_INIT                                                                                                                         \
    {                                                                                                                                      \
        ERROR_NONE, ""                                                                                                                     \
    }

/* Fills *err. Returns -1 always, so that a caller can write `return error_set(...)`. */
int error_set(struct error *err, enum error_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Fills *err with "out of memory". Returns -1 always. */
int error_no_memory(struct error *err);

/* Puts "CONTEXT: " in front of the text of a filled error; keeps its kind. Returns -1 always. */
int error_prefix(struct error *err, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The exit code that goes with the kind: 2 for ERROR_USAGE, 1 for the others, 0 for ERROR_NONE. */
int error_exit_code(const struct error *err);

#endif
