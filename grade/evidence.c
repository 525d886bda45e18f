/*
 * evidence.c: the bundle: pieces in the order they were played, and its file, one JSON document:
 *   {"bundle": "scheduler-lab grade", "format": 1, "grader": "1.0.0", "options": {...}, "pieces": [...]}
 */
#include "grade/evidence.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/limits.h"

#define BUNDLE_NAME "scheduler-lab grade"
#define BUNDLE_FORMAT 1

struct evidence_bundle {
    json_t *document;
    json_t *pieces; /* of the document */
};

/* takes the document */
static struct evidence_bundle *bundle_of(json_t *document, struct error *err)
{
    struct evidence_bundle *bundle = document ? malloc(sizeof *bundle) : NULL;

    if (!bundle) {
        json_decref(document);
        error_no_memory(err);
        return NULL;
    }
    bundle->document = document;
    bundle->pieces = json_object_get(document, "pieces");
    return bundle;
}

struct evidence_bundle *bundle_new(const json_t *options, struct error *err)
{
    json_t *copy = options ? json_deep_copy(options) : json_object();

    if (!copy) {
        error_no_memory(err);
        return NULL;
    }
    return bundle_of(json_pack("{s:s, s:i, s:s, s:o, s:[]}", "bundle", BUNDLE_NAME, "format", BUNDLE_FORMAT, "grader", LAB_VERSION,
                               "options", copy, "pieces"),
                     err);
}

void bundle_free(struct evidence_bundle *bundle)
{
    if (!bundle)
        return;
    json_decref(bundle->document);
    free(bundle);
}

int bundle_add(struct evidence_bundle *bundle, json_t *piece, struct error *err)
{
    return json_array_append_new(bundle->pieces, piece) < 0 ? error_no_memory(err) : 0;
}

const json_t *bundle_pieces(const struct evidence_bundle *bundle)
{
    return bundle->pieces;
}

const json_t *bundle_options(const struct evidence_bundle *bundle)
{
    return json_object_get(bundle->document, "options");
}

bool bundle_is_broken(const struct evidence_bundle *bundle)
{
    const json_t *piece;
    size_t i;

    json_array_foreach(bundle->pieces, i, piece)
    {
        if (json_string_length(json_object_get(piece, "broken")))
            return true;
    }
    return false;
}

int bundle_write(const struct evidence_bundle *bundle, const char *path, struct error *err)
{
    char beside[4096];
    FILE *file = NULL;
    int fd, ret = -1;

    if ((size_t)snprintf(beside, sizeof beside, "%s.XXXXXX", path) >= sizeof beside)
        return error_set(err, ERROR_USAGE, "%.200s…: the path is too long", path);
    fd = mkstemp(beside);
    if (fd < 0)
        return error_set(err, ERROR_RUNTIME, "%s: %s", path, strerror(errno));
    if (fchmod(fd, 0644) < 0 || (file = fdopen(fd, "w")) == NULL) {
        error_set(err, ERROR_RUNTIME, "%s: %s", path, strerror(errno));
        close(fd);
        goto cleanup;
    }
    ret = json_dumpf(bundle->document, file, JSON_INDENT(1)) < 0 || fputc('\n', file) == EOF || fflush(file) == EOF ? -1 : 0;
    if (fclose(file) == EOF || ret < 0 || rename(beside, path) < 0)
        ret = error_set(err, ERROR_RUNTIME, "%s: cannot be written: %s", path, strerror(errno));
cleanup:
    if (ret < 0)
        unlink(beside);
    return ret;
}

static json_t *load(const char *path, struct error *err)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    json_t *document = NULL;
    struct stat status;
    json_error_t wrong;

    if (fd < 0 || fstat(fd, &status) < 0) {
        error_set(err, ERROR_USAGE, "%s: %s", path, strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        error_set(err, ERROR_USAGE, "%s: is no file", path);
    } else if (status.st_size > LIMIT_BUNDLE_BYTES) {
        error_set(err, ERROR_USAGE, "%s: larger than %lld MiB", path, (long long)(LIMIT_BUNDLE_BYTES >> 20));
    } else {
        document = json_loadfd(fd, JSON_REJECT_DUPLICATES, &wrong);
        if (!document)
            error_set(err, ERROR_USAGE, "%s:%d: %s", path, wrong.line, wrong.text);
    }
    if (fd >= 0)
        close(fd);
    return document;
}

/* what the judges may rely on: pieces are objects that name their scene and checkpoint */
static int check_piece(const json_t *piece, size_t index, struct error *err)
{
    const json_t *checkpoint = json_object_get(piece, "checkpoint");

    if (!json_is_object(piece))
        return error_set(err, ERROR_USAGE, "pieces[%zu]: expected an object", index);
    if (!json_is_string(json_object_get(piece, "scene")))
        return error_set(err, ERROR_USAGE, "pieces[%zu].scene: expected a string", index);
    if (!json_is_integer(checkpoint) || json_integer_value(checkpoint) < 1 || json_integer_value(checkpoint) > CHECKPOINTS)
        return error_set(err, ERROR_USAGE, "pieces[%zu].checkpoint: expected 1 to %d", index, CHECKPOINTS);
    return 0;
}

static int check(const json_t *document, struct error *err)
{
    const char *name = json_string_value(json_object_get(document, "bundle"));
    const json_t *format = json_object_get(document, "format"), *pieces = json_object_get(document, "pieces"), *piece;
    size_t index;

    if (!name || strcmp(name, BUNDLE_NAME) != 0)
        return error_set(err, ERROR_USAGE, "bundle: expected \"%s\": this is no bundle of bin/grade", BUNDLE_NAME);
    if (!json_is_integer(format) || json_integer_value(format) != BUNDLE_FORMAT)
        return error_set(err, ERROR_USAGE, "format: expected %d", BUNDLE_FORMAT);
    if (!json_is_object(json_object_get(document, "options")))
        return error_set(err, ERROR_USAGE, "options: expected an object");
    if (!json_is_array(pieces))
        return error_set(err, ERROR_USAGE, "pieces: expected an array");
    json_array_foreach(pieces, index, piece)
    {
        if (check_piece(piece, index, err) < 0)
            return -1;
    }
    return 0;
}

struct evidence_bundle *bundle_read(const char *path, struct error *err)
{
    json_t *document = load(path, err);

    if (!document)
        return NULL;
    if (check(document, err) < 0) {
        error_prefix(err, "%s", path);
        json_decref(document);
        return NULL;
    }
    return bundle_of(document, err);
}
