/*
 * alloc_fault.h: fails one allocation after the other. A test program whose name begins with test_alloc_ is linked so that its
 * malloc, calloc, realloc, strdup, strndup and free, and those of libcommon.a and libsimulator.a, go through here; jansson's too.
 * Shared libraries (libyaml, libcurl, libmicrohttpd) keep their own: what they allocate is neither failed nor counted.
 *
 *     static int load(void *ctx)                    // the scenario: everything it acquires it gives back
 *     {
 *         struct kube_config config = {0};
 *         struct error err = ERROR_INIT;
 *         int ret = kube_config_load(ctx, &config, &err);
 *
 *         kube_config_free(&config);
 *         return ret;
 *     }
 *
 *     START_TEST(test_load_survives_every_allocation_failure)
 *     {
 *         ck_assert_int_ne(alloc_fault_run(load, &source), 0);    // -1: passed over, not supported here
 *     }
 *     END_TEST
 *
 * A scenario makes no ck_assert: Check allocates. It returns -1 instead, and a scenario that fails with no allocation failed is
 * reported. A pointer that it hands to a shared library which frees it counts as a leak: free it in the scenario.
 */
#ifndef TESTS_UNIT_SUPPORT_ALLOC_FAULT_H
#define TESTS_UNIT_SUPPORT_ALLOC_FAULT_H

#include <stdbool.h>

/*
 * Runs `scenario` (0: success, -1: an error was returned) with allocation 1, 2, 3 ... failing, each once alone and once with every
 * later one, until a run ends before its turn comes. Ends the test case (ck_abort_msg, with the number) when a run in which an
 * allocation failed returned 0, when one left an allocation live, or when the run without a failure returned -1. Returns how
 * many allocations the scenario makes, at least 1 (none at all ends the test case too), or -1 where the linker cannot wrap (no GNU ld).
 */
int alloc_fault_run(int (*scenario)(void *ctx), void *ctx);

/*
 * The same for code that may carry on without what it could not get: 0 is allowed although an allocation failed. The leak
 * check stays, and the scenario's own return value is where such a test looks whether the outcome was one of the right ones.
 */
int alloc_fault_run_recovering(int (*scenario)(void *ctx), void *ctx);

/*
 * Runs the scenario once with no failure, and returns how many of the blocks that were freed still held `secret`, or -1 where the linker
 * cannot wrap. For code that has to overwrite what it frees. Ends the test case when the scenario fails or leaks.
 */
int alloc_fault_count_exposed(int (*scenario)(void *ctx), void *ctx, const char *secret);

/* Whether an allocation has failed in the run under way: for a scenario that wants to tell. */
bool alloc_fault_happened(void);

#endif
