/* options.c: from argv to struct options, after the table in options_flags.c. */
#include "common/service/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/service/options_flags.h"
#include "common/service/options_value.h"

#define FIRST_LONG 256 /* getopt_long's codes: beyond every letter */
#define FLAGS_MAX 64

/* the policy that `text` names, with what stands behind its '=' in *argument; NULL when there is none, or one too many or too few */
static const struct policy *find_policy(const char *text, const char **argument)
{
    const size_t bytes = strcspn(text, "=");

    *argument = text[bytes] ? text + bytes + 1 : NULL;
    for (const struct policy *const *p = policy_all(); *p; p++)
        if (strlen((*p)->name) == bytes && strncmp((*p)->name, text, bytes) == 0)
            return !(*p)->argument == !*argument ? *p : NULL;
    return NULL;
}

static int read_policy(const char *text, struct options *options, struct error *err)
{
    const char *argument;
    const struct policy *policy = find_policy(text, &argument);
    char known[256] = "one of";

    if (!policy) {
        for (const struct policy *const *p = policy_all(); *p; p++)
            snprintf(known + strlen(known), sizeof known - strlen(known), "%s %s%s%s", p == policy_all() ? "" : ",", (*p)->name,
                     (*p)->argument ? "=" : "", (*p)->argument ? (*p)->argument : "");
        return value_unexpected(known, text, err);
    }
    if (argument && value_node_name(argument, err) < 0)
        return -1;
    options->policy.policy = policy;
    options->policy.filters.enabled[FILTER_ONE_PER_NODE] = policy->plans;
    options->policy.filters.fixed_node = argument;
    return 0;
}

static int read_no_filter(const char *text, struct options *options, struct error *err)
{
    int id = filter_by_name(text);
    char known[256] = "one of";
    const char *comma = "";

    if (id >= 0) {
        options->policy.filters.enabled[id] = false;
        return 0;
    }
    for (id = 0; id < FILTER_COUNT; id++) {
        if (!flag_can_switch_off(id))
            continue;
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s %s", comma, filter_name((enum filter_id)id));
        comma = ",";
    }
    return value_unexpected(known, text, err);
}

static int read_node_label(const char *text, struct options *options, struct error *err)
{
    size_t count = options->policy.filters.required_label_count;
    struct required_label *labels = realloc(options->required_labels, (count + 1) * sizeof *labels);

    if (!labels)
        return error_no_memory(err);
    options->required_labels = labels;
    options->policy.filters.required_labels = labels;
    if (value_node_label(text, &labels[count], err) < 0)
        return -1;
    options->policy.filters.required_label_count = count + 1;
    return 0;
}

static int read_log_format(const char *text, struct options *options, struct error *err)
{
    if (strcmp(text, "text") == 0)
        options->log_format = LOG_TEXT;
    else if (strcmp(text, "json") == 0)
        options->log_format = LOG_JSON;
    else
        return value_unexpected("text or json", text, err);
    return 0;
}

/* one more of a repeatable flag or word */
static int append(const char ***list, size_t *count, const char *text, struct error *err)
{
    const char **grown = realloc(*list, (*count + 1) * sizeof *grown);

    if (!grown)
        return error_no_memory(err);
    grown[(*count)++] = text;
    *list = grown;
    return 0;
}

static int read_state_file(const char *text, struct options *options, struct error *err)
{
    if (value_not_empty(text, "a file", err) < 0)
        return -1;
    return append(&options->state_files, &options->state_file_count, text, err);
}

/* a text that goes into the field as it is, once it was found to be in order */
static int read_text(const struct flag *flag, const char *text, const char **field, struct error *err)
{
    int ret;

    switch (flag->kind) {
    case SCHEDULER_NAME:
        ret = value_scheduler_name(text, err);
        break;
    case NAMESPACE:
        ret = value_namespace(text, err);
        break;
    case OBJECT_NAME:
        ret = value_object_name(text, err);
        break;
    case ADDRESS:
        ret = value_address(text, err);
        break;
    default:
        ret = value_not_empty(text, strcmp(flag->argument, "FILE") == 0 ? "a file" : "a name", err);
        break;
    }
    if (ret == 0)
        *field = text;
    return ret;
}

static int read_number(const struct flag *flag, const char *text, int *field, struct error *err)
{
    uint64_t value;

    if (value_number(text, (uint64_t)flag->min, (uint64_t)flag->max, &value, err) < 0)
        return -1;
    *field = (int)value;
    return 0;
}

static int read_seconds_us(const struct flag *flag, const char *text, int64_t *field, struct error *err)
{
    int64_t ms;

    if (value_seconds(text, flag->min, flag->max, &ms, err) < 0)
        return -1;
    *field = ms * 1000;
    return 0;
}

static int read_value(const struct flag *flag, const char *text, struct options *options, struct error *err)
{
    void *field = (char *)options + flag->offset;

    switch (flag->kind) {
    case HEADING:
        return 0;
    case SWITCH:
        *(bool *)field = true;
        return 0;
    case COUNTER:
        *(int *)field += 1;
        return 0;
    case SECONDS:
        return value_seconds(text, flag->min, flag->max, field, err);
    case SECONDS_US:
        return read_seconds_us(flag, text, field, err);
    case NUMBER:
        return read_number(flag, text, field, err);
    case SEED:
        return value_number(text, 0, UINT64_MAX, field, err);
    case POLICY:
        return read_policy(text, options, err);
    case NO_FILTER:
        return read_no_filter(text, options, err);
    case NODE_LABEL:
        return read_node_label(text, options, err);
    case LOG_FORMAT:
        return read_log_format(text, options, err);
    case STATE_FILE:
        return read_state_file(text, options, err);
    default:
        return read_text(flag, text, field, err);
    }
}

/* ends every usage error */
static int point_to_help(struct error *err)
{
    size_t used = strlen(err->text);

    if (err->kind == ERROR_USAGE)
        snprintf(err->text + used, sizeof err->text - used, " (see --help)");
    return -1;
}

static int set_defaults(struct options *options, struct error *err)
{
    size_t i;

    memset(options, 0, sizeof *options);
    filter_config_init(&options->policy.filters);
    for (i = 0; i < flag_count; i++)
        if (flag_table[i].initial && read_value(&flag_table[i], flag_table[i].initial, options, err) < 0)
            return error_prefix(err, "default of --%s", flag_table[i].name);
    return 0;
}

/* What was wrong with a long option that getopt_long refused: it says only that something was. */
static int explain_long(const char *program, const char *word, struct error *err)
{
    size_t bytes = strcspn(word, "=");
    const struct flag *match = NULL;
    char candidates[256] = "";
    int matches = 0;
    size_t i;

    for (i = 0; i < flag_count; i++) {
        if (!flag_belongs(&flag_table[i], program) || strncmp(flag_table[i].name, word + 2, bytes - 2) != 0)
            continue;
        match = &flag_table[i];
        snprintf(candidates + strlen(candidates), sizeof candidates - strlen(candidates), "%s --%s", matches ? "," : "", match->name);
        matches++;
        if (strlen(match->name) == bytes - 2) {
            matches = 1;
            break;
        }
    }
    if (!matches)
        return error_set(err, ERROR_USAGE, "unknown option %.*s", bytes > 60 ? 60 : (int)bytes, word);
    if (matches > 1)
        return error_set(err, ERROR_USAGE, "%.*s is ambiguous:%s", (int)bytes, word, candidates);
    if (match->argument)
        return error_set(err, ERROR_USAGE, "--%s: expected %s, got nothing", match->name, match->argument);
    return error_set(err, ERROR_USAGE, "--%s takes no value", match->name);
}

static int explain(const char *program, char **argv, struct error *err)
{
    if (optopt > 0 && optopt < FIRST_LONG)
        return error_set(err, ERROR_USAGE, "unknown option -%c", optopt > 0x20 && optopt < 0x7f ? optopt : '?');
    return explain_long(program, argv[optind - 1], err);
}

/* Makes getopt_long start over: a program may parse more than one command line (tests do). */
static void restart_getopt(void)
{
#if defined(__APPLE__) || defined(__FreeBSD__) || defined(__NetBSD__) || defined(__OpenBSD__)
    optreset = 1;
    optind = 1;
#else
    optind = 0;
#endif
    opterr = 0;
}

/* what getopt_long is to know of: the long names, and the letters behind "+:" */
static void fill_flags(const char *program, struct option *longs, char *letters)
{
    size_t i, n = 0;

    for (i = 0; i < flag_count && n < FLAGS_MAX - 1; i++) {
        if (!flag_belongs(&flag_table[i], program))
            continue;
        longs[n++] =
            (struct option){flag_table[i].name, flag_table[i].argument ? required_argument : no_argument, NULL, FIRST_LONG + (int)i};
        if (flag_table[i].letter)
            *letters++ = flag_table[i].letter;
    }
    longs[n] = (struct option){NULL, 0, NULL, 0};
    *letters = '\0';
}

static const struct flag *flag_of_code(int code)
{
    size_t i;

    if (code >= FIRST_LONG)
        return &flag_table[code - FIRST_LONG];
    for (i = 0; i < flag_count; i++)
        if (flag_table[i].letter == code)
            return &flag_table[i];
    return NULL;
}

/* a word that is no flag: the name of a pod, for explain */
static int read_word(const char *program, const char *word, struct options *options, struct error *err)
{
    if (strcmp(program, "explain") != 0)
        return value_unexpected("options only", word, err);
    if (value_pod(word, err) < 0)
        return -1;
    return append(&options->pods, &options->pod_count, word, err);
}

/*
 * getopt_long has stopped at a word, since POSIX' stops at the first: flags may follow it. With a "--" in front that the call took, all that is left is
 * words, and *ended is set: glibc must not be called again then.
 */
static int read_words(const char *program, int from, int argc, char **argv, struct options *options, bool *ended, struct error *err)
{
    *ended = optind == from + 1 && strcmp(argv[from], "--") == 0;
    do {
        if (read_word(program, argv[optind], options, err) < 0)
            return -1;
        optind++;
    } while (*ended && optind < argc);
    return 0;
}

static int read_command_line(const char *program, int argc, char **argv, struct options *options, struct error *err)
{
    struct option longs[FLAGS_MAX];
    char letters[FLAGS_MAX + 3] = "+:";
    bool ended = false;
    int code, from;

    fill_flags(program, longs, letters + 2);
    restart_getopt();
    while (!ended) {
        const struct flag *flag;

        from = optind ? optind : 1;
        code = getopt_long(argc, argv, letters, longs, NULL);
        if (code == -1 && optind >= argc)
            return 0;
        if (code == -1) {
            if (read_words(program, from, argc, argv, options, &ended, err) < 0)
                return -1;
            continue;
        }
        flag = flag_of_code(code);
        if (code == '?' || code == ':' || !flag)
            return explain(program, argv, err);
        if (read_value(flag, optarg, options, err) < 0)
            return error_prefix(err, "--%s", flag->name);
        if (options->help || options->version)
            return 0;
    }
    return 0;
}

/* what is right flag by flag, but not together: the state of a cluster comes from files or from the cluster */
static int check_together(const struct options *options, struct error *err)
{
    if (options->preemption && options->policy.policy->plans)
        return error_set(err, ERROR_USAGE, "--preemption: expected without --policy %s, which preempts anyway",
                         options->policy.policy->name);
    if (!options->state_file_count || (!options->kubeconfig && !options->context))
        return 0;
    return error_set(err, ERROR_USAGE, "--state: expected without --%s, which asks a cluster",
                     options->kubeconfig ? "kubeconfig" : "context");
}

int options_parse(const char *program, int argc, char **argv, struct options *options, struct error *err)
{
    struct options parsed;

    if (set_defaults(&parsed, err) < 0 || read_command_line(program, argc, argv, &parsed, err) < 0 ||
        (!parsed.help && !parsed.version && check_together(&parsed, err) < 0)) {
        options_free(&parsed);
        return point_to_help(err);
    }
    parsed.policy.seed = parsed.seed;
    parsed.policy.preempts = parsed.preemption ? parsed.scheduler_name : NULL;
    *options = parsed;
    return 0;
}

void options_free(struct options *options)
{
    size_t i;

    for (i = 0; i < options->policy.filters.required_label_count; i++)
        free((char *)options->required_labels[i].key);
    free(options->required_labels);
    free(options->state_files);
    free(options->pods);
    memset(options, 0, sizeof *options);
}
