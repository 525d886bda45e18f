/* steps.c: see steps.h. */
#include "explain/steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int steps_add(struct step_list *list, const struct pod *pod, const char *node, struct error *err)
{
    const size_t bytes = strlen(pod->namespace_) + strlen(pod->name) + 2, room = list->room ? 2 * list->room : 16;
    struct step *grown = list->count < list->room ? list->step : realloc(list->step, room * sizeof *grown);
    char *text;

    if (!grown)
        return error_no_memory(err);
    if (list->count == list->room)
        list->room = room;
    list->step = grown;
    text = malloc(bytes + strlen(node) + 1);
    if (!text)
        return error_no_memory(err);
    snprintf(text, bytes, "%s/%s", pod->namespace_, pod->name);
    list->step[list->count++] = (struct step){text, strcpy(text + bytes, node)};
    return 0;
}

static void free_list(struct step_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->step[i].pod);
    free(list->step);
}

void steps_free(struct steps *steps)
{
    free_list(&steps->preempt);
    free_list(&steps->bind);
    *steps = (struct steps){0};
}
