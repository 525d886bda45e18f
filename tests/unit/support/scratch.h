/*
 * scratch.h: a folder of its own for a test case, and small files in it.
 */
#ifndef TESTS_UNIT_SUPPORT_SCRATCH_H
#define TESTS_UNIT_SUPPORT_SCRATCH_H

#include <sys/types.h>

/* Makes a fresh folder below TMPDIR; scratch_end() removes it with the files that scratch_write() and scratch_path() named. */
void scratch_begin(void);
void scratch_end(void);

/* "FOLDER/NAME"; a static string of a few, valid until the sixteenth next call. */
const char *scratch_path(const char *name);

/* Writes a file with that mode, and returns its scratch_path(). A file that is there is replaced. */
const char *scratch_write(const char *name, const char *text, mode_t mode);

/* A whole file, malloc'd and NUL-terminated; ends the test case when it cannot be read. */
char *scratch_read(const char *path);

#endif
