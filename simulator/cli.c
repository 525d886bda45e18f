/*
 * cli.c: see cli.h.
 */
#include "simulator/cli.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum option_code {
    NODES = 256,
    PORT,
    ADDRESS,
    WRITE_KUBECONFIG,
    CLUSTER_NAME,
    SEED,
    FAULTS,
    TLS,
    TLS_CERT,
    TLS_KEY,
    TOKEN,
    TOKEN_FILE,
    NO_KUBELET,
    KUBELET_START_MS,
    KUBELET_STOP_MS,
    NO_DEFAULT_SCHEDULER,
    NO_CONTROLLERS,
    RBAC,
    NO_SYSTEM_PODS,
    HISTORY,
    BOOKMARK_MS,
    STATE,
    PARENT_WATCH,
    HELP,
    VERSION
};

static const struct option options[] = {
    {"nodes", required_argument, NULL, NODES},
    {"port", required_argument, NULL, PORT},
    {"address", required_argument, NULL, ADDRESS},
    {"write-kubeconfig", required_argument, NULL, WRITE_KUBECONFIG},
    {"cluster-name", required_argument, NULL, CLUSTER_NAME},
    {"seed", required_argument, NULL, SEED},
    {"faults", required_argument, NULL, FAULTS},
    {"tls", no_argument, NULL, TLS},
    {"tls-cert", required_argument, NULL, TLS_CERT},
    {"tls-key", required_argument, NULL, TLS_KEY},
    {"token", required_argument, NULL, TOKEN},
    {"token-file", required_argument, NULL, TOKEN_FILE},
    {"no-kubelet", no_argument, NULL, NO_KUBELET},
    {"kubelet-start-ms", required_argument, NULL, KUBELET_START_MS},
    {"kubelet-stop-ms", required_argument, NULL, KUBELET_STOP_MS},
    {"no-default-scheduler", no_argument, NULL, NO_DEFAULT_SCHEDULER},
    {"no-controllers", no_argument, NULL, NO_CONTROLLERS},
    {"rbac", no_argument, NULL, RBAC},
    {"no-system-pods", no_argument, NULL, NO_SYSTEM_PODS},
    {"history", required_argument, NULL, HISTORY},
    {"bookmark-ms", required_argument, NULL, BOOKMARK_MS},
    {"state", required_argument, NULL, STATE},
    {"parent-pid-watch", no_argument, NULL, PARENT_WATCH},
    {"help", no_argument, NULL, HELP},
    {"version", no_argument, NULL, VERSION},
    {NULL, 0, NULL, 0},
};

void cli_print_help(void)
{
    fputs("usage: simulator [options]\n"
          "A Kubernetes API server (v1.34) in one process: namespaces, nodes, pods, bindings, events, leases, Deployments. Nothing runs in "
          "its pods.\n"
          "\n"
          "  --nodes N               nodes to begin with: a control plane and workers (default 4)\n"
          "  --cluster-name NAME     their names begin with it (default sched-lab)\n"
          "  --address ADDRESS       where to listen (default 127.0.0.1)\n"
          "  --port PORT             0: any free one (default 0)\n"
          "  --write-kubeconfig FILE written once it listens\n"
          "  --seed N                UIDs and names come from it (default 1)\n"
          "  --faults FILE           a fault plan, see simulator/faults.md\n"
          "  --tls                   HTTPS with a certificate made for the run\n"
          "  --tls-cert F --tls-key F  HTTPS with this certificate and key (PEM)\n"
          "  --token TOKEN=USER[,GROUP...]  ask for bearer tokens; may be given often\n"
          "  --token-file FILE       tokens as kube-apiserver reads them (token,user,uid,\"groups\"); SIGHUP reads it again\n"
          "  --rbac                  roles and bindings decide what users may do, but for the group system:masters. Without tokens\n"
          "                          the kubeconfig has one of an administrator, which kubectl sends with --tls only.\n"
          "                          `kubectl create token` gives those of service accounts\n"
          "  --kubelet-start-ms N    a bound pod is Running so long after (default 200)\n"
          "  --kubelet-stop-ms N     a deleted one is gone so long after, or after its grace period (default 50)\n"
          "  --no-kubelet            bound pods stay Pending\n"
          "  --no-default-scheduler  nobody serves pods of default-scheduler\n"
          "  --no-controllers        nobody makes the pods of Deployments, or collects what belonged to what is gone\n"
          "  --no-system-pods        nothing in kube-system\n"
          "  --history N             events kept for watches; older resourceVersions get 410 (default 100000)\n"
          "  --bookmark-ms N         time between bookmarks (default 60000)\n"
          "  --state FILE            begin with the objects saved there, save them at the end and at SIGUSR1\n"
          "  --parent-pid-watch      end when the process that started it has ended\n"
          "  --help, --version\n"
          "\n"
          "Beside the API: GET /metrics, GET /simulator/requests, POST /simulator/faults, /simulator/compact, /simulator/close-watches, "
          "/simulator/outage.\n",
          stdout);
}

static int number(const char *flag, const char *text, int64_t min, int64_t max, int64_t *value, struct error *err)
{
    char *end;
    long long parsed;

    errno = 0;
    parsed = strtoll(text, &end, 10);
    if (errno || end == text || *end || parsed < min || parsed > max)
        return error_set(err, ERROR_USAGE, "--%s: expected a number from %lld to %lld, got \"%s\"", flag, (long long)min, (long long)max,
                         text);
    *value = parsed;
    return 0;
}

static const char *flag_of(int code)
{
    for (const struct option *o = options; o->name; o++)
        if (o->val == code)
            return o->name;
    return "";
}

static int take_number(int code, const char *text, struct cli *cli, struct error *err)
{
    static const struct {
        int code;
        int64_t min, max;
    } ranges[] = {{NODES, 0, 20000},
                  {PORT, 0, 65535},
                  {SEED, 0, INT64_MAX},
                  {KUBELET_START_MS, 0, 86400000},
                  {KUBELET_STOP_MS, 1, 86400000},
                  {HISTORY, 1, 100000000},
                  {BOOKMARK_MS, 1, 86400000}};
    int64_t value = 0;

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (ranges[i].code == code && number(flag_of(code), text, ranges[i].min, ranges[i].max, &value, err) < 0)
            return -1;
    switch (code) {
    case NODES:
        cli->sim.nodes = (int)value;
        break;
    case PORT:
        cli->port = (int)value;
        break;
    case SEED:
        cli->sim.seed = (uint64_t)value;
        break;
    case KUBELET_START_MS:
        cli->sim.kubelet_start_ms = value;
        break;
    case KUBELET_STOP_MS:
        cli->sim.kubelet_stop_ms = value;
        break;
    case HISTORY:
        cli->sim.history = value;
        break;
    default:
        cli->sim.bookmark_ms = value;
    }
    return 0;
}

static int take_cluster_name(const char *text, struct cli *cli, struct error *err)
{
    size_t bytes = strlen(text);

    if (!bytes || bytes > 40 || strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") != bytes || *text == '-' || text[bytes - 1] == '-')
        return error_set(err, ERROR_USAGE, "--cluster-name: expected small letters, digits and dashes, got \"%s\"", text);
    cli->sim.cluster_name = text;
    return 0;
}

static int take(int code, struct cli *cli, struct tokens *tokens, struct error *err)
{
    switch (code) {
    case ADDRESS:
        return cli->address = optarg, 0;
    case WRITE_KUBECONFIG:
        return cli->write_kubeconfig = optarg, 0;
    case CLUSTER_NAME:
        return take_cluster_name(optarg, cli, err);
    case FAULTS:
        return cli->faults = optarg, 0;
    case TLS:
        return cli->tls = true, 0;
    case TLS_CERT:
        return cli->tls_cert = optarg, 0;
    case TLS_KEY:
        return cli->tls_key = optarg, 0;
    case TOKEN:
        return tokens_add(tokens, optarg, err);
    case TOKEN_FILE:
        return tokens_set_file(tokens, optarg, err);
    case NO_KUBELET:
        return cli->sim.kubelet_start_ms = -1, 0;
    case NO_DEFAULT_SCHEDULER:
        return cli->sim.default_scheduler = false, 0;
    case NO_CONTROLLERS:
        return cli->sim.controllers = false, 0;
    case RBAC:
        return cli->sim.rbac = true, 0;
    case NO_SYSTEM_PODS:
        return cli->sim.system_pods = false, 0;
    case STATE:
        return cli->state = optarg, 0;
    case PARENT_WATCH:
        return cli->parent_watch = true, 0;
    case HELP:
        return cli->help = true, 0;
    case VERSION:
        return cli->version = true, 0;
    default:
        return take_number(code, optarg, cli, err);
    }
}

int cli_parse(int argc, char **argv, struct cli *cli, struct tokens *tokens, struct error *err)
{
    int code;

    *cli = (struct cli){
        .sim = {.seed = 1,
                .nodes = 4,
                .cluster_name = "sched-lab",
                .system_pods = true,
                .kubelet_start_ms = 200,
                .default_scheduler = true,
                .controllers = true,
                .bookmark_ms = 60000},
        .address = "127.0.0.1",
    };
    optind = 1;
    opterr = 0;
    while ((code = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        if (code == ':')
            return error_set(err, ERROR_USAGE, "%s: expected a value", argv[optind - 1]);
        if (code == '?')
            return error_set(err, ERROR_USAGE, "%s: no such option (see --help)", argv[optind - 1]);
        if (take(code, cli, tokens, err) < 0)
            return -1;
        if (cli->help || cli->version)
            return 0;
    }
    if (optind < argc)
        return error_set(err, ERROR_USAGE, "%s: no words are expected after the options", argv[optind]);
    if (!cli->tls_cert != !cli->tls_key)
        return error_set(err, ERROR_USAGE, "--tls-cert and --tls-key go together");
    if (cli->tls && cli->tls_cert)
        return error_set(err, ERROR_USAGE, "--tls makes a certificate; it does not go with --tls-cert");
    return 0;
}
