build-asan/common/kube/curl_transport.o: common/kube/curl_transport.c \
 common/kube/curl_transport.h common/error.h common/kube/kubeconfig.h \
 common/clock.h common/kube/transport.h common/kube/curl_parts.h \
 common/limits.h
common/kube/curl_transport.h:
common/error.h:
common/kube/kubeconfig.h:
common/clock.h:
common/kube/transport.h:
common/kube/curl_parts.h:
common/limits.h:
