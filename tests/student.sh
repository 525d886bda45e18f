#!/bin/sh
# student.sh: the students' folder: it is made only where nothing is, builds without a warning wherever it is moved, and each step of its solution brings the
# tests that belong to it, and no other: a test of the grader passes exactly when all steps that it needs are done, in whatever order they are taken.
# usage: student.sh     B and LAB_BIN: the folders of the library and of the programs. SEED=n: what the grader draws (1)
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
BIN=${LAB_BIN:-bin}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' INT TERM
passed=0
failed=0

# usage: verdict WHAT CODE [FILE]: FILE is shown when CODE is not 0.
verdict() {
    if [ "$2" = 0 ]; then
        passed=$((passed + 1))
        return
    fi
    failed=$((failed + 1))
    echo "broken: $1"
    [ ! -f "${3:-}" ] || tail -n 40 "$3" | sed 's/^/    /'
}

make_student() {
    B=$B BIN=$BIN sh lab-guide/skeleton/make-student.sh "$@"
}

# ---- the folder ----

# usage: refused WHAT FOLDER: exit code 2, one line, nothing made
refused() {
    make_student "$2" >"$tmp/said" 2>&1
    [ $? = 2 ] && [ "$(wc -l <"$tmp/said")" = 1 ]
    verdict "$1 is refused with one line and exit code 2" $? "$tmp/said"
}
mkdir "$tmp/full"
echo mine >"$tmp/full/polling.c"
refused "a folder with files" "$tmp/full"
[ "$(cat "$tmp/full/polling.c")" = mine ] && [ "$(ls -A "$tmp/full")" = polling.c ]
verdict "what is in a folder stays as it is" $?
refused "a file" "$tmp/full/polling.c"
refused "no folder" ""

mkdir "$tmp/made here"
make_student "$tmp/made here" >"$tmp/said" 2>&1
verdict "an empty folder is filled" $? "$tmp/said"
mv "$tmp/made here" "$tmp/moved away"
folder="$tmp/moved away"
# a library with sanitizers wants programs with them
asan=
! nm "$folder/common/libcommon.a" 2>/dev/null | grep -q __asan_ || asan=1

# usage: build FOLDER: as a student does, but that a warning is an error
strict='-O1 -g -Wpedantic -Wshadow -Werror'
build() {
    (cd "$1" && make ASAN=$asan CC="${CC:-cc}" CFLAGS="$strict")
}
build "$folder" >"$tmp/said" 2>&1
verdict "it builds where it was moved to, without a warning" $? "$tmp/said"
grep -lE '^#(if|else|endif).*STEP|STEP_' "$folder"/*.[ch] >"$tmp/said"
[ $? = 1 ] && [ "$(cat "$folder"/*.c | grep -c TODO)" -ge 10 ]
verdict "students see TODOs, and nothing of the solution's marks" $? "$tmp/said"

# A function of the student's own may have a name that common uses inside.
sed 's/^bool is_ours/int policy_decide(void);\nint policy_decide(void)\n{\n    return 1;\n}\n\n&/' "$folder/scheduler.c" >"$tmp/scheduler.c"
mkdir "$tmp/named" && cp -R "$folder/." "$tmp/named/" && cp "$tmp/scheduler.c" "$tmp/named/"
if command -v objcopy >/dev/null 2>&1; then
    build "$tmp/named" >"$tmp/said" 2>&1
    verdict "a name that common uses inside is free" $? "$tmp/said"
fi

# ---- the steps ----

steps="POLLING LOG WATCH LABEL TAINTS BACKOFF SPREAD"

# Which steps a test needs, by its name. What no line matches is a test that nobody has thought of here.
cat >"$tmp/needs" <<'END'
^(a pod |the kubelet )|
^polling: (binds|each pod|pods that have|leaves|goes on|asks for nothing|is not busy)|POLLING
^watch: (binds|each pod|pods that have|leaves|goes on|asks for nothing|is not busy)|POLLING WATCH
^polling: says|POLLING LOG
^watch: says|POLLING LOG WATCH
^watch: opens a watch|WATCH
^watch: (lists nothing|reacts|survives|waits when watches|is quicker|asks less)|POLLING WATCH
^polling: label|POLLING LABEL
^watch: label|POLLING WATCH LABEL
^polling: taints|POLLING TAINTS
^watch: taints|POLLING WATCH TAINTS
^polling: backoff: tries again|POLLING
^polling: backoff: waits longer|POLLING BACKOFF
^watch: backoff|POLLING WATCH BACKOFF
^polling: spread|POLLING SPREAD
^watch: spread|POLLING WATCH SPREAD
END

# usage: state NAME STEP...: a folder in which these steps are done; one line for the list of what is to be graded
state() {
    name=$1
    shift
    mkdir -p "$tmp/states/$name"
    cp -R "$folder/common" "$folder/Makefile" "$tmp/states/$name/"
    ln -s "$folder/bin" "$tmp/states/$name/bin"
    for file in scheduler.h scheduler.c polling.c watch.c; do
        awk -v steps="$*" -f lab-guide/skeleton/cut.awk "lab-guide/skeleton/$file" >"$tmp/states/$name/$file"
    done
    echo "$*" >"$tmp/states/$name/done"
}

# those that place no pod are waited for longest: they go first
all_but() {
    for other in $steps; do
        [ "$other" = "$1" ] || printf '%s ' "$other"
    done
}
order=0-skeleton
state 0-skeleton
number=0
taken=
for step in $steps; do
    number=$((number + 1))
    taken="$taken $step"
    # shellcheck disable=SC2086  # words
    state "$number-$step" $taken
    # shellcheck disable=SC2046
    state "without-$step" $(all_but "$step")
    order="$order $number-$step"
done

# usage: grade JOBS NAME...: each as a student does: make test. It ends with 0 where there are full marks, else with 2, make's own.
grade() {
    jobs=$1
    shift
    # shellcheck disable=SC2016  # for the inner shell
    printf '%s\n' "$@" | xargs -n 1 -P "$jobs" sh -c '
        cd "$1/states/$6" && make ASAN="$2" CC="$4" CFLAGS="$5" >built 2>&1
        echo $? >built.code
        make test ASAN="$2" SEED="$3" >text 2>said
        echo $? >code' sh "$tmp" "$asan" "${SEED:-1}" "${CC:-cc}" "$strict"
}

# usage: judge NAME: each verdict of this state beside what it should be; what is wrong is in "judged". Sets $right, and $wrong.
judge() {
    awk -v steps="$(cat "$tmp/states/$1/done")" '
        BEGIN { count = split(steps, words, " "); for (i = 1; i <= count; i++) done[words[i]] = 1 }
        FNR == NR {
            at = match($0, /\|[A-Z ]*$/)
            pattern[++needs] = substr($0, 1, at - 1)
            need[needs] = substr($0, at + 1)
            next
        }
        /^test .*: (OK|FAIL|SKIPPED)/ {
            name = substr($0, 6)
            sub(/: (OK|FAIL|SKIPPED).*/, "", name)
            rules = 0
            for (i = 1; i <= needs; i++)
                if (name ~ pattern[i]) { rules++; rule = i }
            wanted = rules == 1
            count = split(need[rule], words, " ")
            for (i = 1; i <= count; i++)
                wanted = wanted && words[i] in done
            got = $0 ~ /: OK/
            if (rules != 1)
                print name ": is in " rules " lines of the table of what a test needs"
            else if (got != wanted)
                print name ": " (got ? "passes without what it needs" : "fails")
            if (rules == 1 && got == wanted) right++; else wrong++
        }
        END { print right + 0, wrong + 0 }' "$tmp/needs" "$tmp/states/$1/text" >"$tmp/states/$1/judged"
    read -r right wrong <<END
