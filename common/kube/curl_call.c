/*
 * curl_call.c: how an easy handle is set up. Once per handle: TLS, HTTP version, proxy, sockets. Per request only what differs
 * from the last one: target, headers, method, body.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/kube/curl_parts.h"

#define RECEIVE_BUFFER_BYTES 4096
#define SEND_BUFFER_BYTES 16384 /* the least that libcurl takes */
#define DEAD_PEER_S 30          /* a peer that acknowledges nothing for so long is gone */

/*
 * A connection that was kept open may turn out to be closed, and libcurl then sends the request again on a new one, even when
 * the first server has read it. For a GET that is right. Anything else must not be sent twice behind the caller's back.
 */
#if LIBCURL_VERSION_NUM >= 0x075000
/* called before each sending */
static int before_sending(void *ctx, char *to, char *from, int to_port, int from_port)
{
    struct transport_call *call = ctx;
    long sent = 0;

    (void)to, (void)from, (void)to_port, (void)from_port;
    if (strcmp(call->request.method, "GET") == 0)
        return CURL_PREREQFUNC_OK;
    curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &sent);
    call->resend = sent > 0;
    return call->resend ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

static CURLcode guard_against_resend(struct transport_call *call)
{
    CURLcode code = curl_easy_setopt(call->easy, CURLOPT_PREREQFUNCTION, before_sending);

    return code ? code : curl_easy_setopt(call->easy, CURLOPT_PREREQDATA, call);
}

static CURLcode set_connection(struct transport_call *call, const char *method, bool with_body)
{
    (void)call, (void)method, (void)with_body; /* any will do */
    return CURLE_OK;
}

static CURLcode set_body(struct transport_call *call)
{
    CURLcode code = curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_bytes);

    return code ? code : curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, call->body);
}
#else
/* before 7.80 libcurl can only be stopped when it wants to read the body a second time */
static size_t read_body(char *to, size_t size, size_t count, void *ctx)
{
    struct transport_call *call = ctx;
    size_t bytes = call->body_bytes - call->body_read;

    bytes = bytes < size * count ? bytes : size * count;
    memcpy(to, call->body + call->body_read, bytes);
    call->body_read += bytes;
    return bytes;
}

static int seek_body(void *ctx, curl_off_t offset, int origin)
{
    struct transport_call *call = ctx;

    (void)offset, (void)origin;
    call->resend = true;
    return CURL_SEEKFUNC_FAIL;
}

static CURLcode guard_against_resend(struct transport_call *call)
{
    CURLcode code = curl_easy_setopt(call->easy, CURLOPT_READFUNCTION, read_body);

    if (!code)
        code = curl_easy_setopt(call->easy, CURLOPT_READDATA, call);
    if (!code)
        code = curl_easy_setopt(call->easy, CURLOPT_SEEKFUNCTION, seek_body);
    return code ? code : curl_easy_setopt(call->easy, CURLOPT_SEEKDATA, call);
}

/* without a body there is nothing to stop it at, but a connection that is new */
static CURLcode set_connection(struct transport_call *call, const char *method, bool with_body)
{
    return curl_easy_setopt(call->easy, CURLOPT_FRESH_CONNECT, (long)(!with_body && strcmp(method, "GET") != 0));
}

static CURLcode set_body(struct transport_call *call)
{
    call->body_read = 0;
    return curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_bytes);
}
#endif

/*
 * Once per handle. Each returns what libcurl says.
 */

/* a network that swallows packets is found out by the kernel, for streams and for kept connections alike */
static int on_new_socket(void *ctx, curl_socket_t fd, curlsocktype purpose)
{
    (void)ctx, (void)fd, (void)purpose;
#ifdef TCP_USER_TIMEOUT
    unsigned timeout_ms = DEAD_PEER_S * 1000;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof timeout_ms);
#endif
    return CURL_SOCKOPT_OK;
}

static CURLcode set_sockets(const struct curl_setup *setup, CURL *easy)
{
    CURLcode code = curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);

    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)DEAD_PEER_S / 2);
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)DEAD_PEER_S / 6);
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, on_new_socket);
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_PROXY, setup->proxy ? setup->proxy : "");
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    if (!code && setup->proxy)
        code = curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    return code;
}

/* libcurl keeps both buffers per handle, and there is a handle for each bind in flight: its defaults would be 80 KB for a request of 300 bytes */
static CURLcode set_buffers(CURL *easy)
{
    CURLcode code = curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)RECEIVE_BUFFER_BYTES);

    return code ? code : curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, (long)SEND_BUFFER_BYTES);
}

