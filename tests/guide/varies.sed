# What is another in each run, on both sides of the comparison: a pattern a line, with why. A page shows what one real run printed.
# A pattern says of which form the varying thing is, so that anything else in its place is seen.

# columns are as wide as their widest entry
s/[[:blank:]]+/ /g
s/ $//
# ages and durations: 5s, 2m10s, 3d4h; <invalid> when two clocks differ. Twice: neighbours share the blank between them
s/(^|[ (])(([0-9]+[dhms])+|<invalid>)([ ),]|$)/\1AGE\4/g
s/(^|[ (])(([0-9]+[dhms])+|<invalid>)([ ),]|$)/\1AGE\4/g
# how long a test of the grader took
s/\([0-9]+\.[0-9]s\)/(AGE)/g
# an event that came more than once: AGE (x2 over AGE)
s/AGE \(x[0-9]+ over AGE\)/AGE/g
# times of day
s/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z/TIME/g
# addresses of pods and nodes are given in the order of their coming; the port is any that is free
s/(^|[^0-9.])(10|172)(\.[0-9]{1,3}){3}/\1ADDRESS/g
s/127\.0\.0\.1:[0-9]+/127.0.0.1:PORT/g
# versions of Kubernetes and kubectl, UIDs, digests
s/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/UID/g
s/v[0-9]+\.[0-9]+\.[0-9]+([-+][^[:space:]]*)?/VERSION/g
s/sha256:[0-9a-f]{6,64}/sha256:DIGEST/g
# the pods of a Deployment and of a DaemonSet: a hash of the template, five letters for the pod
s/-[bcdf4-9]{6,10}-[bcdfghjklmnpqrstvwxz0-9]{5}([^a-z0-9-]|$)/-HASH-POD\1/g
s/(kindnet|kube-proxy)-[bcdfghjklmnpqrstvwxz0-9]{5}([^a-z0-9-]|$)/\1-POD\2/g
# kubectl says which namespace from 1.34 on
s/^([a-z.]+ "[^"]+" (force )?deleted) from [a-z0-9-]+ namespace$/\1/
