#!/bin/sh
# run.sh: runs test programs side by side, shows the output of those that fail, ends with "N passed, N failed".
# usage: run.sh TEST...      a TEST is one word: a program, with arguments where it takes some ("chaos --seeds 20"), or a script.sh
# Exit code 1 when anything failed, 2 when there is nothing to run. A line "skipped: ..." of a program says what it passed over, and why.
#   T=name          only the test of that name: name, test_name or name.sh
#   JOBS=n          so many at once (default: three for each processor, at most 9: most of them wait more than they work)
#   RUNNER=command  put in front of each program, "valgrind -q" for one
#   TEST_TIMEOUT=s  a program that takes longer has failed (600)
# A program's count is what its summary says, a script's last line "N passed, N failed" or Check's "NN%: Checks: a, Failures: b,
# Errors: c". A program that exits other than 0, that says nothing, or that checks nothing has failed, whatever it printed.
set -u

name_of() { basename "${1%% *}" .sh; }

# Prints "PASSED FAILED" of one output file.
count() {
    awk '/^[0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+/ { bad = $5 + $7; passed += $3 - bad; failed += bad }
        /^[0-9]+ passed, [0-9]+ failed$/ { lines_passed = $1; lines_failed = $3 }
        END { print passed + lines_passed, failed + lines_failed }' "$1"
}

run_program() {
    case $1 in
    *.sh) set -- sh "$1" ;;
    *) set -- ${RUNNER:-} $1 ;; # words
    esac
    # in the foreground: Ctrl-C must reach it
    if timeout --foreground 1 true 2>/dev/null; then
        set -- timeout --foreground -k 5 "${TEST_TIMEOUT:-600}" "$@"
    fi
    "$@" </dev/null
}

# usage: one RESULTS PROGRAM: runs it, leaves its output and its counts in RESULTS, prints its line.
one() {
    name=$(name_of "$2")
    key=$1/$(echo "$2" | tr '/ ' '__')
    start=$(date +%s)
    run_program "$2" >"$key.out" 2>&1
    code=$?
    # shellcheck disable=SC2046  # two words
    set -- "$1" "$2" $(count "$key.out")
    passed=$3 failed=$4 why=
    skipped=$(grep -c '^skipped: ' "$key.out")
    [ "$skipped" = 0 ] || grep '^skipped: ' "$key.out" >"$key.skipped"
    if [ "$code" = 124 ]; then
        why=", took longer than ${TEST_TIMEOUT:-600} s"
    elif [ "$code" != 0 ]; then
        why=", exit code $code"
    elif [ $((passed + failed + skipped)) = 0 ]; then
        why=", checked nothing"
    fi
    [ -z "$why" ] || [ "$failed" != 0 ] || failed=1
    echo "$passed $failed" >"$key.count"
    verdict=ok
    if [ "$failed" != 0 ]; then
        verdict=FAIL
        mv "$key.out" "$key.failed"
    fi
    [ "$skipped" = 0 ] || why=", $skipped skipped$why"
    printf '  %-4s   %-28s %4d passed, %d failed%s (%d s)\n' "$verdict" "$name" "$passed" "$failed" "$why" $(($(date +%s) - start))
}

if [ "${1:-}" = --one ]; then
    one "$2" "$3"
    exit 0
fi

# A busy machine may take longer over a test than the 4 seconds that Check gives one that says nothing else.
export CK_DEFAULT_TIMEOUT="${CK_DEFAULT_TIMEOUT:-60}"

processors=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
jobs=$((3 * processors))
[ "$jobs" -le 9 ] || jobs=9
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
trap 'exit 130' INT TERM

for test; do
    name=$(name_of "$test")
    [ -z "${T:-}" ] || [ "$name" = "$T" ] || [ "$name" = "test_$T" ] || continue
    printf '%s\0' "$test"
done >"$results/list"
if [ ! -s "$results/list" ]; then
    echo "run.sh: no test${T:+ named $T}" >&2
    exit 2
fi
xargs -0 -n 1 -P "${JOBS:-$jobs}" sh "$0" --one "$results" <"$results/list"

cat "$results"/*.skipped 2>/dev/null
for output in "$results"/*.failed; do
    [ -f "$output" ] || continue
    echo
    echo "--- $(basename "$output" .failed)"
    tail -n 200 "$output"
done
cat "$results"/*.count | awk '{ p += $1; f += $2 } END { printf "%d passed, %d failed\n", p, f; exit f != 0 }'
