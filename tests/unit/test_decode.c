/*
 * Pods and nodes from JSON. Each NAME.json in tests/unit/decode/valid has its decoded form in NAME.expected, each in invalid its error.
 * A name that begins with node- is a node's.
 */
#include <check.h>
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/buffer.h"
#include "common/cluster/decode.h"
#include "tests/unit/support/objects.h"

#define FOLDER "tests/unit/decode/"

static struct buffer out;

static void line(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void line(const char *format, ...)
{
    struct error err = ERROR_INIT;
    va_list args;

    va_start(args, format);
    ck_assert_int_eq(buffer_vprintf(&out, &err, format, args), 0);
    va_end(args);
    ck_assert_int_eq(buffer_add_string(&out, "\n", &err), 0);
}

static void show_resources(const char *what, const struct resources *r)
{
    line("%s cpu=%" PRId64 "m memory=%" PRId64 " pods=%" PRId64, what, r->cpu_milli, r->memory_bytes, r->pods);
    for (size_t i = 0; i < r->extended_count; i++)
        line("%s %s=%" PRId64 "%s%s", what, r->extended[i].name, r->extended[i].amount, r->extended[i].insufficient ? " or else " : "",
             r->extended[i].insufficient ? r->extended[i].insufficient : "");
}

static void show_labels(const char *what, const struct label *labels, size_t count)
{
    for (size_t i = 0; i < count; i++)
        line("%s %s=%s", what, labels[i].key, labels[i].value);
}

static void show_expressions(const char *what, const struct match_expression *e, size_t count)
{
    for (; count-- > 0; e++) {
        line("  %s %s %s", what, e->key, e->operator_);
        for (size_t i = 0; i < e->value_count; i++)
            line("    %s", e->values[i]);
    }
}

static void show_constraints(const struct pod *pod)
{
    show_labels("selector", pod->node_selector, pod->node_selector_count);
    if (pod->has_required_node_affinity)
        line("required node affinity");
    for (size_t i = 0; i < pod->affinity_term_count; i++) {
        line(" term");
        show_expressions("expression", pod->affinity_terms[i].expressions, pod->affinity_terms[i].expression_count);
        show_expressions("field", pod->affinity_terms[i].fields, pod->affinity_terms[i].field_count);
    }
    for (size_t i = 0; i < pod->toleration_count; i++)
        line("toleration key=%s operator=%s value=%s effect=%s", pod->tolerations[i].key, pod->tolerations[i].operator_,
             pod->tolerations[i].value, pod->tolerations[i].effect);
    for (size_t i = 0; i < pod->host_port_count; i++)
        line("port %s/%s:%d", pod->host_ports[i].protocol, pod->host_ports[i].ip, pod->host_ports[i].port);
}

static void show_selector(const char *what, const struct label_selector *selector)
{
    if (!selector->present)
        return;
    line(" %s", what);
    show_expressions("expression", selector->expressions, selector->expression_count);
}

static void show_terms(const char *what, const struct pod_affinity_term *terms, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        line("%s by %s", what, terms[i].topology_key);
        show_selector("selector", &terms[i].selector);
        for (size_t j = 0; j < terms[i].namespace_count; j++)
            line(" namespace %s", terms[i].namespaces[j]);
        show_selector("namespace selector", &terms[i].namespace_selector);
    }
}

static void show_peers(const struct pod_peers *peers)
{
    static const char *const actions[] = {"Nothing", "DoNotSchedule", "ScheduleAnyway"};

    if (!peers)
        return;
    for (size_t i = 0; i < peers->constraint_count; i++) {
        const struct spread_constraint *c = &peers->constraints[i];

        line("spread over %s %s max_skew=%d min_domains=%d honors_affinity=%d honors_taints=%d", c->topology_key,
             actions[c->when_unsatisfiable], (int)c->max_skew, (int)c->min_domains, c->honors_affinity, c->honors_taints);
        show_selector("selector", &c->selector);
    }
    show_terms("affinity", peers->affinity, peers->affinity_count);
    show_terms("anti-affinity", peers->anti_affinity, peers->anti_affinity_count);
}

