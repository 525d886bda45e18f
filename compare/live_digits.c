/*
 * live_digits.c: large digits, for who sits at the back.
 */
#include <string.h>

#include "compare/live_frame.h"

#define FULL 0x2588

int live_digits_draw(struct screen *screen, int x, int y, int columns, enum screen_style style, const char *digits)
{
    /* three by five, a bit each, from the upper left */
    static const struct {
        char digit;
        int wide, rows[5];
    } shapes[] = {{'0', 3, {7, 5, 5, 5, 7}}, {'1', 3, {2, 6, 2, 2, 7}}, {'2', 3, {7, 1, 7, 4, 7}}, {'3', 3, {7, 1, 7, 1, 7}},
                  {'4', 3, {5, 5, 7, 1, 1}}, {'5', 3, {7, 4, 7, 1, 7}}, {'6', 3, {7, 4, 7, 5, 7}}, {'7', 3, {7, 1, 1, 1, 1}},
                  {'8', 3, {7, 5, 7, 5, 7}}, {'9', 3, {7, 5, 7, 1, 7}}, {'.', 1, {0, 0, 0, 0, 1}}, {'-', 3, {0, 0, 7, 0, 0}}};
    int start = x;
    size_t i;

    for (; *digits; digits++)
        for (i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
            int wide = shapes[i].wide, row, bit;

            /* a bit is two columns wide: about as wide as it is high */
            if (shapes[i].digit != *digits || x + 2 * wide - start > columns)
                continue;
            for (row = 0; row < 5; row++)
                for (bit = 0; bit < 2 * wide; bit++)
                    if (shapes[i].rows[row] >> (wide - 1 - bit / 2) & 1)
                        screen_put(screen, x + bit, y + row, FULL, style);
            x += 2 * wide + 2;
        }
    return x - start;
}
