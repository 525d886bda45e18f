#include "simulator/selector.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum label_operator { LABEL_IN, LABEL_NOT_IN, LABEL_EXISTS, LABEL_ABSENT, LABEL_GREATER, LABEL_LESS };

#define MAX_VALUES 64

struct label_requirement {
    const char *key;
    enum label_operator op;
    const char *values[MAX_VALUES];
    size_t value_count;
};

enum { FIELD_NAME = -1, FIELD_NAMESPACE = -2 };

struct field_requirement {
    int field; /* index into resource->fields, or one of the above */
    bool equal;
    const char *value;
};

/* Reads the text in place: each token is ended by a NUL once what follows it has been looked at. */
struct reader {
    char *at;
    char *problem;
    bool comma; /* the last requirement was ended by one, so another must follow */
};

static bool label_byte(char c)
{
    return isalnum((unsigned char)c) || (c && strchr("-_./", c));
}

/* `expected` follows what stands at the reader, which is named */
static int wrong(struct reader *r, const char *expected)
{
    int bytes = 0;

    while (*r->at == ' ')
        r->at++;
    while (label_byte(r->at[bytes]))
        bytes++;
    if (!bytes && r->at[0])
        bytes = 1;
    snprintf(r->problem, SELECTOR_PROBLEM_BYTES, "unable to parse requirement: found '%.*s'%s", bytes > 100 ? 100 : bytes, r->at, expected);
    return 1;
}

static void skip_blank(struct reader *r)
{
    while (*r->at == ' ' || *r->at == '\t')
        r->at++;
}

static char *read_token(struct reader *r, size_t *bytes)
{
    char *start;

    skip_blank(r);
    for (start = r->at; label_byte(*r->at);)
        r->at++;
    *bytes = (size_t)(r->at - start);
    return start;
}

/* the values of in (…) and notin (…) */
static int read_set(struct reader *r, struct label_requirement *requirement)
{
    skip_blank(r);
    if (*r->at != '(')
        return wrong(r, " expected: '('");
    r->at++;
    for (;;) {
        size_t bytes;
        char *value = read_token(r, &bytes), after;

        skip_blank(r);
        after = *r->at;
        if (after != ',' && after != ')')
            return wrong(r, ", expected: ',', or ')'");
        if (requirement->value_count == MAX_VALUES)
            return wrong(r, ", expected: fewer values");
        r->at++;
        value[bytes] = '\0';
        requirement->values[requirement->value_count++] = value;
        if (after == ')')
            return 0;
    }
}

static bool take(struct reader *r, const char *sign)
{
    size_t bytes = strlen(sign);

    skip_blank(r);
    if (strncmp(r->at, sign, bytes) != 0)
        return false;
    r->at += bytes;
    return true;
}

/* the operator behind a key; fills op and says whether values follow (1), a set (2) or nothing (0); -1: none known */
static int read_operator(struct reader *r, enum label_operator *op)
{
    size_t bytes;
    char *word;

    if (take(r, "!=")) {
        *op = LABEL_NOT_IN;
        return 1;
    }
    if (take(r, "==") || take(r, "=")) {
        *op = LABEL_IN;
        return 1;
    }
    if (take(r, ">") || take(r, "<")) {
        *op = r->at[-1] == '>' ? LABEL_GREATER : LABEL_LESS;
        return 1;
    }
    if (!*r->at || *r->at == ',') {
        *op = LABEL_EXISTS;
        return 0;
    }
    word = read_token(r, &bytes);
    *op = bytes == 2 ? LABEL_IN : LABEL_NOT_IN;
    return (bytes == 2 && !strncmp(word, "in", 2)) || (bytes == 5 && !strncmp(word, "notin", 5)) ? 2 : -1;
}

static int read_label_requirement(struct reader *r, struct label_requirement *requirement)
{
    bool absent = take(r, "!");
    size_t key_bytes, value_bytes = 0;
    char *key = read_token(r, &key_bytes), *value = NULL;
    char *operator_at = r->at;
    int follows, ret = 0;

    if (!key_bytes)
        return wrong(r, r->comma ? ", expected: identifier after ','" : ", expected: !, identifier, or 'end of string'");
    follows = absent ? 0 : read_operator(r, &requirement->op);
    if (follows < 0)
        r->at = operator_at;
    if (follows < 0)
        return wrong(r, ", expected: in, notin, =, ==, !=, gt, lt");
    if (absent)
        requirement->op = LABEL_ABSENT;
    if (follows == 1)
        value = read_token(r, &value_bytes);
    if (follows == 2)
        ret = read_set(r, requirement);
    if (ret)
        return ret;
    skip_blank(r);
    if (*r->at && *r->at != ',')
        return wrong(r, ", expected: ',' or 'end of string'");
    r->comma = *r->at == ',';
    if (r->comma)
        r->at++; /* so that the value may be ended where the comma was */
    key[key_bytes] = '\0';
    requirement->key = key;
    if (value) {
        value[value_bytes] = '\0';
        requirement->values[requirement->value_count++] = value;
    }
    return 0;
}

static int parse_labels(struct selector *selector, struct reader *r, struct error *err)
{
    skip_blank(r);
    while (*r->at || r->comma) {
        struct label_requirement *more = realloc(selector->labels, (selector->label_count + 1) * sizeof *more);
        int ret;

        if (!more)
            return error_no_memory(err);
        selector->labels = more;
        memset(&more[selector->label_count], 0, sizeof *more);
        ret = read_label_requirement(r, &more[selector->label_count]);
        if (ret)
            return ret;
        selector->label_count++;
        skip_blank(r);
    }
    return 0;
}

static int field_by_label(const struct resource *resource, const char *label)
{
    if (!strcmp(label, "metadata.name"))
        return FIELD_NAME;
    if (!strcmp(label, "metadata.namespace") && resource->namespaced)
        return FIELD_NAMESPACE;
    for (size_t i = 0; i < resource->field_count; i++)
        if (!strcmp(resource->fields[i].label, label))
            return (int)i;
    return -3;
}

/* cuts off one term at an unescaped comma and takes its escapes out; returns where the next begins */
static char *cut_term(char *term, char **operator_at)
{
    char *out = term, *in = term;

    *operator_at = NULL;
    for (; *in && *in != ','; in++) {
        if (*in == '\\' && in[1])
            in++;
        else if (!*operator_at && (*in == '=' || (*in == '!' && in[1] == '=')))
            *operator_at = out;
        *out++ = *in;
    }
    in += *in == ',';
    *out = '\0';
    return in;
}

static int read_field_requirement(const struct resource *resource, char *term, char *operator_at, struct field_requirement *requirement,
                                  char *problem)
{
    if (!operator_at) {
        snprintf(problem, SELECTOR_PROBLEM_BYTES, "invalid selector: '%s'; can't understand '%s'", term, term);
        return 1;
    }
    requirement->equal = *operator_at == '=';
    requirement->value = operator_at + (operator_at[1] == '=' ? 2 : 1);
    *operator_at = '\0';
    requirement->field = field_by_label(resource, term);
    if (requirement->field >= FIELD_NAMESPACE)
        return 0;
    snprintf(problem, SELECTOR_PROBLEM_BYTES, "field label not supported: %s", term);
    return 1;
}

static int parse_fields(struct selector *selector, const struct resource *resource, char *at, char *problem, struct error *err)
{
    while (*at) {
        struct field_requirement *more = realloc(selector->fields, (selector->field_count + 1) * sizeof *more), *made;
        char *term = at, *operator_at;
        int ret;

        if (!more)
            return error_no_memory(err);
        selector->fields = more;
        made = &more[selector->field_count];
        at = cut_term(term, &operator_at);
        if (!*term)
            continue;
        ret = read_field_requirement(resource, term, operator_at, made, problem);
        if (ret)
            return ret;
        if (made->equal && made->field == FIELD_NAME)
            selector->name = made->value;
        selector->field_count++;
    }
    return 0;
}

int selector_parse(struct selector *selector, const struct resource *resource, const char *label_selector, const char *field_selector,
                   char problem[SELECTOR_PROBLEM_BYTES], struct error *err)
{
    size_t label_bytes = label_selector ? strlen(label_selector) : 0, field_bytes = field_selector ? strlen(field_selector) : 0;
    struct reader reader;
    int ret;

    memset(selector, 0, sizeof *selector);
    if (!label_bytes && !field_bytes)
        return 0;
    selector->text = calloc(1, label_bytes + field_bytes + 2);
    if (!selector->text)
        return error_no_memory(err);
    memcpy(selector->text, label_selector ? label_selector : "", label_bytes);
    memcpy(selector->text + label_bytes + 1, field_selector ? field_selector : "", field_bytes);
    reader = (struct reader){selector->text, problem, false};
    ret = parse_labels(selector, &reader, err);
    if (ret == 0)
        ret = parse_fields(selector, resource, selector->text + label_bytes + 1, problem, err);
    if (ret)
        selector_free(selector);
    return ret;
}

void selector_free(struct selector *selector)
{
    free(selector->labels);
    free(selector->fields);
    free(selector->text);
    memset(selector, 0, sizeof *selector);
}

bool selector_restricts(const struct selector *selector)
{
    return selector->label_count || selector->field_count;
}

static bool label_matches(const struct label_requirement *requirement, const struct object *object)
{
    const char *value = NULL;
    bool listed = false;

    for (size_t i = 0; i < object->label_count && !value; i++)
        if (!strcmp(object->labels[i].key, requirement->key))
            value = object->labels[i].value;
    for (size_t i = 0; value && i < requirement->value_count; i++)
        listed = listed || !strcmp(value, requirement->values[i]);
    switch (requirement->op) {
    case LABEL_IN:
        return listed;
    case LABEL_NOT_IN:
        return !listed;
    case LABEL_EXISTS:
        return value;
    case LABEL_ABSENT:
        return !value;
    case LABEL_GREATER:
        return value && strtoll(value, NULL, 10) > strtoll(requirement->values[0], NULL, 10);
    default:
        return value && strtoll(value, NULL, 10) < strtoll(requirement->values[0], NULL, 10);
    }
}

static bool field_matches(const struct field_requirement *requirement, const struct object *object)
{
    const char *value;

    if (requirement->field == FIELD_NAME)
        value = object->name;
    else if (requirement->field == FIELD_NAMESPACE)
        value = object->namespace_;
    else
        value = object->field[requirement->field];
    return !strcmp(value, requirement->value) == requirement->equal;
}

bool selector_matches(const struct selector *selector, const struct object *object)
{
    for (size_t i = 0; i < selector->field_count; i++)
        if (!field_matches(&selector->fields[i], object))
            return false;
    for (size_t i = 0; i < selector->label_count; i++)
        if (!label_matches(&selector->labels[i], object))
            return false;
    return true;
}
