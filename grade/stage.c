#include "grade/stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/limits.h"
#include "compare/random.h"
#include "grade/claim.h"
#include "grade/text.h"

#define PATIENCE_MS 15000
#define LITTLE_PATIENCE_MS 3000
#define LINES_PATIENCE_MS 3000
#define GRACE_MS 3000
#define LOOK_MS 3
#define MOMENT_MS 250

static int64_t now_us(void)
{
    return clock_system()->monotonic_us(clock_system());
}

int64_t stage_now_us(const struct stage *s)
{
    return now_us() - s->zero_us;
}

/* FNV-1a: a scene draws the same from a seed, whatever was played before it */
static uint64_t mix(uint64_t hash, const char *text)
{
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 1099511628211u;
    return hash;
}

int stage_begin(struct stage *s, const char *scene, int checkpoint, struct error *err)
{
    static const char *const words[] = {"amber", "birch", "cedar", "dune",    "ember", "fjord",
                                        "grove", "heath", "iris",  "juniper", "kelp",  "larch"};

    s->scene = scene;
    s->checkpoint = checkpoint;
    s->random = mix(mix(s->seed ^ 14695981039346656037u, scene), s->submission ? s->submission->program : "");
    snprintf(s->mark, sizeof s->mark, "%03x", (unsigned)stage_draw(s, 0x1000));
    snprintf(s->scheduler, sizeof s->scheduler, "%s-scheduler-%s", words[stage_draw(s, sizeof words / sizeof words[0])], s->mark);
    s->setup = json_object();
    s->output = json_array();
    s->lines = s->names = 0;
    s->slow_us = 0;
    s->asked = false;
    s->waited_before_us = 0;
    s->sandbox = NULL;
    s->died = false;
    s->patience_ms = s->idles ? LITTLE_PATIENCE_MS : PATIENCE_MS;
    s->started_us = s->ended_us = -1;
    *s->end = *s->refused = '\0';
    s->zero_us = now_us();
    if (!s->setup || !s->output)
        return error_no_memory(err);
    return s->proxy ? proxy_begin(s->proxy, s->cluster->namespace_, s->zero_us, err) : 0;
}

/* ---- the submission ---- */

static void on_line(void *ctx, int fd, int64_t at_us, const char *line, size_t bytes)
{
    struct stage *s = ctx;

    if (s->lines++ < LIMIT_GRADE_LINES)
        json_array_append_new(s->output, json_pack("{s:I, s:i, s:o}", "t", (json_int_t)(at_us - s->zero_us), "fd", fd, "line",
                                                   text_json(line, bytes, LIMIT_GRADE_LINE_BYTES)));
}

#define WORDS_MAX 64

int stage_start(struct stage *s, const char *const *flags, struct error *err)
{
    char kubeconfig[128], *argv[WORDS_MAX + 1];
    struct sandbox_plan plan = {.argv = argv,
                                .folder = s->submission->folder,
                                .kubeconfig = kubeconfig,
                                .extra_readable = s->submission->extra_readable,
                                .port = proxy_port(s->proxy),
                                .limits = sandbox_default_limits()};
    struct error refused = ERROR_INIT;
    const char *own[] = {"--scheduler-name", s->scheduler, "--kubeconfig", SANDBOX_KUBECONFIG, NULL}, *const * flag;
    json_t *noted = json_array();
    size_t n = 0, i;

    snprintf(kubeconfig, sizeof kubeconfig, "%s/submission.kubeconfig", s->cluster->home.folder);
    if (proxy_write_kubeconfig(s->proxy, kubeconfig, err) < 0) {
        json_decref(noted);
        return -1;
    }
    for (i = 0; s->submission->argv[i] && n < WORDS_MAX; i++)
        argv[n++] = s->submission->argv[i];
    for (flag = own; *flag && n < WORDS_MAX; flag++)
        argv[n++] = (char *)(uintptr_t)*flag;
    for (flag = flags; flag && *flag && n < WORDS_MAX; flag++)
        argv[n++] = (char *)(uintptr_t)*flag;
    argv[n] = NULL;
    for (i = 0; i < n; i++)
        json_array_append_new(noted, text_json(argv[i], strlen(argv[i]), LIMIT_GRADE_TEXT_BYTES));
    if (stage_note(s, "arguments", noted, err) < 0)
        return -1;
    s->started_us = stage_now_us(s);
    s->sandbox = sandbox_start(&plan, on_line, s, &refused);
    if (!s->sandbox && refused.kind != ERROR_USAGE) {
        *err = refused;
        return -1;
    }
    if (!s->sandbox) {
        s->died = true;
        snprintf(s->refused, sizeof s->refused, "%.255s", refused.text);
    }
    return 0;
}

