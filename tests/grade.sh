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
canary=CANARY-$$-$RANDOM
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
# usage: check WHAT COMMAND...: one test that the command succeeds
check() {
    local what=$1
    shift
    if "$@"; then pass; else fail "$what"; fi
}

is_misdeed() { [ -f "tests/grade/misdeeds/$1.sh" ]; }

# The kinds of submission, one a line.
kinds() {
    echo right
    sed -n 's/^\([a-z0-9-]*\) *|.*/\1/p' $table
    echo right
    for misdeed in tests/grade/misdeeds/*.sh; do basename "$misdeed" .sh; done
}

# usage: of KIND FIELD: a field of the table, without the blanks around
of() { awk -F'|' -v kind="$1" -v field="$2" '{ gsub(/^ +| +$/, "", $1) } $1 == kind { gsub(/^ +| +$/, "", $field); print $field }' $table; }

# usage: submit NUMBER KIND: a folder as a student hands it in; its name does not say what it is
submit() {
    local folder
    folder=$class/submissions/$(printf 'student%03d' "$1")
    mkdir "$folder"
    if is_misdeed "$2"; then
        for program in polling watch; do cp "tests/grade/misdeeds/$2.sh" "$folder/$program"; done
    else
        cp "$build/$2/polling" "$build/$2/watch" "$folder"
    fi
    echo "${folder##*/} $2" >>"$class/list"
}

# What a report says: "CHECKPOINT VERDICT TEST" a line.
verdicts() { sed -n -e 's/^== Checkpoint \([1-5]\):.*/\1/p' -e 's/^test \(.*\): \(OK\|FAIL\|SKIPPED\).*/\2 \1/p' "$1" | awk '/^[1-5]$/ { c = $0; next } { print c, $0 }'; }

# usage: said FOLDER PATTERN: does a line of that submission's output, as its evidence has it, match?
said() { grep -q "\"line\": *\"[^\"]*$2" "$class/reports/$1.bundle.json"; }

# usage: judge_misdeed FOLDER KIND NAME: it fails at each checkpoint that a submission has a part in, and what it did did it no good
judge_misdeed() {
    local checkpoint
    for checkpoint in 2 3 4 5; do
        if grep -q "^$checkpoint OK " "$class/verdicts" || ! grep -q "^$checkpoint FAIL " "$class/verdicts"; then
            fail "$3: something was well at checkpoint $checkpoint"
            return
        fi
    done
    if said "$1" STOLEN; then
        fail "$3: $(grep -o 'STOLEN[^"]*' "$class/reports/$1.bundle.json" | sort -u | head -n 3)"
    elif [ "$2" = reads ] && ! said "$1" 'looked everywhere'; then
        fail "$3: it did not look"
    elif [ "$2" = forges ] && ! said "$1" 'Score: 100'; then
        fail "$3: it did not forge"
    else
        pass
    fi
}

# usage: judge_defect KIND NAME: the table's test has failed, and no test of another checkpoint
judge_defect() {
    local checkpoint test elsewhere=
    checkpoint=$(of "$1" 3) test=$(of "$1" 4)
    case $checkpoint in
    *+) checkpoint=${checkpoint%+} ;;
    *) elsewhere=$(grep -v -e "^$checkpoint " -e ' OK ' "$class/verdicts" || true) ;;
    esac
    if ! grep -qxF "$checkpoint FAIL $test" "$class/verdicts"; then
        fail "$2: '$test' of checkpoint $checkpoint has not failed"
    elif [ -n "$elsewhere" ]; then
        fail "$2: not only at checkpoint $checkpoint: $elsewhere"
    else
        pass
    fi
}

# usage: judge FOLDER KIND: is the grade of this submission what it should be?
judge() {
    local report=$class/reports/$1.txt name="$1 ($2)"
    if ! grep -q '^Score: ' "$report" 2>/dev/null; then
        fail "$name: no score: $(tail -n 3 "$class/reports/$1.log" 2>/dev/null)"
        return
    fi
    verdicts "$report" >"$class/verdicts"
    if [ "$2" = right ]; then
        if grep -qv ' OK ' "$class/verdicts"; then fail "$name: $(grep -A 2 -e ': FAIL' -e ': SKIPPED' "$report")"; else pass; fi
    elif is_misdeed "$2"; then
        judge_misdeed "$1" "$2" "$name"
    else
        judge_defect "$2" "$name"
    fi
}

# Who sleeps so long is one that some submission left behind.
nobody_is_left() { ! ps -eo args | grep -q '[s]leep 599.25'; }
submissions_are_whole() { (cd "$class/submissions" && sha256sum --quiet -c "$class/sums") && [ "$(find "$class/submissions" -type f | wc -l)" = "$(wc -l <"$class/sums")" ]; }
nothing_is_forged() { ! grep -rlq --exclude='*.bundle.json' '^FORGED' "$class"; }

mkdir -p "$class/submissions" "$class/reports"
: >"$class/list"
mapfile -t all < <(kinds)
number=0
while [ $number -lt "${1:-${#all[@]}}" ]; do
    kind=${all[$((number % ${#all[@]}))]}
    [ -n "${T:-}" ] && [ "$T" != "$kind" ] || submit $number "$kind"
    number=$((number + 1))
done
echo "$canary" >"$class/canary"
(cd "$class/submissions" && find . -type f -exec sha256sum {} +) >"$class/sums"

started=$SECONDS
LAB_SECRET=$canary "$bin/grade" all --jobs "${JOBS:-16}" "$class/submissions" --seed "${SEED:-7}" --out "$class/reports" --csv "$class/class.csv" \
    >"$class/table" 2>"$class/progress" || true
times >"$class/times"
echo "$(wc -l <"$class/list") submissions in $((SECONDS - started)) s, CPU time of all $(tail -n 1 "$class/times")"

while read -r folder kind; do judge "$folder" "$kind"; done <"$class/list"
check "not one row for each in the CSV file" [ "$(grep -c '^"*student[0-9]' "$class/class.csv")" = "$(wc -l <"$class/list")" ]
check "a process was left behind" nobody_is_left
check "somebody changed a submission" submissions_are_whole
check "somebody wrote where he must not" nothing_is_forged

echo "$passed passed, $failed failed"
[ $failed = 0 ]
