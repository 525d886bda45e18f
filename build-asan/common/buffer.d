build-asan/common/buffer.o: common/buffer.c common/buffer.h \
 common/error.h
common/buffer.h:
common/error.h:
