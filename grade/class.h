/*
 * class.h: --jobs: a folder of submissions, each graded by a process of its own (this program again, with --submission), some at a time; a table and a CSV file at the end.
 * What one of them does to its grader costs that one.
 */
#ifndef GRADE_CLASS_H
#define GRADE_CLASS_H

#include <signal.h>

#include "grade/options.h"
#include "grade/summary.h"

enum student_state { STUDENT_WAITS, STUDENT_RUNS, STUDENT_GRADED, STUDENT_NOT_GRADED };

struct student {
    char *name;   /* as shown: clean */
    char *folder; /* of the submission */
    char *key;    /* of its files: its folder's name, with a number where two are alike */
    enum student_state state;
    struct summary summary; /* of one that could not be graded: only the note */
    pid_t worker;           /* while it runs; the leader of its process group */
    int64_t began_us, took_us, asked_us;
    bool asked, late; /* to end; because its time was up */
};

/* The folders below each of `folders`, in order of their names; hidden ones are passed over. ERROR_USAGE for one that is none, or when there are none at all. Freed with students_free(). */
int students_find(char *const *folders, int count, struct student **students, size_t *found, struct error *err);
void students_free(struct student *students, size_t count);

/*
 * Grades them all; progress to stderr, the table to stdout. Returns 0 when each was graded, 1 when one could not be or *stop was set; ERROR_USAGE, ERROR_RUNTIME.
 * ERROR_USAGE too where the sandbox does not isolate and --trust was not given.
 */
int class_run(const struct grade_options *options, const char *argv0, const volatile sig_atomic_t *stop, struct error *err);

/* The table, and the CSV file: RFC 4180, no cell is a formula to a spreadsheet. `total_us`: of the whole run. */
void class_print(const struct student *students, size_t count, unsigned checkpoints, int64_t total_us, FILE *out);
int class_write_csv(const struct student *students, size_t count, const char *path, struct error *err);

#endif
