#!/bin/sh
# Takes memory without end: tail keeps the last line, which never ends.
trap '' TERM
tail /dev/zero
while :; do sleep 1; done
