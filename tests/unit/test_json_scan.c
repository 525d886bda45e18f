/*
 * test_json_scan.c: a corpus of streams gives the same objects for every cut; broken ones give one exact message.
 */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/kube/json_scan.h"
#include "common/limits.h"

static const struct json_field name_only[] = {{"name", NULL}, {NULL, NULL}};
static const struct json_field meta_fields[] = {{"name", NULL}, {"labels", NULL}, {"owners", name_only}, {NULL, NULL}};
static const struct json_field spec_fields[] = {{"nodeName", NULL}, {"containers", name_only}, {"n", NULL}, {NULL, NULL}};
static const struct json_field item_schema[] = {{"metadata", meta_fields}, {"spec", spec_fields}, {NULL, NULL}};
static const struct json_field frame_schema[] = {{"type", NULL}, {"object", item_schema}, {NULL, NULL}};

struct stream {
    enum json_scan_mode mode;
    const struct json_field *schema;
    const char *text;
    const char *expected; /* every object on a line with its raw length, then "E" and the envelope */
};

static const struct stream streams[] = {
    {JSON_SCAN_FRAMES, frame_schema, "", ""},
    {JSON_SCAN_FRAMES, frame_schema, " \r\n\t ", ""},
    {JSON_SCAN_FRAMES, frame_schema, "{}", "2 {}\n"},
    {JSON_SCAN_FRAMES, frame_schema, "{}{}\r\n{ }", "2 {}\n2 {}\n3 {}\n"},
    {JSON_SCAN_FRAMES, NULL, " {\"a\" : [1, {\"b\":\"}\"}]}\n", "22 {\"a\" : [1, {\"b\":\"}\"}]}\n"},
    {JSON_SCAN_FRAMES, frame_schema, "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Pod\",\"metadata\":{\"name\":\"p\",\"uid\":\"u\"}}}\n",
     "74 {\"type\":\"ADDED\",\"object\":{\"metadata\":{\"name\":\"p\"}}}\n"},
    {JSON_SCAN_FRAMES, frame_schema, "{\"object\":{\"metadata\":{},\"spec\":{\"containers\":[]}},\"type\":\"X\"}",
     "62 {\"object\":{\"metadata\":{},\"spec\":{\"containers\":[]}},\"type\":\"X\"}\n"},
    {JSON_SCAN_FRAMES, frame_schema,
     "{\"object\":{\"spec\":{\"containers\":[{\"image\":\"i\",\"name\":\"c\"},{\"x\":[[]]},7,[{\"name\":1,\"y\":2}],null]}}}",
     "98 {\"object\":{\"spec\":{\"containers\":[{\"name\":\"c\"},{},7,[{\"name\":1}],null]}}}\n"},
    {JSON_SCAN_FRAMES, frame_schema,
     "{ \"x\" : -1.5e+3 , \"object\" : { \"spec\" : { \"n\" : -0.25E-7 , \"nodeName\" : null } , \"y\" : true }\r\n}",
     "96 {\"object\":{\"spec\":{\"n\":-0.25E-7,\"nodeName\":null}}}\n"},
    {JSON_SCAN_FRAMES, frame_schema, "{\"object\":true,\"type\":false}{\"object\":[{\"spec\":1,\"z\":2}]}",
     "28 {\"object\":true,\"type\":false}\n29 {\"object\":[{\"spec\":1}]}\n"},
    /* escapes: in skipped and kept strings, in keys wanted and not */
    {JSON_SCAN_FRAMES, frame_schema,
     "{\"a\\\"b\":\"\\\\\",\"t\\u0079pe\":\"q\\\"\\\\\\u00e9\\/\",\"typ\\u00e9\":1,\"type\\u0000\":2,\"\":3}",
     "75 {\"type\":\"q\\\"\\\\\\u00e9\\/\"}\n"},
    {JSON_SCAN_FRAMES, frame_schema,
     "{\"note\":\"{\\\"a\\\":[1,2,\\\"]\\\"]}\",\"object\":{\"metadata\":{\"labels\":{\"k\":\"{[\\\"\\\\\\\"}\"},\"name\":"
     "\"\\b\\f\\n\\r\\t\"}}}",
     "101 {\"object\":{\"metadata\":{\"labels\":{\"k\":\"{[\\\"\\\\\\\"}\"},\"name\":\"\\b\\f\\n\\r\\t\"}}}\n"},
    {JSON_SCAN_FRAMES, frame_schema, "{\"type\":\"h\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\",\"\xc3\xa9\":\"\xff\"}",
     "30 {\"type\":\"h\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"}\n"},
    /* the same key twice is kept twice: jansson refuses it */
    {JSON_SCAN_FRAMES, frame_schema, "{\"type\":1,\"type\":2}", "19 {\"type\":1,\"type\":2}\n"},
    {JSON_SCAN_FRAMES, frame_schema,
     "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Failure\",\"message\":\"too "
     "old resource "
     "version: 657887 (680402)\",\"reason\":\"Expired\",\"code\":410}}\n",
     "178 {\"type\":\"ERROR\",\"object\":{\"metadata\":{}}}\n"},
    /* long enough for the fast way: brackets, escapes and the end of a value at all places of a block */
    {JSON_SCAN_FRAMES, frame_schema,
     "{\"object\":{\"managed\":[{\"f:metadata\":{\"f:labels\":{\".\":{},\"f:app\":{}},\"f:x\":[[],[{}],\"]\"]}},\"\\\\\\\"\\u12aF\\\\\",{"
     "\"a\":{\"b\":{\"c\":"
     "{\"d\":[1,2,3,{\"e\":\"}}}}}}\"}]}}}},\"\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\\"\",[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]"
     "]]]]]]]]]]]]]]],"
     "\"metadata\":{\"labels\":{\"k0\":\"012345678901234567890123456789012345678901234567890123456789\",\"k1\":"
     "\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\""
     "\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\"},\"name\":\"n\"}},\"type\":\"T\"}",
     "396 {\"object\":{\"metadata\":{\"labels\":{\"k0\":\"012345678901234567890123456789012345678901234567890123456789\",\"k1\":"
     "\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\"},\"name\":\"n\"}},\"type\":\"T\"}\n"},

    {JSON_SCAN_LIST, item_schema, "{}", "E {}\n"},
    {JSON_SCAN_LIST, item_schema, "{\"items\":[]}", "E {}\n"},
    {JSON_SCAN_LIST, item_schema, "{\"items\":null}", "E {}\n"},
    {JSON_SCAN_LIST, item_schema, " { \"items\" : null , \"kind\":\"PodList\" } ", "E {\"kind\":\"PodList\"}\n"},
    {JSON_SCAN_LIST, item_schema, "{\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"x\"},\"items\":[{}]}\n",
     "2 {}\nE {\"kind\":\"PodList\",\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"x\"}}\n"},
    {JSON_SCAN_LIST, item_schema,
     "{\"kind\":\"L\",\"items\":[{\"metadata\":{\"name\":\"a\"},\"status\":{\"items\":[1]}} , "
     "{\"items\":[1],\"spec\":{\"nodeName\":\"n\"}}],\"metadata\":{\"items\":[{}]},"
     "\"x\":[1,2],\"y\":\"z\",\"w\":-1}",
     "48 {\"metadata\":{\"name\":\"a\"}}\n37 {\"spec\":{\"nodeName\":\"n\"}}\nE "
     "{\"kind\":\"L\",\"metadata\":{\"items\":[{}]},\"x\":[1,2],\"y\":\"z\",\"w\":-1}\n"},
    {JSON_SCAN_LIST, NULL, "{\"it\\u0065ms\":[{\"a\":[{}]},{\"b\":\"]\"}],\"it\\u0065m\":0}",
     "10 {\"a\":[{}]}\n9 {\"b\":\"]\"}\nE {\"it\\u0065m\":0}\n"},
    {JSON_SCAN_LIST, item_schema, "{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"no\",\"code\":403}",
     "E {\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"no\",\"code\":403}\n"},
};
#define STREAMS ((int)(sizeof streams / sizeof *streams))

/* what came out of a scan, as a text */
static struct buffer seen;
static size_t objects, complete; /* objects so far; whether the envelope came */

static int on_object(void *ctx, const char *text, size_t bytes, size_t raw_bytes, struct error *err)
{
    (void)ctx;
    ck_assert_uint_eq(strlen(text), bytes);
    objects++;
    return buffer_printf(&seen, err, "%zu %s\n", raw_bytes, text);
}

static int on_envelope(void *ctx, const char *text, size_t bytes, struct error *err)
{
    (void)ctx;
    ck_assert_uint_eq(strlen(text), bytes);
    complete = 1;
    return buffer_printf(&seen, err, "E %s\n", text);
}

static const struct json_scan_callbacks callbacks = {on_object, on_envelope, NULL};
static struct error last;

static struct json_scan *open_scan(enum json_scan_mode mode, const struct json_field *schema, size_t max_object, uint64_t max_total)
{
    struct json_scan *scan = json_scan_new(mode, schema, max_object, max_total, &callbacks, &last);

    ck_assert_ptr_nonnull(scan);
    return scan;
}

static void start(struct json_scan *scan)
{
    json_scan_reset(scan);
    buffer_init(&seen, 1 << 20);
    last = (struct error)ERROR_INIT;
    objects = complete = 0;
}

/* feeds [from, to) out of a copy of exactly that size, so that reading past a chunk is seen by the sanitizer */
static int feed(struct json_scan *scan, const char *text, size_t from, size_t to)
{
    char *chunk = malloc(to - from + !(to - from));
    int ret;

    ck_assert_ptr_nonnull(chunk);
    memcpy(chunk, text + from, to - from);
    ret = json_scan_feed(scan, chunk, to - from, &last);
    free(chunk);
    return ret;
}

static void expect(struct json_scan *scan, const struct stream *stream, int fed, size_t one, size_t two)
{
    ck_assert_msg(fed == 0 && json_scan_finish(scan, &last) == 0, "%s\ncut at %zu and %zu: %s", stream->text, one, two, last.text);
    ck_assert_msg(strcmp(seen.data ? seen.data : "", stream->expected) == 0, "%s\ncut at %zu and %zu:\n%s\nexpected:\n%s", stream->text,
                  one, two, seen.data ? seen.data : "", stream->expected);
    ck_assert_uint_eq(json_scan_bytes(scan), strlen(stream->text));
    buffer_free(&seen);
}

START_TEST(whole_and_byte_by_byte)
{
    const struct stream *stream = &streams[_i];
    size_t bytes = strlen(stream->text);
    struct json_scan *scan = open_scan(stream->mode, stream->schema, LIMIT_OBJECT_BYTES, 0);
    int ret = 0;

    start(scan);
    expect(scan, stream, feed(scan, stream->text, 0, bytes), 0, bytes);
    start(scan);
    for (size_t i = 0; i < bytes && ret == 0; i++)
        ret = feed(scan, stream->text, i, i + 1);
    expect(scan, stream, ret, 1, 1);
    json_scan_free(scan);
}
END_TEST

START_TEST(every_pair_of_cuts)
{
    const struct stream *stream = &streams[_i];
    size_t bytes = strlen(stream->text);
    struct json_scan *scan = open_scan(stream->mode, stream->schema, LIMIT_OBJECT_BYTES, 0);

    for (size_t one = 0; one <= bytes; one++) {
        for (size_t two = bytes > 200 ? bytes : one; two <= bytes; two++) {
            int ret;

            start(scan);
            ret =
                feed(scan, stream->text, 0, one) < 0 || feed(scan, stream->text, one, two) < 0 || feed(scan, stream->text, two, bytes) < 0;
            expect(scan, stream, ret, one, two);
        }
    }
    json_scan_free(scan);
}
END_TEST

/* what jansson says of a stream: how many whole objects it starts with, and whether nothing but white space follows them */
static size_t whole_objects(const char *text, size_t bytes, bool *clean)
{
    size_t count = 0;
    json_error_t error;
    json_t *value;

    *clean = true;
    for (;;) {
        while (bytes && strchr(" \t\r\n", *text))
            text++, bytes--;
        if (bytes == 0)
            return count;
        value = json_loadb(text, bytes, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, &error);
        if (!value) {
            *clean = false;
            return count;
        }
        json_decref(value);
        text += error.position;
        bytes -= (size_t)error.position;
        count++;
    }
}

START_TEST(every_prefix)
{
    const struct stream *stream = &streams[_i];
    size_t bytes = strlen(stream->text);
    struct json_scan *scan = open_scan(stream->mode, stream->schema, LIMIT_OBJECT_BYTES, 0);

    for (size_t cut = 0; cut <= bytes; cut++) {
        bool clean;
        size_t whole = whole_objects(stream->text, cut, &clean);
        char message[64];
        int ret;

        if (strstr(stream->text, "\xff") || strstr(stream->text, "\\u0000")) /* jansson refuses these, the scan leaves that to it */
            break;
        start(scan);
        ck_assert_int_eq(feed(scan, stream->text, 0, cut), 0);
        ret = json_scan_finish(scan, &last);
        if (stream->mode == JSON_SCAN_LIST) {
            clean = clean && whole == 1;
            ck_assert_uint_eq(complete, whole);
        } else {
            ck_assert_uint_eq(objects, whole);
        }
        ck_assert_msg((ret == 0) == clean, "%.*s", (int)cut, stream->text);
        snprintf(message, sizeof message, "cut after %zu bytes", cut);
        if (!clean && strspn(stream->text, " ") < cut)
            ck_assert_str_eq(last.text, message);
        buffer_free(&seen);
    }
    json_scan_free(scan);
}
END_TEST

struct wrong {
    enum json_scan_mode mode;
    const char *text, *message;
};

#define F JSON_SCAN_FRAMES
#define L JSON_SCAN_LIST
static const struct wrong wrongs[] = {
    {L, "", "not JSON: nothing came"},
    {L, "  \n", "not JSON: nothing came"},
    {L, "<!DOCTYPE html>\n<html><body>", "not JSON: starts with '<!DOCTYPE html>'"},
    {L, "\n<html><head><title>502 Bad Gateway</title></head>", "not JSON: starts with '<html><head><title>502 Bad Gateway</titl'"},
    {L, "404 page not found\n", "not JSON: starts with '404 page not found'"},
    {L, "404 page not found", "not JSON: starts with '404 page not found'"},
    {F, "\x1f\x8b\x08 caf\xc3\xa9", "not JSON: starts with '... caf..'"},
    {F, "[1]", "not a JSON object: starts with '[1]'"},
    {F, "\"x\"", "not a JSON object: starts with '\"x\"'"},
    {F, "{} {}\n oops", "not JSON behind byte 7: 'oops'"},
    {F, "{}}", "not JSON behind byte 2: '}'"},
    {L, "{} x", "more behind the end of the list, at byte 4"},
    {L, "{}{}", "more behind the end of the list, at byte 3"},
    {F, "{\"a\":1]", "broken JSON at byte 7: a bracket closes one of the other kind"},
    {F, "{\"a\":[1}", "broken JSON at byte 8: a bracket closes one of the other kind"},
    {F, "{\"spec\":{\"containers\":[{]", "broken JSON at byte 25: expected a key or }, found ']'"},
    {F, "{\"spec\":{\"containers\":[{}}", "broken JSON at byte 26: a bracket closes one of the other kind"},
    {F, "{\"a\":[{\"b\":[[[[[[]]]]]]}]     ,\"12345678901234567890\":[{}],\"x\":[[{}}]",
     "broken JSON at byte 68: a bracket closes one of the other kind"},
    {F, "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[}",
     "broken JSON at byte 74: a bracket closes one of the other kind"},
    {F, "{\"a\":nul}", "broken JSON at byte 9: expected true, false or null, found '}'"},
    {F, "{\"a\":nulx", "broken JSON at byte 9: expected true, false or null, found 'x'"},
    {F, "{\"a\":truee", "broken JSON at byte 10: expected true, false or null, found 'e'"},
    {F, "{\"spec\":yes", "broken JSON at byte 9: expected a value, found 'y'"},
    {F, "{\"a\":1x", "broken JSON at byte 7: expected a number, found 'x'"},
    {F, "{\"a\":}", "broken JSON at byte 6: expected a value, found '}'"},
    {F, "{\"a\" 1", "broken JSON at byte 6: expected a colon, found '1'"},
    {F, "{\"a\":1,}", "broken JSON at byte 8: expected a key, found '}'"},
    {F, "{a", "broken JSON at byte 2: expected a key or }, found 'a'"},
    {F, "{,", "broken JSON at byte 2: expected a key or }, found ','"},
    {F, "{\"a\":1 \"b\"", "broken JSON at byte 8: expected a comma or }, found '\"'"},
    {F, "{\"spec\":{\"containers\":[1 2", "broken JSON at byte 26: expected a comma or ], found '2'"},
    {F, "{\"spec\":{\"containers\":[,", "broken JSON at byte 24: expected a value, found ','"},
    {F, "{\"spec\":{\"containers\":[1,]", "broken JSON at byte 26: expected a value, found ']'"},
    {F, "{\x01", "broken JSON at byte 2: expected a key or }, found 0x01"},
    {F, "{\"a\\x\"", "broken JSON at byte 5: no such escape in a string"},
    {F, "{\"a\":\"\\u12g4\"", "broken JSON at byte 11: no such escape in a string"},
    {F, "{\"a\":\"b\nc\"", "broken JSON at byte 8: a control character in a string"},
    {F, "{\"a\":{\"0123456789012345678901234567890123456789012345678901234567890123456789\":\"\t\"",
     "broken JSON at byte 81: a control character in a string"},
    {F, "{\"a\":{\"0123456789012345678901234567890123456789012345678901234567890123456789\":\"\\ue_00\"",
     "broken JSON at byte 84: no such escape in a string"},
    {F, "{\"a\":{\"0123456789012345678901234567890123456789012345678901234567890123456789\":\\\"",
     "broken JSON at byte 80: a backslash outside a string"},
    {L, "{\"items\":{}}", "broken JSON at byte 10: expected items to be an array, found '{'"},
    {L, "{\"items\":true}", "broken JSON at byte 10: expected items to be an array, found 't'"},
    {L, "{\"items\":[1]}", "broken JSON at byte 11: expected an object in items, found '1'"},
    {L, "{\"items\":[{},]}", "broken JSON at byte 14: expected an object in items, found ']'"},
    {L, "{\"items\":[{} {}]}", "broken JSON at byte 14: expected a comma or ], found '{'"},
    {L, "{\"items\":[{}}", "broken JSON at byte 13: a bracket closes one of the other kind"},
    {L, "{\"items\":[],\"items\":[]}", "broken list at byte 19: a second items"},
    {L, "{\"items\":[{}]", "cut after 13 bytes"},
    {L, "{\"items\":nul", "cut after 12 bytes"},
    {F, "{\"a\":\"\\u00", "cut after 10 bytes"},
};
#define WRONGS ((int)(sizeof wrongs / sizeof *wrongs))

static void expect_error(struct json_scan *scan, int fed, const char *text, size_t cut, const char *message)
{
    struct error again = ERROR_INIT;

    ck_assert_msg(fed < 0 || json_scan_finish(scan, &last) < 0, "no error for %s", text);
    ck_assert_msg(strcmp(last.text, message) == 0, "%s\ncut at %zu: %s\nexpected: %s", text, cut, last.text, message);
    ck_assert_int_eq(json_scan_feed(scan, "{}", 2, &again), -1);
    ck_assert_str_eq(again.text, message);
    ck_assert_int_eq(json_scan_finish(scan, &again), -1);
    ck_assert_str_eq(again.text, message);
    buffer_free(&seen);
}

START_TEST(wrong_streams)
{
    const struct wrong *wrong = &wrongs[_i];
    size_t bytes = strlen(wrong->text);
    struct json_scan *scan = open_scan(wrong->mode, item_schema, LIMIT_OBJECT_BYTES, 0);
    int ret = 0;

    for (size_t cut = 0; cut <= bytes; cut++) {
        start(scan);
        ret = feed(scan, wrong->text, 0, cut) < 0 || feed(scan, wrong->text, cut, bytes) < 0 ? -1 : 0;
        expect_error(scan, ret, wrong->text, cut, wrong->message);
    }
    start(scan);
    for (size_t i = 0, dead = 0; i < bytes && !dead; i++)
        dead = (ret = feed(scan, wrong->text, i, i + 1)) < 0;
    expect_error(scan, ret, wrong->text, 1, wrong->message);
    json_scan_free(scan);
}
END_TEST

START_TEST(too_deep)
{
    struct json_scan *scan = open_scan(JSON_SCAN_FRAMES, item_schema, LIMIT_OBJECT_BYTES, 0);
    char text[1000], message[64];

    for (int kind = 0; kind < 3; kind++) {
        const char *begin = kind == 0 ? "{\"spec\":{\"containers\":" : kind == 1 ? "{\"other\":" : "{\"spec\":";
        unsigned outer = kind == 0 ? 2 : 1;

        for (unsigned more = 0; more < 2; more++) {
            unsigned inner = LIMIT_JSON_DEPTH - outer + more;
            size_t bytes = (size_t)snprintf(text, sizeof text, "%s", begin);

            memset(text + bytes, '[', inner);
            snprintf(message, sizeof message, "JSON nested deeper than %u at byte %zu", LIMIT_JSON_DEPTH, bytes + inner);
            bytes += inner;
            memset(text + bytes, ']', inner);
            bytes += inner;
            memset(text + bytes, '}', outer);
            bytes += outer;
            for (size_t step = 1; step <= bytes; step += step < 70 ? 1 : bytes) {
                int ret = 0;

                start(scan);
                for (size_t i = 0; i < bytes && ret == 0; i += step)
                    ret = feed(scan, text, i, i + step < bytes ? i + step : bytes);
                if (more)
                    ck_assert_str_eq(last.text, message);
                ck_assert_int_eq(ret, more ? -1 : 0);
                ck_assert_uint_eq(objects, !more);
                buffer_free(&seen);
            }
        }
    }
    json_scan_free(scan);
}
END_TEST

