/*
 * account.h: service accounts of the case's namespace, and kubeconfigs of their own.
 */
#ifndef TESTS_BLACKBOX_ACCOUNT_H
#define TESTS_BLACKBOX_ACCOUNT_H

#include "tests/blackbox/support/lab.h"

/* The address of the namespace's service accounts and what follows it, as textf(). */
const char *accounts(struct lab *lab, const char *rest);
void account_make(struct lab *lab, const char *name);
/* A token that the server gives out for an hour, as textf(). */
const char *account_token(struct lab *lab, const char *name);
/* Writes a kubeconfig for the server under test, with a new token of the account; its path as textf(). */
const char *account_kubeconfig(struct lab *lab, const char *name);

#endif
