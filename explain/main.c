/*
 * explain: why there? For every pending pod each filter's verdict and the score of each node, then the pick. On a cluster, or on a saved state of one.
 */
#include "explain/run.h"

int main(int argc, char **argv)
{
    return explain_run(argc, argv, stdout, stderr);
}
