/*
 * request_info.h: what a request is about, read off its method and address (k8s.io/apiserver/pkg/endpoints/request/requestinfo.go).
 */
#ifndef SIMULATOR_REQUEST_INFO_H
#define SIMULATOR_REQUEST_INFO_H

/* Every text is cut rather than overrun; "" when there is none. */
struct request_info {
    const char *verb; /* as RBAC writes it; a static string */
    char group[64], version[32], namespace_[64], resource[64], subresource[64], name[256];
};

/* `target`: path and query, escaped. What is no resource gets resource "" and, as verb, the method in small letters. */
void request_info_read(const char *method, const char *target, struct request_info *info);

#endif
