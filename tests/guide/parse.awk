# parse.awk: takes the pages of the guide apart. awk -v out=FOLDER -f parse.awk PAGE...
# Into FOLDER: plan, a line for each step; N.command and N.want, what step N types and what should be seen; and for the checks
# that run nothing: excerpts (with N.excerpt), links, targets (of make), problems.
#
# A line of the plan: N TYPE PAGE LINE PATH TERMINAL FLAGS FIRST LAST, separated by tabs. TYPE: run (type a command), more (look at what a
# program that still runs has printed since), stop (Ctrl-C). PATH: both, kind or simulator. FLAGS: fails, any-order, or -.
# FIRST and LAST: the lines of the page with the expected output; LAST is FIRST - 1 where there is none.
function problem(text) { printf "%s:%d: %s\n", FILENAME, FNR, text >(out "/problems") }

function begin_step(type) {
    end_step()
    step++
    open = 1
    step_type = type
    step_line = FNR
    first = FNR + 1
    printf "" >(out "/" step ".want")
    printf "" >(out "/" step ".command")
}

function end_step() {
    if (!open)
        return
    open = 0
    printf "%d\t%s\t%s\t%d\t%s\t%d\t%s\t%d\t%d\n", step, step_type, page, step_line, path, terminal, flags, first, last >(out "/plan")
    close(out "/" step ".want")
    close(out "/" step ".command")
}

# What stands behind the three backquotes: a console and its words, or a language and the file that the block is from.
function open_fence(info,    word, n, i) {
    n = split(info, word, " ")
    fence = "unknown"
    if (word[1] == "console") {
        fence = "console"
        path = "both"
        terminal = 1
        flags = "-"
        for (i = 2; i <= n; i++) {
            if (word[i] == "kind" || word[i] == "simulator")
                path = word[i]
            else if (word[i] ~ /^terminal=[2-9]$/)
                terminal = substr(word[i], 10)
            else if (word[i] == "by-hand")
                fence = "by-hand"
            else if (word[i] == "fails" || word[i] == "any-order")
                flags = flags == "-" ? word[i] : flags "," word[i]
            else
                problem("a console is not " word[i])
        }
        fresh = 1
    } else if (n == 2) {
        fence = "excerpt"
        excerpt++
        printf "%d\t%s\t%d\t%s\n", excerpt, page, FNR, word[2] >(out "/excerpts")
        printf "" >(out "/" excerpt ".excerpt")
    } else if (info == "text")
        fence = "text" # a picture in characters
    else
        problem("a block that nobody checks: neither a console nor LANGUAGE FILE: " info)
}

function console_line(line) {
    if (line ~ /^\$ /) {
        begin_step("run")
        printf "%s\n", substr(line, 3) >(out "/" step ".command")
        commands = 1
    } else if (line ~ /^> / && commands) {
        printf "%s\n", substr(line, 3) >(out "/" step ".command")
        first = FNR + 1
    } else if (line == "^C") {
        begin_step("stop")
        commands = 0
    } else {
        if (fresh) {
            begin_step("more")
            first = FNR
        }
        commands = 0
        printf "%s\n", line >(out "/" step ".want")
    }
    fresh = 0
    last = FNR
}

# The links and the targets of make in a line of prose.
function prose_line(line,    rest) {
    rest = line
    while (match(rest, /\]\([^)]*\)/)) {
        printf "%s\t%d\t%s\n", page, FNR, substr(rest, RSTART + 2, RLENGTH - 3) >(out "/links")
        rest = substr(rest, RSTART + RLENGTH)
    }
    rest = line
    while (match(rest, /`make [a-z][a-z0-9-]*/)) {
        printf "%s\t%d\t%s\n", page, FNR, substr(rest, RSTART + 6, RLENGTH - 6) >(out "/targets")
        rest = substr(rest, RSTART + RLENGTH)
    }
    if (line ~ /^#+ /)
        printf "%s\t%s\n", page, line >(out "/headings")
}

FNR == 1 {
    if (fence != "")
        printf "%s: a block without an end\n", page >(out "/problems")
    fence = ""
    page = FILENAME
    sub(/.*\//, "", page)
}
/^```/ {
    if (fence == "")
        open_fence(substr($0, 4))
    else {
        if (fence == "console" && fresh) {
            begin_step("more")
            first = FNR
        }
        last = FNR - 1
        end_step()
        close(out "/" excerpt ".excerpt")
        fence = ""
    }
    next
}
fence == "console" { console_line($0); next }
fence == "excerpt" { printf "%s\n", $0 >(out "/" excerpt ".excerpt"); next }
fence == "" { prose_line($0) }
END {
    if (fence != "")
        printf "%s: a block without an end\n", page >(out "/problems")
}
