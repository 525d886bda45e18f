/*
 * state_file.h: a cluster from files: what `kubectl get nodes,pods -A -o json` prints (a v1 List), or the API server's own NodeList and PodList.
 */
#ifndef EXPLAIN_STATE_FILE_H
#define EXPLAIN_STATE_FILE_H

#include "explain/snapshot.h"

/*
 * Reads one file into the snapshot, as a stream. `path` "-": stdin. Objects of other kinds in a List are passed over. ERROR_USAGE with one line, the
 * file and what was expected: a file that cannot be read, has more than LIMIT_STATE_BYTES or an object of more than LIMIT_OBJECT_BYTES, is nested
 * deeper than LIMIT_JSON_DEPTH, is no such list, holds an object that makes no sense or one that the snapshot has already. ERROR_NO_MEMORY. The
 * snapshot is of no use then.
 */
int state_file_read(struct snapshot *snapshot, const char *path, struct error *err);

#endif
