/*
 * summary.h: one submission in a line: points of each checkpoint, and in a few words what was odd. A worker writes it, the run over a class reads it.
 */
#ifndef GRADE_SUMMARY_H
#define GRADE_SUMMARY_H

#include "grade/evidence.h"
#include "grade/sheet.h"

struct summary {
    int earned[CHECKPOINTS + 1], total[CHECKPOINTS + 1]; /* [0]: all */
    char note[256];                                      /* "": nothing odd */
};

/* From the sheet, the evidence, and what is known from before (may be ""). */
void summary_of(const struct grade_sheet *sheet, const struct evidence_bundle *bundle, const char *before, struct summary *summary);

/* --summary FILE. read: false when there is none, or it is not whole: *summary is empty then. */
int summary_write(const struct summary *summary, const char *path, struct error *err);
bool summary_read(const char *path, struct summary *summary);

#endif
