/* extender.c: an HTTP server with one answer. */
#include "tests/differential/support/extender.h"

#include <arpa/inet.h>
#include <jansson.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"

#define REQUEST_MAX ((size_t)4 << 20)

struct extender {
    struct MHD_Daemon *daemon;
};

/* {"NodeNames": ["n1"]} to {"NodeNames": [], "FailedNodes": {"n1": "fits n1"}}; NULL when it is no such request. malloc'd. */
static char *refuse_all(const struct buffer *request)
{
    json_t *asked = json_loadb(request->data ? request->data : "", request->bytes, 0, NULL), *name, *failed = json_object(), *answer;
    json_t *names = json_object_get(asked, "NodeNames");
    char *text = NULL;
    size_t i;

    answer = json_pack("{s:[], s:o}", "NodeNames", "FailedNodes", failed);
    json_array_foreach(names, i, name)
    {
        json_object_set_new(failed, json_string_value(name), json_sprintf(EXTENDER_FITS "%s", json_string_value(name)));
    }
    if (json_is_array(names))
        text = json_dumps(answer, JSON_COMPACT);
    json_decref(asked);
    json_decref(answer);
    return text;
}

static enum MHD_Result reply(struct MHD_Connection *connection, char *text)
{
    static char nothing[1];
    struct MHD_Response *response = MHD_create_response_from_buffer(text ? strlen(text) : 0, text ? text : nothing,
                                                                    text ? MHD_RESPMEM_MUST_FREE : MHD_RESPMEM_PERSISTENT);
    enum MHD_Result result;

    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, "Content-Type", "application/json");
    result = MHD_queue_response(connection, text ? 200 : 400, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                                  const char *data, size_t *bytes, void **request)
{
    struct error err = ERROR_INIT;
    struct buffer *body = *request;

    (void)ctx, (void)url, (void)method, (void)version;
    if (!body) {
        body = malloc(sizeof *body);
        if (!body)
            return MHD_NO;
        buffer_init(body, REQUEST_MAX);
        *request = body;
        return MHD_YES;
    }
    if (*bytes == 0)
        return reply(connection, refuse_all(body));
    if (buffer_add(body, data, *bytes, &err) < 0)
        return MHD_NO;
    *bytes = 0;
    return MHD_YES;
}

static void on_completed(void *ctx, struct MHD_Connection *connection, void **request, enum MHD_RequestTerminationCode code)
{
    struct buffer *body = *request;

    (void)ctx, (void)connection, (void)code;
    if (body)
        buffer_free(body);
    free(body);
}

struct extender *extender_start(struct error *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct extender *extender = malloc(sizeof *extender);

    if (!extender) {
        error_no_memory(err);
        return NULL;
    }
    extender->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, NULL, NULL, on_request, NULL, MHD_OPTION_SOCK_ADDR,
                                        (struct sockaddr *)&address, MHD_OPTION_NOTIFY_COMPLETED, on_completed, NULL, MHD_OPTION_END);
    if (!extender->daemon) {
        error_set(err, ERROR_RUNTIME, "the extender cannot listen on loopback");
        free(extender);
        return NULL;
    }
    return extender;
}

int extender_port(const struct extender *extender)
{
    return MHD_get_daemon_info(extender->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

void extender_stop(struct extender *extender)
{
    if (extender)
        MHD_stop_daemon(extender->daemon);
    free(extender);
}
