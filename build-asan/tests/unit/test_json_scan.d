build-asan/tests/unit/test_json_scan.o: tests/unit/test_json_scan.c \
 common/buffer.h common/error.h common/kube/json_scan.h common/limits.h
common/buffer.h:
common/error.h:
common/kube/json_scan.h:
common/limits.h:
