#!/bin/sh
# kubectl.sh: the simulator against the real kubectl. Run from the top of the repository after `make`.
# KUBECTL: the kubectl to use (else the one in PATH). SIMULATOR: the simulator (else bin/simulator). SIMULATOR_ARGS: more of its options.
# Prints a line for each case and `N passed, N failed` at the end; exits 1 when one failed; says so where there is no kubectl.
set -u

kubectl=${KUBECTL:-$(command -v kubectl || true)}
simulator=${SIMULATOR:-bin/simulator}
if [ -z "$kubectl" ] || ! "$kubectl" version --client >/dev/null 2>&1; then
    echo "skipped: no kubectl (set KUBECTL)"
    exit 0
fi

work=$(mktemp -d) || exit 1
passed=0 failed=0 server=
cleanup() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; }
    rm -rf "$work"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

# kubectl with a time limit of its own, a home of its own, and nothing to read
k() { HOME=$work KUBECONFIG=$work/kubeconfig "$kubectl" --request-timeout=20s "$@" </dev/null; }

pass() { passed=$((passed + 1)); echo "ok    $1"; }
fail() { failed=$((failed + 1)); echo "FAIL  $1"; sed 's/^/      /' "$work/out"; }

# what only reads is asked again for 10 seconds: a rollout's old pods, an event, a kubelet take their time
patience() { case $1 in get | describe | events) echo 100 ;; *) echo 1 ;; esac; }
# case NAME PATTERN COMMAND...: the command succeeds and a line of its output matches the extended regular expression
expect() {
    name=$1 pattern=$2 tries=$(patience "${4:-}"); shift 2
    while ! { "$@" >"$work/out" 2>&1 && grep -Eq -- "$pattern" "$work/out"; }; do
        tries=$((tries - 1))
        if [ "$tries" -le 0 ]; then echo "[wanted: $pattern]" >>"$work/out"; fail "$name"; return; fi
        sleep 0.1
    done
    pass "$name"
}
# the same of a command that must fail
refuse() {
    name=$1 pattern=$2; shift 2
    if ! "$@" >"$work/out" 2>&1 && grep -Eq -- "$pattern" "$work/out"; then pass "$name"; else echo "[wanted a failure: $pattern]" >>"$work/out"; fail "$name"; fi
}
# no line of the output matches
expect_not() {
    name=$1 pattern=$2; shift 2
    if "$@" >"$work/out" 2>&1 && ! grep -Eq -- "$pattern" "$work/out"; then pass "$name"; else echo "[not wanted: $pattern]" >>"$work/out"; fail "$name"; fi
}
# until NAME PATTERN FILE: within 10 seconds a line of the file matches
until_line() {
    tries=0
    while ! grep -Eq -- "$2" "$3" 2>/dev/null; do
        tries=$((tries + 1))
        if [ "$tries" -gt 100 ]; then cp "$3" "$work/out"; fail "$1"; return; fi
        sleep 0.1
    done
    pass "$1"
}

# usage: start ARGUMENT...: a new simulator in place of the one before
start() {
    [ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; }
    rm -f "$work/kubeconfig"
    # shellcheck disable=SC2086
    "$simulator" --nodes 4 --kubelet-start-ms 100 --write-kubeconfig "$work/kubeconfig" "$@" ${SIMULATOR_ARGS:-} >"$work/server.log" 2>&1 &
    server=$!
    tries=0
    while [ ! -s "$work/kubeconfig" ]; do
        tries=$((tries + 1))
        if [ "$tries" -gt 100 ] || ! kill -0 "$server" 2>/dev/null; then cat "$work/server.log"; echo "the simulator did not start"; exit 1; fi
        sleep 0.1
    done
}
start

cat >"$work/pod.yaml" <<'YAML'
apiVersion: v1
kind: Pod
metadata:
  name: web
  labels: {app: web}
spec:
  schedulerName: my-scheduler
  containers:
  - name: c
    image: registry.k8s.io/pause:3.9
    resources:
      requests: {cpu: 100m, memory: 64Mi}
