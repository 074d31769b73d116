// SPDX-License-Identifier: GPL-3.0-or-later
#include "image.h"

#include <stdlib.h>

#include "base/error.h"

struct stretch {
    struct image_range range;
    uint16_t *registers;
};

struct image {
    struct stretch *stretches;
    size_t count;
};

static int compare(const void *a, const void *b)
{
    const struct image_range *x = a, *y = b;
    if (x->function != y->function)
        return x->function - y->function;
    return x->address - y->address;
}

static int end_of(const struct image_range *r)
{
    return r->address + r->count;
}

// Joins sorted ranges in place; returns how many are left.
static size_t join(struct image_range *ranges, size_t count, int max_gap)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        struct image_range *last = n > 0 ? &ranges[n - 1] : NULL;
        if (last && last->function == ranges[i].function && ranges[i].address <= end_of(last) + max_gap) {
            if (end_of(&ranges[i]) > end_of(last))
                last->count = end_of(&ranges[i]) - last->address;
        } else {
            ranges[n++] = ranges[i];
        }
    }
    return n;
}

int image_new(struct image_range *ranges, size_t count, int max_gap, struct image **ret_image)
{
    struct image *image = calloc(1, sizeof *image);
    if (!image)
        return AEMS_E_NOMEM;
    if (count > 0)
        qsort(ranges, count, sizeof *ranges, compare);
    image->count = join(ranges, count, max_gap);
    image->stretches = calloc(image->count + 1, sizeof *image->stretches);
    for (size_t i = 0; image->stretches && i < image->count; i++) {
        image->stretches[i].range = ranges[i];
        image->stretches[i].registers = calloc((size_t)ranges[i].count, sizeof(uint16_t));
        if (!image->stretches[i].registers) {
            image_free(image);
            return AEMS_E_NOMEM;
        }
    }
    if (!image->stretches) {
        free(image);
        return AEMS_E_NOMEM;
    }
    *ret_image = image;
    return 0;
}

void image_free(struct image *i)
{
    if (!i)
        return;
    for (size_t k = 0; k < i->count; k++)
        free(i->stretches[k].registers);
    free(i->stretches);
    free(i);
}

uint16_t *image_at(struct image *i, int function, int address, int count)
{
    for (size_t k = 0; k < i->count; k++) {
        const struct image_range *r = &i->stretches[k].range;
        if (r->function == function && address >= r->address && address + count <= end_of(r))
            return i->stretches[k].registers + (address - r->address);
    }
    return NULL;
}
