/*
 * checkpoint_3.c: what the log says is what happened.
 */
#include <string.h>

#include "grade/claim.h"
#include "grade/judge.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

static const char *const told_scenes[] = {"rules", "vanish"};

static bool is_said(const json_t *piece, const char *pod, const char *node)
{
    const json_t *line;
    size_t i;

    json_array_foreach(json_object_get(piece, "output"), i, line)
    {
        struct claim claim;

        if (claim_read(text_at(line, "line"), &claim) && !strcmp(claim.namespace_, text_at(piece, "namespace")) &&
            !strcmp(claim.pod, pod) && !strcmp(claim.node, node))
            return true;
    }
    return false;
}

static void says_all(const struct look *look, struct finding *f)
{
    size_t i, k, silent = 0;

    finding_expected(f, "a line \"Bound NAMESPACE/POD -> NODE\" for every pod that it bound");
    if (!has_worked(look, f))
        return;
    for (i = 0; i < LENGTH(told_scenes); i++) {
        const json_t *piece = judge_piece(look->pieces, told_scenes[i], look->program), *request;

        json_array_foreach(json_object_get(piece, "requests"), k, request)
        {
            const char *pod = text_at(request, "name");

            if (!is_bind(request) || !was_carried_out(request) || !is_own(piece, evidence_pod(piece, pod)) ||
                is_said(piece, pod, final_node(piece, pod)))
                continue;
            if (!silent++)
                finding_fail(f, "no line says that %s/%s was bound to %s (does it flush what it prints?)", text_at(piece, "namespace"), pod,
                             final_node(piece, pod));
        }
    }
    if (!silent)
        finding_ok(f);
    else if (silent > 1)
        finding_more(f, ", and %zu more", silent - 1);
}

static bool is_true(const json_t *piece, const struct claim *claim)
{
    return !strcmp(claim->namespace_, text_at(piece, "namespace")) && !strcmp(final_node(piece, claim->pod), claim->node);
}

static void says_nothing_else(const struct look *look, struct finding *f)
{
    size_t i, k, claims = 0, lies = 0;

    finding_expected(f, "each \"Bound\" line names a pod that is on that node: it is printed once the API server has agreed");
    for (i = 0; i < LENGTH(told_scenes); i++) {
        const json_t *piece = judge_piece(look->pieces, told_scenes[i], look->program), *line;

        json_array_foreach(json_object_get(piece, "output"), k, line)
        {
            struct claim claim;

            if (!claim_read(text_at(line, "line"), &claim))
                continue;
            claims++;
            if (is_true(piece, &claim) || lies++)
                continue;
            finding_fail(f, "it says \"%s\", and the pod %s%s", text_at(line, "line"),
                         *final_node(piece, claim.pod) ? "is on " : "has no node", final_node(piece, claim.pod));
        }
    }
    if (!claims)
        finding_fail(f, "no line says \"Bound NAMESPACE/POD -> NODE\"");
    else if (!lies)
        finding_ok(f);
    else if (lies > 1)
        finding_more(f, ", and %zu more", lies - 1);
}

static const struct rule rules[] = {
    {"says Bound for every pod it bound", 2, JUDGE_POLLING | JUDGE_WATCH, {"rules", "vanish"}, says_all},
    {"says Bound of nothing else", 2, JUDGE_POLLING | JUDGE_WATCH, {"rules", "vanish"}, says_nothing_else},
};

int judge_checkpoint_3(const struct judging *judging, struct error *err)
{
    return judge_rules(judging, 3, rules, LENGTH(rules), err);
}
