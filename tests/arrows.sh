#!/bin/sh
# arrows.sh: the arrows of CONTRIBUTING.md hold: who includes whom, who may ask for the time, who may open a socket.
# usage: arrows.sh [FOLDER]     FOLDER: the tree to look at; default: this one
set -u
cd "${1:-$(dirname "$0")/..}" || exit 2
passed=0
failed=0

# Prints FILE:LINE: TEXT for each line of code that matches $pattern; what stands in comments does not count.
code() {
    awk '{ line = $0; gsub(/\/\*.*\*\//, "", line); sub(/\/[\/*].*/, "", line) }
        line !~ /^[ \t]*\*/ && line ~ ENVIRON["pattern"] { print FILENAME ":" FNR ": " $0 }' "$@"
}

# usage: never WHY PATTERN FILE...: no line of the files matches. A rule without a file to look at is no rule, and fails.
never() {
    why=$1
    export pattern="$2"
    shift 2
    hits="no file to look at"
    [ $# = 0 ] || hits=$(code "$@")
    if [ -z "$hits" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "broken: $why"
        echo "$hits" | sed 's/^/    /'
    fi
}

# usage: files FOLDER...: C files below, but for those that match $except.
except='^$'
files() { find "$@" -name '*.[ch]' 2>/dev/null | grep -vE "$except" | sort; }

include='^[[:space:]]*#[[:space:]]*include[[:space:]]*'
network='(curl/|microhttpd|sys/socket|netinet|arpa/|netdb|openssl)'
seams='"common/(kube/(transport|curl_transport|kubeconfig|client|list|watch)|service/|scheduler)'

never "policy knows no JSON, no clock, no network, no rooms but cluster's objects" \
    "$include(<jansson|<time\\.h|<sys/time|<$network|<yaml|\"common/(clock|kube|service|scheduler))" $(files common/policy)
never "cluster knows no network and no policy" "$include(<$network|$seams|\"common/policy/)" $(files common/cluster)
never "kube knows no policy" "$include\"common/(policy/|service/options|scheduler)" $(files common/kube)
never "common knows none of the programs" "$include\"(polling|watch|simulator|compare|explain|doctor|grade|tests|bench)/" $(files common)
# its stand-in for kube-scheduler decides for pods that are not ours with the lab's own policies: no test judges our schedulers by it
never "the simulator shares no scheduling code with what it tests" "$include(\"common/(policy|cluster|scheduler)|<curl/)" \
    $(files simulator | grep -v /default_scheduler.c)
never "doctor knows common, and nothing that decides" \
    "$include\"(common/(policy|cluster|scheduler)|polling/|watch/|simulator|compare/|explain/|grade|tests|bench)" $(files doctor)
never "who judges looks at nothing but facts" \
    "$include(\"common/(kube|service)|<(curl/|microhttpd|sys/|netdb|unistd|time))" $(files doctor | grep -E '/(judge|facts|words|pods|schedulers|rules)[a-z_]*\.[ch]$')
[ ! -f polling/main.c ] || never "polling/ and watch/ know common's scheduler.h and nothing under it" \
    "$include\"(common/(kube|cluster|policy|service)/|simulator|compare|polling/|watch/)" $(files polling watch)

never "grade knows the simulator and the schedulers from outside only, and decides nothing" \
    "$include\"(simulator|polling|watch|explain|common/(policy|cluster|scheduler))" $(files grade)
never "a judge is a pure function of evidence: no clock, no network, no file, nothing that plays" \
    "$include(<(stdio|unistd|fcntl|time|sys/|$network)|\"(common/clock|compare/|grade/(stage|cluster|proxy|witness|sandbox|play|lane|scenes)))" \
    grade/checkpoint_*.c grade/placement.c grade/judge_read.c
never "compare knows no grading" "$include\"grade/" $(files compare)

never "the students' skeleton knows common's lab.h and its own header" "$include\"(common/(kube|cluster|policy|service|scheduler)|simulator|grade|polling|watch)" \
    $(files lab-guide/skeleton)
never "lab.h shows students pods and nodes, and nothing of what is behind it" "$include\"common/(kube|policy|service|scheduler|clock|buffer|error)" \
    common/lab.h common/cluster/pod.h common/cluster/node.h

never "the schedulers that the grader is tried with share no line with what it comes from" "$include\"(common|polling|watch|simulator|compare|explain|grade)/" \
    $(files tests/grade/wrong)

# kube and policy meet in common/scheduler.c and nowhere else.
except='^common/scheduler[a-z_]*\.[ch]$'
meeting=$(for file in $(files common); do
    grep -qE "$include\"common/kube/" "$file" && grep -qE "$include\"common/policy/" "$file" && echo "$file"
done)
if [ -z "$meeting" ]; then
    passed=$((passed + 1))
else
    failed=$((failed + 1))
    echo "kube and policy meet outside common/scheduler.c: $meeting"
fi

except='^common/clock\.c$'
never "the time comes from a struct clock" \
    '(^|[^a-zA-Z0-9_>.])(time|gettimeofday|clock_gettime|clock|sleep|usleep|nanosleep|alarm|setitimer)[[:space:]]*\(' $(files common)
except='^common/(kube/curl_[a-z_]*|service/serve[a-z_]*)\.c$'
never "sockets are opened behind a seam" '(^|[^a-zA-Z0-9_>.])(socket|connect|bind|listen|accept|getaddrinfo)[[:space:]]*\(|curl_easy_perform' $(files common)
except='^$'
never "an allocation failure is an error, not an abort; text is printed with the size of its buffer" \
    '(^|[^a-zA-Z0-9_>.])(abort|sprintf|vsprintf|strtok|gets|atoi)[[:space:]]*\(' $(files common simulator)

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