static void look_whether_it_asks(struct stage *s)
{
    int64_t waited_us;

    if (s->asked || !s->sandbox || !s->proxy || !proxy_look(s->proxy).requests)
        return;
    s->asked = true;
    waited_us = sandbox_usage(s->sandbox).waited_us;
    s->waited_before_us = waited_us > 0 ? waited_us : 0;
}

/* lets the submission be heard for so long */
static void listen_for(struct stage *s, int64_t ms)
{
    const struct timespec pause = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    int64_t begun = now_us(), late;

    if (!s->sandbox || s->died) {
        nanosleep(&pause, NULL);
    } else if (sandbox_poll(s->sandbox, ms) != SANDBOX_RUNNING) {
        s->died = true;
        s->ended_us = stage_now_us(s);
        sandbox_describe(s->sandbox, s->end);
    }
    look_whether_it_asks(s);
    late = now_us() - begun - ms * 1000;
    s->slow_us = late > s->slow_us ? late : s->slow_us;
}

/* ---- time ---- */

static int check(struct stage *s, struct error *err)
{
    if (*s->cluster->stop || getppid() != s->parent)
        return error_set(err, ERROR_RUNTIME, "interrupted");
    return witness_check(s->cluster->witness, err);
}

int stage_wait(struct stage *s, bool (*met)(struct stage *stage, void *ctx), void *ctx, int64_t ms, enum stage_wait *how, struct error *err)
{
    int64_t until = now_us() + ms * 1000;
    enum stage_wait end = STAGE_LATE;

    for (;;) {
        bool late = now_us() > until, dead = s->died;

        if (check(s, err) < 0)
            return -1;
        if (met(s, ctx)) {
            end = STAGE_MET;
            break;
        }
        if (late || dead) {
            end = dead ? STAGE_DEAD : STAGE_LATE;
            break;
        }
        listen_for(s, LOOK_MS);
    }
    if (how)
        *how = end;
    return 0;
}

static bool never(struct stage *s, void *ctx)
{
    (void)s, (void)ctx;
    return false;
}

int stage_rest(struct stage *s, int64_t ms, struct error *err)
{
    return stage_wait(s, never, NULL, ms, NULL, err);
}

static bool all_taken(struct stage *s, void *ctx)
{
    (void)ctx;
    return !proxy_look(s->proxy).undelivered;
}

int stage_settle(struct stage *s, struct error *err)
{
    int64_t begun = now_us(), slow_ms;

    if (cluster_wait_seen(s->cluster, err) < 0 || stage_wait(s, all_taken, NULL, s->patience_ms, NULL, err) < 0)
        return -1;
    slow_ms = (now_us() - begun) / 1000;
    return stage_rest(s, MOMENT_MS + 5 * (slow_ms < 400 ? slow_ms : 400), err);
}

struct pods {
    char (*names)[64];
    size_t count;
};

static bool all_bound(struct stage *s, void *ctx)
{
    const struct pods *pods = ctx;

    for (size_t i = 0; i < pods->count; i++)
        if (!*witness_pod(s->cluster->witness, s->cluster->namespace_, pods->names[i]).node)
            return false;
    return true;
}

int stage_wait_bound(struct stage *s, char (*names)[64], size_t count, struct error *err)
{
    struct pods pods = {names, count};
    enum stage_wait how;

    if (stage_wait(s, all_bound, &pods, s->patience_ms, &how, err) < 0)
        return -1;
    if (how == STAGE_LATE)
        s->patience_ms = LITTLE_PATIENCE_MS;
    return 0;
}

