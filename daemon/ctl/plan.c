// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/local_time.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/plan_view.h"

static int show(const struct ctl_options *o, const json_t *reply, const struct schedule *schedule)
{
    const char *zone = json_string_value(json_object_get(reply, "timezone"));
    const char *currency = json_string_value(json_object_get(reply, "currency"));
    struct plan_view v = {.schedule = schedule,
                          .currency = currency != NULL ? currency : "",
                          .buses = json_object_get(reply, "buses"),
                          .assets = json_object_get(reply, "assets"),
                          .now_utc_ms = -1,
                          .all = o->all};
    struct style style = style_of(stdout);
    struct text out = {0};
    if (zone != NULL)
        local_time_set_zone(zone);
    if (o->csv)
        plan_view_csv(&v, &out);
    else
        plan_view_text(&v, &style, &out);
    int r = out.failed ? CTL_FAILED : CTL_OK;
    if (!out.failed)
        fputs(out.data, stdout);
    text_free(&out);
    return r;
}

static int read_and_show(const struct ctl_options *o, const json_t *reply)
{
    struct schedule *schedule = NULL;
    char *text = json_dumps(json_object_get(reply, "plan"), JSON_COMPACT);
    int r = text != NULL ? schedule_from_json(text, strlen(text), &schedule) : AEMS_E_NOMEM;
    free(text);
    if (r < 0) {
        fprintf(stderr, "aemsctl: the daemon's plan cannot be read: %s\n", aems_error_text(r));
        return CTL_FAILED;
    }
    r = show(o, reply, schedule);
    schedule_free(schedule);
    return r;
}

static int run(const struct ctl_options *o)
{
    json_t *reply = NULL;
    int r = ctl_call(o, json_pack("{s:s}", "call", "plan"), &reply);
    if (r != CTL_OK)
        return r;
    r = o->json ? ctl_print_json(json_object_get(reply, "plan")) : read_and_show(o, reply);
    json_decref(reply);
    return r;
}

const struct ctl_command ctl_plan = {
    .name = "plan",
    .summary = "the plan in force, and why",
    .usage = "plan [--all] [--csv | --json]",
    .options = " all csv json ",
    .run = run,
};
