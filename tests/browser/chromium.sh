# chromium.sh: a headless Chromium for scripts that source this. It gets a profile of its own for each page and no network.

# Prints the browser's command, or fails where there is none.
find_browser() {
    for browser in chromium chromium-browser google-chrome-stable google-chrome "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
        command -v "$browser" 2>/dev/null && return
    done
    return 1
}

# usage: browse SCHEME WIDTH,HEIGHT FLAG... FILE: opens FILE as a person with that taste ("light", "dark") would. FLAGs say what for. What the page logs is
# on stderr, in lines with "CONSOLE".
browse() {
    scheme=1
    [ "$1" = light ] || scheme=0
    size=$2
    shift 2
    profile=$(mktemp -d)
    code=0
    # a name that is no file resolves to nowhere: what asks for the network fails, and says so on the console
    timeout -k 5 60 "$BROWSER" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
        --disable-component-update --disable-sync --disable-dev-shm-usage --hide-scrollbars --enable-logging=stderr --log-level=0 \
        --host-resolver-rules='MAP * ~NOTFOUND' --user-data-dir="$profile" --window-size="$size" \
        --blink-settings=preferredColorScheme=$scheme "$@" || code=$?
    rm -rf "$profile"
    return $code
}
