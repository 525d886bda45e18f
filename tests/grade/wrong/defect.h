/*
 * defect.h: what is wrong with this scheduler. The programs are built once for each name, with -DDEFECT=NAME for defect.c; RIGHT has nothing wrong.
 * ../defects.txt says of each which program has it, where the grader must see it, and why it is wrong.
 */
#ifndef WRONG_DEFECT_H
#define WRONG_DEFECT_H

enum defect {
    RIGHT,
    /* observe */
    FOREIGN_PODS,
    GATED_PODS,
    DELETING_PODS,
    ONE_NAMESPACE,
    BUSY,
    /* decide */
    FIRST_NODE,
    REMEMBERED_NODE,
    RANDOM_NODE,
    STALE_COUNTS,
    CYCLE_COUNTS,
    COUNTS_FINISHED,
    COUNTS_OWN,
    /* act */
    PATCHES,
    PATCHES_FIRST,
    WRONG_SUBRESOURCE,
    DOUBLE_BIND,
    REBINDS,
    /* say */
    SILENT,
    PRINTS_EARLY,
    PRINTS_ONLY,
    PRINTS_WRONG_NODE,
    /* watch */
    LISTS,
    RELISTS,
    DIES_ON_410,
    IGNORES_410,
    DIES_ON_CLOSE,
    DEAF_AFTER_CLOSE,
    HOT_LOOP,
    SLOW,
    ONLY_NEW,
    /* policies */
    LABEL_IGNORED,
    LABEL_KEY_ONLY,
    TAINTS_IGNORED,
    NO_EXECUTE_IGNORED,
    TOLERATIONS_IGNORED,
    TOLERATION_KEY_ONLY,
    CORDON_IGNORED,
    GIVES_UP,
    HAMMERS,
    DIES_ON_ERROR,
    SPREAD_ALL_PODS,
    SPREAD_ANY_APP,
    SPREAD_PACKS
};

extern const enum defect defect;

#endif
