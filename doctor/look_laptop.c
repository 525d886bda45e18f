/* look_laptop.c: the system, the libraries, and what docker, kind and kubectl say of themselves. */
#include <curl/curl.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <yaml.h>

#include "common/kube/exec_environment.h"
#include "common/kube/exec_process.h"
#include "common/limits.h"
#include "doctor/facts.h"
#include "doctor/look.h"
#include "doctor/system.h"

extern char **environ;

static int set(json_t *object, const char *key, json_t *value, struct error *err)
{
    return json_object_set_new(object, key, value) < 0 ? error_no_memory(err) : 0;
}

/* Runs argv[0] out of PATH, and keeps how that went. */
static int run(json_t *facts, const char *key, const char *const *argv, bool with_errors, struct error *err)
{
    struct exec_process process = {.argv = (char *const *)(uintptr_t)argv, /* execve changes nothing there */
                                   .envp = environ,
                                   .with_errors = with_errors,
                                   .limit_ms = LOOK_PROGRAM_MS};
    struct error problem = ERROR_INIT;
    struct secret_buffer out;
    json_t *said = json_object();
    char *path = NULL;
    int ret = -1;

    secret_buffer_init(&out, LIMIT_EXEC_OUTPUT_BYTES);
    if (set(facts, key, said, err) < 0 || exec_environment_look(argv[0], &path, err) < 0 ||
        set(said, "found", json_boolean(path != NULL), err) < 0)
        goto cleanup;
    process.path = path;
    if (path && exec_process_run(&process, &out, &problem) < 0 &&
        set(said, "problem", fact_new(problem.text, strlen(problem.text)), err) < 0)
        goto cleanup;
    ret = set(said, "output", fact_new(out.data, out.bytes), err);
cleanup:
    secret_buffer_free(&out);
    free(path);
    return ret;
}

static int look_at_system(json_t *facts, struct error *err)
{
    struct utsname name;
    struct rlimit files;
    char folder[4096];

    memset(&name, 0, sizeof name);
    if (uname(&name) < 0 || !getcwd(folder, sizeof folder))
        strcpy(folder, "/");
    if (getrlimit(RLIMIT_NOFILE, &files) < 0 || files.rlim_cur == RLIM_INFINITY)
        files.rlim_cur = (rlim_t)-1;
    if (set(facts, "os",
            json_pack("{sssssssb}", "name", name.sysname, "release", name.release, "machine", name.machine, "wsl", system_is_wsl()),
            err) < 0 ||
        set(facts, "memory",
            json_pack("{sIsI}", "total", (json_int_t)system_memory_total(), "available", (json_int_t)system_memory_available()), err) < 0 ||
        set(facts, "disk", json_pack("{sosI}", "path", fact_new(folder, strlen(folder)), "free", (json_int_t)system_disk_free(folder)),
            err) < 0 ||
        set(facts, "inotify",
            json_pack("{sIsI}", "watches", (json_int_t)system_inotify_watches(), "instances", (json_int_t)system_inotify_instances()),
            err) < 0 ||
        set(facts, "cgroup", json_integer(system_cgroup_version()), err) < 0)
        return -1;
    return set(facts, "files", json_integer((json_int_t)files.rlim_cur), err);
}

static int look_at_libraries(json_t *facts, struct error *err)
{
    const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
    char yaml[32];
    int major, minor, patch;

    yaml_get_version(&major, &minor, &patch);
    snprintf(yaml, sizeof yaml, "%d.%d.%d", major, minor, patch);
    return set(facts, "libraries",
               json_pack("{sssssbssssss}", "libcurl", curl->version, "tls", curl->ssl_version ? curl->ssl_version : "no TLS", "https",
                         (curl->features & CURL_VERSION_SSL) != 0, "jansson", jansson_version_str(), "libyaml", yaml, "libmicrohttpd",
                         MHD_get_version()),
               err);
}

static const char *variable(const char *upper, const char *lower)
{
    const char *value = getenv(upper);

    if (!value || !*value)
        value = getenv(lower);
    return value && *value ? value : NULL;
}

/* a proxy's address may hold a password: only that there is one is told */
static int look_at_proxy(json_t *facts, struct error *err)
{
    const char *except = variable("NO_PROXY", "no_proxy");
    const bool is_set = variable("HTTPS_PROXY", "https_proxy") || variable("ALL_PROXY", "all_proxy");

    return set(facts, "proxy", json_pack("{sbso}", "set", is_set, "no_proxy", fact_new(except, except ? strlen(except) : 0)), err);
}

/* keeps the first line only: the rest is a licence, or advice */
static int first_line(json_t *run, struct error *err)
{
    const char *output = fact_text(run, "output");

    return set(run, "output", fact_new(output, strcspn(output, "\n")), err);
}

/* "clusters": {"names": […]}, a line each; "No kind clusters found." is none */
static int split_clusters(json_t *clusters, struct error *err)
{
    const char *line = fact_text(clusters, "output");
    json_t *names = json_array();
    int bad = 0;

    for (; *line && !*fact_text(clusters, "problem"); line += strcspn(line, "\n"), line += *line == '\n') {
        const size_t bytes = strcspn(line, "\n");

        if (bytes && !memchr(line, ' ', bytes))
            bad |= json_array_append_new(names, json_stringn(line, bytes));
    }
    bad |= json_object_set_new(clusters, "names", names);
    return bad ? error_no_memory(err) : 0;
}

/* "version" out of what `kubectl version` prints as JSON */
static int read_kubectl(json_t *kubectl, struct error *err)
{
    const char *output = fact_text(kubectl, "output");
    json_t *said = json_loads(output, 0, NULL);
    int ret = said ? set(kubectl, "version", json_string(fact_text(said, "clientVersion.gitVersion")), err) : 0;

    json_decref(said);
    return ret;
}

static int look_at_programs(const struct doctor_options *options, json_t *facts, struct error *err)
{
    static const char format[] = "client {{.Client.Version}}, server {{.Server.Version}} {{.Server.Os}}/{{.Server.Arch}}";
    const char *const cc[] = {"cc", "--version", NULL}, *const docker[] = {"docker", "version", "--format", format, NULL},
                      *const image[] = {"docker", "image", "inspect", "--format", "{{.Id}}", options->image, NULL},
                      *const kind[] = {"kind", "version", NULL}, *const clusters[] = {"kind", "get", "clusters", NULL},
                      *const kubectl[] = {"kubectl", "version", "--client", "-o", "json", NULL};
    bool docker_works;

    if (run(facts, "compiler", cc, true, err) < 0 || first_line(json_object_get(facts, "compiler"), err) < 0 ||
        run(facts, "docker", docker, true, err) < 0 || first_line(json_object_get(facts, "docker"), err) < 0 ||
        run(facts, "kind", kind, true, err) < 0 || first_line(json_object_get(facts, "kind"), err) < 0 ||
        run(facts, "kubectl", kubectl, false, err) < 0 || read_kubectl(json_object_get(facts, "kubectl"), err) < 0)
        return -1;
    docker_works = fact_true(facts, "docker.found") && !*fact_text(facts, "docker.problem");
    if (docker_works && run(facts, "image", image, true, err) < 0)
        return -1;
    if (docker_works && fact_true(facts, "kind.found") &&
        (run(facts, "clusters", clusters, true, err) < 0 || split_clusters(json_object_get(facts, "clusters"), err) < 0))
        return -1;
    return 0;
}

int look_at_laptop(const struct doctor_options *options, json_t **facts, struct error *err)
{
    json_t *seen = json_object();

    if (!seen)
        return error_no_memory(err);
    if (look_at_system(seen, err) < 0 || look_at_libraries(seen, err) < 0 || look_at_proxy(seen, err) < 0 ||
        look_at_programs(options, seen, err) < 0) {
        json_decref(seen);
        return -1;
    }
    *facts = seen;
    return 0;
}
