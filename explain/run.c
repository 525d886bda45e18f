/* run.c: see run.h. Reads the cluster, decides, prints. */
#include "explain/run.h"

#include <errno.h>
#include <string.h>

#include "common/clock.h"
#include "explain/live.h"
#include "explain/print.h"
#include "explain/state_file.h"

static void warn(void *ctx, const char *text)
{
    fprintf(ctx, "explain: %s\n", text);
}

static int read_cluster(struct snapshot *snapshot, const struct options *options, FILE *errors, struct error *err)
{
    if (!options->state_file_count)
        return live_list(snapshot, options, warn, errors, err) < 0 ? -1 : snapshot_complete(snapshot, "the cluster", err);
    snapshot->refuses_doubles = true;
    for (size_t i = 0; i < options->state_file_count; i++)
        if (state_file_read(snapshot, options->state_files[i], err) < 0)
            return -1;
    return snapshot_complete(snapshot, options->state_file_count == 1 ? options->state_files[0] : "the --state files", err);
}

static int print_decision(void *ctx, const struct explained *explained, struct error *err)
{
    struct printing *printing = ctx;

    if (printing->form->decision(printing, explained, err) < 0)
        return -1;
    printing->decisions++;
    return ferror(printing->out) ? error_set(err, ERROR_RUNTIME, "cannot write: %s", strerror(errno)) : 0;
}

static int print_all(struct snapshot *snapshot, const struct options *options, FILE *out, FILE *errors, struct error *err)
{
    struct steps steps = {0};
    struct printing printing = {.form = options->log_format == LOG_JSON ? &print_json : &print_text, .out = out};
    const struct explanation explanation = {print_decision, &printing, &steps, warn, errors};
    int ret = -1;

    if (options->policy.policy->plans || options->preemption)
        printing.steps = &steps;
    if (printing.form->begin(&printing, options, err) < 0 || explain_pods(snapshot, &options->policy, &explanation, err) < 0 ||
        printing.form->end(&printing, options, err) < 0)
        goto cleanup;
    ret = fflush(out) != 0 || ferror(out) ? error_set(err, ERROR_RUNTIME, "cannot write: %s", strerror(errno)) : 0;
cleanup:
    steps_free(&steps);
    return ret;
}

static int explain(const struct options *options, FILE *out, FILE *errors, struct error *err)
{
    struct snapshot snapshot;
    int ret = -1;

    if (snapshot_open(&snapshot, options, err) < 0)
        return -1;
    if (read_cluster(&snapshot, options, errors, err) == 0)
        ret = print_all(&snapshot, options, out, errors, err);
    snapshot_close(&snapshot);
    return ret;
}

int explain_run(int argc, char **argv, FILE *out, FILE *errors)
{
    struct error err = ERROR_INIT;
    struct options options;
    int ret = 0;

    if (options_parse("explain", argc, argv, &options, &err) < 0) {
        fprintf(errors, "explain: %s\n", err.text);
        return error_exit_code(&err);
    }
    if (!options.seed)
        options.policy.seed = options.seed = (uint64_t)clock_system()->wall_us(clock_system());
    if (options.help)
        options_print_help("explain");
    else if (options.version)
        options_print_version("explain");
    else
        ret = explain(&options, out, errors, &err);
    options_free(&options);
    if (ret == 0)
        return 0;
    fprintf(errors, "explain: %s\n", err.text);
    return error_exit_code(&err);
}
