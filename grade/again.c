/*
 * again.c: scenes in which the submission could not run when it wanted to.
 */
#include "grade/again.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "grade/judge.h"

#define KEPT_US 500000
#define BUSY_US 2000000 /* a submission that computes so long competes with itself */
#define TURNS 2

bool again_was_kept(const json_t *piece)
{
    const json_t *process = json_object_get(piece, "process");
    int64_t waited_us = number_at(process, "waited_us"), cpu_us = number_at(process, "cpu_us");

    if (strcmp(text_at(process, "end"), "stopped") != 0 || cpu_us >= BUSY_US)
        return false;
    return (waited_us >= KEPT_US && waited_us > cpu_us) || number_at(piece, "slow") >= KEPT_US;
}

static size_t scene_index(const char *name)
{
    size_t i;

    for (i = 0; i < scene_count && strcmp(scenes[i].name, name) != 0; i++)
        continue;
    return i;
}

bool again_choose(const struct evidence_bundle *bundle, const struct grade_sheet *sheet, struct play_choice *choice)
{
    bool any = false;

    memset(choice, 0, sizeof *choice);
    for (size_t t = 0; t < sheet->count; t++) {
        const struct grade_test *test = &sheet->tests[t];
        unsigned program = test->program && !strcmp(test->program, "polling") ? SCENE_POLLING : SCENE_WATCH;

        if (test->verdict != GRADE_FAIL || !test->program || !*test->program)
            continue;
        for (size_t k = 0; k < SHEET_SCENES && test->scenes[k]; k++) {
            size_t scene = scene_index(test->scenes[k]);

            if (scene == scene_count || !again_was_kept(judge_piece(bundle_pieces(bundle), test->scenes[k], test->program)))
                continue;
            choice->chosen[program] |= 1u << scene;
            any = true;
        }
    }
    return any;
}

/* the bundle with the pieces that were played again in place of theirs */
static struct evidence_bundle *with_pieces(const struct evidence_bundle *bundle, const struct evidence_bundle *played, struct error *err)
{
    struct evidence_bundle *changed = bundle_new(bundle_options(bundle), err);
    const json_t *old;
    size_t i;

    json_array_foreach(bundle_pieces(bundle), i, old)
    {
        const json_t *newer = judge_piece(bundle_pieces(played), text_at(old, "scene"), text_at(old, "program"));

        if (changed && bundle_add(changed, json_incref((json_t *)(uintptr_t)(newer ? newer : old)), err) < 0) {
            bundle_free(changed);
            return NULL;
        }
    }
    return changed;
}

static int play_turn(const struct play *play, const struct play_choice *choice, struct evidence_bundle **bundle, struct grade_sheet *sheet,
                     struct error *err)
{
    struct evidence_bundle *played = bundle_new(bundle_options(*bundle), err), *changed = NULL, *kept = *bundle;
    struct grade_sheet changed_sheet, kept_sheet = *sheet;
    int ret = -1;

    sheet_init(&changed_sheet);
    if (!played || play_chosen(play, choice, played, err) < 0 || !(changed = with_pieces(*bundle, played, err)) ||
        judge_bundle(changed, play->checkpoints, &changed_sheet, err) < 0)
        goto cleanup;
    if (changed_sheet.earned > sheet->earned && !bundle_is_broken(changed)) {
        *bundle = changed;
        *sheet = changed_sheet;
        changed = kept;
        changed_sheet = kept_sheet;
    }
    ret = 0;
cleanup:
    bundle_free(played);
    bundle_free(changed);
    sheet_free(&changed_sheet);
    return ret;
}

int again_play(const struct play *play, struct evidence_bundle **bundle, struct grade_sheet *sheet, struct error *err)
{
    struct play alone = *play;
    struct play_choice choice;

    alone.one_at_a_time = true;
    for (int turn = 0; turn < TURNS && again_choose(*bundle, sheet, &choice); turn++) {
        if (clock_system()->monotonic_us(clock_system()) - play->began_us > AGAIN_UNTIL_US)
            return 0;
        fprintf(stderr, "grade: this machine was too busy to let the submission run when it wanted to: what failed then is played again\n");
        if (play_turn(&alone, &choice, bundle, sheet, err) < 0)
            return -1;
    }
    return 0;
}
