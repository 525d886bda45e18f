/*
 * options_flags.h: one table says everything about a flag: its name, its help, its default, where its value goes and how it is
 * read. The default goes through the same reader as a value from the command line, so that --help cannot lie about it.
 * Private to options*.c.
 */
#ifndef COMMON_SERVICE_OPTIONS_FLAGS_H
#define COMMON_SERVICE_OPTIONS_FLAGS_H

#include <stddef.h>

#include "common/service/options.h"

enum flag_kind {
    HEADING,
    SWITCH,  /* bool */
    COUNTER, /* int, one more each time */
    TEXT,    /* not empty */
    SCHEDULER_NAME,
    NAMESPACE,
    OBJECT_NAME,
    ADDRESS,
    SECONDS,    /* int64_t, ms */
    SECONDS_US, /* int64_t, us */
    NUMBER,     /* int */
    SEED,       /* uint64_t */
    POLICY,
    NO_FILTER,
    NODE_LABEL,
    LOG_FORMAT,
    STATE_FILE
};

/* Which programs have a flag. */
enum flag_programs { SCHEDULERS, POLLING, EXPLAIN, ALL };

struct flag {
    enum flag_kind kind;
    const char *name;
    const char *argument; /* as --help calls it; NULL: takes none */
    size_t offset;        /* of the field in struct options */
    int64_t min, max;     /* of SECONDS and SECONDS_US (ms) and NUMBER */
    const char *initial;  /* the default as it would be typed; NULL: all zero */
    const char *help;
    enum flag_programs programs;
    char letter;
};

/* Every flag in the order of --help; a HEADING opens a group. */
extern const struct flag flag_table[];
extern const size_t flag_count;

/* Whether `program` has that flag; never true for a heading. */
bool flag_belongs(const struct flag *flag, const char *program);

/* Whether --no-filter knows the filter of that id. */
bool flag_can_switch_off(int filter);

#endif
