// SPDX-License-Identifier: GPL-3.0-or-later
#include "modbus/block.h"

#include <stdlib.h>

#include "base/error.h"
#include "modbus/point.h"

// ---- planning -----------------------------------------------------------------------------------------------------

static int block_order(const void *a, const void *b)
{
    const struct register_block *x = a, *y = b;
    if (x->function != y->function)
        return x->function < y->function ? -1 : 1;
    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return 0;
}

// One span a value and one a scale register: what must not be split.
static size_t add_spans(const struct profile_point *points, size_t n, struct register_block *spans)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        const struct profile_point *p = &points[i];
        spans[count++] = (struct register_block){p->function, p->address, register_count(p->type)};
        if (p->scale_address >= 0)
            spans[count++] = (struct register_block){p->function, p->scale_address, 1};
    }
    return count;
}

static bool joins(const struct profile *p, const struct register_block *block, const struct register_block *span)
{
    int end = span->address + span->count;
    return block->function == span->function && span->address <= block->address + block->count + p->max_gap &&
           end - block->address <= p->max_read;
}

static void extend(struct register_block *block, const struct register_block *span)
{
    int count = span->address + span->count - block->address;
    if (count > block->count)
        block->count = count;
}

// Joins sorted spans in place: taking as much as fits from the left needs the fewest reads.
static size_t join_spans(const struct profile *p, struct register_block *spans, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        if (count > 0 && joins(p, &spans[count - 1], &spans[i]))
            extend(&spans[count - 1], &spans[i]);
        else
            spans[count++] = spans[i];
    }
    return count;
}

int blocks_plan(const struct profile *p, struct register_block **ret_blocks, size_t *ret_count)
{
    size_t most = 2 * (p->n_points + p->n_parts);
    struct register_block *spans = calloc(most > 0 ? most : 1, sizeof *spans);
    if (!spans)
        return AEMS_E_NOMEM;
    size_t n = add_spans(p->points, p->n_points, spans);
    n += add_spans(p->parts, p->n_parts, spans + n);
    qsort(spans, n, sizeof *spans, block_order);
    *ret_count = join_spans(p, spans, n);
    *ret_blocks = spans;
    return 0;
}

// ---- decoding -----------------------------------------------------------------------------------------------------

struct answer {
    const struct register_block *blocks;
    size_t n_blocks;
    const uint16_t *const *registers;
};

static const uint16_t *find_registers(const struct answer *a, int function, int address, int count)
{
    for (size_t i = 0; i < a->n_blocks; i++) {
        const struct register_block *b = &a->blocks[i];
        if (a->registers[i] && b->function == function && address >= b->address &&
            address + count <= b->address + b->count)
            return a->registers[i] + (address - b->address);
    }
    return NULL;
}

static enum reading_status decode_point(const struct answer *a, const struct profile_point *point, double *ret_value)
{
    *ret_value = 0;
    const uint16_t *registers = find_registers(a, point->function, point->address, register_count(point->type));
    const uint16_t *scale = NULL;
    if (point->scale_address >= 0)
        scale = find_registers(a, point->function, point->scale_address, 1);
    if (!registers || (point->scale_address >= 0 && !scale))
        return READING_MISSING;
    return point_decode(point, registers, scale, ret_value);
}

static struct reading decode_reading(const struct answer *a, const struct profile *p, const struct profile_point *point)
{
    struct reading r = {.quantity = point->quantity};
    r.status = decode_point(a, point, &r.value);
    if (r.status != READING_GOOD || point->sum_with < 0)
        return r;

    double part = 0;
    enum reading_status status = decode_point(a, &p->parts[point->sum_with], &part);
    if (status != READING_GOOD)
        return (struct reading){.quantity = point->quantity, .status = status, .value = part};
    r.value += part;
    r.status = point_judge(point, r.value);
    return r;
}

void blocks_decode(const struct profile *p, const struct register_block *blocks, size_t n_blocks,
                   const uint16_t *const *registers, struct reading *ret_readings)
{
    struct answer a = {blocks, n_blocks, registers};
    for (size_t i = 0; i < p->n_points; i++)
        ret_readings[i] = decode_reading(&a, p, &p->points[i]);
}
