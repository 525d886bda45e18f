#include "grade/summary.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "grade/text.h"

#define NOTE_BYTES (sizeof((struct summary *)0)->note - 1)

static void note(struct summary *s, const char *program, const char *text)
{
    char part[192];
    size_t used = strlen(s->note);

    snprintf(part, sizeof part, "%s%s%s", program, *program ? ": " : "", text);
    /* the same from each scene is said once */
    if (!strstr(s->note, part))
        snprintf(s->note + used, sizeof s->note - used, "%s%s", used ? "; " : "", part);
}

/* how its process ended, where that is odd: by a limit of the sandbox, or by itself */
static void note_end(const json_t *piece, struct summary *s)
{
    const char *end = json_string_value(json_object_get(json_object_get(piece, "process"), "end"));
    const char *program = json_string_value(json_object_get(piece, "program")),
               *broken = json_string_value(json_object_get(piece, "broken"));

    if (broken)
        note(s, "grader", broken);
    else if (program && *program && end && strncmp(end, "stopped", 7) != 0)
        note(s, program, strncmp(end, "more than ", 10) == 0 && strstr(end, " processes") ? "forks without end" : end);
}

/* it ran in every scene and never asked for anything */
static void note_silence(const json_t *pieces, const char *program, struct summary *s)
{
    size_t i, played = 0, requests = 0;
    const json_t *piece;

    json_array_foreach(pieces, i, piece)
    {
        const char *whose = json_string_value(json_object_get(piece, "program"));
        const char *end = json_string_value(json_object_get(json_object_get(piece, "process"), "end"));

        if (!whose || strcmp(whose, program) != 0 || !end || strncmp(end, "stopped", 7) != 0)
            continue;
        played++;
        requests += json_array_size(json_object_get(piece, "requests"));
    }
    if (played && !requests)
        note(s, program, "hung, asked for nothing");
}

void summary_of(const struct grade_sheet *sheet, const struct evidence_bundle *bundle, const char *before, struct summary *s)
{
    const json_t *pieces = bundle_pieces(bundle), *piece;
    int checkpoint;
    size_t i;

    memset(s, 0, sizeof *s);
    s->earned[0] = sheet->earned;
    s->total[0] = sheet->total;
    for (checkpoint = 1; checkpoint <= CHECKPOINTS; checkpoint++)
        sheet_points(sheet, checkpoint, &s->earned[checkpoint], &s->total[checkpoint]);
    if (*before)
        note(s, "", before);
    note_silence(pieces, "polling", s);
    note_silence(pieces, "watch", s);
    json_array_foreach(pieces, i, piece) note_end(piece, s);
}

int summary_write(const struct summary *s, const char *path, struct error *err)
{
    json_t *points = json_array(),
           *json = json_pack("{s:o?, s:o?}", "points", points, "note", text_json(s->note, strlen(s->note), NOTE_BYTES));
    int i, ret;

    for (i = 0; json && i <= CHECKPOINTS; i++)
        if (json_array_append_new(points, json_pack("[i, i]", s->earned[i], s->total[i])) < 0) {
            json_decref(json);
            json = NULL;
        }
    if (!json)
        return error_no_memory(err);
    ret = json_dump_file(json, path, JSON_COMPACT);
    json_decref(json);
    return ret < 0 ? error_set(err, ERROR_RUNTIME, "--summary: %s: %s", path, strerror(errno)) : 0;
}

bool summary_read(const char *path, struct summary *s)
{
    json_t *json = json_load_file(path, 0, NULL), *points = json_object_get(json, "points");
    const char *text = json_string_value(json_object_get(json, "note"));
    bool whole = json_array_size(points) == CHECKPOINTS + 1 && text;
    size_t i;

    memset(s, 0, sizeof *s);
    for (i = 0; whole && i <= CHECKPOINTS; i++)
        whole = json_unpack(json_array_get(points, i), "[i, i]", &s->earned[i], &s->total[i]) == 0;
    if (whole)
        snprintf(s->note, sizeof s->note, "%s", text);
    else
        memset(s, 0, sizeof *s);
    json_decref(json);
    return whole;
}
