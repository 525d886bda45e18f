/*
 * requests.h: what the schedulers asked of the API server, counted by the server.
 */
#ifndef TESTS_BLACKBOX_REQUESTS_H
#define TESTS_BLACKBOX_REQUESTS_H

#include "compare/load.h"
#include "tests/blackbox/support/lab.h"

/*
 * Requests of the case's schedulers so far. The simulator tells who asked. A kube-apiserver only counts: there the test's own requests are taken
 * off, and nobody else may be asking; a watch counts when it has ended.
 */
struct load requests_so_far(struct lab *lab);
/* after - before of one kind. */
long requests_between(const struct load *before, const struct load *after, enum load_kind kind);
/* Whether requests_so_far() tells something: not on a living cluster, where others ask too. */
bool requests_are_ours(const struct lab *lab);

/* Simulator only: requests of the schedulers, of explain and doctor whose line in the log has all these texts (up to NULL), e.g. "\"verb\":\"list\"". */
long requests_with(struct lab *lab, ...);

/*
 * How many Bindings of a pod of the case the server took, whoever sent them; it says so itself, in the simulator's log or kube-apiserver's audit log. Ends the
 * case where it does not (bindings_are_known()): on a living cluster.
 */
long bindings_of(struct lab *lab, const char *pod);
bool bindings_are_known(const struct lab *lab);

#endif
