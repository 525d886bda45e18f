/* options.c: see options.h. */
#include "doctor/options.h"

#include <getopt.h>
#include <string.h>

#include "common/service/options_value.h"

enum flag { KUBECONFIG = 256, CONTEXT, SCHEDULER_NAME, IMAGE, NAMESPACE, FORMAT, LAPTOP_ONLY, HELP, VERSION };

static const struct option flags[] = {
    {"kubeconfig", required_argument, NULL, KUBECONFIG},
    {"context", required_argument, NULL, CONTEXT},
    {"scheduler-name", required_argument, NULL, SCHEDULER_NAME},
    {"image", required_argument, NULL, IMAGE},
    {"namespace", required_argument, NULL, NAMESPACE},
    {"format", required_argument, NULL, FORMAT},
    {"laptop-only", no_argument, NULL, LAPTOP_ONLY},
    {"help", no_argument, NULL, HELP},
    {"version", no_argument, NULL, VERSION},
    {NULL, 0, NULL, 0},
};

void doctor_options_print_help(FILE *out)
{
    fputs("Usage: doctor [OPTION]...\n"
          "Is this laptop, and is this cluster, ready for the lab? One line a check: ok, warn, FAIL or skip,\n"
          "and under what is not well one line \"mend:\" with the command that mends it. Changes nothing.\n"
          "\n"
          "      --kubeconfig FILE              as the schedulers: else KUBECONFIG, the pod's own, ~/.kube/config\n"
          "      --context NAME                 another than its current one\n"
          "      --scheduler-name NAME          whose pods the lab's scheduler serves [my-scheduler]\n"
          "      --image IMAGE                  what is to be on every node [the Deployments', or my-scheduler:dev]\n"
          "      --namespace NS                 where its Deployment is, or is to be [kube-system]\n"
          "      --laptop-only                  no look at a cluster\n"
          "      --format text|json             json: doctor/README.md says what is in it [text]\n"
          "      --version, --help\n"
          "\n"
          "Exit status: 0 when nothing is FAIL, 1 when something is, 2 for a wrong flag.\n",
          out);
}

/* an image reference is a word: it goes into commands */
static int check_image(const char *text, struct error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@";

    if (*text && strlen(text) < 512 && text[strspn(text, allowed)] == '\0')
        return 0;
    return value_unexpected("an image, [REGISTRY/]NAME[:TAG]", text, err);
}

static int read_format(const char *text, bool *json, struct error *err)
{
    if (strcmp(text, "text") != 0 && strcmp(text, "json") != 0)
        return value_unexpected("text or json", text, err);
    *json = *text == 'j';
    return 0;
}

static int take(struct doctor_options *options, int flag, const char *text, struct error *err)
{
    switch (flag) {
    case KUBECONFIG:
        options->kubeconfig = text;
        return value_not_empty(text, "a file", err);
    case CONTEXT:
        options->context = text;
        return value_not_empty(text, "a context", err);
    case SCHEDULER_NAME:
        options->scheduler_name = text;
        return value_scheduler_name(text, err);
    case IMAGE:
        options->image = text;
        options->image_given = true;
        return check_image(text, err);
    case NAMESPACE:
        options->namespace_ = text;
        return value_namespace(text, err);
    case FORMAT:
        return read_format(text, &options->json, err);
    case LAPTOP_ONLY:
        options->laptop_only = true;
        return 0;
    case HELP:
        options->help = true;
        return 0;
    default:
        options->version = true;
        return 0;
    }
}

static const char *name_of(int flag)
{
    for (size_t i = 0; flags[i].name; i++)
        if (flags[i].val == flag)
            return flags[i].name;
    return "?";
}

int doctor_options_parse(int argc, char **argv, struct doctor_options *options, struct error *err)
{
    struct doctor_options read = {.scheduler_name = "my-scheduler", .image = "my-scheduler:dev", .namespace_ = "kube-system"};
    int flag;

    optind = 1;
    opterr = 0;
    while (!read.help && !read.version && (flag = getopt_long(argc, argv, ":", flags, NULL)) != -1) {
        if (flag == ':')
            return error_set(err, ERROR_USAGE, "%s: expected a value (see --help)", argv[optind - 1]);
        if (flag == '?')
            return error_set(err, ERROR_USAGE, "%s: unknown flag (see --help)", argv[optind - 1]);
        if (take(&read, flag, optarg, err) < 0)
            return error_prefix(err, "--%s", name_of(flag));
    }
    if (!read.help && !read.version && optind < argc)
        return error_set(err, ERROR_USAGE, "%.60s: expected nothing behind the flags (see --help)", argv[optind]);
    *options = read;
    return 0;
}
