/*
 * yaml.h: the objects of a file of manifests/, as the API server takes them.
 */
#ifndef TESTS_BLACKBOX_YAML_H
#define TESTS_BLACKBOX_YAML_H

#include <jansson.h>

/*
 * Every document of the file, in its order; a new reference to an array. Each string passes through `named` with `ctx`, which gives it back or another
 * in its place; NULL: they stay. Ends the case when there is no such file, or it is no YAML.
 */
json_t *yaml_objects(const char *path, const char *(*named)(void *ctx, const char *text), void *ctx);

#endif
