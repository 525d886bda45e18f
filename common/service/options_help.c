/* options_help.c: --help and --version. */
#include <stdio.h>
#include <string.h>

#include "common/service/options_flags.h"

#define LEFT_COLUMNS 36

static void print_flag(const struct flag *flag)
{
    char left[64];

    snprintf(left, sizeof left, "%c%c%c --%s%s%s", flag->letter ? '-' : ' ', flag->letter ? flag->letter : ' ', flag->letter ? ',' : ' ',
             flag->name, flag->argument ? " " : "", flag->argument ? flag->argument : "");
    if (strlen(left) > LEFT_COLUMNS)
        printf("  %s\n  %-*s %s", left, LEFT_COLUMNS, "", flag->help);
    else
        printf("  %-*s %s", LEFT_COLUMNS, left, flag->help);
    if (flag->initial)
        printf(" [%s]", flag->initial);
    putchar('\n');
}

static void print_policies_and_filters(void)
{
    const struct policy *const *p;
    const char *comma = "";
    size_t column = 0;
    int id;

    printf("\nPolicies\n");
    for (p = policy_all(); *p; p++) {
        char name[32];

        snprintf(name, sizeof name, "%s%s%s", (*p)->name, (*p)->argument ? "=" : "", (*p)->argument ? (*p)->argument : "");
        printf("      %-14s %s\n", name, (*p)->summary);
    }
    printf("\nFilters, all on\n");
    for (id = 0; id < FILTER_COUNT; id++) {
        if (!flag_can_switch_off(id))
            continue;
        if (column > 70) {
            printf("%s\n", comma);
            column = 0;
        }
        column += (size_t)printf("%s%s", column ? ", " : "      ", filter_name((enum filter_id)id));
        comma = ",";
    }
    putchar('\n');
}

/* each group of flags under its heading; a group that the program has nothing of is left out */
static void print_flags(const char *program)
{
    const char *heading = NULL;
    size_t i;

    for (i = 0; i < flag_count; i++) {
        if (flag_table[i].kind == HEADING)
            heading = flag_table[i].help;
        if (!flag_belongs(&flag_table[i], program))
            continue;
        if (heading)
            printf("\n%s\n", heading);
        heading = NULL;
        print_flag(&flag_table[i]);
    }
}

static void print_explain_help(void)
{
    printf("Usage: explain [OPTION]... [NAMESPACE/POD]...\n"
           "Says where the schedulers would put each pending pod, and why: of every node what speaks against\n"
           "it, and its score; the lowest wins. Pods are decided in the order of the queue, each counting on\n"
           "the ones before it; one-per-node decides for all at once. It and --preemption end with the plan:\n"
           "which pods are evicted, and which are bound where. With names only those pods are shown; one that\n"
           "has its node already is decided afresh. Nothing is written to the cluster. Defaults stand in [].\n");
    print_flags("explain");
    print_policies_and_filters();
    printf("\nExit status: 0 whether pods fit or not, 1 when it failed, 2 for a wrong flag, file or configuration.\n");
}

void options_print_help(const char *program)
{
    bool polling = strcmp(program, "polling") == 0;

    if (strcmp(program, "explain") == 0) {
        print_explain_help();
        return;
    }
    printf("Usage: %s [OPTION]...\n", program);
    printf("A Kubernetes scheduler that %s. Defaults stand in [].\n",
           polling ? "looks for pending pods at an interval" : "hears of pending pods from a watch");
    print_flags(program);
    print_policies_and_filters();
    printf("\nExit status: 0 after SIGTERM or SIGINT, 1 when it failed, 2 for a wrong flag or configuration.\n");
}

void options_print_version(const char *program)
{
    printf("%s %s\n", program, LAB_VERSION);
}
