// SPDX-License-Identifier: GPL-3.0-or-later
// Drills: told on the running daemon, or simulated in this process.
#include <stdio.h>

#include "base/local_time.h"
#include "conf/measure.h"
#include "daemon/ctl/outage.h"
#include "daemon/ctl/outage_view.h"

static json_t *request(const struct ctl_options *o)
{
    double duration_s;
    json_t *json = json_pack("{s:s}", "call", "outage_drill");
    if (o->duration == NULL)
        return json;
    if (measure_parse(CONF_DURATION_S, o->duration, &duration_s) < 0) {
        fprintf(stderr, "aemsctl: --for: expected %s\n", measure_expectation(CONF_DURATION_S));
        json_decref(json);
        return NULL;
    }
    json_object_set_new(json, "for_s", json_real(duration_s));
    return json;
}

static void show(const json_t *reply)
{
    struct style style = style_of(stdout);
    struct text out = {0};
    struct local_time until = {0};
    int64_t until_ms = json_integer_value(json_object_get(reply, "until_utc_ms"));
    const char *zone = json_string_value(json_object_get(reply, "timezone"));
    if (zone != NULL)
        local_time_set_zone(zone);
    until = local_time_at(until_ms);
    text_appendf(&out, "DRILL until %02d:%02d: nothing is switched; %lld buildings are told.\n\n", until.minute / 60,
                 until.minute % 60, (long long)json_integer_value(json_object_get(reply, "buildings")));
    outage_view_rehearsal(json_object_get(reply, "rehearsal"), &style, &out);
    if (!out.failed)
        fputs(out.data, stdout);
    text_free(&out);
}

static int tell(const struct ctl_options *o)
{
    json_t *reply = NULL, *call = request(o);
    if (call == NULL)
        return CTL_USAGE;
    int r = ctl_call(o, call, &reply);
    if (r != CTL_OK)
        return r;
    if (o->json)
        ctl_print_json(reply);
    else
        show(reply);
    json_decref(reply);
    return CTL_OK;
}

int outage_run_drill(const struct ctl_options *o)
{
    if (o->tell == o->simulated) {
        fputs("aemsctl: outage drill: expected --tell (on the running daemon; nothing is switched) or --simulated\n",
              stderr);
        return CTL_USAGE;
    }
    if (o->tell && (o->at != NULL || o->soc != NULL || o->seed != NULL)) {
        fputs("aemsctl: outage drill --tell takes no --at, --soc and --seed: it tells of now\n", stderr);
        return CTL_USAGE;
    }
    return o->tell ? tell(o) : outage_run_simulate(o);
}
