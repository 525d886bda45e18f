#!/bin/sh
# browser.sh: report.html in a real headless browser: no error on its console, each chart with the values of results.json, and what a person would see,
# light, dark and printed: nothing pale, cut off, overlapping or too small.
# usage: browser.sh      LAB_BIN, B: where the programs and what was built for the tests are
# Ends with "N passed, N failed". Skipped, with a line that says so, where there is no browser.
set -eu
cd "$(dirname "$0")/.."
. tests/browser/chromium.sh
: "${LAB_BIN:?}" "${B:?}"
passed=0
failed=0

if ! BROWSER=$(find_browser); then
    echo "skipped: browser: there is no Chromium here, and it could not be installed"
    echo "0 passed, 0 failed"
    exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# usage: verdict NAME COMMAND...: the command must succeed
verdict() {
    name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "  ok     $name"
    else
        failed=$((failed + 1))
        echo "  FAIL   $name"
    fi
}

# usage: load SCHEME SIZE PAGE: the elements that the browser made of it are in $work/dom, what it logged in $work/log
load() {
    browse "$1" "$2" --dump-dom "file://$3" >"$work/dom" 2>"$work/log"
}

# The page logged nothing: no error, no refusal of its own security policy.
quiet_console() {
    ! grep CONSOLE "$work/log"
}

# usage: probed SCHEME SIZE LETTER PRINT PAGE: what a person would see is fine, no letter is smaller than LETTER
probed() {
    sed -e '/http-equiv="Content-Security-Policy"/d' -e '/<\/body>/d' -e '/<\/html>/d' "$5" >"$work/probed.html"
    {
        echo "<script>const probe = {scheme: '$1', letter: $3, print: $4};"
        cat tests/browser/probe.js
        echo '</script></body></html>'
    } >>"$work/probed.html"
    load "$1" "$2" "$work/probed.html" && quiet_console || return 1
    sed -n '/<pre id="probe">/,/<\/pre>/p' "$work/dom" | grep -E '^fault: |^[0-9]+ passed, ' >"$work/verdict"
    grep -q '^[1-9][0-9]* passed, 0 failed' "$work/verdict" || { cat "$work/verdict"; return 1; }
}

pdf() {
    browse light 1280,900 --no-pdf-header-footer --print-to-pdf="$work/page.pdf" "file://$1" 2>"$work/log" && [ "$(head -c 4 "$work/page.pdf")" = %PDF ] &&
        [ "$(wc -c <"$work/page.pdf")" -gt 20000 ]
}

# usage: judged NAME PAGE RESULTS
judged() {
    verdict "$1: loads" load light 1280,900 "$2"
    verdict "$1: nothing on the console" quiet_console
    verdict "$1: charts show the results" "$B/tests/browser/check_report" "$work/dom" "$3"
    verdict "$1: light, 1280 wide" probed light 1280,900 11 false "$2"
    verdict "$1: dark, 1280 wide" probed dark 1280,900 11 false "$2"
    verdict "$1: light, 1920 wide" probed light 1920,1080 16 false "$2"
    verdict "$1: dark, 1920 wide" probed dark 1920,1080 16 false "$2"
    verdict "$1: in a narrow window" probed light 600,900 10 false "$2"
    verdict "$1: printed" probed dark 1040,720 10 true "$2"
    verdict "$1: as PDF" pdf "$2"
}

# A console that is not heard would always be quiet.
echo '<script>console.error("heard")</script><img src="http://outside.example/x.png">' >"$work/loud.html"
loud() { load light 800,600 "$work/loud.html" && grep -q 'CONSOLE.*heard' "$work/log"; }
verdict "the console is heard" loud

# The exit code is 1 where a run was INVALID on a machine that is too busy; the page is right all the same.
run() { "$LAB_BIN/compare" --pods 12 --rate 8 --idle 1 --interval 0.4 --sweep 0.2,0.4 --repeat 2 --out "$work/run" >"$work/out" 2>&1 || [ $? = 1 ]; }
verdict "a run of compare" run
verdict "it ends with the path of its report" sh -c "tail -n 1 '$work/out' | grep -F 'report: $work/run/report.html'"
judged "a real run" "$work/run/report.html" "$work/run/results.json"
for fixture in results invalid; do
    "$LAB_BIN/compare" report "tests/unit/report/$fixture.json" --out "$work/$fixture.html" >/dev/null
    judged "$fixture.json" "$work/$fixture.html" "tests/unit/report/$fixture.json"
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
