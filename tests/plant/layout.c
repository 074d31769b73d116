// SPDX-License-Identifier: GPL-3.0-or-later
#include "layout.h"

#include <stdlib.h>

#include "base/error.h"
#include "modbus/block.h"
#include "modbus/codec.h"

struct range_list {
    struct image_range *ranges;
    size_t count;
};

static void add_range(struct range_list *list, int function, int address, int count)
{
    if (address >= 0 && count > 0)
        list->ranges[list->count++] = (struct image_range){function, address, count};
}

static void add_points(struct range_list *list, const struct profile_point *points, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        add_range(list, points[i].function, points[i].address, register_count(points[i].type));
        add_range(list, points[i].function, points[i].scale_address, 1);
    }
}

static void add_steps(struct range_list *list, const struct profile_write *steps, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        add_range(list, register_read_function(steps[i].function), steps[i].address, register_count(steps[i].type));
        add_range(list, 3, steps[i].scale_address, 1);
    }
}

int layout_image(const struct profile *p, struct image **ret_image)
{
    size_t things = p->n_points + p->n_parts + p->n_set + p->n_refresh + p->n_release + p->n_expectations + 2;
    struct range_list list = {.ranges = calloc(2 * things, sizeof *list.ranges)};
    if (!list.ranges)
        return AEMS_E_NOMEM;
    add_points(&list, p->points, p->n_points);
    add_points(&list, p->parts, p->n_parts);
    if (p->has_base)
        add_points(&list, &p->base, 1);
    add_steps(&list, p->set, p->n_set);
    add_steps(&list, p->refresh, p->n_refresh);
    add_steps(&list, p->release, p->n_release);
    for (size_t i = 0; i < p->n_expectations; i++)
        add_range(&list, p->expectations[i].function, p->expectations[i].address,
                  register_count(p->expectations[i].type));
    add_range(&list, p->serial_function, p->serial_address, p->serial_count);
    int status = image_new(list.ranges, list.count, p->max_gap, ret_image);
    free(list.ranges);
    return status;
}
