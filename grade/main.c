/*
 * grade: judges a student's schedulers by what reached the API server. Plays scenes, keeps what was seen, judges that, and shows the sheet.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "compare/stop.h"
#include "grade/again.h"
#include "grade/candidate.h"
#include "grade/class.h"
#include "grade/evidence.h"
#include "grade/options.h"
#include "grade/play.h"
#include "grade/submission.h"
#include "grade/summary.h"

/* on a terminal, while it takes its time */
static void show_progress(void *ctx, size_t done, size_t all)
{
    (void)ctx;
    if (!isatty(2))
        return;
    if (done < all)
        fprintf(stderr, "\rgrading… %zu of %zu", done, all);
    else
        fprintf(stderr, "\r                            \r");
    fflush(stderr);
}

static json_t *options_json(const struct grade_options *o)
{
    return json_pack("{s:s*, s:s*, s:I, s:s, s:s}", "polling", o->polling, "watch", o->watch, "seed", (json_int_t)o->seed, "server",
                     o->kubeconfig ? "cluster" : "simulator", "sandbox", sandbox_strength());
}

/* what it came to, judged, and played again where this machine would not let it run */
static int play_and_judge(const struct play *play, struct evidence_bundle **bundle, struct grade_sheet *sheet, struct error *err)
{
    if (play_all(play, *bundle, err) < 0 || judge_bundle(*bundle, play->checkpoints, sheet, err) < 0)
        return -1;
    return again_play(play, bundle, sheet, err);
}

static int play(const struct grade_options *o, const char *argv0, struct evidence_bundle **bundle, struct grade_sheet *sheet,
                struct error *err)
{
    struct submission_files polling = {0}, watch = {0};
    struct play play = {.argv0 = argv0,
                        .kubeconfig = o->kubeconfig,
                        .checkpoints = o->checkpoints,
                        .seed = o->seed,
                        .began_us = clock_system()->monotonic_us(clock_system()),
                        .path_file = o->path,
                        .stop = &stop_requested,
                        .progress = show_progress};
    int ret = -1;

    if (o->polling && submission_open(&polling, "polling", o->polling, err) < 0)
        goto cleanup;
    if (o->watch && submission_open(&watch, "watch", o->watch, err) < 0)
        goto cleanup;
    if (!o->seed_given)
        fprintf(stderr, "grade: --seed %llu plays the same again\n", (unsigned long long)o->seed);
    if (o->folder)
        polling.submission.folder = watch.submission.folder = o->folder;
    play.polling = o->polling ? &polling.submission : NULL;
    play.watch = o->watch ? &watch.submission : NULL;
    ret = play_and_judge(&play, bundle, sheet, err);
    if (ret == 0 && o->bundle)
        ret = bundle_write(*bundle, o->bundle, err);
cleanup:
    submission_close(&polling);
    submission_close(&watch);
    return ret;
}

static int show(const struct grade_options *o, const struct grade_sheet *sheet, struct error *err)
{
    FILE *out = o->out ? fopen(o->out, "w") : stdout;
    int ret;

    if (!out)
        return error_set(err, ERROR_RUNTIME, "--out: %s: %s", o->out, strerror(errno));
    ret = o->format(sheet, out, err);
    if (o->out && fclose(out) == EOF && ret == 0)
        ret = error_set(err, ERROR_RUNTIME, "--out: %s: %s", o->out, strerror(errno));
    return ret;
}

/* 0: full marks, 1: less, -1: failed; `before`: what was odd about it before it ran */
static int grade(const struct grade_options *o, const char *argv0, const char *before, struct error *err)
{
    struct evidence_bundle *bundle = NULL;
    struct summary summary;
    struct grade_sheet sheet;
    json_t *options = NULL;
    int ret = -1;

    sheet_init(&sheet);
    if (o->regrade) {
        bundle = bundle_read(o->regrade, err);
        if (!bundle || judge_bundle(bundle, o->checkpoints, &sheet, err) < 0)
            goto cleanup;
    } else {
        options = options_json(o);
        bundle = bundle_new(options, err);
        if (!bundle || play(o, argv0, &bundle, &sheet, err) < 0)
            goto cleanup;
    }
    if (show(o, &sheet, err) < 0)
        goto cleanup;
    summary_of(&sheet, bundle, before, &summary);
    if (o->summary && summary_write(&summary, o->summary, err) < 0)
        goto cleanup;
    ret = sheet.earned < sheet.total || bundle_is_broken(bundle);
cleanup:
    sheet_free(&sheet);
    bundle_free(bundle);
    json_decref(options);
    return ret;
}

/* the two programs of a folder */
static int grade_folder(const struct grade_options *o, const char *argv0, struct error *err)
{
    struct grade_options found = *o;
    struct candidate candidate;
    char path[512];
    int ret;

    if (!o->trust && !sandbox_isolates())
        return error_set(err, ERROR_USAGE,
                         "--submission: here nothing keeps it from your files (sandbox: %s); --trust runs it all the same",
                         sandbox_strength());
    if (candidate_open(&candidate, o->submission, o->build, o->python ? o->python : "python3", &stop_requested, err) < 0)
        return -1;
    found.polling = candidate.polling;
    found.watch = candidate.watch;
    found.folder = candidate.copy;
    if (o->path) {
        snprintf(path, sizeof path, "%s/%.200s", candidate.copy, o->path);
        found.path = path;
    }
    if (*candidate.note)
        fprintf(stderr, "grade: %s: %s\n", o->submission, candidate.note);
    ret = grade(&found, argv0, candidate.note, err);
    candidate_close(&candidate);
    return ret;
}

static int run(const struct grade_options *o, const char *argv0, struct error *err)
{
    if (o->jobs)
        return class_run(o, argv0, &stop_requested, err);
    if (o->submission)
        return grade_folder(o, argv0, err);
    return grade(o, argv0, "", err);
}

int main(int argc, char **argv)
{
    struct grade_options options = {0};
    struct error err = ERROR_INIT;
    int ret = grade_options_parse(argc, argv, &options, &err);

    if (ret == 0 && options.help) {
        grade_options_print_help();
        return 0;
    }
    if (ret == 0 && options.version) {
        printf("grade " LAB_VERSION " (sandbox: %s)\n", sandbox_strength());
        return 0;
    }
    stop_install();
    if (ret == 0)
        ret = run(&options, argv[0], &err);
    if (ret >= 0)
        return ret;
    fprintf(stderr, "grade: %s\n", err.text);
    return error_exit_code(&err);
}
