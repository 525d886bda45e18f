/* plan_flow.c: can these classes take that demand? Each row takes what is there, and when nothing is, others are moved along the shortest chain. */
#include <stdlib.h>
#include <string.h>

#include "common/policy/plan_internal.h"

#define NONE ((size_t)-1)

int plan_flow_reserve(struct plan_flow *flow, size_t rows, size_t columns, struct error *err)
{
    struct plan_flow made = {.rows = rows, .columns = columns};

    made.demand = calloc(rows + 1, sizeof(size_t));
    made.capacity = calloc(columns + 1, sizeof(size_t));
    made.left = calloc(columns + 1, sizeof(size_t));
    made.flow = calloc(rows * columns + 1, sizeof(size_t));
    made.allowed = calloc(rows * columns + 1, 1);
    made.queue = calloc(rows + 1, sizeof(size_t));
    made.row_from = calloc(rows + 1, sizeof(size_t));
    made.column_from = calloc(columns + 1, sizeof(size_t));
    if (!made.demand || !made.capacity || !made.left || !made.flow || !made.allowed || !made.queue || !made.row_from || !made.column_from) {
        plan_flow_free(&made);
        return error_no_memory(err);
    }
    plan_flow_free(flow);
    *flow = made;
    return 0;
}

void plan_flow_free(struct plan_flow *flow)
{
    free(flow->demand);
    free(flow->capacity);
    free(flow->left);
    free(flow->flow);
    free(flow->allowed);
    free(flow->queue);
    free(flow->row_from);
    free(flow->column_from);
    *flow = (struct plan_flow){0};
}

/* breadth first from the row to a column with room left, through columns whose takers can move on; NONE: there is no way */
static size_t reach(struct plan_flow *f, size_t from)
{
    size_t head = 0, tail = 0;

    memset(f->row_from, 0xff, f->rows * sizeof(size_t));
    memset(f->column_from, 0xff, f->columns * sizeof(size_t));
    f->queue[tail++] = from;
    f->row_from[from] = f->columns;
    while (head < tail) {
        size_t row = f->queue[head++];

        for (size_t c = 0; c < f->columns; c++) {
            if (f->column_from[c] != NONE || !f->allowed[row * f->columns + c])
                continue;
            f->column_from[c] = row;
            if (f->left[c] > 0)
                return c;
            for (size_t r = 0; r < f->rows; r++)
                if (f->row_from[r] == NONE && f->flow[r * f->columns + c] > 0) {
                    f->row_from[r] = c;
                    f->queue[tail++] = r;
                }
        }
    }
    return NONE;
}

/* moves up to `amount` along the way found, returns how much */
static size_t push(struct plan_flow *f, size_t from, size_t end, size_t amount)
{
    if (f->left[end] < amount)
        amount = f->left[end];
    for (size_t c = end, r = f->column_from[c]; r != from; r = f->column_from[c]) {
        c = f->row_from[r];
        if (f->flow[r * f->columns + c] < amount)
            amount = f->flow[r * f->columns + c];
    }
    f->left[end] -= amount;
    for (size_t c = end, r = f->column_from[c];; r = f->column_from[c]) {
        f->flow[r * f->columns + c] += amount;
        if (r == from)
            return amount;
        c = f->row_from[r];
        f->flow[r * f->columns + c] -= amount;
    }
}

static size_t take_directly(struct plan_flow *f, size_t row, size_t need)
{
    for (size_t c = 0; c < f->columns && need > 0; c++) {
        size_t take = f->allowed[row * f->columns + c] ? f->left[c] : 0;

        if (take > need)
            take = need;
        f->flow[row * f->columns + c] = take;
        f->left[c] -= take;
        need -= take;
    }
    return need;
}

bool plan_flow_fits(struct plan_flow *f)
{
    memcpy(f->left, f->capacity, f->columns * sizeof(size_t));
    memset(f->flow, 0, f->rows * f->columns * sizeof(size_t));
    for (size_t row = 0; row < f->rows; row++) {
        size_t need = f->demand[row] ? take_directly(f, row, f->demand[row]) : 0;

        while (need > 0) {
            size_t end = reach(f, row);

            if (end == NONE)
                return false;
            need -= push(f, row, end, need);
        }
    }
    return true;
}
