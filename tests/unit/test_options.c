/* test_options.c: command lines and what becomes of them: the field they set, or the one line they are refused with. */
#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/service/options.h"

#define WORDS_MAX 12
#define TEXT_MAX 16384

/* Parses "program word word …". The words are cut at spaces; '_' stands for the empty word. */
static int parse(const char *program, const char *line, struct options *options, struct error *err, char *storage)
{
    char *argv[WORDS_MAX + 2], *word;
    int argc = 1;

    argv[0] = (char *)program;
    strcpy(storage, line);
    for (word = storage; *word;) {
        argv[argc++] = word;
        ck_assert_int_le(argc, WORDS_MAX);
        word += strcspn(word, " ");
        if (*word)
            *word++ = '\0';
        if (strcmp(argv[argc - 1], "_") == 0)
            argv[argc - 1][0] = '\0';
    }
    argv[argc] = NULL;
    return options_parse(program, argc, argv, options, err);
}

static struct options parse_good(const char *program, const char *line, char *storage)
{
    struct error err = ERROR_INIT;
    struct options options;

    ck_assert_msg(parse(program, line, &options, &err, storage) == 0, "'%s' was refused: %s", line, err.text);
    ck_assert_int_eq(err.kind, ERROR_NONE);
    return options;
}

START_TEST(test_defaults)
{
    char storage[TEXT_MAX];
    struct options o = parse_good("polling", "", storage);
    int i;

    ck_assert_str_eq(o.scheduler_name, "my-scheduler");
    ck_assert_ptr_null(o.kubeconfig);
    ck_assert_ptr_null(o.context);
    ck_assert_ptr_null(o.namespace_);
    ck_assert_int_eq(o.interval_ms, 2000);
    ck_assert_ptr_eq(o.policy.policy, policy_by_name("least-loaded"));
    for (i = 0; i < FILTER_COUNT; i++)
        ck_assert_int_eq(o.policy.filters.enabled[i], i != FILTER_ONE_PER_NODE);
    ck_assert_uint_eq(o.policy.filters.required_label_count, 0);
    ck_assert(!o.preemption);
    ck_assert_int_eq(o.gang_settle_us, 1000000);
    ck_assert_int_eq(o.reinit_delay_us, 10000000);
    ck_assert_int_eq(o.reinit_cooldown_us, 30000000);
    ck_assert_int_eq(o.simulate_bind_errors, 0);
    ck_assert_int_eq(o.max_bind_attempts, 3);
    ck_assert_int_eq(o.bind_backoff_ms, 500);
    ck_assert_int_eq(o.max_inflight, 32);
    ck_assert(!o.print_pods && !o.once && !o.dry_run && !o.help && !o.version);
    ck_assert_str_eq(o.lease_namespace, "kube-system");
    ck_assert_ptr_null(o.lease_name);
    ck_assert_int_eq(o.metrics_port, 0);
    ck_assert_str_eq(o.metrics_address, "127.0.0.1");
    ck_assert_uint_eq(o.seed, 0);
    ck_assert_int_eq(o.log_format, LOG_TEXT);
    ck_assert_int_eq(o.verbose, 0);
    options_free(&o);
}
END_TEST

