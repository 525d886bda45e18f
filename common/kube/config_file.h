/*
 * config_file.h: the files a configuration is made of (kubeconfigs, certificates, keys, tokens), and how their paths resolve.
 */
#ifndef COMMON_KUBE_CONFIG_FILE_H
#define COMMON_KUBE_CONFIG_FILE_H

#include <stdbool.h>

#include "common/error.h"
#include "common/kube/secret.h"

/*
 * Reads a whole file into *out (from secret_buffer_init(), empty; its ceiling holds). ERROR_USAGE with one line that names the
 * path: missing, unreadable, a folder, over the ceiling. On failure *out is freed.
 */
int config_file_read(const char *path, struct secret_buffer *out, struct error *err);

/* Whether nothing at all is there. What is there and cannot be read is not missing: reading it gives the error. */
bool config_file_is_missing(const char *path);

/* The absolute folder that holds `path`, malloc'd, or NULL. The path is taken as written: a symbolic link is not followed. */
char *config_file_folder(const char *path, struct error *err);

/* `path`, or "folder/path" when it is relative. malloc'd, or NULL on ERROR_NO_MEMORY. */
char *config_file_resolve(const char *folder, const char *path, struct error *err);

#endif
