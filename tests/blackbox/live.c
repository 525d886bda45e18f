/*
 * live.c: compare --live on a terminal, in a browser and as lines: what it shows is what the API server has, its keys do what they say, and the terminal is
 * as it was on every way out.
 */
#include <curl/curl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/pty.h"
#include "tests/blackbox/support/scheduler.h"
#include "tests/blackbox/support/server.h"

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])
#define ARGUMENTS_MAX 32

static const char *compare_path(const struct lab *lab)
{
    return textf("%s/compare", lab->bin);
}

/* compare's own simulator is found where its temporary folder is */
static void use_own_simulator(struct lab *lab)
{
    setenv("TMPDIR", lab->folder, 1);
    setenv("LC_ALL", "C.UTF-8", 1);
}

static void connect_to_own_simulator(struct lab *lab)
{
    struct error err = ERROR_INIT;
    glob_t found = {0};

    WAIT_UNTIL(glob(textf("%s/compare-*/kubeconfig", lab->folder), 0, NULL, &found) == 0, "compare's simulator has no kubeconfig");
    WAIT_UNTIL((lab->client = api_client_open(found.gl_pathv[0], "lab-blackbox", &err)), "%s", err.text);
    globfree(&found);
}

/* starts it on a terminal; arguments up to NULL */
static void start_live(struct lab *lab, struct pty *pty, int columns, int rows, const char *const *arguments)
{
    const char *argv[ARGUMENTS_MAX] = {compare_path(lab), "--live", "--out", lab_path(lab, "out")};
    size_t n = 4;

    for (; *arguments; arguments++)
        argv[n++] = *arguments;
    use_own_simulator(lab);
    pty_start(pty, argv, columns, rows);
}

#define START_LIVE(lab, pty, columns, rows, ...) start_live(lab, pty, columns, rows, (const char *const[]){__VA_ARGS__, NULL})

/* the figure behind the word in the column of a side; -1: none is shown */
static long figure(struct pty *pty, int side, const char *word)
{
    int from = side ? pty->columns / 2 : 0, to = side ? pty->columns : pty->columns / 2;

    pty_look(pty);
    for (int y = 1; y < pty->rows; y++) {
        const char *at = strstr(pty->screen[pty->alternate][y] + from, word);

        if (at && at - pty->screen[pty->alternate][y] < to)
            return strtol(at + strlen(word), NULL, 10);
    }
    return -1;
}

static bool both_have_bound(struct pty *pty, long pods)
{
    return figure(pty, 0, "bound ") >= pods && figure(pty, 1, "bound ") >= pods;
}

/* the view's own clock, in seconds */
static long seconds_shown(struct pty *pty)
{
    const char *colon = strrchr(pty_row(pty, 0), ':');

    return colon ? 60 * strtol(colon - 2, NULL, 10) + strtol(colon + 1, NULL, 10) : -1;
}

static size_t cordoned_nodes(struct lab *lab)
{
    json_t *nodes = list_items(lab, "/api/v1/nodes"), *node;
    size_t i, count = 0;

    json_array_foreach(nodes, i, node) count += json_is_true(json_object_get(json_object_get(node, "spec"), "unschedulable"));
    json_decref(nodes);
    return count;
}

/* ---- a terminal ---- */

