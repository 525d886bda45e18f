#!/usr/bin/env bash
# run.sh: the filters, or preemption, beside the real kube-scheduler, on an etcd and kube-apiserver of their own (tests/envtest).
# usage: run.sh PROGRAM [SEEDS [FIRST [PODS]]]      PROGRAM: build/tests/differential/differential
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
program=$1
shift
bin=$("$here/../envtest/build.sh" etcd kube-apiserver kube-scheduler kubectl)
state=$(mktemp -d)

cleanup() {
    code=$?
    trap - EXIT INT TERM
    "$here/../envtest/cluster.sh" "$state" down || true
    if [ $code = 0 ] || [ $code = 130 ]; then rm -rf "$state"; else echo "differential: logs, and a case for each disagreement, are in $state" >&2; fi
    exit $code
}
trap cleanup EXIT
trap 'exit 130' INT TERM

kubeconfig=$("$here/../envtest/cluster.sh" "$state" up)
"$program" "$kubeconfig" "$bin/kube-scheduler" "$state" "$@"
