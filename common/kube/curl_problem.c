/*
 * curl_problem.c: one clear line for a transfer that failed, and whether the request can have reached the server.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/kube/curl_parts.h"

/* libcurl's own words for it, one line of plain text */
static const char *detail(struct transport_call *call, CURLcode code)
{
    const char *text = call->error_text[0] ? call->error_text : curl_easy_strerror(code);

    for (char *c = call->error_text; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    return text;
}

/* the same without libcurl's preface to certificate problems */
static const char *certificate_detail(struct transport_call *call, CURLcode code)
{
    static const char *const prefaces[] = {"SSL certificate problem: ", "SSL: "};
    const char *text = detail(call, code);

    for (size_t i = 0; i < sizeof prefaces / sizeof *prefaces; i++)
        if (strncmp(text, prefaces[i], strlen(prefaces[i])) == 0)
            return text + strlen(prefaces[i]);
    return text;
}

static void connect_problem(struct transport_call *call, CURLcode code, const char *server, char *out, size_t size)
{
    long os_error = 0;

    curl_easy_getinfo(call->easy, CURLINFO_OS_ERRNO, &os_error);
    if (os_error == ECONNREFUSED)
        snprintf(out, size, "connection refused by %s", server);
    else if (os_error)
        snprintf(out, size, "cannot connect to %s: %s", server, strerror((int)os_error));
    else
        snprintf(out, size, "cannot connect to %s: %s", server, detail(call, code));
}

static void limit_problem(const struct transport_call *call, enum call_limit limit, const char *server, char *out, size_t size)
{
    if (limit == LIMIT_IDLE)
        snprintf(out, size, "no byte from %s for %g s", server, (double)call->request.idle_timeout_ms / 1000);
    else
        snprintf(out, size, "no whole answer from %s within %g s", server, (double)call->request.timeout_ms / 1000);
}

/* what libcurl has given to the connection, over all its attempts */
static long request_bytes(struct transport_call *call)
{
    long sent = 0;

    curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &sent);
    return sent;
}

static void transfer_problem(const struct curl_setup *setup, struct transport_call *call, CURLcode code, char *out, size_t size)
{
    const char *server = curl_setup_server(setup);

    switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
        snprintf(out, size, "cannot resolve the name of %s: %s", code == CURLE_COULDNT_RESOLVE_PROXY ? "the proxy" : server,
                 detail(call, code));
        break;
    case CURLE_COULDNT_CONNECT:
        connect_problem(call, code, server, out, size);
        break;
    case CURLE_OPERATION_TIMEDOUT: /* the only limit that is libcurl's */
        snprintf(out, size, "no connection to %s within %d s", server, CONNECT_TIMEOUT_S);
        break;
    case CURLE_PEER_FAILED_VERIFICATION:
        snprintf(out, size, "certificate of %s not trusted: %s", server, certificate_detail(call, code));
        break;
    case CURLE_SSL_CACERT_BADFILE:
        snprintf(out, size, "the CA certificate of %s cannot be used: %s", curl_setup_origin(setup), detail(call, code));
        break;
    case CURLE_SSL_CERTPROBLEM:
        snprintf(out, size, "the client certificate or key of %s cannot be used: %s", curl_setup_origin(setup), detail(call, code));
        break;
    case CURLE_SSL_CONNECT_ERROR:
        snprintf(out, size, "no TLS connection to %s: %s", server, detail(call, code));
        break;
    case CURLE_GOT_NOTHING:
        snprintf(out, size, "%s closed the connection without an answer", server);
        break;
    case CURLE_PARTIAL_FILE:
        if (!call->headers_ended) {
            snprintf(out, size, "%s closed the connection without a whole answer", server);
            break;
        }
        snprintf(out, size, "answer of %s cut after %llu bytes", server, (unsigned long long)call->bytes_in);
        break;
    case CURLE_OUT_OF_MEMORY:
        /* also what it says of a header line beyond its own limit of 100 KB, before 8.6 */
        if (call->headers_ended || request_bytes(call) == 0)
            snprintf(out, size, "out of memory");
        else
            snprintf(out, size, "header without end in the answer of %s (or out of memory)", server);
        break;
    default:
        snprintf(out, size, "connection to %s lost: %s", server, detail(call, code));
        break;
    }
}

void curl_problem_fill(const struct curl_setup *setup, struct transport_call *call, CURLcode code, enum call_limit limit,
                       struct transport_result *result)
{
    if (code == CURLE_OK && limit == LIMIT_NONE && !call->headers_ended)
        code = CURLE_PARTIAL_FILE;
    result->complete = code == CURLE_OK && limit == LIMIT_NONE && !call->aborted;
    if (result->complete)
        return;
    result->unsent = !call->added || (request_bytes(call) == 0 && result->status == 0);
    result->aborted = call->aborted;
    result->problem = call->problem;
    if (call->aborted)
        snprintf(call->problem, sizeof call->problem, "answer given up after %llu bytes", (unsigned long long)call->bytes_in);
    else if (limit != LIMIT_NONE)
        limit_problem(call, limit, curl_setup_server(setup), call->problem, sizeof call->problem);
    else if (call->resend)
        snprintf(call->problem, sizeof call->problem, "%s closed the connection without an answer", curl_setup_server(setup));
    else
        transfer_problem(setup, call, code, call->problem, sizeof call->problem);
}
