#!/usr/bin/env bash
# grade.sh: a class of submissions whose grades are known: right ones, one with each mistake of grade/defects.txt, and those that misbehave
# (grade/misdeeds). Each mistake must be found at its own checkpoint and at no other, and nobody may get at the grader, its files or the others.
# usage: grade.sh [N]      N: so many submissions, the kinds in turn; default: two right ones and one of each other kind
#   JOBS=n side by side (16)   SEED=n of the grader (7)   T=name only that kind   KEEP=folder leaves everything there
# Ends with "N passed, M failed".
set -euo pipefail
cd "$(dirname "$0")/.."
build=$PWD/${B:-build}/wrong
bin=${LAB_BIN:-$PWD/bin}
table=tests/grade/defects.txt
class=${KEEP:-$(mktemp -d)}
passed=0 failed=0

cleanup() {
    local code=$?
    [ -n "${KEEP:-}" ] || rm -rf "$class"
    exit $code
}
trap cleanup EXIT
trap 'exit 130' INT TERM

pass() { passed=$((passed + 1)); }
fail() {
    failed=$((failed + 1))
    echo "$*"
}

# The kinds of submission, one a line.
kinds() {
    echo right
    sed -n 's/^\([a-z0-9-]*\) *|.*/\1/p' $table
    echo right
    for misdeed in tests/grade/misdeeds/*.sh; do basename "$misdeed" .sh; done
}

# usage: of KIND FIELD: a field of the table, without the blanks around
of() { awk -F'|' -v kind="$1" -v field="$2" '{ gsub(/^ +| +$/, "", $1) } $1 == kind { gsub(/^ +| +$/, "", $field); print $field }' $table; }

# usage: submit NUMBER KIND: a folder as a student hands it in
submit() {
    local folder
    folder=$class/submissions/$(printf 'student%03d' "$1")
    mkdir -p "$folder"
    if [ -f "tests/grade/misdeeds/$2.sh" ]; then
        for program in polling watch; do cp "tests/grade/misdeeds/$2.sh" "$folder/$program"; done
    else
        cp "$build/$2/polling" "$build/$2/watch" "$folder"
    fi
    echo "$folder $2" >>"$class/list"
}

# What a result says: "CHECKPOINT VERDICT TEST" a line.
verdicts() { sed -n -e 's/^== Checkpoint \([1-5]\):.*/\1/p' -e 's/^test \(.*\): \(OK\|FAIL\|SKIPPED\).*/\2 \1/p' "$1" | awk '/^[1-5]$/ { c = $0; next } { print c, $0 }'; }

# usage: judge FOLDER KIND: is the grade of this submission what it should be?
judge() {
    local result=$class/results/${1##*/}.txt name="${1##*/} ($2)" checkpoint test elsewhere
    if ! grep -q '^Score: ' "$result"; then
        fail "$name: no score: $(tail -n 3 "$result")"
        return
    fi
    verdicts "$result" >"$class/verdicts"
    if grep -q ' SKIPPED ' "$class/verdicts"; then
        fail "$name: not judged: $(grep -m 1 SKIPPED "$class/verdicts")"
    elif [ "$2" = right ]; then
        if grep -q ' FAIL ' "$class/verdicts"; then fail "$name: $(grep -A 2 ': FAIL' "$result")"; else pass; fi
    elif [ -f "tests/grade/misdeeds/$2.sh" ]; then
        # what needs nothing of a submission is all that it may get
        for checkpoint in 2 3 4 5; do
            if ! grep -q "^$checkpoint FAIL " "$class/verdicts"; then
                fail "$name: nothing failed at checkpoint $checkpoint"
                return
            fi
        done
        pass
    else
        checkpoint=$(of "$2" 3) test=$(of "$2" 4)
        elsewhere=$(grep ' FAIL ' "$class/verdicts" | grep -v "^$checkpoint " || true)
        if ! grep -q "^$checkpoint FAIL $test" "$class/verdicts"; then
            fail "$name: '$test' of checkpoint $checkpoint has not failed"
        elif [ -n "$elsewhere" ]; then
            fail "$name: failed elsewhere too: $elsewhere: $(grep -A 2 ': FAIL' "$result")"
        else
            pass
        fi
    fi
}

mkdir -p "$class/submissions" "$class/results"
: >"$class/list"
mapfile -t all < <(kinds)
number=0
while [ $number -lt "${1:-${#all[@]}}" ]; do
    kind=${all[$((number % ${#all[@]}))]}
    [ -n "${T:-}" ] && [ "$T" != "$kind" ] || submit $number "$kind"
    number=$((number + 1))
done

export canary=CANARY-$$ bin class seed=${SEED:-7}
echo "$canary" >"$class/canary"
started=$SECONDS
grade_one() { "$bin/grade" all --polling "$1/polling" --watch "$1/watch" --seed "$seed" >"$class/results/${1##*/}.txt" 2>&1 || true; }
export -f grade_one
cut -d' ' -f1 "$class/list" | LAB_SECRET=$canary xargs -P "${JOBS:-16}" -I{} bash -c 'grade_one {}'
echo "graded $(wc -l <"$class/list") submissions in $((SECONDS - started)) s"

while read -r folder kind; do judge "$folder" "$kind"; done <"$class/list"

echo "$passed passed, $failed failed"
[ $failed = 0 ]
