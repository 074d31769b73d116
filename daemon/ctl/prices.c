// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>
#include <stdlib.h>

#include "base/instant.h"
#include "base/text.h"
#include "conf/price_series.h"
#include "daemon/ctl/ctl.h"

static json_t *pack_point(const struct site_price_point *p)
{
    char from[RFC3339_SIZE];
    rfc3339_format(p->from_utc_ms, from);
    json_t *point = json_pack("{s:s}", "from", from);
    if (!p->lacks_import)
        json_object_set_new(point, "import_price_per_kwh", json_real(p->import_price_per_kwh));
    if (!p->lacks_export)
        json_object_set_new(point, "export_price_per_kwh", json_real(p->export_price_per_kwh));
    if (p->co2_g_per_kwh >= 0)
        json_object_set_new(point, "co2_g_per_kwh", json_real(p->co2_g_per_kwh));
    return point;
}

// The points of a file, or NULL after every mistake was said with its line.
static json_t *read_points(const char *path)
{
    struct text text = {0};
    struct diagnostics d = {0};
    struct site_price_point *points = NULL;
    size_t count = 0;
    json_t *list = NULL;
    if (ctl_read_file(path, &text) &&
        price_series_parse(path, text.data != NULL ? text.data : "", text.length, &d, &points, &count) == 0) {
        list = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(list, pack_point(&points[i]));
    }
    diagnostics_print(&d, stderr);
    diagnostics_free(&d);
    text_free(&text);
    free(points);
    return list;
}

static int run(const struct ctl_options *o)
{
    json_t *points = read_points(o->words[1]), *reply = NULL;
    if (points == NULL)
        return CTL_FAILED;
    size_t count = json_array_size(points);
    int r =
        ctl_call(o, json_pack("{s:s, s:s, s:o}", "call", "prices", "tariff", o->words[0], "points", points), &reply);
    if (r != CTL_OK)
        return r;
    if (o->json)
        ctl_print_json(reply);
    else
        printf("%s: %zu prices\n", o->words[0], count);
    json_decref(reply);
    return CTL_OK;
}

const struct ctl_command ctl_prices = {
    .name = "prices",
    .summary = "tell known prices of a tariff",
    .usage = "prices TARIFF FILE.csv|- [--json]",
    .options = " json ",
    .min_words = 2,
    .max_words = 2,
    .run = run,
};
