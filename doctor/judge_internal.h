/* judge_internal.h: what the judges share. Each says what it has to say of its part of the facts. */
#ifndef DOCTOR_JUDGE_INTERNAL_H
#define DOCTOR_JUDGE_INTERNAL_H

#include "doctor/judge.h"
#include "doctor/schedulers.h"
#include "doctor/words.h"

/* What stands behind the API server. */
enum kubernetes { KUBERNETES_UNSEEN, KUBERNETES_SIMULATOR, KUBERNETES_KIND, KUBERNETES_OTHER };

struct judging {
    const struct doctor_options *options;
    const json_t *laptop, *cluster;
    struct report *report;
    enum kubernetes kubernetes;
    char kind_name[128]; /* of kind's cluster, KUBERNETES_KIND only; else "" */
    int64_t now_us;      /* by the server's clock where it told */
    struct schedulers schedulers;
};

#define S_US INT64_C(1000000)

/* laptop */
void judge_system(struct judging *j);
void judge_limits(struct judging *j);
void judge_docker(struct judging *j);
void judge_kind(struct judging *j);
void judge_kubectl(struct judging *j);
/* cluster. judge_server: whether more can be asked of it */
bool judge_server(struct judging *j);
void judge_clock(struct judging *j);
void judge_proxy(struct judging *j);
void judge_nodes(struct judging *j);
void judge_images(struct judging *j);
void judge_access(struct judging *j);
void judge_deployments(struct judging *j);
void judge_doubles(struct judging *j);
void judge_leases(struct judging *j);
/* pods that wait for a scheduler that nobody runs; then the others, one by one */
void judge_names(struct judging *j);
void judge_pods(struct judging *j);

/* Whether it is known that neither docker nor kind is wanted. */
bool on_simulator(const struct judging *j);
/* The command that brings an image to the nodes, as the mend of the last finding. */
void mend_by_loading(struct judging *j, const char *image);
/* Adds why a list cannot be judged, when it did not come. False then. */
bool was_listed(struct judging *j, const char *check, const char *list);
/* "NAMESPACE/NAME" of an object; one of a few static buffers. */
const char *name_of(const json_t *object);

/* Whether nobody in the cluster, or lately, serves pods of that scheduler. */
bool nobody_serves(const struct judging *j, const char *scheduler);
/* Whether the pod waits for a node, and nothing but a scheduler is missing. */
bool waits_for_a_node(const json_t *pod);

#endif
