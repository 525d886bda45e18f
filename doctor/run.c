/* run.c: see run.h. */
#include "doctor/run.h"

#include "doctor/judge.h"
#include "doctor/look.h"

static int examine(const struct doctor_options *options, json_t *facts, struct error *err)
{
    json_t *cluster = NULL, *laptop = NULL;

    if (!options->laptop_only && look_at_cluster(options, &cluster, err) < 0)
        return -1;
    if (cluster && json_object_set_new(facts, "cluster", cluster) < 0)
        return error_no_memory(err);
    if (look_at_laptop(options, &laptop, err) < 0)
        return -1;
    return json_object_set_new(facts, "laptop", laptop) < 0 ? error_no_memory(err) : 0;
}

/* the exit code, or -1 */
static int doctor(const struct doctor_options *options, FILE *out, struct error *err)
{
    struct report report = {.part = ""};
    json_t *facts = json_object();
    int ret = -1;

    if (!facts) {
        error_no_memory(err);
        goto cleanup;
    }
    if (examine(options, facts, err) < 0)
        goto cleanup;
    judge(options, facts, &report);
    if ((options->json ? report_print_json : report_print_text)(&report, out, err) < 0)
        goto cleanup;
    ret = report_count(&report, LEVEL_FAIL) > 0;
cleanup:
    report_free(&report);
    json_decref(facts);
    return ret;
}

int doctor_run(int argc, char **argv, FILE *out, FILE *errors)
{
    struct error err = ERROR_INIT;
    struct doctor_options options;
    int ret = 0;

    if (doctor_options_parse(argc, argv, &options, &err) < 0)
        ret = -1;
    else if (options.help)
        doctor_options_print_help(out);
    else if (options.version)
        fputs("doctor " LAB_VERSION "\n", out);
    else
        ret = doctor(&options, out, &err);
    if (ret >= 0)
        return ret;
    fprintf(errors, "doctor: %s\n", err.text);
    return error_exit_code(&err);
}
