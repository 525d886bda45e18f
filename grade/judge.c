#include "grade/judge.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int (*const checkpoints[CHECKPOINTS])(const struct judging *judging, struct error *err) = {
    judge_checkpoint_1, judge_checkpoint_2, judge_checkpoint_3, judge_checkpoint_4, judge_checkpoint_5};

int judge_bundle(const struct evidence_bundle *bundle, unsigned wanted, struct grade_sheet *sheet, struct error *err)
{
    struct judging judging = {bundle_pieces(bundle), bundle_options(bundle), sheet};

    for (int i = 0; i < CHECKPOINTS; i++)
        if ((wanted & (1u << (i + 1))) && checkpoints[i](&judging, err) < 0)
            return -1;
    return 0;
}

/* ---- findings ---- */

static void say(char *out, size_t size, const char *format, va_list args)
{
    size_t used = strlen(out);

    vsnprintf(out + used, size - used, format, args);
}

void finding_ok(struct finding *f)
{
    f->verdict = GRADE_OK;
}

#define SAY(member)                                                                                                                        \
    do {                                                                                                                                   \
        va_list args;                                                                                                                      \
        va_start(args, format);                                                                                                            \
        say(f->member, sizeof f->member, format, args);                                                                                    \
        va_end(args);                                                                                                                      \
    } while (0)

void finding_skip(struct finding *f, const char *format, ...)
{
    f->verdict = GRADE_SKIPPED;
    *f->actual = '\0';
    SAY(actual);
}

void finding_expected(struct finding *f, const char *format, ...)
{
    *f->expected = '\0';
    SAY(expected);
}

void finding_fail(struct finding *f, const char *format, ...)
{
    f->verdict = GRADE_FAIL;
    *f->actual = '\0';
    SAY(actual);
}

void finding_more(struct finding *f, const char *format, ...)
{
    SAY(actual);
}

/* ---- rules ---- */

/* the last thing it printed on stderr, or else at all */
static const char *last_words(const json_t *piece)
{
    const json_t *line;
    const char *words = "";
    bool from_stderr = false;
    size_t i;

    json_array_foreach(json_object_get(piece, "output"), i, line)
    {
        bool is_stderr = number_at(line, "fd") == 2;

        if (*text_at(line, "line") && (is_stderr || !from_stderr)) {
            words = text_at(line, "line");
            from_stderr = is_stderr;
        }
    }
    return words;
}

/* a submission that was not there any more explains most failures */
static void add_end(struct finding *f, const json_t *piece)
{
    const json_t *process = json_object_get(piece, "process");
    const char *end = text_at(process, "end"), *words = last_words(piece);

    if (*text_at(process, "refused"))
        finding_more(f, "%sit could not be started: %s", *f->actual ? "; " : "", text_at(process, "refused"));
    else if (*end && strcmp(end, "stopped") != 0) {
        finding_more(f, "%sin scene %s it ended by itself after %.1f s: %s", *f->actual ? "; " : "", text_at(piece, "scene"),
                     (double)(number_at(process, "ended") - number_at(process, "started")) / 1e6, end);
        if (*words)
            finding_more(f, "; its last words: %.300s", words);
    }
}

/* what keeps a test from being judged; false: nothing */
static bool is_kept(const struct judging *j, const struct rule *rule, const char *program, struct finding *f)
{
    size_t i;

    if (*program && !json_is_string(json_object_get(j->options, program))) {
        finding_skip(f, "no --%s was given", program);
        return true;
    }
    for (i = 0; i < JUDGE_SCENES_MAX && rule->scenes[i]; i++) {
        const json_t *piece = judge_piece(j->pieces, rule->scenes[i], program);

        if (!piece)
            finding_skip(f, "scene %s was not played", rule->scenes[i]);
        else if (*text_at(piece, "broken"))
            finding_skip(f, "scene %s could not be played: %s", rule->scenes[i], text_at(piece, "broken"));
        else
            continue;
        return true;
    }
    return false;
}

static int64_t lasted(const struct judging *j, const struct rule *rule, const char *program)
{
    return number_at(judge_piece(j->pieces, rule->scenes[0], program), "lasted");
}

static int add_test(const struct judging *j, int checkpoint, const struct rule *rule, const char *program, struct error *err)
{
    struct look look = {j->pieces, program, judge_piece(j->pieces, rule->scenes[0], program)};
    struct finding *f = calloc(1, sizeof *f);
    struct grade_test test = {
        .checkpoint = checkpoint, .points = rule->points, .took_us = lasted(j, rule, program), .program = program, .scenes = rule->scenes};
    char name[160];
    int ret;

    if (!f)
        return error_no_memory(err);
    f->verdict = GRADE_FAIL;
    if (!is_kept(j, rule, program, f))
        rule->judge(&look, f);
    for (size_t i = 0; f->verdict == GRADE_FAIL && i < JUDGE_SCENES_MAX && rule->scenes[i]; i++)
        add_end(f, judge_piece(j->pieces, rule->scenes[i], program));
    snprintf(name, sizeof name, "%s%s%s", program, *program ? ": " : "", rule->what);
    test.name = name;
    test.verdict = f->verdict;
    test.expected = f->verdict == GRADE_FAIL && *f->expected ? f->expected : NULL;
    test.actual = f->verdict != GRADE_OK && *f->actual ? f->actual : NULL;
    ret = sheet_add(j->sheet, &test, err);
    free(f);
    return ret;
}

int judge_rules(const struct judging *j, int checkpoint, const struct rule *rules, size_t count, struct error *err)
{
    static const char *const names[] = {"polling", "watch"};

    for (int p = 0; p < 2; p++)
        for (size_t i = 0; i < count; i++) {
            if (!rules[i].programs && p == 0 && add_test(j, checkpoint, &rules[i], "", err) < 0)
                return -1;
            if ((rules[i].programs & (1u << p)) && add_test(j, checkpoint, &rules[i], names[p], err) < 0)
                return -1;
        }
    return 0;
}
