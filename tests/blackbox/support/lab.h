/*
 * lab.h: the frame of the black-box suite: a program of cases, each run against the server under test with nodes, pods and a namespace of its own.
 *
 * Without LAB_KUBECONFIG each case starts a simulator of its own. With it, the cases borrow that server; LAB_SERVER says what it is:
 * envtest (a kube-apiserver that nobody else uses) or cluster (a living one: its nodes are used, none is made). LAB_BIN is the folder of the
 * programs under test; LAB_SLOW stretches every deadline, for programs that run under valgrind.
 */
#ifndef TESTS_BLACKBOX_LAB_H
#define TESTS_BLACKBOX_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "compare/api_client.h"
#include "tests/blackbox/support/process.h"

enum lab_server { SIMULATOR, ENVTEST, CLUSTER };

/* Nothing in a good run takes so long: a wait ends as soon as what it waits for is there. */
#define DEADLINE_MS 45000

#define LAB_NODES_MAX 1000

struct lab {
    enum lab_server server;
    const char *program;          /* "polling" or "watch": the one this case is about */
    char id[48];                  /* of this case alone: its namespace, its scheduler's name, its nodes' label */
    char folder[96];              /* for files of this case */
    char bin[512];                /* where the programs are */
    char admin[256];              /* kubeconfig of the test itself */
    char kubeconfig[256];         /* kubeconfig of the schedulers */
    struct api_client *client;    /* the test's own, as administrator */
    struct process simulator;     /* running when the server is the case's own */
    int port;                     /* of the simulator */
    char node[LAB_NODES_MAX][56]; /* names of the nodes of this case, in name order */
    size_t nodes;
};

/* Which programs a case is run for. */
enum lab_programs { EACH, POLLING, WATCH };

/* What a case cannot do without; where it is missing a line says so, and the case is passed over. */
enum lab_needs {
    NEEDS_NOTHING = 0,
    NEEDS_OWN_NODES = 1,     /* nodes that it makes and changes as it likes: not on a cluster */
    NEEDS_SIMULATOR = 2,     /* faults, requests as they were sent */
    NEEDS_CONTROL = 4,       /* a server that can be stopped and started */
    NEEDS_USERS = 8,         /* RBAC: a kube-apiserver of its own */
    NEEDS_COUNTS = 16,       /* requests counted by the server, and nobody else asking: not on a cluster */
    NEEDS_TOKENS = 32,       /* the scheduler's token in a file, that can be changed */
    NEEDS_DEPLOYMENTS = 128, /* controllers, which a kube-apiserver of ours gets; on the simulator the case does their part (manifest.h) */
    STARTS_NO_SERVER = 64    /* the case brings its own server, or needs none: nothing is set up */
};

struct lab_case {
    const char *name;
    void (*run)(struct lab *lab);
    enum lab_programs programs;
    unsigned needs;
};

/* The whole main() of a program of cases: runs them, prints Check's summary. Returns the exit code. */
int lab_main(const char *name, const struct lab_case *cases, size_t count);

/* "FOLDER/NAME", as textf(). */
const char *lab_path(const struct lab *lab, const char *name);
/* Writes a file into the case's folder and returns its lab_path(). */
const char *lab_write(const struct lab *lab, const char *name, const char *text);
/* How many pods a case makes: n, but only `living` on a cluster, where a kubelet looks after each of them. */
size_t lab_sized(const struct lab *lab, size_t n, size_t living);
/* printf into a string that lives as long as the case. */
const char *textf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Whether CPU time and memory of a program are its own: not under valgrind (LAB_SLOW), not with a sanitizer built in. */
bool lab_measures(void);

/* ---- waiting ---- */

struct wait {
    int64_t until_us, pause_us;
};

int64_t now_us(void);
/* A deadline so far away, stretched by LAB_SLOW. */
struct wait wait_begin(int64_t timeout_ms);
/* Pauses a moment, longer each time up to 50 ms; false when the deadline has passed. */
bool wait_more(struct wait *wait);

/* Ends the case as failed: prints the message and what the processes said. */
void lab_fail(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4), noreturn));

/* Ends the case with the message unless the condition holds. */
#define REQUIRE(condition, ...) ((condition) ? (void)0 : lab_fail(__FILE__, __LINE__, __VA_ARGS__))

/* Looks until the condition holds; ends the case with the message when it does not within the deadline. */
#define WAIT_UNTIL(condition, ...) WAIT_MS(DEADLINE_MS, condition, __VA_ARGS__)
#define WAIT_MS(timeout_ms, condition, ...)                                                                                                \
    do {                                                                                                                                   \
        struct wait wait_ = wait_begin(timeout_ms);                                                                                        \
        while (!(condition))                                                                                                               \
            if (!wait_more(&wait_))                                                                                                        \
                lab_fail(__FILE__, __LINE__, __VA_ARGS__);                                                                                 \
    } while (0)

#endif
