build-asan/common/kube/json_skip.o: common/kube/json_skip.c \
 common/kube/json_skip.h common/limits.h
common/kube/json_skip.h:
common/limits.h:
