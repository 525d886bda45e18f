#!/usr/bin/env bash
# run.sh: takes the figures of bench/README.md on a real etcd and kube-apiserver on loopback, side by side, in turn.
# usage: bench/run.sh [backlog|startup|all]       results go to stdout and to OUT (build/bench-out)
# ROUNDS, PODS, NODES ("100 1000"), STARTUP_NODES and STARTUP_PODS change the sizes. CLUSTER=FILE, a kubeconfig, measures on that cluster
# instead: it gets thousands of nodes and pods for a while, and other nodes in it take part.
# SIDES adds contestants, one NAME=COMMAND a line; KUBE_SCHEDULER=1 adds kube-scheduler with its client limits lifted.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
what=${1:-all}
case $what in backlog | startup | all) ;; *) sed -n '2,7s/^# //p' "$0" && exit 2 ;; esac
out=${OUT:-$root/build/bench-out}
mkdir -p "$out"
out=$(cd "$out" && pwd)

state=
finish() {
    [ -z "$state" ] || { "$root/tests/envtest/cluster.sh" "$state" down && rm -rf "$state"; }
}
trap finish EXIT
trap 'exit 1' INT TERM

kubeconfig=${CLUSTER:-}
if [ -z "$kubeconfig" ]; then
    state=$(mktemp -d)
    "$root/tests/envtest/cluster.sh" "$state" up > /dev/null
    kubeconfig=$state/kubeconfig
fi
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY

sides=(--side "watch='$root/bin/watch' --kubeconfig {kubeconfig} --scheduler-name {name}")
startup_sides=(--side "watch='$root/bin/watch' --kubeconfig {kubeconfig} --scheduler-name {name} --metrics-port {port}")
while IFS= read -r side; do
    [ -n "$side" ] && sides+=(--side "$side") && startup_sides+=(--side "$side")
done <<< "${SIDES:-}"
if [ -n "${KUBE_SCHEDULER:-}" ]; then
    cat > "$out/kube-scheduler.yaml" <<X
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
clientConnection: {kubeconfig: "$kubeconfig", qps: 5000, burst: 5000}
leaderElection: {leaderElect: false}
profiles: [{schedulerName: bench-kube-scheduler}]
X
    peer="kube-scheduler='$("$root/tests/envtest/build.sh" kube-scheduler)/kube-scheduler' --config '$out/kube-scheduler.yaml' --secure-port 0"
    sides+=(--side "$peer")
    startup_sides+=(--side "$peer")
fi

failed=0
if [ "$what" != startup ]; then
    for nodes in ${NODES:-100 1000}; do
        "$root/bin/bench/backlog" --kubeconfig "$kubeconfig" --nodes "$nodes" --pods "${PODS:-2000}" --rounds "${ROUNDS:-3}" --out "$out" \
            --side "bare='$root/bin/bench/bare_loop' --kubeconfig {kubeconfig} --scheduler-name {name}" "${sides[@]}" \
            --side "polling='$root/bin/polling' --kubeconfig {kubeconfig} --scheduler-name {name}" | tee "$out/backlog-$nodes.txt" || failed=1
        echo
    done
fi
if [ "$what" != backlog ]; then
    "$root/bin/bench/startup" --kubeconfig "$kubeconfig" --nodes "${STARTUP_NODES:-5000}" --pods "${STARTUP_PODS:-20000}" --rounds "${ROUNDS:-3}" --out "$out" \
        "${startup_sides[@]}" | tee "$out/startup.txt" || failed=1
fi
exit $failed
