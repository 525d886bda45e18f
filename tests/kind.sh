#!/usr/bin/env bash
# kind.sh: the image and the manifests on a kind cluster of four nodes, first polling, then watch: the Deployment gets ready, the test
# pods are bound and run where they should, a TERM ends the container within a second. The cluster and its files are gone afterwards.
# usage: kind.sh        NODE_IMAGE: the node image (default: kind's own); KEEP=1 leaves the cluster; IMAGE=my-scheduler:dev
# Needs docker, kind and kubectl; without them it says so, checks nothing, and exits 0.
set -euo pipefail
cd "$(dirname "$0")/.."
image=my-scheduler:dev
cluster=scheduler-lab-$$
passed=0 failed=0

for program in docker kind kubectl; do
    command -v $program >/dev/null || { echo "kind-e2e: skipped: $program is not installed"; exit 0; }
done
docker info >/dev/null 2>&1 || { echo "kind-e2e: skipped: no Docker engine answers"; exit 0; }

work=$(mktemp -d)
export KUBECONFIG=$work/kubeconfig
cleanup() {
    code=$?
    trap - EXIT INT TERM
    [ "${KEEP:-}" ] || kind delete cluster --name "$cluster" >/dev/null 2>&1 || true
    [ "${KEEP:-}" ] || rm -rf "$work"
    exit $code
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# usage: expect WHAT COMMAND...: one check; what the command printed is shown when it fails
expect() {
    local what=$1 out
    shift
    if out=$("$@" 2>&1); then
        echo "  ok     $what"
        passed=$((passed + 1))
    else
        echo "  FAIL   $what"
        echo "$out" | sed 's/^/         /'
        failed=$((failed + 1))
    fi
}

# usage: within SECONDS COMMAND...: until the command succeeds
within() {
    local deadline=$((SECONDS + $1)) out
    shift
    until out=$("$@" 2>&1); do
        [ $SECONDS -lt $deadline ] || { echo "$out"; return 1; }
        sleep 0.2
    done
}

# usage: of_the_pod JSONPATH: of the scheduler's pod
of_the_pod() { kubectl -n kube-system get pod -l "app=$scheduler-scheduler" -o "jsonpath=${1/\{./{.items[0].}"; }
logs() { kubectl -n kube-system logs "deployment/$scheduler-scheduler"; }
logged() { logs | grep -E "$1" || { logs | tail -n 20; return 1; }; }
complains() { logs | grep -iE 'forbidden|RBAC'; }
node_of() { kubectl get pod "$1" -o 'jsonpath={.spec.nodeName}'; }
has_event() { kubectl get events.events.k8s.io -o 'jsonpath={range .items[*]}{.note}{"\n"}{end}' | grep "$1"; }

# The log, and what the API server has, name the same node.
bound_where_said() {
    local said
    said=$(logs | sed -n "s|.* Bound default/$1 -> ||p")
    echo "the log says '$said', the pod is on '$(node_of "$1")'"
    [ -n "$said" ] && [ "$said" = "$(node_of "$1")" ]
}

# The four pods: no node has two more pods than another worker, none is on the tainted control plane.
spread_over_workers() {
    local nodes
    nodes=$(for i in 1 2 3 4; do node_of test-pod-$i; echo; done)
    echo "$nodes"
    ! grep -q control-plane <<<"$nodes" && [ "$(sort -u <<<"$nodes" | wc -l)" = 3 ]
}

# TERM to the process on its node, as kubelet sends it, and the time until it is gone; then what kubelet saw.
ends_within_a_second() {
    local node
    node=$(of_the_pod '{.spec.nodeName}')
    docker exec "$node" sh -ec '
        pid=$(pgrep -f "^$1 ") || { echo "no process $1"; exit 1; }
        kill -TERM "$pid"
        for i in $(seq 50); do
            [ -d "/proc/$pid" ] || exit 0
            sleep 0.02
        done
        echo "still there after a second"
        exit 1' sh "$scheduler-scheduler" && within 20 ended_with_zero
}
ended_with_zero() {
    local code
    code=$(of_the_pod '{.status.containerStatuses[0].lastState.terminated.exitCode}')
    echo "exit code of the container that got TERM: '$code'"
    [ "$code" = 0 ]
}

metrics_count() {
    docker exec "$cluster-control-plane" curl -s --max-time 5 "http://$(of_the_pod '{.status.podIP}'):10280/metrics" |
        grep -E '^scheduler_schedule_attempts_total\{.*result="scheduled".*\} [1-9]'
}

# usage: one_scheduler NAME PREFIX_OF_ITS_LINES
one_scheduler() {
    scheduler=$1
    echo "$scheduler"
    kubectl apply -f manifests/test-pod.yaml >/dev/null
    expect "a pod of ours is Pending while no scheduler runs" test -z "$(node_of test-pod)"
    kubectl apply -f "manifests/$scheduler-deployment.yaml" >/dev/null
    expect "the Deployment gets ready" kubectl -n kube-system rollout status "deployment/$scheduler-scheduler" --timeout=60s
    expect "its first line" within 5 logged "^\[$2\] scheduler starting… name=my-scheduler"
    expect "its log has Bound default/test-pod" within 15 logged "^\[$2\] Bound default/test-pod -> $cluster-"
    expect "the pod is where the log says" bound_where_said test-pod
    expect "the pod runs" kubectl wait --for=condition=Ready pod/test-pod --timeout=60s
    kubectl delete -f manifests/test-pod.yaml --grace-period=1 >/dev/null

    kubectl apply -f manifests/test-pods.yaml >/dev/null
    expect "four pods run" kubectl wait --for=condition=Ready pod/test-pod-{1,2,3,4} --timeout=60s
    expect "they are spread over the workers" spread_over_workers
    expect "kubectl has their events" within 10 has_event 'Successfully assigned default/test-pod-1 to'
    expect "/metrics counts them" within 10 metrics_count
    expect "no RBAC rule is missing" test -z "$(complains)"
    kubectl delete -f manifests/test-pods.yaml --grace-period=1 >/dev/null

    expect "TERM ends it within a second, exit code 0" ends_within_a_second
    kubectl delete -f "manifests/$scheduler-deployment.yaml" >/dev/null
    kubectl -n kube-system wait --for=delete pod -l "app=$scheduler-scheduler" --timeout=60s >/dev/null
}

make --no-print-directory image IMAGE=$image
kind create cluster --name "$cluster" ${NODE_IMAGE:+--image "$NODE_IMAGE"} --config kind-multinode.yaml --wait 3m
kubectl wait --for=condition=Ready node --all --timeout=3m >/dev/null
kind load docker-image $image --name "$cluster" >/dev/null
kubectl apply -f manifests/rbac.yaml >/dev/null
one_scheduler polling polling
one_scheduler watch watch-scheduler

echo "$passed passed, $failed failed"
[ $failed = 0 ]