static void keys_do_what_they_say(struct lab *lab)
{
    struct pty pty;
    long before, since;

    START_LIVE(lab, &pty, 80, 24, "--interval", "0.5", "--rate", "10");
    WAIT_UNTIL(both_have_bound(&pty, 5), "the view shows no pods:\n%s%s", pty_row(&pty, 0), pty_row(&pty, 2));
    REQUIRE(pty.alternate && pty.cursor_hidden, "the terminal was not taken over");
    connect_to_own_simulator(lab);

    pty_press(&pty, "c");
    WAIT_UNTIL(cordoned_nodes(lab) == 1, "no node is cordoned");
    WAIT_UNTIL(pty_shows(&pty, "cordoned") && pty_shows(&pty, " c  uncordon"), "the view does not show the cordon");
    pty_press(&pty, "c");
    WAIT_UNTIL(cordoned_nodes(lab) == 0, "the node stays cordoned");

    pty_press(&pty, "p");
    WAIT_UNTIL(pty_shows(&pty, "PAUSED") && figure(&pty, 0, "waiting ") == 0 && figure(&pty, 1, "waiting ") == 0, "it is not paused");
    before = figure(&pty, 1, "bound ");
    since = seconds_shown(&pty);
    /* thirty would come; one or two may have been on their way */
    WAIT_UNTIL(seconds_shown(&pty) >= since + 3, "the clock stands still");
    REQUIRE(figure(&pty, 1, "bound ") <= before + 2, "%ld pods became %ld while paused", before, figure(&pty, 1, "bound "));
    before = figure(&pty, 1, "bound ");
    /* what arrows and function keys send is not what it ends with */
    pty_press(&pty, "\033[B\033OQ\033[15~b");
    WAIT_UNTIL(both_have_bound(&pty, before + 20), "no burst came");
    pty_press(&pty, "p");
    WAIT_UNTIL(both_have_bound(&pty, before + 30) && !pty_shows(&pty, "PAUSED"), "arrivals do not go on");

    pty_press(&pty, "x");
    WAIT_UNTIL(pty_shows(&pty, "SERVER CUT"), "the cut is not shown");
    WAIT_UNTIL(pty_shows(&pty, "polling binds again") || pty_shows(&pty, "watch binds again"), "nobody is said to bind again");
    before = figure(&pty, 0, "bound ");
    WAIT_UNTIL(both_have_bound(&pty, before + 10), "nobody binds after the cut");

    pty_press(&pty, "q");
    pty_ends(&pty, 0);
    REQUIRE(strstr(pty.all, "live, not a measurement") && strstr(pty.all, "INVALID: watch: the server was cut for 5 s"), "it says:\n%s",
            pty.all);
    pty_close(&pty);
}

static void every_way_out(struct lab *lab)
{
    static const struct {
        const char *keys; /* NULL: the signal */
        int signal, exit_code;
    } ways[] = {{"q", 0, 0}, {"\003", 0, 0}, {NULL, SIGINT, 0}, {NULL, SIGTERM, 0}, {NULL, SIGHUP, 0}, {NULL, SIGSEGV, 128 + SIGSEGV}};

    for (size_t i = 0; i < LENGTH(ways); i++) {
        struct pty pty;

        START_LIVE(lab, &pty, 80, 24, "--interval", "0.2");
        WAIT_UNTIL(both_have_bound(&pty, 1), "way %zu: the view shows no pods", i);
        if (ways[i].keys)
            pty_press(&pty, ways[i].keys);
        else
            kill(pty.program, ways[i].signal);
        pty_ends(&pty, ways[i].exit_code);
        pty_close(&pty);
    }
}

static void suspended(struct lab *lab)
{
    struct pty pty;
    long before;

    START_LIVE(lab, &pty, 80, 24, "--interval", "0.2");
    WAIT_UNTIL(both_have_bound(&pty, 1), "the view shows no pods");
    for (int turn = 0; turn < 2; turn++) {
        if (turn)
            kill(pty.program, SIGTSTP);
        else
            pty_press(&pty, "\032");
        WAIT_UNTIL((pty_look(&pty), pty.stopped), "it does not stop");
        pty_is_as_before(&pty, "while it is stopped");
        /* once as the shell's fg does it, once by hand to the program alone */
        kill(turn ? pty.program : -pty.program, SIGCONT);
        WAIT_UNTIL((pty_look(&pty), pty.alternate && pty_shows(&pty, "stopped for")), "the view does not come back");
        before = figure(&pty, 0, "bound ");
        WAIT_UNTIL(both_have_bound(&pty, before + 3), "nobody binds after it has gone on");
    }
    pty_press(&pty, "q");
    pty_ends(&pty, 0);
    REQUIRE(strstr(pty.all, "the view was stopped"), "it says:\n%s", pty.all);
    pty_close(&pty);
}

static void a_scheduler_crashes(struct lab *lab)
{
    struct pty pty;

    START_LIVE(lab, &pty, 80, 24, "--watch", "", "--contestant", textf("crash='%s' --no-such-flag {port}", textf("%s/watch", lab->bin)));
    pty_ends(&pty, 2);
    pty_close(&pty);
    START_LIVE(lab, &pty, 80, 24, "--watch", textf("%s/watch", lab->bin), "--contestant",
               textf("crash='%s' --no-such-flag {port}", textf("%s/watch", lab->bin)));
    WAIT_UNTIL(pty_shows(&pty, "ENDED: exit code 2"), "the view does not say that it ended");
    WAIT_UNTIL(figure(&pty, 0, "bound ") >= 3 && figure(&pty, 1, "waiting ") >= 3, "the other does not go on");
    pty_press(&pty, "q");
    pty_ends(&pty, 1);
    pty_close(&pty);
}