static CURLcode set_http(const struct curl_setup *setup, CURL *easy)
{
    long version = setup->http2 ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1;
    CURLcode code = curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, version);

    if (!code && setup->http2) /* the first connection tells whether the others are needed */
        code = curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    if (!code)
        code = curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    if (!code && setup->username)
        code = curl_easy_setopt(easy, CURLOPT_USERNAME, setup->username);
    if (!code && setup->username)
        code = curl_easy_setopt(easy, CURLOPT_PASSWORD, setup->password ? setup->password : "");
    return code;
}

/* a PEM text as a private file, made once and removed with the setup */
static CURLcode write_pem(struct pem *pem)
{
    const char *folder = getenv("TMPDIR");
    size_t size, left = strlen(pem->text), done = 0;
    ssize_t wrote = 0;
    int fd;

    folder = folder && *folder ? folder : "/tmp";
    size = strlen(folder) + sizeof "/scheduler-XXXXXX";
    pem->path = malloc(size);
    if (!pem->path)
        return CURLE_OUT_OF_MEMORY;
    snprintf(pem->path, size, "%s/scheduler-XXXXXX", folder);
    fd = mkstemp(pem->path); /* readable by us alone */
    for (; fd >= 0 && left > 0; done += (size_t)wrote, left -= (size_t)wrote)
        if ((wrote = write(fd, pem->text + done, left)) <= 0)
            break;
    if (fd >= 0 && close(fd) == 0 && left == 0)
        return CURLE_OK;
    if (fd >= 0)
        unlink(pem->path);
    free(pem->path);
    pem->path = NULL;
    return CURLE_WRITE_ERROR;
}

/* gives a PEM text to libcurl, from memory where it and its TLS library can; copied where it may be replaced while the handle lives */
static CURLcode set_pem(CURL *easy, struct pem *pem, bool replaced, int blob_option, CURLoption file_option)
{
#if LIBCURL_VERSION_NUM >= 0x074700
    struct curl_blob blob = {pem->text, strlen(pem->text), replaced ? CURL_BLOB_COPY : CURL_BLOB_NOCOPY};

    if (blob_option && !pem->path && curl_easy_setopt(easy, (CURLoption)blob_option, &blob) == CURLE_OK)
        return CURLE_OK;
#else
    (void)blob_option, (void)replaced;
#endif
    if (!pem->path && write_pem(pem) != CURLE_OK)
        return CURLE_WRITE_ERROR;
    return curl_easy_setopt(easy, file_option, pem->path);
}

#if LIBCURL_VERSION_NUM >= 0x074d00
#define CA_BLOB CURLOPT_CAINFO_BLOB
#else
#define CA_BLOB 0
#endif
#if LIBCURL_VERSION_NUM >= 0x074700
#define CERT_BLOB CURLOPT_SSLCERT_BLOB
#define KEY_BLOB CURLOPT_SSLKEY_BLOB
#else
#define CERT_BLOB 0
#define KEY_BLOB 0
#endif

