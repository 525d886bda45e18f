#!/bin/sh
# deps.sh: installs what a build or a test needs and this machine lacks.
# usage: deps.sh [build|test|memcheck|format|browser]    default: test, which includes build
# Debian and Ubuntu: apt-get, through sudo where the user is not root. Elsewhere it prints the command to run and exits 2.
# Asks for capabilities, not for packages, so a library built by hand counts. Silent and quick when nothing is missing.
set -eu
want=${1:-test}
missing=

need() { missing="$missing $1"; }
has() { command -v "$1" >/dev/null 2>&1; }

# usage: needs_program PROGRAM KIND
needs_program() { has "$1" || need "$2"; }

build_needs() {
    # shellcheck disable=SC2086  # CC may be several words: "ccache gcc"
    set -- ${CC:-cc}
    if has "$1"; then
        echo '#include <stdio.h>' | "$@" -E - >/dev/null 2>&1 || need libc
    else
        need compiler
        need libc
    fi
    needs_program make make
    if ! has pkg-config; then
        need pkg-config
        need curl-lib
        need jansson
        need yaml
        need microhttpd
        return
    fi
    pkg-config --exists libcurl jansson yaml-0.1 libmicrohttpd && return
    pkg-config --exists libcurl || need curl-lib
    pkg-config --exists jansson || need jansson
    pkg-config --exists yaml-0.1 || need yaml
    pkg-config --exists libmicrohttpd || need microhttpd
}

test_needs() {
    { has pkg-config && pkg-config --exists check; } || need check
    needs_program openssl openssl
    needs_program curl curl
    needs_program ps procps
    [ -s /etc/ssl/certs/ca-certificates.crt ] || [ -s /etc/ssl/cert.pem ] || [ -s /etc/pki/tls/certs/ca-bundle.crt ] || need ca
}

case $want in
build) build_needs ;;
test) build_needs && test_needs ;;
memcheck) build_needs && test_needs && needs_program valgrind valgrind ;;
format) needs_program clang-format clang-format ;;
browser) (. tests/browser/chromium.sh && find_browser) >/dev/null || need browser ;;
*)
    sed -n '2,5p' "$0" | cut -c3- >&2
    exit 2
    ;;
esac
[ -n "$missing" ] || exit 0

# The packages of a system, one "KIND PACKAGE" a line.
table() {
    case $1 in
    apt) echo 'compiler gcc|libc libc6-dev|make make|pkg-config pkg-config|curl-lib libcurl4-openssl-dev|jansson libjansson-dev|yaml libyaml-dev
microhttpd libmicrohttpd-dev|check check|openssl openssl|curl curl|procps procps|ca ca-certificates|valgrind valgrind|clang-format clang-format|browser chromium' ;;
    dnf) echo 'compiler gcc|libc glibc-devel|make make|pkg-config pkgconf-pkg-config|curl-lib libcurl-devel|jansson jansson-devel|yaml libyaml-devel
microhttpd libmicrohttpd-devel|check check-devel|openssl openssl|curl curl|procps procps-ng|ca ca-certificates|valgrind valgrind|clang-format clang-tools-extra|browser chromium' ;;
    apk) echo 'compiler gcc|libc musl-dev|make make|pkg-config pkgconf|curl-lib curl-dev|jansson jansson-dev|yaml yaml-dev
microhttpd libmicrohttpd-dev|check check-dev|openssl openssl|curl curl|procps procps|ca ca-certificates|valgrind valgrind|clang-format clang-extra-tools|browser chromium' ;;
    pacman) echo 'compiler gcc|libc glibc|make make|pkg-config pkgconf|curl-lib curl|jansson jansson|yaml libyaml
microhttpd libmicrohttpd|check check|openssl openssl|curl curl|procps procps-ng|ca ca-certificates|valgrind valgrind|clang-format clang|browser chromium' ;;
    brew) echo 'make make|pkg-config pkgconf|curl-lib curl|jansson jansson|yaml libyaml
microhttpd libmicrohttpd|check check|openssl openssl|curl curl|ca ca-certificates|valgrind valgrind|clang-format clang-format|browser google-chrome' ;;
    esac | tr '|' '\n'
}

packages_for() {
    for kind in $missing; do
        table "$1" | while read -r k p; do
            [ "$k" != "$kind" ] || printf ' %s' "$p"
        done
    done
}

tell() {
    echo "deps: something is missing ($(echo $missing)); install it with: ${1# }" >&2
    exit 2
}

if ! has apt-get; then
    as=sudo
    [ "$(id -u)" != 0 ] || as=
    if has dnf; then tell "$as dnf install$(packages_for dnf)"; fi
    if has apk; then tell "$as apk add$(packages_for apk)"; fi
    if has pacman; then tell "$as pacman -S --needed$(packages_for pacman)"; fi
    if has brew; then tell "xcode-select --install; brew install$(packages_for brew)"; fi
    tell "your system's package manager (README.md lists what is needed)"
fi

packages=$(packages_for apt)
sudo=
if [ "$(id -u)" != 0 ]; then
    has sudo || tell "apt-get install$packages (as root: there is no sudo here)"
    sudo=sudo
fi
echo "deps: installing$packages"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# Waits for another apt-get rather than failing; asks nothing.
apt() {
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@" </dev/null >"$log" 2>&1
}
# shellcheck disable=SC2086  # a list of words
install() { apt install -y --no-install-recommends $packages; }

# The lists are fetched only where they are absent or so old that a package is no longer where they say.
if ! install && ! { apt update && install; }; then
    tail -n 20 "$log" >&2
    echo "deps: apt-get could not install$packages" >&2
    exit 2
fi
