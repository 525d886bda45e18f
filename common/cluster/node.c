/* node.c: a node's life ends here; it is made in node_decode.c. */
#include "common/cluster/node.h"

#include <stdlib.h>

void node_spec_free(struct node_spec *spec)
{
    free(spec);
}
