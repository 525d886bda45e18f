# match.awk: does an output look as the page says? awk -v any_order=0|1 -f match.awk WANT GOT: exit code 0 or 1.
# In WANT a line … stands for any lines, none too, and … within a line for any text. With any_order the lines may come in another order.
function like(want, got,    part, n, i, at) {
    if (want == got)
        return 1
    n = split(want, part, "…")
    if (n < 2 || substr(got, 1, length(part[1])) != part[1])
        return 0
    got = substr(got, length(part[1]) + 1)
    for (i = 2; i < n; i++) {
        at = index(got, part[i])
        if (!at)
            return 0
        got = substr(got, at + length(part[i]))
    }
    return length(got) >= length(part[n]) && substr(got, length(got) - length(part[n]) + 1) == part[n]
}

function in_order(    i, j, star, mark) {
    i = j = 1
    star = 0
    while (j <= lines_got) {
        if (i <= lines_want && want[i] == "…") {
            star = i++
            mark = j
        } else if (i <= lines_want && like(want[i], got[j])) {
            i++
            j++
        } else if (star) {
            i = star + 1
            j = ++mark
        } else
            return 0
    }
    while (i <= lines_want && want[i] == "…")
        i++
    return i > lines_want
}

function in_any_order(    i, j, taken, any, found, left) {
    left = lines_got
    for (i = 1; i <= lines_want; i++) {
        if (want[i] == "…") {
            any = 1
            continue
        }
        found = 0
        for (j = 1; j <= lines_got && !found; j++)
            if (!(j in taken) && like(want[i], got[j]))
                found = taken[j] = 1
        if (!found)
            return 0
        left--
    }
    return any || left == 0
}

BEGIN {
    while ((getline line <ARGV[1]) > 0)
        want[++lines_want] = line
    while ((getline line <ARGV[2]) > 0)
        got[++lines_got] = line
    exit !(any_order ? in_any_order() : in_order())
}
