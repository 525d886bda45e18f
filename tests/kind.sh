#!/usr/bin/env bash
# kind.sh: what a student does on a kind cluster of four nodes, with make as he does it: the image, the cluster, first polling, then watch, two replicas
# each: the test pods are bound and run where they should; the leader's container is killed, then its pod deleted, and the other replica takes over;
# a TERM ends the container within a second; the workshop. Before that, from outside: doctor, grade and compare. The cluster and its files are gone afterwards.
# usage: kind.sh        NODE_IMAGE: the node image (default: one of kindest/node that is here, else kind's own); KEEP=1 leaves the cluster;
#                       IMAGE=my-scheduler:dev
# Needs docker, kind and kubectl; without them it says so, checks nothing, and exits 0.
set -euo pipefail
cd "$(dirname "$0")/.."
export MAKEFLAGS=
export IMAGE=${IMAGE:-my-scheduler:dev} CLUSTER=scheduler-lab-$$
passed=0 failed=0

for program in docker kind kubectl; do
    command -v $program >/dev/null || { echo "skipped: kind-e2e: $program is not installed"; exit 0; }
done
docker info >/dev/null 2>&1 || { echo "skipped: kind-e2e: no Docker engine answers"; exit 0; }

: "${NODE_IMAGE:=$(docker image ls --format '{{.Repository}}:{{.Tag}}' kindest/node | grep -v '<none>' | head -n 1)}"
export NODE_IMAGE
work=$(mktemp -d)
export KUBECONFIG=$work/kubeconfig
cleanup() {
    code=$?
    trap - EXIT INT TERM
    [ "${KEEP:-}" ] || make -s kind-down >/dev/null 2>&1 || true
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

# usage: says REGEX COMMAND...: a line of what it prints matches
says() {
    local pattern=$1 out
    shift
    out=$("$@" 2>&1) || { echo "$out"; return 1; }
    grep -E -- "$pattern" <<<"$out" || { echo "$out" | tail -n 20; return 1; }
}

# ---- the image ----

run() { docker run --rm --read-only --network none "$@"; }
is_small() {
    local bytes
    bytes=$(docker image inspect --format '{{.Size}}' "$IMAGE")
    echo "$IMAGE has $bytes bytes"
    [ "$bytes" -lt 25000000 ]
}
has_all_programs() {
    local main name
    for main in */main.c; do
        name=${main%/main.c}
        run "$IMAGE" "$name" --version || { echo "$name does not start"; return 1; }
    done
}
# compare starts the simulator and both schedulers: all that it needs is there, and it writes into /tmp alone
compares() { says '^polling|watch was ' run --tmpfs /tmp "$IMAGE" compare --pods 4 --rate 4 --idle 0.5 --out /tmp/out; }
holds_no_shell() { ! docker run --rm --entrypoint /bin/sh "$IMAGE" -c true; }

the_image() {
    echo "image"
    make image
    expect "the image is under 25 MB" is_small
    expect "its user is not root" says '^65532:65532$' docker image inspect --format '{{.Config.User}}' "$IMAGE"
    expect "its label has the version" says "^$(sed -n 's/^VERSION := //p' Makefile)\$" \
        docker image inspect --format '{{index .Config.Labels "org.opencontainers.image.version"}}' "$IMAGE"
    expect "every program starts, on a read-only root" has_all_programs
    expect "polling-scheduler and watch-scheduler are there" says '^polling ' run "$IMAGE" polling-scheduler --version
    expect "compare runs on a read-only root" compares
    expect "there is no shell" holds_no_shell
}

# ---- the scheduler's pods ----

app() { echo "app=$scheduler-scheduler"; }
pods() { kubectl -n kube-system get pods -l "$(app)" "$@"; }
# who holds the Lease: POD_UUID, and another UUID when the pod's container was started again
holder() { kubectl -n kube-system get lease my-scheduler -o 'jsonpath={.spec.holderIdentity}'; }
# usage: pod_of HOLDER
pod_of() { echo "${1%_*}"; }
is_one_of_ours() { pods -o name | grep -qx "pod/$(pod_of "$1")" || { echo "the lease is held by '$1'"; pods; return 1; }; }
one_of_ours_leads() { is_one_of_ours "$(holder)"; }
another_leads() { local now; now=$(holder); echo "was $1, is $now"; [ "$now" != "$1" ] && is_one_of_ours "$now"; }
logs() { make -s logs SCHEDULER="$scheduler"; }
logged() { says "$1" logs; }
complains() { logs | grep -iE 'forbidden|RBAC'; }
both_ready() { says '^2/2$' kubectl -n kube-system get deployment "$scheduler-scheduler" -o 'jsonpath={.status.readyReplicas}/{.status.replicas}'; }
node_of() { kubectl get pod "$1" -o 'jsonpath={.spec.nodeName}'; }
has_event() { kubectl get events.events.k8s.io -o 'jsonpath={range .items[*]}{.note}{"\n"}{end}' | grep "$1"; }

# The log, and what the API server has, name the same node.
bound_where_said() {
    local said
    said=$(logs | sed -n "s|.* Bound default/$1 -> ||p" | tail -n 1)
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

# usage: signal NAME POD: to the process in the pod's container, on its node, as kubelet sends it; and the time until it is gone
signal() {
    local node id
    node=$(kubectl -n kube-system get pod "$2" -o 'jsonpath={.spec.nodeName}')
    id=$(kubectl -n kube-system get pod "$2" -o 'jsonpath={.status.containerStatuses[0].containerID}')
    docker exec "$node" sh -ec '
        for file in $(grep -l "$2" /proc/[0-9]*/cgroup); do pid=${file#/proc/}; pid=${pid%/cgroup}; done
        kill -"$1" "$pid"
        for i in $(seq 50); do
            [ -d "/proc/$pid" ] || exit 0
            sleep 0.02
        done
        echo "still there after a second"
        exit 1' sh "$1" "${id#*://}"
}
metrics_count() {
    docker exec "$CLUSTER-control-plane" curl -s --max-time 5 "http://$(kubectl -n kube-system get pod "$(pod_of "$(holder)")" -o 'jsonpath={.status.podIP}'):10280/metrics" |
        grep -E '^scheduler_schedule_attempts_total\{.*result="scheduled".*\} [1-9]'
}

left() {
    kubectl get clusterroles,clusterrolebindings -o name | grep my-scheduler || true
    kubectl -n kube-system get all,roles,rolebindings,leases,serviceaccounts -o name | grep -e my-scheduler -e watch- -e polling- || true
}

# ---- two replicas ----

# usage: takes_over SECONDS HOW COMMAND...: what ends the leader; the other one leads so soon, and binds
takes_over() {
    local seconds=$1 how=$2 was started
    shift 2
    was=$(holder)
    expect "$how" "$@" "$(pod_of "$was")"
    started=$SECONDS
    kubectl apply -f manifests/test-pods.yaml >/dev/null
    expect "another one leads within $seconds s" within "$seconds" another_leads "$was"
    echo "         after $((SECONDS - started)) s"
    expect "and four pods run" kubectl wait --for=condition=Ready pod/test-pod-{1,2,3,4} --timeout=60s
    for i in 1 2 3 4; do expect "test-pod-$i is where the log says" within 10 bound_where_said test-pod-$i; done
    kubectl delete -f manifests/test-pods.yaml --grace-period=1 >/dev/null
    expect "both are ready again" within 60 both_ready
}
# a container that was killed comes back at once; but it is not who had the lease, and waits for its end as the other one does
kills() { signal KILL "$1"; }
deletes() { kubectl -n kube-system delete pod "$1" --grace-period=0 --force; }

# usage: one_scheduler NAME PREFIX_OF_ITS_LINES
one_scheduler() {
    scheduler=$1
    echo "$scheduler"
    kubectl apply -f manifests/test-pod.yaml >/dev/null
    expect "a pod of ours is Pending while no scheduler runs" test -z "$(node_of test-pod)"
    expect "make deploy SCHEDULER=$scheduler" make deploy SCHEDULER="$scheduler"
    expect "two replicas are ready" both_ready
    expect "one of them leads" within 10 one_of_ours_leads
    expect "its first line" within 5 logged "\[$2\] scheduler starting… name=my-scheduler\$"
    expect "its log has Bound default/test-pod" within 15 logged "\[$2\] Bound default/test-pod -> $CLUSTER-"
    expect "the pod is where the log says" bound_where_said test-pod
    expect "the pod runs" kubectl wait --for=condition=Ready pod/test-pod --timeout=60s
    logs | grep -E "starting…|leads|Bound" | sed 's/^/         /'
    expect "make test-pod" says "^test-pod .* $CLUSTER-worker" make test-pod
    kubectl delete pod test-pod --grace-period=1 >/dev/null

    kubectl apply -f manifests/test-pods.yaml >/dev/null
    expect "four pods run" kubectl wait --for=condition=Ready pod/test-pod-{1,2,3,4} --timeout=60s
    expect "they are spread over the workers" spread_over_workers
    expect "kubectl has their events" within 10 has_event 'Successfully assigned default/test-pod-1 to'
    expect "/metrics counts them" within 10 metrics_count
    kubectl delete -f manifests/test-pods.yaml --grace-period=1 >/dev/null

    takes_over 10 "TERM ends it within a second" signal TERM
    takes_over 30 "its pod is deleted without grace" deletes
    takes_over 30 "its container is killed" kills
    expect "no RBAC rule is missing" test -z "$(complains)"
    expect "make undeploy" make undeploy
    expect "nothing is left" test -z "$(left)"
}

# ---- the workshop, in a namespace of its own ----

the_workshop() {
    echo "workshop"
    kubectl create namespace david >/dev/null
    kubectl apply -f manifests/examples/workshop/node-reader.yaml >/dev/null
    sed "s/sched-lab-/$CLUSTER-/" manifests/examples/workshop/deployment.yaml |
        kubectl apply -n david -f manifests/examples/workshop/rbac.yaml -f - -f manifests/examples/workshop/hello.yaml >/dev/null
    expect "its Deployment gets ready" kubectl -n david rollout status deployment/prgcontsched --timeout=60s
    expect "it prints the pod" within 10 says "^pod: 'hello', phase: 'Pending' PrgContSched.\$" kubectl -n david logs deployment/prgcontsched
    expect "it binds it to the node that was named" within 10 says "Bound david/hello -> $CLUSTER-worker\$" kubectl -n david logs deployment/prgcontsched
    expect "the pod runs" kubectl -n david wait --for=condition=Ready pod/hello --timeout=60s
    expect "no RBAC rule is missing" says '^0$' sh -c "kubectl -n david logs deployment/prgcontsched | grep -ciE 'forbidden|RBAC'; :"
}

# ---- what runs outside the cluster ----

full_marks() { says '^Score: ([0-9]+)/\1$' bin/grade all --polling bin/polling --watch bin/watch --kubeconfig "$KUBECONFIG"; }
# whether a laptop lets the observer keep up is not for this test to say; that kubelets ask too may not make a run INVALID
compares_here() {
    local out
    out=$(bin/compare --kubeconfig "$KUBECONFIG" --pods 10 --rate 5 --interval 0.5 --idle 1 --out "$work/compare" 2>&1) || true
    echo "$out"
    grep -q '^kubelets ask this API server too' <<<"$out" && grep -q '^latency, ms' <<<"$out" && ! grep -q 'counters do not agree' <<<"$out"
}
namespaces() { kubectl get namespaces -o name | sort | tr '\n' ' '; }
same_namespaces() { [ "$1" = "$(namespaces)" ]; }
from_outside() {
    local before
    echo "from outside"
    before=$(namespaces)
    expect "doctor finds nothing amiss" within 30 bin/doctor
    expect "our schedulers get full marks" full_marks
    expect "compare measures beside kubelets" compares_here
    expect "their namespaces are gone" within 60 same_namespaces "$before"
}

the_image
make -s all
make kind-up
expect "make kind-up once more" says 'is there already' make kind-up
expect "make kind-load" make kind-load
kubectl wait --for=condition=Ready node --all --timeout=3m >/dev/null
from_outside
one_scheduler polling polling
one_scheduler watch watch-scheduler
the_workshop
expect "make kind-down" make kind-down
expect "the cluster is gone" says '^0$' sh -c "kind get clusters 2>/dev/null | grep -cx '$CLUSTER'; :"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
