#!/usr/bin/env bash
# terminal.sh: one terminal of the guide: runs steps one after the other in one shell, so that cd and export hold.
# usage: terminal.sh FOLDER <FIFO     A line on stdin is a step N: FOLDER/N.command is run, its exit code goes to FOLDER/N.status.
# Ctrl-C is for the program in the foreground, as at a prompt.
folder=$1
trap : INT TERM
exec 3<&0 </dev/null
while :; do
    # a signal ends the read, too, and then there is more to read
    IFS= read -r step <&3
    code=$?
    [ $code -le 128 ] || continue
    [ $code = 0 ] || exit 0
    . "$folder/$step.command" 3<&-
    echo $? >"$folder/$step.status.new"
    mv "$folder/$step.status.new" "$folder/$step.status"
done
