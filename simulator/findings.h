/*
 * findings.h: what is wrong with an object, collected in the order in which a real server finds it (k8s.io/apimachinery/pkg/util/validation/field).
 * Between validate.c and the files that know a kind.
 */
#ifndef SIMULATOR_FINDINGS_H
#define SIMULATOR_FINDINGS_H

#include "simulator/internal.h"
#include "simulator/status.h"

#define FINDINGS_MAX 24
#define FIND_SUBDOMAIN                                                                                                                     \
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "       \
    "alphanumeric character (e.g. 'example.com', regex used for validation is "                                                            \
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
#define FIND_DNS_LABEL                                                                                                                     \
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric "   \
    "character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

struct findings {
    struct status_cause causes[FINDINGS_MAX];
    size_t count;
    bool out_of_memory;
    char text[FINDINGS_MAX][640];
    char field[FINDINGS_MAX][128];
};

/* Notes one; all texts are copied, and cut where they are too long. Beyond FINDINGS_MAX nothing is noted. */
void find(struct findings *findings, const char *reason, const char *field, const char *message);
/* "Required value", ": detail" behind it unless that is "". */
void find_required(struct findings *findings, const char *field, const char *detail);
/* Invalid value: "value": detail. The second shows any JSON; NULL: null. */
void find_invalid(struct findings *findings, const char *field, const char *value, const char *detail);
void find_invalid_value(struct findings *findings, const char *field, const json_t *value, const char *detail);
/* Unsupported value: "value": supported values: `supported`, which has its own quotes. */
void find_unsupported(struct findings *findings, const char *field, const char *value, const char *supported);

/* The spec of a pod or of a template, which stands at `at` ("spec", "spec.template.spec"). */
void find_in_pod_spec(struct findings *findings, const json_t *spec, const char *at);
/* A name that is only kept out of the way of paths. */
void find_in_path_segment(struct findings *findings, const char *field, const char *name);

/* What is wrong with a Deployment, a ReplicaSet, a role or a binding, defaults filled in; false: it is none of them. */
bool find_in_kind(struct findings *findings, const struct resource *resource, const json_t *doc);
/* What is wrong with a change of one of them. */
void find_in_change(struct findings *findings, const struct resource *resource, const json_t *old, const json_t *doc);

/* The string at key, or "". */
const char *find_text(const json_t *object, const char *key);
/* RFC 1123: labels of lower case letters, digits and '-', with dots between them where `dots`. */
bool find_is_dns_name(const char *name, bool dots, size_t max);

/* 0 when nothing was found; 1 when a Status (422) was answered; -1. */
int findings_answer(struct call *call, const struct findings *findings, const json_t *doc, struct error *err);

#endif
