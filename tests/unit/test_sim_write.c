/* The simulator's writes: defaults, validation, update, the three patches, deletion. */
#include "sim_fixture.h"

START_TEST(a_new_pod_gets_what_a_server_fills_in)
{
    ck_assert_int_eq(lab_post(PODS, "{\"metadata\":{\"name\":\"p\",\"uid\":\"mine\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":"
                                    "\"nginx:1.2\",\"ports\":[{\"containerPort\":80}],\"resources\":{\"limits\":{\"cpu\":\"1\"}}}]},"
                                    "\"status\":{\"phase\":\"Running\"}}"),
                     201);
    ck_assert_str_eq(lab_text("kind"), "Pod");
    ck_assert_str_eq(lab_text("apiVersion"), "v1");
    ck_assert_int_eq(strlen(lab_text("metadata.uid")), 36);
    ck_assert_str_eq(lab_text("metadata.namespace"), "default");
    ck_assert_str_eq(lab_text("metadata.resourceVersion"), "6");
    ck_assert_str_eq(lab_text("metadata.creationTimestamp"), "2025-11-22T08:00:00Z");
    ck_assert_int_eq(lab_integer("metadata.generation"), 1);
    ck_assert_str_eq(lab_text("spec.schedulerName"), "default-scheduler");
    ck_assert_str_eq(lab_text("spec.restartPolicy"), "Always");
    ck_assert_str_eq(lab_text("spec.dnsPolicy"), "ClusterFirst");
    ck_assert_int_eq(lab_integer("spec.terminationGracePeriodSeconds"), 30);
    ck_assert_str_eq(lab_text("spec.serviceAccountName"), "default");
    ck_assert(json_is_true(lab_at(lab.answer, "spec.enableServiceLinks")));
    ck_assert_str_eq(lab_text("spec.preemptionPolicy"), "PreemptLowerPriority");
    ck_assert(json_is_integer(lab_at(lab.answer, "spec.priority")));
    ck_assert_int_eq(lab_count("spec.tolerations"), 2);
    ck_assert_str_eq(lab_text("spec.tolerations.0.key"), "node.kubernetes.io/not-ready");
    ck_assert_str_eq(lab_text("spec.tolerations.1.effect"), "NoExecute");
    ck_assert_int_eq(lab_integer("spec.tolerations.1.tolerationSeconds"), 300);
    ck_assert_str_eq(lab_text("spec.containers.0.imagePullPolicy"), "IfNotPresent");
    ck_assert_str_eq(lab_text("spec.containers.0.terminationMessagePath"), "/dev/termination-log");
    ck_assert_str_eq(lab_text("spec.containers.0.ports.0.protocol"), "TCP");
    ck_assert_str_eq(lab_text("spec.containers.0.resources.requests.cpu"), "1");
    ck_assert_str_eq(lab_text("status.phase"), "Pending");
    ck_assert_str_eq(lab_text("status.qosClass"), "Burstable");
}
END_TEST

static void check_qos(const char *resources, const char *expected)
{
    char body[512];

    snprintf(body, sizeof body,
             "{\"metadata\":{\"generateName\":\"q-\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\",\"resources\":%s}]}}",
             resources);
    ck_assert_int_eq(lab_post(PODS, body), 201);
    ck_assert_str_eq(lab_text("status.qosClass"), expected);
}

START_TEST(quality_of_service_and_generated_names)
{
    check_qos("{}", "BestEffort");
    check_qos("{\"requests\":{\"cpu\":\"1\"}}", "Burstable");
    check_qos("{\"limits\":{\"cpu\":\"1\",\"memory\":\"1Gi\"}}", "Guaranteed");
    ck_assert_int_eq(strlen(lab_text("metadata.name")), 7);
    ck_assert_int_eq(strncmp(lab_text("metadata.name"), "q-", 2), 0);
    ck_assert_str_eq(lab_text("metadata.generateName"), "q-");
}
END_TEST

START_TEST(pods_that_are_wrong)
{
    ck_assert_int_eq(lab_post(PODS, "{\"metadata\":{},\"spec\":{}}"), 422);
    ck_assert_str_eq(lab_text("message"), "Pod \"\" is invalid: [metadata.name: Required value: name or generateName is required, "
                                          "spec.containers: Required value]");
    ck_assert_int_eq(lab_count("details.causes"), 2);
    ck_assert_str_eq(lab_text("details.causes.1.reason"), "FieldValueRequired");
    ck_assert_int_eq(
        lab_post(PODS, "{\"metadata\":{\"name\":\"A_\"},\"spec\":{\"containers\":[{\"name\":\"c\"},{\"name\":\"c\",\"image\":\"x\"}]}}"),
        422);
    ck_assert_str_eq(lab_text("details.causes.0.field"), "metadata.name");
    ck_assert_str_eq(lab_text("details.causes.1.field"), "spec.containers[0].image");
    ck_assert_str_eq(lab_text("details.causes.2.message"), "Duplicate value: \"c\"");
    ck_assert_int_eq(lab_post(PODS, "{\"metadata\":{\"name\":\"a\""), 400);
    ck_assert_int_eq(
        strncmp(lab_text("message"),
                "the object provided is unrecognized (must be of type Pod): couldn't get version/kind; json parse error: ", 103),
        0);
    ck_assert_int_eq(lab_post(PODS, "[]"), 400);
    ck_assert_int_eq(lab_post(PODS, "{\"kind\":\"Foo\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\"}}"), 400);
    ck_assert_ptr_nonnull(strstr(lab_text("message"), "Foo in version \"v1\" cannot be handled as a Pod"));
    ck_assert_int_eq(lab_post(PODS, "{\"kind\":\"Pod\",\"apiVersion\":\"apps/v1\",\"metadata\":{\"name\":\"a\"}}"), 400);
    ck_assert_int_eq(lab_request("POST", PODS, "application/x-foo", "{}"), 415);
    ck_assert_int_eq(lab_get("/api/v1/pods"), 200);
    ck_assert_str_eq(lab_names(), "");
}
END_TEST

START_TEST(where_a_pod_may_not_be_created)
{
    const char *pod = "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"x\"}]}}";

    ck_assert_int_eq(lab_post("/api/v1/namespaces/nope/pods", pod), 404);
    ck_assert_str_eq(lab_text("message"), "namespaces \"nope\" not found");
    ck_assert_int_eq(lab_post(PODS, "{\"metadata\":{\"name\":\"p\",\"namespace\":\"b\"},\"spec\":{}}"), 400);
    ck_assert_int_eq(lab_post(PODS, "{\"metadata\":{\"name\":\"p\",\"resourceVersion\":\"5\"},\"spec\":{}}"), 500);
    ck_assert_str_eq(lab_text("message"), "resourceVersion should not be set on objects to be created");
    ck_assert_int_eq(lab_post(PODS, pod), 201);
    ck_assert_int_eq(lab_post(PODS, pod), 409);
    ck_assert_str_eq(lab_text("reason"), "AlreadyExists");
    ck_assert_str_eq(lab_text("message"), "pods \"p\" already exists");
    ck_assert_int_eq(lab_post("/api/v1/pods", pod), 405);
    ck_assert_int_eq(lab_put(PODS, pod), 405);
    ck_assert_int_eq(lab_get("/api/v1/foos"), 404);
    ck_assert_str_eq(lab_text("message"), "the server could not find the requested resource");
    ck_assert_int_eq(lab_get("/apis/foo/v1/foos"), 404);
    ck_assert_str_eq(lab.body, "404 page not found\n");
}
END_TEST

START_TEST(a_dry_run_writes_nothing)
{
    ck_assert_int_eq(
        lab_post(PODS "?dryRun=All", "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"x\"}]}}"), 201);
    ck_assert_str_eq(lab_text("spec.restartPolicy"), "Always");
    ck_assert_ptr_null(lab_at(lab.answer, "metadata.resourceVersion"));
    ck_assert_int_eq(lab_get(PODS "/p"), 404);
    lab_pod("p", "", "");
    ck_assert_int_eq(lab_request("PATCH", PODS "/p?dryRun=All", MERGE, "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}"), 200);
    ck_assert_str_eq(lab_text("metadata.labels.a"), "b");
    ck_assert_int_eq(lab_delete(PODS "/p?dryRun=All", NULL), 200);
    ck_assert_int_eq(lab_get(PODS "/p"), 200);
    ck_assert_str_eq(lab_text("metadata.labels.a"), "");
    ck_assert_int_eq(lab_post(PODS "?dryRun=foo", "{}"), 422);
    ck_assert_str_eq(lab_text("message"),
                     "CreateOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [\"foo\"]: supported values: \"All\"");
}
END_TEST

