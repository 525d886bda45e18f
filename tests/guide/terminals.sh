# terminals.sh: the terminals of guide.sh, to be sourced. Terminal N is a shell in a process group of its own (terminal.sh) that gets its
# steps through a FIFO; what it and its programs print gathers in terminals/N.output, of which the first ${read_N} bytes are looked at.
# Wants $work, $here, $steps and $lab.
terminals=$work/terminals
mkdir "$terminals"
opened=

# usage: open_terminal N: starts it in the lab's folder, unless it is open
open_terminal() {
    case " $opened " in *" $1 "*) return ;; esac
    opened="$opened $1"
    mkfifo "$terminals/$1.steps"
    : >"$terminals/$1.output"
    # job control gives it a process group, and SIGINT its meaning
    set -m
    (cd "$lab" && exec bash "$here/guide/terminal.sh" "$steps") <"$terminals/$1.steps" >>"$terminals/$1.output" 2>&1 &
    disown
    set +m
    eval "group_$1=$! read_$1=0 running_$1="
    # held open, so that the shell waits for more
    eval "exec 2$1>'$terminals/$1.steps'"
}

# usage: type_step N STEP
type_step() {
    eval "running_$1=$2"
    echo "$2" >&"2$1"
}

unread() { eval "tail -c +\$((read_$1 + 1)) '$terminals/$1.output'"; }

# All that was printed so far is looked at. usage: mark_read N BYTES: so many bytes more
mark_read() { eval "read_$1=\$((read_$1 + $2))"; }

# usage: ended N: the last step typed there has ended
ended() { eval "[ -z \"\$running_$1\" ] || [ -e \"$steps/\$running_$1.status\" ]"; }

# usage: await_end N SECONDS
await_end() {
    local deadline=$((SECONDS + $2))
    until ended "$1"; do
        [ $SECONDS -lt "$deadline" ] || return 1
        sleep 0.05
    done
}

# usage: interrupt N: Ctrl-C, and TERM where that is not heard; 1 when the program stays
interrupt() {
    local group
    eval "group=\$group_$1"
    kill -INT -- "-$group" 2>/dev/null
    await_end "$1" 10 && return
    kill -TERM -- "-$group" 2>/dev/null
    await_end "$1" 10
}

close_terminals() {
    local n group
    for n in $opened; do
        eval "group=\$group_$n; exec 2$n>&-"
        kill -TERM -- "-$group" 2>/dev/null
    done
    for n in $opened; do
        await_end "$n" 5
        eval "group=\$group_$n"
        kill -KILL -- "-$group" 2>/dev/null
    done
    opened=
}
