#include "tests/unit/support/evidence_made.h"

#include <check.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

json_t *made_json(const char *format, ...)
{
    char text[4096];
    json_error_t problem;
    json_t *json;
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    json = json_loads(text, 0, &problem); /* of a member given twice the later one counts */
    ck_assert_msg(json != NULL, "%s: %s", problem.text, text);
    return json;
}

json_t *made_piece(const char *scene, int checkpoint, const char *program)
{
    return made_json("{'scene':'%s','checkpoint':%d,'program':'%s','seed':1,'server':'simulator','namespace':'" MADE_NAMESPACE "',"
                     "'lasted':20000000,'setup':{'scheduler':'mine','nodes':[]},'requests':[],'pods':[],'output':[],"
                     "'process':{'end':'stopped','refused':'','cpu_us':1000,'peak_bytes':1000,'started':100000,'ended':20000000},"
                     "'truncated':false}",
                     scene, checkpoint, program);
}

static json_t *list(json_t *piece, const char *key)
{
    return json_object_get(piece, key);
}

void made_node(json_t *piece, const char *name, const char *more)
{
    json_array_append_new(json_object_get(list(piece, "setup"), "nodes"),
                          made_json("{'name':'%s','unschedulable':false,'ready':true,'room':'110','ours':true%s}", name, more));
}

static json_t *find_pod(json_t *piece, const char *name)
{
    json_t *pod;
    size_t i;

    json_array_foreach(list(piece, "pods"), i, pod)
    {
        if (!strcmp(json_string_value(json_object_get(pod, "name")), name))
            return pod;
    }
    ck_abort_msg("no pod %s was made", name);
    return NULL;
}

void made_state(json_t *piece, const char *name, int64_t t_ms, const char *type, const char *node, const char *more)
{
    json_t *state = made_json("{'type':'%s','t':%lld,'uid':'u-%s','phase':'Pending'%s}", type, (long long)t_ms * 1000, name, more);

    if (*node)
        json_object_set_new(state, "node", json_string(node));
    json_array_append_new(json_object_get(find_pod(piece, name), "history"), state);
}

void made_pod(json_t *piece, const char *name, const char *scheduler, int64_t t_ms, const char *node, const char *more)
{
    json_array_append_new(list(piece, "pods"),
                          made_json("{'namespace':'" MADE_NAMESPACE "','name':'%s','scheduler':'%s','history':[]}", name, scheduler));
    made_state(piece, name, t_ms, "ADDED", node, more);
}

json_t *made_request(json_t *piece, int64_t t_ms, const char *verb, const char *resource, int code, const char *more)
{
    json_t *request = made_json("{'t':%lld,'verb':'%s','resource':'%s','namespace':'" MADE_NAMESPACE "','name':'','code':%d,'took':1000}",
                                (long long)t_ms * 1000, verb, resource, code),
           *members = made_json("{%s}", more);

    json_object_update(request, members);
    json_decref(members);
    json_array_append_new(list(piece, "requests"), request);
    return request;
}

void made_line(json_t *piece, int64_t t_ms, int fd, const char *line)
{
    json_array_append_new(list(piece, "output"), json_pack("{s:I, s:i, s:s}", "t", (json_int_t)t_ms * 1000, "fd", fd, "line", line));
}

void made_bind(json_t *piece, const char *pod, int64_t t_ms, const char *node)
{
    char more[256], line[256];

    snprintf(more, sizeof more, "'name':'%s','subresource':'binding','node':'%s'", pod, node);
    made_request(piece, t_ms, "create", "pods", 201, more);
    made_state(piece, pod, t_ms + 1, "MODIFIED", node, "");
    snprintf(line, sizeof line, "[polling] Bound " MADE_NAMESPACE "/%s -> %s", pod, node);
    made_line(piece, t_ms + 2, 1, line);
}

void made_setup(json_t *piece, const char *key, json_t *value)
{
    ck_assert_int_eq(json_object_set_new(list(piece, "setup"), key, value), 0);
}

static void make_loads(json_t *piece, const char *node, size_t count, int64_t t_ms, const char *more)
{
    char name[64];

    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, "%s-load-%lld-%zu", node, (long long)t_ms, i);
        made_pod(piece, name, "somebody-else", t_ms, node, more);
    }
}

/* ---- the scenes ---- */

/* a has 0 and 3 that have ended, b 2, c 3, d 5; then d is emptied, and a filled */
static json_t *rules(const char *program)
{
    static const char *const first[] = {"a", "a", "b", "a"}, *const second[] = {"d", "d", "d", "b"};
    json_t *piece = made_piece("rules", 2, program);
    char name[64];
    size_t i;

    for (i = 0; i < 4; i++)
        made_node(piece, ((const char *[]){"a", "b", "c", "d"})[i], "");
    make_loads(piece, "a", 3, 1, ",'phase':'Succeeded'");
    make_loads(piece, "b", 2, 1, "");
    make_loads(piece, "c", 3, 1, "");
    make_loads(piece, "d", 5, 1, "");
    made_pod(piece, "foreign", "another", 10, "", "");
    made_pod(piece, "gated", "mine", 10, "", ",'gated':true");
    made_pod(piece, "leaving", "mine", 10, "", "");
    made_state(piece, "leaving", 11, "MODIFIED", "", ",'deleting':true");
    made_setup(piece, "batches", made_json("[{'t':20000,'pods':['p0','p1','p2','p3']},{'t':1000000,'pods':['q0','q1','q2','q3']}]"));
    for (i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "p%zu", i);
        made_pod(piece, name, "mine", 19, "", "");
        made_bind(piece, name, 120 + (int64_t)i, first[i]);
    }
    for (i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "d-load-1-%zu", i);
        made_state(piece, name, 500, "DELETED", "d", "");
    }
    make_loads(piece, "a", 6, 510, "");
    for (i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "q%zu", i);
        made_pod(piece, name, "mine", 999, "", "");
        made_bind(piece, name, 1100 + (int64_t)i, second[i]);
    }
    return piece;
}

static json_t *vanish(const char *program)
{
    json_t *piece = made_piece("vanish", 2, program);

    made_node(piece, "a", "");
    made_pod(piece, "lost", "mine", 10, "", "");
    made_request(piece, 200, "create", "pods", 404, "'name':'lost','subresource':'binding','node':'a','fault':'held'");
    made_state(piece, "lost", 210, "DELETED", "", "");
    made_pod(piece, "next", "mine", 250, "", "");
    made_bind(piece, "next", 300, "a");
    made_setup(piece, "lost", json_string("lost"));
    made_setup(piece, "next", json_string("next"));
    return piece;
}

/* polling lists every 2 s and takes a second on average, watch 1 ms */
static json_t *pace(const char *program)
{
    bool polls = !strcmp(program, "polling");
    json_t *piece = made_piece("pace", 2, program);
    char name[64];

    made_node(piece, "a", "");
    made_pod(piece, "probe", "mine", 10, "", "");
    if (!polls) {
        made_request(piece, 110, "list", "pods", 200, "");
        made_request(piece, 111, "watch", "pods", 200, "'took':-1");
        made_request(piece, 112, "watch", "nodes", 200, "'took':-1");
    }
    made_bind(piece, "probe", 120, "a");
    made_setup(piece, "idle", made_json("{'from':1000000,'to':6000000}"));
    for (int64_t t = 2000; polls && t < 12000; t += 2000)
        made_request(piece, t, "list", "pods", 200, "");
    made_setup(piece, "arrivals", json_array());
    made_setup(piece, "trickled", json_integer(9000000));
    for (int i = 0; i < 8; i++) {
        int64_t t = 6100 + 300 * i;

        snprintf(name, sizeof name, "t%d", i);
        made_pod(piece, name, "mine", t, "", "");
        json_array_append_new(json_object_get(list(piece, "setup"), "arrivals"),
                              made_json("{'name':'%s','t':%lld}", name, (long long)t * 1000));
        made_bind(piece, name, polls ? (t / 2000 + 1) * 2000 : t + 1, "a");
    }
    return piece;
}

static json_t *survival(const char *scene, const char *program)
{
    json_t *piece = made_piece(scene, 4, program);
    static const char *const names[] = {"probe", "between", "after"};

    made_node(piece, "a", "");
    for (int i = 0; i < 3; i++) {
        made_pod(piece, names[i], "mine", 10 + 1000 * i, "", "");
        made_bind(piece, names[i], 500 + 1000 * i, "a");
        made_setup(piece, names[i], json_string(names[i]));
    }
    made_setup(piece, "watches", json_integer(1));
    made_setup(piece, "closed", json_integer(1000000));
    made_setup(piece, "opened", json_integer(2500000));
    return piece;
}

static json_t *label(const char *program)
{
    json_t *piece = made_piece("label", 5, program);

    made_node(piece, "prod", ",'labels':{'env':'prod'}");
    made_node(piece, "dev", ",'labels':{'env':'dev'}");
    made_node(piece, "bare", "");
    make_loads(piece, "prod", 3, 1, "");
    made_pod(piece, "w0", "mine", 10, "", "");
    made_pod(piece, "w1", "mine", 10, "", "");
    made_bind(piece, "w0", 120, "prod");
    made_bind(piece, "w1", 121, "prod");
    made_setup(piece, "pods", made_json("['w0','w1']"));
    return piece;
}

static json_t *taints(const char *program)
{
    json_t *piece = made_piece("taints", 5, program);

    made_node(piece, "plain", "");
    made_node(piece, "tainted", ",'taints':[{'key':'team','value':'blue','effect':'NoSchedule'}]");
    made_node(piece, "draining", ",'taints':[{'key':'x','value':'y','effect':'NoExecute'}]");
    made_node(piece, "better-not", ",'taints':[{'key':'x','value':'y','effect':'PreferNoSchedule'}]");
    make_loads(piece, "plain", 6, 1, "");
    made_pod(piece, "p0", "mine", 10, "", "");
    made_pod(piece, "p1", "mine", 10, "", "");
    made_pod(piece, "friend", "mine", 10, "", "");
    made_bind(piece, "p0", 120, "plain");
    made_bind(piece, "p1", 121, "better-not");
    made_bind(piece, "friend", 122, "tainted");
    made_setup(piece, "pods", made_json("['p0','p1']"));
    made_setup(piece, "tolerant", made_json("['friend']"));
    made_setup(piece, "tainted", json_string("tainted"));
    return piece;
}

static json_t *backoff(const char *program)
{
    static const int64_t after_ms[] = {0, 500, 1500};
    json_t *piece = made_piece("backoff", 5, program);
    char name[16], more[128];

    made_node(piece, "a", "");
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "b%d", i);
        made_pod(piece, name, "mine", 10, "", "");
        snprintf(more, sizeof more, "'name':'%s','subresource':'binding','node':'a','fault':'bind-fails'", name);
        for (int k = 0; k < 3; k++)
            made_request(piece, 200 + i + after_ms[k], "create", "pods", i == 2 ? 429 : 500, more);
        made_bind(piece, name, 3700 + i, "a");
    }
    made_setup(piece, "pods", made_json("['b0','b1','b2']"));
    made_setup(piece, "failures", json_integer(3));
    return piece;
}

/* a: 6 pods, none of web; b: 1 of web, 1 other; c: 3 of web */
static json_t *spread(const char *program)
{
    json_t *piece = made_piece("spread", 5, program);
    static const char *const web = ",'labels':{'app':'web'}", *const nodes[] = {"a", "a", "b"};
    char name[16];

    made_node(piece, "a", "");
    made_node(piece, "b", "");
    made_node(piece, "c", "");
    make_loads(piece, "a", 6, 1, "");
    make_loads(piece, "b", 1, 1, "");
    make_loads(piece, "b", 1, 2, web);
    make_loads(piece, "c", 3, 2, web);
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "s%d", i);
        made_pod(piece, name, "mine", 10, "", web);
        made_bind(piece, name, 120 + i, nodes[i]);
    }
    made_setup(piece, "pods", made_json("['s0','s1','s2']"));
    made_setup(piece, "app", json_string("web"));
    return piece;
}

static json_t *by_default(void)
{
    json_t *piece = made_piece("default", 1, "");

    made_node(piece, "a", "");
    made_pod(piece, "served", "default-scheduler", 10, "", "");
    made_state(piece, "served", 20, "MODIFIED", "a", "");
    made_state(piece, "served", 220, "MODIFIED", "a", ",'phase':'Running'");
    made_pod(piece, "waiting", "mine", 10, "", "");
    made_setup(piece, "served", json_string("served"));
    made_setup(piece, "waiting", json_string("waiting"));
    made_setup(piece, "kubelets", json_true());
    made_setup(piece, "looked", json_integer(900000));
    made_setup(piece, "events", made_json("[{'reason':'Scheduled','component':'default-scheduler','message':''}]"));
    return piece;
}

json_t *made_good(void)
{
    json_t *(*const both[])(const char *) = {rules, vanish, pace, label, taints, backoff, spread};
    static const char *const survivals[] = {"watch-closed", "watch-gone-frame", "watch-gone-http"};
    json_t *pieces = json_array();
    size_t i;

    json_array_append_new(pieces, by_default());
    for (i = 0; i < sizeof both / sizeof both[0]; i++) {
        json_array_append_new(pieces, both[i]("polling"));
        json_array_append_new(pieces, both[i]("watch"));
    }
    for (i = 0; i < 3; i++)
        json_array_append_new(pieces, survival(survivals[i], "watch"));
    return pieces;
}

json_t *made_find(json_t *pieces, const char *scene, const char *program)
{
    json_t *piece;
    size_t i;

    json_array_foreach(pieces, i, piece)
    {
        if (!strcmp(json_string_value(json_object_get(piece, "scene")), scene) &&
            !strcmp(json_string_value(json_object_get(piece, "program")), program))
            return piece;
    }
    ck_abort_msg("no piece %s of %s", scene, program);
    return NULL;
}

struct evidence_bundle *made_bundle(json_t *pieces, json_t *options)
{
    struct error err = ERROR_INIT;
    struct evidence_bundle *bundle = bundle_new(options, &err);
    json_t *piece;
    size_t i;

    json_decref(options);
    ck_assert_ptr_nonnull(bundle);
    json_array_foreach(pieces, i, piece) ck_assert_int_eq(bundle_add(bundle, json_incref(piece), &err), 0);
    return bundle;
}
