#!/usr/bin/env bash
# cluster.sh: a real etcd and kube-apiserver on loopback. No kubelet, no Docker: nodes are objects that a test creates.
# usage: cluster.sh STATE up                    starts both on free ports; prints the administrator's kubeconfig
#        cluster.sh STATE controllers           adds kube-controller-manager: Deployments make pods, namespaces go away
#        cluster.sh STATE no-controllers        ends it
#        cluster.sh STATE default-scheduler     adds kube-scheduler, which serves the pods of default-scheduler
#        cluster.sh STATE no-default-scheduler  ends it
#        cluster.sh STATE stop | start          kube-apiserver only: etcd keeps the objects
#        cluster.sh STATE restart
#        cluster.sh STATE rotate-token TOKEN    from now on the scheduler's token is TOKEN, and the old one gets 401
#        cluster.sh STATE allow | forbid FILE   what that file of manifests/ allows, or no longer
#        cluster.sh STATE down                  ends everything at once; the folder stays, with the logs
# Left in STATE: kubeconfig (system:masters), scheduler.kubeconfig (service account kube-system:my-scheduler, token in the file
# scheduler.token, allowed what manifests/rbac.yaml allows), control (this script, given STATE: `control restart`).
# APISERVER_ARGS adds flags to kube-apiserver.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -ge 2 ] || { sed -n '2,16p' "$0" | cut -c3- >&2; exit 2; }
mkdir -p "$1"
state=$(cd "$1" && pwd)
verb=$2
cd "$state"

die() {
    echo "envtest: $*" >&2
    exit 1
}

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Three ports in a row that nobody listens on, below the range that the kernel gives to clients.
free_ports() {
    local port
    for _ in {1..50}; do
        port=$((12000 + RANDOM % 18000))
        listens $port || listens $((port + 1)) || listens $((port + 2)) || { echo $port; return; }
    done
    die "no free ports on loopback"
}

# usage: kubeconfig USER CREDENTIAL
kubeconfig() {
    cat <<YAML
apiVersion: v1
kind: Config
clusters: [{name: envtest, cluster: {server: "https://127.0.0.1:$(cat port)", certificate-authority: certs/apiserver.crt}}]
users: [{name: $1, user: {$2}}]
contexts: [{name: $1, context: {cluster: envtest, user: $1}}]
current-context: $1
YAML
}

tokens() {
    printf '%s\n' "$(cat admin.token),admin,1,\"system:masters\"" \
        "$(cat scheduler.token),system:serviceaccount:kube-system:my-scheduler,2,\"system:serviceaccounts,system:serviceaccounts:kube-system\""
}

# usage: launch NAME PROGRAM ARGUMENT...: in the background, out of the caller's terminal and process group
launch() {
    local name=$1
    shift
    local detach=()
    ! command -v setsid >/dev/null || detach=(setsid)
    "${detach[@]+"${detach[@]}"}" "$@" >>"$name.log" 2>&1 </dev/null &
    echo $! >"$name.pid"
}

# A zombie is dead: in a container nobody may collect it.
alive() {
    [ -f "$1.pid" ] || return 1
    case $(ps -o stat= -p "$(cat "$1.pid")" 2>/dev/null) in '' | Z*) return 1 ;; esac
}

# usage: end NAME: TERM, and KILL after 2 seconds: kube-apiserver would wait a minute for its watches to go
end() {
    alive "$1" || { rm -f "$1.pid"; return 0; }
    local pid
    pid=$(cat "$1.pid")
    kill "$pid" 2>/dev/null || true
    for _ in {1..40}; do
        alive "$1" || break
        sleep 0.05
    done
    kill -9 "$pid" 2>/dev/null || true
    rm -f "$1.pid"
}

# usage: wait_for NAME URL: until it answers "ok" or {"health":"true"…}
wait_for() {
    local answer deadline=$((SECONDS + 120))
    while [ $SECONDS -lt $deadline ]; do
        alive "$1" || return 1
        answer=$(curl -s --max-time 5 --insecure --noproxy '*' -H "Authorization: Bearer $(cat admin.token)" "$2" || true)
        case $answer in ok | '{"health":"true"'*) return 0 ;; esac
        sleep 0.05
    done
    return 1
}

start_etcd() {
    local client="http://127.0.0.1:$(($(cat port) + 1))" peer="http://127.0.0.1:$(($(cat port) + 2))"
    launch etcd "$bin/etcd" --data-dir etcd --listen-client-urls "$client" --advertise-client-urls "$client" \
        --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" \
        --unsafe-no-fsync --log-level error
    wait_for etcd "$client/health"
}

start_apiserver() {
    local port
    port=$(cat port)
    # ServiceAccount would refuse pods where no controller makes service accounts; TaintNodesByCondition would taint each new node.
    # shellcheck disable=SC2086  # a list of flags
    launch apiserver "$bin/kube-apiserver" --etcd-servers="http://127.0.0.1:$((port + 1))" \
        --service-account-issuer=https://kubernetes.default.svc --service-account-key-file=sa.pub --service-account-signing-key-file=sa.key \
        --authorization-mode=RBAC --token-auth-file=tokens.csv --disable-admission-plugins=ServiceAccount,TaintNodesByCondition \
        --cert-dir=certs --secure-port="$port" --bind-address=127.0.0.1 --advertise-address=127.0.0.1 \
        --service-cluster-ip-range=10.0.0.0/24 --allow-privileged=true ${APISERVER_ARGS:-}
    wait_for apiserver "https://127.0.0.1:$port/readyz"
}

secret() { openssl rand -hex 16; }

prepare() {
    umask 077
    openssl genrsa -out sa.key 2048 2>/dev/null
    openssl rsa -in sa.key -pubout -out sa.pub 2>/dev/null
    secret >admin.token
    secret >scheduler.token
    tokens >tokens.csv
    printf '#!/bin/sh\nexec "%s/cluster.sh" "%s" "$@"\n' "$here" "$state" >control
    printf '%s\n' "$bin" >assets
    chmod +x control
}

up() {
    ! alive apiserver || die "already up: $state"
    prepare
    for _ in 1 2 3; do
        free_ports >port
        rm -rf etcd
        if start_etcd && start_apiserver; then
            kubeconfig admin "token: $(cat admin.token)" >kubeconfig
            kubeconfig scheduler "tokenFile: scheduler.token" >scheduler.kubeconfig
            "$bin/kubectl" --kubeconfig kubeconfig apply -f "$here/../../manifests/rbac.yaml" >/dev/null
            echo "$state/kubeconfig"
            return
        fi
        end apiserver
        end etcd
    done
    tail -n 20 etcd.log apiserver.log >&2
    die "etcd and kube-apiserver did not start (logs in $state)"
}

if [ "$verb" = up ]; then bin=$("$here/build.sh" etcd kube-apiserver kubectl); else bin=$(cat assets 2>/dev/null || true); fi
case $verb in
up) up ;;
controllers)
    bin=$("$here/build.sh" kube-controller-manager)
    launch controllers "$bin/kube-controller-manager" --kubeconfig=kubeconfig --leader-elect=false --secure-port=0 \
        --use-service-account-credentials=false \
        --controllers=deployment-controller,replicaset-controller,garbage-collector-controller,namespace-controller,job-controller
    ;;
no-controllers) end controllers ;;
default-scheduler)
    bin=$("$here/build.sh" kube-scheduler)
    launch default-scheduler "$bin/kube-scheduler" --kubeconfig=kubeconfig --leader-elect=false --secure-port=0
    ;;
no-default-scheduler) end default-scheduler ;;
stop) end apiserver ;;
start) start_apiserver || die "kube-apiserver did not start (log in $state)" ;;
restart)
    end apiserver
    start_apiserver || die "kube-apiserver did not start (log in $state)"
    ;;
rotate-token)
    # as kubelet does it: the new credential is in its file before the old one ends
    printf '%s\n' "${3:?a token}" >scheduler.token.new
    mv scheduler.token.new scheduler.token
    tokens >tokens.csv
    end apiserver
    start_apiserver || die "kube-apiserver did not start (log in $state)"
    ;;
allow) "$bin/kubectl" --kubeconfig kubeconfig apply -f "$here/../../manifests/${3:?a file}" >/dev/null ;;
forbid) "$bin/kubectl" --kubeconfig kubeconfig delete --ignore-not-found -f "$here/../../manifests/${3:?a file}" >/dev/null ;;
down)
    for name in controllers default-scheduler apiserver etcd; do
        ! alive $name || kill -9 "$(cat $name.pid)"
        rm -f $name.pid
    done
    ;;
*) die "unknown verb $verb (up, controllers, no-controllers, default-scheduler, no-default-scheduler, stop, start, restart, rotate-token, allow, forbid, down)" ;;
esac