/* A flag that sets one field, given as a number or a text. */
static const struct {
    const char *line, *text;
    size_t offset;
    enum { INT, INT64, UINT64, BOOL, STRING } type;
    uint64_t number;
} settings[] = {
    {"--scheduler-name other", "other", offsetof(struct options, scheduler_name), STRING, 0},
    {"--scheduler-name=example.com/My_sched.2", "example.com/My_sched.2", offsetof(struct options, scheduler_name), STRING, 0},
    {"--scheduler-name a --scheduler-name b", "b", offsetof(struct options, scheduler_name), STRING, 0},
    {"--kubeconfig /a/b", "/a/b", offsetof(struct options, kubeconfig), STRING, 0},
    {"--context kind-kind", "kind-kind", offsetof(struct options, context), STRING, 0},
    {"--context=user@a=b", "user@a=b", offsetof(struct options, context), STRING, 0},
    {"--namespace kube-system", "kube-system", offsetof(struct options, namespace_), STRING, 0},
    {"--interval 0.25", NULL, offsetof(struct options, interval_ms), INT64, 250},
    {"--interval 2", NULL, offsetof(struct options, interval_ms), INT64, 2000},
    {"--interval 3.", NULL, offsetof(struct options, interval_ms), INT64, 3000},
    {"--interval .5", NULL, offsetof(struct options, interval_ms), INT64, 500},
    {"--interval 0.01", NULL, offsetof(struct options, interval_ms), INT64, 10},
    {"--interval 86400", NULL, offsetof(struct options, interval_ms), INT64, 86400000},
    {"--interval 1.2345678901234567890123456789", NULL, offsetof(struct options, interval_ms), INT64, 1234},
    {"--int 1", NULL, offsetof(struct options, interval_ms), INT64, 1000},
    {"--bind-backoff 0.001", NULL, offsetof(struct options, bind_backoff_ms), INT64, 1},
    {"--bind-backoff 3600", NULL, offsetof(struct options, bind_backoff_ms), INT64, 3600000},
    {"--simulate-bind-errors 2", NULL, offsetof(struct options, simulate_bind_errors), INT, 2},
    {"--max-bind-attempts 100", NULL, offsetof(struct options, max_bind_attempts), INT, 100},
    {"--max-inflight 1", NULL, offsetof(struct options, max_inflight), INT, 1},
    {"--max-inflight 0001000", NULL, offsetof(struct options, max_inflight), INT, 1000},
    {"--metrics-port 65535", NULL, offsetof(struct options, metrics_port), INT, 65535},
    {"--metrics-address 0.0.0.0", "0.0.0.0", offsetof(struct options, metrics_address), STRING, 0},
    {"--metrics-address ::1", "::1", offsetof(struct options, metrics_address), STRING, 0},
    {"--seed 18446744073709551615", NULL, offsetof(struct options, seed), UINT64, UINT64_MAX},
    {"--preemption", NULL, offsetof(struct options, preemption), BOOL, 1},
    {"--preemption --policy one-per-node --policy spread", NULL, offsetof(struct options, preemption), BOOL, 1},
    {"--preemption --policy one-per-node --help", NULL, offsetof(struct options, preemption), BOOL, 1},
    {"--gang-settle 0", NULL, offsetof(struct options, gang_settle_us), INT64, 0},
    {"--gang-settle 0.25", NULL, offsetof(struct options, gang_settle_us), INT64, 250000},
    {"--gang-settle 3600", NULL, offsetof(struct options, gang_settle_us), INT64, 3600000000},
    {"--reinit-delay 0", NULL, offsetof(struct options, reinit_delay_us), INT64, 0},
    {"--reinit-delay 2.5", NULL, offsetof(struct options, reinit_delay_us), INT64, 2500000},
    {"--reinit-cooldown 86400", NULL, offsetof(struct options, reinit_cooldown_us), INT64, 86400000000},
    {"--trace-file /a/b", "/a/b", offsetof(struct options, trace_file), STRING, 0},
    {"--print-pods", NULL, offsetof(struct options, print_pods), BOOL, 1},
    {"--once", NULL, offsetof(struct options, once), BOOL, 1},
    {"--leader-elect", NULL, offsetof(struct options, leader_elect), BOOL, 1},
    {"--leader-elect-resource-namespace lab", "lab", offsetof(struct options, lease_namespace), STRING, 0},
    {"--leader-elect-resource-name my.lock", "my.lock", offsetof(struct options, lease_name), STRING, 0},
    {"--dry-run", NULL, offsetof(struct options, dry_run), BOOL, 1},
    {"--log-format json", NULL, offsetof(struct options, log_format), INT, LOG_JSON},
    {"--log-format json --log-format text", NULL, offsetof(struct options, log_format), INT, LOG_TEXT},
    {"-v", NULL, offsetof(struct options, verbose), INT, 1},
    {"-vv --verbose", NULL, offsetof(struct options, verbose), INT, 3},
    {"--help", NULL, offsetof(struct options, help), BOOL, 1},
    {"-h", NULL, offsetof(struct options, help), BOOL, 1},
    {"--version", NULL, offsetof(struct options, version), BOOL, 1},
    {"--help --interval nonsense", NULL, offsetof(struct options, help), BOOL, 1},
    {"--version left over", NULL, offsetof(struct options, version), BOOL, 1},
    {"--once --", NULL, offsetof(struct options, once), BOOL, 1},
};

