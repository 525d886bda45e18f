/*
 * rights.h: what the files of manifests/ allow, taken apart into rights: one verb of one resource each.
 */
#ifndef TESTS_BLACKBOX_RIGHTS_H
#define TESTS_BLACKBOX_RIGHTS_H

#include "tests/blackbox/support/lab.h"

#define RIGHTS_MAX 40

struct right {
    const char *file, *kind; /* of manifests/, and of its role: "ClusterRole" or "Role" */
    const char *group, *resource, *verb;
};

/* Every right of the rules of a file, in its order. Strings as textf(). */
size_t rights_of(const char *file, struct right rights[RIGHTS_MAX]);

/*
 * Makes everything that is in the files (up to NULL), but without one right (NULL: with all), under the name `account` instead of the scheduler's, and
 * in the namespace of the case; leaves ACCOUNT.kubeconfig in the case's folder. Waits until the server goes by it.
 */
void rights_give(struct lab *lab, const char *const *files, const char *account, const struct right *less);

#endif
