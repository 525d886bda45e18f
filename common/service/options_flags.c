/* options_flags.c: the table of flags. A new flag is a row here, a field in options.h and, for a new kind of value, a reader. */
#include "common/service/options_flags.h"

#include <string.h>

#define AT(field) offsetof(struct options, field)

const struct flag flag_table[] = {
    {.kind = HEADING, .help = "What it serves"},
    {SCHEDULER_NAME, "scheduler-name", "NAME", AT(scheduler_name), .initial = "my-scheduler",
     .help = "pods with this spec.schedulerName are ours", .programs = ALL},
    {STATE_FILE, "state", "FILE", .help = "a `kubectl get nodes,pods -A -o json`; -: stdin; repeatable", .programs = EXPLAIN},
    {NAMESPACE, "namespace", "NS", AT(namespace_), .help = "only pods of this namespace; default all"},
    {TEXT, "kubeconfig", "FILE", AT(kubeconfig), .help = "default $KUBECONFIG, then in-cluster, then ~/.kube/config", .programs = ALL},
    {TEXT, "context", "NAME", AT(context), .help = "context of the kubeconfig; default its current-context", .programs = ALL},

    {.kind = HEADING, .help = "How it chooses"},
    {POLICY, "policy", "NAME", AT(policy.policy), .initial = "least-loaded", .help = "how nodes are ranked, see below", .programs = ALL},
    {NO_FILTER, "no-filter", "NAME", .help = "switch a filter off, see below; repeatable", .programs = ALL},
    {NODE_LABEL, "require-node-label", "KEY[=VALUE]", .help = "only nodes with this label; repeatable", .programs = ALL},
    {SWITCH, "preemption", NULL, AT(preemption), .help = "evict pods of ours for one of higher priority", .programs = ALL},
    {SEED, "seed", "N", AT(seed), .initial = "0", .help = "for what is random; 0: from the clock", .programs = ALL},

    {.kind = HEADING, .help = "How it works"},
    {SECONDS, "interval", "SECONDS", AT(interval_ms), .min = 10, .max = 86400000, .initial = "2.0", .help = "pause after each poll",
     .programs = POLLING},
    {NUMBER, "max-inflight", "N", AT(max_inflight), .min = 1, .max = 1000, .initial = "32", .help = "binds under way at a time"},
    {NUMBER, "max-bind-attempts", "N", AT(max_bind_attempts), .min = 1, .max = 100, .initial = "3",
     .help = "tries per pod before it goes back to the queue"},
    {SECONDS, "bind-backoff", "SECONDS", AT(bind_backoff_ms), .min = 1, .max = 3600000, .initial = "0.5",
     .help = "pause after the first failed bind, doubling"},
    {NUMBER, "simulate-bind-errors", "N", AT(simulate_bind_errors), .min = 0, .max = 1000, .initial = "0",
     .help = "fail the first N tries of each pod, unsent"},
    {SECONDS_US, "gang-settle", "SECONDS", AT(gang_settle_us), .min = 0, .max = 3600000, .initial = "1.0",
     .help = "no member for so long: the gang is complete"},
    {SECONDS_US, "reinit-delay", "SECONDS", AT(reinit_delay_us), .min = 0, .max = 3600000, .initial = "10",
     .help = "one-per-node: pause before listing anew after a failure"},
    {SECONDS_US, "reinit-cooldown", "SECONDS", AT(reinit_cooldown_us), .min = 0, .max = 86400000, .initial = "30",
     .help = "one-per-node: list anew at most once in this time"},
    {SWITCH, "leader-elect", NULL, AT(leader_elect), .help = "of several replicas one works, by a Lease"},
    {NAMESPACE, "leader-elect-resource-namespace", "NS", AT(lease_namespace), .initial = "kube-system", .help = "of the Lease"},
    {OBJECT_NAME, "leader-elect-resource-name", "NAME", AT(lease_name), .help = "of the Lease; default the scheduler's"},
    {SWITCH, "once", NULL, AT(once), .help = "serve what is pending now, then exit"},
    {SWITCH, "dry-run", NULL, AT(dry_run), .help = "choose and print, send no bind"},

    {.kind = HEADING, .help = "What it shows"},
    {SWITCH, "print-pods", NULL, AT(print_pods), .help = "one line for each pod seen"},
    {LOG_FORMAT, "log-format", "FORMAT", AT(log_format), .initial = "text", .help = "text or json"},
    {LOG_FORMAT, "format", "FORMAT", AT(log_format), .initial = "text", .help = "text or json", .programs = EXPLAIN},
    {COUNTER, "verbose", NULL, AT(verbose), .help = "more lines; repeatable", .letter = 'v'},
    {NUMBER, "metrics-port", "PORT", AT(metrics_port), .min = 0, .max = 65535, .initial = "0",
     .help = "serve /metrics /livez /readyz /healthz; 0: off"},
    {ADDRESS, "metrics-address", "IP", AT(metrics_address), .initial = "127.0.0.1", .help = "where --metrics-port listens"},
    {TEXT, "trace-file", "FILE", AT(trace_file), .help = "when each pod was seen and its bind sent, for who measures"},
    {SWITCH, "version", NULL, AT(version), .help = "print the version and exit", .programs = ALL},
    {SWITCH, "help", NULL, AT(help), .help = "print this and exit", .letter = 'h', .programs = ALL},
};

const size_t flag_count = sizeof flag_table / sizeof flag_table[0];

bool flag_belongs(const struct flag *flag, const char *program)
{
    if (flag->kind == HEADING)
        return false;
    switch (flag->programs) {
    case POLLING:
        return strcmp(program, "polling") == 0;
    case EXPLAIN:
        return strcmp(program, "explain") == 0;
    case SCHEDULERS:
        return strcmp(program, "explain") != 0;
    default:
        return true;
    }
}

bool flag_can_switch_off(int filter)
{
    const char *name = filter_name((enum filter_id)filter);

    return name && filter_by_name(name) == filter;
}
