/*
 * evidence.h: what was seen while a submission ran. A scene (play) makes one piece of evidence; a judge is a pure function of it. So a bundle can be
 * judged again later, by a newer grader or a human, without running anything.
 *
 * A piece is one JSON object. Times are microseconds since the scene began. Every array has a ceiling (common/limits.h); "truncated": true when it was met.
 *   {"scene": "least-loaded", "checkpoint": 2, "program": "polling", "seed": 7, "server": "simulator" | "cluster",
 *    "setup":    {"scheduler": "...", "arguments": [...], "nodes": [{name, labels, taints, allocatable, unschedulable}], ...what the scene drew},
 *    "requests": [{"t", "verb", "resource", "subresource", "namespace", "name", "query", "code", "took", "user_agent", "body" (of writes, at most 4 KiB), "fault"}],
 *    "pods":     [{"name", "namespace", "scheduler", "created", "history": [{"t", "type", "node", "phase", "uid"}]}],
 *    "output":   [{"t", "fd", "line"}],
 *    "process":  {"end", "code", "cpu_us", "waited_us", "peak_bytes", "started", "ended"},
 *    "broken":   "why the scene could not be played, no fault of the submission" or absent}
 */
#ifndef GRADE_EVIDENCE_H
#define GRADE_EVIDENCE_H

#include <jansson.h>

#include "common/error.h"
#include "grade/sheet.h"
#include "grade/text.h" /* text_json(): a piece holds nothing else of what a submission printed or sent */

struct evidence_bundle; /* version, grader, options, and the pieces in the order they were played */

struct evidence_bundle *bundle_new(const json_t *options, struct error *err); /* options: borrowed */
void bundle_free(struct evidence_bundle *bundle);

/* Adds a piece; takes the reference, also when it fails (ERROR_NO_MEMORY). */
int bundle_add(struct evidence_bundle *bundle, json_t *piece, struct error *err);
const json_t *bundle_pieces(const struct evidence_bundle *bundle); /* an array */
const json_t *bundle_options(const struct evidence_bundle *bundle);

/* --bundle FILE: one JSON document, written to a temporary file beside and renamed. --regrade FILE reads it: ERROR_USAGE with line or key when it is none. */
int bundle_write(const struct evidence_bundle *bundle, const char *path, struct error *err);
struct evidence_bundle *bundle_read(const char *path, struct error *err);

/* Whether a scene could not be played: then the sheet tells less than it should. */
bool bundle_is_broken(const struct evidence_bundle *bundle);

/* Judges all pieces of a bundle: the whole verdict, from evidence alone. checkpoints: bit c set for each that is asked for. */
int judge_bundle(const struct evidence_bundle *bundle, unsigned checkpoints, struct grade_sheet *sheet, struct error *err);

#endif
