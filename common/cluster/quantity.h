/*
 * quantity.h: Kubernetes quantities (k8s.io/apimachinery/pkg/api/resource): "100m", "1.5", "2Gi", "1e3".
 */
#ifndef COMMON_CLUSTER_QUANTITY_H
#define COMMON_CLUSTER_QUANTITY_H

#include <stdint.h>

#include "common/error.h"

/*
 * Reads a quantity: sign, digits, one suffix of n u m k M G T P E, Ki Mi Gi Ti Pi Ei, or e/E with an integer. The result is in
 * 1/scale units, rounded up (a negative one down, as Kubernetes does; scale 1000: "100m" of cpu is 100; scale 1: bytes, counts). Out of int64: ERROR_RUNTIME with
 * "quantity out of range", never wrapped. *value is untouched on failure.
 */
int quantity_parse(const char *text, int64_t scale, int64_t *value, struct error *err);

#endif
