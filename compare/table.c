#include "compare/table.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void text_table_init(struct text_table *table, size_t columns)
{
    memset(table, 0, sizeof *table);
    table->columns = columns < TABLE_COLUMNS ? columns : TABLE_COLUMNS;
}

void text_table_free(struct text_table *table)
{
    free(table->cells);
    table->cells = NULL;
    table->rows = table->capacity = 0;
}

int text_table_row(struct text_table *table, struct error *err)
{
    if (table->rows == table->capacity) {
        size_t capacity = table->capacity ? table->capacity * 2 : 16;
        void *longer = realloc(table->cells, capacity * sizeof *table->cells);

        if (!longer)
            return error_no_memory(err);
        table->cells = longer;
        table->capacity = capacity;
    }
    memset(table->cells[table->rows++], 0, sizeof *table->cells);
    return 0;
}

void text_table_cell(struct text_table *table, size_t column, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(table->cells[table->rows - 1][column], TABLE_CELL_BYTES, format, args);
    va_end(args);
}

const char *text_figure(double value, int digits, char *out)
{
    if (isnan(value))
        snprintf(out, 32, "–");
    else
        snprintf(out, 32, "%.*f", digits, value);
    return out;
}

void text_table_number(struct text_table *table, size_t column, double value, int digits)
{
    char text[32];

    text_table_cell(table, column, "%s", text_figure(value, digits, text));
}

/* characters, not bytes: continuation bytes of UTF-8 take no place */
static size_t width(const char *cell)
{
    size_t places = 0;

    for (; *cell; cell++)
        places += ((unsigned char)*cell & 0xc0) != 0x80;
    return places;
}

static void print_row(const struct text_table *table, size_t row, const size_t *widths, FILE *out)
{
    char(*cells)[TABLE_CELL_BYTES] = table->cells[row];
    size_t column, last = table->columns;

    while (last && !*cells[last - 1])
        last--;
    for (column = 0; column < last; column++) {
        size_t pad = widths[column] - width(cells[column]);

        if (column)
            fprintf(out, "  %*s%s", (int)pad, "", cells[column]);
        else
            fprintf(out, "%s%*s", cells[column], last > 1 ? (int)pad : 0, "");
    }
    fputc('\n', out);
}

void text_table_print(const struct text_table *table, FILE *out)
{
    size_t widths[TABLE_COLUMNS] = {0}, row, column;

    for (row = 0; row < table->rows; row++)
        for (column = 0; column < table->columns; column++) {
            size_t places = width(table->cells[row][column]);

            if (places > widths[column])
                widths[column] = places;
        }
    for (row = 0; row < table->rows; row++)
        print_row(table, row, widths, out);
}