$(tail -n 1 "$tmp/states/$1/judged")
END
    [ "$wrong" = 0 ] && [ "$right" -gt 40 ]
}

all="0-skeleton 1-POLLING 2-LOG without-POLLING without-WATCH 3-WATCH 4-LABEL 5-TAINTS 6-BACKOFF 7-SPREAD"
all="$all without-LOG without-LABEL without-TAINTS without-BACKOFF without-SPREAD"
# shellcheck disable=SC2086  # words
grade 8 $all
# A busy machine can make one wait longer than the last: what looks wrong in a few of them is played again, when less is going on.
again=
for name in $all; do
    judge "$name" || again="$again $name"
done
# shellcheck disable=SC2086
set -- $again
[ $# = 0 ] || [ $# -gt 4 ] || grade 2 "$@"
for name in $all; do
    verdict "$name builds without a warning" "$(cat "$tmp/states/$name/built.code")" "$tmp/states/$name/built"
    judge "$name"
    verdict "$name: $right tests pass when what they need is done, $wrong do not" $? "$tmp/states/$name/judged"
    [ "$wrong" = 0 ] || tail -n 5 "$tmp/states/$name/said"
done

# usage: number PREFIX FILE: N of the line "PREFIX: N/M", 0 where there is none
number() { awk -v prefix="$1: " 'index($0, prefix) == 1 { n = substr($0, length(prefix) + 1) + 0 } END { print n + 0 }' "$2"; }
# usage: points STATE CHECKPOINT
points() { number "Checkpoint $2" "$tmp/states/$1/text"; }
total() { number Score "$tmp/states/$1/text"; }

[ "$(cat "$tmp/states/7-SPREAD/code")" = 0 ] && grep -q '^Score: \([0-9]*\)/\1$' "$tmp/states/7-SPREAD/text"
verdict "the complete solution has full marks, and make test says so" $?
[ "$(cat "$tmp/states/0-skeleton/code")" = 2 ] && [ "$(total 0-skeleton)" -gt 0 ] && [ "$(total 0-skeleton)" = "$(points 0-skeleton 1)" ]
verdict "the untouched skeleton has the points of checkpoint 1 and no other" $?

# ---- the points that README.md promises ----

before=0-skeleton
for state in $order; do
    [ "$state" != "$before" ] || continue
    [ "$(total "$state")" -gt "$(total "$before")" ]
    verdict "the grade rises with $state: $(total "$before"), $(total "$state")" $?
    row=
    for checkpoint in 2 3 4 5; do
        row="$row $(($(points "$state" $checkpoint) - $(points "$before" $checkpoint))) |"
    done
    grep -q "^| $(echo "${state#*-}" | tr '[:upper:]' '[:lower:]') |.*|$row$" lab-guide/skeleton/README.md
    verdict "lab-guide/skeleton/README.md: the points of ${state#*-} are |$row" $?
    before=$state
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
