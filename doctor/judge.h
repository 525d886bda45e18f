/* judge.h: from facts to findings. Pure: no clock, no file, no network. */
#ifndef DOCTOR_JUDGE_H
#define DOCTOR_JUDGE_H

#include "doctor/facts.h"
#include "doctor/options.h"
#include "doctor/report.h"

/* Adds what is to be said of the facts to the report. */
void judge(const struct doctor_options *options, const json_t *facts, struct report *report);

#endif