static void show_pod(const struct pod *pod)
{
    static const char *const phases[] = {"Pending", "Running", "Succeeded", "Failed", "unknown"};

    line("pod %s/%s uid=%s", pod->namespace_, pod->name, pod->uid);
    line("node=%s scheduler=%s nominated=%s phase=%s", pod->node_name, pod->scheduler_name, pod->nominated_node, phases[pod->phase]);
    line("deleting=%d gated=%d priority=%d created=%" PRId64, pod->deleting, pod->gated, (int)pod->priority, pod->created_us);
    if (pod->started_s)
        line("started=%" PRIu32, pod->started_s);
    if (pod->never_preempts)
        line("never preempts");
    show_resources("requests", &pod->requests);
    show_labels("label", pod->labels, pod->label_count);
    show_labels("annotation", pod->annotations, pod->annotation_count);
    show_constraints(pod);
    show_peers(pod->peers);
}

static void show_node(const struct node_spec *node)
{
    line("node %s uid=%s", node->name, node->uid);
    line("not_ready=%d unschedulable=%d taints=%d prefers=%d", !!(node->traits & NODE_NOT_READY), !!(node->traits & NODE_UNSCHEDULABLE),
         !!(node->traits & NODE_HAS_TAINTS), !!(node->traits & NODE_PREFERS_NO_SCHEDULE));
    show_resources("allocatable", &node->allocatable);
    show_labels("label", node->labels, node->label_count);
    for (size_t i = 0; i < node->taint_count; i++)
        line("taint %s=%s:%s", node->taints[i].key, node->taints[i].value, node->taints[i].effect);
}

static bool show(const char *name, const json_t *json, struct error *err)
{
    struct node_spec *node;
    struct pod *pod;

    if (strncmp(name, "node-", 5) == 0) {
        node = node_decode(json, err);
        if (node)
            show_node(node);
        node_spec_free(node);
        return node != NULL;
    }
    pod = pod_decode(json, "ours", err);
    if (pod)
        show_pod(pod);
    pod_free(pod);
    return pod != NULL;
}

static char *read_whole(const char *path)
{
    static char text[8192];
    FILE *file = fopen(path, "r");
    size_t bytes;

    ck_assert_msg(file != NULL, "%s is missing", path);
    bytes = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[bytes] = '\0';
    return text;
}

static void check_case(const char *folder, const char *name, bool valid)
{
    struct error err = ERROR_INIT;
    json_error_t error;
    char path[512];
    json_t *json;

    snprintf(path, sizeof path, "%s%s", folder, name);
    json = json_load_file(path, 0, &error);
    ck_assert_msg(json != NULL, "%s:%d: %s", path, error.line, error.text);
    buffer_init(&out, 1u << 20);
    ck_assert_msg(show(name, json, &err) == valid, "%s: %s", path, err.text);
    if (!valid) {
        ck_assert_int_eq(err.kind, ERROR_RUNTIME);
        line("%s", err.text);
    }
    snprintf(path + strlen(path) - strlen("json"), sizeof path - 500, "expected");
    ck_assert_msg(strcmp(out.data, read_whole(path)) == 0, "%s:\n%s", path, out.data);
    buffer_free(&out);
    json_decref(json);
}

static void each_case(const char *folder, bool valid, int least)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    int count = 0;

    ck_assert_msg(dir != NULL, "%s", folder);
    while ((entry = readdir(dir))) {
        size_t bytes = strlen(entry->d_name);

        if (bytes < 6 || strcmp(entry->d_name + bytes - 5, ".json") != 0)
            continue;
        check_case(folder, entry->d_name, valid);
        count++;
    }
    closedir(dir);
    ck_assert_int_ge(count, least);
}

START_TEST(valid_objects)
{
    each_case(FOLDER "valid/", true, 18);
}
END_TEST

START_TEST(invalid_objects_say_why)
{
    each_case(FOLDER "invalid/", false, 30);
}
END_TEST

