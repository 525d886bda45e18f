/*
 * fake_transport.h: an API server that says what the test tells it to, and a clock that stands until it is moved. A test takes the requests one by
 * one as they come, looks at them, and answers each: whole, in pieces, as a stream, cut, lost or refused. Makes no ck_assert of its own, so that
 * test_alloc_* can use it: its own allocations fail like others, as a transport's do.
 */
#ifndef TESTS_UNIT_SUPPORT_FAKE_TRANSPORT_H
#define TESTS_UNIT_SUPPORT_FAKE_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/kube/client.h"

#define FAKE_WARNINGS 16

enum fake_state { FAKE_OPEN, FAKE_DONE, FAKE_CANCELLED };

/* one request; kept until fake_close(), also when it is over */
struct fake_call {
    const char *method, *content_type; /* content_type "" when there is none */
    char *target, *body;               /* body: NUL-terminated, "" when there is none */
    size_t body_bytes;
    int64_t timeout_ms, idle_timeout_ms;
    int64_t at_us; /* when it was started */
    enum fake_state state;
    struct transport_request request;
    int status;
    uint64_t bytes_in;
    struct fake_call *next;
};

struct fake {
    struct transport transport;
    struct clock clock;
    struct kube_timers timers;
    struct kube_client *client;
    int64_t now_us;
    struct fake_call *first, *last, *untaken;
    int count;                                              /* requests so far */
    int refuse_starts;                                      /* so many starts fail from now on */
    int refuse_tokens;                                      /* so many set_token() fail from now on */
    void (*on_wait)(struct fake *fake, int64_t timeout_ms); /* what happens inside wait(); NULL: nothing */
    bool no_certificates;                                   /* for fake_open(): the transport has no TLS */
    char token[128];                                        /* what the transport was given last; "" for none */
    int tokens;                                             /* how often it was given one */
    char cert[128], key[128];
    int certs;
    char warning[FAKE_WARNINGS][512]; /* of the client, the last of them */
    int warnings;
};

/* Makes the client; `credentials` and `metrics` may be NULL. Time begins at 1,000 s; the wall says 2023-11-14T22:13:20Z then. -1 on ERROR_NO_MEMORY. */
int fake_open(struct fake *fake, struct kube_credentials *credentials, struct metrics *metrics, struct error *err);
/* Frees all of it. What uses the client must be gone. */
void fake_close(struct fake *fake);

/* Fires what is due now. */
void fake_pump(struct fake *fake);
/* Moves time on, firing each timer at its time. */
void fake_advance_ms(struct fake *fake, int64_t ms);
/* Moves time to the next timer and fires it. Returns how many microseconds that took, or -1 when there is none. */
int64_t fake_step(struct fake *fake);

/* The oldest request that was not taken yet and is not cancelled, or NULL. */
struct fake_call *fake_take(struct fake *fake);
/* Requests that wait for an answer. */
int fake_open_calls(const struct fake *fake);

/* A whole answer. retry_after_s: the header; -1: none. */
void fake_answer_with(struct fake_call *call, int status, int64_t retry_after_s, const char *body);
void fake_answer(struct fake_call *call, int status, const char *body);
/* A metav1.Status as the API server sends it with an error. */
void fake_fail(struct fake_call *call, int status, const char *reason, const char *message);
/* The same answer in pieces of so many bytes. */
void fake_answer_pieces(struct fake_call *call, int status, const char *body, size_t piece);
/* Some bytes of an answer of which more may come. False: the client said stop, and the call is over. */
bool fake_feed(struct fake_call *call, int status, const char *text, size_t bytes);
bool fake_feed_text(struct fake_call *call, const char *text);
/* The answer ends here: well (fed nothing: an empty 200), or in the middle. */
void fake_end(struct fake_call *call);
void fake_cut(struct fake_call *call);
/* No answer: after the request went out, or because nobody listens. */
void fake_lose(struct fake_call *call);
void fake_refuse(struct fake_call *call);

/* The last warning, "" when there was none. */
const char *fake_warning(const struct fake *fake);

#endif