START_TEST(an_update_needs_the_right_version)
{
    char *body;

    lab_pod("p", "", "");
    body = strdup(lab.body);
    ck_assert_int_eq(lab_request("PATCH", PODS "/p", MERGE, "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}"), 200);
    ck_assert_int_eq(lab_put(PODS "/p", body), 409);
    ck_assert_str_eq(lab_text("message"), "Operation cannot be fulfilled on pods \"p\": the object has been modified; please apply your "
                                          "changes to the latest version and try again");
    free(body);
    lab_get(PODS "/p");
    body = strdup(lab.body);
    ck_assert_int_eq(lab_put(PODS "/p", body), 200); /* nothing changed: nothing written */
    ck_assert_str_eq(lab_text("metadata.resourceVersion"), "7");
    free(body);
    ck_assert_int_eq(lab_request("PATCH", PODS "/p", MERGE, "{\"metadata\":{\"resourceVersion\":\"6\",\"labels\":{\"a\":\"c\"}}}"), 409);
    ck_assert_int_eq(lab_request("PATCH", PODS "/p", MERGE, "{\"metadata\":{\"resourceVersion\":\"6\",\"uid\":\"x\"}}"), 409);
    ck_assert_int_eq(lab_request("PATCH", PODS "/p", MERGE, "{\"metadata\":{\"uid\":\"x\"}}"), 422);
    ck_assert_str_eq(lab_text("message"), "Pod \"p\" is invalid: metadata.uid: Invalid value: \"x\": field is immutable");
    ck_assert_uint_eq(lab_count("details.causes"), 2);
    ck_assert_int_eq(lab_put(PODS "/p", "{\"metadata\":{\"name\":\"p\",\"uid\":\"x\"}}"), 409);
    ck_assert_int_eq(lab_put(PODS "/p", "{\"metadata\":{\"name\":\"q\"}}"), 400);
    ck_assert_str_eq(lab_text("message"), "the name of the object (q) does not match the name on the URL (p)");
    ck_assert_int_eq(lab_put(PODS "/p", "{\"metadata\":{}}"), 400);
    ck_assert_str_eq(lab_text("message"), "the name of the object (p based on URL) was undeterminable: name must be provided");
    ck_assert_int_eq(lab_put(PODS "/q", "{\"metadata\":{\"name\":\"q\"}}"), 404);
}
END_TEST

START_TEST(spec_and_status_are_changed_apart)
{
    lab_pod("p", "", "");
    ck_assert_int_eq(lab_request("PATCH", PODS "/p", MERGE, "{\"status\":{\"phase\":\"Running\"},\"metadata\":{\"labels\":{\"a\":\"b\"}}}"),
                     200);
    ck_assert_str_eq(lab_text("status.phase"), "Pending");
    ck_assert_str_eq(lab_text("metadata.labels.a"), "b");
    ck_assert_int_eq(lab_request("PATCH", PODS "/p/status", MERGE, "{\"status\":{\"phase\":\"Running\"},\"spec\":{\"nodeName\":\"n7\"}}"),
                     200);
    ck_assert_str_eq(lab_text("status.phase"), "Running");
    ck_assert_str_eq(lab_text("spec.nodeName"), "");
    ck_assert_int_eq(lab_request("PATCH", PODS "/p", MERGE, "{\"spec\":{\"nodeName\":\"n7\"}}"), 422);
    ck_assert_ptr_nonnull(
        strstr(lab_text("message"), "Pod \"p\" is invalid: spec: Forbidden: pod updates may not change fields other than "));
    ck_assert_int_eq(lab_integer("metadata.generation"), 0);
    ck_assert_int_eq(lab_request("PATCH", PODS "/p", STRATEGIC, "{\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"other\"}]}}"), 200);
    ck_assert_int_eq(lab_integer("metadata.generation"), 2);
    ck_assert_str_eq(lab_text("spec.containers.0.imagePullPolicy"), "Always");
}
END_TEST

/* patches the config map m, which was {data}, and expects its data to be */
static void check_patch(const char *type, const char *data, const char *patch, const char *expected)
{
    const char *maps = "/api/v1/namespaces/default/configmaps";
    json_t *want = json_loads(expected, 0, NULL);
    char body[1024], *have;

    lab_delete("/api/v1/namespaces/default/configmaps/m", NULL);
    snprintf(body, sizeof body, "{\"metadata\":{\"name\":\"m\"},\"data\":%s}", data);
    ck_assert_int_eq(lab_post(maps, body), 201);
    ck_assert_msg(lab_request("PATCH", "/api/v1/namespaces/default/configmaps/m", type, patch) == 200, "%s: %s", patch, lab.body);
    have = json_dumps(lab_at(lab.answer, "data"), JSON_COMPACT);
    ck_assert_msg(json_equal(lab_at(lab.answer, "data"), want), "%s made %s, expected %s", patch, have, expected);
    free(have);
    json_decref(want);
}

START_TEST(merge_patches)
{
    check_patch(MERGE, "{\"a\":\"b\"}", "{\"data\":{\"a\":\"c\"}}", "{\"a\":\"c\"}");
    check_patch(MERGE, "{\"a\":\"b\",\"b\":\"c\"}", "{\"data\":{\"a\":null}}", "{\"b\":\"c\"}");
    check_patch(MERGE, "{\"a\":[\"b\"]}", "{\"data\":{\"a\":\"c\"}}", "{\"a\":\"c\"}");
    check_patch(MERGE, "{\"a\":{\"b\":\"c\"}}", "{\"data\":{\"a\":{\"b\":\"d\",\"c\":null}}}", "{\"a\":{\"b\":\"d\"}}");
    check_patch(MERGE, "{\"a\":[{\"b\":\"c\"}]}", "{\"data\":{\"a\":[1]}}", "{\"a\":[1]}");
    check_patch(MERGE, "{}", "{\"data\":{\"a\":{\"bb\":{\"ccc\":null}}}}", "{\"a\":{\"bb\":{}}}");
}
END_TEST

START_TEST(strategic_merge_patches)
{
    const char *two = "{\"containers\":[{\"name\":\"a\",\"x\":1},{\"name\":\"b\",\"x\":2}]}";

    check_patch(STRATEGIC, two, "{\"data\":{\"containers\":[{\"name\":\"b\",\"x\":3}]}}",
                "{\"containers\":[{\"name\":\"a\",\"x\":1},{\"name\":\"b\",\"x\":3}]}");
    check_patch(STRATEGIC, two, "{\"data\":{\"containers\":[{\"name\":\"c\",\"x\":3}]}}",
                "{\"containers\":[{\"name\":\"a\",\"x\":1},{\"name\":\"b\",\"x\":2},{\"name\":\"c\",\"x\":3}]}");
    check_patch(STRATEGIC, two, "{\"data\":{\"containers\":[{\"name\":\"a\",\"$patch\":\"delete\"}]}}",
                "{\"containers\":[{\"name\":\"b\",\"x\":2}]}");
    check_patch(STRATEGIC, two, "{\"data\":{\"containers\":[{\"$patch\":\"replace\"},{\"name\":\"z\"}]}}",
                "{\"containers\":[{\"name\":\"z\"}]}");
    check_patch(STRATEGIC, two, "{\"data\":{\"$setElementOrder/containers\":[{\"name\":\"b\"},{\"name\":\"a\"}]}}",
                "{\"containers\":[{\"name\":\"b\",\"x\":2},{\"name\":\"a\",\"x\":1}]}");
    check_patch(STRATEGIC, "{\"conditions\":[{\"type\":\"A\",\"status\":\"False\",\"reason\":\"R\"}]}",
                "{\"data\":{\"conditions\":[{\"type\":\"A\",\"status\":\"True\",\"reason\":null}]}}",
                "{\"conditions\":[{\"type\":\"A\",\"status\":\"True\"}]}");
    check_patch(STRATEGIC, "{\"ports\":[{\"containerPort\":1}]}", "{\"data\":{\"ports\":[{\"containerPort\":1,\"p\":2}]}}",
                "{\"ports\":[{\"containerPort\":1,\"p\":2}]}");
    check_patch(STRATEGIC, "{\"taints\":[{\"key\":\"a\"}]}", "{\"data\":{\"taints\":[{\"key\":\"b\"}]}}", "{\"taints\":[{\"key\":\"b\"}]}");
    check_patch(STRATEGIC, "{\"a\":{\"b\":1,\"c\":2}}", "{\"data\":{\"a\":{\"$retainKeys\":[\"c\"],\"c\":3}}}", "{\"a\":{\"c\":3}}");
    check_patch(STRATEGIC, "{\"a\":{\"b\":1}}", "{\"data\":{\"a\":{\"$patch\":\"replace\",\"c\":2}}}", "{\"a\":{\"c\":2}}");
    check_patch(STRATEGIC, "{\"a\":{\"b\":1}}", "{\"data\":{\"a\":{\"$patch\":\"delete\"}}}", "{}");
    check_patch(STRATEGIC, "{\"finalizers\":[\"a\",\"b\"]}",
                "{\"data\":{\"$deleteFromPrimitiveList/finalizers\":[\"a\"],\"finalizers\":[\"c\"]}}", "{\"finalizers\":[\"b\",\"c\"]}");
}
END_TEST

START_TEST(json_patches)
{
    check_patch(JSON_PATCH, "{\"a\":\"b\"}", "[{\"op\":\"replace\",\"path\":\"/data/a\",\"value\":\"c\"}]", "{\"a\":\"c\"}");
    check_patch(JSON_PATCH, "{\"a\":[1,3]}",
                "[{\"op\":\"add\",\"path\":\"/data/a/1\",\"value\":2},{\"op\":\"add\",\"path\":\"/data/a/-\",\"value\":4}]",
                "{\"a\":[1,2,3,4]}");
    check_patch(JSON_PATCH, "{\"a/b\":1,\"c~d\":2}",
                "[{\"op\":\"remove\",\"path\":\"/data/a~1b\"},{\"op\":\"test\",\"path\":\"/data/c~0d\",\"value\":2}]", "{\"c~d\":2}");
    check_patch(
        JSON_PATCH, "{\"a\":{\"x\":1}}",
        "[{\"op\":\"copy\",\"from\":\"/data/a\",\"path\":\"/data/b\"},{\"op\":\"move\",\"from\":\"/data/a/x\",\"path\":\"/data/c\"}]",
        "{\"a\":{},\"b\":{\"x\":1},\"c\":1}");
}
END_TEST