static bool has_said(const json_t *output, const char *pod)
{
    const json_t *line;
    struct claim claim;
    size_t i;

    json_array_foreach(output, i, line)
    {
        if (claim_read(json_string_value(json_object_get(line, "line")), &claim) && !strcmp(claim.pod, pod))
            return true;
    }
    return false;
}

static bool all_said(struct stage *s, void *ctx)
{
    const struct pods *pods = ctx;

    for (size_t i = 0; i < pods->count; i++)
        if (!has_said(s->output, pods->names[i]))
            return false;
    return true;
}

int stage_wait_said(struct stage *s, char (*names)[64], size_t count, struct error *err)
{
    return stage_wait(s, all_said, &(struct pods){names, count}, LINES_PATIENCE_MS, NULL, err);
}

/* ---- the end ---- */

static json_t *process_json(const struct stage *s)
{
    struct sandbox_usage usage = {-1, -1, -1, -1};

    if (s->sandbox)
        usage = sandbox_usage(s->sandbox);
    if (usage.waited_us > 0)
        usage.waited_us -= s->waited_before_us;
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I}", "end",
                     *s->end   ? s->end
                     : s->died ? "not started"
                               : "stopped",
                     "refused", s->refused, "cpu_us", (json_int_t)usage.cpu_us, "waited_us", (json_int_t)usage.waited_us, "peak_bytes",
                     (json_int_t)usage.peak_bytes, "started", (json_int_t)s->started_us, "ended", (json_int_t)s->ended_us);
}

static void stop(struct stage *s)
{
    if (!s->sandbox)
        return;
    listen_for(s, 0);
    if (!s->died)
        s->ended_us = stage_now_us(s);
    sandbox_stop(s->sandbox, GRACE_MS);
}

static bool asked_for_a_bind(const json_t *requests)
{
    const json_t *request;
    size_t i;

    json_array_foreach(requests, i, request)
    {
        const char *resource = json_string_value(json_object_get(request, "resource"));
        const char *subresource = json_string_value(json_object_get(request, "subresource"));

        if ((subresource && !strcmp(subresource, "binding")) || (resource && !strcmp(resource, "bindings")))
            return true;
    }
    return false;
}

json_t *stage_finish(struct stage *s, const struct error *broken, struct error *err)
{
    bool more_requests = false, more_states = false;
    int64_t ended_us = stage_now_us(s);
    json_t *piece = NULL, *requests, *pods;
    int bad;

    stop(s);
    requests = s->proxy ? proxy_requests(s->proxy, &more_requests, err) : json_array();
    pods = witness_pods(s->cluster->witness, s->zero_us, &more_states, err);
    s->idles = s->patience_ms == LITTLE_PATIENCE_MS && !asked_for_a_bind(requests);
    piece = json_pack("{s:s, s:i, s:s, s:I, s:s, s:s, s:I, s:I, s:o?, s:o?, s:o?, s:o?, s:o?, s:b}", "scene", s->scene, "checkpoint",
                      s->checkpoint, "program", s->submission ? s->submission->program : "", "seed", (json_int_t)s->seed, "server",
                      s->cluster->simulator ? "simulator" : "cluster", "namespace", s->cluster->namespace_, "lasted", (json_int_t)ended_us,
                      "slow", (json_int_t)(s->proxy && proxy_slow_us(s->proxy) > s->slow_us ? proxy_slow_us(s->proxy) : s->slow_us),
                      "setup", s->setup, "requests", requests, "pods", pods, "output", s->output, "process", process_json(s), "truncated",
                      more_requests || more_states || s->lines > LIMIT_GRADE_LINES);
    s->setup = s->output = NULL;
    bad = !piece || json_object_set_new(json_object_get(piece, "setup"), "scheduler", json_string(s->scheduler)) < 0;
    if (!bad && (broken || more_states))
        bad = json_object_set_new(piece, "broken", json_string(broken ? broken->text : "the cluster has too many pods")) < 0;
    sandbox_free(s->sandbox);
    s->sandbox = NULL;
    if (!bad)
        return piece;
    json_decref(piece);
    error_no_memory(err);
    return NULL;
}