/* the allocation holds the pod alone: it is packed, and nothing points into the JSON any more */
START_TEST(pod_outlives_its_json)
{
    struct pod *pod = pod_of("{'metadata':{'name':'p','namespace':'n','uid':'u','labels':{'app':'web'}},'spec':{'schedulerName':'ours',"
                             "'nodeSelector':{'disk':'ssd'},'containers':[{'resources':{'requests':{'nvidia.com/gpu':'1'}}}]}}");
    const char *start = (const char *)pod, *end = start + pod->bytes;

    ck_assert_str_eq(pod->name, "p");
    ck_assert(pod->name >= start && pod->name < end);
    ck_assert(pod->labels[0].value >= start && pod->labels[0].value < end);
    ck_assert(pod->requests.extended[0].name >= start && pod->requests.extended[0].name < end);
    ck_assert(pod->node_selector[0].key >= start && pod->node_selector[0].key < end);
    pod_free(pod);
}
END_TEST

/* more than the scratch memory on the stack holds */
START_TEST(pod_with_many_parts)
{
    struct pod *pod;
    json_t *json = json_of("{'metadata':{'name':'p','namespace':'n','uid':'u'},'spec':{'schedulerName':'ours','containers':[]}}");
    json_t *containers = json_object_get(json_object_get(json, "spec"), "containers");
    struct error err = ERROR_INIT;

    for (int i = 0; i < 300; i++) {
        json_t *requests = json_pack("{s:s}", "cpu", "10m"), *container;
        char name[32];

        snprintf(name, sizeof name, "example.com/r%03d", i);
        json_object_set_new(requests, name, json_integer(i + 1));
        container = json_pack("{s:{s:o},s:[{s:i}]}", "resources", "requests", requests, "ports", "hostPort", 1000 + i);
        json_array_append_new(containers, container);
    }
    pod = pod_decode(json, "ours", &err);
    ck_assert_msg(pod != NULL, "%s", err.text);
    ck_assert_int_eq(pod->requests.cpu_milli, 3000);
    ck_assert_uint_eq(pod->requests.extended_count, 300);
    ck_assert_str_eq(pod->requests.extended[299].insufficient, "Insufficient example.com/r299");
    ck_assert_int_eq(pod->requests.extended[299].amount, 300);
    ck_assert_uint_eq(pod->host_port_count, 300);
    pod_free(pod);
    json_decref(json);
}
END_TEST

/* keeps of an object only what a schema names, as json_scan does */
static json_t *project(const json_t *json, const struct json_field *fields)
{
    json_t *kept, *value;
    size_t i;

    if (!fields || (!json_is_object(json) && !json_is_array(json)))
        return json_deep_copy(json);
    if (json_is_array(json)) {
        kept = json_array();
        json_array_foreach((json_t *)json, i, value) json_array_append_new(kept, project(value, fields));
        return kept;
    }
    kept = json_object();
    for (; fields->name; fields++)
        if ((value = json_object_get(json, fields->name)))
            json_object_set_new(kept, fields->name, project(value, fields->fields));
    return kept;
}

/* the schemas name every field that is read: the projected object gives the same */
START_TEST(schemas_are_complete)
{
    static const char *const names[] = {"pod-everything.json", "pod-peers.json", "pod-sidecars.json", "node-everything.json"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        bool is_node = strncmp(names[i], "node-", 5) == 0;
        struct error err = ERROR_INIT;
        json_t *whole, *part;
        char path[256], *text;

        snprintf(path, sizeof path, FOLDER "valid/%s", names[i]);
        whole = json_load_file(path, 0, NULL);
        ck_assert_ptr_nonnull(whole);
        part = project(whole, is_node ? node_schema : pod_schema);
        text = json_dumps(part, 0);
        ck_assert_ptr_null(strstr(text, "managedFields"));
        ck_assert_ptr_nonnull(strstr(text, "resourceVersion"));
        free(text);
        buffer_init(&out, 1u << 20);
        ck_assert(show(names[i], part, &err));
        snprintf(path + strlen(path) - strlen("json"), 16, "expected");
        ck_assert_str_eq(out.data, read_whole(path));
        buffer_free(&out);
        json_decref(part);
        json_decref(whole);
    }
}
END_TEST