/* the limits hold at the byte, however the stream is cut, and what came before is delivered */
START_TEST(limits)
{
    static const struct {
        enum json_scan_mode mode;
        const struct json_field *schema;
        const char *text;
        size_t max_object;
        uint64_t max_total;
        const char *message; /* NULL: passes */
        size_t objects;
    } cases[] = {
        {F, item_schema, "{} {\"a\":\"12\"} {}", 10, 16, NULL, 3},
        {F, item_schema, "{} {\"a\":\"123\"} {}", 10, 0, "an object of more than 10 bytes", 1},
        {F, item_schema, "{} {\"spec\":\"123\"} {}", 10, 0, "an object of more than 10 bytes", 1},
        {F, item_schema, "{} {\"a\":12} {}", 10, 11, "more than 11 bytes", 2},
        {F, item_schema, "{} {\"a\":12} {}", 10, 14, NULL, 3},
        {F, item_schema, "{} {\"a\":12} {} ", 10, 14, "more than 14 bytes", 3},
        {F, NULL, "{} {\"a\":[1,23]} {}", 12, 0, NULL, 3},
        {F, NULL, "{} {\"a\":[1,23]} {}", 11, 0, "an object of more than 11 bytes", 1},
        {L, item_schema, "{\"items\":[{\"a\":12},{\"b\":\"\"}   ,   {\"b\":\"\"},    {}],\"k\":12}", 19, 0, NULL, 4},
        {L, item_schema, "{\"items\":[{\"a\":12},{\"b\":\"\"}   ,   {\"b\":\"\"},    {}],\"k\":12}", 15, 0,
         "a list envelope of more than 15 bytes", 4},
        {L, item_schema, "{\"items\":[{\"a\":\"0123456789\"}],\"k\":12}", 17, 0, "an object of more than 17 bytes", 0},
    };

    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        size_t bytes = strlen(cases[c].text);
        struct json_scan *scan = open_scan(cases[c].mode, cases[c].schema, cases[c].max_object, cases[c].max_total);

        for (size_t cut = 0; cut <= bytes; cut++) {
            int ret;

            start(scan);
            ret = feed(scan, cases[c].text, 0, cut) < 0 || feed(scan, cases[c].text, cut, bytes) < 0;
            ck_assert_msg(ret == (cases[c].message != NULL), "case %zu cut %zu: %s", c, cut, last.text);
            ck_assert_str_eq(last.text, cases[c].message ? cases[c].message : "");
            ck_assert_uint_eq(objects, cases[c].objects);
            buffer_free(&seen);
        }
        json_scan_free(scan);
    }
}
END_TEST

static int refuse(void *ctx, const char *text, size_t bytes, size_t raw_bytes, struct error *err)
{
    (void)text, (void)bytes, (void)raw_bytes;
    ++*(int *)ctx;
    return error_set(err, ERROR_USAGE, "not this one");
}

START_TEST(callback_stops)
{
    int calls = 0;
    struct json_scan_callbacks stop = {refuse, NULL, &calls};
    struct json_scan *scan = json_scan_new(JSON_SCAN_FRAMES, NULL, 100, 0, &stop, &last);

    ck_assert_int_eq(json_scan_feed(scan, "{}{}{}", 6, &last), -1);
    ck_assert_str_eq(last.text, "not this one");
    ck_assert_int_eq(last.kind, ERROR_USAGE);
    ck_assert_int_eq(json_scan_feed(scan, "{}", 2, &last), -1);
    ck_assert_int_eq(calls, 1);
    json_scan_free(scan);
}
END_TEST

/* random objects, with every string and nesting; jansson is the judge, cuts are random */
static json_t *random_value(unsigned *seed, int depth)
{
    static const char *const keys[] = {"name", "metadata", "spec", "labels", "containers", "owners", "x", "items", "\"\\\n", "nodeName"};
    int kind = rand_r(seed) % (depth > 6 ? 4 : 7), count = rand_r(seed) % 5;
    json_t *value;

    switch (kind) {
    case 0:
        return json_pack("s", "plain text that is a little longer, so that it fills a block: 0123456789");
    case 1:
        return json_pack("s", "\"{[\\\"]}\\\\ \t\n\x01 \xc3\xa9 /");
    case 2:
        return json_integer(rand_r(seed) - RAND_MAX / 2);
    case 3:
        return rand_r(seed) % 2 ? json_true() : json_null();
    case 4:
        for (value = json_array(); count; count--)
            json_array_append_new(value, random_value(seed, depth + 1));
        return value;
    default:
        for (value = json_object(); count; count--)
            json_object_set_new(value, keys[rand_r(seed) % 10], random_value(seed, depth + 1));
        return value;
    }
}

/* what a schema leaves of a value, done the slow way */
static json_t *project(json_t *value, const struct json_field *fields)
{
    json_t *out;
    const char *key;
    json_t *member;
    size_t i;

    if (!fields || !(json_is_object(value) || json_is_array(value)))
        return json_incref(value);
    if (json_is_array(value)) {
        out = json_array();
        json_array_foreach(value, i, member) json_array_append_new(out, project(member, fields));
        return out;
    }
    out = json_object();
    json_object_foreach(value, key, member) for (const struct json_field *f = fields; f->name; f++) if (strcmp(f->name, key) == 0)
        json_object_set_new(out, key, project(member, f->fields));
    return out;
}

static int compare_object(void *ctx, const char *text, size_t bytes, size_t raw_bytes, struct error *err)
{
    json_t *value = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, NULL);

    (void)raw_bytes, (void)err;
    ck_assert_msg(value && json_equal(value, ctx), "%s", text);
    json_decref(value);
    objects++;
    return 0;
}

START_TEST(random_objects)
{
    static const size_t styles[] = {JSON_COMPACT, 0, JSON_INDENT(2), JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ESCAPE_SLASH};

    for (unsigned round = 0; round < 2000; round++) {
        unsigned seed = round;
        json_t *value = json_object(), *expected;
        struct json_scan_callbacks compare = {compare_object, NULL, NULL};
        struct json_scan *scan;
        char *text;
        size_t bytes;

        for (int i = 0; i < 3; i++)
            json_object_set_new(value, i == 0 ? "metadata" : i == 1 ? "spec" : "status", random_value(&seed, 0));
        expected = project(value, item_schema);
        text = json_dumps(value, styles[round % 4]);
        bytes = strlen(text);
        compare.ctx = expected;
        scan = json_scan_new(JSON_SCAN_FRAMES, item_schema, 1 << 20, 0, &compare, &last);
        for (int i = 0; i < 10; i++) {
            objects = 0;
            json_scan_reset(scan);
            for (size_t at = 0, step; at < bytes; at += step) {
                step = 1 + (size_t)rand_r(&seed) % (i < 5 ? 100 : 1000);
                step = step < bytes - at ? step : bytes - at;
                ck_assert_msg(feed(scan, text, at, at + step) == 0, "seed %u: %s\n%s", round, last.text, text);
            }
            ck_assert_int_eq(json_scan_finish(scan, &last), 0);
            ck_assert_uint_eq(objects, 1);
        }
        json_scan_free(scan);
        free(text);
        json_decref(expected);
        json_decref(value);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json_scan");
    TCase *corpus = tcase_create("corpus"), *refused = tcase_create("wrong"), *limit = tcase_create("limits");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(corpus, whole_and_byte_by_byte, 0, STREAMS);
    tcase_add_loop_test(corpus, every_pair_of_cuts, 0, STREAMS);
    tcase_add_loop_test(corpus, every_prefix, 0, STREAMS);
    tcase_add_test(corpus, random_objects);
    tcase_set_timeout(corpus, 60);
    tcase_add_loop_test(refused, wrong_streams, 0, WRONGS);
    tcase_add_test(limit, too_deep);
    tcase_add_test(limit, limits);
    tcase_add_test(limit, callback_stops);
    suite_add_tcase(suite, corpus);
    suite_add_tcase(suite, refused);
    suite_add_tcase(suite, limit);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
