#include "tests/unit/support/scratch.h"

#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[256];

void scratch_begin(void)
{
    const char *tmp = getenv("TMPDIR");

    snprintf(folder, sizeof folder, "%s/lab-test-XXXXXX", tmp ? tmp : "/tmp");
    ck_assert_msg(mkdtemp(folder) != NULL, "cannot make %s", folder);
}

void scratch_end(void)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
            remove(scratch_path(entry->d_name));
    if (dir)
        closedir(dir);
    rmdir(folder);
}

const char *scratch_path(const char *name)
{
    static char paths[16][600];
    static unsigned next;
    char *path = paths[next++ % 16];

    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

const char *scratch_write(const char *name, const char *text, mode_t mode)
{
    const char *path = scratch_path(name);
    FILE *file;

    remove(path);
    file = fopen(path, "w");
    ck_assert_msg(file != NULL, "cannot write %s", path);
    fputs(text, file);
    fclose(file);
    chmod(path, mode);
    return path;
}

char *scratch_read(const char *path)
{
    FILE *file = fopen(path, "r");
    struct stat info;
    char *text;
    size_t got;

    ck_assert_msg(file != NULL && fstat(fileno(file), &info) == 0, "cannot read %s", path);
    text = malloc((size_t)info.st_size + 1);
    ck_assert_ptr_nonnull(text);
    got = fread(text, 1, (size_t)info.st_size, file);
    text[got] = '\0';
    fclose(file);
    return text;
}