START_TEST(fingerprint_ignores_the_status)
{
    const char *text = "{'metadata':{'name':'p','namespace':'n','uid':'u','labels':{'a':'%s'}},'status':{'phase':'%s'},"
                       "'spec':{'schedulerName':'ours','tolerations':[{'key':'%s'}]}}";
    struct pod *a = pod_of(text, "b", "Pending", "k"), *same = pod_of(text, "b", "Odd", "k");
    struct pod *label = pod_of(text, "c", "Pending", "k"), *toleration = pod_of(text, "b", "Pending", "l");

    ck_assert_uint_eq(pod_fingerprint(a), pod_fingerprint(same));
    ck_assert_uint_ne(pod_fingerprint(a), pod_fingerprint(label));
    ck_assert_uint_ne(pod_fingerprint(a), pod_fingerprint(toleration));
    pod_free(a);
    pod_free(same);
    pod_free(label);
    pod_free(toleration);
}
END_TEST

/* each line is one constraint, and differs from every other in one thing */
START_TEST(fingerprint_of_what_a_pod_asks_of_others)
{
#define SPREAD(fields) "'topologySpreadConstraints':[{" fields "}]"
#define TERM(kind, fields) "'affinity':{'" kind "':{'requiredDuringSchedulingIgnoredDuringExecution':[{" fields "}]}}"
    static const char *const specs[] = {
        "'priority':0",
        SPREAD("'topologyKey':'a'"),
        SPREAD("'topologyKey':'b'"),
        SPREAD("'topologyKey':'a','maxSkew':1"),
        SPREAD("'topologyKey':'a','minDomains':2"),
        SPREAD("'topologyKey':'a','whenUnsatisfiable':'DoNotSchedule'"),
        SPREAD("'topologyKey':'a','whenUnsatisfiable':'ScheduleAnyway'"),
        SPREAD("'topologyKey':'a','nodeAffinityPolicy':'Ignore'"),
        SPREAD("'topologyKey':'a','nodeTaintsPolicy':'Honor'"),
        SPREAD("'topologyKey':'a','labelSelector':{}"),
        SPREAD("'topologyKey':'a','labelSelector':{'matchLabels':{'a':'b'}}"),
        SPREAD("'topologyKey':'a','labelSelector':{'matchLabels':{'a':'c'}}"),
        TERM("podAffinity", "'topologyKey':'a'"),
        TERM("podAntiAffinity", "'topologyKey':'a'"),
        TERM("podAffinity", "'topologyKey':'b'"),
        TERM("podAffinity", "'topologyKey':'a','labelSelector':{}"),
        TERM("podAffinity", "'topologyKey':'a','namespaceSelector':{}"),
        TERM("podAffinity", "'topologyKey':'a','namespaces':['x']"),
        TERM("podAffinity", "'topologyKey':'a','namespaces':['y']"),
        TERM("podAffinity", "'topologyKey':'a','namespaces':['x','y']"),
    };
    uint64_t seen[sizeof specs / sizeof specs[0]];

    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        struct pod *pod = pod_of("{'metadata':{'name':'p','namespace':'n','uid':'u'},'spec':{'schedulerName':'ours',%s}}", specs[i]);

        seen[i] = pod_fingerprint(pod);
        for (size_t j = 0; j < i; j++)
            ck_assert_msg(seen[i] != seen[j], "%s is like %s", specs[i], specs[j]);
        pod_free(pod);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("decode");
    TCase *core = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_test(core, valid_objects);
    tcase_add_test(core, invalid_objects_say_why);
    tcase_add_test(core, pod_outlives_its_json);
    tcase_add_test(core, pod_with_many_parts);
    tcase_add_test(core, schemas_are_complete);
    tcase_add_test(core, fingerprint_ignores_the_status);
    tcase_add_test(core, fingerprint_of_what_a_pod_asks_of_others);
    suite_add_tcase(suite, core);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
