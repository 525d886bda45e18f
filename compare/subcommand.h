/*
 * subcommand.h: what compare does with results that are there already: `compare report`, `compare diff`.
 */
#ifndef COMPARE_SUBCOMMAND_H
#define COMPARE_SUBCOMMAND_H

#include <stdbool.h>

#include "common/error.h"

/*
 * Runs the subcommand that argv[1] names, and puts the program's exit code (0) into *code; after a failure it is error_exit_code(err). False when
 * argv[1] names none, and nothing was done.
 */
bool subcommand_run(int argc, char **argv, int *code, struct error *err);

#endif
