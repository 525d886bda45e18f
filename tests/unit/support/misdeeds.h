/*
 * misdeeds.h: what a submission may try that means harm, or is only wrong; for the sandbox's tests, whose program runs itself with a misdeed's name.
 */
#ifndef TESTS_UNIT_SUPPORT_MISDEEDS_H
#define TESTS_UNIT_SUPPORT_MISDEEDS_H

/* argv: NAME TOKEN ARGUMENT...; the token only marks the process for whoever looks for it. Returns the exit code; many never return. 99: no such misdeed. */
int misdeed(int argc, char **argv);

#endif