YAML
sed 's/app: web/app: web, tier: front/' "$work/pod.yaml" >"$work/pod2.yaml"
sed 's/name: web$/name: extra/; s/schedulerName: .*/nodeName: sched-lab-worker2/' "$work/pod.yaml" >"$work/extra.yaml"
sed 's/name: web$/name: typo/; s/schedulerName:/schedulerNam:/' "$work/pod.yaml" >"$work/typo.yaml"
cat >"$work/bind.json" <<'JSON'
{"apiVersion":"v1","kind":"Binding","metadata":{"name":"web"},"target":{"apiVersion":"v1","kind":"Node","name":"sched-lab-worker"}}
JSON

expect "version" "Server Version: v1\.34" k version
expect "api-resources" "^pods +po +v1 +true +Pod" k api-resources
expect "api-versions" "^coordination\.k8s\.io/v1$" k api-versions
expect "get nodes" "^NAME +STATUS +ROLES +AGE +VERSION *$" k get nodes
expect "get nodes: control plane" "^sched-lab-control-plane +Ready +control-plane +[0-9]+s +v1\.34" k get nodes
expect "get nodes -o wide" "^sched-lab-worker3 +Ready +<none> .*172\.18\.0\.5 +<none> +Debian" k get nodes -o wide
expect "get no NAME -o jsonpath" "^sched-lab-worker$" k get no sched-lab-worker -o 'jsonpath={.metadata.labels.kubernetes\.io/hostname}'
expect "get namespaces" "^default +Active +[0-9]+s" k get namespaces
expect "get pods, none" "No resources found in default namespace" k get pods
expect "get pods -A" "^kube-system +etcd-sched-lab-control-plane +1/1 +Running" k get pods -A

(k get pods -w -o wide >"$work/watch" 2>&1) & watch=$!
expect "apply creates" "^pod/web created$" k apply -f "$work/pod.yaml"
expect "apply again" "^pod/web unchanged$" k apply -f "$work/pod.yaml"
expect "apply changes" "^pod/web configured$" k apply -f "$work/pod2.yaml"
expect "the change is there" "^front$" k get pod web -o 'jsonpath={.metadata.labels.tier}'
expect "apply takes away" "^pod/web configured$" k apply -f "$work/pod.yaml"
expect "what was taken away is gone" "^\{\"app\":\"web\"\}$" k get pod web -o 'jsonpath={.metadata.labels}'
expect_not "diff sees nothing" "." k diff -f "$work/pod.yaml"
refuse "apply of a misspelt field" "unknown field \"spec\.schedulerNam\"" k apply -f "$work/typo.yaml"
refuse "create of what exists" "AlreadyExists.*pods \"web\" already exists" k create -f "$work/pod.yaml"
expect "get pods: pending" "^web +0/1 +Pending +0 +[0-9]+s$" k get pods
expect "get pods --field-selector" "^web " k get pods --field-selector spec.nodeName=,status.phase=Pending,spec.schedulerName=my-scheduler
expect "field selector that matches none" "No resources found" k get pods --field-selector spec.nodeName=sched-lab-worker
refuse "field selector that is not supported" "field label not supported: spec\.foo" k get pods --field-selector spec.foo=1
expect "get pods -A --selector" "^default +web " k get pods -A --selector app=web
expect "selector with sets" "^pod/web$" k get pods -l 'app in (web,db),!nope' -o name
expect "get -o yaml" "^  schedulerName: my-scheduler$" k get pod web -o yaml
expect "get -o json" "\"phase\": \"Pending\"" k get pod web -o json
expect "get --show-labels" "app=web$" k get pods --show-labels
expect "get -L" "^web +.* web$" k get pods -L app
expect "get -o custom-columns" "^web +my-scheduler$" k get pods -o custom-columns=N:.metadata.name,S:.spec.schedulerName
expect "get --chunk-size" "^kube-system +kube-scheduler-" k get pods -A --chunk-size=2
refuse "get of what is not there" "pods \"nope\" not found" k get pod nope
expect "describe a pending pod" "^Node: +<none>$" k describe pod web

expect "create --raw binding" "\"status\":\"Success\"" k create --raw /api/v1/namespaces/default/pods/web/binding -f "$work/bind.json"
refuse "bind twice" "already assigned to node" k create --raw /api/v1/namespaces/default/pods/web/binding -f "$work/bind.json"
expect "wait --for=condition=Ready" "pod/web condition met" k wait --for=condition=Ready pod/web --timeout=10s
expect "get pods -o wide: running" "^web +1/1 +Running +0 +[0-9]+s +10\.[0-9.]+ +sched-lab-worker +<none> +<none>$" k get pods -o wide
until_line "get -w saw it pending" "^web +0/1 +Pending +0 +[0-9]+s +<none> +<none>" "$work/watch"
until_line "get -w saw it run" "^web +1/1 +Running .* sched-lab-worker" "$work/watch"
kill "$watch" 2>/dev/null; wait "$watch" 2>/dev/null
expect "describe a running pod" "^Node: +sched-lab-worker/" k describe pod web
expect "describe node lists the pod" "default +web +100m" k describe node sched-lab-worker
expect "describe node: taint" "^Taints: +node-role\.kubernetes\.io/control-plane:NoSchedule$" k describe node sched-lab-control-plane

expect "create -f" "^pod/extra created$" k create -f "$work/extra.yaml"
expect "wait --for=jsonpath" "pod/extra condition met" k wait '--for=jsonpath={.status.phase}=Running' pod/extra --timeout=10s
expect "run" "^pod/runner created$" k run runner --image=registry.k8s.io/pause:3.9
expect "the default scheduler serves it" "condition met" k wait --for=condition=PodScheduled pod/runner --timeout=10s
expect "events" "Scheduled .*Pod/runner .*Successfully assigned default/runner to sched-lab-" k events
expect "get events" "Normal +Scheduled +pod/runner +Successfully assigned" k get events
expect "get events.events.k8s.io" "Normal +Scheduled +pod/runner" k get events.events.k8s.io
expect "get events by object" "pod/runner" k get events --field-selector involvedObject.name=runner
expect "describe shows events" "Normal +Scheduled .*Successfully assigned default/runner" k describe pod runner
expect "run --dry-run=server" "pod/dry created \(server dry run\)" k run dry --image=x --dry-run=server
expect_not "and nothing is there" "dry" k get pods

expect "label" "pod/web labeled" k label pod web color=blue
expect "label --overwrite" "pod/web labeled" k label pod web color=red --overwrite
refuse "label that exists" "already has a value" k label pod web color=green
expect "label taken off" "pod/web unlabeled" k label pod web color-
expect "annotate" "pod/web annotated" k annotate pod web note=hello
expect "annotation is there" "^hello$" k get pod web -o 'jsonpath={.metadata.annotations.note}'
expect "label node" "labeled" k label node sched-lab-worker env=prod
expect "get nodes -l" "^sched-lab-worker " k get nodes -l env=prod
expect "taint" "tainted" k taint node sched-lab-worker dedicated=lab:NoSchedule
expect "taint is there" "^Taints: +dedicated=lab:NoSchedule$" k describe node sched-lab-worker
expect "untaint" "untainted" k taint node sched-lab-worker dedicated=lab:NoSchedule-
expect "taint is gone" "^Taints: +<none>$" k describe node sched-lab-worker
expect "cordon" "cordoned" k cordon sched-lab-worker2
expect "cordoned" "^sched-lab-worker2 +Ready,SchedulingDisabled" k get nodes
expect "uncordon" "uncordoned" k uncordon sched-lab-worker2
expect "uncordoned" "^sched-lab-worker2 +Ready +" k get nodes
expect "patch (strategic)" "patched" k patch node sched-lab-worker3 -p '{"metadata":{"labels":{"disk":"ssd"}}}'
expect "patch (merge)" "patched" k patch node sched-lab-worker3 --type=merge -p '{"spec":{"unschedulable":true}}'
expect "patch (json)" "patched" k patch node sched-lab-worker3 --type=json -p '[{"op":"remove","path":"/spec/unschedulable"}]'
expect "patch the status" "patched" k patch node sched-lab-worker3 --subresource=status --type=merge -p '{"status":{"capacity":{"lab/gpu":"1"}}}'
expect "replace" "pod/web replaced" sh -c "HOME=$work KUBECONFIG=$work/kubeconfig $kubectl get pod web -o json | HOME=$work KUBECONFIG=$work/kubeconfig $kubectl replace -f -"
expect "auth can-i" "^yes$" k auth can-i create pods/binding

