#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/grade/wrong/wrong.h"

static void take_label(struct scheduler *s, char *text)
{
    char *equals = strchr(text, '=');

    if (equals)
        *equals = '\0';
    snprintf(s->label_key, sizeof s->label_key, "%s", text);
    s->label_value = equals ? equals + 1 : NULL;
}

void parse_options(struct scheduler *s, int argc, char **argv)
{
    static const struct option options[] = {
        {"scheduler-name", required_argument, NULL, 'n'},     {"kubeconfig", required_argument, NULL, 'k'},
        {"interval", required_argument, NULL, 'i'},           {"policy", required_argument, NULL, 'p'},
        {"require-node-label", required_argument, NULL, 'l'}, {NULL, 0, NULL, 0}};
    int c;

    s->name = "my-scheduler";
    s->kubeconfig = getenv("KUBECONFIG");
    s->interval_ms = 2000;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 'n')
            s->name = optarg;
        else if (c == 'k')
            s->kubeconfig = optarg;
        else if (c == 'i')
            s->interval_ms = (int64_t)(strtod(optarg, NULL) * 1000);
        else if (c == 'p')
            s->spread = !strcmp(optarg, "spread");
        else if (c == 'l')
            take_label(s, optarg);
        else
            exit(2);
    }
    s->nodes = json_object();
    s->pods = json_object();
    s->waiting = json_object();
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("[%s] scheduler starting… name=%s\n", s->prefix, s->name);
}