START_TEST(patches_that_do_not_apply)
{
    lab_pod("p", "", "");
    ck_assert_int_eq(lab_request("PATCH", PODS "/p", JSON_PATCH, "[{\"op\":\"remove\",\"path\":\"/foo\"}]"), 422);
    ck_assert_str_eq(lab_text("message"), "the server rejected our request due to an error in our request");
    ck_assert_int_eq(lab_request("PATCH", PODS "/p", JSON_PATCH, "[{\"op\":\"test\",\"path\":\"/metadata/name\",\"value\":\"x\"}]"), 422);
    ck_assert_int_eq(lab_request("PATCH", PODS "/p", JSON_PATCH, "{}"), 400);
    ck_assert_int_eq(lab_request("PATCH", PODS "/p", MERGE, "[]"), 400);
    ck_assert_int_eq(lab_request("PATCH", PODS "/p", STRATEGIC, "{\"spec\":{\"containers\":[{\"image\":\"x\"}]}}"), 400);
    ck_assert_int_eq(lab_request("PATCH", PODS "/p", "application/json", "{}"), 415);
    ck_assert_int_eq(lab_request("PATCH", PODS "/q", MERGE, "{}"), 404);
    lab_get(PODS "/p");
    ck_assert_str_eq(lab_text("metadata.resourceVersion"), "6");
}
END_TEST

START_TEST(an_unassigned_pod_goes_at_once_and_two_versions_say_so)
{
    struct sim_watch *watch = lab_watch("/api/v1/pods?watch=1");

    lab_pod("p", "", "");
    ck_assert_int_eq(lab_delete(PODS "/p", NULL), 200);
    ck_assert_str_eq(lab_text("metadata.resourceVersion"), "8");
    ck_assert_int_eq(lab_integer("metadata.deletionGracePeriodSeconds"), 0);
    ck_assert_int_eq(lab_integer("metadata.generation"), 2);
    ck_assert_str_eq(lab_frames(watch, true), "ADDED p@6 MODIFIED p@7 DELETED p@8");
    ck_assert_int_eq(lab_get(PODS "/p"), 404);
    ck_assert_int_eq(lab_delete(PODS "/p", NULL), 404);
    sim_watch_close(watch);
}
END_TEST

START_TEST(an_assigned_pod_has_its_grace)
{
    lab_pod("p", "", "");
    lab_bind("p", "n1");
    ck_assert_int_eq(lab_delete(PODS "/p", NULL), 200);
    ck_assert_str_eq(lab_text("metadata.deletionTimestamp"), "2025-11-22T08:00:30Z");
    ck_assert_int_eq(lab_integer("metadata.deletionGracePeriodSeconds"), 30);
    ck_assert_int_eq(lab_integer("metadata.generation"), 2);
    ck_assert_int_eq(lab_delete(PODS "/p", NULL), 200);
    ck_assert_str_eq(lab_text("metadata.resourceVersion"), "8");
    ck_assert_int_eq(lab_delete(PODS "/p?gracePeriodSeconds=5", NULL), 200);
    ck_assert_str_eq(lab_text("metadata.deletionTimestamp"), "2025-11-22T08:00:05Z");
    ck_assert_int_eq(lab_delete(PODS "/p?gracePeriodSeconds=0", "{\"propagationPolicy\":\"Background\"}"),
                     200); /* the body hides the query */
    ck_assert_int_eq(lab_get(PODS "/p"), 200);
    ck_assert_int_eq(lab_delete(PODS "/p", "{\"gracePeriodSeconds\":0}"), 200);
    ck_assert_int_eq(lab_get(PODS "/p"), 404);
}
END_TEST

START_TEST(a_deletion_without_a_grace_of_its_own_changes_nothing)
{
    lab_pod("p", "", "");
    lab_bind("p", "n1");
    ck_assert_int_eq(lab_delete(PODS "/p", "{\"gracePeriodSeconds\":60}"), 200);
    ck_assert_int_eq(lab_delete(PODS "/p", NULL), 200);
    ck_assert_int_eq(lab_integer("metadata.deletionGracePeriodSeconds"), 60);
    ck_assert_int_eq(lab_delete(PODS "/p", "{\"gracePeriodSeconds\":90}"), 200);
    ck_assert_int_eq(lab_integer("metadata.deletionGracePeriodSeconds"), 60);
}
END_TEST

