/*
 * submission.h: a command line becomes something that can be run in a sandbox: its words, and the folders that its files are in.
 */
#ifndef GRADE_SUBMISSION_H
#define GRADE_SUBMISSION_H

#include "grade/stage.h"

struct submission_files {
    struct submission submission; /* points into what follows */
    char **argv;
    char folder[4096], environment[4096], interpreter[4096]; /* the last two: of a Python that is not the system's; "": none */
    const char *extra[3];
};

/*
 * `program` is "polling" or "watch", static; `command` a path or a command in quotes. A word that names a file becomes its absolute path, since the program is not
 * run where we are. ERROR_USAGE for a command that is none. Whether there is such a program is found out when it is started. End with submission_close().
 */
int submission_open(struct submission_files *files, const char *program, const char *command, struct error *err);
void submission_close(struct submission_files *files);

#endif
