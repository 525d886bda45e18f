#!/bin/sh
# Prints without end, a file of its own included.
trap '' TERM
yes 'a line of nothing that goes on and on' >>filled &
yes '[polling] Bound default/pod -> node'
