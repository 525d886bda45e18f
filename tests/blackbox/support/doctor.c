#include "tests/blackbox/support/doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/blackbox/support/api.h"
#include "tests/blackbox/support/server.h"

#define ARGUMENTS_MAX 24
#define NO_MORE ((const char *)NULL)

/* ---- programs ---- */

void fake_program(struct lab *lab, const char *name, const char *script)
{
    const char *folder = lab_path(lab, "programs"), *path = getenv("PATH");

    mkdir(folder, 0700);
    lab_write(lab, textf("programs/%s", name), textf("#!/bin/sh\n%s\n", script));
    REQUIRE(chmod(textf("%s/%s", folder, name), 0700) == 0, "chmod");
    if (strncmp(path, folder, strlen(folder)) != 0)
        setenv("PATH", textf("%s:%s", folder, path), 1);
}

void fake_programs(struct lab *lab)
{
    fake_program(lab, "docker", "case $1 in version) echo 'client 28.2.2, server 28.2.2 linux/amd64' ;; image) echo sha256:0 ;; esac");
    fake_program(lab, "kind",
                 "case $1 in version) echo 'kind v0.30.0 go1.24.6 linux/amd64' ;; get) echo 'No kind clusters found.' >&2 ;; esac");
    fake_program(lab, "kubectl", "echo '{\"clientVersion\":{\"gitVersion\":\"v1.34.0\"}}'");
}

/* ---- a lab that is ready ---- */

void doctor_open(struct lab *lab)
{
    static const char *const arguments[] = {"--rbac", "--tls", "--no-controllers", "--no-kubelet", NULL};

    if (lab->server == SIMULATOR)
        server_open_with(lab, arguments);
    else
        server_open(lab);
    fake_programs(lab);
}

static const struct {
    const char *verb, *group, *resource;
} rules[] = {{"list", "", "nodes"},
             {"watch", "", "nodes"},
             {"get", "", "pods"},
             {"list", "", "pods"},
             {"watch", "", "pods"},
             {"create", "", "pods/binding"},
             {"create", "events.k8s.io", "events"},
             {"patch", "events.k8s.io", "events"},
             {"patch", "", "pods/status"}};

#define RULES (sizeof rules / sizeof rules[0])
#define ROLES "/apis/rbac.authorization.k8s.io/v1/clusterroles"

const char *role_rule(size_t index)
{
    return index < RULES ? textf("%s %s", rules[index].verb, rules[index].resource) : NULL;
}

static json_t *role(struct lab *lab, int without)
{
    json_t *object = json_of("{'apiVersion':'rbac.authorization.k8s.io/v1','kind':'ClusterRole','metadata':{'name':'%s'}}", lab->id),
           *list = json_array();

    for (size_t i = 0; i < RULES; i++)
        if ((int)i != without)
            json_array_append_new(
                list, json_of("{'apiGroups':['%s'],'resources':['%s'],'verbs':['%s']}", rules[i].group, rules[i].resource, rules[i].verb));
    json_object_set_new(object, "rules", list);
    return object;
}

void change_role(struct lab *lab, int without)
{
    json_decref(api(lab, "PUT", textf(ROLES "/%s", lab->id), role(lab, without)));
}

static void give_rights(struct lab *lab)
{
    json_decref(api(lab, "POST", textf("/api/v1/namespaces/%s/serviceaccounts", lab->id), json_of("{'metadata':{'name':'my-scheduler'}}")));
    json_decref(api(lab, "POST", ROLES, role(lab, -1)));
    json_decref(api(lab, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
                    json_of("{'metadata':{'name':'%s'},'roleRef':{'apiGroup':'rbac.authorization.k8s.io','kind':'ClusterRole','name':'%s'},"
                            "'subjects':[{'kind':'ServiceAccount','name':'my-scheduler','namespace':'%s'}]}",
                            lab->id, lab->id, lab->id)));
}

void deploy_scheduler(struct lab *lab, const char *name, int replicas, const char *args)
{
    const char *target = textf("/apis/apps/v1/namespaces/%s/deployments", lab->id);

    json_decref(
        api(lab, "POST", target,
            json_of("{'metadata':{'name':'%s'},'spec':{'replicas':%d,'selector':{'matchLabels':{'app':'%s'}},'template':{'metadata':{"
                    "'labels':{'app':'%s'}},'spec':{'serviceAccountName':'my-scheduler','containers':[{'name':'scheduler','image':"
                    "'my-scheduler:dev','imagePullPolicy':'IfNotPresent','command':['watch-scheduler'],'args':['--scheduler-name=%s'"
                    "%s]}]}}}}",
                    name, replicas, name, name, lab->id, args)));
    api_change(lab, textf("%s/%s", target, name), "/status",
               json_of("{'status':{'replicas':%d,'updatedReplicas':%d,'readyReplicas':%d,'availableReplicas':%d}}", replicas, replicas,
                       replicas, replicas));
}

void make_ready_lab(struct lab *lab)
{
    use_nodes(lab, 4);
    for (size_t i = 0; i < lab->nodes; i++)
        change_node(lab, lab->node[i], "{'status':{'images':[{'names':['docker.io/library/my-scheduler:dev'],'sizeBytes':1}]}}");
    give_rights(lab);
    deploy_scheduler(lab, "watch-scheduler", 1, "");
}

/* ---- the doctor ---- */

json_t *see_doctor(struct lab *lab, int *exit_code, ...)
{
    const char *argv[ARGUMENTS_MAX] = {
        textf("%s/doctor", lab->bin), "--kubeconfig", lab->admin, "--scheduler-name", lab->id, "--namespace", lab->id, "--format", "json"};
    struct process process;
    const char *more;
    size_t count = 9;
    json_t *page;
    va_list args;

    va_start(args, exit_code);
    while ((more = va_arg(args, const char *)) && count < ARGUMENTS_MAX - 1)
        argv[count++] = more;
    va_end(args);
    process_start(&process, lab->folder, "doctor", argv, -1);
    REQUIRE(process_ends(&process, 2 * (int64_t)DEADLINE_MS), "the doctor does not end");
    REQUIRE(process_lines(process.err) == 0, "the doctor says: %s", process_text(process.err));
    page = json_loads(process_text(process.out), JSON_REJECT_DUPLICATES, NULL);
    REQUIRE(page, "no JSON: %s", process_text(process.out));
    REQUIRE(process.exit_code == (json_is_true(json_object_get(page, "ready")) ? 0 : 1), "exit code %d with ready %s", process.exit_code,
            json_is_true(json_object_get(page, "ready")) ? "true" : "false");
    if (exit_code)
        *exit_code = process.exit_code;
    return page;
}

bool doctor_says(const json_t *page, const char *level, const char *check, const char *found, const char **mend)
{
    const json_t *line;
    size_t i;

    json_array_foreach(json_object_get(page, "checks"), i, line)
    {
        if ((level && strcmp(member(line, "level"), level) != 0) || strcmp(member(line, "check"), check) != 0 ||
            !strstr(member(line, "found"), found))
            continue;
        if (mend)
            *mend = textf("%s", member(line, "mend"));
        return true;
    }
    return false;
}

static bool tells(struct lab *lab, const char *level, const char *check, const char *found, const char *part)
{
    json_t *page = see_doctor(lab, NULL, NO_MORE);
    const char *mend = "";
    bool said = doctor_says(page, level, check, found, &mend) && strstr(mend, part);

    json_decref(page);
    return said;
}

void doctor_tells(struct lab *lab, const char *level, const char *check, const char *found, const char *mend)
{
    WAIT_UNTIL(tells(lab, level, check, found, mend), "the doctor does not tell: %s %s: %s; mend: %s", level, check, found, mend);
}

size_t doctor_counts(const json_t *page, const char *level)
{
    const json_t *line;
    size_t i, count = 0;

    json_array_foreach(json_object_get(page, "checks"), i, line) count +=
        !strcmp(member(line, "part"), "cluster") && !strcmp(member(line, "level"), level);
    return count;
}