START_TEST(test_sets_the_field)
{
    char storage[TEXT_MAX];
    struct options o = parse_good("polling", settings[_i].line, storage);
    const void *field = (const char *)&o + settings[_i].offset;

    switch (settings[_i].type) {
    case INT:
        ck_assert_int_eq(*(const int *)field, (int)settings[_i].number);
        break;
    case INT64:
        ck_assert_int_eq(*(const int64_t *)field, (int64_t)settings[_i].number);
        break;
    case UINT64:
        ck_assert_uint_eq(*(const uint64_t *)field, settings[_i].number);
        break;
    case BOOL:
        ck_assert_int_eq(*(const bool *)field, settings[_i].number);
        break;
    case STRING:
        ck_assert_str_eq(*(const char *const *)field, settings[_i].text);
        break;
    }
    options_free(&o);
}
END_TEST

START_TEST(test_filters)
{
    static const char *const names[] = {"ready",     "unschedulable", "node-name",       "node-selector", "taints",
                                        "resources", "host-ports",    "topology-spread", "pod-affinity"};
    char storage[TEXT_MAX];
    struct options o = parse_good("watch", "--no-filter taints --no-filter=ready", storage);
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        int id = filter_by_name(names[i]);

        ck_assert_int_ge(id, 0);
        ck_assert_int_eq(o.policy.filters.enabled[id], strcmp(names[i], "taints") != 0 && strcmp(names[i], "ready") != 0);
    }
    ck_assert(o.policy.filters.enabled[FILTER_REQUIRED_LABEL]);
    options_free(&o);
}
END_TEST

START_TEST(test_policies)
{
    static const char *const names[] = {"least-loaded", "spread", "bin-pack", "random", "one-per-node"};
    char storage[TEXT_MAX], line[64];
    struct options o;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(line, sizeof line, "--policy fixed=n9 --policy %s --seed 7", names[i]);
        o = parse_good("watch", line, storage);
        ck_assert_str_eq(o.policy.policy->name, names[i]);
        ck_assert_ptr_null(o.policy.filters.fixed_node); /* the last --policy counts */
        ck_assert_uint_eq(o.policy.seed, 7);
        options_free(&o);
    }
    o = parse_good("polling", "--policy=fixed=sched-lab-worker.local", storage);
    ck_assert_str_eq(o.policy.policy->name, "fixed");
    ck_assert_str_eq(o.policy.filters.fixed_node, "sched-lab-worker.local");
    options_free(&o);
}
END_TEST

START_TEST(test_preemption_is_among_our_own)
{
    char storage[TEXT_MAX];
    struct options o = parse_good("watch", "--preemption --scheduler-name other", storage);

    ck_assert_str_eq(o.policy.preempts, "other");
    options_free(&o);
    o = parse_good("watch", "", storage);
    ck_assert_ptr_null(o.policy.preempts);
    options_free(&o);
}
END_TEST

START_TEST(test_required_labels)
{
    char storage[TEXT_MAX];
    struct options o =
        parse_good("watch", "--require-node-label env=prod --require-node-label example.com/gpu --require-node-label empty=", storage);
    const struct filter_config *filters = &o.policy.filters;

    ck_assert_uint_eq(filters->required_label_count, 3);
    ck_assert_ptr_eq(filters->required_labels, o.required_labels);
    ck_assert_str_eq(filters->required_labels[0].key, "env");
    ck_assert_str_eq(filters->required_labels[0].value, "prod");
    ck_assert_str_eq(filters->required_labels[1].key, "example.com/gpu");
    ck_assert_ptr_null(filters->required_labels[1].value);
    ck_assert_str_eq(filters->required_labels[2].key, "empty");
    ck_assert_str_eq(filters->required_labels[2].value, "");
    options_free(&o);
    ck_assert_ptr_null(o.required_labels);
}
END_TEST

#define POLICIES "least-loaded, spread, bin-pack, random, fixed=NODE, one-per-node"
#define PREEMPTION_RULE "--preemption: expected without --policy one-per-node, which preempts anyway"
#define SEE " (see --help)"
#define SIXTY "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NAME_RULE "expected a scheduler name (at most 63 letters, digits, '-', '_' or '.'), got "
#define POD_RULE "expected a pod as NAMESPACE/POD, got "
#define NAMESPACE_RULE "expected a namespace (at most 63 lower-case letters, digits or '-'), got "
#define LABEL_RULE "expected a node label as KEY or KEY=VALUE, got "
#define INTERVAL_RULE "--interval: expected seconds between 0.01 and 86400, got "

static const struct {
    const char *program, *line, *message;
} refused[] = {
    {"polling", "--interval abc", INTERVAL_RULE "'abc'" SEE},
    {"polling", "--interval _", INTERVAL_RULE "''" SEE},
    {"polling", "--interval .", INTERVAL_RULE "'.'" SEE},
    {"polling", "--interval -1", INTERVAL_RULE "'-1'" SEE},
    {"polling", "--interval +1", INTERVAL_RULE "'+1'" SEE},
    {"polling", "--interval 1e3", INTERVAL_RULE "'1e3'" SEE},
    {"polling", "--interval inf", INTERVAL_RULE "'inf'" SEE},
    {"polling", "--interval 1,5", INTERVAL_RULE "'1,5'" SEE},
    {"polling", "--interval 2s", INTERVAL_RULE "'2s'" SEE},
    {"polling", "--interval 0.00999", INTERVAL_RULE "'0.00999'" SEE},
    {"polling", "--interval 86400.001", INTERVAL_RULE "'86400.001'" SEE},
    {"polling", "--interval 18446744073709551617", INTERVAL_RULE "'18446744073709551617'" SEE},
    {"watch", "--interval 1", "unknown option --interval" SEE},
    {"watch", "--bind-backoff 0", "--bind-backoff: expected seconds between 0.001 and 3600, got '0'" SEE},
    {"watch", "--max-inflight 0", "--max-inflight: expected a whole number between 1 and 1000, got '0'" SEE},
    {"watch", "--max-inflight 1001", "--max-inflight: expected a whole number between 1 and 1000, got '1001'" SEE},
    {"watch", "--max-inflight 1.5", "--max-inflight: expected a whole number between 1 and 1000, got '1.5'" SEE},
    {"watch", "--max-inflight 0x10", "--max-inflight: expected a whole number between 1 and 1000, got '0x10'" SEE},
    {"watch", "--max-bind-attempts 101", "--max-bind-attempts: expected a whole number between 1 and 100, got '101'" SEE},
    {"watch", "--simulate-bind-errors -1", "--simulate-bind-errors: expected a whole number between 0 and 1000, got '-1'" SEE},
    {"watch", "--metrics-port 65536", "--metrics-port: expected a whole number between 0 and 65535, got '65536'" SEE},
    {"watch", "--metrics-address localhost", "--metrics-address: expected an IP address, got 'localhost'" SEE},
    {"watch", "--seed 18446744073709551616",
     "--seed: expected a whole number between 0 and 18446744073709551615, got '18446744073709551616'" SEE},
    {"watch", "--log-format yaml", "--log-format: expected text or json, got 'yaml'" SEE},
    {"watch", "--scheduler-name _", "--scheduler-name: " NAME_RULE "''" SEE},
    {"watch", "--scheduler-name -a", "--scheduler-name: " NAME_RULE "'-a'" SEE},
    {"watch", "--scheduler-name a.", "--scheduler-name: " NAME_RULE "'a.'" SEE},
    {"watch", "--scheduler-name a,b=c", "--scheduler-name: " NAME_RULE "'a,b=c'" SEE},
    {"watch", "--scheduler-name a\nb", "--scheduler-name: " NAME_RULE "'a?b'" SEE},
    {"watch", "--scheduler-name /a", "--scheduler-name: " NAME_RULE "'/a'" SEE},
    {"watch", "--scheduler-name Upper/a", "--scheduler-name: " NAME_RULE "'Upper/a'" SEE},
    {"watch", "--scheduler-name a.-b/c", "--scheduler-name: " NAME_RULE "'a.-b/c'" SEE},
    {"watch", "--scheduler-name " SIXTY "aaaa", "--scheduler-name: " NAME_RULE "'" SIXTY "...'" SEE},
    {"watch", "--namespace Default", "--namespace: " NAMESPACE_RULE "'Default'" SEE},
    {"watch", "--namespace a.b", "--namespace: " NAMESPACE_RULE "'a.b'" SEE},
    {"watch", "--namespace _", "--namespace: " NAMESPACE_RULE "''" SEE},
    {"watch", "--leader-elect-resource-namespace A", "--leader-elect-resource-namespace: " NAMESPACE_RULE "'A'" SEE},
    {"watch", "--leader-elect-resource-name My-lock",
     "--leader-elect-resource-name: expected a name (lower-case letters, digits, '-' or '.'), got 'My-lock'" SEE},
    {"watch", "--namespace a-", "--namespace: " NAMESPACE_RULE "'a-'" SEE},
    {"watch", "--kubeconfig _", "--kubeconfig: expected a file, got ''" SEE},
    {"watch", "--context _", "--context: expected a name, got ''" SEE},
    {"watch", "--policy fastest", "--policy: expected one of " POLICIES ", got 'fastest'" SEE},
    {"watch", "--policy=", "--policy: expected one of " POLICIES ", got ''" SEE},
    {"watch", "--policy fixed", "--policy: expected one of " POLICIES ", got 'fixed'" SEE},
    {"watch", "--policy spread=x", "--policy: expected one of " POLICIES ", got 'spread=x'" SEE},
    {"watch", "--policy fix=n1", "--policy: expected one of " POLICIES ", got 'fix=n1'" SEE},
    {"watch", "--policy fixed=", "--policy: expected the name of a node, got ''" SEE},
    {"watch", "--policy fixed=Node_1", "--policy: expected the name of a node, got 'Node_1'" SEE},
    {"watch", "--policy one-per-node=2", "--policy: expected one of " POLICIES ", got 'one-per-node=2'" SEE},
    {"watch", "--preemption=yes", "--preemption takes no value" SEE},
    {"watch", "--preemption --policy one-per-node", PREEMPTION_RULE SEE},
    {"polling", "--policy=one-per-node --preemption", PREEMPTION_RULE SEE},
    {"explain", "--policy=one-per-node --preemption", PREEMPTION_RULE SEE},
    {"watch", "--gang-settle -1", "--gang-settle: expected seconds between 0 and 3600, got '-1'" SEE},
    {"watch", "--gang-settle 3600.001", "--gang-settle: expected seconds between 0 and 3600, got '3600.001'" SEE},
    {"polling", "--reinit-delay 10s", "--reinit-delay: expected seconds between 0 and 3600, got '10s'" SEE},
    {"polling", "--reinit-cooldown 86401", "--reinit-cooldown: expected seconds between 0 and 86400, got '86401'" SEE},
    {"polling", "--reinit 1", "--reinit is ambiguous: --reinit-delay, --reinit-cooldown" SEE},
    {"explain", "--gang-settle 1", "unknown option --gang-settle" SEE},
    {"explain", "--reinit-delay 1", "unknown option --reinit-delay" SEE},
    {"watch", "--policy fixed=a=b", "--policy: expected the name of a node, got 'a=b'" SEE},
    {"watch", "--no-filter taint",
     "--no-filter: expected one of unschedulable, node-name, taints, node-selector, host-ports, resources, topology-spread, pod-affinity, "
     "ready, got 'taint'" SEE},
    {"watch", "--require-node-label _", "--require-node-label: " LABEL_RULE "''" SEE},
    {"watch", "--require-node-label =x", "--require-node-label: " LABEL_RULE "'=x'" SEE},
    {"watch", "--require-node-label a=b=c", "--require-node-label: " LABEL_RULE "'a=b=c'" SEE},
    {"watch", "--require-node-label ok=1 --require-node-label a/=b", "--require-node-label: " LABEL_RULE "'a/=b'" SEE},
    {"watch", "--frobnicate", "unknown option --frobnicate" SEE},
    {"watch", "--frobnicate=3", "unknown option --frobnicate" SEE},
    {"watch", "--" SIXTY, "unknown option --aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" SEE},
    {"watch", "-x", "unknown option -x" SEE},
    {"watch", "--once -xv", "unknown option -x" SEE},
    {"watch", "-vx", "unknown option -x" SEE},
    {"watch", "--max 3", "--max is ambiguous: --max-inflight, --max-bind-attempts" SEE},
    {"polling", "--interval", "--interval: expected SECONDS, got nothing" SEE},
    {"polling", "--inter", "--interval: expected SECONDS, got nothing" SEE},
    {"watch", "--once=yes", "--once takes no value" SEE},
    {"watch", "now", "expected options only, got 'now'" SEE},
    {"watch", "now --once", "expected options only, got 'now'" SEE},
    {"watch", "now --help", "expected options only, got 'now'" SEE},
    {"watch", "now --frobnicate", "expected options only, got 'now'" SEE},
    {"watch", "--once -- -v", "expected options only, got '-v'" SEE},
    {"watch", "--once -", "expected options only, got '-'" SEE},
    {"watch", "--state x", "unknown option --state" SEE},
    {"polling", "a/b", "expected options only, got 'a/b'" SEE},
    {"explain", "--interval 2", "unknown option --interval" SEE},
    {"explain", "-v", "unknown option -v" SEE},
    {"explain", "--once", "unknown option --once" SEE},
    {"explain", "--log-format json", "unknown option --log-format" SEE},
    {"explain", "--state", "--state: expected FILE, got nothing" SEE},
    {"explain", "--state _", "--state: expected a file, got ''" SEE},
    {"explain", "--state x --kubeconfig y", "--state: expected without --kubeconfig, which asks a cluster" SEE},
    {"explain", "--context y --state x", "--state: expected without --context, which asks a cluster" SEE},
    {"explain", "--format yaml", "--format: expected text or json, got 'yaml'" SEE},
    {"explain", "pod", POD_RULE "'pod'" SEE},
    {"explain", "a/b /b", POD_RULE "'/b'" SEE},
    {"explain", "a/", POD_RULE "'a/'" SEE},
    {"explain", "a.b/c", POD_RULE "'a.b/c'" SEE},
    {"explain", "a/B", POD_RULE "'a/B'" SEE},
    {"explain", "a/b/c", POD_RULE "'a/b/c'" SEE},
    {"explain", "a/b --frobnicate", "unknown option --frobnicate" SEE},
    {"explain", "a/b -- --format", POD_RULE "'--format'" SEE},
    {"explain", "-", POD_RULE "'-'" SEE},
};

