/*
 * table.h: figures in columns for a terminal. A figure that was not measured is shown as a dash, never as zero.
 */
#ifndef COMPARE_TABLE_H
#define COMPARE_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "common/error.h"

#define TABLE_COLUMNS 10
#define TABLE_CELL_BYTES 64

struct text_table {
    size_t columns; /* the first is aligned left, the others right */
    size_t rows, capacity;
    char (*cells)[TABLE_COLUMNS][TABLE_CELL_BYTES];
};

/* At most TABLE_COLUMNS columns. End with text_table_free(). */
void text_table_init(struct text_table *table, size_t columns);
void text_table_free(struct text_table *table);

/* Adds an empty row, which text_table_cell() then fills. A row left empty is printed as an empty line. */
int text_table_row(struct text_table *table, struct error *err);
/* Fills a cell of the last row; text that is too long is cut. */
void text_table_cell(struct text_table *table, size_t column, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Writes a figure with `digits` after the point, or a dash for NAN, to `out` (at least 32 bytes), which it returns. */
const char *text_figure(double value, int digits, char *out);

/* As text_table_cell, with `digits` after the point; NAN: a dash. */
void text_table_number(struct text_table *table, size_t column, double value, int digits);

/* Prints the rows, each column as wide as its widest cell (UTF-8 counts by character), two blanks between. */
void text_table_print(const struct text_table *table, FILE *out);

#endif
