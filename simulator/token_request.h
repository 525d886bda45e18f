/*
 * token_request.h: tokens of service accounts: POST …/serviceaccounts/NAME/token, what `kubectl create token` asks for.
 */
#ifndef SIMULATOR_TOKEN_REQUEST_H
#define SIMULATOR_TOKEN_REQUEST_H

#include "simulator/internal.h"

/* Answers with an authentication.k8s.io/v1 TokenRequest. 0, 1 (a Status was answered) or -1. */
int token_request_create(struct call *call, struct error *err);
void token_request_free(struct sim *sim);

#endif
