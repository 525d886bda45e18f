#!/bin/sh
# screenshot.sh: a picture of the report of a run of compare, as it opens.
# usage: screenshot.sh FILE.png FLAG...      the flags are compare's; LAB_BIN: where the programs are
set -eu
. tests/browser/chromium.sh
: "${LAB_BIN:?}"
BROWSER=$(find_browser) || { echo "screenshot: there is no Chromium here" >&2; exit 2; }
out=$1
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

"$LAB_BIN/compare" "$@" --out "$work/run"
browse light 1280,945 --screenshot="$work/page.png" "file://$work/run/report.html" 2>"$work/log" || { cat "$work/log" >&2; exit 1; }
# smaller, where there is something that makes it so
if command -v pngquant >/dev/null 2>&1; then
    pngquant --force --speed 1 --output "$work/page.png" 32 "$work/page.png"
fi
mv "$work/page.png" "$out"
echo "screenshot: $out, $(wc -c <"$out") bytes"
