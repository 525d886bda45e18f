/*
 * folder.h: folders whose content nobody trusts: no link is followed, nothing is read without a bound.
 */
#ifndef GRADE_FOLDER_H
#define GRADE_FOLDER_H

#include <stdint.h>

#include "common/error.h"

struct folder_size {
    int64_t bytes; /* as the disk holds them */
    int entries;   /* files and folders below */
};

/* Sizes of everything below; stops counting where one of the ceilings is passed. 0 where nothing can be read. */
struct folder_size folder_measure(const char *path, int64_t bytes_max, int entries_max);

/* Removes it with everything below, also what its owner made unreadable. Not an error when it is not there. */
int folder_remove(const char *path, struct error *err);

/*
 * Copies files, folders, and links that stay below `from`, into the new folder `to`; everything else is left out. Who may read and execute is open
 * to all in the copy, and so is writing. ERROR_RUNTIME beyond bytes_max or entries_max, or 32 folders deep.
 */
int folder_copy(const char *from, const char *to, int64_t bytes_max, int entries_max, struct error *err);

#endif
