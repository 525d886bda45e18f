#!/usr/bin/env bash
# build.sh: builds etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kubectl from their Go modules, once.
# usage: build.sh [PROGRAM...]     default: all five; prints the folder they are in
# KUBEBUILDER_ASSETS names that folder (default ~/.cache/envtest/VERSION). A program that is there already is taken as it is, so
# an existing set of binaries needs no Go. Otherwise: Go 1.24 or newer and the Go module proxy; about 8 minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")"
version=v1.34.4
folder=${KUBEBUILDER_ASSETS:-$HOME/.cache/envtest/$version}
[ $# != 0 ] || set -- etcd kube-apiserver kube-controller-manager kube-scheduler kubectl

missing=()
for program in "$@"; do
    [ -x "$folder/$program" ] || missing+=("$program")
done
if [ ${#missing[@]} = 0 ]; then
    echo "$folder"
    exit 0
fi

if ! command -v go >/dev/null; then
    echo "envtest: no ${missing[*]} in $folder, and no Go to build them: install Go 1.24 or newer (https://go.dev/dl)," \
        "or set KUBEBUILDER_ASSETS to a folder that has them" >&2
    exit 2
fi
mkdir -p "$folder"
stamp=k8s.io/component-base/version
flags="-s -w -X $stamp.gitVersion=$version -X $stamp.gitMajor=1 -X $stamp.gitMinor=34 -X $stamp.gitTreeState=clean"
export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
for program in "${missing[@]}"; do
    module=kubernetes package=k8s.io/kubernetes/cmd/$program
    [ "$program" != etcd ] || module=etcd package=go.etcd.io/etcd/server/v3
    echo "envtest: building $program into $folder" >&2
    # into place in one step: an interrupted build leaves nothing that looks finished
    go -C "$module" build -ldflags "$flags" -o "$folder/.$program.$$" "$package" >&2
    mv "$folder/.$program.$$" "$folder/$program"
done
echo "$folder"
