// SPDX-License-Identifier: GPL-3.0-or-later
// What is expected of loads and PV plants.
#include <stdio.h>

#include "base/local_time.h"
#include "base/text.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/forecast_view.h"

static json_t *request(const struct ctl_options *o)
{
    return o->n_words > 0 ? json_pack("{s:s, s:s}", "call", "forecast", "asset", o->words[0])
                          : json_pack("{s:s}", "call", "forecast");
}

static int show(const json_t *reply)
{
    const char *zone = json_string_value(json_object_get(reply, "timezone"));
    const json_t *one = json_object_get(reply, "forecast");
    struct style style = style_of(stdout);
    struct text out = {0};
    if (zone != NULL)
        local_time_set_zone(zone);
    if (one != NULL)
        forecast_view_one(one, &style, &out);
    else
        forecast_view_all(json_object_get(reply, "forecasts"), &style, &out);
    int r = out.failed ? CTL_FAILED : CTL_OK;
    if (!out.failed)
        fputs(out.data, stdout);
    text_free(&out);
    return r;
}

static int run(const struct ctl_options *o)
{
    json_t *reply = NULL;
    int r = ctl_call(o, request(o), &reply);
    if (r != CTL_OK)
        return r;
    const json_t *one = json_object_get(reply, "forecast");
    r = o->json ? ctl_print_json(one != NULL ? one : json_object_get(reply, "forecasts")) : show(reply);
    json_decref(reply);
    return r;
}

const struct ctl_command ctl_forecast = {
    .name = "forecast",
    .summary = "what loads and PV are expected to do, and how good that was",
    .usage = "forecast [ASSET] [--json]",
    .options = " json ",
    .max_words = 1,
    .run = run,
};