/* the keys are on the last row, whatever its number, and nothing is below */
static bool fits(struct pty *pty)
{
    return !strncmp(pty_row(pty, pty->rows - 1), " b ", 3) && pty_shows(pty, "live: ") && pty_shows(pty, "bound ");
}

static void resized(struct lab *lab)
{
    static const int sizes[][2] = {{200, 60}, {60, 16}, {120, 40}, {80, 24}};
    struct pty pty;

    START_LIVE(lab, &pty, 80, 24, "--interval", "0.2");
    WAIT_UNTIL(both_have_bound(&pty, 1), "the view shows no pods");
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        pty_resize(&pty, sizes[i][0], sizes[i][1]);
        WAIT_UNTIL(fits(&pty), "%dx%d: %s", sizes[i][0], sizes[i][1], pty_row(&pty, sizes[i][1] - 1));
    }
    pty_press(&pty, "q");
    pty_ends(&pty, 0);
    pty_close(&pty);
}

static void usage(struct lab *lab)
{
    static const struct {
        const char *flags[4], *message;
    } wrong[] = {{{"--web", "0"}, "--web: it goes with --live"},
                 {{"--live", "--web", "70000"}, "--web: '70000' is no whole number"},
                 {{"--live", "--sweep", "1,2"}, "--sweep: it does not go with --live"}};

    for (size_t i = 0; i < LENGTH(wrong); i++) {
        const char *const argv[] = {compare_path(lab), wrong[i].flags[0], wrong[i].flags[1], wrong[i].flags[2], wrong[i].flags[3], NULL};
        struct process process;

        process_start(&process, lab->folder, "compare", argv, -1);
        wait_for_exit(&process, 2);
        REQUIRE(process_says(process.err, wrong[i].message), "it says: %s", process_text(process.err));
    }
}

/* ---- a server of somebody else's ---- */

static json_t *namespaces(struct lab *lab)
{
    json_t *items = list_items(lab, "/api/v1/namespaces"), *item, *live = json_array();
    size_t i;

    json_array_foreach(items, i, item) if (!strncmp(member(item, "metadata.name"), "live-", 5) &&
                                           !*member(item, "metadata.deletionTimestamp")) json_array_append(live, item);
    json_decref(items);
    return live;
}

static size_t live_namespaces(struct lab *lab)
{
    json_t *live = namespaces(lab);
    size_t count = json_array_size(live);

    json_decref(live);
    return count;
}

/* it cannot be cut; what was made goes away again, and so does the cordon */
static void on_a_server_of_others(struct lab *lab)
{
    struct pty pty;

    use_nodes(lab, 3);
    START_LIVE(lab, &pty, 120, 40, "--kubeconfig", lab->admin, "--interval", "0.2");
    WAIT_UNTIL(both_have_bound(&pty, 5), "the view shows no pods");
    REQUIRE(live_namespaces(lab) == 1, "%zu namespaces", live_namespaces(lab));
    REQUIRE(!pty_shows(&pty, " x  cut"), "it offers to cut a server that is not its own");
    pty_press(&pty, "x");
    WAIT_UNTIL(pty_shows(&pty, "not ours to cut"), "it does not say that it cannot");
    WAIT_UNTIL(figure(&pty, 0, "requests ") > 0 && figure(&pty, 1, "requests ") > 0, "requests are not counted");
    pty_press(&pty, "c");
    WAIT_UNTIL(cordoned_nodes(lab) == 1 && pty_shows(&pty, "is cordoned"), "no node is cordoned");
    pty_press(&pty, "q");
    pty_ends(&pty, 0);
    pty_close(&pty);
    REQUIRE(cordoned_nodes(lab) == 0, "a node is left cordoned");
    WAIT_UNTIL(live_namespaces(lab) == 0, "the namespace is left behind");
}

/* ---- lines ---- */

static void lines_where_there_is_no_terminal(struct lab *lab)
{
    const char *const argv[] = {compare_path(lab),    "--live", "--interval", "0.2", "--pods", "15", "--rate", "30", "--out",
                                lab_path(lab, "out"), NULL};
    struct process process;

    use_own_simulator(lab);
    process_start(&process, lab->folder, "compare", argv, -1);
    /* a workload with an end stays on the nodes */
    WAIT_UNTIL(process_count(process.out, "0 waiting, 15 bound") >= 4, "it prints: %s", process_text(process.out));
    process_signal(&process, SIGINT);
    wait_for_exit(&process, 0);
    REQUIRE(!process_says(process.out, "\033"), "an escape code in what is no terminal");
    REQUIRE(process_says(process.out, "requests, counted by the server"), "no table: %s", process_text(process.out));
    REQUIRE(process_says(process.out, "  bind  ") || process_says(process.out, "  bind "), "no requests by verb");
}

/* ---- a browser ---- */

struct stream {
    CURL *easy;
    CURLM *multi;
    struct buffer line;
    json_t *last; /* the last event */
    int events;
};

static size_t on_stream(char *data, size_t size, size_t count, void *ctx)
{
    struct stream *stream = ctx;
    struct error err = ERROR_INIT;

    for (size_t i = 0; i < size * count; i++) {
        if (data[i] != '\n') {
            REQUIRE(buffer_add(&stream->line, &data[i], 1, &err) == 0, "%s", err.text);
            continue;
        }
        if (stream->line.bytes) {
            REQUIRE(!strncmp(stream->line.data, "data: ", 6), "no event: %.40s", stream->line.data);
            json_decref(stream->last);
            stream->last = json_loads(stream->line.data + 6, JSON_REJECT_DUPLICATES, NULL);
            REQUIRE(stream->last, "no JSON: %.200s", stream->line.data);
            stream->events++;
        }
        buffer_clear(&stream->line);
    }
    return size * count;
}

static void stream_open(struct stream *stream, const char *url)
{
    memset(stream, 0, sizeof *stream);
    buffer_init(&stream->line, 16 << 20);
    stream->multi = curl_multi_init();
    stream->easy = curl_easy_init();
    curl_easy_setopt(stream->easy, CURLOPT_URL, textf("%sevents", url));
    curl_easy_setopt(stream->easy, CURLOPT_WRITEFUNCTION, on_stream);
    curl_easy_setopt(stream->easy, CURLOPT_WRITEDATA, stream);
    curl_easy_setopt(stream->easy, CURLOPT_PROXY, "");
    curl_multi_add_handle(stream->multi, stream->easy);
}

/* takes what has come; false once the stream has ended */
static bool stream_look(struct stream *stream)
{
    int running = 0;

    curl_multi_perform(stream->multi, &running);
    return running > 0;
}

static void stream_close(struct stream *stream)
{
    curl_multi_remove_handle(stream->multi, stream->easy);
    curl_easy_cleanup(stream->easy);
    curl_multi_cleanup(stream->multi);
    buffer_free(&stream->line);
    json_decref(stream->last);
}

static json_t *side_of(struct stream *stream, size_t side)
{
    stream_look(stream);
    return json_array_get(json_object_get(stream->last, "sides"), side);
}

static long number_of(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return json_is_integer(value) ? (long)json_integer_value(value) : -1;
}

static size_t on_text(char *data, size_t size, size_t count, void *ctx)
{
    struct error err = ERROR_INIT;

    return buffer_add(ctx, data, size * count, &err) == 0 ? size * count : 0;
}

/* the status of a request to the page; its body goes to `out` (NULL: nowhere) */
static long page(const char *url, const char *path, const char *token, const char *body, struct buffer *out)
{
    struct curl_slist *headers = token ? curl_slist_append(NULL, textf("X-Token: %s", token)) : NULL;
    CURL *easy = curl_easy_init();
    struct buffer ignored;
    long status = 0;

    buffer_init(&ignored, 1 << 20);
    curl_easy_setopt(easy, CURLOPT_URL, textf("%s%s", url, path));
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_text);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, out ? out : &ignored);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, 30L);
    if (body)
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    if (curl_easy_perform(easy) == CURLE_OK)
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(easy);
    curl_slist_free_all(headers);
    buffer_free(&ignored);
    return status;
}

static const char *token_of(const char *url)
{
    struct buffer text;
    const char *at, *token;

    buffer_init(&text, 1 << 20);
    REQUIRE(page(url, "", NULL, NULL, &text) == 200, "the page is not served");
    at = strstr(text.data, "name=\"token\" content=\"");
    REQUIRE(at, "the page has no token");
    token = textf("%.*s", (int)strcspn(at + 22, "\""), at + 22);
    buffer_free(&text);
    return token;
}

/* starts it without a terminal; returns the page's address */
static const char *start_web(struct lab *lab, struct process *process)
{
    const char *const argv[] = {compare_path(lab),    "--live", "--web", "0", "--interval", "0.5", "--rate", "10", "--out",
                                lab_path(lab, "out"), NULL};
    const char *at, *text;

    use_own_simulator(lab);
    process_start(process, lab->folder, "compare", argv, -1);
    wait_for_line(process, process->err, "live: http://127.0.0.1:");
    text = process_text(process->err);
    at = strstr(text, "live: ") + 6;
    return textf("%.*s", (int)strcspn(at, "\n"), at);
}

/* pods of a side on a node, as the API server has it */
static size_t pods_on(const json_t *pods, const char *scheduler, const char *node_end)
{
    size_t i, count = 0;
    json_t *pod;

    json_array_foreach((json_t *)(uintptr_t)pods, i, pod)
    {
        const char *node = member(pod, "spec.nodeName");
        size_t length = strlen(node), end = strlen(node_end);

        count += !strcmp(member(pod, "spec.schedulerName"), scheduler) && length > end && !strcmp(node + length - end, node_end) &&
                 node[length - end - 1] == '-';
    }
    return count;
}

/* every node of the last event carries what the API server says */
static bool same_as_the_server(struct lab *lab, struct stream *stream)
{
    json_t *pods = list_items(lab, "/api/v1/pods"), *node;
    size_t i, compared = 0;
    bool same = true;

    stream_look(stream);
    json_array_foreach(json_object_get(stream->last, "nodes"), i, node)
    {
        const char *name = json_string_value(json_array_get(node, 0));

        same = same && (size_t)json_integer_value(json_array_get(node, 2)) == pods_on(pods, "live-polling", name) &&
               (size_t)json_integer_value(json_array_get(node, 3)) == pods_on(pods, "live-watch", name);
        compared += (size_t)json_integer_value(json_array_get(node, 2));
    }
    json_decref(pods);
    return same && compared;
}

static void a_page_in_a_browser(struct lab *lab)
{
    struct stream early, late;
    struct process process;
    const char *url = start_web(lab, &process), *token = token_of(url);

    connect_to_own_simulator(lab);
    stream_open(&early, url);
    WAIT_UNTIL(number_of(side_of(&early, 0), "bound") > 5 && number_of(side_of(&early, 1), "bound") > 5, "the stream shows no pods");
    REQUIRE(page(url, "key", NULL, "c", NULL) == 403, "a button without the token");
    REQUIRE(cordoned_nodes(lab) == 0, "it did what it refused");
    REQUIRE(page(url, "key", token, "c", NULL) == 204, "the button is refused");
    WAIT_UNTIL(cordoned_nodes(lab) == 1, "no node is cordoned");
    WAIT_UNTIL((stream_look(&early), json_is_string(json_object_get(early.last, "cordoned"))), "the stream does not say so");
    REQUIRE(page(url, "key", token, "p", NULL) == 204, "the button is refused");
    /* nothing moves but pods that end: sooner or later both looks fall between two of those */
    WAIT_UNTIL(same_as_the_server(lab, &early), "the page does not show what the server has");
    stream_open(&late, url);
    WAIT_UNTIL((stream_look(&late), late.events > 0), "who comes late sees nothing");
    REQUIRE(page(url, "key", token, "q", NULL) == 204, "the button is refused");
    WAIT_UNTIL(!stream_look(&early) && !stream_look(&late), "the streams do not end");
    REQUIRE(json_is_string(json_object_get(early.last, "ended")) && json_is_string(json_object_get(late.last, "ended")), "no last word");
    wait_for_exit(&process, 0);
    stream_close(&early);
    stream_close(&late);
}

static const char *find_chromium(void)
{
    static const char *const names[] = {"/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"};

    for (size_t i = 0; i < LENGTH(names); i++)
        if (access(names[i], X_OK) == 0)
            return names[i];
    return NULL;
}

static bool log_says(struct stream *stream, const char *text)
{
    json_t *log, *line;
    size_t i;

    stream_look(stream);
    log = json_object_get(stream->last, "log");
    json_array_foreach(log, i, line) if (strstr(json_string_value(json_array_get(line, 1)), text)) return true;
    return false;
}

/* its own script fills it, under its own policy, without a word on the console. The browser shows what it has once the stream has ended */
static void a_real_browser(struct lab *lab)
{
    const char *chromium = find_chromium(), *url = NULL, *dom;
    struct process process, browser;
    struct stream stream;
    int events;

    if (!chromium) {
        puts("skipped: the page in a browser: there is no Chromium here");
        return;
    }
    url = start_web(lab, &process);
    stream_open(&stream, url);
    WAIT_UNTIL(number_of(side_of(&stream, 0), "bound") > 5 && log_says(&stream, "1 browser looks on"), "no pods");
    {
        const char *const argv[] = {chromium,
                                    "--headless=new",
                                    "--no-sandbox",
                                    "--disable-gpu",
                                    "--disable-dev-shm-usage",
                                    "--enable-logging=stderr",
                                    textf("--user-data-dir=%s", lab_path(lab, "chromium")),
                                    "--virtual-time-budget=100000",
                                    "--dump-dom",
                                    url,
                                    NULL};

        process_start(&browser, lab->folder, "chromium", argv, -1);
    }
    WAIT_UNTIL(log_says(&stream, "2 browsers look on"), "the browser does not follow: %s", process_text(browser.err));
    events = stream.events;
    WAIT_UNTIL((stream_look(&stream), stream.events > events + 8), "no more events");
    REQUIRE(page(url, "key", token_of(url), "q", NULL) == 204, "the button is refused");
    WAIT_UNTIL(!stream_look(&stream), "the stream does not end");
    REQUIRE(json_is_string(json_object_get(stream.last, "ended")), "no last word");
    wait_for_exit(&process, 0);
    REQUIRE(process_ends(&browser, DEADLINE_MS), "the browser does not end");
    dom = process_text(browser.out);
    REQUIRE(strstr(dom, "data-events=") && strtol(strstr(dom, "data-events=") + 13, NULL, 10) >= 3, "the script has shown nothing:\n%s",
            dom);
    REQUIRE(strstr(dom, "<span class=\"name\">polling</span>") && strstr(dom, "<span class=\"name\">watch</span>"), "no sides:\n%s", dom);
    REQUIRE(strstr(dom, "<span class=\"unit\">ms</span>"), "no latency:\n%s", dom);
    REQUIRE(strstr(dom, json_string_value(json_object_get(stream.last, "ended"))), "no last word:\n%s", dom);
    REQUIRE(!process_says(browser.err, "CONSOLE"), "the console says: %s", process_text(browser.err));
    stream_close(&stream);
}

int main(void)
{
    /* WATCH: once; they start both schedulers themselves */
    static const struct lab_case cases[] = {
        {"keys do what they say", keys_do_what_they_say, WATCH, STARTS_NO_SERVER | NEEDS_SIMULATOR},
        {"every way out", every_way_out, WATCH, STARTS_NO_SERVER | NEEDS_SIMULATOR},
        {"suspended, and back", suspended, WATCH, STARTS_NO_SERVER | NEEDS_SIMULATOR},
        {"a scheduler crashes", a_scheduler_crashes, WATCH, STARTS_NO_SERVER | NEEDS_SIMULATOR},
        {"resized", resized, WATCH, STARTS_NO_SERVER | NEEDS_SIMULATOR},
        {"usage", usage, WATCH, STARTS_NO_SERVER | NEEDS_SIMULATOR},
        {"on a server of others", on_a_server_of_others, WATCH, NEEDS_OWN_NODES},
        {"lines where there is no terminal", lines_where_there_is_no_terminal, WATCH, STARTS_NO_SERVER | NEEDS_SIMULATOR},
        {"a page in a browser", a_page_in_a_browser, WATCH, STARTS_NO_SERVER | NEEDS_SIMULATOR},
        {"a real browser", a_real_browser, WATCH, STARTS_NO_SERVER | NEEDS_SIMULATOR},
    };

    return lab_main("live", cases, LENGTH(cases));
}
