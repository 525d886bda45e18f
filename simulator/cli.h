/*
 * cli.h: the command line of bin/simulator.
 */
#ifndef SIMULATOR_CLI_H
#define SIMULATOR_CLI_H

#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "simulator/sim.h"
#include "simulator/tokens.h"

struct cli {
    struct sim_options sim; /* the clock is left NULL */
    const char *address;
    int port;
    const char *write_kubeconfig, *faults, *state; /* NULL: not given */
    bool tls;
    const char *tls_cert, *tls_key; /* paths; both or none */
    bool parent_watch;
    bool help, version; /* nothing else matters then */
};

/* Reads argv; strings point into it. Tokens are added to `tokens`. ERROR_USAGE with one line: the flag, what it had, what was expected. */
int cli_parse(int argc, char **argv, struct cli *cli, struct tokens *tokens, struct error *err);

/* The whole --help text, to stdout. */
void cli_print_help(void);

#endif
