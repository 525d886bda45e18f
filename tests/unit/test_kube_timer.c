/*
 * test_kube_timer.c: the timers of the loop.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/kube/timer.h"

/* a timer that notes its letter, and does one thing more */
struct note {
    struct kube_timer timer;
    struct kube_timers *timers;
    char letter;
    int64_t again_us;          /* sets itself to this; 0: not */
    struct kube_timer *remove; /* takes this one out */
    struct kube_timer *set;    /* sets this one to set_us */
    int64_t set_us;
    struct note *add; /* puts this one in, due at once */
};

static char fired[64];

static void fire(void *ctx)
{
    struct note *note = ctx;
    size_t length = strlen(fired);

    ck_assert_int_eq(note->timer.due_us, TIMER_NEVER);
    if (length < sizeof fired - 1)
        fired[length] = note->letter;
    if (note->again_us)
        note->timer.due_us = note->again_us;
    if (note->remove)
        kube_timer_remove(note->timers, note->remove);
    if (note->set)
        note->set->due_us = note->set_us;
    if (note->add) {
        kube_timer_add(note->timers, &note->add->timer, fire, note->add);
        note->add->timer.due_us = 1;
    }
}

static void add(struct kube_timers *timers, struct note *note, char letter, int64_t due_us)
{
    memset(fired, 0, sizeof fired);
    note->timers = timers;
    note->letter = letter;
    kube_timer_add(timers, &note->timer, fire, note);
    ck_assert_int_eq(note->timer.due_us, TIMER_NEVER);
    note->timer.due_us = due_us;
}

START_TEST(test_none)
{
    struct kube_timers timers = {0};
    struct note a = {0};

    kube_timers_fire(&timers, INT64_MAX - 1);
    ck_assert_int_eq(kube_timers_next(&timers), TIMER_NEVER);
    kube_timer_remove(&timers, &a.timer);
    add(&timers, &a, 'a', TIMER_NEVER);
    kube_timers_fire(&timers, INT64_MAX - 1);
    ck_assert_str_eq(fired, "");
    ck_assert_int_eq(kube_timers_next(&timers), TIMER_NEVER);
}
END_TEST

START_TEST(test_earliest_first)
{
    struct kube_timers timers = {0};
    struct note a = {0}, b = {0}, c = {0};

    add(&timers, &a, 'a', 20);
    add(&timers, &b, 'b', 30);
    add(&timers, &c, 'c', 10);
    ck_assert_int_eq(kube_timers_next(&timers), 10);
    kube_timers_fire(&timers, 9);
    ck_assert_str_eq(fired, "");
    kube_timers_fire(&timers, 20);
    ck_assert_str_eq(fired, "ca");
    ck_assert_int_eq(kube_timers_next(&timers), 30);
    kube_timers_fire(&timers, 20);
    ck_assert_str_eq(fired, "ca");
    kube_timers_fire(&timers, 100);
    ck_assert_str_eq(fired, "cab");
}
END_TEST

START_TEST(test_set_again_waits_for_the_next_call)
{
    struct kube_timers timers = {0};
    struct note a = {.again_us = 5}, b = {0};

    add(&timers, &a, 'a', 10);
    add(&timers, &b, 'b', 11);
    kube_timers_fire(&timers, 20);
    ck_assert_str_eq(fired, "ab");
    ck_assert_int_eq(kube_timers_next(&timers), 5);
    kube_timers_fire(&timers, 20);
    ck_assert_str_eq(fired, "aba");
}
END_TEST

START_TEST(test_removes_another)
{
    struct kube_timers timers = {0};
    struct note a = {0}, b = {0}, c = {0};

    add(&timers, &a, 'a', 10);
    add(&timers, &b, 'b', 11);
    add(&timers, &c, 'c', 12);
    a.remove = &b.timer;
    kube_timers_fire(&timers, 20);
    ck_assert_str_eq(fired, "ac");
    c.remove = &c.timer;
    c.timer.due_us = 21;
    kube_timers_fire(&timers, 30);
    kube_timers_fire(&timers, 40);
    ck_assert_str_eq(fired, "acc");
}
END_TEST

START_TEST(test_puts_another_off)
{
    struct kube_timers timers = {0};
    struct note a = {0}, b = {0};

    add(&timers, &a, 'a', 10);
    add(&timers, &b, 'b', 11);
    a.set = &b.timer;
    a.set_us = 50;
    kube_timers_fire(&timers, 20);
    ck_assert_str_eq(fired, "a");
    kube_timers_fire(&timers, 50);
    ck_assert_str_eq(fired, "ab");
}
END_TEST

START_TEST(test_adds_another)
{
    struct kube_timers timers = {0};
    struct note a = {0}, b = {.letter = 'b'};

    add(&timers, &a, 'a', 10);
    b.timers = &timers;
    a.add = &b;
    kube_timers_fire(&timers, 20);
    ck_assert_str_eq(fired, "a");
    a.add = NULL;
    kube_timers_fire(&timers, 20);
    ck_assert_str_eq(fired, "ab");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kube timer");
    TCase *tcase = tcase_create("core");
    SRunner *runner;
    int failed;

    tcase_add_test(tcase, test_none);
    tcase_add_test(tcase, test_earliest_first);
    tcase_add_test(tcase, test_set_again_waits_for_the_next_call);
    tcase_add_test(tcase, test_removes_another);
    tcase_add_test(tcase, test_puts_another_off);
    tcase_add_test(tcase, test_adds_another);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
