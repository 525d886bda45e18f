/*
 * options_value.h: reads the value of one flag. Private to options.c.
 *
 * Every function takes the text as it stood on the command line and fails with ERROR_USAGE, "expected …, got '…'"; the caller puts
 * the flag's name in front. Numbers are plain decimals, whatever the locale: no sign, no exponent, no space around them.
 */
#ifndef COMMON_SERVICE_OPTIONS_VALUE_H
#define COMMON_SERVICE_OPTIONS_VALUE_H

#include <stdint.h>

#include "common/error.h"
#include "common/policy/filter.h"

/* "expected WHAT, got 'TEXT'"; a long text is cut and control characters are masked, so that the line stays one line. Returns -1. */
int value_unexpected(const char *what, const char *text, struct error *err);

/* Seconds with a fraction ("2", "0.25") as milliseconds; what is below a millisecond is dropped. Range inclusive. */
int value_seconds(const char *text, int64_t min_ms, int64_t max_ms, int64_t *out_ms, struct error *err);

/* A whole number from min to max, both 0 or more. */
int value_number(const char *text, uint64_t min, uint64_t max, uint64_t *out, struct error *err);

/* Anything but the empty string. `what` names it in the message. */
int value_not_empty(const char *text, const char *what, struct error *err);

/*
 * A name that spec.schedulerName of a pod and reportingController of its events can both carry: a qualified name, i.e. at most 63
 * letters, digits, '-', '_', '.', with a letter or digit at both ends, after an optional "dns.subdomain/"
 * (apimachinery/pkg/util/validation IsQualifiedName, which event validation asks for).
 */
int value_scheduler_name(const char *text, struct error *err);

/* A namespace: at most 63 lower-case letters, digits and '-', with a letter or digit at both ends (IsDNS1123Label). */
int value_namespace(const char *text, struct error *err);

/* The name of an object: lower-case letters, digits, '-' and '.' (IsDNS1123Subdomain). */
int value_object_name(const char *text, struct error *err);

/* The name of a node: lower-case letters, digits, '-' and '.' (IsDNS1123Subdomain). */
int value_node_name(const char *text, struct error *err);

/* NAMESPACE/POD, each as the API server takes it (the pod: IsDNS1123Subdomain). */
int value_pod(const char *text, struct error *err);

/* An IPv4 or IPv6 address in numbers. */
int value_address(const char *text, struct error *err);

/*
 * KEY or KEY=VALUE of a node label (IsQualifiedName, IsValidLabelValue). label->key is malloc'd, the caller's to free; label->value
 * points into text, NULL without '='. Also fails with ERROR_NO_MEMORY.
 */
int value_node_label(const char *text, struct required_label *label, struct error *err);

#endif
