# static.sh: what guide.sh checks of the pages without running anything, to be sourced. Wants $work, $pages, $top, pass and fail.

# What the parser could not take.
check_notation() {
    local line
    if [ -s "$work/parsed/problems" ]; then
        while read -r line; do fail "$line"; done <"$work/parsed/problems"
    else
        pass "notation"
    fi
}

# Each excerpt stands in its file, line for line. A line … passes over lines of the file.
check_excerpts() {
    local n page line file
    while IFS='	' read -r n page line file; do
        if [ ! -f "$top/$file" ]; then
            fail "$page:$line: no file $file"
        elif awk -v excerpt="$work/parsed/$n.excerpt" '
            function stands(at,    i) {
                for (i = 1; i <= count; i++)
                    if (line[at + i - 1] != run[i])
                        return 0
                return 1
            }
            # the lines of run, next to each other, at or after `from`
            function find(    at) {
                for (at = from; at + count - 1 <= NR; at++)
                    if (stands(at)) {
                        from = at + count
                        return 1
                    }
                return 0
            }
            { line[NR] = $0 }
            END {
                from = 1
                while ((getline text <excerpt) > 0) {
                    lines++
                    if (text != "…") {
                        run[++count] = text
                        continue
                    }
                    if (!find())
                        exit 1
                    count = 0
                }
                exit !(lines && find())
            }' "$top/$file"; then
            pass "$page:$line: excerpt of $file"
        else
            fail "$page:$line: this is not in $file:"
            sed 's/^/          /' "$work/parsed/$n.excerpt"
        fi
    done <"$work/parsed/excerpts"
}

# usage: has_heading PAGE ANCHOR: as GitHub makes the anchor of a heading
has_heading() {
    sed -n "s/^$1	#* //p" "$work/parsed/headings" | tr 'A-Z' 'a-z' | sed -E 's/[^a-z0-9 _-]//g; s/ /-/g' | grep -qx -- "$2"
}

check_links() {
    local page line target file anchor folder
    while IFS='	' read -r page line target; do
        case $target in http://* | https://*) continue ;; esac
        file=${target%%#*} anchor=
        case $target in *'#'*) anchor=${target#*#} ;; esac
        case $file in ../*) folder=$top/lab-guide ;; *) folder=$pages ;; esac
        if [ -n "$file" ] && [ ! -e "$folder/$file" ]; then
            fail "$page:$line: a link to nowhere: $target"
        elif [ -n "$anchor" ] && ! has_heading "${file:-$page}" "$anchor"; then
            fail "$page:$line: no heading for $target"
        else
            pass "$page:$line: link to $target"
        fi
    done <"$work/parsed/links"
}

check_targets() {
    local page line target
    while IFS='	' read -r page line target; do
        if grep -qE "^(## )?$target:" "$top/Makefile"; then
            pass "$page:$line: make $target"
        else
            fail "$page:$line: the Makefile has no target $target"
        fi
    done <"$work/parsed/targets"
}

# The steps follow each other: each page names the next one, and README.md names all.
check_order() {
    local page next
    set -- "$pages"/[0-9]*.md
    while [ $# != 0 ]; do
        page=$(basename "$1")
        shift
        next=$([ $# = 0 ] || basename "$1")
        if [ -n "$next" ] && ! grep -q "^Next: .*]($next)" "$pages/$page"; then
            fail "$page: no line \"Next: [...]($next)\""
        elif ! grep -q "]($page)" "$pages/README.md"; then
            fail "README.md: no link to $page"
        else
            pass "$page: the next page, the index"
        fi
    done
}

check_pages() {
    touch "$work/parsed/excerpts" "$work/parsed/links" "$work/parsed/targets" "$work/parsed/headings" "$work/parsed/plan"
    check_notation
    check_excerpts
    check_links
    check_targets
    check_order
}
