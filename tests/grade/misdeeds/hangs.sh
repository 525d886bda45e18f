#!/bin/sh
# Does nothing, and does not want to end.
trap '' TERM INT HUP
while :; do sleep 3600; done
