/* judge_laptop.c: the machine itself: system, compiler, libraries, memory, disk, limits of the kernel, proxies. */
#include <inttypes.h>
#include <string.h>

#include "doctor/judge_internal.h"

#define GIB ((double)(1 << 30))
#define MEMORY_TOTAL_MIN (INT64_C(4) << 30) /* four nodes of kind take 2 to 3 GiB */
#define MEMORY_AVAILABLE_MIN (INT64_C(2) << 30)
#define DISK_MIN (INT64_C(8) << 30) /* node image, its four copies, builds */
#define DISK_LEAST (INT64_C(1) << 30)
#define INOTIFY_WATCHES 524288 /* kind's known issue "too many open files" */
#define INOTIFY_INSTANCES 512
#define FILES_MIN 1024

static bool is_mac(const struct judging *j)
{
    return !strcmp(fact_text(j->laptop, "os.name"), "Darwin");
}

static void judge_compiler(struct judging *j)
{
    const json_t *compiler = fact(j->laptop, "compiler");

    if (fact_true(compiler, "found") && !*fact_text(compiler, "problem")) {
        report_ok(j->report, "compiler", "%s", fact_text(compiler, "output"));
        return;
    }
    report_bad(j->report, LEVEL_FAIL, "compiler", "%s",
               fact_true(compiler, "found") ? fact_text(compiler, "problem") : "no cc in PATH: nothing can be built");
    report_mend(j->report, "make deps");
}

static void judge_libraries(struct judging *j)
{
    const json_t *libraries = fact(j->laptop, "libraries");
    const char *tls = fact_text(libraries, "tls");

    if (fact_true(libraries, "https")) {
        report_ok(j->report, "libraries", "libcurl %s (%s), jansson %s, libyaml %s, libmicrohttpd %s", fact_text(libraries, "libcurl"), tls,
                  fact_text(libraries, "jansson"), fact_text(libraries, "libyaml"), fact_text(libraries, "libmicrohttpd"));
        return;
    }
    report_bad(j->report, LEVEL_FAIL, "libraries", "libcurl %s was built without TLS: no https:// server can be reached",
               fact_text(libraries, "libcurl"));
    report_mend(j->report, "make deps");
}

static void judge_memory(struct judging *j)
{
    const int64_t total = fact_number(j->laptop, "memory.total", -1), available = fact_number(j->laptop, "memory.available", -1);
    const bool little = total < MEMORY_TOTAL_MIN || (available >= 0 && available < MEMORY_AVAILABLE_MIN);

    if (total < 0) {
        report_skip(j->report, "memory", "this system does not tell");
        return;
    }
    if (!little || on_simulator(j)) {
        report_ok(j->report, "memory", "%.1f GiB, %.1f GiB of it free", (double)total / GIB, (double)(available < 0 ? 0 : available) / GIB);
        return;
    }
    report_bad(j->report, LEVEL_WARN, "memory", "%.1f GiB, %.1f GiB of it free: four nodes of kind want 4 and 2 (the simulator does not)",
               (double)total / GIB, (double)(available < 0 ? 0 : available) / GIB);
    report_mend(j->report, "%s",
                is_mac(j) ? "top -l 1 -o mem -n 10    (and quit what you do not need)"
                          : "ps -eo rss,pid,comm --sort=-rss | head    (and quit what you do not need)");
}

static void judge_disk(struct judging *j)
{
    const int64_t free_bytes = fact_number(j->laptop, "disk.free", -1);
    const char *path = fact_text(j->laptop, "disk.path");

    if (free_bytes < 0)
        report_skip(j->report, "disk", "this system does not tell");
    else if (free_bytes >= (on_simulator(j) ? DISK_LEAST : DISK_MIN))
        report_ok(j->report, "disk", "%.1f GiB free in %s", (double)free_bytes / GIB, path);
    else {
        report_bad(j->report, free_bytes < DISK_LEAST ? LEVEL_FAIL : LEVEL_WARN, "disk", "%.1f GiB free in %s: kind and images want 8",
                   (double)free_bytes / GIB, path);
        report_mend(j->report, "%s", fact_true(j->laptop, "docker.found") ? "docker system prune" : "df -h");
    }
}