/* what a preemption writes */
START_TEST(a_status_is_stored_as_the_server_stores_it)
{
    char patch[300];

    lab_pod("p", "", "");
    snprintf(
        patch, sizeof patch,
        "{\"metadata\":{\"uid\":\"%s\"},\"status\":{\"conditions\":[{\"type\":\"DisruptionTarget\",\"status\":\"True\",\"message\":\"\"}],"
        "\"nominatedNodeName\":\"n1\"}}",
        lab_text("metadata.uid"));
    ck_assert_int_eq(lab_request("PATCH", PODS "/p/status", STRATEGIC, patch), 200);
    ck_assert_str_eq(lab_text("status.nominatedNodeName"), "n1");
    ck_assert_uint_eq(lab_count("status.conditions"), 1);
    ck_assert(json_is_null(lab_at(lab.answer, "status.conditions.0.lastProbeTime")));
    ck_assert(json_is_null(lab_at(lab.answer, "status.conditions.0.lastTransitionTime")));
    ck_assert_uint_eq(json_object_size(lab_at(lab.answer, "status.conditions.0")), 4);
    ck_assert_int_eq(lab_request("PATCH", PODS "/p/status", STRATEGIC, patch), 200); /* again: nothing is written */
    ck_assert_str_eq(lab_text("metadata.resourceVersion"), "7");
    ck_assert_int_eq(lab_request("PATCH", PODS "/p/status", STRATEGIC, "{\"status\":{\"nominatedNodeName\":\"\"}}"), 200);
    ck_assert_ptr_null(lab_at(lab.answer, "status.nominatedNodeName"));
}
END_TEST

START_TEST(a_deletion_has_preconditions)
{
    char body[128], uid[64], expected[400];

    lab_pod("p", "", "");
    snprintf(uid, sizeof uid, "%s", lab_text("metadata.uid"));
    ck_assert_int_eq(lab_delete(PODS "/p", "{\"preconditions\":{\"uid\":\"x\"}}"), 409);
    snprintf(
        expected, sizeof expected,
        "Operation cannot be fulfilled on Pod \"p\": the UID in the precondition (x) does not match the UID in record (%s). The object "
        "might have been deleted and then recreated",
        uid);
    ck_assert_str_eq(lab_text("message"), expected);
    ck_assert_int_eq(lab_delete(PODS "/p", "{\"preconditions\":{\"uid\":\"\"}}"), 409);
    ck_assert_int_eq(lab_delete(PODS "/p", "{\"preconditions\":{\"resourceVersion\":\"5\"}}"), 409);
    snprintf(body, sizeof body, "{\"preconditions\":{\"uid\":\"%s\",\"resourceVersion\":\"6\"}}", uid);
    ck_assert_int_eq(lab_delete(PODS "/p", body), 200);
    ck_assert_int_eq(lab_get(PODS "/p"), 404);
}
END_TEST

START_TEST(a_finalizer_holds_an_object)
{
    struct sim_watch *watch;

    lab_pod("p", "", "");
    lab_request("PATCH", PODS "/p", MERGE, "{\"metadata\":{\"finalizers\":[\"x.io/y\"]}}");
    watch = lab_watch("/api/v1/pods?watch=1&resourceVersion=7");
    ck_assert_int_eq(lab_delete(PODS "/p", NULL), 200);
    ck_assert_int_eq(lab_get(PODS "/p"), 200);
    ck_assert_str_eq(lab_text("metadata.deletionTimestamp"), "2025-11-22T08:00:00Z");
    ck_assert_int_eq(lab_request("PATCH", PODS "/p", MERGE, "{\"metadata\":{\"finalizers\":null}}"), 200);
    ck_assert_str_eq(lab_text("metadata.resourceVersion"), "8");
    ck_assert_str_eq(lab_frames(watch, true), "MODIFIED p@8 DELETED p@9");
    ck_assert_int_eq(lab_get(PODS "/p"), 404);
    sim_watch_close(watch);
}
END_TEST

START_TEST(a_finalizer_of_null_is_none)
{
    ck_assert_int_eq(
        lab_post(PODS, "{\"metadata\":{\"name\":\"q\",\"finalizers\":null},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}]}}"),
        201);
    ck_assert_int_eq(lab_delete(PODS "/q", NULL), 200);
    ck_assert_int_eq(lab_get(PODS "/q"), 404);
    lab_pod("p", "", "");
    lab_bind("p", "n1");
    lab_request("PATCH", PODS "/p", MERGE, "{\"metadata\":{\"finalizers\":[\"x.io/y\"]}}");
    lab_delete(PODS "/p", NULL);
    ck_assert_int_eq(lab_request("PATCH", PODS "/p", JSON_PATCH, "[{\"op\":\"replace\",\"path\":\"/metadata/finalizers\",\"value\":null}]"),
                     200);
    ck_assert_ptr_null(lab_at(lab.answer, "metadata.finalizers"));
    ck_assert_int_eq(lab_delete(PODS "/p", "{\"gracePeriodSeconds\":0}"), 200);
    ck_assert_int_eq(lab_get(PODS "/p"), 404);
}
END_TEST

START_TEST(a_collection_is_deleted_by_its_selector)
{
    lab_pod("a", "\"x\":\"y\"", "");
    lab_pod("b", "", "");
    lab_pod("c", "\"x\":\"y\"", "");
    ck_assert_int_eq(lab_delete(PODS "?labelSelector=x=y", NULL), 200);
    ck_assert_str_eq(lab_text("kind"), "PodList");
    ck_assert_str_eq(lab_names(), "a c");
    lab_get("/api/v1/pods");
    ck_assert_str_eq(lab_names(), "b");
}
END_TEST

