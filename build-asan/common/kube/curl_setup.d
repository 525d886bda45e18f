build-asan/common/kube/curl_setup.o: common/kube/curl_setup.c \
 common/kube/curl_parts.h common/error.h common/kube/kubeconfig.h \
 common/clock.h common/kube/transport.h
common/kube/curl_parts.h:
common/error.h:
common/kube/kubeconfig.h:
common/clock.h:
common/kube/transport.h:
