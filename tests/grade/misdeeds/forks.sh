#!/bin/sh
# Makes processes without end, half of them in sessions of their own; 2,000 are enough to show it. They can be told by their sleep.
trap '' TERM
i=0
while [ $i -lt 2000 ]; do
    sh -c 'trap "" TERM HUP; exec sleep 599.25' &
    setsid sh -c 'trap "" TERM HUP; sleep 599.25 & exec sleep 599.25' &
    i=$((i + 1))
done
wait
