#!/usr/bin/env bash
# guide.sh: the lab guide, executed: every command of lab-guide/ is typed, page after page, and its output is as the page shows it;
# every excerpt is in its file word for word; every link leads somewhere.
# usage: guide.sh           Run after `make`. Ends with "N passed, N failed". Needs kubectl; without one only what runs nothing is checked.
#   CLUSTER=kind            on a kind cluster that the guide makes and deletes (Docker, kind; NODE_IMAGE=name), else on the simulator
#   UPDATE=1                writes into the pages what was printed where it differs; look at the difference before you commit it
#   PAGE="05 06"            only the pages whose names begin so, after page 00 (06 goes on where 05 ends)
#   PAGES=folder            the guide is there (default lab-guide/)
#   V=1                     a line for each command
#   B, LAB_BIN              what was built, as tests/run.sh has it. KUBECTL, KUBEBUILDER_ASSETS: where a kubectl is
# How a page is written: tests/guide/README.md. What may differ from run to run: tests/guide/varies.sed.
if [ -z "${BASH_VERSION:-}" ]; then
    command -v bash >/dev/null && exec bash "$0" "$@"
    echo "skipped: guide: no bash"
    exit 0
fi
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/.." && pwd)
pages=${PAGES:-$top/lab-guide}
cluster=${CLUSTER:-simulator}
build=${B:-build}
bin=${LAB_BIN:-$top/bin}
[ "${build#/}" != "$build" ] || build=$top/$build
# a busy machine is slow; a cluster of containers is slower
patience=$([ "$cluster" = kind ] && echo 600 || echo 60)
passed=0 failed=0

work=$(mktemp -d) || exit 1
work=$(cd "$work" && pwd -P)
lab=$work/home/scheduler-lab
steps=$work/parsed
. "$here/guide/terminals.sh"
. "$here/guide/static.sh"

cleanup() {
    code=$?
    trap - EXIT INT TERM HUP
    close_terminals
    [ ! -e "$work/cluster-is-ours" ] || kind delete cluster --name sched-lab >/dev/null 2>&1
    rm -rf "$work"
    exit "$code"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

pass() { passed=$((passed + 1)); [ "${V:-0}" = 0 ] || echo "ok    $1"; }
fail() { failed=$((failed + 1)); echo "FAIL  $1"; }

# The tree as a student has it after `git clone` and `make`, but for the two schedulers, which the guide builds.
make_lab() {
    mkdir -p "$lab/build" "$lab/bin"
    (cd "$top" && tar -cf - --exclude ./build --exclude './build-*' --exclude ./bin --exclude ./.git .) | (cd "$lab" && tar -xf -)
    (cd "$build" && find . -name tests -prune -o -name steps -prune -o \( -name '*.[oda]' -o -name '*.c' \) -print | tar -cf - -T -) | (cd "$lab/build" && tar -xf -)
    cp -p "$bin"/* "$lab/bin/" 2>/dev/null
    # any other page alone finds them built
    case $PAGE_WANTED in '' | *02*) rm -rf "$lab/build/polling" "$lab/build/watch" "$lab/bin/polling" "$lab/bin/watch" ;; esac
}

find_kubectl() {
    for kubectl in "${KUBECTL:-}" "${KUBEBUILDER_ASSETS:+$KUBEBUILDER_ASSETS/kubectl}" "$(command -v kubectl)"; do
        if [ -n "$kubectl" ] && "$kubectl" version --client >/dev/null 2>&1; then
            mkdir -p "$work/path"
            ln -sf "$kubectl" "$work/path/kubectl"
            return 0
        fi
    done
    return 1
}

# What stands in the way of running the commands; nothing when they can be run.
obstacle() {
    find_kubectl || { echo "no kubectl (set KUBECTL)"; return; }
    [ "$cluster" = kind ] || return
    for program in docker kind; do
        command -v $program >/dev/null || { echo "no $program"; return; }
    done
    docker info >/dev/null 2>&1 || { echo "no Docker engine answers"; return; }
    if kind get clusters 2>/dev/null | grep -qx sched-lab; then echo "a kind cluster sched-lab is there already: kind delete cluster --name sched-lab"; fi
}

# A home of its own, no setting of who runs this, no proxy between the programs and this machine.
set_environment() {
    unset KUBECONFIG MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES CLUSTER UPDATE PAGE PAGES V B LAB_BIN T CDPATH BASH_ENV ENV SANITIZE
    export HOME=$work/home PATH=$work/path:$PATH LC_ALL=C.UTF-8 TERM=dumb TZ=UTC
    export NO_PROXY=127.0.0.1,localhost${NO_PROXY:+,$NO_PROXY}
    export no_proxy=$NO_PROXY
    unset LANG LANGUAGE
}

# Commands that change nothing are typed again until their output is as expected: a state is waited for, never a time.
is_readonly() {
    grep -qE '^(kubectl( (-n|--kubeconfig) [^ ]+)? (get|describe|logs|events|auth|rollout status) |bin/explain|bin/doctor|bin/compare|docker (images|exec|ps)|curl |grep |tail |make (logs|-C [^ ]+ test)|bin/grade )' \
        "$steps/$1.command" && ! grep -qE ' (-w|--watch|-f)( |$)' "$steps/$1.command"
}

# usage: normal FILE: the output without what varies
normal() { sed -E -e "s|$lab|~/scheduler-lab|g; s|$HOME|~|g" -f "$here/guide/varies.sed" "$1" | awk '{ line[NR] = $0 } $0 != "" { last = NR } END { for (i = 1; i <= last; i++) print line[i] }'; }

# usage: looks_right STEP FLAGS TERMINAL: what was printed there since is what the page shows
looks_right() {
    local order=0
    case $2 in *any-order*) order=1 ;; esac
    unread "$3" >"$work/got"
    normal "$work/got" >"$work/got.normal"
    normal "$steps/$1.want" >"$work/want.normal"
    awk -v any_order=$order -f "$here/guide/match.awk" "$work/want.normal" "$work/got.normal" || { why="not what the page shows"; return 1; }
}

# usage: ended_well STEP FLAGS: with the exit code that the page says
ended_well() {
    local code expected=0
    code=$(cat "$steps/$1.status")
    case $2 in *fails*) expected=1 ;; esac
    [ $((code != 0)) = $expected ] || { why="exit code $code"; return 1; }
}

# usage: type_until_right STEP TERMINAL FLAGS: a command; of a program that runs on, what it prints first
type_until_right() {
    local step=$1 terminal=$2 flags=$3 right deadline=$((SECONDS + limit))
    type_step "$terminal" "$step"
    if [ "$terminal" = 1 ]; then
        await_end "$terminal" "$patience" || { why="it did not end within $patience s"; return 1; }
    elif [ ! -s "$steps/$step.want" ]; then
        # nothing to look for: it ends; or it runs on, and the page has to show what it prints
        await_end "$terminal" "$limit" || { looks_right "$step" "$flags" "$terminal"; why="not what the page shows"; return 1; }
    fi
    while :; do
        if ended "$terminal"; then
            looks_right "$step" "$flags" "$terminal"; right=$?
            ended_well "$step" "$flags" && [ $right = 0 ] && return
            is_readonly "$step" && [ $SECONDS -lt $deadline ] || return 1
            sleep 0.2
            mark_read "$terminal" "$(wc -c <"$work/got")"
            rm -f "$steps/$step.status"
            type_step "$terminal" "$step"
            [ "$terminal" != 1 ] || await_end "$terminal" "$patience"
        else
            looks_right "$step" "$flags" "$terminal" && return
            [ $SECONDS -lt $deadline ] || return 1
            sleep 0.05
        fi
    done
}

# usage: wait_until_right STEP TERMINAL FLAGS: what a program that still runs prints
wait_until_right() {
    # news comes when it comes, and nothing is typed again
    local deadline=$((SECONDS + (limit < 20 && limit > 5 ? 20 : limit)))
    until looks_right "$1" "$3" "$2"; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.05
    done
}

# usage: stop_and_look STEP TERMINAL FLAGS: Ctrl-C
stop_and_look() {
    interrupt "$2" || { why="Ctrl-C did not end it"; return 1; }
    looks_right "$1" "$3" "$2"
}

# usage: one_step NUMBER TYPE PAGE LINE PATH TERMINAL FLAGS FIRST LAST
one_step() {
    local step=$1 type=$2 name=$3:$4 terminal=$6 flags=$7 what=''
    case $type in run) what=$(head -n 1 "$steps/$step.command") ;; more) what="terminal $terminal, later" ;; stop) what="terminal $terminal: Ctrl-C" ;; esac
    why=
    open_terminal "$terminal"
    if [ "$type" = run ] && ! await_end "$terminal" "$limit"; then
        fail "$name: $what: something still runs in terminal $terminal"
        return
    fi
    case $type in
    run) type_until_right "$step" "$terminal" "$flags" ;;
    more) wait_until_right "$step" "$terminal" "$flags" ;;
    stop) stop_and_look "$step" "$terminal" "$flags" ;;
    esac
    if [ $? = 0 ]; then
        pass "$name: $what"
    elif [ -n "$update" ] && [ "$why" = "not what the page shows" ]; then
        echo "new   $name: $what"
        sed -E "s|$lab|~/scheduler-lab|g; s|$HOME|~|g; s/[[:blank:]]+$//" "$work/got" >"$work/updates/$step.new"
        printf '%s\t%s\t%s\n' "$3" "$8" "$9" >"$work/updates/$step.where"
    else
        fail "$name: $what: $why"
        if [ "$why" = "not what the page shows" ]; then
            diff -u "$work/want.normal" "$work/got.normal" | sed '1,2d; s/^/          /' | head -n 40
        else
            tail -n 20 "$work/got" | sed 's/^/          /'
        fi
        # what follows from this one is not waited for as long
        limit=5
    fi
    mark_read "$terminal" "$(wc -c <"$work/got")"
}

# usage: leftovers PAGE: what was printed and stands on no page
leftovers() {
    local n
    for n in $opened; do
        unread "$n" >"$work/got"
        if [ -s "$work/got" ]; then
            fail "$1: terminal $n printed what the page does not show:"
            sed 's/^/          /' "$work/got" | head -n 20
            mark_read "$n" "$(wc -c <"$work/got")"
        fi
    done
}

# usage: is_wanted PAGE
is_wanted() {
    local prefix
    [ -n "$PAGE_WANTED" ] || return 0
    for prefix in 00 $PAGE_WANTED; do
        case $1 in "$prefix"*) return 0 ;; esac
    done
    return 1
}

# The commands of all pages, in one pass.
run_pages() {
    local n type page line path terminal flags first last before='' started=$SECONDS
    mkdir -p "$work/updates"
    while IFS='	' read -r n type page line path terminal flags first last <&9; do
        case $path in both | "$cluster") ;; *) continue ;; esac
        is_wanted "$page" || continue
        if [ "$page" != "$before" ]; then
            [ -z "$before" ] || end_page "$before"
            before=$page page_began=$SECONDS page_failed=$failed limit=$patience
            [ -z "$update" ] || limit=$([ "$cluster" = kind ] && echo 40 || echo 6)
        fi
        one_step "$n" "$type" "$page" "$line" "$path" "$terminal" "$flags" "$first" "$last"
        if [ $((failed - page_failed)) -ge 5 ]; then
            echo "guide: too much is wrong on $page; the rest is not run"
            return
        fi
    done 9<"$steps/plan"
    [ -z "$before" ] || end_page "$before"
    [ -n "$PAGE_WANTED" ] || all_is_stopped
}

end_page() {
    leftovers "$1"
    echo "guide: $1: $((failed - page_failed)) failed, $((SECONDS - page_began)) s"
}

# The last page cleans up: nothing that the guide started is left.
all_is_stopped() {
    local n left=
    for n in $opened; do ended "$n" || left="$left $n"; done
    if [ -z "$left" ]; then pass "nothing is left running"; else fail "still running at the end, in terminal:$left"; fi
}

# Writes what was printed into the pages, from the last line to the first, so that line numbers hold.
update_pages() {
    local n page first last
    for n in $(find "$work/updates" -name '*.where' | sed 's|.*/||; s|\.where||' | sort -rn); do
        IFS='	' read -r page first last <"$work/updates/$n.where"
        awk -v first="$first" -v last="$last" -v new="$work/updates/$n.new" '
            NR == first { while ((getline text <new) > 0) print text }
            NR < first || NR > last' "$pages/$page" >"$work/page" && cat "$work/page" >"$pages/$page"
    done
}

update=${UPDATE:-}
PAGE_WANTED=${PAGE:-}
mkdir "$work/parsed"
awk -v out="$steps" -f "$here/guide/parse.awk" "$pages"/*.md || exit 1
check_pages
commands=$(grep -c '	run	' "$steps/plan")
why_not=$(obstacle)
if [ -n "$why_not" ]; then
    echo "skipped: guide: $commands commands of lab-guide were not run: $why_not"
else
    make_lab
    set_environment
    run_pages
    [ -z "$update" ] || update_pages
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
