/*
 * selfsigned.c: runs `openssl req -x509` in a private folder.
 */
#include "simulator/selfsigned.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "simulator/files.h"

/* the child: nothing but exec, its output thrown away */
static void run_openssl(const char *key_path, const char *cert_path)
{
    int null = open("/dev/null", O_RDWR);

    if (null >= 0) {
        dup2(null, 0);
        dup2(null, 1);
        dup2(null, 2);
    }
    execlp("openssl", "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=sched-lab-simulator",
           "-addext", "subjectAltName=IP:127.0.0.1,IP:0:0:0:0:0:0:0:1,DNS:localhost", "-keyout", key_path, "-out", cert_path, (char *)NULL);
    _exit(127);
}

static int make_in(const char *key_path, const char *cert_path, struct error *err)
{
    int status;
    pid_t pid = fork();

    if (pid < 0)
        return error_set(err, ERROR_RUNTIME, "fork: %s", strerror(errno));
    if (!pid)
        run_openssl(key_path, cert_path);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return error_set(err, ERROR_RUNTIME, "waitpid: %s", strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return error_set(err, ERROR_USAGE, "--tls: no openssl program; give --tls-cert and --tls-key");
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return error_set(err, ERROR_USAGE, "--tls: openssl could not make a certificate; give --tls-cert and --tls-key");
    return 0;
}

int selfsigned_make(struct buffer *cert, struct buffer *key, struct error *err)
{
    const char *base = getenv("TMPDIR");
    char folder[512], cert_path[560], key_path[560];
    int ret = -1;

    snprintf(folder, sizeof folder, "%s/simulator-XXXXXX", base && *base ? base : "/tmp");
    if (!mkdtemp(folder))
        return error_set(err, ERROR_RUNTIME, "%s: %s", folder, strerror(errno));
    snprintf(cert_path, sizeof cert_path, "%s/cert.pem", folder);
    snprintf(key_path, sizeof key_path, "%s/key.pem", folder);
    if (make_in(key_path, cert_path, err) == 0 && file_read(cert_path, cert, err) == 0 && file_read(key_path, key, err) == 0)
        ret = 0;
    unlink(cert_path);
    unlink(key_path);
    rmdir(folder);
    return ret;
}
