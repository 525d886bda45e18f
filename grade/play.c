#include "grade/play.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/limits.h"
#include "grade/lane.h"

#define LANES_MAX 8

struct running {
    struct lane lane;
    FILE *file; /* where its pieces go; unlinked from the beginning */
    pid_t pid;  /* 0: not started, or it has ended */
    bool started;
};

/* ---- which lanes ---- */

/* what the checkpoints ask for, of the programs that were given */
static struct play_choice choose(const struct play *play)
{
    const bool given[] = {true, play->polling != NULL, play->watch != NULL};
    struct play_choice choice = {0};

    for (size_t i = 0; i < scene_count; i++)
        for (unsigned program = 0; program <= SCENE_WATCH; program++)
            if ((scenes[i].needed_by & play->checkpoints) && given[program] &&
                (program ? (scenes[i].programs & program) != 0 : !scenes[i].programs))
                choice.chosen[program] |= 1u << i;
    return choice;
}

static size_t list_lanes(const struct play *play, const struct play_choice *choice, struct running *lanes)
{
    const struct submission *const given[] = {NULL, play->polling, play->watch};
    size_t count = 0;

    for (unsigned program = 0; program <= SCENE_WATCH; program++)
        for (int number = 0; number < LANE_NUMBERS; number++) {
            struct lane *lane = &lanes[count].lane;

            *lane = (struct lane){.play = play, .submission = given[program]};
            for (size_t i = 0; i < scene_count; i++)
                if (scenes[i].lane == number && (choice->chosen[program] & (1u << i)))
                    lane->scenes[lane->count++] = &scenes[i];
            count += lane->count > 0;
        }
    return count;
}

/* ---- playing them ---- */

static int start(struct running *r, struct error *err)
{
    r->file = tmpfile();
    if (!r->file)
        return error_set(err, ERROR_RUNTIME, "a temporary file cannot be made: %s", strerror(errno));
    fflush(NULL);
    r->lane.parent = getpid();
    r->pid = fork();
    if (r->pid < 0) {
        r->pid = 0;
        return error_set(err, ERROR_RUNTIME, "fork: %s", strerror(errno));
    }
    if (!r->pid)
        _exit(lane_play(&r->lane, r->file));
    r->started = true;
    return 0;
}

static size_t count_running(struct running *lanes, size_t count)
{
    size_t i, running = 0;

    for (i = 0; i < count; i++) {
        if (lanes[i].pid && waitpid(lanes[i].pid, NULL, WNOHANG) == lanes[i].pid)
            lanes[i].pid = 0;
        running += lanes[i].pid != 0;
    }
    return running;
}

static void end_all(struct running *lanes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (lanes[i].pid) {
            kill(lanes[i].pid, SIGTERM);
            waitpid(lanes[i].pid, NULL, 0);
            lanes[i].pid = 0;
        }
}

static int play_lanes(const struct play *play, struct running *lanes, size_t count, struct error *err)
{
    const struct timespec pause = {0, 10000000};
    size_t at_once = play->kubeconfig || play->one_at_a_time ? 1 : count, next = 0, running = 0, told = SIZE_MAX;

    while (next < count || running) {
        if (*play->stop)
            return error_set(err, ERROR_RUNTIME, "interrupted");
        while (next < count && running < at_once) {
            if (start(&lanes[next], err) < 0)
                return -1;
            next++;
            running++;
        }
        running = count_running(lanes, next);
        if (play->progress && told != next - running)
            play->progress(play->ctx, told = next - running, count);
        nanosleep(&pause, NULL);
    }
    return 0;
}

/* ---- taking what they left ---- */

/* What a lane that died had not written is a piece that says so: it is the grader's fault, never the submission's. */
static int take_pieces(struct running *r, json_t *pieces, struct error *err)
{
    json_t *written;
    json_error_t wrong;

    rewind(r->file);
    written = json_loadf(r->file, 0, &wrong);
    for (size_t i = 0; i < r->lane.count; i++) {
        json_t *piece = json_array_get(written, i);
        const struct error lost = {ERROR_RUNTIME, "the grader's own process for it has ended"};

        piece = piece ? json_incref(piece) : lane_broken_piece(&r->lane, r->lane.scenes[i], &lost);
        if (!piece || json_array_append_new(pieces, piece) < 0) {
            json_decref(written);
            return error_no_memory(err);
        }
    }
    json_decref(written);
    return 0;
}

/* in the order of the scenes, whichever lane they were in */
static int add_in_order(const json_t *pieces, struct evidence_bundle *bundle, struct error *err)
{
    json_t *piece;
    size_t i, k;

    for (i = 0; i < scene_count; i++)
        json_array_foreach(pieces, k, piece)
        {
            if (!strcmp(json_string_value(json_object_get(piece, "scene")), scenes[i].name) &&
                bundle_add(bundle, json_incref(piece), err) < 0)
                return -1;
        }
    return 0;
}

/* the answer of a student, as text, or why there is none */
static int add_answer(const struct play *play, struct evidence_bundle *bundle, struct error *err)
{
    char text[LIMIT_GRADE_BODY_BYTES];
    FILE *file = fopen(play->path_file, "r");
    size_t bytes = file ? fread(text, 1, sizeof text, file) : 0;
    bool failed = !file || ferror(file);
    char why[600];

    snprintf(why, sizeof why, "%.500s: %s", play->path_file, strerror(errno));
    if (file)
        fclose(file);
    return bundle_add(bundle,
                      json_pack("{s:s, s:i, s:s, s:I, s:{s:o, s:s}}", "scene", "path", "checkpoint", 1, "program", "", "lasted",
                                (json_int_t)0, "setup", "answer", text_json(text, bytes, LIMIT_GRADE_BODY_BYTES), "unreadable",
                                failed ? why : ""),
                      err);
}

int play_chosen(const struct play *play, const struct play_choice *choice, struct evidence_bundle *bundle, struct error *err)
{
    struct running lanes[LANES_MAX + 1] = {0};
    size_t i, count = list_lanes(play, choice, lanes);
    json_t *pieces = json_array();
    int ret = pieces ? play_lanes(play, lanes, count, err) : error_no_memory(err);

    end_all(lanes, count);
    for (i = 0; i < count && ret == 0; i++)
        ret = take_pieces(&lanes[i], pieces, err);
    if (ret == 0)
        ret = add_in_order(pieces, bundle, err);
    for (i = 0; i < count; i++)
        if (lanes[i].file)
            fclose(lanes[i].file);
    json_decref(pieces);
    return ret;
}

int play_all(const struct play *play, struct evidence_bundle *bundle, struct error *err)
{
    const struct play_choice choice = choose(play);

    if (play_chosen(play, &choice, bundle, err) < 0)
        return -1;
    return play->path_file && (play->checkpoints & 2) ? add_answer(play, bundle, err) : 0;
}
