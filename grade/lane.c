#include "grade/lane.h"

#include <stdlib.h>
#include <string.h>

json_t *lane_broken_piece(const struct lane *lane, const struct scene *scene, const struct error *why)
{
    return json_pack("{s:s, s:i, s:s, s:I, s:I, s:{}, s:s}", "scene", scene->name, "checkpoint", scene->checkpoint, "program",
                     lane->submission ? lane->submission->program : "", "seed", (json_int_t)lane->play->seed, "lasted", (json_int_t)0,
                     "setup", "broken", why->text);
}

static json_t *play_scene(const struct lane *lane, struct stage *stage, const struct scene *scene, struct error *err)
{
    struct error broken = ERROR_INIT;
    json_t *piece;

    if (stage_begin(stage, scene->name, scene->checkpoint, err) < 0)
        return lane_broken_piece(lane, scene, err);
    piece = scene->play(stage, &broken) < 0 ? stage_finish(stage, &broken, err) : stage_finish(stage, NULL, err);
    return piece ? piece : lane_broken_piece(lane, scene, err);
}

/* A scene whose remains cannot be taken away spoils those that follow. */
static int play_scenes(const struct lane *lane, struct stage *stage, json_t *pieces)
{
    struct error err = ERROR_INIT, remains = ERROR_INIT;
    size_t i;

    for (i = 0; i < lane->count; i++) {
        json_t *piece = remains.kind == ERROR_NONE ? play_scene(lane, stage, lane->scenes[i], &err)
                                                   : lane_broken_piece(lane, lane->scenes[i], &remains);

        if (json_array_append_new(pieces, piece) < 0)
            return -1;
        if (remains.kind == ERROR_NONE && (i + 1 < lane->count || !stage->cluster->simulator))
            cluster_clean(stage->cluster, &remains);
    }
    return 0;
}

int lane_play(const struct lane *lane, FILE *out)
{
    struct cluster cluster;
    struct stage stage = {.cluster = &cluster, .submission = lane->submission, .seed = lane->play->seed, .parent = lane->parent};
    struct error err = ERROR_INIT;
    json_t *pieces = json_array();
    int failed = !pieces;

    if (cluster_open(&cluster, lane->play->argv0, lane->play->kubeconfig, lane->play->stop, &err) == 0 &&
        (!lane->submission || (stage.proxy = proxy_open(cluster.kubeconfig, &err)))) {
        failed = failed || play_scenes(lane, &stage, pieces) < 0;
    } else {
        for (size_t i = 0; i < lane->count; i++)
            failed |= json_array_append_new(pieces, lane_broken_piece(lane, lane->scenes[i], &err));
    }
    proxy_close(stage.proxy);
    cluster_close(&cluster);
    failed = failed || json_dumpf(pieces, out, JSON_COMPACT) < 0 || fflush(out) == EOF;
    json_decref(pieces);
    return failed;
}
