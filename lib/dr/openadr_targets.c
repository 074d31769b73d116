// SPDX-License-Identifier: GPL-3.0-or-later
// For whom an event is.
#include <string.h>

#include "base/error.h"
#include "dr/openadr_internal.h"

struct aim {
    bool area;
    int grid; // -1: none
    size_t n_grids;
};

static void aim_at(const struct site *s, const char *name, struct aim *aim)
{
    aim->area |= strcmp(name, s->id) == 0;
    for (size_t i = 0; i < s->dr.n_targets; i++)
        aim->area |= strcmp(name, s->dr.targets[i]) == 0;
    for (size_t i = 0; i < s->n_grids; i++) {
        if (strcmp(name, s->grids[i].id) != 0)
            continue;
        aim->n_grids += aim->grid != (int)i;
        aim->grid = (int)i;
    }
}

static int read_name(const struct openadr_reader *r, const struct openadr_place *at, const json_t *json,
                     struct aim *aim)
{
    char found[OPENADR_FOUND_SIZE];
    if (!json_is_string(json))
        return openadr_complain(r, at, AEMS_E_FORMAT, "expected a name, found %s", openadr_found(json, found));
    aim_at(r->site, json_string_value(json), aim);
    return 0;
}

// A name, or as before 3.1 an object {"type": "GROUP", "values": ["a", "b"]}.
static int read_target(const struct openadr_reader *r, const struct openadr_place *at, const json_t *json,
                       struct aim *aim)
{
    if (!json_is_object(json))
        return read_name(r, at, json, aim);
    json_t *values;
    const struct openadr_place here = {at, "values", 0};
    int result = openadr_list(r, at, json, "values", &values);
    for (size_t i = 0; result == 0 && i < json_array_size(values); i++) {
        const struct openadr_place element = {&here, NULL, i};
        result = read_name(r, &element, json_array_get(values, i), aim);
    }
    return result;
}

int openadr_read_targets(const struct openadr_reader *r, const struct openadr_place *at, const json_t *event,
                         bool *ret_is_ours, int *ret_grid)
{
    json_t *list;
    struct aim aim = {.grid = -1};
    const struct openadr_place here = {at, "targets", 0};
    int result = openadr_list(r, at, event, "targets", &list);
    if (result < 0)
        return result;
    for (size_t i = 0; result == 0 && i < json_array_size(list); i++) {
        const struct openadr_place element = {&here, NULL, i};
        result = read_target(r, &element, json_array_get(list, i), &aim);
    }
    if (result == 0 && !aim.area && aim.n_grids > 1)
        result = openadr_complain(r, &here, AEMS_E_REFUSED,
                                  "%zu connections of this area are named: expected an event for each, or for the area",
                                  aim.n_grids);
    *ret_is_ours = aim.area || aim.n_grids > 0 || json_array_size(list) == 0;
    *ret_grid = aim.area ? -1 : aim.grid;
    return result;
}