START_TEST(test_is_refused)
{
    char storage[TEXT_MAX];
    struct error err = ERROR_INIT;
    struct options options = {.max_inflight = -7};

    ck_assert_msg(parse(refused[_i].program, refused[_i].line, &options, &err, storage) < 0, "'%s' was accepted", refused[_i].line);
    ck_assert_str_eq(err.text, refused[_i].message);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_int_eq(options.max_inflight, -7);
}
END_TEST

/* explain's words: between, before and behind flags; a flag behind them counts, behind "--" nothing is one */
static const struct {
    const char *line, *pods, *states;
    enum log_format format;
} words[] = {
    {"", "", "", LOG_TEXT},
    {"a/b", "a/b ", "", LOG_TEXT},
    {"a/b --format json c/d.e", "a/b c/d.e ", "", LOG_JSON},
    {"--state x a/b c/d --state=y e/f", "a/b c/d e/f ", "x y ", LOG_TEXT},
    {"--state - -- a/b c/d", "a/b c/d ", "- ", LOG_TEXT},
    {"a/b -- c/d e/f", "a/b c/d e/f ", "", LOG_TEXT},
    {"--format json --", "", "", LOG_JSON},
    {"--state -- a/b --format json", "a/b ", "-- ", LOG_JSON},
    {"a/b a/b", "a/b a/b ", "", LOG_TEXT},
};