void judge_system(struct judging *j)
{
    const char *name = fact_text(j->laptop, "os.name");

    if (!strcmp(name, "Linux") || is_mac(j))
        report_ok(j->report, "system", "%s %s %s%s", name, fact_text(j->laptop, "os.release"), fact_text(j->laptop, "os.machine"),
                  fact_true(j->laptop, "os.wsl") ? " (WSL)" : "");
    else {
        report_bad(j->report, LEVEL_WARN, "system", "%s: the lab is tried on Linux and macOS", name);
        report_mend(j->report, "make check");
    }
    judge_compiler(j);
    judge_libraries(j);
    judge_memory(j);
    judge_disk(j);
}

static void judge_inotify(struct judging *j)
{
    const int64_t watches = fact_number(j->laptop, "inotify.watches", -1), instances = fact_number(j->laptop, "inotify.instances", -1);

    if (watches < 0 || instances < 0)
        report_skip(j->report, "inotify", "not this system's: Docker's own machine has them");
    else if (on_simulator(j))
        report_skip(j->report, "inotify", "%" PRId64 " instances, %" PRId64 " watches: not needed on the simulator", instances, watches);
    else if (watches >= INOTIFY_WATCHES && instances >= INOTIFY_INSTANCES)
        report_ok(j->report, "inotify", "%" PRId64 " instances, %" PRId64 " watches", instances, watches);
    else {
        report_bad(j->report, LEVEL_WARN, "inotify",
                   "%" PRId64 " instances, %" PRId64 " watches: too few make kind's nodes fail with \"too many open files\"", instances,
                   watches);
        report_mend(j->report, "sudo sysctl fs.inotify.max_user_instances=%d fs.inotify.max_user_watches=%d", INOTIFY_INSTANCES,
                    INOTIFY_WATCHES);
    }
}

static void judge_cgroup(struct judging *j)
{
    const int64_t version = fact_number(j->laptop, "cgroup", 0);

    if (version == 2)
        report_ok(j->report, "cgroup", "version 2");
    else if (version == 0 || on_simulator(j))
        report_skip(j->report, "cgroup", "%s", version ? "version 1: not needed on the simulator" : "not this system's");
    else {
        report_bad(j->report, LEVEL_WARN, "cgroup", "version 1: a kubelet of 1.35 or newer does not start with it");
        if (fact_true(j->laptop, "os.wsl"))
            report_mend(j->report, "wsl.exe --update && wsl.exe --shutdown");
        else
            report_mend(j->report, "sudo sed -i 's/^GRUB_CMDLINE_LINUX=\"/&systemd.unified_cgroup_hierarchy=1 /' /etc/default/grub && "
                                   "sudo update-grub && sudo reboot");
    }
}

void judge_limits(struct judging *j)
{
    const int64_t files = fact_number(j->laptop, "files", -1);

    if (files < 0)
        report_ok(j->report, "open files", "no limit");
    else if (files >= FILES_MIN)
        report_ok(j->report, "open files", "%" PRId64 " at most", files);
    else {
        report_bad(j->report, LEVEL_WARN, "open files", "%" PRId64 " at most: a comparison of many pods wants 1024", files);
        report_mend(j->report, "ulimit -n %d", 4 * FILES_MIN);
    }
    judge_inotify(j);
    judge_cgroup(j);
}

void judge_proxy(struct judging *j)
{
    const char *host = fact_text(j->cluster, "config.host"), *no_proxy = fact_text(j->laptop, "proxy.no_proxy");

    if (!fact_true(j->laptop, "proxy.set"))
        report_ok(j->report, "proxy", "none");
    else if (!*host || words_no_proxy(no_proxy, host))
        report_ok(j->report, "proxy", "set%s%s", *host ? ", and NO_PROXY has " : "", host);
    else {
        report_bad(j->report, LEVEL_WARN, "proxy", "HTTPS_PROXY is set, and NO_PROXY does not have the API server's %s%s", host,
                   words_is_loopback(host) ? ": kubectl knows better, curl and Python do not" : "");
        if (*no_proxy)
            report_mend(j->report, "export NO_PROXY=\"$NO_PROXY,%s\" no_proxy=\"$NO_PROXY,%s\"", host, host);
        else
            report_mend(j->report, "export NO_PROXY=%s no_proxy=%s", host, host);
    }
}
