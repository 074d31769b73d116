// SPDX-License-Identifier: GPL-3.0-or-later
// Series that somebody publishes: prices, weather.
#include <stdlib.h>

#include "base/error.h"
#include "report/payload.h"

static int read_all(const struct payload_reader *r, json_t *list, payload_point_fn *read_point, size_t point_size,
                    char *points)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        char why[128] = "";
        struct payload_reader inner = {r->site, r->now, why, sizeof why};
        int result = json_is_object(item) ? read_point(&inner, item, points + i * point_size)
                                          : payload_complain(&inner, AEMS_E_FORMAT, "expected an object");
        if (result < 0)
            return payload_complain(r, result, "points[%zu]: %s", i, why);
    }
    return 0;
}

int payload_points(const struct payload_reader *r, json_t *json, payload_point_fn *read_point, size_t point_size,
                   size_t most, void **ret_points, size_t *ret_count)
{
    json_t *list = json_object_get(json, "points");
    int64_t t;
    int result = payload_keys(r, json, " t points ");
    if (result == 0)
        result = payload_time(r, json, "t", &t); // these are data: when they were sent does not matter
    if (result < 0)
        return result;
    size_t count = json_array_size(list);
    if (!json_is_array(list) || count < 1 || count > most)
        return payload_complain(r, AEMS_E_FORMAT, "points: expected 1 to %zu of them", most);
    char *points = calloc(count, point_size);
    if (points == NULL)
        return payload_complain(r, AEMS_E_NOMEM, "no memory");
    result = read_all(r, list, read_point, point_size, points);
    if (result < 0) {
        free(points);
        return result;
    }
    *ret_points = points;
    *ret_count = count;
    return 0;
}
