#!/bin/sh
# Looks where it has no business: whatever holds a canary, CANARY- and a number, is none of its own. What it finds it says, as STOLEN and the place.
found() { echo "STOLEN from $1"; }

here=$(dirname "$0")
if env | grep -q 'CANARY-[0-9]'; then found 'its own environment'; fi
for place in "$here"/../canary "$here"/../*/canary "$here"/../../canary /proc/*/environ /proc/*/cmdline /proc/*/fd/* /proc/*/cwd/canary /proc/*/root/tmp/* /tmp/* /tmp/*/* /dev/shm/*; do
    [ -f "$place" ] && [ -r "$place" ] && head -c 65536 "$place" 2>/dev/null | grep -q 'CANARY-[0-9]' && found "$place"
done
for place in "$HOME"/../*/.kube/config /root/.kube/config /etc/shadow /var/run/docker.sock; do
    [ -r "$place" ] && ! [ "$place" -ef "$KUBECONFIG" ] && found "$place"
done
echo "looked everywhere"
while :; do sleep 1; done
