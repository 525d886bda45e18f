/*
 * bad_input.c: configuration that is wrong, and servers that are no API server: one clear line, no crash, no hang, bounded memory.
 */
#include <signal.h>
#include <string.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/hostile.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define END_MS 10000 /* on a busy machine; kind-e2e holds it to a second */
#define PEAK_BYTES (64ll << 20)

/* a certificate that signed nothing */
static const char wrong_ca[] = "-----BEGIN CERTIFICATE-----\n"
                               "MIIBkDCCATegAwIBAgIUcWIlUesklwH0tdNlMjZiO0v+8l0wCgYIKoZIzj0EAwIw\n"
                               "HTEbMBkGA1UEAwwSbm9ib2R5J3MgYXV0aG9yaXR5MCAXDTI2MTEyMjA5MDkyOFoY\n"
                               "DzIxMjYxMDI5MDkwOTI4WjAdMRswGQYDVQQDDBJub2JvZHkncyBhdXRob3JpdHkw\n"
                               "WTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATMwHeQWwLH3+3GVJhqj+iS3pX2T9fb\n"
                               "Ck7eSHliyXEs1rvLv5zHJCbXFhOaxHO8XOLGUe4fWKFoColOLarwZStMo1MwUTAd\n"
                               "BgNVHQ4EFgQUfm7zGPVdyuNlyjkqJIoN4DjjnSAwHwYDVR0jBBgwFoAUfm7zGPVd\n"
                               "yuNlyjkqJIoN4DjjnSAwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBE\n"
                               "AiALwRTtWEDY2bxW2yIXy/fK6oe8IFcVwuPh16GpzAsDGQIgHgXuxaM4A6QE2pI6\n"
                               "imhxhayRr8nY8EJruaEDR6jYCYc=\n"
                               "-----END CERTIFICATE-----\n";

/* ---- what ends it at once ---- */

/* ends with 2 and says exactly one line, with these words in it, on stderr; nothing on stdout */
static void refuses(struct lab *lab, struct process *process, const char *what, const char *words)
{
    const char *line;

    REQUIRE(process_ends(process, DEADLINE_MS), "%s: it does not end", what);
    line = process_text(process->err);
    REQUIRE(process->exit_code == 2, "%s: exit code %d", what, process->exit_code);
    REQUIRE(process_lines(process->err) == 1 && line[strlen(line) - 1] == '\n', "%s: not one line: %s", what, line);
    REQUIRE(process_lines(process->out) == 0, "%s: something on stdout", what);
    REQUIRE(!strncmp(line, textf("%s: ", lab->program), strlen(lab->program) + 2), "%s: it does not say who speaks: %s", what, line);
    REQUIRE(strstr(line, words), "%s: no \"%s\" in: %s", what, words, line);
}

static const char config[] = "apiVersion: v1\nkind: Config\n"
                             "clusters: [{name: c, cluster: {%s}}]\n"
                             "users: [{name: %s, user: {%s}}]\n"
                             "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: %s\n";

static const char *config_of(struct lab *lab, const char *name, const char *cluster, const char *user, const char *login,
                             const char *current)
{
    return lab_write(lab, name, textf(config, cluster, user, login, current));
}

static void bad_kubeconfigs(struct lab *lab)
{
    static const char here[] = "server: \"https://127.0.0.1:9\"";
    const struct {
        const char *file, *words;
    } bad[] = {
        {lab_path(lab, "missing"), "missing: No such file"},
        {lab->folder, "is a folder"},
        {lab_write(lab, "broken", "clusters: [\n"), "broken:2: not YAML"},
        {lab_write(lab, "empty", ""), "empty: "},
        {lab_write(lab, "list", "- a\n- b\n"), "list:1: "},
        {config_of(lab, "nocontext", here, "u", "", "y"), "current-context \"y\" does not exist"},
        {config_of(lab, "nouser", here, "somebody", "", "x"), "user \"u\" does not exist"},
        {config_of(lab, "noserver", "", "u", "", "x"), "server"},
        {config_of(lab, "ftp", "server: \"ftp://127.0.0.1\"", "u", "", "x"), "expected https:// or http://"},
        {config_of(lab, "noca", textf("%s, certificate-authority: nosuch.crt", here), "u", "", "x"), "nosuch.crt: No such file"},
        {config_of(lab, "badca", textf("%s, certificate-authority-data: aGVsbG8=", here), "u", "", "x"), "expected PEM"},
        {config_of(lab, "nobase64", textf("%s, certificate-authority-data: \"!!\"", here), "u", "", "x"), "certificate-authority-data"},
        {config_of(lab, "both", textf("%s, certificate-authority: ca.crt, insecure-skip-tls-verify: true", here), "u", "", "x"),
         "insecure-skip-tls-verify"},
        {config_of(lab, "nokey", here, "u", "client-certificate: nosuch.crt", "x"), "client-"},
    };
    struct process process;

    lab_write(lab, "ca.crt", wrong_ca);
    for (size_t i = 0; i < LENGTH(bad); i++) {
        program_start(lab, &process, "--kubeconfig", bad[i].file, NULL);
        refuses(lab, &process, bad[i].file, bad[i].words);
        REQUIRE(process_says(process.err, strrchr(bad[i].file, '/') + 1), "%s: the file is not named", bad[i].file);
    }
}

static void bad_flags(struct lab *lab)
{
    static const char *const bad[][3] = {
        {"--nosuch", NULL, "--nosuch"},
        {"extra", NULL, "'extra'"},
        {"--policy", "best", "--policy: expected one of"},
        {"--no-filter", "x", "--no-filter: expected one of"},
        {"--metrics-port", "99999", "--metrics-port: expected a whole number between 0 and 65535"},
        {"--metrics-port", "1x", "--metrics-port"},
        {"--namespace", "A B", "--namespace"},
        {"--scheduler-name", "", "--scheduler-name"},
        {"--log-format", "xml", "--log-format: expected text or json"},
        {"--max-inflight", "0", "--max-inflight"},
        {"--simulate-bind-errors", "-1", "--simulate-bind-errors"},
        {"--bind-backoff", "soon", "--bind-backoff: expected seconds"},
        {"--require-node-label", "=x", "--require-node-label"},
        {"--kubeconfig", NULL, "--kubeconfig: expected FILE"},
        {"--context", "nosuch", "context \"nosuch\" does not exist"},
    };
    const char *kubeconfig = config_of(lab, "config", "server: \"http://127.0.0.1:9\"", "u", "", "x");
    struct process process;

    for (size_t i = 0; i < LENGTH(bad); i++) {
        if (!bad[i][1])
            program_start(lab, &process, bad[i][0], NULL);
        else
            program_start(lab, &process, "--kubeconfig", kubeconfig, bad[i][0], bad[i][1], NULL);
        refuses(lab, &process, textf("%s %s", bad[i][0], bad[i][1] ? bad[i][1] : ""), bad[i][2]);
    }
    program_start(lab, &process, "--interval", strcmp(lab->program, "watch") ? "never" : "2", NULL);
    refuses(lab, &process, "--interval", "--interval");
}

static void metrics_port_that_is_taken(struct lab *lab)
{
    const char *kubeconfig = config_of(lab, "config", "server: \"http://127.0.0.1:9\"", "u", "", "x");
    struct hostile hostile;
    struct process process;

    hostile_start(&hostile, NEVER_ANSWERS);
    program_start(lab, &process, "--kubeconfig", kubeconfig, "--metrics-port", textf("%d", hostile.port), NULL);
    REQUIRE(process_ends(&process, DEADLINE_MS) && process.exit_code == 2, "exit code %d", process.exit_code);
    REQUIRE(process_lines(process.err) == 1 && process_says(process.err, textf("%d", hostile.port)), "it does not say which port");
}

/* ---- servers that are none ---- */

/* TERM ends it at once, and it never needed much memory */
static void ends_well(struct process *process)
{
    REQUIRE(process_running(process), "it ended with exit code %d", process->exit_code);
    process_signal(process, SIGTERM);
    REQUIRE(process_ends(process, END_MS), "TERM does not end it within %d ms", END_MS);
    REQUIRE(process->exit_code == 0, "exit code %d after TERM", process->exit_code);
    REQUIRE(!lab_measures() || process->peak_bytes < PEAK_BYTES, "%lld KiB of memory", (long long)process->peak_bytes / 1024);
}

/* one line for each resource that cannot be had, with these words; and it tries again */
static void says_and_goes_on(struct lab *lab, enum hostile_kind kind, const char *words)
{
    int resources = strcmp(lab->program, "watch") ? 1 : 2;
    struct hostile hostile;
    struct process process;

    hostile_start(&hostile, kind);
    program_start(lab, &process, "--kubeconfig",
                  config_of(lab, "config", textf("server: \"http://127.0.0.1:%d\"", hostile.port), "u", "", "x"), NULL);
    WAIT_UNTIL(process_count(process.err, words) == resources || !process_running(&process), "it does not say: %s", words);
    /* where it tries a third time, the second was no reason for another line */
    hostile_wait(&hostile, kind == SENDS_HTML ? 2 * resources + 1 : resources + 1);
    REQUIRE(process_lines(process.err) == resources, "%d lines", process_lines(process.err));
    ends_well(&process);
}

