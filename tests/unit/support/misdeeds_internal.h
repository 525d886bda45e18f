/*
 * misdeeds_internal.h: what is done to others, for the table in misdeeds.c.
 */
#ifndef TESTS_UNIT_SUPPORT_MISDEEDS_INTERNAL_H
#define TESTS_UNIT_SUPPORT_MISDEEDS_INTERNAL_H

/* A line on stdout, at once. */
void misdeed_say(const char *text);

/* Each takes its arguments, NULL-terminated, and returns the exit code. */
int misdeed_kill_others(char **arguments);
int misdeed_look_into_others(char **arguments);
int misdeed_read_files(char **arguments);
int misdeed_write_files(char **arguments);
int misdeed_connect_often(char **arguments);
int misdeed_connect_to(char **arguments);
int misdeed_connect_unix(char **arguments);

#endif
