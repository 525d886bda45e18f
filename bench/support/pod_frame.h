/* pod_frame.h: a pod as a watch brings it: what the scheduler does with an event before anything is decided. */
#ifndef BENCH_SUPPORT_POD_FRAME_H
#define BENCH_SUPPORT_POD_FRAME_H

#include "common/cluster/pod.h"
#include "common/error.h"

struct pod_frame;

/* NULL on ERROR_NO_MEMORY. */
struct pod_frame *pod_frame_new(struct error *err);
void pod_frame_free(struct pod_frame *frame);

/* Writes the pod as the API server would, into a frame of some KiB with all that nobody reads. Of the pod: its names, priority, node, age in seconds, cpu and annotations. */
void pod_frame_write(struct pod_frame *frame, const struct pod *pod);
/*
 * Frames, projects and decodes what was written, as common/kube and common/cluster do. Returns what came out, the caller frees it with pod_free(); NULL on
 * failure.
 */
struct pod *pod_frame_read(struct pod_frame *frame, struct error *err);

#endif
