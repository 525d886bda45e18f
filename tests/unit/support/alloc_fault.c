#include "tests/unit/support/alloc_fault.h"

#include <check.h>
#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* where the Makefile has --wrap: the same condition as there */
#ifdef __linux__

#include <malloc.h>

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void __real_free(void *data);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t max);
void __wrap_free(void *data);

/* live allocations by address, open addressing: a table of its own, since it must not allocate */
enum { SLOTS = 1 << 18 };

static struct {
    bool armed, persistent, happened;
    int turn; /* the number of the allocation to fail */
    int made; /* allocations tried so far in this run */
    int live;
    const char *secret; /* NULL: blocks are not searched when they are freed */
    int exposed;        /* freed blocks that held it */
    void *slots[SLOTS];
} fault;

static void *const removed = &fault; /* a slot that was in use: a search goes on behind it */

static size_t slot_of(const void *data)
{
    return (size_t)(((uintptr_t)data >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 40) % SLOTS;
}

static void remember(void *data)
{
    size_t i = slot_of(data);

    if (!fault.armed || !data)
        return;
    if (fault.live >= SLOTS / 2)
        abort();
    while (fault.slots[i] && fault.slots[i] != removed)
        i = (i + 1) % SLOTS;
    fault.slots[i] = data;
    fault.live++;
}

/* called with a block of ours that is about to be freed */
static void search(const char *data)
{
    size_t bytes = fault.secret ? strlen(fault.secret) : 0, size = malloc_usable_size((void *)data), i;

    for (i = 0; bytes && i + bytes <= size; i++) {
        if (memcmp(data + i, fault.secret, bytes))
            continue;
        fault.exposed++;
        return;
    }
}

/* what is not known was made before the run or by a shared library: no concern of ours */
static bool forget(const void *data)
{
    size_t i = slot_of(data), looked;

    for (looked = 0; fault.armed && data && fault.slots[i] && looked < SLOTS; i = (i + 1) % SLOTS, looked++) {
        if (fault.slots[i] != data)
            continue;
        fault.slots[i] = removed;
        fault.live--;
        return true;
    }
    return false;
}

static bool fails(void)
{
    if (!fault.armed)
        return false;
    fault.made++;
    if (fault.made != fault.turn && !(fault.persistent && fault.made > fault.turn))
        return false;
    fault.happened = true;
    return true;
}

void *__wrap_malloc(size_t bytes)
{
    /* a block that is searched later must not hold what an earlier owner left there */
    void *data = fails() ? NULL : fault.secret ? __real_calloc(1, bytes) : __real_malloc(bytes);

    remember(data);
    return data;
}

void *__wrap_calloc(size_t count, size_t bytes)
{
    void *data = fails() ? NULL : __real_calloc(count, bytes);

    remember(data);
    return data;
}

/* realloc() whose new bytes are zero, like those of the other blocks that are searched */
static void *realloc_zeroed(void *old, size_t bytes)
{
    size_t had = old ? malloc_usable_size(old) : 0;
    void *data = __real_calloc(1, bytes);

    if (!data)
        return NULL;
    if (old)
        memcpy(data, old, had < bytes ? had : bytes);
    __real_free(old);
    return data;
}

void *__wrap_realloc(void *old, size_t bytes)
{
    bool known;
    void *data;

    if (fails())
        return NULL;
    known = forget(old);
    if (fault.secret && known)
        search(old);
    data = fault.secret && (known || !old) ? realloc_zeroed(old, bytes) : __real_realloc(old, bytes);
    if (data && (known || !old))
        remember(data);
    else if (!data && known)
        remember(old);
    return data;
}

char *__wrap_strndup(const char *text, size_t max)
{
    size_t bytes = 0;
    char *copy;

    while (bytes < max && text[bytes])
        bytes++;
    copy = __wrap_malloc(bytes + 1);
    if (!copy)
        return NULL;
    memcpy(copy, text, bytes);
    copy[bytes] = '\0';
    return copy;
}

char *__wrap_strdup(const char *text)
{
    return __wrap_strndup(text, strlen(text));
}

void __wrap_free(void *data)
{
    if (forget(data) && fault.secret)
        search(data);
    __real_free(data);
}

static int run_once(int (*scenario)(void *ctx), void *ctx, int turn, bool persistent)
{
    int ret;

    memset(fault.slots, 0, sizeof fault.slots);
    fault.turn = turn;
    fault.persistent = persistent;
    fault.made = fault.live = 0;
    fault.happened = false;
    fault.armed = true;
    ret = scenario(ctx);
    fault.armed = false;
    if (fault.live)
        ck_abort_msg("allocation %d failed%s: %d allocations were not freed", turn, persistent ? " with all later ones" : "", fault.live);
    return ret;
}

/* a failure of allocation `turn`; false when the run ended before its turn */
static bool run_turn(int (*scenario)(void *ctx), void *ctx, int turn, bool persistent, bool recovering)
{
    int ret = run_once(scenario, ctx, turn, persistent);

    if (!fault.happened && ret != 0)
        ck_abort_msg("the scenario failed although no allocation did (%d made)", fault.made);
    if (fault.happened && ret == 0 && !recovering)
        ck_abort_msg("allocation %d failed%s, and no error was returned", turn, persistent ? " with all later ones" : "");
    return fault.happened;
}

int alloc_fault_count_exposed(int (*scenario)(void *ctx), void *ctx, const char *secret)
{
    json_set_alloc_funcs(__wrap_malloc, __wrap_free);
    fault.secret = secret;
    fault.exposed = 0;
    run_turn(scenario, ctx, 0, false, false);
    fault.secret = NULL;
    json_set_alloc_funcs(__real_malloc, __real_free);
    return fault.exposed;
}

static int run_all(int (*scenario)(void *ctx), void *ctx, bool recovering)
{
    int turn = 1;

    json_set_alloc_funcs(__wrap_malloc, __wrap_free);
    while (run_turn(scenario, ctx, turn, false, recovering)) {
        run_turn(scenario, ctx, turn, true, recovering);
        turn++;
    }
    json_set_alloc_funcs(__real_malloc, __real_free);
    if (turn == 1)
        ck_abort_msg("the scenario makes no allocation: nothing was tested");
    return turn - 1;
}

bool alloc_fault_happened(void)
{
    return fault.happened;
}

#else

int alloc_fault_count_exposed(int (*scenario)(void *ctx), void *ctx, const char *secret)
{
    (void)scenario;
    (void)ctx;
    (void)secret;
    return -1;
}

static int run_all(int (*scenario)(void *ctx), void *ctx, bool recovering)
{
    (void)scenario;
    (void)ctx;
    (void)recovering;
    return -1;
}

bool alloc_fault_happened(void)
{
    return false;
}

#endif

int alloc_fault_run(int (*scenario)(void *ctx), void *ctx)
{
    return run_all(scenario, ctx, false);
}

int alloc_fault_run_recovering(int (*scenario)(void *ctx), void *ctx)
{
    return run_all(scenario, ctx, true);
}
