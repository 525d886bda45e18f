/* server.h: an API server, asked one thing after the other and waited for, each within its time. */
#ifndef DOCTOR_SERVER_H
#define DOCTOR_SERVER_H

#include <jansson.h>

#include "common/kube/json_scan.h"
#include "common/kube/kubeconfig.h"

struct server;

/*
 * `config` is borrowed until the end. No connection is made yet. NULL: ERROR_USAGE for a certificate that cannot be used, ERROR_NO_MEMORY. End with
 * server_close(). `limit_ms`: for all requests together; what is asked later fails at once.
 */
struct server *server_open(const struct kube_config *config, int64_t limit_ms, struct error *err);
void server_close(struct server *server);

/* The Date of the latest answer, as the server wrote it; "": none. And the latest warning of the client's, of a credential for one; "": none. */
const char *server_date(const struct server *server);
const char *server_warning(const struct server *server);

/*
 * One request; `body` NULL for a GET, else POST. *answer is a new object {"status": N, "message": "…", "body": …}: status 0 when none came, `message`
 * why or what was refused, `body` what came when it is JSON. ERROR_NO_MEMORY.
 */
int server_ask(struct server *server, const char *target, const json_t *body, json_t **answer, struct error *err);

/* A list, item by item; `take` gets each, borrowed, and may fail. The rest as server_ask(), without "body". */
int server_list(struct server *server, const char *path, const struct json_field *schema,
                int (*take)(void *ctx, json_t *item, struct error *err), void *ctx, json_t **answer, struct error *err);

#endif
