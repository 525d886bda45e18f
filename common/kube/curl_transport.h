/*
 * curl_transport.h: the transport over libcurl. One multi handle, driven by curl_multi_socket_action and poll(2); HTTP/2 over
 * one connection where the server offers it and libcurl does it well, HTTP/1.1 keep-alive where not. Easy handles and header lists are reused.
 */
#ifndef COMMON_KUBE_CURL_TRANSPORT_H
#define COMMON_KUBE_CURL_TRANSPORT_H

#include "common/error.h"
#include "common/kube/kubeconfig.h"
#include "common/kube/transport.h"

/*
 * Opens a transport to config->server. `config` is read here and not kept. `user_agent` is copied, e.g. "polling-scheduler/1.0".
 * TLS as the config says: its CA (or the system's), client certificate, server name, or no verification. No connection is made yet.
 * Redirects are off, only http and https are allowed, a proxy is used only when config->proxy_url names one.
 * Returns NULL on failure: ERROR_USAGE for a certificate or key that cannot be read (with its origin), else ERROR_NO_MEMORY.
 * The caller ends it with transport->close().
 */
struct transport *curl_transport_open(const struct kube_config *config, const char *user_agent, struct error *err);

#endif