expect "create namespace" "namespace/lab created" k create namespace lab
expect "create configmap" "configmap/settings created" k create configmap settings --from-literal=a=1 -n lab
expect "get configmap" "^settings +1 +" k get configmap settings -n lab
expect "create serviceaccount" "serviceaccount/bot created" k create serviceaccount bot -n lab
expect "get leases" "^sched-lab-worker +sched-lab-worker +|No resources found" k get leases -n kube-node-lease
expect "delete namespace" "namespace \"lab\" deleted" k delete namespace lab --timeout=15s
refuse "its objects are gone" "not found" k get configmap settings -n lab

expect "delete with grace" "pod \"web\" deleted" k delete pod web --grace-period=1 --timeout=15s
refuse "it is gone" "NotFound" k get pod web
expect "a finalizer" "patched" k patch pod extra --type=merge -p '{"metadata":{"finalizers":["lab/hold"]}}'
expect "delete --wait=false" "pod \"extra\" deleted" k delete pod extra --wait=false
expect "it is terminating" "^extra +[01]/1 +Terminating" k get pods
expect "the finalizer taken off" "patched" k patch pod extra --type=merge -p '{"metadata":{"finalizers":null}}'
expect_not "now it goes" "timed out" k wait --for=delete pod/extra --timeout=15s
expect "delete --force" "force deleted" k delete pod runner --force --grace-period=0
refuse "it is gone at once" "NotFound" k get pod runner
expect "run one more" "pod/last created" k run last --image=registry.k8s.io/pause:3.9
expect "delete --all" "pod \"last\" deleted" k delete pods --all --timeout=40s
expect "delete node" "node \"sched-lab-worker3\" deleted" k delete node sched-lab-worker3
expect "get --raw /readyz" "^ok$" k get --raw /readyz
expect "get --raw /metrics" "^apiserver_request_total\{code=\"201\".*subresource=\"binding\",verb=\"POST\".* 1$" k get --raw /metrics
expect "the requests are recorded" "\"subresource\":\"binding\",\"name\":\"web\",\"code\":201," k get --raw /simulator/requests


# ---- Deployments ----
manifests=$(dirname "$0")/../../manifests
cat >"$work/web.yaml" <<'YAML'
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: c, image: "registry.k8s.io/pause:3.9", resources: {requests: {cpu: 100m}}}
YAML
sed 's/replicas: 3/replica: 3/' "$work/web.yaml" >"$work/web-typo.yaml"
sed 's/labels: {app: web}}/labels: {app: other}}/' "$work/web.yaml" >"$work/web-wrong.yaml"
start
for file in "$manifests"/rbac*.yaml "$manifests"/*-deployment.yaml; do
    expect "apply manifests/${file##*/}" " created$" k apply -f "$file"
    expect_not "apply manifests/${file##*/} again" " (created|configured)$" k apply -f "$file"
