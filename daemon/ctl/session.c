// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>

#include "base/instant.h"
#include "conf/measure.h"
#include "daemon/ctl/ctl.h"

static int run(const struct ctl_options *o)
{
    double energy_wh;
    int64_t until_utc_ms;
    json_t *reply = NULL;
    if (o->until == NULL || rfc3339_parse(o->until, &until_utc_ms) < 0) {
        fprintf(stderr, "aemsctl: --until: expected a time such as 2026-01-31T18:00:00+01:00\n");
        return CTL_USAGE;
    }
    if (o->energy == NULL || measure_parse(CONF_ENERGY, o->energy, &energy_wh) < 0) {
        fprintf(stderr, "aemsctl: --energy: expected %s\n", measure_expectation(CONF_ENERGY));
        return CTL_USAGE;
    }
    int r = ctl_call(o,
                     json_pack("{s:s, s:s, s:{s:s, s:f}}", "call", "command", "id", o->words[0], "payload", "until",
                               o->until, "wanted_wh", energy_wh),
                     &reply);
    if (r != CTL_OK)
        return r;
    if (o->json)
        ctl_print_json(reply);
    else
        printf("%s: %.1f kWh until %s\n", o->words[0], energy_wh / 1000.0, o->until);
    json_decref(reply);
    return CTL_OK;
}

const struct ctl_command ctl_session = {
    .name = "session",
    .summary = "say what a vehicle or flexible load needs",
    .usage = "session ASSET --until TIME --energy ENERGY [--json]",
    .options = " until energy json ",
    .min_words = 1,
    .max_words = 1,
    .run = run,
};
