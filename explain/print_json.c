/* print_json.c: see print.h. */
#include <inttypes.h>

#include "common/buffer.h"
#include "common/limits.h"
#include "explain/print.h"

static int put_string(struct printing *printing, const char *text, struct error *err)
{
    struct buffer quoted;
    int ret;

    buffer_init(&quoted, LIMIT_OBJECT_BYTES);
    ret = buffer_add_json_string(&quoted, text, err);
    if (ret == 0)
        fputs(quoted.data, printing->out);
    buffer_free(&quoted);
    return ret;
}

static int begin(struct printing *printing, const struct options *options, struct error *err)
{
    const struct policy *policy = options->policy.policy;
    struct buffer name;
    int ret;

    buffer_init(&name, LIMIT_OBJECT_BYTES);
    ret = policy->argument ? buffer_printf(&name, err, "%s=%s", policy->name, options->policy.filters.fixed_node)
                           : buffer_add_string(&name, policy->name, err);
    fputs("{\"policy\": ", printing->out);
    if (ret == 0)
        ret = put_string(printing, name.data, err);
    fputs(", \"decisions\": [", printing->out);
    buffer_free(&name);
    return ret;
}

static int put_verdict(struct printing *printing, const struct verdict *verdict, struct error *err)
{
    FILE *out = printing->out;

    fputs("    {\"name\": ", out);
    if (put_string(printing, verdict->node, err) < 0)
        return -1;
    fprintf(out, ", \"feasible\": %s, \"reasons\": [", verdict->objections ? "false" : "true");
    for (size_t i = 0; i < verdict->objections; i++) {
        fputs(i ? ", " : "", out);
        if (put_string(printing, verdict->objection[i].reason, err) < 0)
            return -1;
    }
    fprintf(out, "], \"score\": %" PRId64 "}", verdict->score);
    return 0;
}

static int decision(struct printing *printing, const struct explained *explained, struct error *err)
{
    FILE *out = printing->out;

    fputs(printing->decisions ? ",\n  {\"pod\": " : "\n  {\"pod\": ", out);
    if (put_string(printing, explained->pod, err) < 0)
        return -1;
    fputs(", \"node\": ", out);
    if (!explained->node)
        fputs("null", out);
    else if (put_string(printing, explained->node, err) < 0)
        return -1;
    fputs(", \"message\": ", out);
    if (put_string(printing, explained->message, err) < 0)
        return -1;
    fputs(", \"nodes\": [", out);
    for (size_t i = 0; i < explained->verdict_count; i++) {
        fputs(i ? ",\n" : "\n", out);
        if (put_verdict(printing, &explained->verdicts[i], err) < 0)
            return -1;
    }
    fputs(explained->verdict_count ? "\n  ]}" : "]}", out);
    return 0;
}

static int put_steps(struct printing *printing, const char *name, const struct step_list *list, struct error *err)
{
    FILE *out = printing->out;

    fprintf(out, "  \"%s\": [", name);
    for (size_t i = 0; i < list->count; i++) {
        fputs(i ? ",\n    {\"pod\": " : "\n    {\"pod\": ", out);
        if (put_string(printing, list->step[i].pod, err) < 0)
            return -1;
        fputs(", \"node\": ", out);
        if (put_string(printing, list->step[i].node, err) < 0)
            return -1;
        fputs("}", out);
    }
    fputs(list->count ? "\n  ]" : "]", out);
    return 0;
}

static int end(struct printing *printing, const struct options *options, struct error *err)
{
    FILE *out = printing->out;

    (void)options;
    fputs(printing->decisions ? "\n]" : "]", out);
    if (printing->steps) {
        fputs(", \"plan\": {\n", out);
        if (put_steps(printing, "preempt", &printing->steps->preempt, err) < 0)
            return -1;
        fputs(",\n", out);
        if (put_steps(printing, "bind", &printing->steps->bind, err) < 0)
            return -1;
        fputs("}", out);
    }
    fputs("}\n", out);
    return 0;
}

const struct print_form print_json = {begin, decision, end};
