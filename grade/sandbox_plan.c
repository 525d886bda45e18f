#define _DEFAULT_SOURCE /* realpath() */

#include "grade/sandbox_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/limits.h"
#include "grade/folder.h"

#ifndef PATH_MAX
#define PATH_MAX 4096
#endif

#define PATH_TEXT "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
#ifdef __APPLE__
#define SANDBOX_PATH "/opt/homebrew/bin:" PATH_TEXT
#else
#define SANDBOX_PATH PATH_TEXT
#endif

/* What programs of any language read of a system. Of /etc only what is no secret anywhere. */
static const char *const system_paths[] = {"/usr",
                                           "/bin",
                                           "/sbin",
                                           "/lib",
                                           "/lib32",
                                           "/lib64",
                                           "/libx32",
                                           "/opt",
                                           "/nix/store",
                                           "/etc/ld.so.cache",
                                           "/etc/ld.so.conf",
                                           "/etc/ld.so.conf.d",
                                           "/etc/ld.so.preload",
                                           "/etc/alternatives",
                                           "/etc/passwd",
                                           "/etc/group",
                                           "/etc/nsswitch.conf",
                                           "/etc/resolv.conf",
                                           "/etc/hosts",
                                           "/etc/host.conf",
                                           "/etc/gai.conf",
                                           "/etc/services",
                                           "/etc/protocols",
                                           "/etc/localtime",
                                           "/etc/timezone",
                                           "/etc/mime.types",
                                           "/etc/ca-certificates",
                                           "/etc/ssl/certs",
                                           "/etc/ssl/openssl.cnf",
                                           "/etc/pki",
                                           "/etc/crypto-policies"};

static unsigned without; /* for tests */

struct sandbox_limits sandbox_default_limits(void)
{
    return (struct sandbox_limits){.cpu_ms = 30000,
                                   .memory_bytes = INT64_C(1) << 30,
                                   .processes = 128,
                                   .output_bytes = INT64_C(4) << 20,
                                   .file_bytes = INT64_C(16) << 20,
                                   .disk_bytes = INT64_C(64) << 20};
}

const char *sandbox_path(void)
{
    return SANDBOX_PATH;
}

/* adds an absolute path as it is, when there is something; nothing is added twice */
static int add_path(struct prepared *p, const char *path, struct error *err)
{
    int i;

    for (i = 0; i < p->path_count; i++)
        if (strcmp(p->paths[i], path) == 0)
            return 0;
    if (p->path_count == SANDBOX_PATHS)
        return error_set(err, ERROR_USAGE, "%s: more than %d readable paths", path, SANDBOX_PATHS);
    p->paths[p->path_count] = strdup(path);
    if (!p->paths[p->path_count])
        return error_no_memory(err);
    p->confinement.readable[p->path_count] = p->paths[p->path_count];
    p->path_count++;
    return 0;
}

static int absolute(const char *path, char out[PATH_MAX], struct error *err)
{
    char here[PATH_MAX];

    if (*path == '/')
        *here = '\0';
    else if (!getcwd(here, sizeof here))
        return error_set(err, ERROR_RUNTIME, "the working directory: %s", strerror(errno));
    if (snprintf(out, PATH_MAX, "%s%s%s", here, *here ? "/" : "", path) >= PATH_MAX)
        return error_set(err, ERROR_USAGE, "%.100s…: the path is too long", path);
    return 0;
}

/* a path and, where links lead elsewhere, where it is */
static int add_both(struct prepared *p, const char *path, struct error *err)
{
    char full[PATH_MAX], real[PATH_MAX];

    if (absolute(path, full, err) < 0)
        return -1;
    if (!realpath(full, real))
        return error_set(err, ERROR_USAGE, "%s: %s", path, strerror(errno));
    return add_path(p, full, err) < 0 || add_path(p, real, err) < 0 ? -1 : 0;
}

/* argv[0] as an absolute path */
static int find_program(const char *name, char out[PATH_MAX], struct error *err)
{
    const char *path = SANDBOX_PATH;

    if (strchr(name, '/'))
        return absolute(name, out, err);
    while (*path) {
        size_t length = strcspn(path, ":");

        if (snprintf(out, PATH_MAX, "%.*s/%s", (int)length, path, name) < PATH_MAX && access(out, X_OK) == 0)
            return 0;
        path += length + (path[length] == ':');
    }
    return error_set(err, ERROR_USAGE, "%s: not found in %s", name, SANDBOX_PATH);
}

static int make_home(struct prepared *p, struct error *err)
{
    const char *tmp = getenv("TMPDIR");
    char path[PATH_MAX], real[PATH_MAX];

    if (!realpath(tmp && *tmp ? tmp : "/tmp", real))
        return error_set(err, ERROR_RUNTIME, "TMPDIR: %s", strerror(errno));
    if (snprintf(path, sizeof path, "%s/grade-home-XXXXXX", real) >= (int)sizeof path)
        return error_set(err, ERROR_RUNTIME, "TMPDIR: the path is too long");
    if (!mkdtemp(path))
        return error_set(err, ERROR_RUNTIME, "%s: %s", path, strerror(errno));
    p->home = strdup(path);
    if (!p->home) {
        rmdir(path);
        return error_no_memory(err);
    }
    p->confinement.home = p->confinement.work = p->home;
    return 0;
}

/* the folder, but not one that holds our own temporary files: /tmp */
static int add_folder(struct prepared *p, const char *folder, struct error *err)
{
    char real[PATH_MAX];
    size_t length;

    if (!folder)
        return 0;
    if (!realpath(folder, real))
        return error_set(err, ERROR_USAGE, "%s: %s", folder, strerror(errno));
    length = strlen(real);
    if (strcmp(real, "/") == 0 || (strncmp(p->home, real, length) == 0 && p->home[length] == '/'))
        return 0;
    return add_both(p, folder, err);
}

/* a script that an interpreter gets, where its folder is not shown */
static bool is_below(const char *path, const char *folder)
{
    size_t length = folder ? strlen(folder) : 0;

    return length && strncmp(path, folder, length) == 0 && path[length] == '/' && !strstr(path, "/../");
}

static int add_paths(struct prepared *p, const struct sandbox_plan *plan, struct error *err)
{
    struct stat status;
    size_t i;

    for (i = 0; i < sizeof system_paths / sizeof *system_paths; i++)
        if (stat(system_paths[i], &status) == 0 && add_path(p, system_paths[i], err) < 0)
            return -1;
    if (add_folder(p, plan->folder, err) < 0 || add_both(p, p->argv[0], err) < 0)
        return -1;
    for (i = 1; p->argv[i]; i++)
        if (is_below(p->argv[i], plan->folder) && stat(p->argv[i], &status) == 0 && S_ISREG(status.st_mode) &&
            add_both(p, p->argv[i], err) < 0)
            return -1;
    for (i = 0; plan->extra_readable && plan->extra_readable[i]; i++)
        if (add_both(p, plan->extra_readable[i], err) < 0)
            return -1;
    return 0;
}

/* a NULL-terminated copy with `first` in front when there is one */
static char **copy_words(const char *first, char *const *words, struct error *err)
{
    size_t count = 0, at = 0, i;
    char **copy;

    while (words[count])
        count++;
    copy = calloc(count + 2, sizeof *copy);
    if (!copy)
        goto failed;
    if (first && (copy[at++] = strdup(first)) == NULL)
        goto failed;
    for (i = 0; i < count; i++)
        if ((copy[at++] = strdup(words[i])) == NULL)
            goto failed;
    return copy;
failed:
    for (i = 0; copy && copy[i]; i++)
        free(copy[i]);
    free(copy);
    error_no_memory(err);
    return NULL;
}

/* a word that stands for the kubeconfig becomes its path in there */
static int name_kubeconfig(char **words, const char *path, struct error *err)
{
    for (; *words; words++) {
        char *name;

        if (strcmp(*words, SANDBOX_KUBECONFIG) != 0)
            continue;
        name = strdup(path);
        if (!name)
            return error_no_memory(err);
        free(*words);
        *words = name;
    }
    return 0;
}

static int make_words(struct prepared *p, const struct sandbox_plan *plan, struct error *err)
{
    char program[PATH_MAX], home[PATH_MAX + 8], tmp[PATH_MAX + 8], kubeconfig[PATH_MAX + 24];
    char path[] = "PATH=" SANDBOX_PATH, language[] = "LANG=C.UTF-8", python[] = "PYTHONUNBUFFERED=1";
    char *environment[] = {path, language, python, home, tmp, plan->kubeconfig ? kubeconfig : NULL, NULL};

    if (find_program(plan->argv[0], program, err) < 0)
        return -1;
    snprintf(home, sizeof home, "HOME=%s", p->home);
    snprintf(tmp, sizeof tmp, "TMPDIR=%s", p->home);
    snprintf(kubeconfig, sizeof kubeconfig, "KUBECONFIG=%s/.kube/config", p->home);
    p->argv = copy_words(program, plan->argv + 1, err);
    if (p->argv && plan->kubeconfig && name_kubeconfig(p->argv, kubeconfig + strlen("KUBECONFIG="), err) < 0)
        return -1;
    p->shell_argv = p->argv ? copy_words("/bin/sh", p->argv, err) : NULL;
    p->envp = p->shell_argv ? copy_words(NULL, environment, err) : NULL;
    p->confinement.argv = p->argv;
    p->confinement.shell_argv = p->shell_argv;
    p->confinement.envp = p->envp;
    return p->envp ? 0 : -1;
}

static int read_kubeconfig(struct prepared *p, const char *path, struct error *err)
{
    FILE *file;

    if (!path)
        return 0;
    file = fopen(path, "rb");
    if (!file)
        return error_set(err, ERROR_USAGE, "%s: %s", path, strerror(errno));
    p->kubeconfig = malloc(LIMIT_CONFIG_FILE_BYTES);
    if (p->kubeconfig)
        p->confinement.kubeconfig_bytes = fread(p->kubeconfig, 1, LIMIT_CONFIG_FILE_BYTES, file);
    fclose(file);
    p->confinement.kubeconfig = p->kubeconfig;
    return p->kubeconfig ? 0 : error_no_memory(err);
}

static int set_writable(struct prepared *p, const char *path, struct error *err)
{
    char real[PATH_MAX];

    if (!path)
        return 0;
    if (!realpath(path, real))
        return error_set(err, ERROR_USAGE, "%s: %s", path, strerror(errno));
    p->writable = strdup(real);
    p->confinement.writable = p->confinement.work = p->writable;
    return p->writable ? 0 : error_no_memory(err);
}

/* Whether this user namespace (a container's, where it is not the machine's) has the id. */
static bool is_mapped(int64_t id)
{
    long long inside, outside, count;
    bool mapped = false, any = false;
    FILE *file = fopen("/proc/self/uid_map", "r");

    while (file && fscanf(file, "%lld %lld %lld", &inside, &outside, &count) == 3) {
        any = true;
        mapped = mapped || (id >= inside && id < inside + count);
    }
    if (file)
        fclose(file);
    return mapped || !any;
}

/* A user id that nobody has, from our process id, when we may give one: from a range no system hands out, else from one that few do. */
static uid_t user_of_its_own(void)
{
    static unsigned started;
    int64_t number = (int64_t)getpid() * 16 + started++ % 16, id;

    if (geteuid() != 0)
        return (uid_t)-1;
    id = 0x70000000 + number % 0x08000000;
    if (!is_mapped(id))
        id = 30000 + number % 30000;
    return is_mapped(id) ? (uid_t)id : (uid_t)-1;
}

void sandbox_without(unsigned holds)
{
    without = holds;
}

int prepare(struct prepared *p, const struct sandbox_plan *plan, struct error *err)
{
    memset(p, 0, sizeof *p);
    p->confinement.limits = plan->limits;
    p->confinement.port = plan->port;
    p->confinement.without = without;
    p->confinement.user = without & HOLDS_USER ? (uid_t)-1 : user_of_its_own();
    if (make_home(p, err) < 0 || make_words(p, plan, err) < 0 || read_kubeconfig(p, plan->kubeconfig, err) < 0 ||
        set_writable(p, plan->writable, err) < 0)
        return -1;
    return add_paths(p, plan, err);
}

static void free_words(char **words)
{
    char **word;

    for (word = words; word && *word; word++)
        free(*word);
    free(words);
}

void prepared_free(struct prepared *p)
{
    struct error ignored = ERROR_INIT;

    if (p->home)
        folder_remove(p->home, &ignored);
    while (p->path_count > 0)
        free(p->paths[--p->path_count]);
    free_words(p->argv);
    free_words(p->shell_argv);
    free_words(p->envp);
    free(p->kubeconfig);
    free(p->writable);
    free(p->home);
    memset(p, 0, sizeof *p);
}
