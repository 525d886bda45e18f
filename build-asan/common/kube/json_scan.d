build-asan/common/kube/json_scan.o: common/kube/json_scan.c \
 common/kube/json_scan.h common/error.h common/kube/json_parts.h \
 common/buffer.h common/kube/json_skip.h common/limits.h
common/kube/json_scan.h:
common/error.h:
common/kube/json_parts.h:
common/buffer.h:
common/kube/json_skip.h:
common/limits.h:
