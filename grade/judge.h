/*
 * judge.h: what checkpoint_1.c to checkpoint_5.c share. A judge is a pure function of evidence: no clock, no network, no file. It believes what the proxy recorded
 * and the witness saw; what the submission printed is compared with that, and never believed.
 */
#ifndef GRADE_JUDGE_H
#define GRADE_JUDGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/error.h"
#include "grade/evidence.h"
#include "grade/sheet.h"

/* What a test looks at. */
struct look {
    const json_t *pieces;
    const char *program; /* "polling", "watch"; "": of a scene without a submission */
    const json_t *piece; /* of the test's first scene */
};

struct finding {
    enum grade_verdict verdict; /* GRADE_FAIL to begin with */
    char expected[512], actual[1536];
};

enum { JUDGE_SCENES_MAX = SHEET_SCENES, JUDGE_POLLING = 1, JUDGE_WATCH = 2 };

struct rule {
    const char *what; /* "binds only its own pods" */
    int points;
    unsigned programs;                    /* JUDGE_POLLING | JUDGE_WATCH: one test for each; 0: one without a program */
    const char *scenes[JUDGE_SCENES_MAX]; /* all must have been played, NULL-terminated when fewer; look.piece is the first */
    void (*judge)(const struct look *look, struct finding *finding);
};

struct judging {
    const json_t *pieces, *options;
    struct grade_sheet *sheet;
};

/* Adds one test for each rule and program that was given. */
int judge_rules(const struct judging *judging, int checkpoint, const struct rule *rules, size_t count, struct error *err);

int judge_checkpoint_1(const struct judging *judging, struct error *err);
int judge_checkpoint_2(const struct judging *judging, struct error *err);
int judge_checkpoint_3(const struct judging *judging, struct error *err);
int judge_checkpoint_4(const struct judging *judging, struct error *err);
int judge_checkpoint_5(const struct judging *judging, struct error *err);

/* ---- findings ---- */

void finding_ok(struct finding *finding);
void finding_skip(struct finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));
void finding_expected(struct finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));
void finding_fail(struct finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds to what it says; what does not fit is cut. */
void finding_more(struct finding *finding, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- reading evidence; all borrowed, and forgiving: what is missing is "", 0, NULL or false ---- */

const char *word(const json_t *value); /* a string */
const char *text_at(const json_t *object, const char *key);
int64_t number_at(const json_t *object, const char *key);

/* The piece of a scene; NULL: not played. */
const json_t *judge_piece(const json_t *pieces, const char *scene, const char *program);
const json_t *setup_of(const json_t *piece, const char *key);
const char *scheduler_of(const json_t *piece);

const json_t *evidence_pod(const json_t *piece, const char *name); /* in the grading's namespace; NULL: none of that name */
/* Its state at t_us; NULL: it was not there. INT64_MAX: the last one. */
const json_t *state_at(const json_t *pod, int64_t t_us);
const char *final_node(const json_t *piece, const char *name); /* in the end, also of a pod that is gone; "" */
bool is_own(const json_t *piece, const json_t *pod);

/* A request to bind: by a Binding; by a patch or an update of the pod; either. */
bool is_binding(const json_t *request);
bool is_patched_bind(const json_t *request);
bool is_bind(const json_t *request);
bool is_write_of_pod(const json_t *request); /* a patch or update of the pod itself, whatever it says */
bool was_carried_out(const json_t *request);
bool is_here(const json_t *piece, const json_t *request); /* in the grading's namespace */
/* The first bind of a pod from t_us on; NULL: none. */
const json_t *bind_of(const json_t *piece, const char *pod, int64_t from_us);
/* When the answer went out. */
int64_t answered_us(const json_t *request);

/* How many pods of its own the submission got bound in this scene. */
size_t bound_in(const json_t *piece);
/* True when there is one; else the finding fails for it: who does nothing breaks no rule, and keeps none. */
bool has_worked(const struct look *look, struct finding *finding);
/* True when it sent more requests than are kept, so that counting tells nothing: the finding fails for that. */
bool too_many_requests(const json_t *piece, struct finding *finding);
/* Requests of a verb and resource with from_us <= t < to_us; NULL: any. */
size_t count_requests(const json_t *piece, const char *verb, const char *resource, int64_t from_us, int64_t to_us);

#endif
