#!/usr/bin/env bash
# python.sh: the lab's two schedulers in Python get the grade that they deserve: exactly the tests of python/expected.txt fail.
# usage: python.sh [KUBECONFIG]     on that cluster; default: on simulators. It needs python3, and the client once from its package index.
# Ends with "N passed, M failed", or says that it is skipped, and why. KEEP=file keeps the report.
set -euo pipefail
cd "$(dirname "$0")/../.."
venv=$PWD/${B:-build}/python
here=tests/grade/python
report=${KEEP:-$(mktemp)}
found=$(mktemp) log=$(mktemp)
trap '[ -n "${KEEP:-}" ] || rm -f "$report"; rm -f "$found" "$log"' EXIT

skip() {
    echo "skipped: the lab's Python: $*"
    echo "0 passed, 0 failed"
    exit 0
}

if ! "$venv/bin/python" -c 'import kubernetes' 2>/dev/null; then
    command -v python3 >/dev/null || skip "no python3"
    python3 -m venv "$venv" >"$log" 2>&1 || skip "no virtual environment: $(tail -n 1 "$log")"
    timeout 300 "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r $here/requirements.txt >"$log" 2>&1 ||
        skip "no $(cat $here/requirements.txt): $(tail -n 1 "$log")"
fi

# The same seed each time: which pod it stumbles over is a matter of names.
"${LAB_BIN:-bin}/grade" all --seed 7 --polling "$venv/bin/python $here/polling.py" --watch "$venv/bin/python $here/watch.py" ${1:+--kubeconfig "$1"} >"$report" 2>&1 || true
grep -q '^Score: ' "$report" || { cat "$report"; echo "0 passed, 1 failed"; exit 1; }
sed -n -e 's/^== Checkpoint \([1-5]\):.*/\1/p' -e 's/^test \(.*\): \(OK\|FAIL\|SKIPPED\).*/\2 \1/p' "$report" |
    awk '/^[1-5]$/ { c = $0; next } $1 == "FAIL" || ($1 == "SKIPPED" && c > 1) { sub(/^[A-Z]+ /, ""); print c " | " $0 }' >"$found"
tests=$(grep -c '^test ' "$report")

# The reason is for readers. What is left out of checkpoint 1 is the cluster's business: an API server alone has no kubelets.
if wrong=$(diff <(sed -n 's/^\([1-5] | .*[^ ]\) *| .*/\1/p' $here/expected.txt | sort) <(sort "$found")); then
    echo "$(tail -n 1 "$report"), as expected"
    echo "$tests passed, 0 failed"
else
    echo "the lab's Python: other points are lost than expected (<: expected, >: now):"
    echo "$wrong"
    cat "$report"
    count=$(grep -c '^[<>]' <<<"$wrong")
    echo "$((tests - count)) passed, $count failed"
    exit 1
fi