START_TEST(a_namespace_takes_its_content_along)
{
    const char *pod = "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"nodeName\":\"n1\",\"containers\":[{\"name\":\"c\",\"image\":\"x\"}]}}";

    ck_assert_int_eq(lab_post("/api/v1/namespaces", "{\"metadata\":{\"name\":\"ns\"}}"), 201);
    ck_assert_str_eq(lab_text("status.phase"), "Active");
    ck_assert_ptr_nonnull(strstr(lab.body, "\"kubernetes.io/metadata.name\":\"ns\""));
    ck_assert_int_eq(lab_post("/api/v1/namespaces/ns/pods", pod), 201);
    ck_assert_int_eq(lab_post("/api/v1/namespaces/ns/configmaps", "{\"metadata\":{\"name\":\"m\"}}"), 201);
    ck_assert_int_eq(lab_delete("/api/v1/namespaces/ns", NULL), 200);
    ck_assert_str_eq(lab_text("status.phase"), "Terminating");
    ck_assert_int_eq(lab_get("/api/v1/namespaces/ns/configmaps/m"), 404);
    ck_assert_int_eq(lab_post("/api/v1/namespaces/ns/configmaps", "{\"metadata\":{\"name\":\"m\"}}"), 403);
    ck_assert_str_eq(lab_text("message"),
                     "configmaps \"m\" is forbidden: unable to create new content in namespace ns because it is being terminated");
    ck_assert_str_eq(lab_text("details.causes.0.reason"), "NamespaceTerminating");
    ck_assert_int_eq(lab_get("/api/v1/namespaces/ns"), 200);
    ck_assert_int_eq(lab_delete("/api/v1/namespaces/ns/pods/p?gracePeriodSeconds=0", NULL), 200);
    ck_assert_int_eq(lab_get("/api/v1/namespaces/ns"), 404);
    ck_assert_int_eq(lab_delete("/api/v1/namespaces/default", NULL), 403);
    ck_assert_str_eq(lab_text("message"), "namespaces \"default\" is forbidden: this namespace may not be deleted");
}
END_TEST

START_TEST(what_other_kinds_answer_to_a_deletion)
{
    ck_assert_int_eq(lab_post("/api/v1/nodes", "{\"metadata\":{\"name\":\"n\"},\"status\":{\"capacity\":{\"cpu\":\"2\"}}}"), 201);
    ck_assert_str_eq(lab_text("status.allocatable.cpu"), "2");
    ck_assert_int_eq(lab_delete("/api/v1/nodes/n", NULL), 200);
    ck_assert_str_eq(lab_text("kind"), "Status");
    ck_assert_str_eq(lab_text("status"), "Success");
    ck_assert_str_eq(lab_text("details.kind"), "nodes");
    ck_assert_int_eq(strlen(lab_text("details.uid")), 36);
    ck_assert_ptr_null(lab_at(lab.answer, "code"));
}
END_TEST

#define EVENTS "/apis/events.k8s.io/v1/namespaces/default/events"

START_TEST(an_event_is_seen_through_both_apis)
{
    struct sim_watch *core = lab_watch("/api/v1/events?watch=1"), *other = lab_watch("/apis/events.k8s.io/v1/events?watch=1");
    char *text;

    ck_assert_int_eq(lab_post(EVENTS,
                              "{\"metadata\":{\"name\":\"e\"},\"eventTime\":\"2025-11-22T08:00:00.000001Z\",\"reportingController\":\"me\","
                              "\"reportingInstance\":\"me-1\",\"action\":\"Binding\",\"reason\":\"Scheduled\",\"type\":\"Normal\","
                              "\"regarding\":{\"kind\":\"Pod\",\"namespace\":\"default\",\"name\":\"p\"},\"note\":\"hello\"}"),
                     201);
    ck_assert_str_eq(lab_text("apiVersion"), "events.k8s.io/v1");
    ck_assert_str_eq(lab_text("note"), "hello");
    ck_assert_int_eq(lab_get("/api/v1/namespaces/default/events/e"), 200);
    ck_assert_str_eq(lab_text("apiVersion"), "v1");
    ck_assert_str_eq(lab_text("message"), "hello");
    ck_assert_str_eq(lab_text("involvedObject.name"), "p");
    ck_assert_str_eq(lab_text("reportingComponent"), "me");
    ck_assert(json_is_null(lab_at(lab.answer, "firstTimestamp")));
    ck_assert_int_eq(
        lab_request("PATCH", EVENTS "/e", MERGE, "{\"series\":{\"count\":2,\"lastObservedTime\":\"2025-11-22T08:01:00.000000Z\"}}"), 200);
    ck_assert_int_eq(lab_integer("series.count"), 2);
    ck_assert_int_eq(lab_get(EVENTS "?fieldSelector=regarding.name=p,reportingController=me"), 200);
    ck_assert_str_eq(lab_names(), "e");
    ck_assert_str_eq(lab_text("items.0.note"), "hello");
    ck_assert_ptr_null(lab_at(lab.answer, "items.0.kind"));
    lab_get("/api/v1/events?fieldSelector=involvedObject.name=q");
    ck_assert_str_eq(lab_names(), "");
    text = lab_read(core, 4096);
    ck_assert_ptr_nonnull(strstr(text, "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Event\",\"apiVersion\":\"v1\""));
    ck_assert_ptr_nonnull(strstr(text, "\"message\":\"hello\""));
    free(text);
    text = lab_read(other, 4096);
    ck_assert_ptr_nonnull(strstr(text, "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Event\",\"apiVersion\":\"events.k8s.io/v1\""));
    ck_assert_ptr_nonnull(strstr(text, "\"note\":\"hello\""));
    free(text);
    sim_watch_close(core);
    sim_watch_close(other);
}
END_TEST

