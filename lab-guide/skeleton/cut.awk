# cut.awk: the students' file, or the state after some steps, from the solution.
# usage: awk -v steps="POLLING LOG" -f cut.awk FILE     steps: those that are done
# Only lines "#if STEP_NAME", their "#else" and "#endif" are taken out, with the side that does not hold; other conditions stay as they are.
BEGIN {
    count = split(steps, names, " ")
    for (i = 1; i <= count; i++)
        done[names[i]] = 1
    depth = 0
    keep[0] = 1
}
/^#if STEP_[A-Z]+$/ {
    name = $2
    sub(/^STEP_/, "", name)
    depth++
    ours[depth] = 1
    holds[depth] = name in done
    keep[depth] = keep[depth - 1] && holds[depth]
    next
}
/^#[ \t]*if/ {
    depth++
    ours[depth] = 0
    keep[depth] = keep[depth - 1]
}
/^#else$/ && ours[depth] {
    keep[depth] = keep[depth - 1] && !holds[depth]
    next
}
/^#endif$/ && ours[depth] {
    depth--
    next
}
keep[depth] { print }
/^#[ \t]*endif/ { depth-- }
END {
    if (depth != 0) {
        print FILENAME ": " depth " #if without #endif" > "/dev/stderr"
        exit 1
    }
}
