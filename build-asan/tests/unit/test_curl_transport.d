build-asan/tests/unit/test_curl_transport.o: \
 tests/unit/test_curl_transport.c common/buffer.h common/error.h \
 common/clock.h common/kube/curl_transport.h common/kube/kubeconfig.h \
 common/kube/transport.h
common/buffer.h:
common/error.h:
common/clock.h:
common/kube/curl_transport.h:
common/kube/kubeconfig.h:
common/kube/transport.h:
