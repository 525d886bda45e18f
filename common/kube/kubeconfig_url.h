/*
 * kubeconfig_url.h: the addresses of a kubeconfig, checked and brought into one form.
 */
#ifndef COMMON_KUBE_KUBECONFIG_URL_H
#define COMMON_KUBE_KUBECONFIG_URL_H

#include <stdbool.h>

#include "common/error.h"

/*
 * `text` as "https://host:port/prefix" without a slash at the end: malloc'd, or NULL on failure. Without a scheme it becomes https
 * when `tls` (the cluster has a CA, a client certificate or skips verification), else http, as client-go's DefaultServerURL.
 * The error text carries no user or password that the URL may hold.
 */
char *kubeconfig_server_url(const char *text, bool tls, struct error *err);

/* Checks a proxy's address: http, https or socks5, with a host. It may hold user and password: messages do not repeat it. */
int kubeconfig_check_proxy_url(const char *text, struct error *err);

#endif