static void join(const char *const *list, size_t count, char *out)
{
    *out = '\0';
    for (size_t i = 0; i < count; i++)
        sprintf(out + strlen(out), "%s ", list[i]);
}

START_TEST(test_words)
{
    char storage[TEXT_MAX], joined[TEXT_MAX];
    struct options o = parse_good("explain", words[_i].line, storage);

    join(o.pods, o.pod_count, joined);
    ck_assert_str_eq(joined, words[_i].pods);
    join(o.state_files, o.state_file_count, joined);
    ck_assert_str_eq(joined, words[_i].states);
    ck_assert_int_eq(o.log_format, words[_i].format);
    options_free(&o);
}
END_TEST

/* what `print` writes to stdout */
static void capture(void (*print)(const char *), const char *program, char *out)
{
    FILE *file = tmpfile();
    int saved = dup(STDOUT_FILENO);
    size_t bytes;

    ck_assert_ptr_nonnull(file);
    fflush(stdout);
    dup2(fileno(file), STDOUT_FILENO);
    print(program);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    rewind(file);
    bytes = fread(out, 1, TEXT_MAX - 1, file);
    out[bytes] = '\0';
    fclose(file);
}

static void read_golden(const char *path, char *out)
{
    FILE *file = fopen(path, "r");
    size_t bytes;

    ck_assert_msg(file != NULL, "%s is missing (tests run from the top of the tree)", path);
    bytes = fread(out, 1, TEXT_MAX - 1, file);
    out[bytes] = '\0';
    fclose(file);
}