START_TEST(events_that_are_wrong)
{
    ck_assert_int_eq(lab_post(EVENTS, "{\"metadata\":{\"name\":\"e\"},\"regarding\":{\"namespace\":\"default\"},\"note\":\"x\"}"), 422);
    ck_assert_str_eq(lab_text("message"),
                     "Event \"e\" is invalid: [eventTime: Required value, type: Invalid value: \"\": has invalid value: ]");
    ck_assert_int_eq(
        lab_post("/api/v1/namespaces/default/events", "{\"metadata\":{\"name\":\"e\"},\"involvedObject\":{\"namespace\":\"other\"}}"), 422);
    ck_assert_str_eq(lab_text("message"),
                     "Event \"e\" is invalid: involvedObject.namespace: Invalid value: \"other\": does not match event.namespace");
    ck_assert_int_eq(
        lab_post("/api/v1/namespaces/default/events", "{\"metadata\":{\"name\":\"e\"},\"involvedObject\":{\"kind\":\"Node\"}}"), 201);
}
END_TEST

#define LEASES "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases"

START_TEST(a_lease_is_updated_by_version_only)
{
    char body[256];

    ck_assert_int_eq(lab_post(LEASES, "{\"metadata\":{\"name\":\"l\"},\"spec\":{\"holderIdentity\":\"a\"}}"), 201);
    ck_assert_int_eq(lab_put(LEASES "/l", "{\"metadata\":{\"name\":\"l\"},\"spec\":{\"holderIdentity\":\"b\"}}"), 422);
    ck_assert_str_eq(lab_text("message"),
                     "leases.coordination.k8s.io \"l\" is invalid: metadata.resourceVersion: Invalid value: 0: must be "
                     "specified for an update");
    ck_assert_int_eq(lab_put(LEASES "/l", "{\"metadata\":{\"name\":\"l\",\"resourceVersion\":\"4\"},\"spec\":{\"holderIdentity\":\"b\"}}"),
                     409);
    ck_assert_str_eq(lab_text("details.group"), "coordination.k8s.io");
    snprintf(body, sizeof body, "{\"metadata\":{\"name\":\"l\",\"resourceVersion\":\"%d\"},\"spec\":{\"holderIdentity\":\"b\"}}", 6);
    ck_assert_int_eq(lab_put(LEASES "/l", body), 200);
    ck_assert_str_eq(lab_text("spec.holderIdentity"), "b");
    ck_assert_int_eq(lab_put(LEASES "/new", "{\"metadata\":{\"name\":\"new\"},\"spec\":{}}"), 201);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sim_write");

    LAB_CASE(suite, "create", a_new_pod_gets_what_a_server_fills_in, quality_of_service_and_generated_names, pods_that_are_wrong,
             where_a_pod_may_not_be_created, a_dry_run_writes_nothing);
    LAB_CASE(suite, "update", an_update_needs_the_right_version, spec_and_status_are_changed_apart, a_lease_is_updated_by_version_only);
    LAB_CASE(suite, "patch", merge_patches, strategic_merge_patches, json_patches, patches_that_do_not_apply);
    LAB_CASE(suite, "delete", an_unassigned_pod_goes_at_once_and_two_versions_say_so, an_assigned_pod_has_its_grace,
             a_deletion_without_a_grace_of_its_own_changes_nothing, a_deletion_has_preconditions,
             a_status_is_stored_as_the_server_stores_it, a_finalizer_holds_an_object, a_finalizer_of_null_is_none,
             a_collection_is_deleted_by_its_selector, a_namespace_takes_its_content_along, what_other_kinds_answer_to_a_deletion);
    LAB_CASE(suite, "events", an_event_is_seen_through_both_apis, events_that_are_wrong);
    return lab_run_suite(suite);
}