static CURLcode set_tls(struct curl_setup *setup, CURL *easy)
{
    CURLcode code = CURLE_OK;

    if (setup->insecure) {
        code = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
        if (!code)
            code = curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (!code && setup->ca.text) {
        /* this CA, and none of the system's */
        code = curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
        if (!code)
            code = set_pem(easy, &setup->ca, false, CA_BLOB, CURLOPT_CAINFO);
    }
    if (!code && setup->cert.text)
        code = set_pem(easy, &setup->cert, setup->identity > 0, CERT_BLOB, CURLOPT_SSLCERT);
    if (!code && setup->key.text)
        code = set_pem(easy, &setup->key, setup->identity > 0, KEY_BLOB, CURLOPT_SSLKEY);
    if (!code && setup->connect_to)
        code = curl_easy_setopt(easy, CURLOPT_CONNECT_TO, setup->connect_to);
    return code;
}

static CURLcode set_callbacks(struct transport_call *call, curl_write_callback on_header, curl_write_callback on_write)
{
    CURLcode code = curl_easy_setopt(call->easy, CURLOPT_PRIVATE, call);

    if (!code)
        code = curl_easy_setopt(call->easy, CURLOPT_HEADERFUNCTION, on_header);
    if (!code)
        code = curl_easy_setopt(call->easy, CURLOPT_HEADERDATA, call);
    if (!code)
        code = curl_easy_setopt(call->easy, CURLOPT_WRITEFUNCTION, on_write);
    if (!code)
        code = curl_easy_setopt(call->easy, CURLOPT_WRITEDATA, call);
    if (!code)
        code = curl_easy_setopt(call->easy, CURLOPT_ERRORBUFFER, call->error_text);
    return code ? code : guard_against_resend(call);
}

int curl_call_new(struct curl_setup *setup, struct transport_call *call, curl_write_callback on_header, curl_write_callback on_write,
                  struct error *err)
{
    CURLcode code;

    call->easy = curl_easy_init();
    call->identity = setup->identity;
    if (!call->easy)
        return error_no_memory(err);
    code = set_callbacks(call, on_header, on_write);
    if (!code)
        code = set_sockets(setup, call->easy);
    if (!code)
        code = set_buffers(call->easy);
    if (!code)
        code = set_http(setup, call->easy);
    if (!code && setup->https)
        code = set_tls(setup, call->easy);
    if (!code)
        code = curl_easy_setopt(call->easy, CURLOPT_URL, setup->url);
    if (code == CURLE_OUT_OF_MEMORY)
        return error_no_memory(err);
    if (code)
        return error_set(err, ERROR_USAGE, "%s: libcurl cannot be set up for it: %s", curl_setup_origin(setup), curl_easy_strerror(code));
    return 0;
}

/*
 * Once per request.
 */

static int copy_body(struct transport_call *call, const struct transport_request *request, struct error *err)
{
    if (request->body_bytes + 1 > call->body_capacity) {
        char *body = realloc(call->body, request->body_bytes + 1);

        if (!body)
            return error_no_memory(err);
        call->body = body;
        call->body_capacity = request->body_bytes + 1;
    }
    memcpy(call->body, request->body, request->body_bytes);
    call->body_bytes = request->body_bytes;
    return 0;
}

/* The method only when it is another one: a handle mostly does the same again. */
static CURLcode set_method(struct transport_call *call, const char *method, bool with_body)
{
    bool custom = strcmp(method, with_body ? "POST" : "GET") != 0;
    CURLcode code;

    if (call->method && strcmp(call->method, method) == 0 && call->with_body == with_body)
        return CURLE_OK;
    call->method = NULL;
    code = curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, custom ? method : NULL);
    if (!code && !with_body)
        code = curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, NULL);
    if (!code)
        code = curl_easy_setopt(call->easy, with_body ? CURLOPT_POST : CURLOPT_HTTPGET, 1L);
    if (!code)
        code = set_connection(call, method, with_body);
    if (code)
        return code;
    call->method = method;
    call->with_body = with_body;
    return CURLE_OK;
}

/* The URL stays the same and the target is put in its place, which spares libcurl the taking apart of a long one. */
static CURLcode set_target(const struct curl_setup *setup, struct transport_call *call, const char *target)
{
    const char *front = setup->full_url ? setup->url : "";
    size_t size = strlen(front) + strlen(setup->prefix) + strlen(target) + 1;
    CURLoption option = setup->full_url ? CURLOPT_URL : CURLOPT_REQUEST_TARGET;
    CURLcode code;
    char *whole;

    if (!*front && !*setup->prefix)
        return curl_easy_setopt(call->easy, option, target);
    whole = malloc(size);
    if (!whole)
        return CURLE_OUT_OF_MEMORY;
    snprintf(whole, size, "%s%s%s", front, setup->prefix, target);
    code = curl_easy_setopt(call->easy, option, whole);
    free(whole);
    return code;
}

int curl_call_set(struct curl_setup *setup, struct transport_call *call, const struct transport_request *request, struct error *err)
{
    bool with_body = request->body != NULL;
    struct curl_slist *headers = curl_setup_headers(setup, call, with_body ? request->content_type : NULL);
    CURLcode code;

    if (!headers || (with_body && copy_body(call, request, err) < 0))
        return error_no_memory(err);
    call->error_text[0] = '\0';
    code = set_method(call, request->method, with_body);
    if (!code)
        code = set_target(setup, call, request->target);
    if (!code)
        code = curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, headers);
    if (!code && with_body)
        code = set_body(call);
    if (code == CURLE_OUT_OF_MEMORY)
        return error_no_memory(err);
    return code ? error_set(err, ERROR_RUNTIME, "%s %s: %s", request->method, request->target, curl_easy_strerror(code)) : 0;
}
