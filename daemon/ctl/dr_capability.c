// SPDX-License-Identifier: GPL-3.0-or-later
// What the area could do if it were asked to.
#include <stdio.h>

#include "base/local_time.h"
#include "daemon/ctl/capability_view.h"
#include "daemon/ctl/dr.h"

static int show(const json_t *reply)
{
    const char *zone = json_string_value(json_object_get(reply, "timezone"));
    struct style style = style_of(stdout);
    struct text out = {0};
    if (zone != NULL)
        local_time_set_zone(zone);
    capability_view(json_object_get(reply, "capability"), &style, &out);
    int r = out.failed ? CTL_FAILED : CTL_OK;
    if (!out.failed)
        fputs(out.data, stdout);
    text_free(&out);
    return r;
}

int dr_capability(const struct ctl_options *o)
{
    json_t *reply = NULL;
    int r = ctl_call(o, json_pack("{s:s}", "call", "capability"), &reply);
    if (r != CTL_OK)
        return r;
    r = o->json ? ctl_print_json(json_object_get(reply, "capability")) : show(reply);
    json_decref(reply);
    return r;
}
