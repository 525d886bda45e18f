#!/bin/sh
# lab.sh: what make does with a cluster: the image, kind, and the schedulers as Deployments. One step a call, one line when something is missing.
# usage: lab.sh image | kind-up | kind-load | kind-down | deploy | undeploy | test-pod | logs
#   IMAGE=my-scheduler:dev    the image
#   CLUSTER=name              a kind cluster; kind-*: sched-lab; the others: the current context of kubectl, and the image is there already
#   NODE_IMAGE=name           of kind-up; default kind's own
#   NAMESPACE=kube-system     where the schedulers are deployed; it is made when it is not there
#   SCHEDULER=watch|polling   which one: deploy: watch; undeploy, logs: both
#   ARGS="--policy spread"    deploy: more arguments of the scheduler; with --preemption and one-per-node it may delete pods
#   FOLLOW=1                  logs: go on until Ctrl-C
# Exit code 2 when a program is missing, an argument is wrong or no cluster answers.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
verb=${1:-}
image=${IMAGE:-my-scheduler:dev}
namespace=${NAMESPACE:-kube-system}

die() {
    echo "$verb: $*" >&2
    exit 2
}

# usage: need PROGRAM WHERE
need() { command -v "$1" >/dev/null 2>&1 || die "$1 is not installed ($2)"; }
need_kubectl() { need kubectl https://kubernetes.io/docs/tasks/tools; }
need_docker() {
    need docker https://docs.docker.com/get-started/get-docker
    docker info >/dev/null 2>&1 || die "no Docker engine answers (docker info says why)"
}
need_kind() {
    need kind https://kind.sigs.k8s.io
    need_docker
}

k() { kubectl ${CLUSTER:+--context "kind-$CLUSTER"} "$@"; }

# usage: known CLUSTER: is it one of kind's
known() { kind get clusters 2>/dev/null | grep -qxF -- "$1"; }

need_cluster() {
    need_kubectl
    if [ -n "${CLUSTER:-}" ]; then
        need_kind
        known "$CLUSTER" || die "no kind cluster is called $CLUSTER (make kind-up CLUSTER=$CLUSTER)"
    fi
    k --request-timeout=20s get namespaces -o name >/dev/null 2>&1 || die "no cluster answers (kubectl get namespaces says why)"
}

# usage: check WHAT VALUE EXPECTED: values end up in YAML
check() {
    case $2 in
    '' | *[!A-Za-z0-9._/:@-]*) die "$1: expected $3, got '$2'" ;;
    esac
}

# The schedulers that are meant, in words.
chosen() {
    case ${SCHEDULER:-both} in
    both) echo watch polling ;;
    watch | polling) echo "$SCHEDULER" ;;
    *) die "SCHEDULER: expected watch or polling, got '$SCHEDULER'" ;;
    esac
}

# ---- kind ----

kind_up() {
    need_kubectl
    need_kind
    if known "$1"; then
        echo "kind cluster $1 is there already"
        return
    fi
    kind create cluster --name "$1" --config "$here/../kind-multinode.yaml" ${NODE_IMAGE:+--image "$NODE_IMAGE"} --wait 3m
    kubectl --context "kind-$1" wait --for=condition=Ready node --all --timeout=3m
}

kind_load() {
    need_kind
    known "$1" || die "no kind cluster is called $1 (make kind-up CLUSTER=$1)"
    docker image inspect "$image" >/dev/null 2>&1 || die "no image is called $image (make image IMAGE=$image)"
    kind load docker-image "$image" --name "$1"
}

# ---- what is applied ----

# usage: rename NAME: a ClusterRole is in no namespace: those of two deployments must not have one name
rename() {
    printf -- '- target: {kind: ClusterRole, name: %s}\n  options: {allowNameChange: true}\n  patch: |-\n' "$1"
    printf '    - {op: replace, path: /metadata/name, value: %s}\n' "$1-$namespace"
    printf -- '- target: {kind: ClusterRoleBinding, name: %s}\n  options: {allowNameChange: true}\n  patch: |-\n' "$1"
    printf '    - {op: replace, path: %s, value: %s}\n' /metadata/name "$1-$namespace" /roleRef/name "$1-$namespace"
}

# usage: kustomization FOLDER FILE...: files of this folder as they are to be in the namespace
kustomization() {
    folder=$1
    shift
    for file; do cp "$here/$file" "$folder/"; done
    {
        printf 'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: %s\nresources:\n' "$namespace"
        printf -- '- %s\n' "$@"
        printf 'patches:\n- target: {kind: Deployment}\n  patch: |-\n'
        printf '    - {op: replace, path: /spec/template/spec/containers/0/image, value: "%s"}\n' "$image"
        for word in ${ARGS:-}; do
            case $word in *[!A-Za-z0-9._/:@=-]*) die "ARGS: expected words of letters, digits and ._/:@=-, got '$word'" ;; esac
            printf '    - {op: add, path: /spec/template/spec/containers/0/args/-, value: "%s"}\n' "$word"
        done
        # another image under the same name is another Deployment
        id=$([ -z "${CLUSTER:-}" ] || docker image inspect --format '{{.Id}}' "$image" 2>/dev/null || true)
        [ -z "$id" ] || printf '    - {op: add, path: /spec/template/metadata/annotations, value: {image-id: "%s"}}\n' "$id"
        if [ "$namespace" != kube-system ]; then
            rename my-scheduler
            rename my-scheduler-preemption
        fi
    } >"$folder/kustomization.yaml"
    kubectl kustomize "$folder"
}

# Only what --preemption and one-per-node need on top.
more_rbac() {
    case " ${ARGS:-} " in
    *" --preemption "* | *one-per-node*) echo rbac-preemption.yaml ;;
    esac
}

work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

deploy() {
    scheduler=${SCHEDULER:-watch}
    chosen >/dev/null
    check NAMESPACE "$namespace" "a namespace"
    check IMAGE "$image" "an image"
    need_cluster
    [ -z "${CLUSTER:-}" ] || kind_load "$CLUSTER"
    work=$(mktemp -d)
    # shellcheck disable=SC2046  # no file or one
    kustomization "$work" rbac.yaml $(more_rbac) "$scheduler-deployment.yaml" >"$work/all"
    k get namespace "$namespace" >/dev/null 2>&1 || k create namespace "$namespace"
    k apply -f "$work/all"
    for other in watch polling; do
        [ $other = "$scheduler" ] || ! k -n "$namespace" get deployment $other-scheduler >/dev/null 2>&1 ||
            echo "$other-scheduler is there too, and of both one replica works: make undeploy SCHEDULER=$other"
    done
    k -n "$namespace" rollout status "deployment/$scheduler-scheduler" --timeout=120s || {
        k -n "$namespace" get pods -l "app=$scheduler-scheduler" -o wide
        exit 1
    }
}

undeploy() {
    schedulers=$(chosen)
    check NAMESPACE "$namespace" "a namespace"
    need_cluster
    for scheduler in $schedulers; do
        k -n "$namespace" delete deployment "$scheduler-scheduler" --ignore-not-found
        k -n "$namespace" wait --for=delete pod -l "app=$scheduler-scheduler" --timeout=60s >/dev/null
    done
    for scheduler in watch polling; do
        if k -n "$namespace" get deployment $scheduler-scheduler >/dev/null 2>&1; then return; fi
    done
    work=$(mktemp -d)
    ARGS='' kustomization "$work" rbac.yaml rbac-preemption.yaml >"$work/all"
    k delete --ignore-not-found -f "$work/all"
    k -n "$namespace" delete lease my-scheduler --ignore-not-found
}

test_pod() {
    need_cluster
    k -n default delete pod test-pod --ignore-not-found --grace-period=1
    k -n default apply -f "$here/test-pod.yaml"
    k -n default wait --for=condition=PodScheduled pod/test-pod --timeout=30s >/dev/null || {
        echo "$verb: no scheduler named my-scheduler has bound it in 30 s:" >&2
        k -n default get events --field-selector involvedObject.name=test-pod >&2
        exit 1
    }
    k -n default get pod test-pod -o wide
}

logs() {
    schedulers=$(chosen)
    need_cluster
    k -n "$namespace" logs -l "app in ($(echo "$schedulers" | sed 's/\([a-z]\)\( \|$\)/\1-scheduler\2/g; s/ /,/g'))" --prefix --tail=-1 ${FOLLOW:+-f}
}

case $verb in
image)
    need_docker
    docker build --build-arg "VERSION=${VERSION:-unknown}" -t "$image" "$here/.."
    ;;
kind-up) kind_up "${CLUSTER:-sched-lab}" ;;
kind-load) kind_load "${CLUSTER:-sched-lab}" ;;
kind-down)
    need_kind
    kind delete cluster --name "${CLUSTER:-sched-lab}"
    ;;
deploy) deploy ;;
undeploy) undeploy ;;
test-pod) test_pod ;;
logs) logs ;;
*)
    sed -n '2,11p' "$0" | cut -c3- >&2
    exit 2
    ;;
esac
