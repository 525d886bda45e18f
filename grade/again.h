/*
 * again.h: a grade does not hang on how busy this machine was. Where a test has failed and the submission was kept from running meanwhile, its scenes are
 * played once more.
 */
#ifndef GRADE_AGAIN_H
#define GRADE_AGAIN_H

#include "grade/evidence.h"
#include "grade/play.h"
#include "grade/sheet.h"

/*
 * True when others had the processor, for half a second or more, while the submission, after its first request, was ready to run (or while the grader was), and it is not the submission itself
 * that kept it busy: what it did late in this piece tells nothing about it.
 */
bool again_was_kept(const json_t *piece);

/* The scenes of failed tests whose pieces are such; false: none. */
bool again_choose(const struct evidence_bundle *bundle, const struct grade_sheet *sheet, struct play_choice *choice);

/*
 * Plays such scenes again, twice at most and not after AGAIN_UNTIL_US, one after the other. *bundle and *sheet (as judge_bundle() left it) are exchanged for
 * what that made of them where the sheet has more points then; else they stay. Fails when interrupted, or without memory: both are whole then.
 */
int again_play(const struct play *play, struct evidence_bundle **bundle, struct grade_sheet *sheet, struct error *err);

#define AGAIN_UNTIL_US 120000000 /* since it began to play; a class gives each submission 300 s */

#endif
