// SPDX-License-Identifier: GPL-3.0-or-later
// What buildings offer, are asked for and deliver.
#include <stdio.h>
#include <string.h>

#include "base/local_time.h"
#include "base/text.h"
#include "daemon/ctl/buildings_view.h"
#include "daemon/ctl/ctl.h"

static int run(const struct ctl_options *o)
{
    struct style style = style_of(stdout);
    struct text out = {0};
    json_t *reply = NULL;
    int r = ctl_call(o, json_pack("{s:s}", "call", "buildings"), &reply);
    if (r != CTL_OK)
        return r;
    if (o->json) {
        r = ctl_print_json(json_object_get(reply, "buildings"));
    } else {
        const char *zone = json_string_value(json_object_get(reply, "timezone"));
        if (zone != NULL)
            local_time_set_zone(zone);
        buildings_view(json_object_get(reply, "buildings"), &style, &out);
        r = out.failed ? CTL_FAILED : CTL_OK;
        if (!out.failed)
            fputs(out.data, stdout);
    }
    text_free(&out);
    json_decref(reply);
    return r;
}

const struct ctl_command ctl_buildings = {
    .name = "buildings",
    .summary = "what buildings offer, are asked for and deliver",
    .usage = "buildings [--json]",
    .options = " json ",
    .run = run,
};
