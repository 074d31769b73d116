// SPDX-License-Identifier: GPL-3.0-or-later
// What events of demand response came to in a month.
#include <stdio.h>
#include <stdlib.h>

#include "base/local_time.h"
#include "base/text.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/report_view.h"
#include "daemon/ctl/table.h"

static json_t *request(const struct ctl_options *o)
{
    json_t *r = json_pack("{s:s}", "call", "report");
    if (o->month != NULL)
        json_object_set_new(r, "month", json_string(o->month));
    return r;
}

static int show(const struct ctl_options *o, const json_t *reply)
{
    const char *zone = json_string_value(json_object_get(reply, "timezone"));
    struct style style = style_of(stdout);
    struct text out = {0};
    if (zone != NULL)
        local_time_set_zone(zone);
    if (o->csv)
        report_view_csv(reply, &out);
    else
        report_view_text(reply, &style, &out);
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
    r = o->json ? ctl_print_json(reply) : show(o, reply);
    json_decref(reply);
    return r;
}

const struct ctl_command ctl_report = {
    .name = "report",
    .summary = "what events of demand response came to",
    .usage = "report [--month YYYY-MM] [--csv | --json]",
    .options = " month csv json ",
    .run = run,
};
