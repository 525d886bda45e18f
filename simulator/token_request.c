/*
 * token_request.c: the tokens that were given out are kept in memory, and end with the simulator. They are no JWTs: nobody but the server reads them.
 */
#include "simulator/token_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulator/api.h"
#include "simulator/secret.h"
#include "simulator/status.h"

#define TOKENS_KEPT 10000u /* the oldest end before their time beyond */
#define SHORTEST_S 600
#define USUAL_S 3600

struct issued {
    struct issued *next; /* older */
    int64_t until_us;    /* wall time */
    char token[SECRET_BYTES];
    char uid[64];
    char key[]; /* of the service account */
};

/* ends those that are over, and the oldest beyond the limit */
static void trim(struct sim *sim)
{
    struct issued **at = &sim->issued;
    size_t kept = 0;

    while (*at) {
        struct issued *old = *at;

        if (old->until_us > sim_wall_us(sim) && kept < TOKENS_KEPT) {
            kept++;
            at = &old->next;
            continue;
        }
        *at = old->next;
        free(old);
    }
}

static struct issued *issue(struct sim *sim, const struct object *account, int64_t seconds, struct error *err)
{
    struct issued *made = calloc(1, sizeof *made + strlen(account->key) + 1);

    if (!made) {
        error_no_memory(err);
        return NULL;
    }
    if (secret_make(made->token, err) < 0) {
        free(made);
        return NULL;
    }
    made->until_us = sim_wall_us(sim) + seconds * 1000000;
    snprintf(made->uid, sizeof made->uid, "%s", account->uid);
    strcpy(made->key, account->key);
    trim(sim);
    made->next = sim->issued;
    sim->issued = made;
    return made;
}

static int answer(struct call *call, const struct object *account, const struct issued *issued, json_t *spec, json_int_t seconds,
                  struct error *err)
{
    char now[32], until[32], *text = NULL;
    json_t *audiences = json_object_get(spec, "audiences"), *bound = json_object_get(spec, "boundObjectRef"), *doc;
    int ret;

    sim_now_text(call->sim, now);
    clock_format_rfc3339(issued->until_us, 0, until);
    doc = json_pack("{sssss{ssssssss}s{sosIsO}s{ssss}}", "kind", "TokenRequest", "apiVersion", "authentication.k8s.io/v1", "metadata",
                    "name", account->name, "namespace", account->namespace_, "uid", account->uid, "creationTimestamp", now, "spec",
                    "audiences", json_array_size(audiences) ? json_incref(audiences) : json_pack("[s]", "https://kubernetes.default.svc"),
                    "expirationSeconds", seconds, "boundObjectRef", bound ? bound : json_null(), "status", "token", issued->token,
                    "expirationTimestamp", until);
    if (doc)
        text = json_dumps(doc, JSON_COMPACT);
    json_decref(doc);
    ret = text ? buffer_add_string(&call->response->body, text, err) : error_no_memory(err);
    if (ret == 0)
        ret = buffer_add(&call->response->body, "\n", 1, err);
    free(text);
    call->response->status = 201;
    call->response->content_type = "application/json";
    return ret;
}

static int create_for(struct call *call, json_t *doc, struct error *err)
{
    const struct target *target = &call->target;
    json_t *spec = json_object_get(doc, "spec"), *wanted = json_object_get(spec, "expirationSeconds");
    json_int_t seconds = json_is_integer(wanted) ? json_integer_value(wanted) : USUAL_S;
    struct status_cause cause = {"FieldValueInvalid", NULL, "spec.expirationSeconds"};
    struct object *account;
    struct issued *issued;
    char key[600], message[96];

    account = store_get(&call->sim->store, SLOT_SERVICEACCOUNTS, api_key(call, target->name, key));
    if (!account)
        return status_not_found(call->response, target->resource, target->name, err);
    snprintf(message, sizeof message, "Invalid value: %lld: may not specify a duration less than 10 minutes", (long long)seconds);
    cause.message = message;
    if (seconds < SHORTEST_S)
        return status_invalid(call->response, "authentication.k8s.io", "TokenRequest", "", &cause, 1, err);
    if (seconds > (json_int_t)1 << 32)
        seconds = (json_int_t)1 << 32;
    issued = issue(call->sim, account, seconds, err);
    return issued ? answer(call, account, issued, spec, seconds, err) : -1;
}

int token_request_create(struct call *call, struct error *err)
{
    json_t *doc;
    int ret = api_body(call, &doc, err);

    if (ret)
        return ret;
    ret = create_for(call, doc, err);
    json_decref(doc);
    return ret;
}

bool sim_token_user(const struct sim *sim, const char *token, char out[SIM_USER_BYTES])
{
    const struct issued *issued = sim->issued;
    const struct object *account;

    while (issued && strcmp(issued->token, token) != 0)
        issued = issued->next;
    if (!issued || issued->until_us <= sim_wall_us(sim))
        return false;
    account = store_get(&sim->store, SLOT_SERVICEACCOUNTS, issued->key);
    if (!account || strcmp(account->uid, issued->uid) != 0)
        return false;
    snprintf(out, SIM_USER_BYTES, "system:serviceaccount:%s:%s", account->namespace_, account->name);
    return true;
}

void token_request_free(struct sim *sim)
{
    while (sim->issued) {
        struct issued *next = sim->issued->next;

        free(sim->issued);
        sim->issued = next;
    }
}