done
expect "the scheduler is rolled out" "deployment \"watch-scheduler\" successfully rolled out" k rollout status -n kube-system deployment/watch-scheduler --timeout=20s
expect "and is where it would rather be" "^watch-scheduler-[a-z0-9]+-[a-z0-9]{5} .* sched-lab-control-plane " k get pods -n kube-system -l app=watch-scheduler -o wide
expect "the default scheduler says where" "Scheduled .*Successfully assigned kube-system/watch-scheduler-[a-z0-9-]+ to sched-lab-control-plane" k get events -n kube-system
expect "apply a Deployment" "^deployment\.apps/web created$" k apply -f "$work/web.yaml"
refuse "a misspelt field of one" "unknown field \"spec\.replica\"" k apply -f "$work/web-typo.yaml"
refuse "a selector that does not fit" "\`selector\` does not match template \`labels\`" k apply -f "$work/web-wrong.yaml"
expect "rollout status" "deployment \"web\" successfully rolled out" k rollout status deployment/web --timeout=20s
expect "get deployments -o wide" "^web +3/3 +3 +3 +[0-9]+s +c +registry\.k8s\.io/pause:3\.9 +app=web$" k get deployments -o wide
expect "get rs" "^web-[b-z0-9]+ +3 +3 +3 +[0-9]+s$" k get rs
expect "get pods of a Deployment" "^web-[b-z0-9]+-[b-z0-9]{5} +1/1 +Running +0 " k get pods
expect "get all" "^deployment\.apps/web " k get all
expect "describe deployment" "^NewReplicaSet: +web-[b-z0-9]+ \(3/3 replicas created\)$" k describe deployment web
expect "describe deployment: events" "Normal +ScalingReplicaSet .*Scaled up replica set web-[b-z0-9]+ from 0 to 3$" k describe deployment web
expect "describe pod: who controls it" "^Controlled By: +ReplicaSet/web-" k describe pods -l app=web
expect "scale" "deployment\.apps/web scaled" k scale deployment web --replicas=5
expect "scale with a precondition" "deployment\.apps/web scaled" k scale deployment web --current-replicas=5 --replicas=4
expect "scale is rolled out" "successfully rolled out" k rollout status deployment/web --timeout=20s
expect "set image" "image updated" k set image deployment/web c=registry.k8s.io/pause:3.10
expect "it rolls" "successfully rolled out" k rollout status deployment/web --timeout=20s
expect "pods of the new image" "^registry\.k8s\.io/pause:3\.10 registry\.k8s\.io/pause:3\.10 registry\.k8s\.io/pause:3\.10 registry\.k8s\.io/pause:3\.10$" k get pods -l app=web -o 'jsonpath={.items[*].spec.containers[0].image}'
expect "rollout history" "^2 " k rollout history deployment/web
expect "rollout undo" "rolled back" k rollout undo deployment/web
expect "undone" "successfully rolled out" k rollout status deployment/web --timeout=20s
expect "the old image" "^registry\.k8s\.io/pause:3\.9 " k get pods -l app=web -o 'jsonpath={.items[*].spec.containers[0].image}'
expect "rollout restart" "restarted" k rollout restart deployment/web
expect "rollout pause and resume" "paused" k rollout pause deployment/web
expect "resumed" "resumed" k rollout resume deployment/web
expect "restarted" "successfully rolled out" k rollout status deployment/web --timeout=20s
expect "a deleted pod is replaced" "deleted" k delete pods -l app=web --timeout=20s
expect "it is" "condition met" k wait --for=condition=Available deployment/web --timeout=20s
expect "create deployment" "deployment\.apps/quick created" k create deployment quick --image=registry.k8s.io/pause:3.9 --replicas=2 --port=80
expect "it rolls out" "successfully rolled out" k rollout status deployment/quick --timeout=20s
expect "delete deployment" "deployment\.apps \"quick\" deleted" k delete deployment quick --timeout=20s
expect_not "its pods go" "timed out" k wait --for=delete pod -l app=quick --timeout=20s
expect "delete --cascade=orphan" "deleted" k delete deployment web --cascade=orphan
expect "its ReplicaSets stay" "^web-" k get rs
expect "and are taken over" "created$" k apply -f "$work/web.yaml"
expect "a rollout of what was there" "successfully rolled out" k rollout status deployment/web --timeout=20s
expect "delete --cascade=foreground" "deleted" k delete deployment web --cascade=foreground --timeout=20s
expect "nothing is left" "No resources found" k get rs,pods -l app=web

