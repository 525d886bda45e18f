/*
 * protobuf_fields.h: the fields of messages by their numbers. Between protobuf.c and protobuf_fields.c only.
 */
#ifndef SIMULATOR_PROTOBUF_FIELDS_H
#define SIMULATOR_PROTOBUF_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

enum type {
    STRING,
    INTEGER,
    BOOLEAN,
    SOME_INTEGER, /* 0 is as good as not there */
    TRUTH,        /* so is false */
    MESSAGE,
    MAP,
    TIME,
    MICRO_TIME
};

struct field {
    unsigned number;
    const char *name; /* NULL ends the table */
    enum type type;
    bool repeated;
    const struct field *fields; /* of a MESSAGE */
};

/* The fields of a kind, ended by one without a name; NULL: it is not known. Static. */
const struct field *protobuf_fields_of(const char *kind);

#define END                                                                                                                                \
    {                                                                                                                                      \
        0, NULL, STRING, false, NULL                                                                                                       \
    }
#define TEXT(number, name)                                                                                                                 \
    {                                                                                                                                      \
        number, name, STRING, false, NULL                                                                                                  \
    }
#define TEXTS(number, name)                                                                                                                \
    {                                                                                                                                      \
        number, name, STRING, true, NULL                                                                                                   \
    }
#define NUMBER(number, name)                                                                                                               \
    {                                                                                                                                      \
        number, name, INTEGER, false, NULL                                                                                                 \
    }
#define FLAG(number, name)                                                                                                                 \
    {                                                                                                                                      \
        number, name, BOOLEAN, false, NULL                                                                                                 \
    }
#define SOME(number, name)                                                                                                                 \
    {                                                                                                                                      \
        number, name, SOME_INTEGER, false, NULL                                                                                            \
    }
#define TRUE_FLAG(number, name)                                                                                                            \
    {                                                                                                                                      \
        number, name, TRUTH, false, NULL                                                                                                   \
    }
#define PART(number, name, fields)                                                                                                         \
    {                                                                                                                                      \
        number, name, MESSAGE, false, fields                                                                                               \
    }
#define PARTS(number, name, fields)                                                                                                        \
    {                                                                                                                                      \
        number, name, MESSAGE, true, fields                                                                                                \
    }
#define TEXT_MAP(number, name)                                                                                                             \
    {                                                                                                                                      \
        number, name, MAP, false, NULL                                                                                                     \
    }
#define WHEN(number, name)                                                                                                                 \
    {                                                                                                                                      \
        number, name, TIME, false, NULL                                                                                                    \
    }
#define WHEN_MICRO(number, name)                                                                                                           \
    {                                                                                                                                      \
        number, name, MICRO_TIME, false, NULL                                                                                              \
    }

#endif