static void html(struct lab *lab)
{
    says_and_goes_on(lab, SENDS_HTML, ": not JSON: starts with '<!DOCTYPE html>'\n");
}

static void half_a_body(struct lab *lab)
{
    says_and_goes_on(lab, SENDS_HALF_A_BODY, "cut after 85 bytes\n");
}

static void broken_json(struct lab *lab)
{
    says_and_goes_on(lab, SENDS_BROKEN_JSON, ": cut after 40 bytes\n");
}

static void body_of_3_gb(struct lab *lab)
{
    says_and_goes_on(lab, SENDS_3_GB, ": an object of more than 4194304 bytes\n");
}

static void endless_header(struct lab *lab)
{
    says_and_goes_on(lab, SENDS_ENDLESS_HEADER, ": header without end in the answer of 127.0.0.1");
}

static void no_http(struct lab *lab)
{
    says_and_goes_on(lab, SENDS_NO_HTTP, "HTTP/0.9");
}

static void closes_at_once(struct lab *lab)
{
    says_and_goes_on(lab, CLOSES_AT_ONCE, "closed the connection without an answer\n");
}

static void never_answers(struct lab *lab)
{
    struct hostile hostile;
    struct process process;

    hostile_start(&hostile, NEVER_ANSWERS);
    program_start(lab, &process, "--kubeconfig",
                  config_of(lab, "config", textf("server: \"http://127.0.0.1:%d\"", hostile.port), "u", "", "x"), NULL);
    hostile_wait(&hostile, 1);
    ends_well(&process);
    REQUIRE(process_lines(process.err) == 0, "it complains of a server that is only slow");
}

static void nobody_listens(struct lab *lab)
{
    struct process process;

    program_start(lab, &process, "--kubeconfig", config_of(lab, "config", "server: \"http://127.0.0.1:9\"", "u", "", "x"), NULL);
    wait_for_line(&process, process.err, "connection refused by 127.0.0.1:9");
    ends_well(&process);
    REQUIRE(process_lines(process.err) <= 2, "%d lines", process_lines(process.err));
}

/* TLS to something that speaks none */
static void no_tls(struct lab *lab)
{
    struct hostile hostile;
    struct process process;

    hostile_start(&hostile, SENDS_NO_HTTP);
    program_start(lab, &process, "--kubeconfig",
                  config_of(lab, "config", textf("server: \"https://127.0.0.1:%d\"", hostile.port), "u", "", "x"), NULL);
    hostile_wait(&hostile, 1);
    ends_well(&process);
}

static void wrong_authority(struct lab *lab)
{
    static const char *const tls[] = {"--tls", NULL};
    struct process process;

    server_open_with(lab, lab->server == SIMULATOR ? tls : NULL);
    lab_write(lab, "wrong.crt", wrong_ca);
    program_start(
        lab, &process, "--kubeconfig",
        config_of(lab, "config", textf("server: \"%s\", certificate-authority: wrong.crt", api_client_url(lab->client)), "u", "", "x"),
        NULL);
    wait_for_line(&process, process.err, "not trusted: ");
    REQUIRE(process_lines(process.err) <= 2, "%d lines", process_lines(process.err));
    ends_well(&process);
}

int main(void)
{
    static const struct lab_case cases[] = {
        {"bad kubeconfigs", bad_kubeconfigs, EACH, STARTS_NO_SERVER},
        {"bad flags", bad_flags, EACH, STARTS_NO_SERVER},
        {"a metrics port that is taken", metrics_port_that_is_taken, EACH, STARTS_NO_SERVER},
        {"HTML instead of JSON", html, EACH, STARTS_NO_SERVER},
        {"half a body", half_a_body, EACH, STARTS_NO_SERVER},
        {"broken JSON", broken_json, EACH, STARTS_NO_SERVER},
        {"a body of 3 GB", body_of_3_gb, EACH, STARTS_NO_SERVER},
        {"an endless header", endless_header, EACH, STARTS_NO_SERVER},
        {"another protocol", no_http, EACH, STARTS_NO_SERVER},
        {"closes at once", closes_at_once, EACH, STARTS_NO_SERVER},
        {"never answers", never_answers, EACH, STARTS_NO_SERVER},
        {"nobody listens", nobody_listens, EACH, STARTS_NO_SERVER},
        {"no TLS where it should be", no_tls, EACH, STARTS_NO_SERVER},
        {"the wrong authority", wrong_authority, EACH, STARTS_NO_SERVER},
    };

    return lab_main("bad_input", cases, LENGTH(cases));
}