/* Compares line by line: a whole page in one message is more than Check takes. */
static void same_lines(const char *got, const char *expected)
{
    while (*got && *expected) {
        int got_bytes = (int)strcspn(got, "\n"), expected_bytes = (int)strcspn(expected, "\n");

        ck_assert_msg(got_bytes == expected_bytes && memcmp(got, expected, (size_t)got_bytes) == 0, "got      '%.*s'\nexpected '%.*s'",
                      got_bytes, got, expected_bytes, expected);
        got += got_bytes + (got[got_bytes] != '\0');
        expected += expected_bytes + (expected[expected_bytes] != '\0');
    }
    ck_assert_msg(!*got && !*expected, "one ends early; the other goes on with '%.200s'", *got ? got : expected);
}

static const struct {
    const char *program, *golden;
} helps[] = {{"polling", "tests/unit/golden/polling-help.txt"},
             {"watch", "tests/unit/golden/watch-help.txt"},
             {"explain", "tests/unit/golden/explain-help.txt"}};

START_TEST(test_help)
{
    char got[TEXT_MAX], expected[TEXT_MAX], *line, *end;

    capture(options_print_help, helps[_i].program, got);
    read_golden(helps[_i].golden, expected);
    same_lines(got, expected);
    for (line = got; (end = strchr(line, '\n')); line = end + 1)
        ck_assert_msg(end - line <= 100, "wider than 100: %.*s", (int)(end - line), line);
}
END_TEST

START_TEST(test_version)
{
    char got[TEXT_MAX];

    capture(options_print_version, "watch", got);
    ck_assert_str_eq(got, "watch " LAB_VERSION "\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("options");
    TCase *good = tcase_create("accepted"), *bad = tcase_create("refused"), *shown = tcase_create("shown");
    SRunner *runner;
    int failed;

    tcase_add_test(good, test_defaults);
    tcase_add_loop_test(good, test_sets_the_field, 0, sizeof settings / sizeof settings[0]);
    tcase_add_test(good, test_filters);
    tcase_add_test(good, test_policies);
    tcase_add_test(good, test_preemption_is_among_our_own);
    tcase_add_test(good, test_required_labels);
    tcase_add_loop_test(good, test_words, 0, sizeof words / sizeof words[0]);
    tcase_add_loop_test(bad, test_is_refused, 0, sizeof refused / sizeof refused[0]);
    tcase_add_loop_test(shown, test_help, 0, sizeof helps / sizeof helps[0]);
    tcase_add_test(shown, test_version);
    suite_add_tcase(suite, good);
    suite_add_tcase(suite, bad);
    suite_add_tcase(suite, shown);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