# ---- roles ----
start --rbac --tls
me=system:serviceaccount:kube-system:my-scheduler
expect "whoami" "^Username +kubernetes-admin$" k auth whoami
expect "a pod without its account is refused" "created" k apply -f "$manifests/polling-deployment.yaml"
until_events() { k get events -n kube-system >"$work/events" 2>&1; grep -q 'serviceaccount "my-scheduler" not found' "$work/events"; }
tries=0; while ! until_events && [ "$tries" -lt 100 ]; do tries=$((tries + 1)); sleep 0.1; done
expect "an event says so" "FailedCreate +replicaset/polling-scheduler-.* Error creating: pods \"polling-scheduler-[b-z0-9]+-\" is forbidden: error looking up service account kube-system/my-scheduler: serviceaccount \"my-scheduler\" not found" cat "$work/events"
expect "apply the roles" "clusterrolebinding\.rbac\.authorization\.k8s\.io/my-scheduler created" k apply -f "$manifests/rbac.yaml"
expect "now it comes" "successfully rolled out" k rollout status -n kube-system deployment/polling-scheduler --timeout=20s
expect "get clusterrolebinding -o wide" "^my-scheduler +ClusterRole/my-scheduler +[0-9]+s +kube-system/my-scheduler$" k get clusterrolebinding -o wide
expect "describe clusterrole" "^  pods/binding +\[\] +\[\] +\[create\]$" k describe clusterrole my-scheduler
expect "can-i, yes" "^yes$" k auth can-i create pods --subresource=binding --as "$me"
refuse "can-i, no" "^no$" k auth can-i delete pods --as "$me"
expect "can-i --list" "^pods/binding +\[\] +\[\] +\[create\]$" k auth can-i --list --as "$me"
refuse "what is not allowed" "Error from server \(Forbidden\): pods \"x\" is forbidden: User \"$me\" cannot delete resource \"pods\" in API group \"\" in the namespace \"default\"" k delete pod x --as "$me"
expect "create token" "^[0-9a-f]{64}$" k create token my-scheduler -n kube-system
token=$(cat "$work/out")
sed 's/    token: .*//; s/  user:$/  user: {}/' "$work/kubeconfig" >"$work/nobody"
as() { HOME=$work KUBECONFIG=$work/nobody "$kubectl" --request-timeout=20s --token="$@" </dev/null; }
expect "the token's user" "^Username +$me$" as "$token" auth whoami
expect "may list" "^NAMESPACE " as "$token" get pods -A
refuse "may not delete" "Forbidden" as "$token" delete pod x
refuse "another token is nobody's" "Unauthorized" as wrong get pods
expect "create role" "role\.rbac\.authorization\.k8s\.io/reader created" k create role reader --verb=get,list --resource=pods,deployments.apps
expect "create rolebinding" "created" k create rolebinding bob --role=reader --user=bob
expect "bob may" "^yes$" k auth can-i list deployments.apps --as bob
refuse "bob may not elsewhere" "^no$" k auth can-i list pods --as bob -n kube-system
expect "create clusterrole" "created" k create clusterrole scaler --verb=update --resource=deployments.apps/scale
expect "create clusterrolebinding" "created" k create clusterrolebinding ann --clusterrole=scaler --group=ops
expect "ann may, by her group" "^yes$" k auth can-i update deployments.apps --subresource=scale --as ann --as-group ops
expect "get roles" "^reader +20[0-9-]+T" k get roles
expect "delete rolebinding" "deleted" k delete rolebinding bob
refuse "bob may no longer" "^no$" k auth can-i list deployments.apps --as bob

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
