/*
 * files.h: whole files in and out.
 */
#ifndef SIMULATOR_FILES_H
#define SIMULATOR_FILES_H

#include "common/buffer.h"
#include "common/error.h"

/* Appends the content of a file. ERROR_USAGE names the path when it cannot be read or does not fit into the buffer's ceiling. */
int file_read(const char *path, struct buffer *out, struct error *err);

/* Writes a file that appears whole or not at all (a new file beside it, mode 0600, then rename). ERROR_RUNTIME names the path. */
int file_write(const char *path, const char *data, size_t bytes, struct error *err);

#endif
