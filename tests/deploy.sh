#!/bin/sh
# deploy.sh: what make does with a cluster (manifests/lab.sh): one line where something is missing, and on the simulator what a student does with kubectl.
# KUBECTL: the kubectl to use (else the one in PATH); without one that part is skipped. LAB_BIN: the programs (else bin).
# Prints a line for each case and `N passed, N failed` at the end; exits 1 when one failed.
set -u
cd "$(dirname "$0")/.." || exit 2
export MAKEFLAGS=
unset IMAGE CLUSTER NAMESPACE SCHEDULER NODE_IMAGE ARGS FOLLOW
bin=${LAB_BIN:-bin}
kubectl=${KUBECTL:-$(command -v kubectl || true)}
work=$(mktemp -d) || exit 1
passed=0 failed=0 started=
cleanup() {
    for pid in $started; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null; done
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

pass() { passed=$((passed + 1)); echo "ok    $1"; }
fail() { failed=$((failed + 1)); echo "FAIL  $1"; sed 's/^/      /' "$work/out"; }
# usage: expect NAME PATTERN COMMAND...: it succeeds, and a line of its output matches
expect() {
    name=$1 pattern=$2
    shift 2
    if "$@" >"$work/out" 2>&1 && grep -Eq -- "$pattern" "$work/out"; then pass "$name"; else echo "[wanted: $pattern]" >>"$work/out"; fail "$name"; fi
}
# usage: within NAME PATTERN COMMAND...: the same, within 20 seconds
within() {
    name=$1 pattern=$2 tries=0
    shift 2
    until "$@" >"$work/out" 2>&1 && grep -Eq -- "$pattern" "$work/out"; do
        tries=$((tries + 1))
        if [ $tries -gt 200 ]; then echo "[wanted: $pattern]" >>"$work/out"; fail "$name"; return; fi
        sleep 0.1
    done
    pass "$name"
}
# usage: refused NAME LINE COMMAND...: it says this line and no other, and ends with 2
refused() {
    name=$1 line=$2 code=0
    shift 2
    "$@" >"$work/out" 2>&1 || code=$?
    if [ $code = 2 ] && [ "$(cat "$work/out")" = "$line" ]; then pass "$name"; else echo "[wanted code 2, got $code, and: $line]" >>"$work/out"; fail "$name"; fi
}

# ---- what is missing ----

# a PATH with nothing of a cluster in it
mkdir "$work/path"
for tool in sh dirname sed cut cat cp mktemp rm grep tr; do ln -s "$(command -v $tool)" "$work/path/$tool"; done
# usage: stub PROGRAM TEXT: a program that does this
stub() { printf '#!/bin/sh\n%s\n' "$2" >"$work/path/$1" && chmod +x "$work/path/$1"; }
lab() { env PATH="$work/path" sh manifests/lab.sh "$@"; }
with() { env PATH="$work/path" "$@"; }

kubectl_missing='kubectl is not installed (https://kubernetes.io/docs/tasks/tools)'
docker_missing='docker is not installed (https://docs.docker.com/get-started/get-docker)'
for verb in deploy undeploy test-pod logs kind-up; do
    refused "$verb without kubectl" "$verb: $kubectl_missing" lab $verb
done
refused "image without docker" "image: $docker_missing" lab image
stub kubectl 'exit 1'
for verb in kind-up kind-load kind-down; do
    refused "$verb without kind" "$verb: kind is not installed (https://kind.sigs.k8s.io)" lab $verb
done
refused "no cluster" "deploy: no cluster answers (kubectl get namespaces says why)" lab deploy
stub kind '[ "$1 $2" != "get clusters" ] || echo other'
refused "kind without docker" "kind-up: $docker_missing" lab kind-up
stub docker 'exit 1'
refused "kind without an engine" "kind-load: no Docker engine answers (docker info says why)" lab kind-load
stub docker '[ "$1" = info ]'
refused "a cluster that kind does not have" "kind-load: no kind cluster is called sched-lab (make kind-up CLUSTER=sched-lab)" lab kind-load
refused "deploy to such a cluster" "deploy: no kind cluster is called x (make kind-up CLUSTER=x)" with CLUSTER=x sh manifests/lab.sh deploy
refused "an image that is not there" "kind-load: no image is called a:b (make image IMAGE=a:b)" with CLUSTER=other IMAGE=a:b sh manifests/lab.sh kind-load
refused "a wrong scheduler" "deploy: SCHEDULER: expected watch or polling, got 'poling'" with SCHEDULER=poling sh manifests/lab.sh deploy
refused "a wrong namespace" "deploy: NAMESPACE: expected a namespace, got 'a b'" with NAMESPACE="a b" sh manifests/lab.sh deploy
stub kubectl 'exit 0'
refused "a wrong argument" "deploy: ARGS: expected words of letters, digits and ._/:@=-, got '--policy=\"x'" with ARGS='--policy="x' sh manifests/lab.sh deploy
stub kubectl 'exit 1'
refused "a wrong image" "deploy: IMAGE: expected an image, got 'a\"b'" with IMAGE='a"b' sh manifests/lab.sh deploy

# ---- on the simulator, with kubectl ----

if [ -z "$kubectl" ] || ! "$kubectl" version --client >/dev/null 2>&1; then
    echo "skipped: no kubectl (set KUBECTL)"
    echo "$passed passed, $failed failed"
    [ $failed = 0 ]
    exit
fi
mkdir "$work/kubectl"
ln -s "$(command -v "$kubectl")" "$work/kubectl/kubectl"
export PATH="$work/kubectl:$PATH" HOME="$work" KUBECONFIG="$work/kubeconfig"
"$bin/simulator" --rbac --tls --nodes 4 --kubelet-start-ms 50 --write-kubeconfig "$KUBECONFIG" >"$work/simulator.log" 2>&1 &
started=$!
within "the simulator starts" listening cat "$work/simulator.log"

# usage: deployed NAMESPACE NAME PATTERN: a line of the Deployment
deployed() { expect "$2 in $1: $3" "$3" kubectl -n "$1" get deployment "$2" -o yaml; }
# usage: may NAMESPACE VERB RESOURCE [ARGUMENT...]: what the service account of that namespace may
may() { account=$1; shift; kubectl auth can-i --as "system:serviceaccount:$account:my-scheduler" "$@"; }

expect "make deploy" 'deployment "watch-scheduler" successfully rolled out' make deploy
expect "two replicas run" '^watch-scheduler +2/2 ' kubectl -n kube-system get deployments
expect "again changes nothing" '^deployment.apps/watch-scheduler unchanged' make deploy
deployed kube-system watch-scheduler 'image: my-scheduler:dev$'
expect "it may bind" '^yes' may kube-system create pods --subresource=binding -A
expect "it may have its lease" '^yes' may kube-system update leases.coordination.k8s.io/my-scheduler -n kube-system

# inside the cluster nothing runs: here the scheduler is started by hand, as the service account
token=$(kubectl create token my-scheduler -n kube-system)
expect "its credentials" 'User "my-scheduler" set' kubectl config set-credentials my-scheduler --token="$token"
expect "its context" 'Context "my-scheduler" created' kubectl config set-context my-scheduler --cluster=sched-lab --user=my-scheduler
"$bin/watch" --context my-scheduler --leader-elect >"$work/watch.log" 2>"$work/watch.err" &
started="$started $!"
within "it leads" ' leads$' cat "$work/watch.err"
expect "make test-pod" '^test-pod .* sched-lab-' make test-pod
expect "it has bound it" '^\[watch-scheduler\] Bound default/test-pod -> sched-lab-' cat "$work/watch.log"
expect "and misses no right" '^0$' sh -c "grep -c 'missing RBAC' '$work/watch.err'; :"
expect "make test-pod again" '^test-pod .* sched-lab-' make test-pod

expect "another namespace, another image" 'deployment "polling-scheduler" successfully rolled out' \
    make deploy SCHEDULER=polling NAMESPACE=lab IMAGE=host:5000/a/b@sha256:0123 ARGS='--policy one-per-node --require-node-label env=prod'
deployed lab polling-scheduler 'image: host:5000/a/b@sha256:0123$'
deployed lab polling-scheduler '^ +- one-per-node$'
deployed lab polling-scheduler '^ +- env=prod$'
expect "it may bind as well" '^yes' may lab create pods --subresource=binding -A
expect "it may evict" '^yes' may lab delete pods -A
expect "the first may still bind" '^yes' may kube-system create pods --subresource=binding -A
expect "both in one namespace are told of" '^watch-scheduler is there too, and of both one replica works: make undeploy SCHEDULER=watch$' make deploy SCHEDULER=polling
expect "undeploy of one" 'deployment.apps "polling-scheduler" deleted' make undeploy SCHEDULER=polling
expect "leaves the other its rights" '^yes' may kube-system create pods --subresource=binding -A
expect "make undeploy" 'clusterrole.rbac.authorization.k8s.io "my-scheduler" deleted' make undeploy
expect "make undeploy of the other namespace" 'clusterrole.rbac.authorization.k8s.io "my-scheduler-preemption-lab" deleted' make undeploy NAMESPACE=lab
expect "nothing is left" '^0$' sh -c 'kubectl get all,roles,rolebindings,clusterroles,clusterrolebindings,serviceaccounts,leases -A -o name | grep -c -e my-scheduler -e polling- -e watch-; :'

# ---- the workshop ----

expect "who runs it lets nodes be seen" 'workshop-node-reader created' kubectl apply -f manifests/examples/workshop/node-reader.yaml
kubectl create namespace david >/dev/null
expect "a student's scheduler" 'deployment.apps/prgcontsched created' \
    kubectl apply -n david -f manifests/examples/workshop/rbac.yaml -f manifests/examples/workshop/deployment.yaml -f manifests/examples/workshop/hello.yaml
within "it runs" '^prgcontsched +1/1 ' kubectl -n david get deployments
token=$(kubectl create token prgcontsched -n david)
kubectl config set-credentials david --token="$token" >/dev/null
kubectl config set-context david --cluster=sched-lab --user=david >/dev/null
"$bin/watch" --context david --scheduler-name PrgContSched --namespace david --print-pods --policy fixed=sched-lab-worker >"$work/david.log" 2>"$work/david.err" &
started="$started $!"
within "prints the pod" "^pod: 'hello', phase: 'Pending' PrgContSched\.$" cat "$work/david.log"
within "puts it on the node" '^\[watch-scheduler\] Bound david/hello -> sched-lab-worker$' cat "$work/david.log"
expect "and misses no right" '^0$' sh -c "grep -c 'missing RBAC' '$work/david.err'; :"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
