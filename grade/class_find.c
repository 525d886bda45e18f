#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/limits.h"
#include "grade/class.h"
#include "grade/text.h"

#define NAME_BYTES 60

static void student_free(struct student *s)
{
    free(s->name);
    free(s->folder);
    free(s->key);
}

void students_free(struct student *students, size_t count)
{
    while (count > 0)
        student_free(&students[--count]);
    free(students);
}

static int by_folder(const void *a, const void *b)
{
    return strcmp(((const struct student *)a)->folder, ((const struct student *)b)->folder);
}

struct list {
    struct student *students;
    size_t count;
};

static int add(struct list *list, const char *folder, const char *name, struct error *err)
{
    struct student s = {.state = STUDENT_WAITS}, *grown;
    size_t length = strlen(folder) + strlen(name) + 2;

    if (list->count == LIMIT_SUBMISSIONS)
        return error_set(err, ERROR_USAGE, "--jobs: more than %u submissions", LIMIT_SUBMISSIONS);
    s.folder = malloc(length);
    s.name = text_clean(name, strlen(name), NAME_BYTES);
    s.key = strdup(name);
    grown = s.folder && s.name && s.key ? realloc(list->students, (list->count + 1) * sizeof *grown) : NULL;
    if (!grown) {
        student_free(&s);
        return error_no_memory(err);
    }
    snprintf(s.folder, length, "%s/%s", folder, name);
    list->students = grown;
    list->students[list->count++] = s;
    return 0;
}

static int add_folder(struct list *list, const char *path, struct error *err)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    int ret = 0;

    if (!folder)
        return error_set(err, ERROR_USAGE, "--jobs: %s: %s", path, strerror(errno));
    while (ret == 0 && (entry = readdir(folder)) != NULL) {
        char below[4096];
        struct stat status;

        if (*entry->d_name == '.' || snprintf(below, sizeof below, "%s/%s", path, entry->d_name) >= (int)sizeof below)
            continue;
        if (lstat(below, &status) == 0 && S_ISDIR(status.st_mode))
            ret = add(list, path, entry->d_name, err);
    }
    closedir(folder);
    return ret;
}

/* alice of two folders: alice, alice-2 */
static int make_keys_unique(struct list *list, struct error *err)
{
    size_t i, j, length;

    for (i = 0; i < list->count; i++) {
        int number = 1;
        char *key;

        for (j = 0; j < i; j++)
            number += !strcmp(strrchr(list->students[j].folder, '/') + 1, strrchr(list->students[i].folder, '/') + 1);
        if (number == 1)
            continue;
        length = strlen(list->students[i].key) + 16;
        key = malloc(length);
        if (!key)
            return error_no_memory(err);
        snprintf(key, length, "%s-%d", list->students[i].key, number);
        free(list->students[i].key);
        list->students[i].key = key;
    }
    return 0;
}

int students_find(char *const *folders, int count, struct student **students, size_t *found, struct error *err)
{
    struct list list = {NULL, 0};
    int i;

    for (i = 0; i < count; i++)
        if (add_folder(&list, folders[i], err) < 0)
            goto failed;
    if (!list.count) {
        error_set(err, ERROR_USAGE, "--jobs: %s: no folder of a submission in it", count ? folders[0] : "no folder was given, there is");
        goto failed;
    }
    qsort(list.students, list.count, sizeof *list.students, by_folder);
    if (make_keys_unique(&list, err) < 0)
        goto failed;
    *students = list.students;
    *found = list.count;
    return 0;
failed:
    students_free(list.students, list.count);
    return -1;
}
