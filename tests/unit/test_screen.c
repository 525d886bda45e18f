/*
 * test_screen.c: what the screen writes, read by a small terminal: after every change it shows just what was meant.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "compare/random.h"
#include "compare/screen.h"

#define WIDTH 23
#define HEIGHT 9

static struct error err;
static struct screen now, before;
static struct buffer out;

static void setup(void)
{
    err = (struct error)ERROR_INIT;
    memset(&now, 0, sizeof now);
    memset(&before, 0, sizeof before);
    buffer_init(&out, 1 << 20);
    ck_assert_int_eq(screen_resize(&now, WIDTH, HEIGHT, &err), 0);
}

static void teardown(void)
{
    screen_free(&now);
    screen_free(&before);
    buffer_free(&out);
}

/* ---- the terminal: knows what screen.h says it is sent, and fails on all else ---- */

static struct {
    uint32_t code[HEIGHT][WIDTH];
    char style[HEIGHT][WIDTH][16];
    char now[16];
    int x, y;
} terminal;

static void erase(void)
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            terminal.code[y][x] = ' ';
            strcpy(terminal.style[y][x], "0");
        }
}

/* behind ESC [; returns what follows the sequence */
static const char *sequence(const char *at)
{
    size_t length = strcspn(at, "HmJ");
    char *end;

    switch (at[length]) {
    case 'H':
        terminal.y = (int)strtol(at, &end, 10) - 1;
        terminal.x = (int)strtol(end + 1, NULL, 10) - 1;
        break;
    case 'm':
        ck_assert_uint_lt(length, sizeof terminal.now);
        memcpy(terminal.now, at, length);
        terminal.now[length] = '\0';
        break;
    case 'J':
        ck_assert(!strncmp(at, "2J", 2));
        erase();
        break;
    default:
        ck_abort_msg("an unknown sequence: %.20s", at);
    }
    return at + length + 1;
}

static const char *character(const char *at)
{
    const unsigned char *byte = (const unsigned char *)at;
    int more = *byte < 0x80 ? 0 : *byte < 0xe0 ? 1 : *byte < 0xf0 ? 2 : 3;
    uint32_t code = more ? *byte & (0x3fu >> more) : *byte;

    for (int i = 1; i <= more; i++)
        code = code << 6 | (byte[i] & 0x3fu);
    ck_assert_msg(terminal.x >= 0 && terminal.x < WIDTH && terminal.y >= 0 && terminal.y < HEIGHT, "written beside the screen");
    terminal.code[terminal.y][terminal.x] = code;
    strcpy(terminal.style[terminal.y][terminal.x], terminal.now);
    terminal.x++;
    return at + 1 + more;
}

static void feed(const char *text)
{
    while (text && *text)
        text = *text == '\033' ? sequence(text + 2) : character(text);
}

static void show(const struct screen *from, bool colour)
{
    buffer_clear(&out);
    ck_assert_int_eq(screen_render(&now, from, &(struct screen_look){colour, false}, &out, &err), 0);
    feed(out.data);
}

static void terminal_shows_it(void)
{
    static const char *const styles[] = {"0", "0;1", "0;2", "0;7", "0;1;7", "0;1;7;31", "0;33", "0;94", "0;35", "0;92"};

    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) {
            const struct screen_cell *cell = &now.cells[y * WIDTH + x];

            ck_assert_msg(terminal.code[y][x] == cell->code, "%d,%d: %u is not %u", x, y, terminal.code[y][x], cell->code);
            ck_assert_msg(!strcmp(terminal.style[y][x], styles[cell->style]), "%d,%d: style %s is not %s", x, y, terminal.style[y][x],
                          styles[cell->style]);
        }
}

static void keep(void)
{
    ck_assert_int_eq(screen_resize(&before, now.width, now.height, &err), 0);
    memcpy(before.cells, now.cells, sizeof *now.cells * WIDTH * HEIGHT);
}

/* random pictures, one after the other: the difference alone makes each out of the one before */
START_TEST(test_differences_add_up)
{
    static const uint32_t codes[] = {' ', 'a', 'Z', '~', 0xb7, 0x2502, 0x2588, 0x1f600};
    uint64_t state = (uint64_t)_i + 1;

    show(NULL, true);
    for (int turn = 0; turn < 50; turn++) {
        keep();
        for (size_t change = random_below(&state, 40); change; change--)
            screen_put(&now, (int)random_below(&state, WIDTH + 2) - 1, (int)random_below(&state, HEIGHT + 2) - 1,
                       codes[random_below(&state, 8)], (enum screen_style)random_below(&state, STYLES));
        show(&before, true);
        terminal_shows_it();
    }
}
END_TEST

START_TEST(test_no_change_writes_nothing)
{
    screen_text(&now, 0, 0, WIDTH, STYLE_BOLD, "hello");
    keep();
    ck_assert_int_eq(screen_render(&now, &before, &(struct screen_look){true, false}, &out, &err), 0);
    ck_assert_uint_eq(out.bytes, 0);
}
END_TEST

START_TEST(test_another_size_is_drawn_anew)
{
    screen_text(&now, 0, 0, WIDTH, STYLE_PLAIN, "hello");
    ck_assert_int_eq(screen_resize(&before, WIDTH - 1, HEIGHT, &err), 0);
    show(&before, true);
    terminal_shows_it();
}
END_TEST

/* NO_COLOR: bold, dim and reverse stay, colours do not */
START_TEST(test_no_colour)
{
    for (int style = 0; style < STYLES; style++)
        screen_put(&now, style, 0, 'x', (enum screen_style)style);
    show(NULL, false);
    for (const char *at = out.data; (at = strchr(at, '\033')); at++) {
        size_t length = strcspn(at, "HmJ");

        ck_assert_msg(at[length] != 'm' || strcspn(at + 2, "34569") > length - 2, "a colour: %.10s", at + 1);
    }
}
END_TEST

START_TEST(test_ascii)
{
    screen_text(&now, 0, 0, WIDTH, STYLE_PLAIN, "a \xe2\x96\x88\xe2\x96\xa0\xe2\x94\x82\xe2\x94\x80\xc2\xb7\xe2\x82\xac");
    ck_assert_int_eq(screen_plain(&now, true, &out, &err), 0);
    ck_assert_msg(!strncmp(out.data, "a ##|--?\n", 9), "%s", out.data);
}
END_TEST

/* a log line can hold what a server said: nothing of it moves the cursor */
START_TEST(test_text_that_is_none)
{
    static const struct {
        const char *text, *shown;
    } cases[] = {{"a\033[2Jb", "a?[2Jb"}, {"a\nb\tc", "a?b?c"}, {"\x80\xff", "??"}, {"\xe2\x96", "?"},
                 {"\xc2\x9b", "?"},       {"\xc0\xaf", "??"},   {"\x7f", "?"},      {"\xe2z", "?z"}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        screen_clear(&now);
        buffer_clear(&out);
        ck_assert_int_eq(screen_text(&now, 0, 0, WIDTH, STYLE_PLAIN, cases[i].text), (int)strlen(cases[i].shown));
        ck_assert_int_eq(screen_columns(cases[i].text), (int)strlen(cases[i].shown));
        ck_assert_int_eq(screen_plain(&now, true, &out, &err), 0);
        ck_assert_msg(!strncmp(out.data, cases[i].shown, strlen(cases[i].shown)), "case %zu: %s", i, out.data);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("screen");
    TCase *tc = tcase_create("screen");
    SRunner *runner;
    int failed;

    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, test_differences_add_up, 0, 20);
    tcase_add_test(tc, test_no_change_writes_nothing);
    tcase_add_test(tc, test_another_size_is_drawn_anew);
    tcase_add_test(tc, test_no_colour);
    tcase_add_test(tc, test_ascii);
    tcase_add_test(tc, test_text_that_is_none);
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
