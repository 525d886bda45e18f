/* arguments.h: the arguments of a differential program. */
#ifndef TESTS_DIFFERENTIAL_ARGUMENTS_H
#define TESTS_DIFFERENTIAL_ARGUMENTS_H

/* The argument of that index as a number from 1 on; without one `other`. Ends the program with exit code 2 and a line for what is no such number. */
unsigned long argument_number(int argc, char **argv, int index, unsigned long other);

#endif
