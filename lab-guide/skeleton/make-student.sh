#!/bin/sh
# make-student.sh: a folder for a student: the skeleton, what it is built from, the grader and a simulator. It may be moved anywhere on a machine like this.
# usage: B=build BIN=bin make-student.sh FOLDER     FOLDER: new, or empty
# Exit code 2 when the folder is none that can be filled.
set -eu

complain() {
    echo "student: $1" >&2
    exit 2
}

here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../.." && pwd)
folder=${1:-}
[ -n "$folder" ] || complain "DIR: expected a folder to make, as in: make student DIR=~/my-scheduler"
case $folder in
"~/"*) folder=$HOME/${folder#"~/"} ;; # not every shell expands it behind DIR=
esac
[ ! -e "$folder" ] || [ -d "$folder" ] || complain "$folder: expected a folder, is a file"
[ -z "$(ls -A "$folder" 2>/dev/null)" ] || complain "$folder: expected an empty folder, or none; it has files"
mkdir -p "$folder" 2>/dev/null || complain "$folder: cannot be made"
[ -w "$folder" ] || complain "$folder: may not be written to"

mkdir -p "$folder/common/cluster" "$folder/bin"
for file in scheduler.h scheduler.c polling.c watch.c; do
    awk -v steps="" -f "$here/cut.awk" "$here/$file" >"$folder/$file"
done
cp "$here/student.mk" "$folder/Makefile"
cp "$here/README.md" "$folder/README.md"
printf 'build/\nbuild-asan/\n/polling\n/watch\n' >"$folder/.gitignore"
cp "$tree/common/lab.h" "$folder/common/"
cp "$tree/common/cluster/pod.h" "$tree/common/cluster/node.h" "$folder/common/cluster/"
cp "$BIN/grade" "$BIN/simulator" "$folder/bin/"

# One object in which only what the headers promise can be seen: a student's own tolerates() is not another one of that name. Where these tools do not do
# that, the library as it is.
keep() {
    for name in 'lab_*' label_get pod_counts pod_fingerprint pod_free pod_phase_name node_spec_free node_spec_same node_change_helps; do
        printf ' --keep-global-symbol=%s' "$name"
    done
}
library=$B/libcommon.a
object=$folder/common/lab.o
if ${CC:-cc} -r -nostdlib -o "$object" -Wl,--whole-archive "$library" 2>/dev/null &&
    objcopy -w --strip-debug $(keep) "$object" 2>/dev/null; then
    ar rcs "$folder/common/libcommon.a" "$object"
else
    cp "$library" "$folder/common/libcommon.a"
fi
rm -f "$object"

echo "$folder: begin with README.md"
