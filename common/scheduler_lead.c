/*
 * scheduler_lead.c: --leader-elect: of several replicas of one scheduler one works. The Lease has the scheduler's name, and is in kube-system, as
 * kube-scheduler's, unless flags say otherwise; until it is ours nothing is observed, and who loses it ends with exit code 1, to come back as one that waits.
 */
#include <stdio.h>
#include <string.h>

#include "common/scheduler_internal.h"

/* 16 random bytes as a UUID of version 4; where the system has none to give, of the client's own generator */
static void make_uuid(struct scheduler *s, char *out, size_t size)
{
    unsigned char b[16];
    FILE *source = fopen("/dev/urandom", "rb");
    size_t got = source ? fread(b, 1, sizeof b, source) : 0;

    if (source)
        fclose(source);
    for (size_t i = got; i < sizeof b; i++)
        b[i] = (unsigned char)kube_client_random(s->client);
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    snprintf(out, size, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2], b[3], b[4], b[5], b[6],
             b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

static void make_identity(struct scheduler *s)
{
    char host[200], uuid[40];

    scheduler_machine(s, host, sizeof host);
    make_uuid(s, uuid, sizeof uuid);
    snprintf(s->identity, sizeof s->identity, "%s_%s", host, uuid);
}

/* a scheduler may be called what no object may: letters become small, what is left becomes '-' */
static void make_lease_name(struct scheduler *s)
{
    static const char from[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_/", to[] = "abcdefghijklmnopqrstuvwxyz--";
    const char *name = s->options->lease_name ? s->options->lease_name : s->options->scheduler_name;

    snprintf(s->lease_name, sizeof s->lease_name, "%s", name);
    for (char *c = s->lease_name; *c; c++) {
        const char *found = strchr(from, *c);

        if (found)
            *c = to[found - from];
    }
}

static void on_leading(void *ctx)
{
    struct scheduler *s = ctx;

    s->state.ready = false; /* until it has seen the cluster */
    log_info(&s->log, "leader election: %s leads", s->identity);
}

static void on_lost(void *ctx, const char *why)
{
    struct scheduler *s = ctx;

    scheduler_warn(s, "leader election: the lease %s/%s is lost: %s", s->options->lease_namespace, s->lease_name, why);
    s->failed = true;
    s->stopping = true;
}

static void on_leader(void *ctx, const char *identity)
{
    struct scheduler *s = ctx;

    log_info(&s->log, "leader election: %s leads, waiting for its lease to end", identity);
}

static void on_forbidden(void *ctx, const char *verb, const char *message)
{
    scheduler_warn_forbidden(ctx, verb, "leases", message);
}

static void on_problem(void *ctx, const char *verb, const char *message)
{
    struct scheduler *s = ctx;

    scheduler_warn(s, "leader election: cannot %s the lease %s/%s: %s", verb, s->options->lease_namespace, s->lease_name, message);
}

int lead_open(struct scheduler *s, struct error *err)
{
    struct elector_options options = {.client = s->client,
                                      .namespace_ = s->options->lease_namespace,
                                      .name = s->lease_name,
                                      .identity = s->identity,
                                      .on_leading = on_leading,
                                      .on_lost = on_lost,
                                      .on_leader = on_leader,
                                      .on_forbidden = on_forbidden,
                                      .on_problem = on_problem,
                                      .ctx = s};

    if (!s->options->leader_elect)
        return 0;
    make_identity(s);
    make_lease_name(s);
    s->elector = elector_start(&options, err);
    return s->elector ? 0 : -1;
}

void lead_wait(struct scheduler *s)
{
    s->state.ready = s->elector != NULL; /* one that waits does all that it should */
    while (s->elector && scheduler_running(s) && !elector_leads(s->elector))
        scheduler_turn(s, -1);
}
