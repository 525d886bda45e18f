#!/usr/bin/env bash
# e2e.sh: the black-box cases on a real kube-apiserver, in namespaces of their own. Whatever happens, nothing is left behind.
# usage: e2e.sh KUBECONFIG PROGRAM...    KUBECONFIG "": an etcd and kube-apiserver of its own (tests/envtest); else that cluster
# The programs are told by the environment:
#   LAB_BIN                   folder of the programs under test (kept when set)
#   LAB_SERVER                envtest or cluster
#   LAB_KUBECONFIG            the administrator's
#   LAB_RUN                   the label lab-run of every namespace they make
#   LAB_SCHEDULER_KUBECONFIG  envtest only: service account my-scheduler with manifests/rbac.yaml, its token in a file
#   LAB_AUDIT                 envtest only: the audit log, with every Binding
#   LAB_SERVER_CONTROL        envtest only: a command that takes stop, start, restart, controllers, no-controllers, default-scheduler, no-default-scheduler, rotate-token NEW
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
kubeconfig=$1
shift
[ $# != 0 ] || { echo "e2e: no black-box program was built (tests/blackbox)" >&2; exit 2; }

export LAB_BIN=${LAB_BIN:-$(cd "$here/.." && pwd)/bin}
export LAB_RUN=e2e-$$
state=

cleanup() {
    code=$?
    trap - EXIT INT TERM
    if [ -n "$state" ]; then
        "$here/envtest/cluster.sh" "$state" down || true
        if [ $code = 0 ] || [ $code = 130 ]; then rm -rf "$state"; else echo "e2e: logs of the server are in $state" >&2; fi
    elif [ -n "${LAB_KUBECONFIG:-}" ]; then
        # each case does this for itself, unless it was interrupted; a cluster takes a while to do as it is told
        "$kubectl" --kubeconfig "$LAB_KUBECONFIG" label nodes -l lab-case lab-case- >/dev/null 2>&1 || true
        "$kubectl" --kubeconfig "$LAB_KUBECONFIG" delete namespace -l "lab-run=$LAB_RUN" --ignore-not-found --timeout=120s >/dev/null ||
            echo "e2e: namespaces are left: kubectl get namespace -l lab-run=$LAB_RUN" >&2
    fi
    exit $code
}
trap cleanup EXIT
trap 'exit 130' INT TERM

if [ -n "$kubeconfig" ]; then
    [ -f "$kubeconfig" ] || { echo "e2e: no file $kubeconfig" >&2; exit 2; }
    kubectl=$(command -v kubectl || echo "$("$here/envtest/build.sh" kubectl)/kubectl")
    export LAB_SERVER=cluster LAB_KUBECONFIG=$kubeconfig
else
    kubectl=$("$here/envtest/build.sh" etcd kube-apiserver kubectl)/kubectl
    state=$(mktemp -d)
    export LAB_SERVER=envtest LAB_SERVER_CONTROL=$state/control LAB_SCHEDULER_KUBECONFIG=$state/scheduler.kubeconfig
    export LAB_AUDIT=$state/audit.log APISERVER_ARGS="--audit-policy-file=$here/envtest/audit.yaml --audit-log-path=$state/audit.log ${APISERVER_ARGS:-}"
    LAB_KUBECONFIG=$("$here/envtest/cluster.sh" "$state" up)
    export LAB_KUBECONFIG
fi

# one at a time: they share the server, and restart it. The last two need a real kubectl, and that is here: they are for the simulator.
KUBECTL=$kubectl SIMULATOR=$LAB_BIN/simulator JOBS=1 sh "$here/run.sh" "$@" "$here/blackbox/kubectl.sh" "$here/guide.sh" "$here/deploy.sh"
